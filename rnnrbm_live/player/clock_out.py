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
        self._sinks: dict[RealtimeSink, int | None] = {}  # each with the tick before which it is told to begin
        self._on = False
        self._running = False
        self._steps_per_beat = 4
        self._next_tick = 0  # counted from step 0

    @property
    def position_steps(self) -> float | None:
        """Where the next tick is due; None while there is none to send."""
        if not self._sending:
            return None
        return self._next_tick * self._steps_per_beat / TICKS_PER_BEAT

    def add(self, sink: RealtimeSink) -> None:
        """Tell a sink too: where the music is, if it runs. The others notice nothing."""
        self._sinks[sink] = None
        if self._sending:
            self._locate(sink)

    def remove(self, sink: RealtimeSink) -> None:
        """Tell a sink that time stands still, and then no more."""
        if self._sending:
            sink.realtime(STOP)
        self._sinks.pop(sink, None)

    def switch(self, *, on: bool, position_steps: float) -> None:
        """Begin or cease to send; `position_steps` is where the music is."""
        if on == self._on:
            return
        self._say_stop()
        self._on = on
        self._go_on(position_steps)

    def start(self, step: int, steps_per_beat: int) -> None:
        """Let time run: `step` is the next to come."""
        self._steps_per_beat = steps_per_beat
        self._running = True
        self._go_on(step)

    def stop(self) -> None:
        """Time stands still."""
        self._say_stop()
        self._running = False

    def jump(self, step: int) -> None:
        """Time went on without ticks: `step` is the next to come."""
        self._say_stop()
        self._go_on(step)

    def tick(self) -> None:
        """Send the tick that is due."""
        for sink, begins in self._sinks.items():
            if begins == self._next_tick:
                sink.realtime(CONTINUE if begins else START)
                self._sinks[sink] = None
            sink.realtime(TICK)
        self._next_tick += 1

    @property
    def _sending(self) -> bool:
        return self._on and self._running

    def _say_stop(self) -> None:
        if self._sending:
            for sink in self._sinks:
                sink.realtime(STOP)

    def _go_on(self, position_steps: float) -> None:
        """Let every sink go on at the first song position at or after a place."""
        if self._sending:
            position = math.ceil(position_steps * POSITIONS_PER_BEAT / self._steps_per_beat - 1e-9)
            self._next_tick = position * TICKS_PER_POSITION
            for sink in self._sinks:
                self._locate(sink)

    def _locate(self, sink: RealtimeSink) -> None:
        """Let a sink begin at the first song position from the next tick on, with start if that is the beginning."""
        position = math.ceil(self._next_tick / TICKS_PER_POSITION)
        if position:
            place = position % MOST_POSITIONS
            sink.realtime(SONG_POSITION, place & 0x7F, place >> 7)
        self._sinks[sink] = position * TICKS_PER_POSITION
