"""log Z of the RBM of every frame: exact for small ones, by annealed importance sampling for all.

References:
    [N]  R. M. Neal: Annealed importance sampling. Statistics and Computing 11, 2001.
    [SM] R. Salakhutdinov, I. Murray: On the quantitative analysis of deep belief networks. ICML 2008.
    [BG] Y. Burda, R. Grosse, R. Salakhutdinov: Accurate and conservative estimates of MRF log-likelihood using reverse
         annealing. AISTATS 2015.

Letters as in `rnnrbm`; M chains per frame. All frames share W and are annealed side by side, in blocks small enough
for the processor's cache, or large enough to keep a GPU busy; each block has its own noise, so the result does not
depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.model.training_step import keyed_generator

BLOCK_CHAINS = 2048
GPU_BLOCK_CHAINS = 1 << 17
ENUMERABLE_UNITS = 16
BASE_SWEEPS = 30
BASE_CHAINS = 4
FACTORS = 8
LARGEST_EXPONENT = 80.0
"""Of what float32 holds: products of `FACTORS` ratios, and sigmoids of either sign."""

Report = Callable[[float], None]
"""Told the share that is done."""


def _silent(_share: float) -> None: ...


@dataclass(frozen=True, eq=False)
class FrameRBMs:
    """N RBMs that share W, as the RNN-RBM has one at each frame.

    Attributes:
        W: (V, H).
        b_v: (N, V).
        b_h: (N, H).
    """

    W: Tensor
    b_v: Tensor
    b_h: Tensor

    def __len__(self) -> int:
        """Return N."""
        return len(self.b_v)

    def __getitem__(self, frames: slice | Tensor) -> Self:
        """Return the RBMs of some frames."""
        return type(self)(self.W, self.b_v[frames], self.b_h[frames])

    def repeat(self, chains: int) -> Self:
        """Return each RBM `chains` times in a row."""
        return type(self)(self.W, self.b_v.repeat_interleave(chains, 0), self.b_h.repeat_interleave(chains, 0))


@dataclass(frozen=True, eq=False)
class LogPartition:
    """Estimates of log Z.

    Attributes:
        log_z: (N,) float64, nats.
        log_weights: (N, M) float64, one estimate per chain; `log_z` is the log of the mean of their exponentials.
        effective_share: (N,) effective sample size divided by M: 1 when all weights agree, 1 / M when one counts.
    """

    log_z: Tensor
    log_weights: Tensor
    effective_share: Tensor


def exact_log_partition(rbms: FrameRBMs) -> Tensor:
    """Log Z by summing over all states of the hidden units, (N,) float64.

    Raises:
        SettingsError: for more than `ENUMERABLE_UNITS` hidden units.
    """
    n_hidden = rbms.W.shape[1]
    if n_hidden > ENUMERABLE_UNITS:
        raise SettingsError(f"{n_hidden} hidden units are too many to enumerate: {ENUMERABLE_UNITS} at most")
    numbers = torch.arange(2**n_hidden, device=rbms.W.device)
    states = numbers[:, None] >> numbers[:n_hidden] & 1  # (2^H, H)
    h = states.double()
    drive = h @ rbms.W.double().T  # (2^H, V)
    rows = []
    for b_v, b_h in zip(rbms.b_v.double(), rbms.b_h.double(), strict=True):
        rows.append(torch.logsumexp(h @ b_h + functional.softplus(drive + b_v).sum(1), 0))
    return torch.stack(rows)


def base_rates(rbms: FrameRBMs, *, seed: int, threads: int = 1) -> Tensor:
    """Return the base distribution of the annealing, (N, V) probabilities: `bit_rates` of a short run.

    Any base is right; one near the target leaves less to anneal.
    """
    return bit_rates(rbms, chains=BASE_CHAINS, sweeps=BASE_SWEEPS, seed=seed, threads=threads)


@torch.no_grad()
def bit_rates(
    rbms: FrameRBMs, *, chains: int, sweeps: int, seed: int, threads: int = 1, report: Report = _silent
) -> Tensor:
    """Estimate P(v_i = 1): the mean of P(v_i = 1 | h) over the second half of Gibbs chains from zeros.

    Args:
        rbms: N of them.
        chains: M per frame.
        sweeps: of each chain.
        seed: of the noise.
        threads: blocks at a time.
        report: told the share that is done.

    Returns:
        (N, V) probabilities, drawn a little towards one half, so that none is 0 or 1.
    """

    def run(block: FrameRBMs, noise: _Noise) -> Tensor:
        wide = block.repeat(chains)
        v = torch.zeros_like(wide.b_v)
        total = torch.zeros_like(wide.b_v)
        for sweep in range(sweeps):
            v, mean_v = _sweep(wide, v, noise)
            if sweep >= sweeps // 2:
                total += mean_v
        counted = chains * (sweeps - sweeps // 2)
        ons = total.view(len(block), chains, -1).sum(1)
        return (ons + 0.05) / (counted + 0.1)

    return _in_blocks(rbms, chains, run, seed, threads, report)


@torch.no_grad()
def annealed_log_partition(
    rbms: FrameRBMs,
    base: Tensor,
    *,
    temperatures: int,
    chains: int,
    seed: int,
    threads: int = 1,
    report: Report = _silent,
) -> LogPartition:
    """Estimate log Z by annealed importance sampling ([N]; for RBMs [SM] section 3.2).

    The path goes from a factorised base to the RBM through
    p_beta(v) ~ exp(((1 - beta) a + beta b_v) v) prod_j (1 + exp(beta (b_h + v W)_j)), a the base's logits. The
    exponential of each log weight is an unbiased estimate of Z; the log of their mean is too small on average, which
    flatters a likelihood.

    Args:
        rbms: N of them.
        base: (N, V) probabilities, from `base_rates`.
        temperatures: steps from beta 0 to 1.
        chains: M per frame.
        seed: of the noise.
        threads: blocks at a time.
        report: told the share that is done.
    """

    def run(block: FrameRBMs, base_logits: Tensor, noise: _Noise) -> Tensor:
        log_weights, _ = _anneal(block, base_logits, temperatures, chains, noise)
        return log_weights

    return _log_mean(_in_blocks(rbms, chains, run, seed, threads, report, torch.logit(base)))


@torch.no_grad()
def annealed_samples(
    rbms: FrameRBMs, base: Tensor, *, temperatures: int, chains: int, seed: int, threads: int = 1
) -> tuple[Tensor, Tensor]:
    """Return where the chains of `annealed_log_partition` end, (N, M, V) bits, and their weights, (N, M).

    Weighted means over them are consistent estimates of the RBMs' expectations; weights of a frame add up to one.
    """

    def run(block: FrameRBMs, base_logits: Tensor, noise: _Noise) -> Tensor:
        log_weights, v = _anneal(block, base_logits, temperatures, chains, noise)
        return torch.cat((torch.softmax(log_weights, 1).float()[..., None], v), dim=2)

    both = _in_blocks(rbms, chains, run, seed, threads, _silent, torch.logit(base))
    return both[..., 1:], both[..., 0]


@torch.no_grad()
def reverse_log_partition(
    rbms: FrameRBMs,
    base: Tensor,
    samples: Tensor,
    *,
    temperatures: int,
    seed: int,
    threads: int = 1,
    report: Report = _silent,
) -> LogPartition:
    """Estimate log Z by annealing from samples of the RBMs back to the base ([BG] section 3).

    With exact samples the exponential of minus a log weight is an unbiased estimate of 1 / Z: log Z is then too
    large on average, which is unkind to a likelihood. With samples of a long Gibbs chain this holds approximately.

    Args:
        rbms: N of them.
        base: (N, V) probabilities, from `base_rates`.
        samples: (N, M, V) bits, from the RBMs themselves.
        temperatures: steps from beta 1 to 0.
        seed: of the noise.
        threads: blocks at a time.
        report: told the share that is done.
    """
    chains = samples.shape[1]

    def run(block: FrameRBMs, base_logits: Tensor, starts: Tensor, noise: _Noise) -> Tensor:
        wide, a = block.repeat(chains), base_logits.repeat_interleave(chains, 0)
        v = starts.flatten(0, 1)
        log_weights = _base_log_z(a, wide.W.shape[1])
        for beta, next_beta in pairwise(reversed(_betas(temperatures))):
            x = torch.addmm(wide.b_h, v, wide.W)
            if beta < 1:
                v = _annealed_sweep(x, wide, a, beta, noise)
                x = torch.addmm(wide.b_h, v, wide.W)
            log_weights -= _log_ratio(v, x, wide, a, beta, next_beta)
        return log_weights.view(len(block), chains)

    log_weights = _in_blocks(rbms, chains, run, seed, threads, report, torch.logit(base), samples)
    inverse = _log_mean(-log_weights)
    return LogPartition(-inverse.log_z, log_weights, inverse.effective_share)


@torch.no_grad()
def gibbs_samples(
    rbms: FrameRBMs, starts: Tensor, *, sweeps: int, seed: int, threads: int = 1, report: Report = _silent
) -> Tensor:
    """Run Gibbs chains side by side; starts and the chains' ends are (N, M, V)."""

    def run(block: FrameRBMs, first: Tensor, noise: _Noise) -> Tensor:
        wide, v = block.repeat(first.shape[1]), first.flatten(0, 1)
        for _ in range(sweeps):
            v, _ = _sweep(wide, v, noise)
        return v.view_as(first)

    return _in_blocks(rbms, starts.shape[1], run, seed, threads, report, starts)


