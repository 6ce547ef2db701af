"""One step of music as two sets of pitches, the rules that make it playable, and the notes between two frames.

A frame holds, for each MIDI pitch of the piano, whether it sounds and whether it is struck at this step:
a key pressed is (sounding 1, onset 1), a held one (1, 0), a silent one (0, 0). As model input it is a row
of 88 sounding bits, followed for models that know onsets by 88 onset bits; column i is MIDI note 21 + i.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.pitch import PIANO

Bits = NDArray[np.uint8]
N_PITCHES = len(PIANO)


class Source(IntEnum):
    """Who played a note."""

    MODEL = 0
    PLAYER = 1
    PRIMER = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """What sounds and what is struck at one step. Invariant: every onset sounds."""

    sounding: frozenset[int] = frozenset()
    onsets: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Guard the invariant: code that breaks it is wrong, never the user."""
        assert self.onsets <= self.sounding, "an onset must sound"


REST = Frame()


def legal_frame(sounding: Iterable[int], onsets: Iterable[int], previous: Frame) -> Frame:
    """Make sampled pitches playable after `previous`.

    An onset that does not sound is dropped; a sounding pitch that is neither struck nor held over from the
    previous frame becomes an onset.
    """
    sounds = frozenset(sounding)
    return Frame(sounds, (frozenset(onsets) & sounds) | (sounds - previous.sounding))


def frame_from_bits(bits: Bits, previous: Frame) -> Frame:
    """Decode a model's row, (88,) or (176,), into a legal frame.

    A model without onset bits cannot re-strike: a pitch that goes on sounding is held.
    """
    sounding = (np.flatnonzero(bits[:N_PITCHES]) + PIANO.low).tolist()
    onsets = (np.flatnonzero(bits[N_PITCHES:]) + PIANO.low).tolist()
    return legal_frame(sounding, onsets, previous)


def frame_to_bits(frame: Frame, *, with_onsets: bool) -> Bits:
    """Encode a frame as a model's row: (88,) sounding bits, or (176,) sounding and onset bits.

    Pitches outside the piano are left out.
    """
    bits = np.zeros(2 * N_PITCHES if with_onsets else N_PITCHES, np.uint8)
    bits[[pitch - PIANO.low for pitch in frame.sounding if pitch in PIANO]] = 1
    if with_onsets:
        bits[[N_PITCHES + pitch - PIANO.low for pitch in frame.onsets if pitch in PIANO]] = 1
    return bits


def transpose(rows: NDArray[Any], semitones: int) -> NDArray[Any]:
    """Shift rows, (..., 88) or (..., 176), up by `semitones`; what leaves the piano is dropped, zeros come in."""
    moved = np.zeros_like(rows)
    for first in range(0, rows.shape[-1], N_PITCHES):
        half, target = rows[..., first : first + N_PITCHES], moved[..., first : first + N_PITCHES]
        if semitones >= 0:
            target[..., semitones:] = half[..., : N_PITCHES - semitones]
        else:
            target[..., :semitones] = half[..., -semitones:]
    return moved


def diff(previous: Frame, current: Frame) -> tuple[list[int], list[int]]:
    """Return the pitches to release and the pitches to strike, each ascending, in sending order.

    A re-struck pitch is in both: its note-off goes out before its note-on.
    """
    offs = previous.sounding - (current.sounding - current.onsets)
    return sorted(offs), sorted(current.onsets)
