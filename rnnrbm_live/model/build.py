"""Models in torch by config, and from disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from rnnrbm_live.core.errors import DeviceError
from rnnrbm_live.model.checkpoint import load_card, load_weights
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.devices import resolve_device
from rnnrbm_live.model.nade import RNNNADE
from rnnrbm_live.model.rnnrbm import RNNRBM


def new_model(config: ModelConfig) -> RNNRBM:
    """Return a model of the kind that the config names, all parameters zero."""
    return RNNNADE(config) if config.conditional == "nade" else RNNRBM(config)


def training_device(choice: str) -> str:
    """Return what trains and evaluates, ``cuda`` or ``cpu``: ``auto`` is an NVIDIA GPU where torch can use one.

    Apple's GPUs lack the 64 bits that likelihoods need.

    Raises:
        DeviceError: for a device that is not there or cannot be used.
    """
    if choice == "auto":
        choice = "cuda" if torch.cuda.is_available() else "cpu"
    device = resolve_device(choice)
    if device == "mps":
        raise DeviceError("device 'mps' cannot train or evaluate, which needs 64-bit numbers: use --device cpu")
    if device == "cuda":
        if not torch.cuda.is_available():
            raise DeviceError("this torch cannot use the NVIDIA GPU: install a build for CUDA, or use --device cpu")
        torch.backends.cudnn.allow_tf32 = False  # 10 bits of mantissa are too few for log Z
    return device


@contextmanager
def gpu_errors() -> Iterator[None]:
    """Turn what torch raises when a GPU fails or is full into one sentence.

    Raises:
        DeviceError: in its place.
    """
    try:
        yield
    except torch.OutOfMemoryError as err:
        raise DeviceError("the GPU's memory is full: close what else uses it, or use --device cpu") from err
    except RuntimeError as err:
        if "CUDA" not in str(err):
            raise
        raise DeviceError(f"the GPU failed ({str(err).splitlines()[0]}): try again, or use --device cpu") from err


def load_model(folder: Path) -> RNNRBM:
    """Read a model for training or evaluation.

    Raises:
        CheckpointError: if a file is missing, damaged or does not fit.
    """
    config = load_card(folder).config
    model = new_model(config)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in load_weights(folder, config).items()})
    return model
