"""Going back: another road from any moment, old roads heard again, regions looped; offline, with small real models."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.clamps import NO_KEYS, Keys
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import Note, PianoRoll
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.history import History
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from tests.engine.test_duet import press
from tests.engine.test_replay import Rig, load

BAR = 16


@pytest.fixture(autouse=True)
def _states_kept_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every four bars, so that short music has several."""
    monkeypatch.setattr("rnnrbm_live.engine.history.KEPT_EVERY", 4 * BAR)
    monkeypatch.setattr("rnnrbm_live.engine.history.BLOCK_ROWS", BAR)


def now(rig: Rig) -> Snapshot:
    return rig.session.snapshot


def on(rig: Rig, steps: int) -> None:
    """Let so many steps sound, whatever road they are on."""
    until_tape(rig, now(rig).step + now(rig).shift + steps)


def until_tape(rig: Rig, step: int) -> None:
    rig.until(lambda snapshot: snapshot.step + snapshot.shift >= step)


def playing(steps: int, *before: ask.Command) -> Rig:
    rig = Rig()
    rig.do(ask.Adjust("gibbs_steps", 5), *before, ask.Play())
    until_tape(rig, steps - 1)
    return rig


def sections(rig: Rig) -> list[jot.SectionBegun]:
    return [record for record in rig.written if isinstance(record, jot.SectionBegun)]


def steps(rig: Rig) -> dict[int, jot.StepHeard]:
    return {record.step: record for record in rig.written if isinstance(record, jot.StepHeard)}


def road_notes(rig: Rig, number: int) -> list[Note]:
    return now(rig).tape.on_road(number).all_notes()


def said(rig: Rig) -> str:
    notice = now(rig).notice
    return notice.text if notice else ""


def verify(rig: Rig) -> None:
    found = regenerate(rig.written, load)
    assert found.drawn > 30
    assert found.identical, found.differing


def frames_of(rig: Rig, number: int, first: int, end: int) -> list[Frame]:
    """Return what sounded on a road, from the tape's own records."""
    road, heard = now(rig).roads[number], steps(rig)
    return [heard[road.step_at(position)].planned.frame for position in range(first, end)]


def test_the_music_goes_on_from_the_bar_with_another_take_on_the_next_bar() -> None:
    rig = playing(5 * BAR + 6)
    rig.do(ask.ContinueFrom(2 * BAR))
    assert said(rig) == "From bar 3: a new road, B"
    until_tape(rig, 9 * BAR)
    begun = sections(rig)[-1]
    assert (begun.step, begun.resumes, begun.take, begun.remembers) == (6 * BAR, 2 * BAR, 2, True)
    first, second = now(rig).roads
    assert [(span.first, span.end, span.position) for span in first.spans] == [(0, 6 * BAR, 0)]
    assert [(span.first, span.end, span.position) for span in second.spans] == [
        (0, 2 * BAR, 0),
        (6 * BAR, None, 2 * BAR),
    ]
    assert (second.parent, second.left_at, now(rig).road) == (0, 2 * BAR, 1)
    assert now(rig).step == 9 * BAR - 4 * BAR
    before = [replace(n, end_steps=min(n.end_steps, 2 * BAR)) for n in road_notes(rig, 0) if n.start_steps < 2 * BAR]
    assert before == [note for note in road_notes(rig, 1) if note.start_steps < 2 * BAR], "cut where it was left"
    assert frames_of(rig, 0, 2 * BAR, 5 * BAR) != frames_of(rig, 1, 2 * BAR, 5 * BAR)
    assert frames_of(rig, 1, 2 * BAR, 2 * BAR + 1)[0].onsets == frames_of(rig, 1, 2 * BAR, 2 * BAR + 1)[0].sounding
    verify(rig)


@pytest.mark.parametrize("position", [0, 1, 63, 64, 65, 100, 130])
def test_the_state_is_the_one_that_a_fresh_computation_finds(position: int) -> None:
    rig = playing(140)
    stepper = load("first")
    begun = sections(rig)[0]
    timeline = now(rig).timeline
    state = stepper.begin(timeline, 0, seed=begun.seed, take=begun.take)
    for step in range(position):
        state = stepper.listen(state, steps(rig)[step].planned.frame, timeline, step + 1)
    rig.do(ask.ContinueFrom(position))
    section = rig.session._music.conductor.planner.coming
    assert section is not None
    assert section.state is not None
    assert (section.first_step - position) % BAR == 0
    assert np.array_equal(section.state.u, state.u)
    assert section.state.u.dtype == state.u.dtype
    assert (section.state.previous, section.state.semitones) == (state.previous, state.semitones)
    assert section.state.notes == state.notes