class _Noise:
    """Uniform noise: on a CPU from numpy, which draws it faster than torch, 32 bits each."""

    def __init__(self, seed: int, block: int, device: torch.device) -> None:
        self._bits = np.random.SFC64((seed, block))
        self._on_device = None if device.type == "cpu" else keyed_generator(seed, block, device=device)

    def uniform(self, shape: torch.Size) -> Tensor:
        if self._on_device is not None:
            return torch.rand(shape, generator=self._on_device, device=self._on_device.device)
        count = shape.numel()
        words = self._bits.random_raw((count + 1) // 2).view(np.int32)[:count]
        return torch.from_numpy(words).to(torch.float32).mul_(2.0**-32).add_(0.5).view(shape)


def _in_blocks(
    rbms: FrameRBMs,
    chains: int,
    run: Callable[..., Tensor],
    seed: int,
    threads: int,
    report: Report,
    *per_frame: Tensor,
) -> Tensor:
    """Run `run(block, *rows, noise)` on blocks of frames and join the results."""
    device = rbms.W.device
    size = max(1, (BLOCK_CHAINS if device.type == "cpu" else GPU_BLOCK_CHAINS) // chains)

    def blocks() -> Iterator[tuple[int, slice]]:
        for index, first in enumerate(range(0, len(rbms), size)):
            yield index, slice(first, first + size)

    def work(job: tuple[int, slice]) -> Tensor:
        index, frames = job
        with torch.no_grad():
            return run(rbms[frames], *(rows[frames] for rows in per_frame), _Noise(seed, index, device))

    results = []
    with ThreadPoolExecutor(threads) as pool:
        for result in pool.map(work, blocks()):
            results.append(result)
            report(len(results) * size / len(rbms))
    return torch.cat(results)


def _anneal(block: FrameRBMs, a: Tensor, temperatures: int, chains: int, noise: _Noise) -> tuple[Tensor, Tensor]:
    """Return log weights, (N, M), and ends, (N, M, V), of chains from the base with logits `a` to the RBMs."""
    wide, a = block.repeat(chains), a.repeat_interleave(chains, 0)
    v = (torch.sigmoid(a) > noise.uniform(a.shape)).float()
    log_weights = _base_log_z(a, wide.W.shape[1])
    for beta, next_beta in pairwise(_betas(temperatures)):
        x = torch.addmm(wide.b_h, v, wide.W)
        log_weights += _log_ratio(v, x, wide, a, beta, next_beta)
        v = _annealed_sweep(x, wide, a, next_beta, noise)
    return log_weights.view(len(block), chains), v.view(len(block), chains, -1)


def _betas(temperatures: int) -> list[float]:
    return [index / temperatures for index in range(temperatures + 1)]


def _base_log_z(a: Tensor, n_hidden: int) -> Tensor:
    log_z: Tensor = functional.softplus(a).sum(1).double() + n_hidden * np.log(2)
    return log_z


def _log_ratio(v: Tensor, x: Tensor, rbms: FrameRBMs, a: Tensor, beta: float, next_beta: float) -> Tensor:
    """Return log p_next(v) - log p_beta(v), unnormalised, (N,) float64; x = b_h + v W."""
    visible = torch.linalg.vecdot(rbms.b_v - a, v).mul_(next_beta - beta)
    log_ratio: Tensor = visible.double().add_(_hidden_log_ratio(x, beta, next_beta))
    return log_ratio


def _hidden_log_ratio(x: Tensor, beta: float, next_beta: float) -> Tensor:
    """Return sum_j softplus(next_beta x_j) - softplus(beta x_j), (N,); x is (N, H).

    As the log of products of (1 + exp(next_beta x)) / (1 + exp(beta x)) = sigmoid(-beta x) / sigmoid(-next_beta x),
    which costs a third of two softplus, where float32 holds them.
    """
    largest = float(x.abs().max())
    if max(beta, next_beta, FACTORS * abs(next_beta - beta)) * largest > LARGEST_EXPONENT:
        return functional.softplus(x * next_beta).sub_(functional.softplus(x * beta)).sum(1)
    ratio = torch.sigmoid(x * -beta).div_(torch.sigmoid(x * -next_beta))
    ratio = functional.pad(ratio, (0, -ratio.shape[1] % FACTORS), value=1.0)
    return ratio.view(len(ratio), FACTORS, -1).prod(1).log_().sum(1)


def _annealed_sweep(x: Tensor, rbms: FrameRBMs, a: Tensor, beta: float, noise: _Noise) -> Tensor:
    h = (torch.sigmoid(x * beta) > noise.uniform(x.shape)).float()
    drive = torch.addmm(rbms.b_v, h, rbms.W.T)
    return (torch.sigmoid(torch.lerp(a, drive, beta)) > noise.uniform(a.shape)).float()


def _sweep(rbms: FrameRBMs, v: Tensor, noise: _Noise) -> tuple[Tensor, Tensor]:
    """Return v after one sweep of block Gibbs, and P(v = 1 | h) of it."""
    x = torch.addmm(rbms.b_h, v, rbms.W)
    h = (torch.sigmoid(x) > noise.uniform(x.shape)).float()
    mean_v = torch.sigmoid(torch.addmm(rbms.b_v, h, rbms.W.T))
    return (mean_v > noise.uniform(mean_v.shape)).float(), mean_v


def _log_mean(log_weights: Tensor) -> LogPartition:
    chains = log_weights.shape[1]
    log_z = torch.logsumexp(log_weights, 1) - np.log(chains)
    shares = torch.softmax(log_weights, 1)
    return LogPartition(log_z, log_weights, 1 / (shares.square().sum(1) * chains))
