"""Moments at which engine, player and tape could come to think differently of how things stand."""

from __future__ import annotations

from dataclasses import replace

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.messages import PlannedFrame, PlayKey
from rnnrbm_live.core.pianoroll import Note, PianoRoll
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.planner import Planner, Section
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.engine.snapshot import PrimerState, Transport
from tests.engine import test_replay, test_session
from tests.engine.test_planner import SETTINGS, TIMELINE, model_section

FREE_TIME = replace(test_session.SETTINGS, click=False)
CLICK = replace(test_session.SETTINGS, click=True)


def playing(steps: int, settings: Settings = test_session.SETTINGS) -> test_session.Rig:
    rig = test_session.Rig(settings)
    rig.do(ask.Play())
    rig.until_step(steps)
    return rig


def let_time_pass(rig: test_session.Rig | test_replay.Rig, seconds: float) -> None:
    end = rig.link.clock.now_seconds() + seconds
    while rig.link.clock.now_seconds() < end:
        rig.session.work()
        for event in rig.link.poll(0.02):
            rig.session.event(event)


def test_a_section_begins_although_time_jumped_over_its_first_step() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(Section(0))
    planner.schedule(model_section(4))
    planner.confirm(0, planner.extend(SETTINGS)[1])
    assert planner.confirm(7, PlannedFrame()) == model_section(4)
    assert planner.confirm(8, PlannedFrame()) is None


def test_another_model_leaves_a_pause_a_pause() -> None:
    rig = playing(5)
    rig.do(ask.Pause(), ask.SelectModel("echo"))
    let_time_pass(rig, 1.0)
    assert (rig.now.transport, rig.now.running, rig.now.step) == (Transport.PAUSED, False, 5)
    rig.do(ask.Play())
    rig.until_step(18)
    model = [note for note in rig.now.recording.all_notes() if note.start_steps >= 16]
    assert model[0].pitch == 61, "the new model, from its initial state, from the next bar on"


def test_going_on_from_a_primer_that_was_paused_lets_time_run() -> None:
    rig = playing(3, CLICK)
    rig.do(ask.SetMode(Mode.PRIMER))
    rig.until_step(8)
    rig.do(PlayKey(60, 90))
    rig.until_step(10)
    rig.do(PlayKey(60, 0))
    rig.until_step(11)
    rig.do(ask.Pause(), ask.Continue())
    assert rig.now.transport is Transport.PLAYING
    rig.until_step(20)


def test_a_key_of_a_primer_that_is_let_go_during_a_pause_is_not_held_for_ever() -> None:
    rig = playing(3, CLICK)
    rig.do(ask.SetMode(Mode.PRIMER))
    rig.until_step(8)
    rig.do(PlayKey(60, 90))
    rig.until_step(10)
    rig.do(ask.Pause(), PlayKey(60, 0))
    let_time_pass(rig, 0.1)
    rig.do(ask.Play())
    rig.until(lambda snapshot: snapshot.primer is PrimerState.CONTINUED or snapshot.step > 99)
    assert rig.now.step < 30


def test_a_key_of_a_primer_that_a_dying_player_held_is_not_held_for_ever() -> None:
    rig = playing(3, CLICK)
    rig.do(ask.SetMode(Mode.PRIMER))
    rig.until_step(8)
    rig.do(PlayKey(60, 90))
    rig.until_step(10)
    rig.session.event(msg.PlayerRestarted("it died"))
    rig.until(lambda snapshot: snapshot.primer is PrimerState.CONTINUED or snapshot.step > 99)
    assert rig.now.step < 30


def test_keys_that_no_piano_has_are_no_primer() -> None:
    rig = playing(3, CLICK)
    rig.do(ask.SetMode(Mode.PRIMER))
    rig.until_step(8)
    rig.do(PlayKey(110, 90))
    rig.until_step(10)
    rig.do(PlayKey(110, 0))
    rig.until_step(40)
    assert rig.now.primer is PrimerState.WAITING
    [note] = rig.now.recording.all_notes()[-1:]
    assert (note.pitch, note.source) == (110, Source.PLAYER)


def test_a_step_that_sounded_before_a_stop_that_was_overtaken_is_written_down_once() -> None:
    rig = test_replay.Rig()
    rig.do(ask.Play())
    rig.on(9)
    rig.link.clock.sleep_until(rig.link.clock.now_seconds() + 0.13)
    rig.link.player.advance()  # one step more, of which the engine has not heard when it is told to pause
    rig.do(ask.Pause(), ask.Play())
    rig.on(9)
    steps = [record.step for record in rig.written if isinstance(record, jot.StepHeard)]
    assert steps == [*range(len(steps))]
    assert regenerate(rig.written, test_replay.load).identical