def test_the_same_seed_and_take_play_the_same_and_another_seed_does_not() -> None:
    def second_road(*settings: ask.Command) -> list[Frame]:
        rig = playing(4 * BAR)
        rig.do(*settings, ask.ContinueFrom(BAR))
        until_tape(rig, 8 * BAR)
        verify(rig)
        return frames_of(rig, 1, BAR, 4 * BAR)

    assert second_road() == second_road()
    assert second_road() != second_road(ask.Adjust("seed", 99))
    assert second_road() != second_road(ask.Adjust("temperature", 1.4))


def test_while_time_stands_still_it_goes_on_at_once() -> None:
    for still in (ask.Pause(), ask.Stop()):
        rig = playing(3 * BAR + 5)
        rig.do(still)
        rig.until(lambda snapshot: not snapshot.recording.playing())
        before = rig.link.clock.now_seconds()
        rig.do(ask.ContinueFrom(BAR + 3))
        assert now(rig).transport is Transport.PLAYING
        rig.until(lambda snapshot: snapshot.road == 1)
        assert rig.link.clock.now_seconds() - before < 0.2
        assert now(rig).step == BAR + 3
        assert road_notes(rig, 0)[-1].end_steps <= 3 * BAR + 6
        on(rig, 20)
        verify(rig)


def test_in_a_duet_what_the_player_held_is_part_of_the_state() -> None:
    rig = playing(4, ask.SetMode(Mode.DUET))
    for pitch, velocity, wait in ((60, 80, 0.3), (64, 70, 1.0), (60, 0, 2.0), (67, 90, 1.5), (64, 0, 1.0), (67, 0, 2)):
        press(rig, pitch, velocity, wait)
    until_tape(rig, 6 * BAR)
    timeline, stepper = now(rig).timeline, load("first")
    state = stepper.begin(timeline, 0, seed=5, take=1)
    for step in range(3 * BAR):  # no state is kept there
        heard = steps(rig)[step]
        state = stepper.listen(state, heard.planned.frame, timeline, step + 1, heard.keys)
    rig.do(ask.ContinueFrom(3 * BAR))
    section = rig.session._music.conductor.planner.coming
    assert section is not None
    assert section.state is not None
    assert section.state.melody is not None
    assert np.array_equal(section.state.melody, state.melody)
    assert np.array_equal(section.state.u, state.u)
    on(rig, 2 * BAR)
    press(rig, 62, 80, 0.4)
    on(rig, BAR)
    verify(rig)


def test_a_primer_is_answered_otherwise_from_where_the_model_took_over() -> None:
    rig = Rig()
    roll = PianoRoll.from_notes([Note(step, step + 2, 60 + step % 7) for step in range(0, 32, 2)], 4, n_steps=32)
    rig.do(ask.UsePrimer(roll, "tune.mid"))
    until_tape(rig, 5 * BAR)
    rig.do(ask.ContinueFrom(2 * BAR))
    until_tape(rig, 8 * BAR)
    assert sections(rig)[-1].remembers
    assert frames_of(rig, 0, 2 * BAR, 4 * BAR) != frames_of(rig, 1, 2 * BAR, 4 * BAR)
    # Within the primer no model has a memory: it hears the bars before.
    rig.do(ask.ContinueFrom(BAR))
    until_tape(rig, 11 * BAR)
    begun = sections(rig)[-1]
    assert not begun.remembers
    assert len(begun.heard) == BAR
    # And where nothing came before, it begins from nothing.
    rig.do(ask.ContinueFrom(0))
    until_tape(rig, 14 * BAR)
    begun = sections(rig)[-1]
    assert (begun.remembers, begun.heard, now(rig).roads[3].left_at) == (False, (), 0)
    verify(rig)


