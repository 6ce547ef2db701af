"""What went on in the model at each step: kept for the last steps, for any thread to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.clamps import NO_KEYS, Keys
from rnnrbm_live.core.frame import Bits, Frame
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.model.live import Reals, State

KEPT_STEPS = 2048
"""More than the narrowest zoom shows of the past on a screen of 3,840 pixels; some 1.5 MB."""
LEAST_PROBABILITY = 2.0**-10
"""A few chains cannot tell less: no bit of a frame is more than 10 bits of surprise."""


@dataclass(frozen=True, eq=False, slots=True)
class HeardStep:
    """A step that sounded, to be thought about.

    Attributes:
        step: which.
        before: the model's state before it.
        after: its state after it.
        frame: all that sounded, the model's notes and, in a duet, the player's.
        keys: the player's.
        settings: that the model's notes were drawn with; None if others sounded than were planned.
        take: with seed and step, the key of the noise.
        probabilities: (n_visible,) P(bit = 1) before the frame was drawn; None if there was no time to find them.
    """

    step: int
    before: State
    after: State
    frame: Frame
    keys: Keys = NO_KEYS
    settings: Settings | None = None
    take: int = 1
    probabilities: Reals | None = None


@dataclass(frozen=True, slots=True)
class Thought:
    """What went on in the model at one step that sounded.

    Attributes:
        step: which.
        hidden: P(h_j = 1 | v) of each hidden unit, v being what sounded: one byte each, in 255ths.
        recurrent: u(t), the recurrent state after it: one byte each, 0 to 254 for -1 to 1.
        surprise_bits: how unlikely what sounded was, see `surprise_bits`; None if it was not what was planned, or if
            there was no time to find out.
        choice_bits: in a duet, where keys were struck: log2 of how many times likelier the model finds the frame that
            it would have played by itself than the one that sounded; negative if it finds the player's better.
    """

    step: int
    hidden: bytes
    recurrent: bytes
    surprise_bits: float | None = None
    choice_bits: float | None = None


class Thoughts:
    """The thoughts of the last `KEPT_STEPS` steps. The engine alone adds; any thread may read at any time.

    Attributes:
        added: how many were added so far; when it changes, there is something new to read.
        last: the newest; None before the first.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._ring: list[Thought | None] = [None] * KEPT_STEPS
        self.added = 0
        self.last: Thought | None = None

    def add(self, thought: Thought) -> None:
        """Keep a thought, in place of that of the same step or of one long ago."""
        self._ring[thought.step % KEPT_STEPS] = thought
        self.last = thought
        self.added += 1

    def between(self, first_step: int, end_step: int) -> list[Thought]:
        """Return the thoughts of steps from `first_step` up to but not including `end_step`, in their order.

        There is none of a step after that of `last`.
        """
        if self.last is None:
            return []
        end = min(end_step, self.last.step + 1)
        first = max(0, first_step, end - KEPT_STEPS)
        found = (self._ring[step % KEPT_STEPS] for step in range(first, end))
        return [thought for thought in found if thought is not None and first <= thought.step < end]


def surprise_bits(bits: Bits, probabilities: Reals) -> float:
    """Return the cross-entropy of a frame, bits: -sum(v log2 p + (1 - v) log2(1 - p)).

    A factorised estimate: it takes the bits for independent once the past is known, which they are not (a struck note
    is a sounding one), so it tends to overstate. Bits that were clamped, as the player's are in a duet, add nothing.

    Args:
        bits: (n_visible,) what sounded and was struck.
        probabilities: (n_visible,) P(bit = 1).
    """
    p = np.clip(probabilities.astype(np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    of_each = np.where(bits > 0, np.log2(p), np.log2(1 - p))
    settled = bits == probabilities
    return float(-of_each[~settled].sum())


def in_255ths(shares: NDArray[np.floating[Any]]) -> bytes:
    """Return numbers from 0 to 1 as bytes."""
    return bytes(np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8))


def in_254ths(values: NDArray[np.floating[Any]]) -> bytes:
    """Return numbers from -1 to 1 as bytes from 0 to 254, so that 0 is 127 exactly."""
    return bytes(np.rint((np.clip(values, -1, 1) + 1) * 127).astype(np.uint8))
