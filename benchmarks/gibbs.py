"""How far k Gibbs sweeps are from the distribution they are meant to draw from.

    python -m benchmarks.gibbs MODEL DATA

For held-out frames, given the true past, many chains are run from zeros, from the previous frame, and from zeros at a
temperature that falls to 1. After k sweeps their samples are compared with samples of annealed importance sampling,
weighted, which are the distribution itself as nearly as it can be had: how much the rates of the bits differ (summed
over bits, half of it: notes on too many or too few, per frame), and how far the mean free energy is off, in nats.
"Itself" is the difference between two such sets of reference samples: the noise of the comparison.

Where voices compete, the chain that plays is no RBM's and annealing knows nothing of it. It is compared with where it
leads itself: with its own samples after a long run, from zeros and from the music.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from rnnrbm_live.core.frame import N_PITCHES
from rnnrbm_live.evaluation import held_out_pieces, load_for
from rnnrbm_live.model.build import load_model
from rnnrbm_live.model.checkpoint import load_card
from rnnrbm_live.model.held_out import KnownFrames
from rnnrbm_live.model.partition import FrameRBMs, annealed_samples, base_rates
from rnnrbm_live.model.rnnrbm import (
    RNNRBM,
    free_energy,
    gibbs_chain,
    hidden_probabilities,
    visible_probabilities,
)
from rnnrbm_live.model.training_step import keyed_generator
from rnnrbm_live.places import model_library

FRAMES = 100
CHAINS = 32
TEMPERATURES = 2000
SWEEPS = (1, 5, 25, 100, 400)
HOT = 2.0
STARTS = ("zeros", "previous frame", "zeros, annealed")
LONG_RUN = 4000


def chains_after(model: RNNRBM, frames: KnownFrames, start: str) -> Iterator[tuple[int, Tensor]]:
    """Run chains; yield (k, samples (N, M, V)) at each k of `SWEEPS`. An annealed run is a new one for each k."""
    generator = keyed_generator(1)
    b_v = frames.b_v.repeat_interleave(CHAINS, 0)
    b_h = frames.b_h.repeat_interleave(CHAINS, 0)

    def sweep(v: Tensor, temperature: float = 1.0) -> Tensor:
        W = model.W / temperature
        mean_h = hidden_probabilities(v, W, b_h / temperature)
        h = (torch.rand(mean_h.shape, generator=generator) < mean_h).float()
        mean_v = visible_probabilities(h, W, b_v / temperature)
        return (torch.rand(mean_v.shape, generator=generator) < mean_v).float()

    v = torch.zeros_like(b_v)
    if start == "previous frame":
        v = frames.previous.repeat_interleave(CHAINS, 0)
    done = 0
    for steps in SWEEPS:
        if start.endswith("annealed"):
            v = torch.zeros_like(b_v)
            for index in range(steps):
                v = sweep(v, max(1.0, HOT - 1.5 * (HOT - 1) * index / steps))
        else:
            for _ in range(steps - done):
                v = sweep(v)
            done = steps
        yield steps, v.view(len(frames), CHAINS, -1)


def competing_after(model: RNNRBM, frames: KnownFrames, start: Tensor, sweeps: Sequence[int]) -> Iterator[Tensor]:
    """Run the chain that plays, from (N, V); yield samples (N, M, V) at each number of sweeps."""
    generator = keyed_generator(2)
    v, b_v, b_h = (rows.repeat_interleave(CHAINS, 0) for rows in (start, frames.b_v, frames.b_h))
    for steps in (later - earlier for earlier, later in pairwise((0, *sweeps))):
        v, _ = gibbs_chain(v, model.W, b_v, b_h, steps=steps, generator=generator, most_notes=model.config.max_notes)
        yield v.view(len(frames), CHAINS, -1)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="How far k Gibbs sweeps are from the distribution itself.")
    parser.add_argument("model", help="name or folder")
    parser.add_argument("data", help="as for rnnrbm-live evaluate")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = model_library().find(arguments.model)
    card, model = load_card(folder), load_model(folder)
    pieces, _ = held_out_pieces(card, load_for(card, arguments.data), None)
    with torch.no_grad():
        frames = KnownFrames.of(model, pieces)
        frames = frames[torch.randperm(len(frames), generator=keyed_generator(0))[:FRAMES]]
        rbms = FrameRBMs(model.W, frames.b_v, frames.b_h)
        base = base_rates(rbms, seed=0, threads=arguments.threads)

        def summary(samples: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
            """Return rates, (N, V), and mean free energies, (N,)."""
            energy = free_energy(samples, model.W, frames.b_v[:, None], frames.b_h[:, None])
            return (samples * weights[..., None]).sum(1), (energy * weights).sum(1)

        def reference(seed: int) -> tuple[Tensor, Tensor]:
            return summary(
                *annealed_samples(
                    rbms, base, temperatures=TEMPERATURES, chains=CHAINS, seed=seed, threads=arguments.threads
                )
            )

        def compare(found: tuple[Tensor, Tensor]) -> str:
            rates = (found[0] - truth[0]).abs().sum(1).mean() / 2
            return f"{float(rates):.2f} / {float((found[1] - truth[1]).mean()):+.2f}"

        truth = reference(1)
        print(f"{folder.name}: {len(frames)} held-out frames, {CHAINS} chains each; it was trained for k =", end=" ")
        print(f"{card.config.gibbs_steps} from {card.config.chain_start}; itself {compare(reference(2))}\n")
        print("| k | " + " | ".join(STARTS) + " |\n|---|---|---|---|")
        equal = torch.full((len(frames), CHAINS), 1 / CHAINS)
        columns = [[compare(summary(v, equal)) for _, v in chains_after(model, frames, start)] for start in STARTS]
        for steps, *cells in zip(SWEEPS, *columns, strict=True):
            print(f"| {steps} | " + " | ".join(cells) + " |")
        if model.config.max_notes == N_PITCHES:
            return
        silence = torch.zeros_like(frames.v)
        (far,), (near,) = (list(competing_after(model, frames, start, (LONG_RUN,))) for start in (silence, frames.v))
        truth = summary(far, equal)
        print(
            f"\nWith at most {model.config.max_notes} notes in each sweep, as it plays, against {LONG_RUN} such",
            end=" ",
        )
        print(f"sweeps from zeros; as many from the music differ by {compare(summary(near, equal))}\n")
        print("| k | zeros | previous frame |\n|---|---|---|")
        columns = [
            [compare(summary(v, equal)) for v in competing_after(model, frames, start, SWEEPS)]
            for start in (silence, frames.previous)
        ]
        for steps, *cells in zip(SWEEPS, *columns, strict=True):
            print(f"| {steps} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
