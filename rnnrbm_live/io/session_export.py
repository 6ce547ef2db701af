"""A recorded session as a standard MIDI file."""

from __future__ import annotations

from pathlib import Path

from rnnrbm_live.core.errors import MidiFileError
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.messages import MODEL_CHANNEL, PLAYER_CHANNEL
from rnnrbm_live.core.pianoroll import MeterChange, TempoChange
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.io.midi_file import Track, write_midi


def export_recording(path: Path, recording: Recording, *, title: str) -> None:
    """Write what sounded: format 1, tempo map, markers, the model and the player on tracks of their own.

    The model's notes lie on the grid; the player's lie where they were played. Leading silent bars are left out.

    Raises:
        MidiFileError: if there is nothing to write, or the file cannot be written.
    """
    notes = recording.all_notes()
    if not notes:
        raise MidiFileError(f"nothing has been played yet, so {path.name} was not written: press Play first")
    timeline = recording.timeline
    bar = timeline.bar_steps
    start = (int(notes[0].start_steps) - timeline.downbeat_step) // bar * bar + timeline.downbeat_step
    moved = [note.shifted(-start) for note in notes]
    tempos = [TempoChange(max(change.step - start, 0), change.bpm) for change in recording.tempos]
    write_midi(
        path,
        [
            Track("Model", [note for note in moved if note.source is Source.MODEL], MODEL_CHANNEL),
            Track("Player", [note for note in moved if note.source is not Source.MODEL], PLAYER_CHANNEL),
        ],
        title=title,
        steps_per_beat=timeline.steps_per_beat,
        tempos=tempos,
        meters=[MeterChange(0, timeline.meter)],
        markers=[(max(marker.step - start, 0), marker.text) for marker in recording.markers],
    )
