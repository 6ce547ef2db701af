"""Training as the deeplearning.net tutorial does it; see `presets.TutorialPreset`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnrbm_live.model.corpus import Corpus
from rnnrbm_live.model.presets import TutorialPreset
from rnnrbm_live.model.rnnrbm import RNNRBM, contrastive_cost, reconstruction_monitor
from rnnrbm_live.model.training_step import NoisePool, Update, keyed_generator, pooled_gibbs_chain

NOISE_POOL_SWEEPS = 64
"""The pool holds the noise of this many half sweeps."""


@dataclass(frozen=True)
class Chunk:
    """Steps `first` up to but not including `last` of a training piece."""

    piece: int
    first: int
    last: int


class TutorialTrainer:
    """One chunk per update, as [T]'s `for i in range(0, len(sequence), batch_size)`; pieces are shuffled.

    Biases of all steps of a chunk come from one pass of the recurrence; the T chains then run side by side.
    """

    def __init__(self, corpus: Corpus, preset: TutorialPreset, *, seed: int, device: str = "cpu") -> None:
        """Make the model, with the tutorial's initial weights, on a device."""
        self._device = torch.device(device)
        self._preset = preset
        self._seed = seed
        self._pieces = [torch.from_numpy(piece.bits).to(device).float() for piece in corpus.train]  # (T, V) each
        self.model = RNNRBM(corpus.config)
        self.model.initialise_tutorial(keyed_generator(seed))
        self.model.to(self._device)
        parameters = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.begin_epoch(0)
        self._optimizer = torch.optim.SGD(parameters, lr=preset.learning_rate)

    def stage_name(self, epoch: int) -> str:
        """Name what is being done."""
        return f"CD-{self._preset.training_gibbs_steps}"

    def plan_epoch(self, epoch: int) -> list[Chunk]:
        """Return the epoch's chunks in order; a function of seed and epoch alone."""
        order = np.random.default_rng((self._seed, epoch)).permutation(len(self._pieces))
        size = self._preset.chunk_steps
        return [
            Chunk(int(piece), first, min(first + size, len(self._pieces[piece])))
            for piece in order
            for first in range(0, len(self._pieces[piece]), size)
        ]

    def update(self, chunk: Chunk, *, epoch: int, index: int, progress: float) -> Update:
        """Take one gradient step."""
        model = self.model
        v = self._pieces[chunk.piece][chunk.first : chunk.last]  # (T, V)
        no_context = torch.zeros(1, len(v), dtype=torch.long, device=self._device)
        first_state = model.initial_state(no_context[:, 0])  # (1, R), zeros: [T] resets it every chunk
        states = model.recur(v[None, :-1], no_context[:, :-1], first_state)  # (1, T-1, R)
        b_v, b_h = model.biases(torch.cat((first_state[:, None], states), dim=1)[0])  # (T, V), (T, H)
        with torch.no_grad():
            sample, drive_v = pooled_gibbs_chain(
                v,
                model.W,
                b_v,
                b_h,
                steps=self._preset.training_gibbs_steps,
                noise=self._noise,
                generator=keyed_generator(self._seed, epoch, index, device=self._device),
            )
            monitor = float(reconstruction_monitor(v, drive_v))
        self._optimizer.zero_grad()
        torch.autograd.backward(contrastive_cost(v, sample, model.W, b_v, b_h))
        self._optimizer.step()
        return Update(frames=len(v), monitor=monitor, weight=1.0)

    def begin_epoch(self, epoch: int) -> None:
        """Draw fresh noise."""
        config = self.model.config
        half_sweep = self._preset.chunk_steps * max(config.n_visible, config.n_hidden)
        self._noise = NoisePool(
            NOISE_POOL_SWEEPS * half_sweep, keyed_generator(self._seed, epoch, -1, device=self._device)
        )

    def weights(self) -> dict[str, Tensor]:
        """Return the weights to keep."""
        return {name: tensor.detach().to("cpu", copy=True) for name, tensor in self.model.state_dict().items()}

    def state(self) -> dict[str, Tensor]:
        """Return all that `load_state` needs to go on as if it had not stopped."""
        return self.weights()

    def load_state(self, state: Mapping[str, Tensor], *, epoch: int) -> None:
        """Go on in an epoch from a state."""
        self.model.load_state_dict(dict(state))
        self.begin_epoch(epoch)
