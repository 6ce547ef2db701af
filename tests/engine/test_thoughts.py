"""What the model thought: of the frame that sounded, replaced when the plan is, and never more than can be shown."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.frame import REST, Frame, frame_to_bits
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.duet import together
from rnnrbm_live.engine.planner import Planner
from rnnrbm_live.engine.thoughts import (
    KEPT_STEPS,
    LEAST_PROBABILITY,
    HeardStep,
    Thought,
    Thoughts,
    in_254ths,
    in_255ths,
    surprise_bits,
)
from rnnrbm_live.model.live import NoiseKey
from rnnrbm_live.player.player import FREEZE_SECONDS
from tests.engine.test_duet import heard, press
from tests.engine.test_replay import Rig, load


def watched() -> Rig:
    rig = Rig()
    rig.session._watched = True
    rig.do(ask.Adjust("gibbs_steps", 5))
    return rig


def test_a_thought_is_of_what_sounded_at_its_step() -> None:
    rig = watched()
    rig.do(ask.Play())
    rig.on(40)
    stepper = load("first")
    settings = rig.session.snapshot.settings
    timeline = rig.session.snapshot.timeline
    state = stepper.begin(timeline, 0, seed=settings.seed, take=1)
    thoughts = {thought.step: thought for thought in rig.session.snapshot.thoughts.between(0, 10_000)}
    steps = heard(rig)
    assert list(thoughts)[:30] == [step.step for step in steps][:30] == list(range(30))
    for step in steps[:30]:
        frame = step.planned.frame
        p = stepper.weigh(state, settings, take=1, step=step.step)
        thought = thoughts[step.step]
        assert thought.hidden == in_255ths(stepper.model.hidden_probabilities(state, frame))
        assert thought.surprise_bits == surprise_bits(frame_to_bits(frame, with_onsets=True), p)
        assert thought.choice_bits is None
        state = stepper.listen(state, frame, timeline, step.step + 1)
        assert thought.recurrent == in_254ths(state.u)


def test_the_notes_are_the_same_whether_somebody_looks_or_not() -> None:
    alone, seen = Rig(), watched()
    alone.do(ask.Adjust("gibbs_steps", 5))
    for rig in (alone, seen):
        rig.do(ask.Play())
        rig.on(40)
    first, second = ([step.planned for step in heard(rig)][:40] for rig in (alone, seen))
    assert first == second
    assert alone.session.snapshot.thoughts.last is None
    assert not any(alone.session.snapshot.likely)


def test_what_is_planned_anew_is_weighed_anew() -> None:
    rig = watched()
    rig.do(ask.Play())
    rig.on(4)
    before = rig.session.snapshot
    assert len(before.likely) == len(before.planned)
    assert all(len(likely) == 88 for likely in before.likely)
    rig.do(ask.Adjust("muted", (60, 61, 62)))
    assert len(rig.session.snapshot.likely) < len(before.likely)  # of what is frozen
    rig.on(1)
    after = rig.session.snapshot
    assert all(len(likely) == 88 for likely in after.likely)
    assert any(likely[60 - 21] for likely in before.likely)
    assert not any(likely[60 - 21] for likely in after.likely[1:])


@pytest.mark.parametrize(("left_seconds", "thinks"), [(0.060, True), (0.015, False)])
def test_shortly_before_a_step_thinking_gives_way_to_keys(left_seconds: float, thinks: bool) -> None:
    rig = watched()
    rig.do(ask.Play())
    rig.on(4)
    due = rig.link.player.next_due_seconds()
    assert due is not None
    rig.link.clock.sleep_until(due + FREEZE_SECONDS - left_seconds)
    rig.do(ask.Adjust("temperature", 1.1))  # all that could still change is to be thought about again
    while rig.session.work():
        pass
    assert len(rig.session.snapshot.planned) >= 24
    assert bool(rig.session.snapshot.likely[-1]) is thinks


def test_in_a_duet_the_players_keys_are_no_choice_of_the_models() -> None:
    rig = watched()
    rig.do(ask.SetMode(Mode.DUET), ask.Play())
    rig.on(4)
    press(rig, 60, 90, 0.05)
    rig.on(6)
    assert not any(likely[60 - 21] for likely in rig.session.snapshot.likely)
    rig.do(ask.Adjust("room", 7))
    rig.on(4)
    weighed = rig.session.snapshot.likely[2:]
    assert any(map(any, weighed))
    assert not any(likely[pitch - 21] for likely in weighed for pitch in range(53, 68)), "nor the room around them"


def test_surprise_of_the_players_choice_is_exact() -> None:
    """Against the free energies of the frame that sounded and of the model's own, by hand."""
    rig = watched()
    rig.do(ask.SetMode(Mode.DUET), ask.Play())
    rig.on(4)
    press(rig, 61, 90, 0.05)
    rig.on(3)
    press(rig, 66, 90, 0.05)
    rig.on(4)
    stepper = load("first")
    timeline, settings = rig.session.snapshot.timeline, rig.session.snapshot.settings
    state = stepper.begin(timeline, 0, seed=settings.seed, take=1)
    chosen = {thought.step: thought.choice_bits for thought in rig.session.snapshot.thoughts.between(0, 100)}
    compared = 0
    for step in heard(rig):
        if step.keys.struck:
            free = stepper.model.sample(
                state,
                NoiseKey(settings.seed, 1, step.step),
                gibbs_steps=5,
                density=settings.density,
                temperature=settings.temperature,
                most_notes=settings.most_notes,
            ).frame
            whole = together(step.planned.frame, step.keys)
            energies = [stepper.model.free_energy(state, frame, density=settings.density) for frame in (whole, free)]
            assert chosen[step.step] == pytest.approx((energies[0] - energies[1]) / math.log(2))
            compared += 1
        elif step.step in chosen:
            assert chosen[step.step] is None
        state = stepper.listen(state, step.planned.frame, timeline, step.step + 1, step.keys)
    assert compared == 2


