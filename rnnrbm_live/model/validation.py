"""One honest figure on held-out music, cheap enough for every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnrbm_live.model.corpus import Piece
from rnnrbm_live.model.rnnrbm import RNNRBM, gibbs_chain

VALIDATION_FRAMES = 4000


@torch.no_grad()
def sampled_accuracy(model: RNNRBM, pieces: Sequence[Piece], *, generator: torch.Generator) -> float | None:
    """Score one sampled frame per held-out frame, given the true past: sum TP / sum (TP + FP + FN).

    Chains start and run as they do when playing (`chain_start`, `gibbs_steps`). A sample need not hit the one
    frame that the composer wrote, so 1 is out of reach; what matters is whether the figure rises. It is no
    likelihood.

    Args:
        model: with the weights to score.
        pieces: held-out pieces; as many as fit into `VALIDATION_FRAMES`, at least one.
        generator: of all draws.

    Returns:
        a share from 0 to 1, or None if there are no pieces.
    """
    hits = misses = frames = 0.0
    for piece in pieces:
        if frames and frames + len(piece) > VALIDATION_FRAMES:
            break
        frames += len(piece)
        v = torch.from_numpy(piece.bits).float()  # (T, V)
        sample = _sample_frames(model, v, torch.from_numpy(piece.contexts), generator)
        hits += float((sample * v).sum())
        misses += float((sample - v).abs().sum())
    return hits / max(1.0, hits + misses) if pieces else None


def _sample_frames(model: RNNRBM, v: Tensor, contexts: Tensor, generator: torch.Generator) -> Tensor:
    """Draw each frame of a piece given the true frames before it, (T, V)."""
    first_state = model.initial_state(contexts[:1])  # (1, R)
    states = model.recur(v[None, :-1], contexts[None, 1:], first_state)  # (1, T-1, R)
    b_v, b_h = model.biases(torch.cat((first_state[:, None], states), dim=1)[0])  # (T, V), (T, H)
    start = torch.zeros_like(v)
    if model.config.chain_start == "previous":
        start[1:] = v[:-1]
    return gibbs_chain(start, model.W, b_v, b_h, steps=model.config.gibbs_steps, generator=generator)[0]
