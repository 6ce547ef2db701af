"""The models that come with the project: they load, they are small, and they play as their cards say."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import endurance, features
from rnnrbm_live.core.grid import COMMON_TIME, Timeline
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.settings import RANGES, Settings
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.model.checkpoint import load_card, load_live_model
from rnnrbm_live.model.live import LiveModel, NoiseKey

MODELS = Path(__file__).parents[2] / "models"
FOLDER = MODELS / "bach-chorales"


@pytest.fixture(scope="module")
def model() -> LiveModel:
    return load_live_model(FOLDER)


def play(model: LiveModel, n_steps: int, *, seed: int, temperature: float) -> PianoRoll:
    timeline = Timeline(model.config.steps_per_beat)

    def place(step: int) -> int:
        return model.config.context_index(COMMON_TIME, step, timeline.beats_to_phrase_end(step))

    state = model.initial_state(place(0))
    frames = []
    for step in range(n_steps):
        frames.append(model.sample(state, NoiseKey(seed, 0, step), temperature=temperature).frame)
        state = model.update(state, frames[-1], place(step + 1))
    return PianoRoll.from_frames(frames, model.config.steps_per_beat)


def test_it_is_small_and_says_what_it_is() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 5_000_000
    card = load_card(FOLDER)
    assert card.data["source"] == "music21:bach"
    assert card.data["licence"]
    assert card.data["held_out"]
    assert "train music21:bach --preset live" in card.training["command"]
    assert card.metrics["music"]["how"]
    assert card.config.steps_per_beat == 4
    assert card.config.onsets


@pytest.mark.parametrize("temperature", [0.85, 1.0, 1.15])
def test_it_plays_music(model: LiveModel, temperature: float) -> None:
    """Seeds are fixed; over 10,000 frames every figure keeps well inside these bounds."""
    rolls = [play(model, 400, seed=seed, temperature=temperature) for seed in range(3)]
    sounding = np.concatenate([roll.sounding for roll in rolls]).astype(bool)
    assert 3.0 <= sounding.sum(axis=1).mean() <= 4.2
    assert (~sounding.any(axis=1)).mean() <= 0.02
    assert max(note.end_steps - note.start_steps for roll in rolls for note in roll.notes()) <= 64
    assert (sounding[:, 1:] & sounding[:, :-1]).any(axis=1).mean() <= 0.15


@pytest.mark.parametrize("temperature", [RANGES["temperature"].low, 1.0, RANGES["temperature"].high])
@pytest.mark.parametrize("name", ["bach-chorales", "folk-tunes", "piano"])
def test_no_live_model_drones_dies_or_runs_away(name: str, temperature: float) -> None:
    """Seeds are fixed; `benchmarks/endurance.py` has the long runs."""
    stepper = Stepper(name, load_live_model(MODELS / name))
    assert stepper.model.config.usual_notes > 2
    rolls = [endurance.play(stepper, 300, Settings(temperature=temperature, seed=seed)) for seed in range(2)]
    assert features.longest_note_beats(rolls) <= endurance.LIMIT_BEATS
    assert features.longest_silence_beats(rolls) <= endurance.LIMIT_BEATS
    assert 0.5 <= features.notes_per_frame(rolls) <= stepper.model.config.max_notes


@pytest.mark.parametrize("name", ["bach-chorales", "folk-tunes", "piano", "tutorial"])
def test_every_model_says_where_it_comes_from(name: str) -> None:
    card = load_card(MODELS / name)
    assert sum(path.stat().st_size for path in (MODELS / name).iterdir()) < 5_000_000
    assert card.data["licence"]
    assert card.training["command"].startswith("rnnrbm-live train ")
    assert card.training["minutes"] > 0
    assert ("CC BY-SA" in card.data["licence"]) is (name == "piano")
