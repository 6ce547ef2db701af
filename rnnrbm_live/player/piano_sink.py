"""The built-in piano as a sink: places each note at its deadline, a fixed latency later."""

from __future__ import annotations

import threading
import time

from rnnrbm_live.io.audio import AudioOutput
from rnnrbm_live.io.piano import SAMPLE_RATE, NoteBank, Piano

AT_ONCE = 0  # a frame that has passed


class PianoSink:
    """A `NoteSink` that schedules. Notes due now sound in the next block."""

    def __init__(self, audio: AudioOutput, piano: Piano) -> None:
        """Play on an open device."""
        self._audio = audio
        self._piano = piano
        self._on = True

    @classmethod
    def open(cls) -> PianoSink:
        """Open the sound device and let the piano run.

        Raises:
            AudioError: if there is no sound device.
        """
        audio = AudioOutput(SAMPLE_RATE)
        bank = NoteBank()
        piano = Piano(bank)
        threading.Thread(target=bank.prepare, name="piano-notes", daemon=True).start()
        audio.start(piano.render)
        return cls(audio, piano)

    def set(self, *, on: bool, gain_db: float) -> None:
        """Switch the piano (ticks go on sounding) and set its level."""
        self._piano.gain_db = gain_db
        if self._on and not on:
            self._piano.silence()
        self._on = on

    def note_on(self, channel: int, pitch: int, velocity: int, due_seconds: float) -> None:
        """Strike a note when it is due."""
        if self._on:
            self._piano.note_on(channel, pitch, velocity, self._frame(due_seconds))

    def note_off(self, channel: int, pitch: int, due_seconds: float) -> None:
        """Damp a note when that is due."""
        self._piano.note_off(channel, pitch, self._frame(due_seconds))

    def click(self, accented: bool, due_seconds: float) -> None:
        """Tick when it is due."""
        self._piano.click(accented, self._frame(due_seconds))

    def silence(self) -> None:
        """End every sound."""
        self._piano.silence()

    def close(self) -> None:
        """Silence and let go of the device; may be called twice."""
        self._audio.close()

    def _frame(self, due_seconds: float) -> int:
        return self._audio.frame_at(due_seconds) if due_seconds > time.perf_counter() else AT_ONCE
