"""MIDI pitches: the range a model plays in, and their names (C4 is middle C, MIDI 60)."""

from __future__ import annotations

from dataclasses import dataclass

from rnnrbm_live.core.errors import SettingsError

NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
BLACK_KEYS = frozenset({1, 3, 6, 8, 10})  # pitch classes


@dataclass(frozen=True, slots=True)
class PitchRange:
    """MIDI notes `low` up to but not including `high`.

    Raises:
        SettingsError: if the range is empty or outside 0 up to but not including 128.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        """Check the ends."""
        if not 0 <= self.low < self.high <= 128:
            raise SettingsError(
                f"pitch range {self.low}..{self.high} is empty or outside MIDI's 0..128: give low < high"
            )

    def __len__(self) -> int:
        """Return the number of pitches."""
        return self.high - self.low

    def __contains__(self, pitch: object) -> bool:
        """Return whether a MIDI pitch lies inside."""
        return isinstance(pitch, int) and self.low <= pitch < self.high


PIANO = PitchRange(21, 109)
"""The 88 keys, A0 (21) up to but not including 109: the range of every model."""


def pitch_name(pitch: int) -> str:
    """Name a MIDI pitch, such as ``C4`` for 60."""
    return f"{NOTE_NAMES[pitch % 12]}{pitch // 12 - 1}"


def is_black(pitch: int) -> bool:
    """Return whether a MIDI pitch is a black key."""
    return pitch % 12 in BLACK_KEYS