def test_another_model_hears_the_bars_before() -> None:
    rig = playing(3 * BAR)
    rig.do(ask.SelectModel("second"))
    on(rig, BAR)
    rig.do(ask.ContinueFrom(2 * BAR))
    on(rig, 3 * BAR)
    begun = sections(rig)[-1]
    assert (begun.model, begun.remembers, len(begun.heard) > BAR) == ("second", False, True)
    verify(rig)


def test_what_has_not_been_played_is_said_plainly() -> None:
    rig = Rig()
    rig.do(ask.ContinueFrom(0))
    assert said(rig).startswith("nothing has been played yet")
    rig.do(ask.Play())
    until_tape(rig, 2 * BAR)
    rig.do(ask.ContinueFrom(5 * BAR))
    assert said(rig) == "bar 6 has not been played yet: choose a moment from bar 1 to bar 3"
    rig.do(ask.HearRoad(3))
    assert "no road number 4" in said(rig)
    rig.do(ask.Loop((100, 120)))
    assert "has not been played" in said(rig)
    rig.do(ask.NameRoad(0, " "))
    assert "needs a name" in said(rig)
    assert len(now(rig).roads) == 1


def test_going_back_bar_by_bar() -> None:
    rig = playing(6 * BAR + 5)
    rig.do(ask.GoBack(1))
    assert said(rig) == "From bar 7: a new road, B"
    rig.do(ask.GoBack(1))
    assert said(rig) == "From bar 6: a new road, B"
    rig.do(ask.GoBack(4))
    assert said(rig) == "From bar 2: a new road, B"
    until_tape(rig, 8 * BAR)
    assert [road.left_at for road in now(rig).roads] == [0, BAR]
    rig.do(ask.GoBack(4))
    on(rig, 2 * BAR)
    assert now(rig).roads[2].left_at == 0


def two_roads() -> Rig:
    """A: bars 1 to 6; B: from bar 3 on, now in bar 5."""
    rig = playing(5 * BAR + 6)
    rig.do(ask.ContinueFrom(2 * BAR))
    until_tape(rig, 8 * BAR + 8)
    assert (now(rig).road, now(rig).step) == (1, 4 * BAR + 8)
    return rig


def test_the_other_road_is_heard_at_the_same_bar_and_goes_on_beyond_its_end() -> None:
    rig = two_roads()
    before = road_notes(rig, 0)
    rig.do(ask.HearRoad(0))
    assert said(rig) == "You hear A from bar 5"
    begun, timeline, stepper = sections(rig)[0], now(rig).timeline, load("first")
    state = stepper.begin(timeline, 0, seed=begun.seed, take=begun.take)
    for step, frame in enumerate(frames_of(rig, 0, 0, 6 * BAR)):
        state = stepper.listen(state, frame, timeline, step + 1)
    beyond = rig.session._music.conductor.planner.section_at(11 * BAR).state
    assert beyond is not None
    assert np.array_equal(beyond.u, state.u), "that after the road's last step"
    until_tape(rig, 9 * BAR)
    assert (now(rig).road, now(rig).step) == (0, 4 * BAR)
    until_tape(rig, 11 * BAR - 1)
    again = [steps(rig)[9 * BAR + step].planned for step in range(2 * BAR)]
    first = [steps(rig)[4 * BAR + step].planned for step in range(2 * BAR)]
    assert [planned.frame.sounding for planned in again] == [planned.frame.sounding for planned in first]
    assert [planned.frame.onsets for planned in again[1:]] == [planned.frame.onsets for planned in first[1:]]
    assert [planned.velocities for planned in again[1:]] == [planned.velocities for planned in first[1:]]
    assert {planned.source for planned in again} == {Source.MODEL}
    assert road_notes(rig, 0) == before, "what is heard again is on the tape, not twice on the road"
    assert now(rig).tape.on_road(1).end_steps == 5 * BAR
    until_tape(rig, 13 * BAR)
    road = now(rig).roads[0]
    assert [(span.first, span.end, span.position) for span in road.spans] == [
        (0, 6 * BAR, 0),
        (11 * BAR, None, 6 * BAR),
    ]
    assert now(rig).recording.end_steps == 8 * BAR + 1
    assert len(now(rig).roads) == 2
    begun = sections(rig)[-1]
    assert (begun.road, begun.remembers, begun.position) == (0, True, 6 * BAR)
    rig.do(ask.HearRoad(1))
    until_tape(rig, 16 * BAR)
    assert now(rig).road == 1
    verify(rig)


