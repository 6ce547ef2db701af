"""Models on disk: a folder with the weights, `model.safetensors`, and all about them, `card.json`.

While a training is under way, `training.safetensors` beside them holds what it needs to go on. Never pickle.
"""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.live import LiveModel

FORMAT_VERSION = 4
WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "card.json"
TRAINING_FILE = "training.safetensors"

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Card:
    """What stands beside the weights.

    Attributes:
        name: of the model.
        config: what the weights belong to.
        data: source, licence, and which pieces were held out.
        training: preset, seed, command, minutes.
        metrics: figures, each with how it was measured.
    """

    name: str
    config: ModelConfig
    data: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "config": self.config.to_json(),
            "data": dict(self.data),
            "training": dict(self.training),
            "metrics": dict(self.metrics),
        }


def weight_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of each array of a model, as `rnnrbm.RNNRBM` names them."""
    n_visible, n_hidden, n_recurrent = config.n_visible, config.n_hidden, config.n_recurrent
    gates = {"tanh": 1, "gru": 3}[config.rnn] * n_recurrent
    output = {"W_out": (n_visible, n_hidden)} if config.conditional == "nade" else {}
    return {
        "W": (n_visible, n_hidden),
        **output,
        "b_v": (n_visible,),
        "b_h": (n_hidden,),
        "W_uv": (n_recurrent, n_visible),
        "W_uh": (n_recurrent, n_hidden),
        "u0": (n_recurrent,),
        "recurrence.weight_ih_l0": (gates, config.n_input),
        "recurrence.weight_hh_l0": (gates, n_recurrent),
        "recurrence.bias_ih_l0": (gates,),
        "recurrence.bias_hh_l0": (gates,),
    }


def save_checkpoint(folder: Path, weights: Weights, card: Card) -> None:
    """Write a model; each file is replaced whole, so that a crash leaves the old or the new one.

    Raises:
        CheckpointError: if the folder cannot be written to.
    """
    check_weights(weights, card.config, folder / WEIGHTS_FILE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {name: np.ascontiguousarray(weights[name], np.float32) for name in weight_shapes(card.config)}
        _save_arrays(folder / WEIGHTS_FILE, arrays, {})
        save_card(folder, card)
    except OSError as err:
        raise _cannot_write(folder, err) from err


def save_card(folder: Path, card: Card) -> None:
    """Write a model's card alone.

    Raises:
        OSError: if the folder cannot be written to.
    """
    part = folder / f".{CARD_FILE}.{os.getpid()}"
    part.write_text(json.dumps(card.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(folder / CARD_FILE)


def load_card(folder: Path) -> Card:
    """Read a model's card.

    Raises:
        CheckpointError: if it is missing, damaged, or of another version.
    """
    path = folder / CARD_FILE
    if not path.is_file():
        raise CheckpointError(f"{folder} is no model folder: it has no {CARD_FILE}")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as err:
        raise CheckpointError(f"{path} cannot be read as JSON: restore it, or train the model again") from err
    if not isinstance(values, dict) or values.get("format_version") != FORMAT_VERSION:
        found = values.get("format_version") if isinstance(values, dict) else values
        raise CheckpointError(
            f"{path} has format version {found!r}, this program reads {FORMAT_VERSION}: "
            "use the program's version that wrote it, or train again"
        )
    try:
        config = ModelConfig.from_json(values["config"])
        return Card(
            str(values["name"]),
            config,
            dict(values["data"]),
            dict(values["training"]),
            dict(values["metrics"]),
        )
    except KeyError as err:
        raise CheckpointError(f"{path} lacks {err.args[0]!r}: restore it, or train the model again") from err
    except (TypeError, ValueError) as err:
        raise CheckpointError(f"{path}: {err}") from err


def load_weights(folder: Path, config: ModelConfig) -> dict[str, NDArray[np.float32]]:
    """Read a model's weights and check that they fit the config.

    Raises:
        CheckpointError: if they are missing, damaged or do not fit.
    """
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: restore it, or train the model again")
    try:
        weights = load_file(path)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as err:
        raise CheckpointError(f"{path} is damaged ({err}): restore it, or train the model again") from err
    for name, array in weights.items():
        if array.dtype != np.float32:
            raise CheckpointError(f"{path}: {name} is {array.dtype}, not float32: restore it, or train the model again")
    check_weights(weights, config, path)
    return weights


def load_live_model(folder: Path) -> LiveModel:
    """Read a model for playing; needs numpy only.

    Raises:
        CheckpointError: if a file is missing, damaged or does not fit.
    """
    card = load_card(folder)
    if card.config.conditional != "rbm":
        raise CheckpointError(f"{folder} is an RNN-NADE, which is there to be evaluated: choose an RNN-RBM to play")
    return LiveModel(card.config, load_weights(folder, card.config))


def check_weights(weights: Mapping[str, NDArray[Any]], config: ModelConfig, path: Path) -> None:
    """Check names, shapes and that every number is finite.

    Raises:
        CheckpointError: naming the array that does not fit.
    """
    expected = weight_shapes(config)
    if wrong := sorted(set(expected) ^ set(weights)):
        problem = "lacks" if wrong[0] in expected else "has an unknown array"
        raise CheckpointError(f"{path} {problem} {wrong[0]}: it does not belong to its {CARD_FILE}")
    for name, shape in expected.items():
        if weights[name].shape != shape:
            raise CheckpointError(
                f"{path}: {name} has shape {weights[name].shape}, {CARD_FILE} says {shape}: they do not belong together"
            )
        if not math.isfinite(float(np.abs(weights[name]).sum(dtype=np.float64))):
            raise CheckpointError(f"{path}: {name} holds numbers that are not finite: train the model again")


# Trainings under way


def save_training(folder: Path, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Write what a training needs to go on.

    Raises:
        CheckpointError: if the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _save_arrays(folder / TRAINING_FILE, dict(arrays), {"facts": json.dumps(facts)})
    except OSError as err:
        raise _cannot_write(folder, err) from err


def load_training(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what `save_training` wrote: arrays and facts.

    Raises:
        CheckpointError: if there is none, or it is damaged.
    """
    facts = load_training_facts(folder)
    path = folder / TRAINING_FILE
    try:
        with safe_open(path, framework="np") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118 (no mapping)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as err:
        raise CheckpointError(f"{path} is damaged ({err}): start again without --resume") from err


def load_training_facts(folder: Path) -> dict[str, Any]:
    """Read the facts that `save_training` wrote, without the arrays.

    Raises:
        CheckpointError: if there are none, or they are damaged.
    """
    path = folder / TRAINING_FILE
    if not path.is_file():
        raise CheckpointError(f"{folder} holds no training to go on with: start without --resume")
    try:
        with safe_open(path, framework="np") as file:
            return dict(json.loads(file.metadata()["facts"]))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError) as err:
        raise CheckpointError(f"{path} is damaged ({err}): start again without --resume") from err


def end_training(folder: Path) -> None:
    """Delete what `save_training` wrote."""
    (folder / TRAINING_FILE).unlink(missing_ok=True)


def _save_arrays(path: Path, arrays: dict[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save_file(arrays, part, metadata=metadata)
        part.replace(path)
    except SafetensorError as err:  # how the library tells of a full disk
        raise OSError(errno.EIO, str(err)) from err
    finally:
        part.unlink(missing_ok=True)


def _cannot_write(folder: Path, err: OSError) -> CheckpointError:
    return CheckpointError(f"{folder} cannot be written to ({err.strerror}): make room, or choose another folder")
