"""Following a MIDI clock: where a master is, from ticks that come late, early and sometimes not at all.

A delay-locked loop (F. Adriaensen: Using a DLL to filter time, Linux Audio Conference 2005): each tick corrects the
time expected for the next one and the period, by shares that let jitter through as little as drift allows.
"""

from __future__ import annotations

import math

from rnnrbm_live.player.clock_out import CONTINUE, SONG_POSITION, START, STOP, TICK, TICKS_PER_BEAT, TICKS_PER_POSITION

FAST_HZ, SLOW_HZ = 2.0, 0.3  # bandwidth of the loop: while it locks on, and from then on
LOCKING_TICKS = 24
LEAST_TICKS = 6  # before a tempo is believed
LOST_SECONDS = 0.5
LOWEST_BPM, HIGHEST_BPM = 20.0, 300.0
ASTRAY_TICKS = 3.0  # a tick so far from where it was expected begins anew


class ClockIn:
    """A master's clock, as far as it can be known; told of each message when it arrives.

    Attributes:
        running: whether the master plays, as start, stop and continue said.
        next_tick: number of the tick to come, counted from the master's beginning.
    """

    def __init__(self) -> None:
        """Know of no master."""
        self.running = False
        self.next_tick = 0
        self._ticks = 0  # since the loop began
        self._last = -math.inf
        self._expected = 0.0  # when the next tick is due
        self._period = 0.5 / TICKS_PER_BEAT

    def receive(self, message: tuple[int, ...], seconds: float) -> None:
        """Take note of a system message."""
        match message:
            case (status,) if status == TICK:
                self._tick(seconds)
            case (status,) if status == START:
                self.next_tick, self.running = 0, True
            case (status,) if status == CONTINUE:
                self.running = True
            case (status,) if status == STOP:
                self.running = False
            case (status, low, high) if status == SONG_POSITION:
                self.next_tick = (low + 128 * high) * TICKS_PER_POSITION
            case _:
                pass

    def locked(self, seconds: float) -> bool:
        """Return whether a master is there and its tempo is known."""
        return self._ticks >= LEAST_TICKS and seconds - self._last < LOST_SECONDS

    @property
    def tempo_bpm(self) -> float:
        """The master's, quarter notes per minute."""
        return 60.0 / (TICKS_PER_BEAT * self._period)

    def seconds_at(self, tick: float) -> float:
        """Return when a tick is, or was, due."""
        return self._expected + (tick - self.next_tick) * self._period

    def tick_at(self, seconds: float) -> float:
        """Return where the master is, in ticks and fractions of one."""
        return self.next_tick + (seconds - self._expected) / self._period

    def _tick(self, seconds: float) -> None:
        error = seconds - self._expected
        if seconds - self._last >= LOST_SECONDS or (self._ticks > 1 and abs(error) > ASTRAY_TICKS * self._period):
            self._ticks = 0
        if self._ticks == 0:
            self._expected = seconds + self._period
        elif self._ticks == 1:
            self._period = self._within(seconds - self._last)
            self._expected = seconds + self._period
        else:
            bandwidth = FAST_HZ if self._ticks < LOCKING_TICKS else SLOW_HZ
            omega = 2 * math.pi * bandwidth * self._period
            self._expected += math.sqrt(2) * omega * error + self._period
            self._period = self._within(self._period + omega * omega * error)
        self._last = seconds
        self._ticks += 1
        self.next_tick += self.running

    @staticmethod
    def _within(period: float) -> float:
        slowest, fastest = (60.0 / (TICKS_PER_BEAT * bpm) for bpm in (LOWEST_BPM, HIGHEST_BPM))
        return min(max(period, fastest), slowest)
