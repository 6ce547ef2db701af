"""The player on a clock that is moved by hand: deadlines, freezing, dry plans, thru, and no hung note."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import ManualClock
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.player.player import FREEZE_SECONDS, START_SECONDS, Player
from tests.player.recorder import RecordingSink


class Rig:
    """A player with a plain sink, a scheduling one, and what it reports."""

    def __init__(self) -> None:
        self.clock = ManualClock(100.0)
        self.events: list[msg.PlayerEvent] = []
        self.player = Player(clock=self.clock, emit=self.events.append)
        self.port, self.piano = RecordingSink(), RecordingSink()
        self.player.add_sink(self.port)
        self.player.add_sink(self.piano, schedules=True)
        self.clicks: list[tuple[bool, float]] = []
        self.player.set_click_sound(lambda accented, due: self.clicks.append((accented, due)))

    def run(self, seconds: float) -> None:
        """Let time run, doing everything exactly when it is due."""
        end = self.clock.now_seconds() + seconds
        while (due := self.player.next_due_seconds()) is not None and due <= end:
            self.clock.sleep_until(due)
            self.player.advance()
        self.clock.sleep_until(end)

    @property
    def steps(self) -> list[msg.StepPlayed]:
        return [event for event in self.events if isinstance(event, msg.StepPlayed)]


def planned(sounding: str, onsets: str | None = None, source: Source = Source.MODEL) -> msg.PlannedFrame:
    struck = frozenset(map(int, (sounding if onsets is None else onsets).split()))
    return msg.PlannedFrame(
        Frame(frozenset(map(int, sounding.split())), struck), tuple((p, 70) for p in sorted(struck)), source
    )


def start(rig: Rig, *frames: msg.PlannedFrame, tempo: float = 150.0) -> None:
    """Play frames from step 0 on; at 150 BPM a 16th lasts 0.1 s."""
    rig.player.handle(msg.SetPlan(1, 0, frames))
    rig.player.handle(msg.StartClock(0, tempo, 4))


def test_deadlines_are_absolute() -> None:
    rig = Rig()
    start(rig, *[planned("60")] * 100)
    rig.run(9.0)
    first = 100.0 + START_SECONDS
    assert [step.desired_seconds for step in rig.steps] == pytest.approx([first + 0.1 * i for i in range(90)], abs=1e-9)
    assert all(step.actual_seconds >= step.desired_seconds for step in rig.steps)


def test_a_late_turn_does_not_move_the_grid() -> None:
    rig = Rig()
    start(rig, *[planned("60")] * 20)
    rig.run(0.35)
    rig.clock.sleep_until(rig.clock.now_seconds() + 0.17)  # nobody called for 170 ms
    rig.player.advance()
    rig.run(0.5)
    gaps = [b.desired_seconds - a.desired_seconds for a, b in zip(rig.steps, rig.steps[1:], strict=False)]
    assert gaps == pytest.approx([0.1] * len(gaps))
    assert [step.step for step in rig.steps] == list(range(len(rig.steps)))


def test_after_a_long_sleep_time_jumps_instead_of_hurrying() -> None:
    rig = Rig()
    start(rig, *[planned("60")] * 200)
    rig.run(0.25)
    rig.clock.sleep_until(rig.clock.now_seconds() + 10.0)
    rig.player.advance()
    assert len(rig.steps) <= 4
    rig.run(0.3)
    assert rig.steps[-1].step > 100
    assert rig.steps[-1].desired_seconds == pytest.approx(rig.steps[0].desired_seconds + 0.1 * rig.steps[-1].step)


def test_releases_come_before_strikes_and_held_notes_are_left_alone() -> None:
    rig = Rig()
    start(rig, planned("60 64"), planned("60 64 67", "64 67"), planned("67", ""))
    rig.run(0.25)
    assert rig.port.brief == [
        *[("on", 0, 60), ("on", 0, 64)],
        *[("off", 0, 64), ("on", 0, 64), ("on", 0, 67)],
        *[("off", 0, 60), ("off", 0, 64)],
    ]


def test_a_scheduling_sink_is_told_before_the_deadline() -> None:
    rig = Rig()
    start(rig, planned("60"))
    rig.run(START_SECONDS - FREEZE_SECONDS)
    assert rig.port.messages == []
    assert rig.piano.messages == [("on", 0, 60, 70, 100.0 + START_SECONDS)]


def test_a_frozen_step_is_not_replaced_and_the_next_one_is() -> None:
    rig = Rig()
    start(rig, *[planned("60")] * 4)
    rig.run(START_SECONDS + 0.1 - FREEZE_SECONDS / 2)  # step 1 is frozen
    rig.player.handle(msg.SetPlan(2, 1, (planned("72"), planned("74"))))
    rig.run(0.15)
    assert [step.planned.frame.sounding for step in rig.steps] == [{60}, {60}, {74}]
    assert [step.revision for step in rig.steps] == [1, 1, 2]


def test_a_dry_plan_holds_for_a_beat_and_then_rests() -> None:
    rig = Rig()
    start(rig, planned("60"))
    rig.run(0.8)
    assert [step.planned.frame.sounding for step in rig.steps] == [{60}, {60}, {60}, {60}, {60}, *[set()] * 3]
    assert [step.revision for step in rig.steps] == [1, *[-1] * 7]
    assert rig.port.brief == [("on", 0, 60), ("off", 0, 60)]


def test_a_tempo_change_moves_the_next_deadline() -> None:
    rig = Rig()
    start(rig, *[planned("60")] * 10)
    rig.run(START_SECONDS + 0.01)
    rig.player.handle(msg.SetTempo(75.0))
    rig.run(0.5)
    gaps = [b.desired_seconds - a.desired_seconds for a, b in zip(rig.steps, rig.steps[1:], strict=False)]
    assert gaps == pytest.approx([0.2] * len(gaps))
    assert [step.tempo_bpm for step in rig.steps] == [150.0, 75.0, 75.0]


def test_a_primers_voice_plays_on_the_players_channel() -> None:
    rig = Rig()
    start(rig, planned("60", source=Source.PRIMER), planned("60 64"))
    rig.run(0.15)
    assert rig.port.brief == [("on", 1, 60), ("off", 1, 60), ("on", 0, 60), ("on", 0, 64)]


def test_keys_sound_at_once_and_know_their_step() -> None:
    rig = Rig()
    start(rig, *[planned("")] * 10)
    rig.run(START_SECONDS + 0.13)
    rig.player.key(60, 90, rig.clock.now_seconds())
    rig.run(0.07 - FREEZE_SECONDS / 2)
    rig.player.key(60, 0, rig.clock.now_seconds())
    pressed, released = (event for event in rig.events if isinstance(event, msg.KeyPlayed))
    assert rig.port.messages[0] == ("on", 1, 60, 90, pressed.seconds)
    assert (pressed.position_steps, pressed.step) == (pytest.approx(1.3), 2)
    assert (released.position_steps, released.step) == (pytest.approx(1.98, abs=0.001), 3)  # step 2 was frozen
    assert rig.port.sounding == set()


def test_keys_sound_while_time_stands_still() -> None:
    rig = Rig()
    rig.player.handle(msg.PlayKey(60, 90))
    [event] = rig.events
    assert event == msg.KeyPlayed(60, 90, 100.0)
    rig.player.handle(msg.PlayKey(61, 0))  # never pressed
    assert rig.port.brief == [("on", 1, 60)]


def test_stop_ends_the_plans_notes_and_keeps_the_keys() -> None:
    rig = Rig()
    start(rig, *[planned("60", "60" if step == 0 else "") for step in range(9)])
    rig.player.handle(msg.PlayKey(72, 90))
    rig.run(START_SECONDS + 0.25)
    rig.player.handle(msg.StopClock())
    assert rig.port.sounding == rig.piano.sounding == {(1, 72)}
    assert rig.events[-1] == msg.ClockStopped(3, pytest.approx(2.5))
    assert rig.player.next_due_seconds() is None


def test_panic_ends_everything_and_music_goes_on() -> None:
    rig = Rig()
    start(rig, planned("60 64"), planned("60 64", "64"), planned("60 64", ""))
    rig.player.handle(msg.PlayKey(72, 90))
    rig.run(START_SECONDS + 0.01)
    rig.player.handle(msg.Panic())
    assert rig.port.sounding == rig.piano.sounding == set()
    assert rig.port.messages[-1][0] == "silence"
    rig.run(0.15)
    assert [step.planned.frame.sounding for step in rig.steps] == [{60, 64}, {64}]  # 60 was not struck again
    assert rig.port.sounding == {(0, 64)}


def test_a_note_held_by_plan_and_key_ends_with_the_last() -> None:
    rig = Rig()
    start(rig, planned("60", source=Source.PRIMER), planned("", source=Source.PRIMER))
    rig.run(START_SECONDS + 0.01)
    rig.player.handle(msg.PlayKey(60, 90))
    rig.run(0.15)
    assert rig.port.sounding == {(1, 60)}
    rig.player.handle(msg.PlayKey(60, 0))
    assert rig.port.sounding == set()


def test_the_click_marks_beats_and_bars() -> None:
    rig = Rig()
    rig.player.handle(msg.SetClick(True, beat_steps=2, bar_steps=6, downbeat_step=2))
    start(rig, *[planned("")] * 10)
    rig.run(START_SECONDS + 0.95)
    assert [accented for accented, _ in rig.clicks] == [False, True, False, False, True]
    assert rig.clicks[1][1] == pytest.approx(100.0 + START_SECONDS + 0.2)


commands = st.one_of(
    st.builds(
        lambda first, rows: msg.SetPlan(0, first, tuple(rows)),
        st.integers(0, 30),
        st.lists(
            st.builds(
                lambda sounding, onsets, source: msg.PlannedFrame(
                    Frame(sounding, onsets & sounding), tuple((p, 60) for p in sorted(onsets & sounding)), source
                ),
                st.frozensets(st.integers(60, 65), max_size=4),
                st.frozensets(st.integers(60, 65), max_size=4),
                st.sampled_from([Source.MODEL, Source.PRIMER]),
            ),
            max_size=6,
        ),
    ),
    st.builds(msg.StartClock, st.integers(0, 30), st.sampled_from([100.0, 150.0]), st.just(4)),
    st.just(msg.StopClock()),
    st.builds(msg.SetTempo, st.sampled_from([60.0, 200.0])),
    st.builds(msg.PlayKey, st.integers(60, 65), st.sampled_from([0, 0, 90])),
    st.just(msg.Panic()),
    st.floats(0.0, 0.4),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(commands, max_size=30), st.sampled_from([msg.Panic(), None]))
def test_no_note_is_ever_left_hanging(moves: list[msg.PlayerCommand | float], last: msg.Panic | None) -> None:
    """Whatever happens, sinks see matched notes (they check), agree with one another, and fall silent at the end."""
    rig = Rig()
    for move in moves:
        if isinstance(move, float):
            rig.run(move)
        else:
            rig.player.handle(move)
    if last is not None:
        rig.player.handle(last)
        assert rig.port.sounding == rig.piano.sounding == set()
    rig.player.handle(msg.StopClock())
    rig.player.release_keys()
    assert rig.port.sounding == rig.piano.sounding == set()


def test_what_may_block_is_done_just_after_a_step() -> None:
    rig = Rig()
    assert rig.player.at_leisure, "time stands still"
    rig.player.handle(msg.StartClock(0, 120.0, 4))  # steps of 125 ms
    assert not rig.player.at_leisure
    rig.run(START_SECONDS + 0.001)
    assert rig.player.at_leisure
    rig.run(0.1)
    assert not rig.player.at_leisure
