"""What sounded bars ago, as an input of the recurrence: phrases come back.

A recurrence of a few hundred units cannot keep eight bars note by note, so a strain that is played again is news to it.
It is therefore reminded: before each frame it is shown what sounded so many beats before, as in the Lookback RNN
(E. Waite, Generating long-term structure in songs and stories, Magenta 2016). Ours is shown it the fainter, the less
the last beats were like those as long before: where nothing comes back, nothing is shown.

All of it is known when the frame is drawn. L lookbacks, T known frames, V visible units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rnnrbm_live.core.frame import N_PITCHES, Bits, transpose

LIKENESS_BEATS = 4
LIKENESS_LEVELS = 256
"""Likeness is a multiple of 1 / LIKENESS_LEVELS, of two frames too, so that all sums are exact."""

Reals = NDArray[np.float32]


def likeness(bits: Bits, lags: Sequence[int], window: int, *, first: int = 0) -> Reals:
    """Return how far the music repeats itself before each frame.

    That is the mean over the last `window` frames of |both| / |either|, of the notes in a frame and in the one `lag`
    steps before it: 1 where both are silent, 0 where there was none yet.

    Args:
        bits: (T, V) known frames.
        lags: L lookbacks, steps.
        window: frames to compare.
        first: number of frames that come before the first one asked for.

    Returns:
        (T + 1 - first, L), each a multiple of 1 / `LIKENESS_LEVELS` from 0 to 1; the last row is for the frame to come.
    """
    notes = bits[:, :N_PITCHES].astype(bool)
    begin = max(0, first - window)
    alike = np.zeros((len(bits) - begin + window, len(lags)))  # of each frame from `begin` on, none before
    for column, lag in enumerate(lags):
        start = max(lag, begin)
        if start >= len(bits):
            continue
        now, then = notes[start:], notes[start - lag : len(notes) - lag]
        both, either = (now & then).sum(1), (now | then).sum(1)
        shares = np.where(either, both / np.maximum(either, 1), 1.0)
        alike[window + start - begin :, column] = np.rint(shares * LIKENESS_LEVELS)
    sums = sliding_window_view(alike, window, axis=0).sum(-1)[first - begin :]
    levels: Reals = np.rint(sums / window).astype(np.float32)
    levels /= LIKENESS_LEVELS
    return levels


def echoes(bits: Bits, lags: Sequence[int], clear: Reals, *, first: int = 0) -> Reals:
    """Return what the model is shown before each frame: the frames `lag` steps before it, times how clear they are.

    Args:
        bits: (T, V) known frames, in the model's key.
        lags: L lookbacks, steps.
        clear: (T + 1 - first, L), their `likeness`, or less.
        first: number of frames that come before the first one asked for.

    Returns:
        (T + 1 - first, L V)
    """
    shown = np.zeros((len(clear), len(lags), bits.shape[1]), np.float32)
    for column, lag in enumerate(lags):
        start = max(first, lag)
        if start > len(bits):
            continue
        shown[start - first :, column] = bits[start - lag : len(bits) + 1 - lag]
    shown *= clear[..., None]
    return shown.reshape(len(clear), -1)


@dataclass(frozen=True, eq=False)
class Memory:
    """What must be known of the music so far to be reminded of it while it is played.

    Composers repeat a strain and go on. A model that is shown its own repetitions is surer of them each time and never
    leaves them; so while it plays, what sounded is shown the fainter, the less it was new: unlike all that was a
    lookback before it.

    Attributes:
        packed: (n, V / 8) the last frames' bits, as many as can be looked back to or compared.
        new: (n + 1,) how new each of them was, and the frame to come is: 1 less its greatest likeness.
        alike: (L,) likeness before the frame to come.
    """

    packed: NDArray[np.uint8]
    new: Reals
    alike: Reals

    @classmethod
    def of(cls, earlier: Memory | None, row: Bits, lags: Sequence[int], window: int) -> Memory:
        """Take in one more frame, (V,)."""
        packed, new = np.packbits(row)[None], np.ones(1, np.float32)
        if earlier is not None:
            known = max(lags) + window
            packed, new = np.concatenate((earlier.packed, packed))[-known:], earlier.new[-known:]
        bits = np.unpackbits(packed, axis=1, count=len(row))
        alike = likeness(bits, lags, window, first=len(bits))[0]
        return cls(packed, np.append(new, 1 - alike.max()), alike)

    def echo(self, lags: Sequence[int], n_visible: int, semitones: int) -> Reals:
        """Return what is shown before the frame to come, (L V,), with the music moved by some semitones."""
        bits = transpose(np.unpackbits(self.packed, axis=1, count=n_visible), semitones)
        new = [self.new[-1 - lag] if lag <= len(bits) else 0.0 for lag in lags]
        clear = self.alike * np.array(new, np.float32)
        shown: Reals = echoes(bits, lags, clear[None], first=len(bits))[0]
        return shown
