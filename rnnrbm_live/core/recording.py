"""The session as it sounded: notes, tempo changes and markers, in steps. One thread writes, any may read.

A recording is the tape, on which time only goes forward; `on_road` shows one of its roads as a piece of its own.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.frame import Source, diff
from rnnrbm_live.core.grid import Timeline, step_seconds
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.notes import NoteList
from rnnrbm_live.core.pianoroll import Note, TempoChange
from rnnrbm_live.core.roads import Road, Roads, Span


@dataclass(frozen=True, slots=True)
class Marker:
    """A named moment."""

    step: float
    text: str


class Music(Protocol):
    """What can be read of a recording, or of one road of it; positions are in steps from its beginning."""

    timeline: Timeline

    @property
    def tempos(self) -> list[TempoChange]:
        """Tempo changes, ascending."""
        ...

    @property
    def markers(self) -> list[Marker]:
        """Named moments, ascending."""
        ...

    @property
    def end_steps(self) -> float:
        """How far it reaches."""
        ...

    @property
    def edition(self) -> Hashable:
        """Another value whenever a note has ended or a marker has come."""
        ...

    @property
    def origin(self) -> Hashable:
        """Another value whenever notes that had ended were replaced; while it stays, they are only added to."""
        ...

    def playing(self) -> tuple[Note, ...]:
        """Return the notes that sound now, as if they ended now."""
        ...

    def all_notes(self) -> list[Note]:
        """Return every note, also those that still sound, in ascending order of start, then pitch."""
        ...

    def notes_between(self, first_steps: float, last_steps: float) -> list[Note]:
        """Return the ended notes that sound anywhere in the interval; the cost does not grow with the session."""
        ...

    def seconds_at(self, position_steps: float) -> float:
        """Return how long after step 0 a position is, with every tempo change before it."""
        ...


class Recording:
    """Everything that sounded since the session began.

    The writer calls the methods; readers may look at the attributes at any time from any thread, since lists are
    only appended to, or replaced whole.

    Attributes:
        notes: notes that have ended, in ascending order of their end.
        tempos: tempo changes, ascending.
        markers: named moments, ascending.
        end_steps: how far the recording reaches.
        longest_steps: length of the longest ended note, so that a reader can bound its search.
        timeline: where bars begin.
        rewrites: how often notes that had ended were replaced; while it stays, they are only added to.
        roads: the ways that the music has taken.
    """

    def __init__(self, timeline: Timeline) -> None:
        """Begin empty."""
        self.timeline = timeline
        self.roads = Roads()
        self.notes = NoteList()
        self.tempos: list[TempoChange] = []
        self.markers: list[Marker] = []
        self.end_steps = 0.0
        self.longest_steps = 0.0
        self.rewrites = 0
        self._playing: dict[tuple[Source, int], Note] = {}
        self._previous = PlannedFrame()

    def apply(self, record: jot.Record) -> None:
        """Write down what a record says; `core.journal` tells what each means.

        Raises:
            JournalError: if it speaks of a road or a step that is not there.
        """
        roads = self.roads.all
        self.roads.apply(record)
        match record:
            case jot.StepHeard():
                self.add_step(record.step, record.planned, record.tempo_bpm)
            case jot.KeyHeard():
                self.add_key(record.position_steps, record.pitch, record.velocity, record.source)
            case jot.TimeStopped():
                self.end_model_notes(record.position_steps)
            case jot.SectionBegun():
                new = self.roads.all[len(roads) :]
                if text := record.label or "".join(road.name for road in new):
                    self.add_marker(record.step, text)
            case jot.RoadNamed():
                old, road = roads[record.road], self.roads.all[record.road]
                begun, text = Marker(old.step_at(old.left_at), old.name), road.name
                self.markers = [replace(marker, text=text) if marker == begun else marker for marker in self.markers]
            case jot.Marked():
                self.add_marker(record.step, record.text)
            case jot.NotesRewritten():
                self.replace_notes(record.source, record.from_steps, list(record.notes))
            case jot.MeterChosen():
                self.timeline = record.timeline

    def add_step(self, step: int, planned: PlannedFrame, tempo_bpm: float) -> None:
        """Write down a step that sounded."""
        if not self.tempos or self.tempos[-1].bpm != tempo_bpm:
            self.tempos.append(TempoChange(step if self.tempos else 0, tempo_bpm))
        if planned.source is not self._previous.source:
            self._end_frame_notes(step)
        offs, ons = diff(self._previous.frame, planned.frame)
        for pitch in offs:
            self._end(planned.source, pitch, step)
        velocities = dict(planned.velocities)
        for pitch in ons:
            self._begin(Note(step, step, pitch, velocities[pitch], planned.source))
        self._previous = planned
        self.end_steps = max(self.end_steps, step + 1)

    def add_key(self, position_steps: float, pitch: int, velocity: int, source: Source) -> None:
        """Write down a key of the player's; velocity 0 releases it."""
        for key_source in (Source.PLAYER, Source.PRIMER):
            if not (key_source is self._previous.source and pitch in self._previous.frame.sounding):
                self._end(key_source, pitch, position_steps)
        if velocity:
            self._begin(Note(position_steps, position_steps, pitch, velocity, source))

    def end_model_notes(self, position_steps: float) -> None:
        """End what the plan had sounding: time stands still, or a take ends."""
        self._end_frame_notes(position_steps)

    def add_marker(self, step: float, text: str) -> None:
        """Name a moment, which may be a past one."""
        marker = Marker(step, text)
        if self.markers and self.markers[-1].step > step:
            self.markers = sorted([*self.markers, marker], key=lambda each: each.step)
        else:
            self.markers.append(marker)

    def replace_notes(self, source: Source, from_steps: float, notes: list[Note]) -> None:
        """Replace the notes of one source that start at `from_steps` or later: a primer, once its tempo is known."""
        for key in [key for key in self._playing if key[0] is source]:
            del self._playing[key]
        kept = [note for note in self.notes if note.source is not source or note.start_steps < from_steps]
        self.notes = NoteList(sorted(kept + notes, key=lambda note: note.end_steps))
        self.longest_steps = max((note.end_steps - note.start_steps for note in self.notes), default=0.0)
        self.end_steps = max((note.end_steps for note in self.notes), default=0.0)
        self.rewrites += 1

    @property
    def origin(self) -> Hashable:
        """Another value whenever notes that had ended were replaced; while it stays, they are only added to."""
        return id(self), self.rewrites

    @property
    def edition(self) -> Hashable:
        """Another value whenever a note has ended or a marker has come."""
        return id(self.notes), len(self.notes), id(self.markers), len(self.markers)

    def on_road(self, number: int) -> Music:
        """Return what sounded on a road, as one piece that grows while the road does."""
        road = self.roads.all[number]
        if len(self.roads.all) == 1 and road.spans[0] == Span(0, None, 0):
            return self
        return _OnRoad(self, road, self.roads.shift if number == self.roads.heard else None)

    def playing(self) -> tuple[Note, ...]:
        """Return the notes that still sound, as if they ended where the recording does."""
        return tuple(
            replace(note, end_steps=max(self.end_steps, note.start_steps)) for note in tuple(self._playing.values())
        )

    def all_notes(self) -> list[Note]:
        """Return every note, also those that still sound, in ascending order of start, then pitch."""
        return sorted([*self.notes, *self.playing()], key=lambda note: (note.start_steps, note.pitch))

    def seconds_at(self, position_steps: float) -> float:
        """Return how long after step 0 a position is, with every tempo change before it."""
        seconds, tempos = 0.0, list(self.tempos)
        for index, change in enumerate(tempos):
            if index and change.step >= position_steps:
                break
            begin = change.step if index else 0.0
            end = position_steps
            if index + 1 < len(tempos):
                end = min(end, tempos[index + 1].step)
            seconds += (end - begin) * step_seconds(change.bpm, self.timeline.steps_per_beat)
        return seconds

    def notes_between(self, first_steps: float, last_steps: float) -> list[Note]:
        """Return the ended notes that sound anywhere in the interval; the cost does not grow with the session."""
        notes, longest = self.notes, self.longest_steps
        begin = bisect_left(notes, first_steps, key=lambda note: note.end_steps)
        end = bisect_left(notes, last_steps + longest, lo=begin, key=lambda note: note.end_steps)
        return [note for note in notes.run(begin, end + 1) if note.start_steps < last_steps]

    def _begin(self, note: Note) -> None:
        self._end(note.source, note.pitch, note.start_steps)
        self._playing[note.source, note.pitch] = note

    def _end(self, source: Source, pitch: int, position_steps: float) -> None:
        note = self._playing.pop((source, pitch), None)
        if note is not None and position_steps > note.start_steps:
            ended = replace(note, end_steps=position_steps)
            self.longest_steps = max(self.longest_steps, ended.end_steps - ended.start_steps)
            self.notes.append(ended)

    def _end_frame_notes(self, position_steps: float) -> None:
        for pitch in self._previous.frame.sounding:
            self._end(self._previous.source, pitch, position_steps)
        self._previous = PlannedFrame()


