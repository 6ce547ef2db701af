"""The curves of a training that has ended, kept beside the draft: `training.safetensors` has them until then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

CURVES_FILE = "curves.json"


def save_curves(draft: Path, monitors: Sequence[float], accuracies: Sequence[float]) -> None:
    """Write how a training went; without room for it the model is as good.

    Args:
        draft: folder of the model.
        monitors: as in `core.learning.Learnt`.
        accuracies: likewise.
    """
    with suppress(OSError):
        curves = {"monitors": list(monitors), "accuracies": list(accuracies)}
        (draft / CURVES_FILE).write_text(json.dumps(curves), encoding="utf-8")


def load_curves(draft: Path) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Read what `save_curves` wrote: monitors and accuracies; None if there is nothing, or it is damaged."""
    try:
        curves = json.loads((draft / CURVES_FILE).read_text(encoding="utf-8"))
        monitors, accuracies = (tuple(map(float, curves[name])) for name in ("monitors", "accuracies"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return monitors, accuracies


def delete_curves(draft: Path) -> None:
    """Delete them."""
    (draft / CURVES_FILE).unlink(missing_ok=True)