def test_at_a_jump_all_that_sounds_is_struck_anew() -> None:
    """What sounded before it belongs to another moment, also where the same key goes on."""
    rig = playing(3 * BAR, ask.Adjust("density", 2.0))
    went_on = 0
    for position in (BAR, 2 * BAR, BAR):
        rig.do(ask.ContinueFrom(position))
        on(rig, 2 * BAR)
        tape, jump = steps(rig), sections(rig)[-1].step
        first = tape[jump].planned.frame
        assert first.onsets == first.sounding
        went_on += len(first.sounding & tape[jump - 1].planned.frame.sounding)
    assert went_on, "nothing could have gone on"


def test_a_road_that_ended_before_is_heard_from_its_last_bar() -> None:
    rig = two_roads()
    until_tape(rig, 14 * BAR)
    rig.do(ask.HearRoad(0))
    assert said(rig) == "You hear A from bar 6"


def test_something_new_while_an_old_road_is_heard_leaves_it_there() -> None:
    rig = two_roads()
    rig.do(ask.HearRoad(0, 0))
    until_tape(rig, 10 * BAR)
    rig.do(ask.Stop())
    rig.until(lambda snapshot: not snapshot.recording.playing())
    rig.do(ask.Play())
    until_tape(rig, 13 * BAR)
    assert [road.left_at for road in now(rig).roads] == [0, 2 * BAR, 2 * BAR]
    assert [road.name for road in now(rig).roads] == ["A", "B", "C"]
    verify(rig)


def test_each_road_has_a_name_of_its_own() -> None:
    rig = playing(3 * BAR)
    rig.do(ask.ContinueFrom(BAR), ask.NameRoad(1, "Chorus"))
    on(rig, 2 * BAR)
    rig.do(ask.NameRoad(1, "Chorus"), ask.NameRoad(0, " Chorus "))
    assert "Chorus" in said(rig)
    assert [road.name for road in now(rig).roads] == ["A", "Chorus"]


def test_the_road_that_grows_is_heard_again_only_while_time_stands_still() -> None:
    rig = playing(3 * BAR)
    rig.do(ask.HearRoad(0, 0))
    assert said(rig).startswith("A is what you hear: pause")
    rig.do(ask.Pause(), ask.HearRoad(0, 0))
    rig.until(lambda snapshot: snapshot.shift > 0)
    on(rig, 4 * BAR)
    assert len(now(rig).roads) == 1
    verify(rig)


def test_a_new_take_goes_on_with_the_road() -> None:
    rig = two_roads()
    rig.do(ask.Stop())
    rig.until(lambda snapshot: not snapshot.recording.playing())
    rig.do(ask.Play())
    on(rig, 2 * BAR)
    assert (len(now(rig).roads), now(rig).road) == (2, 1)
    assert now(rig).recording.markers[-1].text == "Take 3"
    # A moment in the silence between is the take's first.
    rig.do(ask.ContinueFrom(int(now(rig).recording.markers[-1].step) - 4))
    on(rig, 2 * BAR)
    assert now(rig).roads[2].left_at == now(rig).tape.on_road(1).markers[-1].step
    verify(rig)


def test_a_loop_is_another_road_each_time_round_until_it_is_lifted() -> None:
    rig = playing(4 * BAR + 5)
    rig.do(ask.Loop((2 * BAR + 3, 4 * BAR - 2)))  # bars 3 and 4 are touched
    assert said(rig) == "Again and again, differently: bar 3 to 4"
    until_tape(rig, 11 * BAR + 2)
    assert [road.name for road in now(rig).roads] == ["A", "Round 2", "Round 3", "Round 4", "Round 5"]
    assert [road.parent for road in now(rig).roads[1:]] == [0] * 4
    begun = [section.step for section in sections(rig)[1:]]
    assert begun == [5 * BAR, 7 * BAR, 9 * BAR, 11 * BAR], "no beat is missed between the rounds"
    rounds = [frames_of(rig, number, 2 * BAR, 4 * BAR) for number in range(1, 4)]
    assert all(first != second for first, second in itertools.combinations(rounds, 2))
    assert now(rig).loop == (2 * BAR, 4 * BAR)
    rig.do(ask.Loop(None))
    until_tape(rig, 15 * BAR)
    assert (len(now(rig).roads), now(rig).loop) == (5, None)
    assert now(rig).timing.steps_dry == 0
    verify(rig)


