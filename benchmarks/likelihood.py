"""The results table: test log-likelihoods of the shipped reference models beside the published ones.

    python -m benchmarks.likelihood FOLDER --threads 2

FOLDER holds the published data sets as jsb_chorales.npz, nottingham.npz, musedata.npz and piano_midi.npz, each with its
splits. Nothing is trained: models/reference/ holds the models, each with the command that made it in its card. Some
hours on two cores, minutes on an NVIDIA GPU; --card writes the figures into the cards, --temperatures 100 is a quick
look.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks.machine import machine
from rnnrbm_live.core.resources import models_path
from rnnrbm_live.evaluation import held_out_pieces, load_for
from rnnrbm_live.model.build import load_model, training_device
from rnnrbm_live.model.checkpoint import CARD_FILE, load_card, save_card
from rnnrbm_live.model.evaluate import Effort, Evaluation, evaluate


@dataclass(frozen=True)
class Published:
    """Nats per frame on the test split, as published, and frame-level accuracy in per cent.

    RNN-RBM, RTRBM and RNN-NADE (trained with Hessian-free optimisation): Boulanger-Lewandowski et al. 2012, table 1.
    The RBMs' figures are estimates of annealed importance sampling without published checks; the NADE's are exact. DMM:
    Krishnan, Shalit, Sontag, AAAI 2017, an importance-sampling estimate.
    """

    name: str
    archive: str
    model: str
    rnn_rbm: float
    rtrbm: float
    rnn_nade: float
    dmm: float
    accuracy: float
    temperatures: int = 1000  # of the annealing; more where the RBM is sharper


SETS = (
    Published("JSB chorales", "jsb_chorales.npz", "jsb", -6.27, -6.35, -5.56, -6.39, 33.12),
    Published("Nottingham", "nottingham.npz", "nottingham", -2.39, -2.62, -2.31, -2.77, 75.40, temperatures=3000),
    Published(
        "Nottingham, looking back",
        "nottingham.npz",
        "nottingham-lookback",
        -2.39,
        -2.62,
        -2.31,
        -2.77,
        75.40,
    ),
    Published("MuseData", "musedata.npz", "musedata", -6.01, -6.35, -5.60, -6.83, 34.02),
    Published("Piano-midi.de", "piano_midi.npz", "piano-midi", -7.09, -7.36, -7.05, -7.84, 28.92),
)


def score(folder: Path, archive: Path, effort: Effort, device: str, *, write_card: bool) -> Evaluation:
    """Evaluate one model on the test split."""
    card = load_card(folder)
    pieces, _ = held_out_pieces(card, load_for(card, str(archive)), "test")
    with tqdm(
        total=1.0, bar_format="{desc} {percentage:3.0f}%|{bar}|", file=sys.stderr, leave=False, disable=None
    ) as bar:

        def show(what: str, share: float) -> None:
            bar.set_description_str(f"{folder.name}: {what}", refresh=False)
            bar.n = min(share, 1.0)
            bar.refresh()

        result = evaluate(load_model(folder).to(device), pieces, effort, report=show)
    if write_card:
        how = f"python -m benchmarks.likelihood, test split of {archive.name}, {effort.temperatures} temperatures"
        metrics = {**card.metrics, "test": {**result.to_json(), "how": how}}
        save_card(folder, replace(card, metrics=metrics))
    return result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Test log-likelihoods of the reference models.")
    parser.add_argument("data", type=Path, help="folder of the published data sets")
    parser.add_argument("--models", type=Path, default=models_path() / "reference", help="default: the shipped ones")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="on the CPU")
    parser.add_argument("--temperatures", type=int, help="of the annealing (default: each set's own)")
    parser.add_argument("--only", choices=[published.model for published in SETS], help="one set")
    parser.add_argument("--card", action="store_true", help="write the figures into the models' cards")
    arguments = parser.parse_args()
    device = training_device(arguments.device)
    torch.set_num_threads(1)
    started = time.monotonic()
    rows, details = [], []
    for published in SETS:
        if arguments.only not in (None, published.model):
            continue
        effort = Effort(temperatures=arguments.temperatures or published.temperatures, threads=arguments.threads)
        rbm, nade = (
            score(folder, arguments.data / published.archive, effort, device, write_card=arguments.card)
            if (folder / CARD_FILE).is_file()
            else None
            for folder in (arguments.models / published.model, arguments.models / f"{published.model}-nade")
        )
        if rbm is None:
            continue
        likelihood = rbm.log_likelihood
        exact = f"{nade.log_likelihood.nats:.2f}" if nade else "not trained"
        rows.append(
            f"| {published.name} | **{likelihood.nats:.2f}** ({likelihood.pessimistic_nats:.2f}) "
            f"| {published.rnn_rbm:.2f} | {exact} | {published.rnn_nade:.2f} "
            f"| {published.rtrbm:.2f} | {published.dmm:.2f} "
            f"| {100 * rbm.accuracy:.1f} / {100 * rbm.accuracy_of_best_guess:.1f} % | {published.accuracy:.1f} % |"
        )
        details.append(f"{published.name}, RNN-RBM\n{rbm.table()}\n")
        if nade:
            details.append(f"{published.name}, RNN-NADE\n{nade.table()}\n")
    print(f"{machine(device)}; {(time.monotonic() - started) / 60:.0f} minutes\n")
    print(
        "| test split | our RNN-RBM (at worst) | RNN-RBM 2012 | our RNN-NADE | RNN-NADE 2012 | RTRBM 2012 | DMM 2017 "
        "| our accuracy, sampled / best guess | accuracy 2012 |\n|---|---|---|---|---|---|---|---|---|"
    )
    print("\n".join(rows))
    print("\n" + "\n".join(details))


if __name__ == "__main__":
    main()