def test_where_there_was_no_time_to_weigh_only_the_surprise_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Planner, "weigh", lambda _planner: False)
    rig = watched()
    rig.do(ask.SetMode(Mode.DUET), ask.Play())
    rig.on(4)
    press(rig, 61, 90, 0.05)
    rig.on(4)
    thoughts = rig.session.snapshot.thoughts.between(0, 100)
    assert len(thoughts) >= 6
    assert {thought.surprise_bits for thought in thoughts} == {None}
    assert [thought.choice_bits is not None for thought in thoughts].count(True) == 1


def test_a_step_that_was_not_planned_is_thought_about_without_surprise() -> None:
    rig = watched()
    rig.do(ask.Play())
    rig.on(2)
    planner = rig.session._music.conductor.planner
    while planner.think():
        pass
    planner.confirm(planner.next_step, PlannedFrame(REST))
    thought = planner.think()
    assert thought is not None
    assert (thought.surprise_bits, len(thought.hidden)) == (None, 24)


def test_listening_to_a_primer_leaves_no_thought() -> None:
    rig = watched()
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    rig.on(6)
    assert rig.session.snapshot.thoughts.last is None


def test_on_another_road_thoughts_have_its_places() -> None:
    rig = watched()
    rig.do(ask.Play())
    rig.on(40)
    rig.do(ask.GoBack(1))
    rig.until(lambda snapshot: snapshot.road == 1)
    rig.on(4)
    last, snapshot = rig.session.snapshot.thoughts.last, rig.session.snapshot
    assert snapshot.shift >= 16
    assert last is not None
    assert snapshot.step - 2 <= last.step <= snapshot.step


def test_another_session_begins_with_no_thought() -> None:
    rig = watched()
    rig.do(ask.Play())
    rig.on(6)
    kept = rig.session.snapshot.thoughts
    rig.do(ask.NewSession())
    assert kept.last is not None
    assert rig.session.snapshot.thoughts.last is None


def test_surprise_by_hand() -> None:
    """Bits of 1/4, 1/2, certain and clamped."""
    p = np.array([0.25, 0.25, 0.5, 0.0, 1.0], np.float32)
    assert surprise_bits(np.array([1, 0, 1, 0, 1]), p) == pytest.approx(2 - math.log2(0.75) + 1)
    assert surprise_bits(np.array([0, 0, 0, 1, 1]), p) == pytest.approx(
        -2 * math.log2(0.75) + 1 - math.log2(LEAST_PROBABILITY)
    )


def test_bytes_round_to_the_nearest() -> None:
    assert list(in_255ths(np.array([-0.1, 0.0, 0.5, 1.0, 1.1]))) == [0, 0, 128, 255, 255]
    assert list(in_254ths(np.array([-1.5, -1.0, 0.0, 0.5, 1.0]))) == [0, 0, 127, 190, 254]


def test_only_the_last_thoughts_are_kept_and_one_replaces_another() -> None:
    thoughts = Thoughts()
    for step in range(KEPT_STEPS + 500):
        thoughts.add(Thought(step, b"", b"", 1.0))
    kept = thoughts.between(0, 10**9)
    assert [thought.step for thought in kept] == list(range(500, KEPT_STEPS + 500))
    thoughts.add(Thought(600, b"", b"", 2.0))
    assert [thought.surprise_bits for thought in thoughts.between(599, 700)] == [1.0, 2.0]  # none of what came after
    assert len(thoughts._ring) == KEPT_STEPS
    later = 3 * KEPT_STEPS
    thoughts.add(Thought(later, b"", b""))
    assert [thought.step for thought in thoughts.between(0, 10**9)] == [later], "after a jump, none of long ago"


def test_a_thought_takes_the_players_keys_for_sounding() -> None:
    stepper = load("first")
    before = stepper.begin(watched().session.snapshot.timeline, 0, seed=0, take=1)
    frames = (Frame(frozenset({60})), Frame(frozenset({60, 64})))
    hidden = {stepper.think(HeardStep(0, before, before, frame)).hidden for frame in frames}
    assert len(hidden) == 2
