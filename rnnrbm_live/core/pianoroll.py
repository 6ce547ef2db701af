"""PianoRoll: polyphonic music on a beat grid, and its notes.

A roll of T steps holds two (T, 88) arrays of bits: `sounding`, and `onsets` for struck keys, so that a
repeated note and a held one differ. Column i is MIDI note 21 + i.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.frame import N_PITCHES, REST, Bits, Frame, Source, frame_from_bits, frame_to_bits
from rnnrbm_live.core.grid import COMMON_TIME, Meter
from rnnrbm_live.core.pitch import PIANO

DEFAULT_TEMPO_BPM = 120.0
DEFAULT_VELOCITY = 72


@dataclass(frozen=True, slots=True)
class Note:
    """One note. Times are in steps and may lie between them (what a person played)."""

    start_steps: float
    end_steps: float
    pitch: int  # MIDI, 0 up to but not including 128
    velocity: int = DEFAULT_VELOCITY  # 1 up to but not including 128
    source: Source = Source.MODEL


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From `step` on, `bpm` quarter notes per minute."""

    step: float
    bpm: float


@dataclass(frozen=True, slots=True)
class MeterChange:
    """From `step` on (a bar's first), bars of `meter`."""

    step: int
    meter: Meter


@dataclass(frozen=True)
class PianoRoll:
    """Sounding and struck keys on a grid of `steps_per_beat` steps per quarter note.

    Attributes:
        sounding: (T, 88) uint8, 1 where the key sounds.
        onsets: (T, 88) uint8, 1 where the key is struck; never without sounding.
        steps_per_beat: steps per quarter note.
        tempos: changes in ascending order, the first at step 0.
        meters: changes in ascending order, the first at step 0.
        pickup_steps: steps before the first full bar; row 0 lies this far before a bar line.
        phrase_ends: the first step after each phrase, in ascending order; none where phrases are not marked.
    """

    sounding: Bits
    onsets: Bits
    steps_per_beat: int
    tempos: tuple[TempoChange, ...] = (TempoChange(0, DEFAULT_TEMPO_BPM),)
    meters: tuple[MeterChange, ...] = (MeterChange(0, COMMON_TIME),)
    pickup_steps: int = 0
    phrase_ends: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the shapes."""
        if self.sounding.ndim != 2 or self.sounding.shape[1] != N_PITCHES or self.onsets.shape != self.sounding.shape:
            raise SettingsError(
                f"a piano-roll needs two (T, {N_PITCHES}) arrays, got {self.sounding.shape} and {self.onsets.shape}"
            )
        if self.steps_per_beat < 1:
            raise SettingsError(f"{self.steps_per_beat} steps per beat: give 1 or more")

    def __len__(self) -> int:
        """Return T, the number of steps."""
        return len(self.sounding)

    @classmethod
    def from_frames(cls, frames: Sequence[Frame], steps_per_beat: int) -> PianoRoll:
        """Build from frames, at the default tempo and meter."""
        bits = np.array([frame_to_bits(frame, with_onsets=True) for frame in frames], np.uint8)
        bits = bits.reshape(len(frames), 2 * N_PITCHES)
        return cls(bits[:, :N_PITCHES], bits[:, N_PITCHES:], steps_per_beat)

    @classmethod
    def from_notes(cls, notes: Iterable[Note], steps_per_beat: int, *, n_steps: int = 0) -> PianoRoll:
        """Quantise notes to the grid: each starts at its nearest step and lasts at least one.

        Args:
            notes: in any order; pitches outside the piano and starts before step 0 are left out.
            steps_per_beat: steps per quarter note.
            n_steps: least number of steps of the result.

        Returns:
            A roll at the default tempo and meter; give it others with `dataclasses.replace`.
        """
        on_grid = sorted(
            (start, max(start + 1, round(note.end_steps)), note.pitch - PIANO.low)
            for note in notes
            if note.pitch in PIANO and (start := round(note.start_steps)) >= 0
        )
        length = max([n_steps, *(end for _, end, _ in on_grid)])
        sounding, onsets = np.zeros((2, length, N_PITCHES), np.uint8)
        for start, end, column in on_grid:
            sounding[start:end, column] = 1
            onsets[start, column] = 1
        return cls(sounding, onsets, steps_per_beat)

    def frames(self) -> list[Frame]:
        """Return the T frames, made legal one after the other."""
        frames: list[Frame] = []
        previous = REST
        for row in self.bits(with_onsets=True):
            previous = frame_from_bits(row, previous)
            frames.append(previous)
        return frames

    def notes(self, velocity: int = DEFAULT_VELOCITY, source: Source = Source.MODEL) -> list[Note]:
        """Return the notes in ascending order of start, then pitch."""
        notes = []
        for column in np.flatnonzero(self.sounding.any(axis=0)):
            sounding, struck = self.sounding[:, column].astype(bool), self.onsets[:, column].astype(bool)
            before = np.concatenate(([False], sounding[:-1]))
            starts = np.flatnonzero(sounding & (struck | ~before))
            # A note ends where its key falls silent or is struck again.
            stops = np.flatnonzero(np.concatenate((~sounding | struck, [True])))
            ends = stops[np.searchsorted(stops, starts, side="right")]
            pitch = PIANO.low + int(column)
            notes += [
                Note(int(start), int(end), pitch, velocity, source) for start, end in zip(starts, ends, strict=True)
            ]
        return sorted(notes, key=lambda note: (note.start_steps, note.pitch))

    def bits(self, *, with_onsets: bool) -> Bits:
        """Return model input rows: (T, 88) sounding, or (T, 176) sounding and onset bits."""
        return np.concatenate((self.sounding, self.onsets), axis=1) if with_onsets else self.sounding

    def bar_positions(self) -> list[tuple[Meter, int]]:
        """Return for each step its meter and its position in the bar (0 is the downbeat)."""
        positions: list[tuple[Meter, int]] = []
        for index, change in enumerate(self.meters):
            end = self.meters[index + 1].step if index + 1 < len(self.meters) else len(self)
            bar_steps = change.meter.bar_steps(self.steps_per_beat)
            offset = -self.pickup_steps if index == 0 else 0
            positions += [(change.meter, (step + offset) % bar_steps) for step in range(end - change.step)]
        return positions[: len(self)]

    def beats_to_phrase_end(self) -> list[int | None]:
        """Return for each step how many whole beats of its phrase come after it; None where no end is marked."""
        left: list[int | None] = []
        for end in self.phrase_ends:
            left += [(end - step - 1) // self.steps_per_beat for step in range(len(left), end)]
        return [*left, *[None] * (len(self) - len(left))][: len(self)]

    def slice(self, first: int, last: int) -> PianoRoll:
        """Return steps `first` up to but not including `last` (both 0..T) at the tempo and meter in force there."""
        tempo = [change for change in self.tempos if change.step <= first][-1]
        meter = [change for change in self.meters if change.step <= first][-1]
        tempos = [TempoChange(0, tempo.bpm)]
        tempos += [replace(change, step=change.step - first) for change in self.tempos if first < change.step < last]
        meters = [MeterChange(0, meter.meter)]
        meters += [replace(change, step=change.step - first) for change in self.meters if first < change.step < last]
        offset = self.pickup_steps if meter is self.meters[0] else 0
        return PianoRoll(
            self.sounding[first:last],
            self.onsets[first:last],
            self.steps_per_beat,
            tuple(tempos),
            tuple(meters),
            (offset - (first - meter.step)) % meter.meter.bar_steps(self.steps_per_beat),
            tuple(end - first for end in self.phrase_ends if first < end <= last),
        )