def test_a_jump_that_a_stop_came_before_never_was() -> None:
    rig = test_replay.Rig()
    rig.do(ask.Play())
    rig.on(20)
    rig.do(ask.ContinueFrom(16), ask.Stop())
    rig.do(ask.Play())
    rig.on(30)
    snapshot = rig.session.snapshot
    assert (snapshot.shift, len(snapshot.roads)) == (snapshot.tape.roads.shift, 1)
    assert regenerate(rig.written, test_replay.load).identical


def test_a_primer_from_a_file_in_place_of_a_jump_is_heard_where_it_is_played() -> None:
    rig = test_replay.Rig()
    rig.do(ask.Play())
    rig.on(35)
    rig.do(ask.ContinueFrom(16))
    rig.do(ask.UsePrimer(PianoRoll.from_notes([Note(0, 4, 60)], 4), "one.mid"))
    rig.on(40)
    assert rig.session.snapshot.shift == rig.session.snapshot.tape.roads.shift == 0
    assert regenerate(rig.written, test_replay.load).identical


def test_a_take_after_a_primer_in_free_time_begins_after_it() -> None:
    for after in (ask.SetMode(Mode.FREE), ask.Stop(), ask.Pause()):
        rig = test_session.Rig(FREE_TIME)
        rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
        test_session.play_primer(rig, [(0.0, 0.9, 60), (1.0, 1.9, 62)], 120.0)
        rig.do(after)
        if after != ask.SetMode(Mode.FREE):
            rig.do(ask.SetMode(Mode.FREE), ask.Play())
        rig.until_step(20)
        notes = rig.now.recording.all_notes()
        primer = [note for note in notes if note.source is Source.PRIMER]
        model = [note for note in notes if note.source is Source.MODEL]
        assert [note.pitch for note in primer] == [60, 62]
        assert model[0].start_steps >= primer[-1].end_steps


def test_a_region_that_cannot_be_looped_leaves_the_loop_there_is() -> None:
    rig = playing(40)
    rig.do(ask.Loop((0, 16)), ask.Loop((800, 816)))
    assert rig.now.loop == (0, 16)
    assert rig.now.notice is not None
    assert "not been played yet" in rig.now.notice.text


def test_turns_in_which_nobody_plays_any_more_can_be_left() -> None:
    rig = test_replay.Rig()
    rig.do(ask.Adjust("most_notes", 1), ask.Adjust("high_pitch", 21), ask.Adjust("muted", (21,)))  # silent answers
    rig.do(ask.SetMode(Mode.TURNS), ask.Adjust("turn_bars", 1), ask.Play())
    rig.on(3)
    rig.do(PlayKey(60, 90))
    rig.on(3)
    rig.do(PlayKey(60, 0))
    rig.on(16 * 30)
    rig.do(ask.SetMode(Mode.FREE), ask.Adjust("muted", ()), ask.Adjust("high_pitch", 108))
    rig.on(40)
    assert rig.session.snapshot.recording.end_steps > 16 * 30
    assert regenerate(rig.written, test_replay.load).identical


def test_keys_of_a_session_that_is_over_are_not_awaited_in_the_next() -> None:
    rig = test_replay.Rig()
    rig.do(ask.SetMode(Mode.DUET), ask.Play())
    rig.on(20)
    rig.link.player.key(60, 90, rig.link.clock.now_seconds())
    rig.link.player.key(60, 0, rig.link.clock.now_seconds())
    rig.do(ask.NewSession())
    rig.on(0)
    let_time_pass(rig, 0.1)
    rig.do(ask.Play())
    rig.on(40)
    begun = max(index for index, record in enumerate(rig.written) if isinstance(record, jot.Begun))
    steps = [record for record in rig.written[begun:] if isinstance(record, jot.StepHeard)]
    assert len(steps) > 30
    assert not any(step.keys.held for step in steps)


def test_what_is_played_while_time_stands_still_is_not_kept_in_mind_for_ever() -> None:
    rig = test_session.Rig()
    for _ in range(100):
        rig.do(PlayKey(60, 90), PlayKey(60, 0))
    let_time_pass(rig, 0.1)
    assert len(rig.session._music.conductor.held._presses) < 3


def test_the_name_of_a_primer_can_be_written_down_whatever_bytes_it_has() -> None:
    rig = test_session.Rig()
    rig.do(ask.UsePrimer(PianoRoll.from_notes([Note(0, 4, 60)], 4), "Pr\udce9lude.mid"))
    rig.until_step(8)
    assert [marker.text for marker in rig.now.recording.markers] == ["Primer: Pr?lude.mid", "Model took over"]
