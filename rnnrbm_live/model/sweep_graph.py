"""Gibbs sweeps of training on an NVIDIA GPU: each is one launch of a CUDA graph.

A sweep of a few hundred chains is a dozen operations of some microseconds, and to launch each of them by itself takes
longer than to run it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnrbm_live.core.frame import N_PITCHES
from rnnrbm_live.model.rnnrbm import limit_notes


class SweepGraph:
    """Runs chains in buffers of its own; reads W where it lies, so it must be changed in place."""

    def __init__(self, W: Tensor, rows: int, most_notes: int) -> None:
        """Record a sweep.

        Args:
            W: (V, H) on the GPU.
            rows: chains at most.
            most_notes: sounding bits that may be 1 after each sweep, as in `rnnrbm.gibbs_chain`.
        """
        n_visible, n_hidden = W.shape
        self._W, self._most_notes = W, most_notes
        self._v, self._b_v = W.new_zeros(rows, n_visible), W.new_zeros(rows, n_visible)
        self._b_h = W.new_zeros(rows, n_hidden)
        self._generator = torch.Generator(W.device)
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch leaves it bare
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side), torch.no_grad():  # CUDA wants a few plain runs before it records
            for _ in range(3):
                self._sweep()
        torch.cuda.current_stream().wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        self._graph.register_generator_state(self._generator)
        with torch.no_grad(), torch.cuda.graph(self._graph):
            self._sweep()

    def run(self, v: Tensor, b_v: Tensor, b_h: Tensor, *, steps: int, seed: int) -> Tensor:
        """Return where chains from `v`, (N, V), end after some sweeps, (N, V).

        Args:
            v: starts.
            b_v: (N, V).
            b_h: (N, H).
            steps: sweeps.
            seed: of the noise.
        """
        for buffer, values in ((self._v, v), (self._b_v, b_v), (self._b_h, b_h)):
            buffer[: len(v)].copy_(values)  # the other rows' chains run along and are not looked at
        self._generator.manual_seed(seed)
        for _ in range(steps):
            self._graph.replay()
        return self._v[: len(v)].clone()

    def _sweep(self) -> None:
        h = (torch.addmm(self._b_h, self._v, self._W) > self._noise(self._b_h)).float()
        margin = torch.addmm(self._b_v, h, self._W.T) - self._noise(self._b_v)
        self._v.copy_(margin > 0)
        if self._most_notes < N_PITCHES:
            limit_notes(self._v, margin, self._most_notes)

    def _noise(self, like: Tensor) -> Tensor:
        """Return standard logistic noise: x exceeds it with probability sigmoid(x)."""
        return torch.rand(like.shape, generator=self._generator, device=like.device).logit_(1e-7)
