"""MIDI clock, followed: smooth on a jittering and drifting master, and honest when it is gone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from rnnrbm_live.core import messages as msg
from rnnrbm_live.player.clock_in import ClockIn
from rnnrbm_live.player.clock_out import CONTINUE, SONG_POSITION, START, STOP, TICK
from tests.player.test_player import Rig, planned


def master(clock: ClockIn, beats: Callable[[float], float], seconds: float, jitter: float = 0.0) -> list[float]:
    """Send the ticks of a master whose place in beats at a time is `beats`; return by how much each is off, in s."""
    draw = random.Random(1)
    off, tick, now = [], 0, 0.0
    while now < seconds:
        now += 1e-4
        if beats(now) * 24 >= tick:
            clock.receive((TICK,), max(0.0, now + draw.gauss(0, jitter)))
            tick += 1
            if tick > 96:
                off.append(clock.seconds_at(clock.next_tick) - _when(beats, tick / 24, now))
    return off


def _when(beats: Callable[[float], float], place: float, now: float) -> float:
    rate = (beats(now + 1e-3) - beats(now)) / 1e-3
    return now + (place - beats(now)) / rate


def test_a_steady_master_is_followed_to_the_tick() -> None:
    clock = ClockIn()
    clock.receive((START,), 0.0)
    off = master(clock, lambda t: t * 140 / 60, 20.0)
    assert clock.tempo_bpm == pytest.approx(140.0, abs=0.05)
    assert np.abs(off).max() < 3e-4
    assert clock.next_tick == math.floor(20.0 * 140 / 60 * 24) + 1


def test_jitter_is_smoothed() -> None:
    """Standard deviation 2 ms, as a busy computer sends; what is left is well below what can be heard."""
    clock = ClockIn()
    clock.receive((START,), 0.0)
    off = master(clock, lambda t: t * 2.0, 60.0, jitter=0.002)
    assert np.std(off) < 0.0007
    assert clock.tempo_bpm == pytest.approx(120.0, abs=1.0)


def test_a_drifting_master_is_followed() -> None:
    """From 120 to 140 BPM within a minute."""
    clock = ClockIn()
    clock.receive((START,), 0.0)
    off = master(clock, lambda t: 2.0 * t + t * t / 360, 60.0, jitter=0.001)
    assert np.abs(off).max() < 0.004
    assert clock.tempo_bpm == pytest.approx(140.0, abs=1.0)


def test_a_tempo_that_jumps_is_found_again() -> None:
    clock = ClockIn()
    clock.receive((START,), 0.0)
    master(clock, lambda t: 2.0 * t if t < 10 else 20 + 3.0 * (t - 10), 20.0)
    assert clock.tempo_bpm == pytest.approx(180.0, abs=1.0)


def test_it_knows_where_the_master_is() -> None:
    clock = ClockIn()
    for index in range(12):
        clock.receive((TICK,), index * 0.02)
    assert clock.next_tick == 0, "ticks while the master stands still count for the tempo alone"
    clock.receive((SONG_POSITION, 0x10, 0x01), 0.23)
    clock.receive((CONTINUE,), 0.235)
    assert (clock.running, clock.next_tick) == (True, 6 * 144)
    clock.receive((TICK,), 0.24)
    assert clock.next_tick == 6 * 144 + 1
    assert clock.tick_at(0.25) == pytest.approx(6 * 144 + 0.5, abs=0.01)
    assert clock.seconds_at(6 * 144 + 3) == pytest.approx(0.30, abs=1e-3)
    clock.receive((STOP,), 0.25)
    assert not clock.running


def test_one_that_is_gone_is_no_master() -> None:
    clock = ClockIn()
    assert not clock.locked(0.0)
    for index in range(50):
        clock.receive((TICK,), index * 0.02)
        assert clock.locked(index * 0.02) is (index >= 5)
    assert clock.locked(1.4)
    assert not clock.locked(1.5)
    clock.receive((TICK,), 9.0)
    assert not clock.locked(9.0), "it must prove itself anew"


class Led(Rig):
    """A player that follows a master: 24 ticks a beat at a tempo, each up to `jitter` seconds late."""

    def __init__(self, *, jitter: float = 0.0) -> None:
        super().__init__()
        self.player.handle(msg.FollowClock(True))
        self.player.handle(msg.SetPlan(1, 0, tuple(planned("60", "60") for _ in range(2000))))
        self._jitter, self._draw = jitter, random.Random(3)
        self.due = self.clock.now_seconds()
        self.ticks: list[float] = []  # when each was due, since the last start

    def say(self, *message: int) -> None:
        self.player.follow(message, self.clock.now_seconds())
        if message[0] == START:
            self.ticks.clear()

    def lead(self, seconds: float, tempo: float = 120.0) -> None:
        """Let the master send ticks, and the player do what is due."""
        end = self.clock.now_seconds() + seconds
        while self.due < end:
            arrival = self.due + self._draw.uniform(0, self._jitter)
            self.run(max(0.0, arrival - self.clock.now_seconds()))
            self.player.follow((TICK,), self.clock.now_seconds())
            self.ticks.append(self.due)
            self.due += 60 / tempo / 24
        self.run(end - self.clock.now_seconds())

    @property
    def told(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, msg.Notice)]

    def off(self, last: int) -> float:
        """Return how far, at most, the last steps were from the ticks they belong on, seconds."""
        steps = self.steps[-last:]
        return max(abs(step.desired_seconds - self.ticks[6 * step.step]) for step in steps)


@pytest.mark.parametrize("ticks_before", [True, False])
def test_the_player_comes_in_on_the_masters_grid_and_stays_on_it(ticks_before: bool) -> None:
    rig = Led(jitter=0.001)
    if ticks_before:
        rig.lead(2.0, 100.0)
    rig.say(START)
    assert msg.MasterMoved(running=True) in rig.events
    rig.lead(0.01, 100.0)
    rig.player.handle(msg.StartClock(0, 120.0, 4))
    rig.lead(20.0, 100.0)
    assert rig.off(100) < 0.002
    assert rig.steps[-1].tempo_bpm == pytest.approx(100.0, abs=0.6)
    assert rig.steps[-1].step == pytest.approx(20.0 * 100 / 60 * 4, abs=2)
    gaps = np.diff([step.desired_seconds for step in rig.steps[-60:]])
    assert gaps == pytest.approx(np.full(59, 0.15), abs=0.001)


def test_the_player_follows_another_tempo() -> None:
    rig = Led()
    rig.lead(1.0)
    rig.say(START)
    rig.player.handle(msg.StartClock(0, 120.0, 4))
    rig.lead(10.0)
    rig.lead(15.0, 132.0)
    assert rig.steps[-1].tempo_bpm == pytest.approx(132.0, abs=0.7)
    assert rig.off(40) < 0.002
    told = {step.tempo_bpm for step in rig.steps}
    assert len(told) < 30, "not every breath of the master is a change of tempo"
    steps = [step.step for step in rig.steps]
    assert steps == list(range(steps[0], steps[0] + len(steps)))


def test_a_master_that_vanishes_is_told_and_the_music_goes_on_alone() -> None:
    rig = Led()
    rig.lead(1.0)
    rig.say(START)
    rig.player.handle(msg.StartClock(0, 90.0, 4))
    rig.lead(5.0)
    rig.run(5.0)
    assert len(rig.told) == 1
    assert "MIDI clock is gone" in rig.told[0]
    gaps = np.diff([step.desired_seconds for step in rig.steps[-20:]])
    assert gaps == pytest.approx(np.full(19, 0.125), abs=1e-3)
    rig.due = rig.clock.now_seconds() + 0.013
    rig.lead(5.0)
    phases = [((step.desired_seconds - rig.due) / 0.125) % 1 for step in rig.steps[-10:]]
    assert all(min(phase % (1 / 6), 1 / 6 - phase % (1 / 6)) < 0.01 for phase in phases), "back on the ticks"
    assert len(rig.told) == 1


def test_stop_is_told_and_going_on_finds_the_place_in_the_bar() -> None:
    rig = Led()
    rig.lead(1.0)
    rig.say(START)
    rig.player.handle(msg.StartClock(0, 120.0, 4))
    rig.lead(3.0)
    rig.say(STOP)
    assert rig.events[-1] == msg.MasterMoved(running=False)
    rig.player.handle(msg.StopClock())
    rig.lead(1.0)
    stopped_at = rig.steps[-1].step
    rig.say(SONG_POSITION, 38, 0)  # elsewhere, in another bar
    rig.say(CONTINUE)
    ticks = len(rig.ticks)
    rig.player.handle(msg.SetPlan(2, stopped_at + 1, tuple(planned("60", "60") for _ in range(200))))
    rig.player.handle(msg.StartClock(stopped_at + 1, 120.0, 4))
    rig.lead(2.0)
    first = next(step for step in rig.steps if step.step > stopped_at)
    sixteenth = 38 + round((first.desired_seconds - rig.ticks[ticks]) / 0.125)
    assert first.step % 16 == sixteenth % 16, "the master's place in the bar"
    assert first.step - stopped_at <= 17


def test_who_does_not_follow_is_left_alone() -> None:
    rig = Led()
    rig.player.handle(msg.FollowClock(False))
    rig.lead(1.0, 200.0)
    rig.say(START)
    rig.player.handle(msg.StartClock(0, 120.0, 4))
    rig.lead(3.0, 200.0)
    gaps = np.diff([step.desired_seconds for step in rig.steps])
    assert gaps == pytest.approx(np.full(len(gaps), 0.125))
    assert not [event for event in rig.events if isinstance(event, msg.MasterMoved)]
