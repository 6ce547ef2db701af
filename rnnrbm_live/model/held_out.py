"""Known music as a model sees it: each frame beside the biases that the true past gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from rnnrbm_live.model.corpus import Piece
from rnnrbm_live.model.lookback import echoes
from rnnrbm_live.model.rnnrbm import RNNRBM


@dataclass(frozen=True, eq=False)
class KnownFrames:
    """N frames of any pieces.

    Attributes:
        v: (N, V) the frames.
        previous: (N, V) the frame before each; silence before a piece.
        b_v: (N, V) biases that the frames before it give.
        b_h: (N, H) likewise.
    """

    v: Tensor
    previous: Tensor
    b_v: Tensor
    b_h: Tensor

    def __len__(self) -> int:
        """Return N."""
        return len(self.v)

    def __getitem__(self, frames: slice | Tensor) -> Self:
        """Return some of the frames."""
        return type(self)(self.v[frames], self.previous[frames], self.b_v[frames], self.b_h[frames])

    @classmethod
    @torch.no_grad()
    def of(cls, model: RNNRBM, pieces: Iterable[Piece]) -> Self:
        """Run the recurrence over whole pieces, each from the initial state."""
        parts = []
        for piece in pieces:
            v = torch.from_numpy(piece.bits).to(model.W).float()  # (T, V)
            contexts = torch.from_numpy(piece.contexts).to(v.device)
            first_state = model.initial_state(contexts[:1])  # (1, R)
            lags, alike = model.config.lookback_steps, piece.likeness(model.config)
            shown = torch.from_numpy(echoes(piece.bits, lags, alike)[1:-1]).to(v)  # (T-1, L V)
            states = model.recur(v[None, :-1], contexts[None, 1:], first_state, echoes=shown[None])  # (1, T-1, R)
            biases = model.biases(torch.cat((first_state[:, None], states), dim=1)[0])  # (T, V), (T, H)
            parts.append((v, torch.cat((torch.zeros_like(v[:1]), v[:-1])), *biases))
        return cls(*(torch.cat(rows) for rows in zip(*parts, strict=True)))
