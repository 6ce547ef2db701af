"""The RNN-RBM: an RBM at each step whose biases a recurrent network sets.

References:
    [BL] N. Boulanger-Lewandowski, Y. Bengio, P. Vincent: Modeling temporal dependencies in high-dimensional
         sequences: application to polyphonic music generation and transcription. ICML 2012.
    [T]  The deeplearning.net tutorial "Modeling and generating sequences of polyphonic music with the
    RNN-RBM".

Letters: B sequences at a time, T steps, N frames of any origin, V visible, H hidden, R recurrent units,
C inputs for the place in bar and phrase, L lookbacks. `v` is a row of bits; `W` is (V, H) as in [T].
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnrbm_live.core.frame import N_PITCHES
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.recurrence import GRURecurrence, TanhRecurrence


class RNNRBM(nn.Module):
    """The parameters, and the biases that they give at each step of known music.

        b_v(t) = b_v + u(t-1) W_uv        b_h(t) = b_h + u(t-1) W_uh          [BL] eq. 8, 9
        u(t)   = tanh(b_u + u(t-1) W_uu + v(t) W_vu)                          [BL] eq. 11

    With ``config.rnn == "gru"`` a gated recurrent unit takes the place of the last line. Where places and lookbacks
    are inputs, the recurrence's input at t is [v(t), echoes of t+1 (see `lookback`), onehot(bar position of t+1),
    onehot(beats to its phrase's end)], so that the biases of t+1 know where in bar and phrase they are; the first step
    is told its place by one update with a silent frame from the learned `u0`. Else the state before the first step is
    `u0` itself, which starts at zeros.

    Attributes:
        W: (V, H). b_v: (V,). b_h: (H,). W_uv: (R, V). W_uh: (R, H). u0: (R,), the state before any music.
        recurrence: W_vu is its `weight_ih_l0` (R or 3R, (1 + L) V + C), W_uu its `weight_hh_l0`, b_u its
            `bias_ih_l0`.
    """

    def __init__(self, config: ModelConfig) -> None:
        """Make the parameters, all zero; `initialise_tutorial` or `initialise_staged` fills them."""
        super().__init__()
        self.config = config
        n_visible, n_hidden, n_recurrent = config.n_visible, config.n_hidden, config.n_recurrent
        self.W = nn.Parameter(torch.zeros(n_visible, n_hidden))
        self.b_v = nn.Parameter(torch.zeros(n_visible))
        self.b_h = nn.Parameter(torch.zeros(n_hidden))
        self.W_uv = nn.Parameter(torch.zeros(n_recurrent, n_visible))
        self.W_uh = nn.Parameter(torch.zeros(n_recurrent, n_hidden))
        self.u0 = nn.Parameter(torch.zeros(n_recurrent))
        recurrence = {"tanh": nn.RNN, "gru": nn.GRU}[config.rnn]
        self.recurrence = recurrence(config.n_input, n_recurrent, batch_first=True)
        for parameter in self.recurrence.parameters():
            nn.init.zeros_(parameter)
        if config.rnn == "tanh":  # torch adds two biases where the paper has one
            self.recurrence.bias_hh_l0.requires_grad_(False)

    def initialise_tutorial(self, generator: torch.Generator) -> None:
        """Draw W from N(0, 0.01), all other weights from N(0, 0.0001), biases zero, u0 fixed at zero: [T]."""
        with torch.no_grad():
            self.W.normal_(0, 0.01, generator=generator)
            for weight in (self.W_uv, self.W_uh, self.recurrence.weight_ih_l0, self.recurrence.weight_hh_l0):
                weight.normal_(0, 0.0001, generator=generator)
        self.u0.requires_grad_(False)

    def initialise_staged(self, base_rates: Tensor, generator: torch.Generator) -> None:
        """Draw weights for high learning rates; b_v starts at the logit of how often each bit is on.

        Args:
            base_rates: (V,) share of training frames with the bit on.
            generator: of all draws.
        """
        with torch.no_grad():
            self.W.normal_(0, 0.05, generator=generator)
            self.W_uv.normal_(0, 0.01, generator=generator)
            self.W_uh.normal_(0, 0.01, generator=generator)
            bound = self.config.n_recurrent**-0.5
            for parameter in self.recurrence.parameters():
                if parameter.requires_grad:
                    parameter.uniform_(-bound, bound, generator=generator)
            self.b_v.copy_(torch.logit(base_rates.clamp(1e-4, 1 - 1e-4)))

    def initial_state(self, contexts: Tensor) -> Tensor:
        """Return the state before each sequence's first step.

        Args:
            contexts: (B,) place of the first step, as `ModelConfig.context_index` numbers them.

        Returns:
            (B, R)
        """
        u0 = self.u0.expand(len(contexts), -1)
        if not self.config.n_context:
            return u0
        silence = contexts.new_zeros(len(contexts), 1, self.config.n_visible, dtype=u0.dtype)
        return self.recur(silence, contexts[:, None], u0)[:, 0]

    def recur(
        self,
        v: Tensor,
        next_contexts: Tensor,
        u: Tensor,
        *,
        echoes: Tensor | None = None,
        input_mask: Tensor | None = None,
    ) -> Tensor:
        """Run the recurrence over known frames.

        Args:
            v: (B, T, V) frames; T may be 0.
            next_contexts: (B, T) place of the step after each frame; not read where places are no input.
            u: (B, R) state before the first frame.
            echoes: (B, T, L V) from `lookback.echoes`, of the frame after each; none means silence, and they are not
                read by a model that does not look back.
            input_mask: what frames and echoes are multiplied by, for dropout; any shape that fits (B, T, (1 + L) V).

        Returns:
            (B, T, R) state after each frame.
        """
        if not v.shape[1]:  # torch refuses sequences of no steps
            return u.new_zeros(len(u), 0, self.config.n_recurrent)
        rows = v
        if self.config.lookback_beats:
            silence = v.new_zeros(*v.shape[:2], len(self.config.lookback_beats) * self.config.n_visible)
            rows = torch.cat((v, silence if echoes is None else echoes), dim=2)
        if input_mask is not None:
            rows = rows * input_mask
        if self.config.n_context:
            n_bar, n_phrase = self.config.n_bar_positions, self.config.phrase_beats
            place = functional.one_hot(next_contexts % n_bar, n_bar)
            if n_phrase:
                place = torch.cat((place, functional.one_hot(next_contexts // n_bar, n_phrase)), dim=2)
            rows = torch.cat((rows, place.to(v.dtype)), dim=2)  # (B, T, (1 + L) V + C)
        rnn = self.recurrence
        if u.is_cuda:
            return rnn(rows, u[None].contiguous())[0]  # type: ignore[no-any-return]  # torch leaves modules untyped
        x = rows @ rnn.weight_ih_l0.T + rnn.bias_ih_l0  # (B, T, R), or 3 R for the GRU's gates
        if self.config.rnn == "tanh":  # torch leaves `apply` bare
            return TanhRecurrence.apply(x + rnn.bias_hh_l0, rnn.weight_hh_l0, u)  # type: ignore[no-any-return, no-untyped-call]
        return GRURecurrence.apply(x, rnn.weight_hh_l0, rnn.bias_hh_l0, u)  # type: ignore[no-any-return, no-untyped-call]

    def biases(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """Return b_v(t), (..., V), and b_h(t), (..., H), from states u(t-1), (..., R): [BL] eq. 8, 9."""
        return self.b_v + u @ self.W_uv, self.b_h + u @ self.W_uh


def free_energy(v: Tensor, W: Tensor, b_v: Tensor, b_h: Tensor) -> Tensor:
    """F(v) = -b_v.v - sum softplus(b_h + v W), [BL] eq. 4, so that P(v) is proportional to exp(-F(v)).

    The tutorial's log(1 + exp(x)) overflows at x = 89; softplus does not.

    Args:
        v: (..., V) bits.
        W: (V, H).
        b_v: (..., V) or (V,).
        b_h: (..., H) or (H,).

    Returns:
        (...,) nats
    """
    return -(b_v * v).sum(-1) - functional.softplus(v @ W + b_h).sum(-1)


def hidden_probabilities(v: Tensor, W: Tensor, b_h: Tensor) -> Tensor:
    """P(h = 1 | v) = sigmoid(b_h + v W), (..., H): [BL] eq. 2."""
    return torch.sigmoid(v @ W + b_h)


def visible_probabilities(h: Tensor, W: Tensor, b_v: Tensor) -> Tensor:
    """P(v = 1 | h) = sigmoid(b_v + h W'), (..., V): [BL] eq. 3."""
    return torch.sigmoid(h @ W.T + b_v)


def gibbs_chain(
    v: Tensor,
    W: Tensor,
    b_v: Tensor,
    b_h: Tensor,
    *,
    steps: int,
    generator: torch.Generator,
    most_notes: int = N_PITCHES,
) -> tuple[Tensor, Tensor]:
    """Run N chains of block Gibbs sampling side by side.

    Args:
        v: (N, V) where the chains start.
        W: (V, H).
        b_v: (N, V) or (V,).
        b_h: (N, H) or (H,).
        steps: k sweeps, each h given v, then v given h.
        generator: of all draws, on the chains' device.
        most_notes: sounding bits that may be 1 after each sweep, see `limit_notes`; 88 is no limit.

    Returns:
        v after k sweeps, (N, V) of 0.0 and 1.0, and the logit of P(v = 1 | h) of the last one, (N, V).
    """
    drive_v = v
    for _ in range(steps):
        mean_h = hidden_probabilities(v, W, b_h)
        h = (torch.rand(mean_h.shape, generator=generator, dtype=v.dtype, device=v.device) < mean_h).to(v.dtype)
        drive_v = b_v + h @ W.T
        chance = torch.rand(drive_v.shape, generator=generator, dtype=v.dtype, device=v.device)
        v = (chance < torch.sigmoid(drive_v)).to(v.dtype)
        if most_notes < N_PITCHES:
            limit_notes(v, drive_v - torch.logit(chance), most_notes)
    return v, drive_v


def limit_notes(v: Tensor, margin: Tensor, most_notes: int) -> None:
    """Leave on, of the sounding bits, those whose drive exceeds its logistic noise by most.

    Args:
        v: (N, V) bits, changed in place.
        margin: (N, V) drive minus noise.
        most_notes: how many may stay; fewer than 88.
    """
    notes = margin[:, :N_PITCHES]
    v[:, :N_PITCHES] *= notes > notes.topk(most_notes + 1, dim=1).values[:, -1:]


def contrastive_cost(data: Tensor, sample: Tensor, W: Tensor, b_v: Tensor, b_h: Tensor) -> Tensor:
    """Mean of F(data) - F(sample), nats: its gradient, sample held fixed, is CD's ([BL] eq. 5, [T]).

    Args:
        data: (N, V) training frames.
        sample: (N, V) the chains' ends; no gradient flows into them.
        W: (V, H).
        b_v: (N, V).
        b_h: (N, H).
    """
    both = torch.stack((data, sample.detach()))  # (2, N, V): one pass costs less than two
    of_data, of_sample = free_energy(both, W, b_v, b_h)
    cost: Tensor = (of_data - of_sample).mean()
    return cost


def reconstruction_monitor(data: Tensor, drive_v: Tensor) -> Tensor:
    """The tutorial's monitor: sum over bits of v log p + (1 - v) log(1 - p), mean over frames, nats.

    It scores how well a Gibbs chain that started at a frame gives the frame back; it is no log-likelihood. From the
    logits of p it stays finite, where the tutorial's own log shows -inf.
    """
    return (data * drive_v - functional.softplus(drive_v)).sum(-1).mean()
