"""A recorded session as a standard MIDI file."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from rnnrbm_live.core.errors import MidiFileError
from rnnrbm_live.core.export import EVERYTHING, ExportChoice, chosen_notes, nothing_to_export
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.messages import MODEL_CHANNEL, PLAYER_CHANNEL
from rnnrbm_live.core.pianoroll import DEFAULT_TEMPO_BPM, MeterChange, Note, TempoChange
from rnnrbm_live.core.recording import Music
from rnnrbm_live.io.midi_file import Track, write_midi


def export_recording(path: Path, recording: Music, *, title: str, choice: ExportChoice = EVERYTHING) -> None:
    """Write what sounded: format 1, tempo map, markers, the model and the player on tracks of their own or on one.

    The model's notes lie on the grid, the player's where they were played unless `choice` says otherwise. Where it
    names no bars, silent ones before the first note are left out.

    Raises:
        MidiFileError: if nothing has sounded, or the file cannot be written.
    """
    notes = chosen_notes(recording, choice)
    if not notes:
        raise MidiFileError(nothing_to_export(path.name, choice))
    timeline = recording.timeline
    first, end = choice.span_steps(timeline) or (
        timeline.next_bar_step(int(notes[0].start_steps) + 1) - timeline.bar_steps,
        math.inf,
    )
    moved = [replace(note, start_steps=note.start_steps - first, end_steps=note.end_steps - first) for note in notes]
    # The tempo in force at the first bar, then every change after it.
    tempos = {max(change.step - first, 0): change.bpm for change in recording.tempos if change.step < end}
    tempos = tempos or {0: DEFAULT_TEMPO_BPM}
    if choice.together:
        tracks = [Track("Model and player", _without_overlaps(moved), MODEL_CHANNEL)]
    else:
        tracks = [
            Track("Model", [note for note in moved if note.source is Source.MODEL], MODEL_CHANNEL),
            Track("Player", [note for note in moved if note.source is not Source.MODEL], PLAYER_CHANNEL),
        ]
    write_midi(
        path,
        tracks,
        title=title,
        steps_per_beat=timeline.steps_per_beat,
        tempos=[TempoChange(step, bpm) for step, bpm in sorted(tempos.items())],
        meters=[MeterChange(0, timeline.meter)],
        markers=sorted(
            (max(marker.step - first, 0), marker.text)
            for marker in recording.markers
            if choice.bars is None or first <= marker.step < end
        ),
    )


def _without_overlaps(notes: list[Note]) -> list[Note]:
    """End a note where its pitch is struck again: on one channel, a key cannot be held twice."""
    last: dict[int, int] = {}
    kept: list[Note] = []
    for note in notes:
        before = last.get(note.pitch)
        end_steps = note.end_steps
        if before is not None and (held := kept[before]).end_steps > note.start_steps:
            kept[before] = replace(held, end_steps=note.start_steps)
            end_steps = max(end_steps, held.end_steps)
        last[note.pitch] = len(kept)
        kept.append(replace(note, end_steps=end_steps))
    return [note for note in kept if note.end_steps > note.start_steps]