def test_a_loop_around_what_plays_now_lets_it_play_to_the_end_first() -> None:
    rig = playing(4 * BAR + 5)
    rig.do(ask.Loop((3 * BAR, 6 * BAR)))
    until_tape(rig, 7 * BAR)
    assert [section.step for section in sections(rig)] == [0, 6 * BAR]
    rig.do(ask.Stop())
    assert now(rig).loop is None


def test_all_of_it_is_in_the_records() -> None:
    rig = two_roads()
    rig.do(ask.NameRoad(1, "Brighter"), ask.HearRoad(0))
    until_tape(rig, 10 * BAR)
    recording = Recording(now(rig).timeline)
    for record in rig.written:
        recording.apply(record)
    assert recording.roads.all == now(rig).roads
    assert (recording.roads.heard, recording.roads.shift) == (now(rig).road, now(rig).shift)
    assert [marker.text for marker in recording.on_road(1).markers] == ["Brighter"]
    assert recording.on_road(1).markers[0].step == 2 * BAR


def test_a_session_that_is_taken_up_can_go_back_too() -> None:
    first = two_roads()
    first.do(ask.Stop())
    recording = Recording(now(first).timeline)
    for record in first.written:
        recording.apply(record)
    rig = Rig()
    rig.written[:] = first.written
    end = now(first).step + now(first).shift + 1
    rig.do(ask.TakeUpSession(recording, "first", end, 2, lambda _tell: rig.written))
    assert (now(rig).road, len(now(rig).roads)) == (1, 2)
    rig.do(ask.ContinueFrom(3 * BAR))
    rig.until(lambda snapshot: snapshot.road == 2)
    on(rig, 2 * BAR)
    begun = sections(rig)[-1]
    assert not begun.remembers, "its memory ended with the program; it hears the bars before"
    assert len(begun.heard) > BAR
    assert now(rig).roads[2].left_at == 3 * BAR
    rig.do(ask.HearRoad(0))
    on(rig, 5 * BAR)
    verify(rig)


def test_history_skips_a_silence_and_forgets_what_is_played_over() -> None:
    stepper, timeline = load("first"), Timeline(4)
    frames = [Frame(frozenset({60 + step % 7}), frozenset({60 + step % 7})) for step in range(80)]
    begin = stepper.begin(timeline, 0, seed=1, take=1)
    history, states = History(), [begin]
    history.begin(0, stepper, begin, timeline)
    for step, frame in enumerate(frames):
        if step == 63:  # time stood still before a state would have been kept
            states.append(states[-1])
            continue
        states.append(stepper.listen(states[-1], frame, timeline, step + 1))
        history.add(step, frame, NO_KEYS, states[-1])
    for step in (63, 64, 65, 80):
        found = history.before(step)
        assert found is not None
        assert np.array_equal(found[1].u, states[step].u), step
    assert history.heard_at_or_after(63) == 64
    for taken_back in (70, 20):  # in the block before the last, and in one long packed
        history.add(taken_back, frames[0], NO_KEYS, None)
        assert history.heard_at_or_after(taken_back + 1) is None
        after = history.after(taken_back)
        assert after is not None
        assert np.array_equal(after[1].u, stepper.listen(states[taken_back], frames[0], timeline, taken_back + 1).u)
    history.add(60, frames[0], NO_KEYS, None)  # time jumped, over more than a block
    assert history.heard_at_or_after(21) == 60
    assert history.heard_at_or_after(61) is None


def test_history_costs_at_most_twenty_five_bytes_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    import tracemalloc

    from rnnrbm_live.model.live import State

    random = np.random.default_rng(0)

    def state() -> State:
        return State(random.integers(-(2**20), 2**20, 256) / 2**20, Frame(), 0, 1.0, np.zeros(12))

    def voices() -> frozenset[int]:
        return frozenset(random.choice(range(40, 80), 4).tolist())

    frames = [Frame(chord, chord) for chord in (voices() for _ in range(6400))]
    keys = Keys(frozenset({72}), frozenset({72}), 80)
    tracemalloc.start()
    history = History()
    before = tracemalloc.get_traced_memory()[0]
    for step, frame in enumerate(frames):
        history.add(step, frame, keys, state())
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / 6400 <= 25
