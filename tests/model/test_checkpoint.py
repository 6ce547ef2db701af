"""Model folders: round trip, and one clear error for everything that can be wrong with them."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.model import checkpoint
from rnnrbm_live.model.checkpoint import (
    Card,
    load_card,
    load_live_model,
    load_weights,
    save_checkpoint,
    weight_shapes,
)
from rnnrbm_live.model.live import LiveModel, NoiseKey
from rnnrbm_live.model.rnnrbm import RNNRBM
from rnnrbm_live.model.untrained import SMALL_CONFIG

CARD = Card("small", SMALL_CONFIG, {"source": "none"}, {"seed": 3}, {"monitor": {"value": -1.0}})


def random_weights() -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(0)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in weight_shapes(SMALL_CONFIG).items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "models" / "small", random_weights(), CARD)
    return tmp_path / "models" / "small"


def test_round_trip(folder: Path) -> None:
    assert load_card(folder) == CARD
    weights = load_weights(folder, SMALL_CONFIG)
    assert all(np.array_equal(weights[name], array) for name, array in random_weights().items())
    model = load_live_model(folder)
    model.sample(model.initial_state(0), NoiseKey(0, 0, 0))
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "model.safetensors"]


def test_names_and_shapes_are_the_training_models() -> None:
    for config in (SMALL_CONFIG, type(SMALL_CONFIG)(rnn="tanh", onsets=False)):
        arrays = {name: tuple(tensor.shape) for name, tensor in RNNRBM(config).state_dict().items()}
        assert arrays == weight_shapes(config)


def edit_card(folder: Path, **changes: object) -> None:
    path = folder / "card.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in {**values, **changes}.items() if value is not None}))


def test_a_folder_without_a_card_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no model folder"):
        load_live_model(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "\x00"])
def test_damaged_card(folder: Path, text: str) -> None:
    (folder / "card.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"card\.json"):
        load_live_model(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 99}, "format version 99"),
        ({"config": None}, "lacks 'config'"),
        ({"config": {}}, "missing"),
        ({"config": [1]}, "named values"),
        ({"metrics": 5}, r"card\.json"),
    ],
)
def test_card_that_does_not_fit_this_program(folder: Path, changes: dict[str, object], message: str) -> None:
    edit_card(folder, **changes)
    with pytest.raises(CheckpointError, match=message):
        load_live_model(folder)


def test_card_of_another_model(folder: Path) -> None:
    edit_card(folder, config={**SMALL_CONFIG.to_json(), "n_hidden": 25})
    with pytest.raises(CheckpointError, match=r"W has shape \(176, 24\).*\(176, 25\)"):
        load_live_model(folder)


def test_missing_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="is missing"):
        load_live_model(folder)


@pytest.mark.parametrize("size", [0, 5, 400, -1])
def test_truncated_weights(folder: Path, size: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match=r"model\.safetensors is damaged"):
        load_live_model(folder)


def test_weights_that_are_none(folder: Path) -> None:
    weights = random_weights()
    weights["W"][0, 0] = np.nan
    with pytest.raises(CheckpointError, match="W holds numbers that are not finite"):
        save_checkpoint(folder, weights, CARD)


@pytest.mark.parametrize("change", ["lacks", "has an unknown array"])
def test_arrays_that_do_not_belong(folder: Path, change: str) -> None:
    weights = random_weights()
    if change == "lacks":
        del weights["W_uh"]
    else:
        weights["extra"] = np.zeros(3, np.float32)
    with pytest.raises(CheckpointError, match=change):
        save_checkpoint(folder, weights, CARD)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match="cannot be written"):
        save_checkpoint(tmp_path / "file" / "model", random_weights(), CARD)


def test_training_state_round_trip(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6, dtype=np.uint8).reshape(2, 3), "b": np.float32([1.5])}
    checkpoint.save_training(tmp_path, arrays, {"epoch": 3})
    loaded, facts = checkpoint.load_training(tmp_path)
    assert facts == {"epoch": 3}
    assert all(np.array_equal(loaded[name], array) for name, array in arrays.items())
    checkpoint.end_training(tmp_path)
    checkpoint.end_training(tmp_path)
    with pytest.raises(CheckpointError, match="no training to go on with"):
        checkpoint.load_training(tmp_path)


def test_damaged_training_state(tmp_path: Path) -> None:
    (tmp_path / checkpoint.TRAINING_FILE).write_bytes(b"\x10garbage")
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.load_training(tmp_path)


def damaged(data: st.DataObject, whole: bytes, reach: int) -> bytes:
    """Return bytes of which some among the first `reach` are others, and which may end too early."""
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, reach - 1))] = data.draw(st.integers(0, 255))
    return bytes(broken if data.draw(st.booleans()) else broken[: data.draw(st.integers(0, len(broken)))])


fuzz = settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(st.data())
def test_a_damaged_file_raises_our_own_error_or_none(folder: Path, data: st.DataObject) -> None:
    save_checkpoint(folder, random_weights(), CARD)
    path = folder / data.draw(st.sampled_from(["card.json", "model.safetensors"]))
    whole = path.read_bytes()
    head = min(len(whole), 8 + int.from_bytes(whole[:8], "little")) if path.suffix == ".safetensors" else len(whole)
    path.write_bytes(damaged(data, whole, data.draw(st.sampled_from([head, len(whole)]))))
    with contextlib.suppress(CheckpointError):
        assert isinstance(load_live_model(folder), LiveModel)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["3/4", "²/4", "gru"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


@fuzz
@given(name=st.sampled_from(sorted(SMALL_CONFIG.to_json())), value=JSON)
def test_any_value_in_the_config_raises_our_own_error_or_none(folder: Path, name: str, value: object) -> None:
    edit_card(folder, config={**SMALL_CONFIG.to_json(), name: value})
    with contextlib.suppress(CheckpointError):
        load_live_model(folder)


@fuzz
@given(name=st.sampled_from(sorted(CARD.to_json())), value=JSON)
def test_any_value_in_the_card_raises_our_own_error_or_none(folder: Path, name: str, value: object) -> None:
    save_checkpoint(folder, random_weights(), CARD)
    edit_card(folder, **{name: value})
    with contextlib.suppress(CheckpointError):
        load_live_model(folder)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"format_version": ' + "9" * 5000 + "}"])
def test_json_that_is_too_much_for_its_reader(folder: Path, text: str) -> None:
    (folder / "card.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"card\.json cannot be read as JSON"):
        load_card(folder)


@pytest.mark.parametrize("dtype", ["F16", "I32", "BF16"])
def test_weights_of_another_type(folder: Path, dtype: str) -> None:
    path = folder / "model.safetensors"
    length = {"F16": 2, "I32": 4, "BF16": 2}[dtype]
    header = json.dumps({"W": {"dtype": dtype, "shape": [2], "data_offsets": [0, 2 * length]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(2 * length))
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        load_weights(folder, SMALL_CONFIG)
