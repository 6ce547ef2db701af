"""A recorded session as a standard MIDI file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rnnrbm_live.core.errors import MidiFileError
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.messages import MODEL_CHANNEL, PLAYER_CHANNEL
from rnnrbm_live.core.pianoroll import MeterChange, TempoChange
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.io.midi_file import Track, write_midi


def export_recording(path: Path, recording: Recording, *, title: str) -> None:
    """Write what sounded: format 1, tempo map, markers, the model and the player on tracks of their own.

    The model's notes lie on the grid, the player's where they were played. Silent bars before the first note are
    left out.

    Raises:
        MidiFileError: if nothing has sounded, or the file cannot be written.
    """
    notes = recording.all_notes()
    if not notes:
        raise MidiFileError(f"nothing has been played yet, so {path.name} was not written: play first, then export")
    timeline = recording.timeline
    first = timeline.next_bar_step(int(notes[0].start_steps) + 1) - timeline.bar_steps
    moved = [replace(note, start_steps=note.start_steps - first, end_steps=note.end_steps - first) for note in notes]
    # The tempo in force at the first bar, then every change after it.
    tempos = {max(change.step - first, 0): change.bpm for change in recording.tempos} or {0: 120.0}
    write_midi(
        path,
        [
            Track("Model", [note for note in moved if note.source is Source.MODEL], MODEL_CHANNEL),
            Track("Player", [note for note in moved if note.source is not Source.MODEL], PLAYER_CHANNEL),
        ],
        title=title,
        steps_per_beat=timeline.steps_per_beat,
        tempos=[TempoChange(step, bpm) for step, bpm in sorted(tempos.items())],
        meters=[MeterChange(0, timeline.meter)],
        markers=sorted((max(marker.step - first, 0), marker.text) for marker in recording.markers),
    )
