"""Untrained models for tests and for trying things out."""

from __future__ import annotations

import numpy as np

from rnnrbm_live.model.checkpoint import weight_shapes
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.live import LiveModel

SMALL_CONFIG = ModelConfig(n_hidden=24, n_recurrent=16, meters=("4/4", "3/4"), max_notes=8)


def random_live_model(seed: int = 0, config: ModelConfig = SMALL_CONFIG) -> LiveModel:
    """Return a model with random weights that plays a few scattered notes, without sense."""
    random = np.random.default_rng(seed)
    weights = {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in weight_shapes(config).items()}
    weights["b_v"] -= 4.0
    return LiveModel(config, weights)
