"""MIDI clock, sent: 24 ticks a beat on the grid, and transport messages that a follower can trust."""

from __future__ import annotations

import pytest

from rnnrbm_live.core import messages as msg
from rnnrbm_live.player.clock_out import CONTINUE, SONG_POSITION, START, STOP, TICK
from rnnrbm_live.player.player import START_SECONDS
from tests.player.test_player import Rig, planned

NAMES = {START: "start", CONTINUE: "continue", STOP: "stop", SONG_POSITION: "position"}


class Follower:
    """What a synthesizer receives, with the time; where it thinks the music is, in ticks from the beginning."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.ticks: list[float] = []
        self.said: list[str] = []
        self.place: int | None = None
        self._running = False

    def realtime(self, *message: int) -> None:
        if message[0] == TICK:
            self.ticks.append(self._rig.clock.now_seconds())
            if self._running and self.place is not None:
                self.place += 1
            return
        self.said.append(NAMES[message[0]])
        if message[0] == START:
            self.place = -1  # the next tick is the first
        elif message[0] == SONG_POSITION:
            self.place = 6 * (message[1] + 128 * message[2]) - 1
        self._running = message[0] in (START, CONTINUE)


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.player.handle(msg.SendClock(True))
    return rig


@pytest.fixture
def follower(rig: Rig) -> Follower:
    follower = Follower(rig)
    rig.player.clock_out.add(follower)
    return follower


def begin(rig: Rig, step: int = 0, *, tempo: float = 150.0, steps_per_beat: int = 4) -> None:
    rig.player.handle(msg.SetPlan(1, step, tuple(planned("60", "60") for _ in range(400))))
    rig.player.handle(msg.StartClock(step, tempo, steps_per_beat))


@pytest.mark.parametrize("steps_per_beat", [1, 2, 4, 8])
def test_24_ticks_a_beat_from_the_first_step_on(rig: Rig, follower: Follower, steps_per_beat: int) -> None:
    begin(rig, tempo=120.0, steps_per_beat=steps_per_beat)
    rig.run(4.0 + START_SECONDS - 0.001)
    assert follower.said == ["start"]
    first = 100.0 + START_SECONDS
    assert follower.ticks == pytest.approx([first + index * 0.5 / 24 for index in range(192)], abs=1e-9)


def test_a_tick_goes_out_before_the_note_it_falls_on(rig: Rig, follower: Follower) -> None:
    order: list[str] = []
    follower.realtime = lambda *message: order.append("tick" if message[0] == TICK else "start")  # type: ignore[method-assign]
    rig.port.note_on = lambda *_: order.append("note")  # type: ignore[method-assign]  # listens in
    begin(rig)
    rig.run(START_SECONDS)
    assert order == ["start", "tick", "note"]


def test_ticks_follow_the_tempo(rig: Rig, follower: Follower) -> None:
    begin(rig, tempo=120.0)
    rig.run(1.0)
    rig.player.handle(msg.SetTempo(60.0))
    rig.run(1.0)
    gaps = [b - a for a, b in zip(follower.ticks, follower.ticks[1:], strict=False)]
    assert gaps[:40] == pytest.approx([0.5 / 24] * 40)
    assert gaps[-20:] == pytest.approx([1.0 / 24] * 20)
    assert all(0 <= gap < 0.25 for gap in gaps), "the step in which it changed grows from its beginning"


def test_stop_and_going_on_keep_the_follower_where_the_music_is(rig: Rig, follower: Follower) -> None:
    begin(rig, tempo=150.0)
    rig.run(1.05)
    rig.player.handle(msg.StopClock())
    assert follower.said == ["start", "stop"]
    count = len(follower.ticks)
    rig.run(1.0)
    assert len(follower.ticks) == count, "no ticks while time stands still"
    begin(rig, step=32)
    rig.run(START_SECONDS)
    assert follower.said == ["start", "stop", "position", "continue"]
    assert follower.place == 32 * 6
    rig.run(0.5)
    assert follower.place == (32 + 5) * 6


def test_switched_on_in_the_middle_it_says_where(rig: Rig, follower: Follower) -> None:
    rig.player.handle(msg.SendClock(False))
    begin(rig)
    rig.run(0.77)
    assert follower.ticks == []
    rig.player.handle(msg.SendClock(True))
    rig.run(0.5)
    assert follower.said == ["position", "continue"]
    now = 100.0 + START_SECONDS + 0.1 * (follower.place or 0) / 6
    assert follower.ticks[-1] == pytest.approx(now)
    rig.player.handle(msg.SendClock(False))
    assert follower.said[-1] == "stop"


def test_a_port_that_comes_and_goes_is_told(rig: Rig, follower: Follower) -> None:
    begin(rig)
    rig.run(0.545)  # between two song positions
    late = Follower(rig)
    rig.player.clock_out.add(late)
    rig.run(0.5)
    assert late.said == ["position", "continue"]
    assert late.place == follower.place
    assert follower.said == ["start"], "who follows already is left alone"
    gaps = [b - a for a, b in zip(follower.ticks, follower.ticks[1:], strict=False)]
    assert gaps == pytest.approx([0.1 / 6] * len(gaps))
    rig.player.clock_out.remove(late)
    assert late.said[-1] == "stop"
    count = len(late.ticks)
    rig.run(0.5)
    assert len(late.ticks) == count


def test_after_a_long_sleep_it_says_where_instead_of_hurrying(rig: Rig, follower: Follower) -> None:
    begin(rig)
    rig.run(0.5)
    count = len(follower.ticks)
    rig.clock.sleep_until(rig.clock.now_seconds() + 10.0)
    rig.player.advance()
    assert len(follower.ticks) - count < 30
    rig.run(1.0)
    assert follower.said == ["start", "stop", "position", "continue"]
    step = rig.steps[-1]
    ticks_since = (follower.ticks[-1] - step.desired_seconds) / (0.1 / 6)
    assert follower.place == pytest.approx(step.step * 6 + round(ticks_since))


def test_song_positions_of_long_sessions_wrap(rig: Rig, follower: Follower) -> None:
    begin(rig, step=16_384 + 16)
    rig.run(START_SECONDS)
    assert follower.place == 16 * 6
