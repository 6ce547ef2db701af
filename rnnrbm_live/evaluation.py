"""`rnnrbm-live evaluate`: a model and held-out music wired together, with a progress bar."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from rnnrbm_live.core.errors import CorpusError
from rnnrbm_live.io.datasets import Dataset, load_dataset
from rnnrbm_live.model.build import gpu_errors, load_model, training_device
from rnnrbm_live.model.checkpoint import Card, load_card
from rnnrbm_live.model.corpus import Piece, encode
from rnnrbm_live.model.evaluate import Effort, evaluate
from rnnrbm_live.places import model_library


def evaluate_from_command(
    model_name: str,
    data: str,
    *,
    split: str | None,
    temperatures: int,
    device: str,
    threads: int,
    json_path: Path | None,
) -> int:
    """Judge a model, print a table, and write it as JSON too if asked; return the exit code.

    Raises:
        RNNRBMError: for a model, data or a device that cannot be used.
    """
    device = training_device(device)
    folder = model_library().find(model_name)
    card = load_card(folder)
    model = load_model(folder).to(device)
    torch.set_num_threads(1)  # the annealing shares its blocks among threads itself
    pieces, chosen = held_out_pieces(card, load_for(card, data), split)
    bar_format = "{desc} {percentage:3.0f}%|{bar}|"
    with tqdm(total=1.0, bar_format=bar_format, file=sys.stderr, leave=False, disable=None) as bar:

        def show(what: str, share: float) -> None:
            bar.set_description_str(what, refresh=False)
            bar.n = min(share, 1.0)
            bar.refresh()

        with gpu_errors():
            result = evaluate(model, pieces, Effort(temperatures=temperatures, threads=threads), report=show)
    print(f"{folder.resolve().name} on {chosen} of {data}")
    print(result.table())
    if json_path is not None:
        try:
            json_path.write_text(
                json.dumps({"model": card.name, "data": data, "split": chosen, **result.to_json()}, indent=2) + "\n",
                encoding="utf-8",
            )
        except OSError as err:
            raise CorpusError(f"{json_path} cannot be written to ({err.strerror}): choose another file") from err
    return 0


def load_for(card: Card, data: str) -> Dataset:
    """Load a data set on the grid of a model."""
    step_seconds = card.training.get("preset", {}).get("step_seconds")
    in_seconds = step_seconds if Path(data).expanduser().is_dir() else None
    return load_dataset(data, steps_per_beat=card.config.steps_per_beat, step_seconds=in_seconds)


def held_out_pieces(card: Card, dataset: Dataset, split: str | None) -> tuple[list[Piece], str]:
    """Choose pieces and say which: by default the test split, else those the card holds out, else all.

    Raises:
        CorpusError: if the data set lacks the split, or nothing of it suits the model.
    """
    chosen = split or ("test" if dataset.splits else "held-out" if card.data.get("held_out") else "all")
    if chosen in ("train", "valid", "test"):
        if not dataset.splits:
            raise CorpusError(f"{dataset.source} comes without splits: use --split held-out or --split all")
        wanted = [index for index, name in enumerate(dataset.splits) if name == chosen]
    elif chosen == "held-out":
        held_out = set(card.data.get("held_out", ()))
        came_split = dataset.splits or ("",) * len(dataset.names)  # then training held the valid pieces out
        wanted = [
            index
            for index, (name, side) in enumerate(zip(dataset.names, came_split, strict=True))
            if name in held_out or side == "valid"
        ]
    else:
        wanted = list(range(len(dataset.rolls)))
    pieces = [encode(dataset.rolls[index], dataset.names[index], card.config) for index in wanted]
    if not pieces:
        raise CorpusError(f"{dataset.source} has no {chosen} pieces of this model: use another --split")
    return pieces, f"{chosen} pieces"
