"""Training speed beside a plain loop, as the 2012 tutorial's code does it.

    python -m benchmarks.training FOLDER

FOLDER holds nottingham.npz. All variants train the tutorial's model (150 hidden, 100 recurrent units, CD-15) on the
same tunes, in one run and on one core, in turn, several times. The plain loop is the tutorial's code translated to
torch: one chunk of a tune at a time, the recurrence a loop over its steps, Bernoulli draws, everything differentiated
by autograd. Ours is the `tutorial` preset, which makes the same updates; the batched one reads 32 tunes at a time, so
that its updates are fewer and larger.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import machine
from rnnrbm_live.io.datasets import load_dataset
from rnnrbm_live.model.corpus import Corpus, build_corpus
from rnnrbm_live.model.presets import Stage, StagedPreset, TutorialPreset
from rnnrbm_live.model.rnnrbm import RNNRBM, contrastive_cost, reconstruction_monitor
from rnnrbm_live.model.staged_trainer import StagedTrainer
from rnnrbm_live.model.tutorial_trainer import TutorialTrainer

SECONDS_EACH = 4.0
REPEATS = 5


def plain_loop(corpus: Corpus) -> Callable[[], int]:
    """Return an update as the tutorial's code makes it; it returns the frames it learned from."""
    preset = TutorialPreset()
    model = RNNRBM(corpus.config)
    model.initialise_tutorial(torch.Generator().manual_seed(0))
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=preset.learning_rate)
    chunks = (
        torch.from_numpy(piece.bits[first : first + preset.chunk_steps]).float()
        for piece in corpus.train
        for first in range(0, len(piece), preset.chunk_steps)
    )

    def update() -> int:
        v = next(chunks)
        rnn = model.recurrence
        states = [torch.zeros(corpus.config.n_recurrent)]
        for frame in v[:-1]:
            drive = rnn.bias_ih_l0 + rnn.weight_ih_l0 @ frame + rnn.weight_hh_l0 @ states[-1]
            states.append(torch.tanh(drive))
        b_v, b_h = model.biases(torch.stack(states))
        sample = v
        with torch.no_grad():
            for _ in range(preset.training_gibbs_steps):
                h = torch.bernoulli(torch.sigmoid(sample @ model.W + b_h))
                drive_v = h @ model.W.T + b_v
                sample = torch.bernoulli(torch.sigmoid(drive_v))
            reconstruction_monitor(v, drive_v)
        optimizer.zero_grad()
        torch.autograd.backward(contrastive_cost(v, sample, model.W, b_v, b_h))
        optimizer.step()
        return len(v)

    return update


def tutorial(corpus: Corpus) -> Callable[[], int]:
    """Return an update of the `tutorial` preset."""
    trainer = TutorialTrainer(corpus, TutorialPreset(), seed=0)
    updates = cycle(list(enumerate(trainer.plan_epoch(0))))

    def update() -> int:
        index, chunk = next(updates)
        return trainer.update(chunk, epoch=0, index=index, progress=0.0).frames

    return update


def batched(corpus: Corpus) -> Callable[[], int]:
    """Return an update over 32 tunes side by side."""
    stage = Stage("data", 1, 1e-3, 15, 15, dropout=0.0, input_dropout=0.0)
    config = replace(corpus.config, max_notes=12)
    preset = StagedPreset("batched", config, (stage,), lanes=32, chunk_steps=100)
    trainer = StagedTrainer(replace(corpus, config=config), preset, seed=0)
    updates = cycle(list(enumerate(trainer.plan_epoch(0))))

    def update() -> int:
        index, chunks = next(updates)
        return trainer.update(chunks, epoch=0, index=index, progress=0.0).frames

    return update


def frames_per_second(update: Callable[[], int], seconds: float) -> float:
    """Train for about so long."""
    started, frames = time.perf_counter(), 0
    while (spent := time.perf_counter() - started) < seconds:
        frames += update()
    return frames / spent


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Training speed beside a plain loop.")
    parser.add_argument("data", type=Path, help="folder of the published data sets")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dataset = load_dataset(str(arguments.data / "nottingham.npz"), steps_per_beat=2)
    corpus = build_corpus(dataset.rolls, dataset.names, TutorialPreset(), seed=0, splits=dataset.splits)
    variants = {
        "plain loop over chunks, as the tutorial's code": plain_loop,
        "`tutorial` preset, the same updates": tutorial,
        "32 tunes side by side": batched,
    }
    speeds: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(REPEATS):
        for name, make in variants.items():
            update = make(corpus)
            list(islice(iter(update, 0), 2))  # warm up
            speeds[name].append(frames_per_second(update, SECONDS_EACH))
    print(f"{machine()}; one thread, median of {REPEATS} and spread\n")
    print("| training, CD-15, 150 hidden | frames/s | epoch of Nottingham |\n|---|---|---|")
    for name, values in speeds.items():
        median = float(np.median(values))
        seconds = corpus.n_frames / median
        print(f"| {name} | {median:,.0f} ({min(values):,.0f} to {max(values):,.0f}) | {seconds:.1f} s |")


if __name__ == "__main__":
    main()