class _OnRoad:
    """One road of a recording, read as if the tape had been cut and joined; see `Music`."""

    def __init__(self, recording: Recording, road: Road, heard_shift: int | None) -> None:
        """Look at a road; `heard_shift` is how much later than on it the tape is, None if it is not heard now."""
        self.timeline = recording.timeline
        self._tape = recording
        self._road = road
        self._heard_shift = heard_shift

    @property
    def tempos(self) -> list[TempoChange]:
        joined: list[TempoChange] = []
        for span in self._road.spans:
            changes = self._tape.tempos
            before = [change.bpm for change in changes if change.step <= span.first] or [c.bpm for c in changes[:1]]
            for change in [
                *(TempoChange(span.first, bpm) for bpm in before[-1:]),
                *(change for change in changes if span.first < change.step < span.first + span.length),
            ]:
                if not joined or joined[-1].bpm != change.bpm:
                    joined.append(TempoChange(change.step - span.shift, change.bpm))
        return joined

    @property
    def markers(self) -> list[Marker]:
        markers = self._tape.markers
        edges = ((span, float(span.first), span.first + span.length) for span in self._road.spans)
        return [
            replace(marker, step=marker.step - span.shift)
            for span, first, end in edges
            for marker in markers[bisect_left(markers, first, key=_step_of) : bisect_left(markers, end, key=_step_of)]
        ]

    @property
    def end_steps(self) -> float:
        last = self._road.spans[-1]
        return max(0.0, min(self._road.end, self._tape.end_steps - last.shift))

    @property
    def edition(self) -> Hashable:
        return self._road, self._tape.edition

    @property
    def origin(self) -> Hashable:
        return self._tape.origin, *((span.first, span.shift) for span in self._road.spans)

    def playing(self) -> tuple[Note, ...]:
        shift, last = self._heard_shift, self._road.spans[-1]
        if shift is None:
            return ()
        from_steps = last.position if last.end is None else 0
        return tuple(_moved(note, -shift, from_steps=from_steps) for note in self._tape.playing())

    def all_notes(self) -> list[Note]:
        notes = list(self._between(0, math.inf))
        if self._road.spans[-1].end is None:
            notes += self.playing()
        return sorted(notes, key=lambda note: (note.start_steps, note.pitch))

    def notes_between(self, first_steps: float, last_steps: float) -> list[Note]:
        return list(self._between(first_steps, last_steps))

    def seconds_at(self, position_steps: float) -> float:
        seconds, spans = 0.0, self._road.spans
        for span, following in zip(spans, (*spans[1:], None), strict=True):
            end = position_steps if following is None else min(position_steps, following.position)
            if end > span.position or span is spans[0]:
                seconds += self._tape.seconds_at(end + span.shift) - self._tape.seconds_at(span.first)
        return seconds

    def _between(self, first_steps: float, last_steps: float) -> Iterator[Note]:
        spans = self._road.spans
        for span in spans[spans.index(self._road.span_at(first_steps)) :]:
            shift, position, end_position = span.shift, span.position, span.end_position
            begin, end = max(first_steps, position), min(last_steps, end_position)
            if position >= last_steps:
                return
            for note in self._tape.notes_between(begin + shift, end + shift):
                cut = _moved(note, -shift, from_steps=position, to_steps=end_position)
                if cut.end_steps > cut.start_steps:
                    yield cut


def _step_of(marker: Marker) -> float:
    return marker.step


def _moved(note: Note, steps: float, *, from_steps: float, to_steps: float = math.inf) -> Note:
    """Return a note that is moved, and cut to what lies between two positions."""
    start, end = max(note.start_steps + steps, from_steps), min(note.end_steps + steps, to_steps)
    return Note(start, max(start, end), note.pitch, note.velocity, note.source)
