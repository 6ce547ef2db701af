"""What music is like, in figures that need no ear: shares and distributions of piano-rolls, and how far apart they are.

All take rolls of any grid; lengths are in beats. A bar is four beats, whatever the meter: the archives do not say where
bars begin, and a model is judged as its music is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.pianoroll import PianoRoll

PITCH_CLASSES = 12
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10), (0, 3, 6, 9))
"""Major and minor triad; dominant, major, minor, half-diminished and diminished seventh, above the root."""
BEATS_PER_BAR = 4
KEY_WINDOW_BARS = 4
MOST_NOTES = 10
WIDEST_INTERVAL = 24
LENGTHS_BEATS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0)
REPEAT_LAGS_BARS = (1, 2, 4)
SIMILARITY_BINS = 10

Sounding = NDArray[np.bool_]
Histogram = NDArray[np.float64]


# Shares


def notes_per_frame(rolls: Sequence[PianoRoll]) -> float:
    """Sounding notes, mean over frames."""
    return float(_sounding(rolls).sum(axis=1).mean())


def silence(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames without a note."""
    return float((~_sounding(rolls).any(axis=1)).mean())


def four_voices(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames with exactly four notes."""
    return float((_sounding(rolls).sum(axis=1) == 4).mean())


def longest_note_beats(rolls: Sequence[PianoRoll]) -> float:
    """Longest note from onset to release."""
    return max((length for roll in rolls for length in _lengths_beats(roll)), default=0.0)


def longest_silence_beats(rolls: Sequence[PianoRoll]) -> float:
    """Longest stretch without a note."""
    longest = 0.0
    for roll in rolls:
        run = 0
        for sounds in roll.sounding.any(axis=1):
            run = 0 if sounds else run + 1
            longest = max(longest, run / roll.steps_per_beat)
    return longest


def clash(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames with two notes a semitone apart."""
    sounding = _sounding(rolls)
    return float((sounding[:, 1:] & sounding[:, :-1]).any(axis=1).mean())


def chords(rolls: Sequence[PianoRoll]) -> float:
    """Share of sounding frames whose pitch classes all belong to one of `CHORDS`."""
    classes = _classes(_sounding(rolls))
    classes = classes[classes.any(axis=1)]
    fits = np.zeros(len(classes), bool)
    for chord in CHORDS:
        for root in range(PITCH_CLASSES):
            outside = np.ones(PITCH_CLASSES, bool)
            outside[[(root + interval) % PITCH_CLASSES for interval in chord]] = False
            fits |= ~classes[:, outside].any(axis=1)
    return float(fits.mean())


def in_key(rolls: Sequence[PianoRoll]) -> float:
    """Share of notes, per frame, in the best of the 12 major scales, mean over windows of 4 bars."""
    shares = [scale_share(counts, best_tonic(counts)) for counts in _window_counts(rolls)]
    return float(np.mean(shares)) if shares else 0.0


def unchanged(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames in which nothing is struck or released."""
    still = [(roll.sounding[1:] == roll.sounding[:-1]).all(axis=1) & ~roll.onsets[1:].any(axis=1) for roll in rolls]
    return float(np.concatenate(still).mean())


def top_line_steps(rolls: Sequence[PianoRoll]) -> float:
    """Share of the top line's moves that are by one or two semitones."""
    moves = [abs(move) for move in _top_moves(rolls)]
    return float(np.mean([move <= 2 for move in moves])) if moves else 0.0


def held_triads(rolls: Sequence[PianoRoll]) -> float:
    """Share of marked phrase ends at which a major or minor triad is held through the last beat; nan without any."""
    found = []
    for roll in rolls:
        for end in roll.phrase_ends:
            beat = slice(max(0, end - roll.steps_per_beat), end)
            still = (roll.sounding[beat] == roll.sounding[end - 1]).all() and not roll.onsets[beat][1:].any()
            classes = np.flatnonzero(_classes(roll.sounding[end - 1 : end].astype(bool))[0])
            found.append(bool(still) and any(_spells(classes, chord) for chord in CHORDS[:2]))
    return float(np.mean(found)) if found else float("nan")


def falling_fifths(rolls: Sequence[PianoRoll]) -> float:
    """Share of marked phrase ends whose last bass note is a fifth below or a fourth above the one before it."""
    found = []
    for roll in rolls:
        bass = [int(np.flatnonzero(row)[0]) if row.any() else -1 for row in roll.sounding]
        for end in roll.phrase_ends:
            before = next((key for key in reversed(bass[:end]) if key != bass[end - 1]), -1)
            found.append(before >= 0 and bass[end - 1] - before in (-7, 5))
    return float(np.mean(found)) if found else float("nan")


# Distributions: each sums to one


def density(rolls: Sequence[PianoRoll]) -> Histogram:
    """How many notes sound at a time."""
    return _shares(np.minimum(_sounding(rolls).sum(axis=1), MOST_NOTES), MOST_NOTES + 1)


def pitch_classes(rolls: Sequence[PianoRoll]) -> Histogram:
    """Degrees above the tonic of the best major scale, over windows of 4 bars."""
    total = np.zeros(PITCH_CLASSES)
    for counts in _window_counts(rolls):
        total += np.roll(counts, -best_tonic(counts))
    return total / max(1.0, total.sum())


def note_lengths(rolls: Sequence[PianoRoll]) -> Histogram:
    """Lengths of notes, in classes that end at `LENGTHS_BEATS`."""
    lengths = np.array([length for roll in rolls for length in _lengths_beats(roll)])
    return _shares(np.searchsorted(LENGTHS_BEATS, lengths - 1e-6), len(LENGTHS_BEATS) + 1)


def voice_intervals(rolls: Sequence[PianoRoll]) -> Histogram:
    """Semitones between neighbouring notes of a frame."""
    gaps = [np.diff(np.flatnonzero(row)) for row in _sounding(rolls)]
    return _shares(np.minimum(np.concatenate(gaps), WIDEST_INTERVAL), WIDEST_INTERVAL + 1)


def consonance(rolls: Sequence[PianoRoll]) -> Histogram:
    """Interval classes, unison or octave to tritone, of all pairs of notes that sound together."""
    counts = np.zeros(PITCH_CLASSES // 2 + 1)
    sounding = _sounding(rolls)
    for distance in range(1, sounding.shape[1]):
        interval = distance % PITCH_CLASSES
        pairs = (sounding[:, distance:] & sounding[:, :-distance]).sum()
        counts[min(interval, PITCH_CLASSES - interval)] += pairs
    return counts / max(1.0, counts.sum())


def melody(rolls: Sequence[PianoRoll]) -> Histogram:
    """Moves of the top line, an octave down to an octave up."""
    moves = np.clip(_top_moves(rolls), -PITCH_CLASSES, PITCH_CLASSES)
    return _shares(moves + PITCH_CLASSES, 2 * PITCH_CLASSES + 1)


def motion(rolls: Sequence[PianoRoll]) -> Histogram:
    """How the outer voices move when one does: one alone, contrary, similar, parallel."""
    kinds: list[int] = []
    for roll in rolls:
        ends = [np.flatnonzero(row)[[0, -1]] for row in roll.sounding if row.sum() > 1]
        for before, after in pairwise(ends):
            low, high = (int(move) for move in after - before)
            if low or high:
                kinds.append(0 if not (low and high) else 1 if low * high < 0 else 3 if low == high else 2)
    return _shares(np.array(kinds, int), 4)


def repetition(rolls: Sequence[PianoRoll]) -> Histogram:
    """How much of a bar returns 1, 2 and 4 bars later: Jaccard similarity of its half beats, in tenths."""
    found: list[list[int]] = [[] for _ in REPEAT_LAGS_BARS]
    for roll in rolls:
        halves = roll.sounding[:: max(1, roll.steps_per_beat // 2)].astype(bool)
        bar = BEATS_PER_BAR * min(2, roll.steps_per_beat)
        bars = halves[: len(halves) // bar * bar].reshape(-1, bar * halves.shape[1])
        for bins, lag in zip(found, REPEAT_LAGS_BARS, strict=True):
            both = (bars[lag:] & bars[:-lag]).sum(axis=1)
            either = (bars[lag:] | bars[:-lag]).sum(axis=1)
            similarity = both[either > 0] / either[either > 0]
            bins += np.minimum(similarity * SIMILARITY_BINS, SIMILARITY_BINS - 1).astype(int).tolist()
    return np.concatenate([_shares(np.array(bins, int), SIMILARITY_BINS) for bins in found]) / len(found)


def silences(rolls: Sequence[PianoRoll]) -> Histogram:
    """Silent and sounding frames."""
    share = silence(rolls)
    return np.array([share, 1 - share])


@dataclass(frozen=True)
class Feature:
    """A row of the table of distances."""

    name: str
    measure: Callable[[Sequence[PianoRoll]], Histogram]


FEATURES = (
    Feature("notes at a time", density),
    Feature("pitch classes", pitch_classes),
    Feature("note lengths", note_lengths),
    Feature("intervals between voices", voice_intervals),
    Feature("consonance", consonance),
    Feature("melodic moves", melody),
    Feature("motion of outer voices", motion),
    Feature("repetition over bars", repetition),
    Feature("silence", silences),
)


def distance(first: Histogram, second: Histogram) -> float:
    """Jensen-Shannon distance: the square root of the divergence in bits, 0 for the same, 1 for nothing in common."""
    mean = (first + second) / 2
    divergence = sum(
        float((part[part > 0] * np.log2(part[part > 0] / mean[part > 0])).sum()) / 2 for part in (first, second)
    )
    return max(0.0, divergence) ** 0.5


# Pitch classes


def class_counts(sounding: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count sounding notes per pitch class over all frames, (12,); class 0 is A, the piano's lowest key."""
    per_key = sounding.sum(axis=0, dtype=np.int64)
    return np.array([per_key[first::PITCH_CLASSES].sum() for first in range(PITCH_CLASSES)])


def scale_share(counts: NDArray[np.int64], tonic: int) -> float:
    """Return the share of notes in the major scale on `tonic`; 0 if there are no notes."""
    return float(counts[[(tonic + degree) % PITCH_CLASSES for degree in MAJOR_SCALE]].sum() / max(1, counts.sum()))


def best_tonic(counts: NDArray[np.int64]) -> int:
    """Return the tonic of the major scale that holds most notes."""
    return max(range(PITCH_CLASSES), key=lambda tonic: scale_share(counts, tonic))


def _window_counts(rolls: Sequence[PianoRoll]) -> list[NDArray[np.int64]]:
    counts = []
    for roll in rolls:
        window = KEY_WINDOW_BARS * BEATS_PER_BAR * roll.steps_per_beat
        for first in range(0, len(roll) - window + 1, window):
            found = class_counts(roll.sounding[first : first + window])
            if found.sum():
                counts.append(found)
    return counts


def _top_moves(rolls: Sequence[PianoRoll]) -> list[int]:
    moves: list[int] = []
    for roll in rolls:
        tops = [int(np.flatnonzero(row)[-1]) for row in roll.sounding if row.any()]
        moves += [after - before for before, after in pairwise(tops) if after != before]
    return moves


def _lengths_beats(roll: PianoRoll) -> list[float]:
    return [(note.end_steps - note.start_steps) / roll.steps_per_beat for note in roll.notes()]


def _sounding(rolls: Sequence[PianoRoll]) -> Sounding:
    return np.concatenate([roll.sounding for roll in rolls]).astype(bool)


def _classes(sounding: Sounding) -> Sounding:
    """Return which pitch classes sound, (T, 12)."""
    return np.stack([sounding[:, first::PITCH_CLASSES].any(axis=1) for first in range(PITCH_CLASSES)], axis=1)


def _spells(classes: NDArray[np.int64], chord: Sequence[int]) -> bool:
    """Return whether pitch classes are just those of a chord, on any root."""
    return any({(root + interval) % PITCH_CLASSES for interval in chord} == set(classes.tolist()) for root in classes)


def _shares(values: NDArray[np.int64], n_bins: int) -> Histogram:
    counts = np.bincount(values.astype(int), minlength=n_bins).astype(float)
    return counts / max(1.0, counts.sum())
