"""The model's ear: collects a primer while the player plays, and puts it on the grid when it is over."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnrbm_live.core.grid import step_seconds
from rnnrbm_live.core.messages import KeyPlayed
from rnnrbm_live.core.pianoroll import Note, PianoRoll
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.engine.primer import estimate_tempo, notes_of_keys, quantise


@dataclass(frozen=True, slots=True)
class HeardPrimer:
    """A primer on the grid.

    Attributes:
        first_step: session step of the roll's first row.
        roll: quantised, without trailing silence.
        notes: as played, unquantised, in session steps.
        tempo_bpm: of the grid.
    """

    first_step: int
    roll: PianoRoll
    notes: tuple[Note, ...]
    tempo_bpm: float


class Listener:
    """Keys of one primer.

    With a running clock (a click to play to) keys carry their place on its grid. Without one the first key is the
    origin, places are provisional, and `finish` estimates the tempo, with the current one as prior.
    """

    def __init__(self, *, first_step: int, steps_per_beat: int, tempo_bpm: float, to_click: bool) -> None:
        """Listen from the beat before `first_step` on; without a click the first key will fall on it."""
        self.first_step = first_step
        self.tempo_bpm = tempo_bpm
        self.to_click = to_click
        self._steps_per_beat = steps_per_beat
        self._keys: list[KeyPlayed] = []
        self._held: set[int] = set()

    @property
    def started(self) -> bool:
        """Whether anything has been played."""
        return bool(self._keys)

    @property
    def origin_seconds(self) -> float:
        """When the first key was pressed."""
        return self._keys[0].seconds

    def is_too_early(self, key: KeyPlayed) -> bool:
        """Return whether a key was pressed while the player was still being counted in, before any upbeat."""
        place = key.position_steps
        early = self.to_click and place is not None and place < self.first_step - self._steps_per_beat
        return early and bool(key.velocity)

    def hear(self, key: KeyPlayed) -> float | None:
        """Take in a key and return its (provisional) place in steps.

        None for one that is no part of the primer: a release that belongs to no press, or a key that no piano has.
        """
        if key.pitch not in PIANO:
            return None
        if key.velocity:
            self._held.add(key.pitch)
        elif key.pitch not in self._held:
            return None
        else:
            self._held.discard(key.pitch)
        self._keys.append(key)
        return self._place(key)

    def release_all(self, seconds: float, position_steps: float) -> None:
        """Let go of every key, at a time and a place on the grid: their player went away."""
        for pitch in sorted(self._held):
            self.hear(KeyPlayed(pitch, 0, seconds, position_steps))

    def position_steps(self, seconds: float) -> float:
        """Return the provisional place of a moment, without a click."""
        period = step_seconds(self.tempo_bpm, self._steps_per_beat)
        return self.first_step + (seconds - self.origin_seconds) / period

    def seconds_at(self, step: int) -> float:
        """Return the moment of a step, without a click: the inverse of `position_steps`."""
        period = step_seconds(self.tempo_bpm, self._steps_per_beat)
        return self.origin_seconds + (step - self.first_step) * period

    def silent_beats(self, now_seconds: float) -> float:
        """Return the beats since the last key was released; 0 while one is held or before the first."""
        if not self._keys or self._held:
            return 0.0
        return (now_seconds - self._keys[-1].seconds) * self.tempo_bpm / 60.0

    def finish(self) -> HeardPrimer:
        """Quantise what was played; a key that is still held ends a beat after the last press or release."""
        if not self.to_click:
            onsets = [key.seconds for key in self._keys if key.velocity]
            self.tempo_bpm = estimate_tempo(onsets, self.tempo_bpm)
        places = [self._place(key) for key in self._keys]
        notes = notes_of_keys(self._keys, places, places[-1] + self._steps_per_beat)
        first = round(notes[0].start_steps)
        roll = quantise(
            [replace(note, start_steps=note.start_steps - first, end_steps=note.end_steps - first) for note in notes],
            self._steps_per_beat,
        )
        return HeardPrimer(first, roll, tuple(notes), self.tempo_bpm)

    def _place(self, key: KeyPlayed) -> float:
        if self.to_click and key.position_steps is not None:
            return key.position_steps
        return self.position_steps(key.seconds)
