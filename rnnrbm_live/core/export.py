"""What of a recording is exported, and how: which bars, whose tracks, as played or on the grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.recording import Music


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What the user wants of an export.

    Attributes:
        road: number of the road (`core.roads`); None for the whole tape, as it was heard.
        bars: the first and the last bar, both included; None for everything.
        together: whether the model and the player share a track, in a MIDI file.
        quantised: whether what was played by hand is moved to the grid.
    """

    road: int | None = None
    bars: tuple[int, int] | None = None
    together: bool = False
    quantised: bool = False

    def span_steps(self, timeline: Timeline) -> tuple[int, int] | None:
        """Return the first step and the one after the last; None for everything."""
        if self.bars is None:
            return None
        first, last = self.bars
        return timeline.first_step_of_bar(first), timeline.first_step_of_bar(last + 1)


EVERYTHING = ExportChoice()


def bars_of(recording: Music) -> tuple[int, int]:
    """Return the first and the last bar in which something sounds; (1, 1) if nothing does."""
    notes = recording.all_notes()
    if not notes:
        return 1, 1
    end = max(note.end_steps for note in notes)
    first = recording.timeline.bar(math.floor(notes[0].start_steps))
    last = recording.timeline.bar(math.ceil(end) - 1)
    return first, max(first, last)


def chosen_notes(recording: Music, choice: ExportChoice) -> list[Note]:
    """Return the notes to export, ascending by start, then pitch; those that reach beyond the bars are cut there."""
    notes = recording.all_notes()
    if choice.quantised:
        notes = [_on_grid(note) for note in notes]
    span = choice.span_steps(recording.timeline)
    if span is not None:
        first, last = span
        notes = [
            replace(note, start_steps=max(note.start_steps, first), end_steps=min(note.end_steps, last))
            for note in notes
            if note.start_steps < last and note.end_steps > first
        ]
    return sorted(notes, key=lambda note: (note.start_steps, note.pitch))


def nothing_to_export(name: str, choice: ExportChoice) -> str:
    """Return the sentence for an export without notes."""
    if choice.bars is None:
        return f"nothing has been played yet, so {name} was not written: play first, then export"
    first, last = choice.bars
    return f"nothing sounds in bars {first} to {last}, so {name} was not written: choose other bars"


def _on_grid(note: Note) -> Note:
    start = round(note.start_steps)
    return replace(note, start_steps=start, end_steps=max(start + 1, round(note.end_steps)))
