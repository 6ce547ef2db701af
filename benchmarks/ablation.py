"""What each part of the training recipe is worth: the JSB preset, shortened, with one part changed at a time.

    python -m benchmarks.ablation FOLDER --threads 1

FOLDER holds jsb_chorales.npz. Every row is trained anew from the same seed for as many epochs, and scored on the
validation split: log-likelihood by annealed importance sampling over a fixed choice of frames, with its checks. About
forty minutes on one core.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.machine import machine
from rnnrbm_live.io.datasets import Dataset, load_dataset
from rnnrbm_live.model.build import load_model
from rnnrbm_live.model.config import RnnKind
from rnnrbm_live.model.corpus import build_corpus
from rnnrbm_live.model.evaluate import Effort, evaluate
from rnnrbm_live.model.presets import REFERENCES, Stage, StagedPreset, with_epochs
from rnnrbm_live.model.train import train

EPOCHS = 60
Change = Callable[[StagedPreset], StagedPreset]


def in_stages(**changes: object) -> Change:
    """Return a change of every stage."""

    def change(preset: StagedPreset) -> StagedPreset:
        stages = tuple(replace(stage, **changes) for stage in preset.stages)  # type: ignore[arg-type]  # by name
        return replace(preset, stages=stages)

    return change


def one_key(preset: StagedPreset) -> StagedPreset:
    """Hear the music as published from the first epoch on."""
    return replace(preset, stages=(replace(preset.stages[-1], epochs=preset.epochs),))


def all_keys_only(preset: StagedPreset) -> StagedPreset:
    """Never hear the music as published alone."""
    first: Stage = preset.stages[0]
    return replace(preset, stages=tuple(replace(s, transpositions=first.transpositions) for s in preset.stages))


def recurrence(kind: RnnKind) -> Change:
    """Return a change of the recurrence."""
    return lambda preset: replace(preset, config=replace(preset.config, rnn=kind))


CHANGES: dict[str, Change] = {
    "the recipe": lambda preset: preset,
    "in the published key from the start": one_key,
    "in all keys to the end": all_keys_only,
    "contrastive divergence: chains from the data": in_stages(chains="data"),
    "one chain in 20 starts where another ended": in_stages(exchanged=0.05),
    "5 Gibbs sweeps an update": in_stages(first_gibbs_steps=5, last_gibbs_steps=5),
    "tanh in place of GRU": recurrence("tanh"),
    "one learning rate for RBM and RNN": lambda preset: replace(preset, rnn_rate=1.0),
    "a third of the learning rate": lambda preset: replace(
        preset, stages=tuple(replace(stage, learning_rate=stage.learning_rate / 3) for stage in preset.stages)
    ),
    "no dropout": in_stages(dropout=0.0, input_dropout=0.0),
    "no weight decay": in_stages(weight_decay=0.0),
    "no weight average": lambda preset: replace(preset, average=0.0),
    "an RNN-NADE in its place": lambda _: with_staged_epochs(REFERENCES["jsb-nade"]),
}


def with_staged_epochs(preset: StagedPreset) -> StagedPreset:
    """Shorten a preset."""
    shortened = with_epochs(preset, EPOCHS)
    assert isinstance(shortened, StagedPreset)
    return shortened


def score(dataset: Dataset, preset: StagedPreset, effort: Effort) -> tuple[str, float]:
    """Train and judge; return a row's cells and the minutes of training."""
    corpus = build_corpus(dataset.rolls, dataset.names, preset, seed=0, splits=dataset.splits)
    with tempfile.TemporaryDirectory() as folder:
        minutes = train(corpus, preset, Path(folder), name=preset.name).seconds / 60
        result = evaluate(load_model(Path(folder)), corpus.valid, effort)
    likelihood = result.log_likelihood
    failed = ", ".join(check.name for check in likelihood.checks if not check.passed and check.name != "temperatures")
    cells = f"{likelihood.nats:.2f} ({likelihood.pessimistic_nats:.2f}) | {100 * result.accuracy_of_best_guess:.1f} %"
    return f"{cells} | {failed or 'passed'}", minutes


def main() -> None:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(description="What each part of the training recipe is worth.")
    parser.add_argument("data", type=Path, help="folder of the published data sets")
    parser.add_argument("--threads", type=int, default=1, help="of the scoring")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dataset = load_dataset(str(arguments.data / "jsb_chorales.npz"), steps_per_beat=1)
    effort = Effort(temperatures=500, check_frames=500, check_factor=4, check_sweeps=300, threads=arguments.threads)
    print(f"{machine()}; JSB, {EPOCHS} epochs, seed 0, validation split, {effort.temperatures} temperatures\n")
    print("| change | nats per frame (at worst) | accuracy | checks | minutes |\n|---|---|---|---|---|", flush=True)
    for name, change in CHANGES.items():
        cells, minutes = score(dataset, change(with_staged_epochs(REFERENCES["jsb"])), effort)
        print(f"| {name} | {cells} | {minutes:.1f} |", flush=True)


if __name__ == "__main__":
    main()
