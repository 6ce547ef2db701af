"""The RNN-NADE: the same recurrence with a conditional whose likelihood is exact.

References:
    [BL] see `rnnrbm`; section 5 proposes the RNN-NADE.
    [LM] H. Larochelle, I. Murray: The neural autoregressive distribution estimator. AISTATS 2011.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.rnnrbm import RNNRBM


class RNNNADE(RNNRBM):
    """An RNN-RBM whose RBM is replaced by a NADE with the same biases.

        h_i = sigmoid(b_h(t) + sum_{j<i} v_j W_j)        P(v_i = 1 | v_<i) = sigmoid(b_v(t)_i + h_i . W_out_i)

    ([LM] eq. 3, 4; keys from low to high.)

    Attributes:
        W_out: (V, H), beside the parameters of `RNNRBM`.
    """

    def __init__(self, config: ModelConfig) -> None:
        """Make the parameters, all zero."""
        super().__init__(config)
        self.W_out = nn.Parameter(torch.zeros_like(self.W))

    def initialise_staged(self, base_rates: Tensor, generator: torch.Generator) -> None:
        """See `RNNRBM.initialise_staged`."""
        super().initialise_staged(base_rates, generator)
        with torch.no_grad():
            self.W_out.normal_(0, 0.05, generator=generator)

    def log_likelihood(self, v: Tensor, b_v: Tensor, b_h: Tensor) -> Tensor:
        """Log P(v) of each frame, exact: see `nade_log_likelihood`."""
        return nade_log_likelihood(v, self.W, self.W_out, b_v, b_h)

    @torch.no_grad()
    def sample(self, b_v: Tensor, b_h: Tensor, *, generator: torch.Generator) -> Tensor:
        """Draw a frame for each row of biases, (N, V) of 0.0 and 1.0."""
        v = torch.zeros_like(b_v)
        drive = b_h.clone()  # (N, H)
        noise = torch.rand(b_v.shape, generator=generator, device=b_v.device)
        for unit in range(self.config.n_visible):
            logit = b_v[:, unit] + torch.sigmoid(drive) @ self.W_out[unit]
            v[:, unit] = (torch.sigmoid(logit) > noise[:, unit]).float()
            drive += v[:, unit, None] * self.W[unit]
        return v


def nade_log_likelihood(v: Tensor, W: Tensor, W_out: Tensor, b_v: Tensor, b_h: Tensor) -> Tensor:
    """Log P(v) of each frame under a NADE, exact.

    h_i changes only after a unit that is on, so a frame with m notes has m + 1 different ones.

    Args:
        v: (N, V) bits.
        W: (V, H) into the hidden units.
        W_out: (V, H) out of them.
        b_v: (N, V).
        b_h: (N, H).

    Returns:
        (N,) nats
    """
    n_visible = len(W)
    on_before = (v.cumsum(1) - v).long()  # (N, V), how many units below are on
    most = int(v.sum(1).max())  # M
    frames, units = v.nonzero(as_tuple=True)
    nth_on = torch.full((len(v), most), n_visible, device=v.device)  # (N, M); V stands for none
    nth_on[frames, on_before[frames, units]] = units
    rows = functional.embedding(nth_on, functional.pad(W, (0, 0, 0, 1)))  # (N, M, H)
    first = b_h[:, None]  # (N, 1, H)
    h = torch.sigmoid(torch.cat((first, first + rows.cumsum(1)), dim=1))  # (N, M + 1, H)
    logits = b_v + (h @ W_out.T).gather(1, on_before[:, None])[:, 0]  # (N, V)
    return -functional.softplus(torch.where(v > 0, -logits, logits)).sum(1)
