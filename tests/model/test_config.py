"""Model configs: JSON round trip, strictness, bar positions."""

import json
from dataclasses import replace

import pytest

from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.core.grid import Meter
from rnnrbm_live.model.config import ModelConfig

CONFIG = ModelConfig(meters=("4/4", "3/4", "6/8"))


def test_json_round_trip() -> None:
    for config in (CONFIG, replace(CONFIG, lookback_beats=(8, 16))):
        assert ModelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_models_from_before_there_were_lookbacks_have_none() -> None:
    values = CONFIG.to_json()
    del values["lookback_beats"]
    assert ModelConfig.from_json(values) == CONFIG


def test_unknown_and_missing_entries_are_named() -> None:
    values = CONFIG.to_json()
    with pytest.raises(CheckpointError, match="n_layers not known"):
        ModelConfig.from_json({**values, "n_layers": 2})
    del values["n_hidden"]
    with pytest.raises(CheckpointError, match="n_hidden missing"):
        ModelConfig.from_json(values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_hidden", 0),
        ("n_hidden", 1.5),
        ("n_recurrent", True),
        ("rnn", "lstm"),
        ("chain_start", "data"),
        ("onsets", 1),
        ("gibbs_steps", -3),
        ("max_notes", 0),
        ("default_tempo_bpm", 0),
        ("default_tempo_bpm", float("nan")),
        ("meters", ["4/4", "5"]),
        ("meters", [4]),
        ("meters", "4/4"),
        ("meters", ["3/4", "3/4"]),
        ("meters", ["7/64"]),
        ("lookback_beats", [0]),
        ("lookback_beats", [1.5]),
        ("lookback_beats", [1000]),
        ("lookback_beats", 4),
    ],
)
def test_impossible_values_are_refused(name: str, value: object) -> None:
    with pytest.raises(CheckpointError, match=name):
        ModelConfig.from_json({**CONFIG.to_json(), name: value})


def test_visible_units() -> None:
    assert ModelConfig(onsets=True).n_visible == 176
    assert ModelConfig(onsets=False).n_visible == 88


def test_bar_positions_are_numbered_meter_by_meter() -> None:
    assert CONFIG.n_context == 16 + 12 + 12
    assert [CONFIG.context_index(Meter(4, 4), step) for step in (0, 15, 16)] == [0, 15, 0]
    assert [CONFIG.context_index(Meter(3, 4), step) for step in (0, 11)] == [16, 27]
    assert CONFIG.context_index(Meter(6, 8), 3) == 31
    assert CONFIG.context_index(Meter(6, 8), 3, 2) == 31


def test_phrases_are_a_second_input_beside_the_bar() -> None:
    config = replace(CONFIG, phrase_beats=3)
    assert config.n_context == 40 + 3
    places = [config.context_index(Meter(3, 4), 2, left) for left in (0, 1, 2, 7, None)]
    assert [config.context_columns(place) for place in places] == [[18, 40], [18, 41]] + [[18, 42]] * 3
    assert CONFIG.context_columns(18) == [18]
    assert ModelConfig().context_columns(0) == []
    with pytest.raises(CheckpointError, match="phrase_beats 3 needs meters"):
        ModelConfig(phrase_beats=3)


def test_an_unknown_meter_counts_as_the_first() -> None:
    assert CONFIG.context_index(Meter(5, 4), 18) == 2


def test_no_meters_means_no_bar_positions() -> None:
    config = ModelConfig(meters=())
    assert config.n_context == 0
    assert config.context_index(Meter(4, 4), 7) == 0
