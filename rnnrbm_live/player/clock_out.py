"""MIDI clock for whoever follows: 24 ticks a beat, start, stop, continue and song position (MIDI 1.0, section 2)."""

from __future__ import annotations

import math

from rnnrbm_live.core.protocols import RealtimeSink

TICKS_PER_BEAT = 24
POSITIONS_PER_BEAT = 4  # song position counts 16th notes
TICKS_PER_POSITION = TICKS_PER_BEAT // POSITIONS_PER_BEAT
MOST_POSITIONS = 1 << 14
SONG_POSITION, TICK, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC


class ClockOut:
    """Says where the music is; told by the player when, it knows no time itself."""

    def __init__(self) -> None:
        """Stand still, switched off, with no sinks."""
        self._sinks: list[RealtimeSink] = []
        self._on = False
        self._running = False
        self._steps_per_beat = 4
        self._next_tick = 0  # counted from step 0
        self._start_with: int | None = None  # what goes out just before the next tick

    @property
    def position_steps(self) -> float | None:
        """Where the next tick is due; None while there is none to send."""
        if not (self._on and self._running):
            return None
        return self._next_tick * self._steps_per_beat / TICKS_PER_BEAT

    def add(self, sink: RealtimeSink) -> None:
        """Tell a sink too: where the music is, if it runs."""
        self._sinks.append(sink)
        if self._on and self._running and self._start_with is None:
            self._locate(self.position_steps or 0.0)

    def remove(self, sink: RealtimeSink) -> None:
        """Tell a sink that time stands still, and then no more."""
        if self._on and self._running:
            sink.realtime(STOP)
        self._sinks = [other for other in self._sinks if other is not sink]

    def switch(self, *, on: bool, position_steps: float) -> None:
        """Begin or cease to send; `position_steps` is where the music is."""
        if on == self._on:
            return
        if self._on and self._running:
            self._send(STOP)
        self._on = on
        if on and self._running:
            self._locate(position_steps)

    def start(self, step: int, steps_per_beat: int) -> None:
        """Let time run: `step` is the next to come."""
        self._steps_per_beat = steps_per_beat
        self._running = True
        if self._on:
            self._locate(step)

    def stop(self) -> None:
        """Time stands still."""
        if self._on and self._running:
            self._send(STOP)
        self._running = False

    def jump(self, step: int) -> None:
        """Time went on without ticks: `step` is the next to come."""
        if self._on and self._running:
            self._send(STOP)
            self._locate(step)

    def tick(self) -> None:
        """Send the tick that is due."""
        if self._start_with is not None:
            self._send(self._start_with)
            self._start_with = None
        self._send(TICK)
        self._next_tick += 1

    def _locate(self, position_steps: float) -> None:
        """Go on at the first song position at or after a place, with start if that is the beginning."""
        position = math.ceil(position_steps * POSITIONS_PER_BEAT / self._steps_per_beat - 1e-9)
        self._next_tick = position * TICKS_PER_POSITION
        self._start_with = CONTINUE if position else START
        if position:
            place = position % MOST_POSITIONS
            self._send(SONG_POSITION, place & 0x7F, place >> 7)

    def _send(self, *message: int) -> None:
        for sink in self._sinks:
            sink.realtime(*message)
