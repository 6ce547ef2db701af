"""The Gibbs chain in torch, for GPUs: draws the same frames as `live.NumpySampler`.

Only the chain moves to the device. The recurrence, biases and noise of a step stay in numpy on the CPU, in
float64, which Apple's GPUs lack; together they take less time than one transfer. A step is one static-shape
function: bias, temperature, density and clamps are all in the thresholds, so nothing branches on data.

On CUDA the function is captured as a CUDA graph, once for each k and limit of notes, with one copy in and one back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from rnnrbm_live.core.errors import DeviceError
from rnnrbm_live.core.frame import N_PITCHES, Bits
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.model.devices import Device
from rnnrbm_live.model.live import LiveModel, NumpySampler, Reals, Sampler


def gibbs_drives(packed: Tensor, W: Tensor, W_transposed: Tensor, most_notes: int = N_PITCHES) -> Tensor:
    """Run k sweeps of the chain.

    Args:
        packed: (V + k (H + V),) float32: the start, k rows of hidden and k rows of visible thresholds.
        W: (V, H) float32.
        W_transposed: (H, V) float32.
        most_notes: see `live.Sampler.gibbs`.

    Returns:
        (k, V): h W' of each sweep.
    """
    n_visible, n_hidden = W.shape
    steps = (len(packed) - n_visible) // (n_hidden + n_visible)
    v = packed[:n_visible]  # (V,)
    hidden = packed[n_visible : n_visible + steps * n_hidden].view(steps, n_hidden)
    visible = packed[n_visible + steps * n_hidden :].view(steps, n_visible)
    drives = []
    for step in range(steps):
        h = (v @ W > hidden[step]).to(W.dtype)  # (H,)
        drive = h @ W_transposed  # (V,)
        margin = drive - visible[step]
        if most_notes < N_PITCHES:  # known when a graph is captured: no branch on data
            level = margin[:N_PITCHES].topk(most_notes + 1).values[-1].clamp(min=0)
            margin = torch.cat((margin[:N_PITCHES] - level, margin[N_PITCHES:]))
        v = (margin > 0).to(W.dtype)
        drives.append(drive)
    return torch.stack(drives)


_Runner = Callable[[Tensor], Tensor]
"""Runs `gibbs_drives` for one k and one limit of notes; takes and returns CPU tensors."""


class TorchSampler:
    """The Gibbs chain on a torch device.

    Raises:
        DeviceError: if the device fails, now or in `gibbs`; go back to `NumpySampler` then.
    """

    def __init__(self, W: Reals, device: Device, *, graph: bool = True) -> None:
        """Put the rounded (n_visible, n_hidden) weights on the device.

        Args:
            W: weights.
            device: where to run.
            graph: on CUDA, whether to capture graphs; without, each sweep is launched by itself.
        """
        self._device = torch.device(device)
        self._graph = graph and device == "cuda"
        self._runners: dict[tuple[int, int], _Runner] = {}
        # TF32 has 10 bits of mantissa: sums would no longer be exact.
        torch.backends.cuda.matmul.allow_tf32 = False
        try:
            self._W = torch.from_numpy(np.ascontiguousarray(W)).to(self._device)
            self._W_transposed = self._W.T.contiguous()
        except (RuntimeError, AssertionError) as err:  # torch asserts that it was built with CUDA
            raise DeviceError(f"device {device!r} cannot be used ({err}): use --device cpu") from err

    def gibbs(self, start: Bits, hidden_thresholds: Reals, visible_thresholds: Reals, most_notes: int) -> Reals:
        """See `live.Sampler.gibbs`."""
        packed = np.concatenate((start.astype(np.float32), hidden_thresholds.ravel(), visible_thresholds.ravel()))
        kind = len(hidden_thresholds), most_notes
        try:
            if kind not in self._runners:
                self._runners[kind] = self._new_runner(len(packed), most_notes)
            drives: Reals = self._runners[kind](torch.from_numpy(packed)).numpy()
        except RuntimeError as err:
            raise DeviceError(f"device {self._device.type!r} failed ({err}): use --device cpu") from err
        return drives

    def _new_runner(self, size: int, most_notes: int) -> _Runner:
        return self._capture(size, most_notes) if self._graph else partial(self._run_eagerly, most_notes=most_notes)

    @torch.no_grad()
    def _run_eagerly(self, packed: Tensor, *, most_notes: int) -> Tensor:
        return gibbs_drives(packed.to(self._device), self._W, self._W_transposed, most_notes).cpu()

    @torch.no_grad()
    def _capture(self, size: int, most_notes: int) -> _Runner:
        """Record the chain as a CUDA graph that reads and writes fixed buffers."""
        packed = torch.zeros(size, device=self._device)
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch leaves it bare
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # CUDA wants a few plain runs before it records
            for _ in range(3):
                gibbs_drives(packed, self._W, self._W_transposed, most_notes)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            drives = gibbs_drives(packed, self._W, self._W_transposed, most_notes)

        def replay(values: Tensor) -> Tensor:
            packed.copy_(values)
            graph.replay()
            return drives.cpu()

        return replay


def make_sampler(model: LiveModel, device: Device) -> Sampler:
    """Return a sampler for `model.sampler` that has run once, so that its first frame is not late.

    Raises:
        DeviceError: if the device cannot be used.
    """
    if device == "cpu":
        return NumpySampler(model.W)  # faster than torch on a CPU
    sampler = TorchSampler(model.W, device)
    n_visible, n_hidden = model.W.shape
    steps = model.config.gibbs_steps
    zeros = np.zeros((steps, n_hidden + n_visible), np.float32)
    usual = min(Settings().most_notes, model.config.max_notes)
    sampler.gibbs(np.zeros(n_visible, np.uint8), zeros[:, :n_hidden], zeros[:, n_hidden:], usual)
    return sampler
