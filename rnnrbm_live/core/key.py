"""The key of music, as far as it decides which keys of the piano are white ones when it is moved.

References:
    [K] C. L. Krumhansl: Cognitive foundations of musical pitch. Oxford 1990. The probe-tone profiles of Krumhansl and
        Kessler 1982, and the key-finding algorithm of chapter 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.frame import Bits
from rnnrbm_live.core.pitch import PIANO

PITCH_CLASSES = 12
SCALES = {
    "any": frozenset(range(12)),
    "major": frozenset({0, 2, 4, 5, 7, 9, 11}),
    "minor": frozenset({0, 2, 3, 5, 7, 8, 10}),
    "harmonic minor": frozenset({0, 2, 3, 5, 7, 8, 11}),
    "dorian": frozenset({0, 2, 3, 5, 7, 9, 10}),
    "mixolydian": frozenset({0, 2, 4, 5, 7, 9, 10}),
    "pentatonic": frozenset({0, 2, 4, 7, 9}),
    "blues": frozenset({0, 3, 5, 6, 7, 10}),
}
"""Semitones above the tonic, by name."""
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)  # from the tonic up
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
WORTH_MOVING = 0.1  # of a correlation
_RELATIVE_MAJOR = 3  # semitones above a minor tonic
KEY_NAMES = (
    *("C / Am", "D♭ / B♭m", "D / Bm", "E♭ / Cm", "E / C♯m", "F / Dm"),
    *("F♯ / D♯m", "G / Em", "A♭ / Fm", "A / F♯m", "B♭ / Gm", "B / G♯m"),
)
"""A major key and the minor one of the same keys, by semitones above C."""


def semitones_above_white_keys(sounding: Bits) -> int:
    """Return how far music lies above C major or A minor, whichever it is moved to: -6 up to but not including 6.

    The key is the one whose profile correlates best with how long each pitch class sounds ([K]). Silence, and music in
    which all pitch classes sound alike, counts as C major.

    Args:
        sounding: (T, 88) bits.
    """
    return _semitones(int(np.argmax(_fits(class_durations(sounding)))))


def class_durations(sounding: Bits) -> NDArray[np.float64]:
    """Return for how many steps each pitch class sounds, (12,), class 0 being C, of (T, 88) bits."""
    durations = np.zeros(PITCH_CLASSES)
    per_key = sounding.sum(axis=0, dtype=np.float64)
    np.add.at(durations, np.arange(PIANO.low, PIANO.high) % PITCH_CLASSES, per_key)
    return durations


def followed_key(durations: NDArray[np.float64], semitones: int) -> int:
    """Return how far music lies above C major or A minor; a fit that is hardly better is no reason to think again.

    Args:
        durations: (12,) how long each pitch class has sounded of late; class 0 is C.
        semitones: what was thought so far.
    """
    fits = _fits(durations)
    best = int(np.argmax(fits))
    return _semitones(best) if fits[best] > fits[semitones % PITCH_CLASSES] + WORTH_MOVING else semitones


def _fits(durations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how well each tonic's major key, or its relative minor, fits durations, (12,)."""
    major, minor = _correlations(durations, _MAJOR), _correlations(durations, _MINOR)
    return np.maximum(major, np.roll(minor, _RELATIVE_MAJOR))


def _semitones(tonic: int) -> int:
    return (tonic + PITCH_CLASSES // 2) % PITCH_CLASSES - PITCH_CLASSES // 2


def key_name(sounding: Bits) -> str:
    """Name the key of music, (T, 88) bits, as `KEY_NAMES` does: which of the two it is, is not asked."""
    return KEY_NAMES[semitones_above_white_keys(sounding) % PITCH_CLASSES]


def _correlations(durations: NDArray[np.float64], profile: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the correlation of durations with a profile on each of the 12 tonics; 0 if they do not vary."""
    if np.ptp(durations) == 0:
        return np.zeros(PITCH_CLASSES)
    return np.array([np.corrcoef(durations, np.roll(profile, tonic))[0, 1] for tonic in range(PITCH_CLASSES)])
