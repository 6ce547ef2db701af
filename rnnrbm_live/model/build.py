"""Models in torch by config, and from disk."""

from __future__ import annotations

from pathlib import Path

import torch

from rnnrbm_live.model.checkpoint import load_card, load_weights
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.nade import RNNNADE
from rnnrbm_live.model.rnnrbm import RNNRBM


def new_model(config: ModelConfig) -> RNNRBM:
    """Return a model of the kind that the config names, all parameters zero."""
    return RNNNADE(config) if config.conditional == "nade" else RNNRBM(config)


def load_model(folder: Path) -> RNNRBM:
    """Read a model for training or evaluation.

    Raises:
        CheckpointError: if a file is missing, damaged or does not fit.
    """
    config = load_card(folder).config
    model = new_model(config)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in load_weights(folder, config).items()})
    return model
