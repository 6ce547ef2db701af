"""What the trainers share: their interface, seeds that depend on the place alone, and fast noise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from rnnrbm_live.core.frame import N_PITCHES
from rnnrbm_live.model.rnnrbm import RNNRBM, limit_notes

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class Update:
    """What one gradient step reports.

    Attributes:
        frames: frames learned from.
        monitor: the tutorial's reconstruction monitor over them, nats per frame: after 15 sweeps from the
            frame in the tutorial preset, after one in the live preset.
        weight: of this monitor in the epoch's mean (the tutorial averages over chunks, ours over frames).
    """

    frames: int
    monitor: float
    weight: float


class Trainer(Protocol[Batch]):
    """A way of training. Everything random depends only on (seed, epoch, index): stopping changes nothing."""

    model: RNNRBM

    def stage_name(self, epoch: int) -> str:
        """Name what is being done in an epoch."""
        ...

    def plan_epoch(self, epoch: int) -> Sequence[Batch]:
        """Return the epoch's batches in order."""
        ...

    def begin_epoch(self, epoch: int) -> None:
        """Prepare for an epoch's first update; not called when an epoch is resumed in its middle."""
        ...

    def update(self, batch: Batch, *, epoch: int, index: int, progress: float) -> Update:
        """Take one gradient step; `progress` is the share of the epoch done."""
        ...

    def weights(self) -> dict[str, Tensor]:
        """Return the weights to keep, by parameter name."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Return all that `load_state` needs to go on as if it had not stopped."""
        ...

    def load_state(self, state: Mapping[str, Tensor], *, epoch: int) -> None:
        """Go on in an epoch from a state."""
        ...


def keyed_generator(*key: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a generator on a device, seeded by all the numbers of the key; each kind of device draws its own."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest, "little") >> 1)


class NoisePool:
    """Standard logistic noise, drawn once and read at random places: faster than fresh noise per sweep.

    x > noise has probability sigmoid(x), as rand < sigmoid(x) has, without computing sigmoids. Sweeps of one
    chain read places that overlap by chance only. Good enough for training; live playing draws fresh noise.
    """

    def __init__(self, size: int, generator: torch.Generator) -> None:
        """Draw `size` values, on the generator's device."""
        values = torch.rand(size, generator=generator, device=generator.device)
        self._values = torch.logit(values.clamp_(1e-7, 1 - 1e-7))

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._values)

    def draws(self, n_draws: int, shape: torch.Size, generator: torch.Generator) -> Iterator[Tensor]:
        """Yield values of the given shape from so many random places."""
        count = shape.numel()
        places = torch.randint(len(self) - count + 1, (n_draws,), generator=generator, device=generator.device)
        for first in places.tolist():
            yield self._values[first : first + count].view(shape)


def pooled_gibbs_chain(
    v: Tensor,
    W: Tensor,
    b_v: Tensor,
    b_h: Tensor,
    *,
    steps: int,
    noise: NoisePool,
    generator: torch.Generator,
    most_notes: int = N_PITCHES,
) -> tuple[Tensor, Tensor]:
    """`rnnrbm.gibbs_chain` with pooled noise.

    Args:
        v: (N, V) where the chains start.
        W: (V, H).
        b_v: (N, V).
        b_h: (N, H).
        steps: sweeps.
        noise: at least N times max(V, H) values.
        generator: chooses places in the pool.
        most_notes: sounding bits that may be 1, as in `live.Sampler.gibbs`; 88 is no limit.

    Returns:
        v after the last sweep, (N, V) of 0.0 and 1.0, and the logit of P(v = 1 | h) of that sweep, (N, V).
    """
    v = v.clone()
    h = torch.empty_like(b_h)
    W_transposed = W.T.contiguous()
    drive_v, drive_h = torch.empty_like(b_v), torch.empty_like(b_h)
    for noise_h, noise_v in zip(
        noise.draws(steps, h.shape, generator), noise.draws(steps, v.shape, generator), strict=True
    ):
        torch.addmm(b_h, v, W, out=drive_h)
        torch.gt(drive_h, noise_h, out=h)
        torch.addmm(b_v, h, W_transposed, out=drive_v)
        torch.gt(drive_v, noise_v, out=v)
        if most_notes < N_PITCHES:
            limit_notes(v, drive_v - noise_v, most_notes)
    return v, drive_v
