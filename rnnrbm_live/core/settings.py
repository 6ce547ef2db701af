"""What a musician can set, with its range. Frozen: a change is a new value."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import Enum

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.key import SCALES
from rnnrbm_live.core.pitch import PIANO


class Mode(Enum):
    """Who leads."""

    FREE = "free"
    """The model plays alone."""
    PRIMER = "primer"
    """The player plays, the model listens; then it goes on from there."""
    DUET = "duet"
    """Both play: the model adds to the keys that the player holds."""
    TURNS = "turns"
    """Call and response: the player and the model take turns of as many bars."""


@dataclass(frozen=True, slots=True)
class Range:
    """Ends of a setting, both allowed."""

    low: float
    high: float
    unit: str = ""


RANGES = {
    "tempo_bpm": Range(20, 300, "BPM"),
    "temperature": Range(0.5, 1.5),
    "density": Range(-4.0, 4.0, "nats"),
    "gibbs_steps": Range(5, 200, "steps"),
    "velocity": Range(1, 127),
    "seed": Range(0, 2**32 - 1),
    "piano_gain_db": Range(-60.0, 6.0, "dB"),
    "takeover_beats": Range(1, 32, "beats"),
    "tonic": Range(0, 11),
    "low_pitch": Range(PIANO.low, PIANO.high - 1),
    "high_pitch": Range(PIANO.low, PIANO.high - 1),
    "most_notes": Range(1, 20, "notes"),
    "duet_voices": Range(0, 8, "voices"),
    "room": Range(0, 12, "semitones"),
    "turn_bars": Range(1, 4, "bars"),
}
"""Every numeric setting of `Settings`, by name."""
WHOLE_NUMBERS = frozenset(
    {"gibbs_steps", "velocity", "seed", "tonic", "low_pitch", "high_pitch", "most_notes", "duet_voices", "room"}
    | {"turn_bars"}
)
CHOICES = {"scale": tuple(SCALES), "duet_place": ("anywhere", "below", "above")}
"""Every setting of `Settings` that is one of a few words."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that shapes the music from the next step on.

    Attributes:
        tempo_bpm: quarter notes per minute.
        temperature: T of every conditional probability in the Gibbs chain, sigmoid(a / T); 1 is the model as trained.
        density: nats added to the bias of every key; above 0 more notes, below 0 fewer.
        gibbs_steps: k, sweeps of the chain per frame.
        velocity: MIDI velocity of an unaccented note.
        seed: of all noise; the same seed plays the same notes.
        click: whether a metronome ticks while a primer is played, where its grid is what onsets snap to, and in turns.
        count_in: whether a bar of clicks comes before a primer, or before the first of turns; what is played before its
            last beat is not listened to.
        piano: whether the built-in piano sounds.
        piano_gain_db: level of the built-in piano.
        midi_clock: whether MIDI clock is sent to the output.
        follow_clock: whether tempo and transport follow the MIDI clock of the inputs.
        takeover_beats: beats of silence after which the model goes on from a primer.
        scale: name of the only scale that the model plays in.
        tonic: pitch class of that scale's first note; 0 is C.
        low_pitch: lowest MIDI pitch that the model plays.
        high_pitch: highest.
        most_notes: how many keys may sound at once, those of a duet's player among them.
        muted: MIDI pitches that the model does not play.
        forced: MIDI pitches that always sound.
        duet_voices: how many notes the model adds to the keys that are held.
        duet_place: where it adds them: "below" the highest of these keys, "above" the lowest, or "anywhere".
        room: semitones on both sides of each of these keys that the model leaves free.
        restrike: whether the model strikes all its notes anew with each key of the player's.
        turn_bars: length of a turn in bars, the player's and the model's.

    Raises:
        SettingsError: for a value outside `RANGES` or `CHOICES`, naming it.
    """

    tempo_bpm: float = 96.0
    temperature: float = 1.0
    density: float = 0.0
    gibbs_steps: int = 25
    velocity: int = 72
    seed: int = 20120626
    click: bool = True
    count_in: bool = False
    piano: bool = True
    piano_gain_db: float = 0.0
    midi_clock: bool = False
    follow_clock: bool = False
    takeover_beats: float = 4.0
    scale: str = "any"
    tonic: int = 0
    low_pitch: int = PIANO.low
    high_pitch: int = PIANO.high - 1
    most_notes: int = 20
    muted: tuple[int, ...] = ()
    forced: tuple[int, ...] = ()
    duet_voices: int = 3
    duet_place: str = "anywhere"
    room: int = 0
    restrike: bool = False
    turn_bars: int = 2

    def __post_init__(self) -> None:
        """Check every value."""
        for name in (field.name for field in fields(self)):
            if name in RANGES:
                check_range(name, getattr(self, name))
            elif name in CHOICES and getattr(self, name) not in CHOICES[name]:
                known = ", ".join(CHOICES[name])
                raise SettingsError(f"{_label(name)} must be one of {known}, not {getattr(self, name)!r}")
        for name in ("muted", "forced"):
            pitches = getattr(self, name)
            if not isinstance(pitches, tuple) or any(pitch not in PIANO for pitch in pitches):
                raise SettingsError(f"{name} keys must be MIDI pitches of the piano, 21 to 108, not {pitches!r}")


def check_range(name: str, value: object) -> None:
    """Check a value against `RANGES[name]`.

    Raises:
        SettingsError: naming the setting, the value and its range.
    """
    allowed = RANGES[name]
    whole = name in WHOLE_NUMBERS
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise SettingsError(f"{_label(name)} must be a {'whole ' if whole else ''}number, not {value!r}")
    if not (math.isfinite(value) and allowed.low <= value <= allowed.high):
        unit = f" {allowed.unit}" if allowed.unit else ""
        raise SettingsError(f"{_label(name)} must be from {allowed.low:g} to {allowed.high:g}{unit}, not {value!r}")


def _label(name: str) -> str:
    return name.removesuffix("_bpm").removesuffix("_db").replace("_", " ")
