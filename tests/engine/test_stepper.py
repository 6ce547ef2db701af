"""The model asked for frames: keys and struck notes."""

from dataclasses import replace

import pytest

from rnnrbm_live.core.frame import REST, Frame
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.model.untrained import SMALL_CONFIG, random_live_model

ROLLS = replace(SMALL_CONFIG, onsets=False, meters=(), steps_per_beat=2, max_notes=88)
LOUD = Settings(density=2.5)


def play(stepper: Stepper, timeline: Timeline, n_steps: int) -> list[Frame]:
    state = stepper.begin(timeline, 0, seed=0, take=0)
    frames: list[Frame] = []
    for step in range(n_steps):
        previous = frames[-1] if frames else REST
        frames.append(stepper.imagine(state, previous, LOUD, timeline, take=0, step=step))
        state = stepper.listen(state, frames[-1], timeline, step + 1)
    return frames


def test_a_model_without_onsets_strikes_held_notes_again_at_bar_lines() -> None:
    timeline = Timeline(2, Meter(3, 4), downbeat_step=2)
    frames = play(Stepper("rolls", random_live_model(config=ROLLS)), timeline, 40)
    held_at_bar_lines = 0
    for step in range(1, 40):
        held = frames[step].sounding & frames[step - 1].sounding
        assert frames[step].onsets - held == frames[step].sounding - held
        assert frames[step].onsets & held == (held if step % 6 == 2 else set())
        held_at_bar_lines += bool(held and step % 6 == 2)
    assert held_at_bar_lines > 3


def test_a_model_with_onsets_decides_itself() -> None:
    frames = play(Stepper("knows", random_live_model(config=replace(SMALL_CONFIG, max_notes=88))), Timeline(4), 80)
    assert any(frames[step].sounding - frames[step].onsets for step in range(16, 80, 16))


@pytest.mark.parametrize("one_key", [True, False])
def test_seed_and_take_choose_the_key(one_key: bool) -> None:
    stepper = Stepper("any", random_live_model(config=replace(SMALL_CONFIG, one_key=one_key)))
    keys = {stepper.begin(Timeline(4), 0, seed=seed, take=take).semitones for seed in range(8) for take in range(8)}
    assert keys == (set(range(-6, 6)) if one_key else {0})
    first, again = (stepper.begin(Timeline(4), 0, seed=3, take=1).semitones for _ in range(2))
    assert first == again


def test_what_was_heard_before_does_not_change_what_is_heard() -> None:
    """A primer that begins as another did, or does not, leaves the state that it leaves a model that heard nothing."""
    model, timeline = random_live_model(config=replace(SMALL_CONFIG, one_key=True)), Timeline(4)
    listening = Stepper("listening", model)
    tune = [Frame(frozenset({60 + step % 5, 48}), frozenset({60 + step % 5})) for step in range(20)]
    for frames, first_step, semitones in (
        (tune[:12], 0, 2),
        (tune, 0, 2),
        ([*tune[:6], REST, *tune[7:9]], 0, 2),
        (tune[:9], 4, 2),
        (tune[:9], 4, -3),
        (tune[:9], 4, None),
    ):
        then = first_step + len(frames) + 3
        heard = listening.listen_to(frames, timeline, first_step, then_step=then, semitones=semitones)
        anew = Stepper("new", model).listen_to(frames, timeline, first_step, then_step=then, semitones=semitones)
        assert (heard.u == anew.u).all()
        assert (heard.previous, heard.semitones, heard.notes) == (anew.previous, anew.semitones, anew.notes)
        assert semitones is None or heard.semitones == semitones
