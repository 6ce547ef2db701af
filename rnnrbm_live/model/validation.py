"""Two honest figures on held-out music, cheap enough to be taken while training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from rnnrbm_live.model.corpus import Piece
from rnnrbm_live.model.held_out import KnownFrames
from rnnrbm_live.model.nade import RNNNADE
from rnnrbm_live.model.partition import FrameRBMs, annealed_log_partition, base_rates
from rnnrbm_live.model.rnnrbm import RNNRBM, free_energy, gibbs_chain
from rnnrbm_live.model.training_step import keyed_generator

ACCURACY_FRAMES = 4000
LIKELIHOOD_FRAMES = 200
LIKELIHOOD_TEMPERATURES = 500
LIKELIHOOD_CHAINS = 4
LEAST_EFFECTIVE_SHARE = 0.6
"""Below this share of chains that count, the annealing is not believed: the RBMs are too sharp for it."""


@dataclass(frozen=True)
class HeldOutLikelihood:
    """A rough log-likelihood of held-out frames.

    Attributes:
        nats: mean log P(frame | past); exact for an RNN-NADE, else a short annealing's, which flatters.
        credible: whether the annealing's chains agree and the figure is possible at all.
    """

    nats: float
    credible: bool


@torch.no_grad()
def sampled_accuracy(model: RNNRBM, pieces: Sequence[Piece], *, generator: torch.Generator) -> float | None:
    """Score one sampled frame per held-out frame, given the true past: sum TP / sum (TP + FP + FN).

    Chains start and run as they do when playing (`chain_start`, `gibbs_steps`, `max_notes`). A sample need not hit
    the one frame that the composer wrote, so 1 is out of reach; what matters is whether the figure rises. It is no
    likelihood.

    Args:
        model: with the weights to score.
        pieces: held-out pieces; as many as fit into `ACCURACY_FRAMES`, at least one.
        generator: of all draws, on the model's device.

    Returns:
        a share from 0 to 1, or None if there are no pieces.
    """
    if not pieces:
        return None
    frames = KnownFrames.of(model, _first_pieces(pieces))
    if isinstance(model, RNNNADE):
        sample = model.sample(frames.b_v, frames.b_h, generator=generator)
    else:
        start = frames.previous if model.config.chain_start == "previous" else torch.zeros_like(frames.v)
        steps = model.config.gibbs_steps
        sample, _ = gibbs_chain(
            start,
            model.W,
            frames.b_v,
            frames.b_h,
            steps=steps,
            generator=generator,
            most_notes=model.config.max_notes,
        )
    return frame_accuracy(sample, frames.v)


def frame_accuracy(estimate: torch.Tensor, truth: torch.Tensor) -> float:
    """Return sum TP / sum (TP + FP + FN) of bits, as mir_eval's multipitch accuracy; 1 where there are none."""
    hits = float((estimate * truth).sum())
    return hits / union if (union := float(torch.maximum(estimate, truth).sum())) else 1.0


@torch.no_grad()
def held_out_likelihood(model: RNNRBM, pieces: Sequence[Piece], *, seed: int) -> HeldOutLikelihood | None:
    """Score the same `LIKELIHOOD_FRAMES` random frames of held-out pieces each time; None if there are no pieces."""
    if not pieces:
        return None
    frames = KnownFrames.of(model, pieces)
    chosen = torch.randperm(len(frames), generator=keyed_generator(seed))[:LIKELIHOOD_FRAMES]
    frames = frames[chosen.to(model.W.device)]
    if isinstance(model, RNNNADE):
        return HeldOutLikelihood(float(model.log_likelihood(frames.v, frames.b_v, frames.b_h).mean()), credible=True)
    rbms = FrameRBMs(model.W, frames.b_v, frames.b_h)
    estimate = annealed_log_partition(
        rbms,
        base_rates(rbms, seed=seed),
        temperatures=LIKELIHOOD_TEMPERATURES,
        chains=LIKELIHOOD_CHAINS,
        seed=seed,
    )
    energy = free_energy(frames.v, model.W, frames.b_v, frames.b_h).double()
    nats = float((-energy - estimate.log_z).mean())
    effective = float(estimate.effective_share.mean())
    return HeldOutLikelihood(nats, credible=nats < 0 and effective >= LEAST_EFFECTIVE_SHARE)


def _first_pieces(pieces: Sequence[Piece]) -> list[Piece]:
    chosen, frames = [pieces[0]], len(pieces[0])
    for piece in pieces[1:]:
        frames += len(piece)
        if frames > ACCURACY_FRAMES:
            break
        chosen.append(piece)
    return chosen
