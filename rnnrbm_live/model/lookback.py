"""What sounded bars ago, as an input of the recurrence: phrases come back.

A recurrence of a few hundred units cannot keep eight bars note by note, so a strain that is played again is news to it.
It is therefore reminded: before each frame it is shown what sounded so many beats before, as in the Lookback RNN
(E. Waite, Generating long-term structure in songs and stories, Magenta 2016). Ours is shown it the fainter, the less
the last beats were like those as long before: where nothing comes back, nothing is shown.

All of it is known when the frame is drawn. L lookbacks, T known frames, V visible units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rnnrbm_live.core.frame import N_PITCHES, Bits

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


def echoes(bits: Bits, lags: Sequence[int], alike: Reals, *, first: int = 0) -> Reals:
    """Return what the model is shown before each frame: the frames `lag` steps before it, times `likeness`.

    Args:
        bits: (T, V) known frames, in the model's key.
        lags: L lookbacks, steps.
        alike: (T + 1 - first, L) from `likeness`.
        first: number of frames that come before the first one asked for.

    Returns:
        (T + 1 - first, L V)
    """
    shown = np.zeros((len(alike), len(lags), bits.shape[1]), np.float32)
    for column, lag in enumerate(lags):
        start = max(first, lag)
        if start > len(bits):
            continue
        shown[start - first :, column] = bits[start - lag : len(bits) + 1 - lag]
    shown *= alike[..., None]
    return shown.reshape(len(alike), -1)
