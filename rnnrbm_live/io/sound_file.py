"""A recorded session as a sound file: the built-in piano, faster than real time."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from rnnrbm_live.core.errors import SoundFileError
from rnnrbm_live.core.export import EVERYTHING, ExportChoice, chosen_notes, nothing_to_export
from rnnrbm_live.core.recording import Music
from rnnrbm_live.io.piano import SAMPLE_RATE, NoteBank, Piano
from rnnrbm_live.io.whole_file import whole_file

BLOCK_FRAMES = 2400
LONGEST_TAIL_SECONDS = 12.0
LONGEST_SECONDS = 6 * 3600.0  # of a file: its header counts bytes in 32 bits


def write_wav(path: Path, recording: Music, choice: ExportChoice = EVERYTHING) -> None:
    """Play what sounded on the built-in piano into a file: 48 kHz, 16 bits, stereo. It is whole or not there at all.

    Where `choice` names bars, the file begins with the first of them; else silence before the first note is left out.

    Raises:
        SoundFileError: if nothing has sounded, or the file cannot be written.
    """
    notes = chosen_notes(recording, choice)
    if not notes:
        raise SoundFileError(nothing_to_export(path.name, choice))
    span = choice.span_steps(recording.timeline)
    begin = recording.seconds_at(span[0] if span else notes[0].start_steps)

    def frame(position_steps: float) -> int:
        return round((recording.seconds_at(position_steps) - begin) * SAMPLE_RATE)

    if frame(max(note.end_steps for note in notes)) > LONGEST_SECONDS * SAMPLE_RATE:
        hours = LONGEST_SECONDS / 3600
        raise SoundFileError(f"{path.name} would last more than {hours:g} hours, too long for WAV: choose fewer bars")
    # Releases first where a key is struck again.
    events = sorted(
        [(frame(note.end_steps), 0, note) for note in notes] + [(frame(note.start_steps), 1, note) for note in notes],
        key=lambda event: event[:2],
    )
    piano = Piano(NoteBank())
    try:
        with whole_file(path) as place, place.open("wb") as target, wave.open(target, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            done, next_event = 0, 0
            last = events[-1][0] + round(LONGEST_TAIL_SECONDS * SAMPLE_RATE)
            while next_event < len(events) or (piano.voices and done < last):
                while next_event < len(events) and events[next_event][0] < done + BLOCK_FRAMES:
                    at, begins, note = events[next_event]
                    channel = int(note.source)
                    if begins:
                        piano.note_on(channel, note.pitch, note.velocity, at)
                    else:
                        piano.note_off(channel, note.pitch, at)
                    next_event += 1
                sound = piano.render(BLOCK_FRAMES)
                file.writeframesraw(np.rint(sound * 32_767).astype("<i2").tobytes())
                done += BLOCK_FRAMES
    except OSError as err:
        raise SoundFileError(f"{path} cannot be written to ({err.strerror}): choose another place") from err
