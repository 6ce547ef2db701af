"""A duet: the model plays with the keys that are held, from their own step on, and keeps to what was set."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.clamps import NO_KEYS, Keys, clamps
from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.frame import REST
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.key import SCALES
from rnnrbm_live.core.messages import KeyPlayed
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.duet import HeldKeys
from rnnrbm_live.engine.replay import regenerate
from tests.engine.test_replay import Rig, load


def press(rig: Rig, pitch: int, velocity: int, after: float) -> None:
    """Let time go on, then move a key."""
    when = rig.link.clock.now_seconds() + after
    rig.until(lambda _: (rig.link.player.next_due_seconds() or math.inf) > when)
    rig.link.clock.sleep_until(when)
    rig.link.player.advance()
    rig.link.player.key(pitch, velocity, when)
    for event in rig.link.poll(0.0):
        rig.session.event(event)


def heard(rig: Rig) -> list[jot.StepHeard]:
    return [record for record in rig.written if isinstance(record, jot.StepHeard)]


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.do(ask.SetMode(Mode.DUET), ask.Adjust("gibbs_steps", 5), ask.Play())
    rig.on(4)
    return rig


def test_every_key_is_answered_at_its_own_step(rig: Rig) -> None:
    chance = random.Random(0)
    held: list[int] = []
    presses = 0
    while presses < 150:
        if held and chance.random() < 0.45:
            press(rig, held.pop(chance.randrange(len(held))), 0, chance.uniform(0, 0.2))
        elif (pitch := chance.randrange(40, 90)) not in held and len(held) < 5:
            press(rig, pitch, chance.randrange(1, 128), chance.uniform(0, 0.2))
            held.append(pitch)
            presses += 1
    rig.on(8)
    steps = heard(rig)
    assert sum(len(step.keys.struck) for step in steps) == presses
    assert all(step.settings is not None for step in steps if step.keys.struck)
    timing = rig.session.snapshot.timing
    assert (timing.keys_answered, timing.keys_missed) == (sum(bool(step.keys.struck) for step in steps), 0)
    for step in steps:
        assert not step.planned.frame.sounding & step.keys.held, "the model must not double the player"
    found = regenerate(rig.written, load)
    assert found.identical
    assert found.drawn > 50


def test_a_key_that_is_let_go_at_once_is_still_answered(rig: Rig) -> None:
    press(rig, 60, 90, 0.05)
    press(rig, 60, 0, 0.001)
    rig.on(4)
    assert [sorted(step.keys.held) for step in heard(rig) if step.keys.held] == [[60]]


def test_without_keys_and_in_free_mode_the_model_plays_as_ever() -> None:
    alone, duet, free = Rig(), Rig(), Rig()
    duet.do(ask.SetMode(Mode.DUET))
    for rig in (alone, duet, free):
        rig.do(ask.Play())
    rig = free
    press(rig, 60, 90, 0.3)
    for rig in (alone, duet, free):
        rig.on(30)
    assert [step.planned for step in heard(alone)][:30] == [step.planned for step in heard(duet)][:30]
    assert [step.planned for step in heard(alone)][:30] == [step.planned for step in heard(free)][:30]


def test_the_model_hears_the_player(rig: Rig) -> None:
    """What it plays later depends on keys that were let go long ago."""
    other = Rig()
    other.do(ask.SetMode(Mode.DUET), ask.Adjust("gibbs_steps", 5), ask.Play())
    other.on(4)
    press(rig, 60, 90, 0.05)
    press(rig, 60, 0, 0.3)
    rig.on(20)
    other.on(24)
    last = [[step.planned.frame for step in heard(each) if step.step > 12][:10] for each in (rig, other)]
    assert last[0] != last[1]


@pytest.mark.parametrize(
    ("place", "allowed"), [("below", range(21, 72)), ("above", range(61, 109)), ("anywhere", range(21, 109))]
)
def test_the_model_keeps_its_place(rig: Rig, place: str, allowed: range) -> None:
    rig.do(ask.Adjust("duet_place", place), ask.Adjust("duet_voices", 2), ask.Adjust("density", 3.0))
    press(rig, 60, 90, 0.05)
    press(rig, 72, 90, 0.0)
    rig.on(30)
    steps = [step for step in heard(rig) if len(step.keys.held) == 2]
    assert len(steps) > 20
    for step in steps:
        assert all(pitch in allowed for pitch in step.planned.frame.sounding)
    assert max(len(step.planned.frame.sounding) for step in steps) == 2


def test_loudness_follows_the_player_and_a_key_can_strike_all_anew(rig: Rig) -> None:
    rig.do(ask.Adjust("restrike", True), ask.Adjust("density", 3.0))
    press(rig, 60, 20, 0.05)
    rig.on(6)
    press(rig, 64, 120, 0.05)
    rig.on(6)
    first, second = (step for step in heard(rig) if step.keys.struck)
    for step in (first, second):
        assert step.planned.frame.onsets == step.planned.frame.sounding
    loud = [[velocity for _, velocity in step.planned.velocities] for step in (first, second)]
    assert max(loud[0]) < 50 < min(loud[1])


@pytest.mark.parametrize("tonic", range(12))
def test_a_model_of_one_key_follows_the_players(tonic: int) -> None:
    stepper, timeline = load("first"), Timeline(4)
    state = stepper.begin(timeline, 0, seed=0, take=1)
    tune = [0, 4, 7, 12, 11, 9, 7, 5, 4, 2, 0, 0] * 4
    moved_at = []
    for step in range(4 * len(tune)):
        pitch = 60 + tonic + tune[step // 4]
        keys = Keys(frozenset({pitch}), frozenset({pitch} if step % 4 == 0 else ()))
        after = stepper.listen(state, REST, timeline, step + 1, keys)
        if after.semitones != state.semitones:
            moved_at.append(step + 1)
        state = after
    assert state.semitones % 12 == tonic
    assert all(timeline.step_in_bar(step) == 0 for step in moved_at)
    assert len(moved_at) <= 2


def test_held_keys_by_step() -> None:
    held = HeldKeys()
    held.hear(KeyPlayed(60, 80, 0.0, 3.2, 3))
    held.hear(KeyPlayed(64, 90, 0.1, 4.1, 5))
    held.hear(KeyPlayed(60, 0, 0.2, 4.3, 5))
    assert held.at(2) == NO_KEYS
    assert held.at(3) == Keys(frozenset({60}), frozenset({60}), 80)
    assert held.at(4) == Keys(frozenset({60}), frozenset(), 80)
    assert held.at(5) == Keys(frozenset({64}), frozenset({64}), 90)
    held.forget(5)
    assert held.at(6) == Keys(frozenset({64}), frozenset(), 90)


@pytest.mark.parametrize("scale", SCALES)
def test_a_scale_is_kept(scale: str) -> None:
    silent = clamps(Settings(scale=scale, tonic=2), NO_KEYS).silent
    classes = {pitch % 12 for pitch in range(21, 109) if pitch not in silent}
    assert classes == {(degree + 2) % 12 for degree in SCALES[scale]}


def test_what_is_played_or_forced_wins_over_what_is_forbidden() -> None:
    settings = Settings(scale="major", low_pitch=60, high_pitch=71, muted=(64,), forced=(30, 64), most_notes=2, room=2)
    found = clamps(settings, Keys(frozenset({61, 66, 70}), frozenset({66}), 1))
    assert found.sounding == {30, 61, 64, 66, 70}
    assert not found.silent & found.sounding
    assert (found.struck, found.held) == ({66}, {61, 70})
    assert found.most == 5
    assert {pitch for pitch in range(21, 109) if pitch not in found.silent} == found.sounding


def test_clamps_while_it_plays() -> None:
    rig = Rig()
    change = {"scale": "pentatonic", "low_pitch": 50, "high_pitch": 70, "most_notes": 3, "forced": (55,)}
    rig.do(*(ask.Adjust(name, value) for name, value in change.items()), ask.Play())
    rig.on(60)
    for step in heard(rig):
        sounding = step.planned.frame.sounding
        assert 55 in sounding
        assert len(sounding) <= 3
        assert all(50 <= pitch <= 70 and pitch % 12 in SCALES["pentatonic"] for pitch in sounding)
    assert regenerate(rig.written, load).identical


@pytest.mark.parametrize(
    "change", [{"scale": "sour"}, {"duet_place": "left"}, {"muted": (10,)}, {"forced": [60]}, {"tonic": 12}]
)
def test_settings_that_cannot_be(change: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        replace(Settings(), **change)  # type: ignore[arg-type]  # wrong on purpose
