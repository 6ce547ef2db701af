"""`rnnrbm-live train`: data set, preset and trainer wired together, with a progress bar."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from rnnrbm_live.io.datasets import Dataset, load_dataset
from rnnrbm_live.model.build import training_device
from rnnrbm_live.model.corpus import build_corpus
from rnnrbm_live.model.presets import Preset, TutorialPreset, find_preset, with_epochs
from rnnrbm_live.model.train import Progress, train

STOPPED = 130  # exit code, as of a program that Ctrl+C ended


def train_from_command(
    data: str, *, preset_name: str, folder: Path, epochs: int | None, seed: int, device: str, threads: int, resume: bool
) -> int:
    """Train, showing progress; return the exit code: 0, or 130 if it was stopped and can be gone on with.

    Raises:
        RNNRBMError: for data, a preset, a device or a folder that cannot be used.
    """
    device = training_device(device)
    preset = find_preset(preset_name)
    if epochs is not None:
        preset = with_epochs(preset, epochs)
    torch.set_num_threads(threads)
    dataset = _load(data, preset)
    corpus = build_corpus(dataset.rolls, dataset.names, preset, seed=seed, splits=dataset.splits)
    print(
        f"{len(corpus.train)} pieces to train on, {len(corpus.valid)} held out,"
        f" {len(dataset.skipped) + len(corpus.skipped)} left out"
    )
    command = f"rnnrbm-live train {shlex.quote(data)} --preset {preset_name} --out {shlex.quote(folder.name)}"
    command += (
        f" --epochs {epochs}" * (epochs is not None) + f" --seed {seed}" + f" --threads {threads}" * (threads != 1)
    )
    bar_format = "{desc} {percentage:3.0f}%|{bar}|{postfix}"
    with tqdm(total=1.0, bar_format=bar_format, file=sys.stderr, disable=None) as bar:
        result = train(
            corpus,
            preset,
            folder,
            name=folder.resolve().name,
            seed=seed,
            device=device,
            resume=resume,
            data_facts={"source": dataset.source, "licence": dataset.licence},
            command=command,
            progress=lambda progress: _show(bar, progress),
        )
    if not result.finished:
        print(f"Stopped after {result.epochs} epochs; {folder} is saved.", file=sys.stderr)
        print("To go on, give the same command again with --resume.", file=sys.stderr)
        return STOPPED
    use = f"play it with: rnnrbm-live --model {folder}"
    if corpus.config.conditional != "rbm":
        use = f"judge it with: rnnrbm-live evaluate {folder} {shlex.quote(data)}"
    print(f"{folder}: trained for {result.seconds / 60:.1f} minutes; {use}")
    return 0


def _load(data: str, preset: Preset) -> Dataset:
    with tqdm(total=1, desc=f"reading {data}", unit=" files", file=sys.stderr, leave=False, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        if isinstance(preset, TutorialPreset):
            dataset = load_dataset(data, step_seconds=preset.step_seconds, progress=show)
        else:
            dataset = load_dataset(data, steps_per_beat=preset.config.steps_per_beat, progress=show)
    for skipped in dataset.skipped:
        print(f"left out {skipped.name}: {skipped.reason}", file=sys.stderr)
    return dataset


def _show(bar: tqdm[None], progress: Progress) -> None:
    accuracy = "" if progress.accuracy is None else f", held-out accuracy {100 * progress.accuracy:.1f} %"
    if progress.log_likelihood is not None:
        accuracy += f", held-out log-likelihood {progress.log_likelihood:.2f}"
    minutes, seconds = divmod(round(progress.seconds_left), 60)
    bar.set_description_str(f"{progress.stage} {progress.epoch}/{progress.epochs}", refresh=False)
    bar.set_postfix_str(f"monitor {progress.monitor:.3f}{accuracy}, {minutes}:{seconds:02d} left", refresh=False)
    bar.update(progress.done - bar.n)
    if progress.epoch_ended:
        bar.write(f"epoch {progress.epoch}: monitor {progress.monitor:.3f}{accuracy}")
