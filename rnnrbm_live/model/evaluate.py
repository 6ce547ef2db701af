"""Judging a model on music it has not seen: log-likelihood with its checks, accuracy, the tutorial's monitor.

The log-likelihood is sum_t log P(v(t) | v(<t)) divided by the number of frames, first frames included, in nats. For an
RNN-NADE it is exact. For an RNN-RBM, log Z of each frame is exact where the hidden units are few enough to enumerate,
and else estimated by annealed importance sampling, which tends to underestimate log Z and so flatters the model. It
does so most where an RBM is sharp, which is why no estimate is given without checks of it on a fixed random choice of
frames, and one verdict.

References: see `partition`.
    [MPE] M. Bay, A. Ehmann, J. S. Downie: Evaluation of multiple-F0 estimation and tracking systems. ISMIR 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from rnnrbm_live.core.errors import CorpusError
from rnnrbm_live.model.corpus import Piece
from rnnrbm_live.model.held_out import KnownFrames
from rnnrbm_live.model.nade import RNNNADE
from rnnrbm_live.model.partition import (
    ENUMERABLE_UNITS,
    FrameRBMs,
    annealed_log_partition,
    base_rates,
    bit_rates,
    exact_log_partition,
    gibbs_samples,
    reverse_log_partition,
)
from rnnrbm_live.model.rnnrbm import RNNRBM, free_energy, gibbs_chain, reconstruction_monitor
from rnnrbm_live.model.training_step import keyed_generator
from rnnrbm_live.model.validation import frame_accuracy

MONITOR_SWEEPS = 15
SAMPLE_SWEEPS = 100
MARGINAL_CHAINS = 32
MARGINAL_SWEEPS = 120
NADE_MARGINAL_SAMPLES = 64

LEAST_TEMPERATURES = 1000
LEAST_EFFECTIVE_SHARE = 0.5
MOST_TEMPERATURE_GAIN_NATS = 0.05
MOST_REVERSE_GAP_NATS = 0.1
MOST_START_GAP_NATS = 0.25

Method = Literal["exact", "enumeration", "annealed importance sampling"]
Report = Callable[[str, float], None]
"""Told what is being done and the share of it done."""


@dataclass(frozen=True)
class Effort:
    """How hard to try.

    Attributes:
        temperatures: of the annealing over all frames.
        chains: per frame.
        check_frames: random frames, the same for every model, on which the checks are made.
        check_factor: times as many temperatures there.
        check_sweeps: of the Gibbs chains from silence and from the data.
        seed: of all that is random.
        threads: at work at the same time; the result does not depend on it.
    """

    temperatures: int = 1000
    chains: int = 5
    check_frames: int = 2000
    check_factor: int = 10
    check_sweeps: int = 1000
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class Check:
    """One doubt about an estimate, and whether it is laid to rest.

    Attributes:
        name: what is compared.
        value: measured.
        limit: that it must keep.
        passed: whether it does.
        relation: of value and limit, in words: ``at least``, ``within``, ``below``.
    """

    name: str
    value: float
    limit: float
    passed: bool
    relation: str

    def __str__(self) -> str:
        """Say what was found and what was wanted."""
        return f"{self.name} {self.value:.4g} ({'' if self.passed else 'not '}{self.relation} {self.limit:g})"


@dataclass(frozen=True)
class LogLikelihood:
    """Nats per frame.

    Attributes:
        method: how it was computed.
        nats: over all frames.
        standard_error: of `nats`, from the spread between pieces: how far another choice of music would take it.
        pessimistic_nats: the lower end of what the checks allow; equal to `nats` where it is exact.
        checks: none where it is exact.
    """

    method: Method
    nats: float
    standard_error: float
    pessimistic_nats: float
    checks: tuple[Check, ...] = ()

    @property
    def quotable(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def verdict(self) -> str:
        """One sentence: quotable or not, and why."""
        if self.method != "annealed importance sampling":
            return f"Quotable: computed by {self.method}." if self.method == "enumeration" else "Quotable: exact."
        if self.quotable:
            return f"Quotable: all {len(self.checks)} checks agree; {self.pessimistic_nats:.3f} at worst."
        failed = "; ".join(str(check) for check in self.checks if not check.passed)
        return f"Not quotable: {failed}."


@dataclass(frozen=True)
class Evaluation:
    """A model on some music.

    Attributes:
        pieces: how many.
        frames: how many.
        log_likelihood: nats per frame.
        accuracy: frame-level, sum TP / sum (TP + FP + FN) ([MPE]), of one sampled frame per frame given the true past.
        accuracy_of_best_guess: the same of the frames that `best_guess` takes from the marginals P(bit = 1 | past).
        monitor: the tutorial's reconstruction monitor, nats per frame; None for an RNN-NADE. No likelihood.
    """

    pieces: int
    frames: int
    log_likelihood: LogLikelihood
    accuracy: float
    accuracy_of_best_guess: float
    monitor: float | None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, the verdict included."""
        likelihood = {
            **asdict(self.log_likelihood),
            "quotable": self.log_likelihood.quotable,
            "verdict": self.log_likelihood.verdict,
        }
        return {**asdict(self), "log_likelihood": likelihood}

    def table(self) -> str:
        """Return all figures as text for a terminal."""
        likelihood = self.log_likelihood
        rows = [
            ("pieces, frames", f"{self.pieces}, {self.frames}"),
            ("log-likelihood", f"{likelihood.nats:.3f} nats per frame, by {likelihood.method}"),
            ("  over other music", f"+- {likelihood.standard_error:.3f} (standard error over pieces)"),
            *(("  check", str(check)) for check in likelihood.checks),
            ("  verdict", likelihood.verdict),
            ("accuracy, sampled", f"{100 * self.accuracy:.1f} %"),
            ("accuracy, best guess", f"{100 * self.accuracy_of_best_guess:.1f} %"),
        ]
        if self.monitor is not None:
            text = f"{self.monitor:.3f} (the tutorial's reconstruction cross-entropy; not a likelihood)"
            rows.append(("monitor", text))
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def evaluate(
    model: RNNRBM, pieces: Sequence[Piece], effort: Effort | None = None, *, report: Report | None = None
) -> Evaluation:
    """Judge a model on pieces of music.

    Args:
        model: an RNN-RBM or an RNN-NADE.
        pieces: encoded for its config.
        effort: how hard to try; None for what published figures need.
        report: told how far it is.

    Raises:
        CorpusError: if there are no pieces.
    """
    if not pieces:
        raise CorpusError("there is no music to evaluate on: give a data set with pieces in the chosen split")
    effort = effort or Effort()
    tell = report or (lambda _what, _share: None)
    with torch.no_grad():
        frames = KnownFrames.of(model, pieces)
        sample, marginals, monitor = _predict(model, frames, effort, tell)
        likelihood = log_likelihood(model, frames, [len(piece) for piece in pieces], effort, report=tell)
    return Evaluation(
        pieces=len(pieces),
        frames=len(frames),
        log_likelihood=likelihood,
        accuracy=frame_accuracy(sample, frames.v),
        accuracy_of_best_guess=frame_accuracy(best_guess(marginals), frames.v),
        monitor=monitor,
    )


def best_guess(marginals: Tensor) -> Tensor:
    """Return the frames whose accuracy is expected to be highest, (N, V) bits, given P(bit = 1 | past), (N, V).

    With p the marginals and S the bits that are on, that expectation is about sum_S p / (|S| + sum p - sum_S p): the
    most accurate S holds all bits with p (1 + A) > A, A the accuracy reached (Dinkelbach 1967). The truth is not used.
    """
    accuracy, best = -1.0, marginals.new_zeros(())
    while best > accuracy:
        accuracy = float(best)
        guess = marginals * (1 + accuracy) > accuracy
        hits = marginals[guess].sum()
        best = hits / (guess.sum() + marginals.sum() - hits)
    return guess.float()


@torch.no_grad()
def log_likelihood(
    model: RNNRBM, frames: KnownFrames, lengths: Sequence[int], effort: Effort, *, report: Report
) -> LogLikelihood:
    """Compute or estimate the log-likelihood.

    Args:
        model: that gave the frames' biases.
        frames: of whole pieces, N in all.
        lengths: of the pieces, in frames.
        effort: how hard to try.
        report: told how far it is.
    """
    if isinstance(model, RNNNADE):
        rows = [model.log_likelihood(part.v, part.b_v, part.b_h) for part in _split(frames)]
        exact = torch.cat(rows).double()
        return LogLikelihood("exact", _mean(exact), _error_over_pieces(exact, lengths), _mean(exact))

    rbms = FrameRBMs(model.W, frames.b_v, frames.b_h)
    energy = _energies(model, frames, frames.v)  # (N,)
    if model.config.n_hidden <= ENUMERABLE_UNITS:
        exact = -energy - exact_log_partition(rbms)
        return LogLikelihood("enumeration", _mean(exact), _error_over_pieces(exact, lengths), _mean(exact))

    report("base rates", 0.0)
    base = base_rates(rbms, seed=effort.seed, threads=effort.threads)
    estimate = annealed_log_partition(
        rbms,
        base,
        temperatures=effort.temperatures,
        chains=effort.chains,
        seed=effort.seed,
        threads=effort.threads,
        report=lambda share: report("all frames", share),
    )
    each = -energy - estimate.log_z  # (N,)
    chosen = torch.randperm(len(frames), generator=keyed_generator(0))[: effort.check_frames].to(base.device)
    checks, loss = _check(model, frames[chosen], base[chosen], estimate.log_z[chosen], _mean(each), effort, report)
    return LogLikelihood(
        "annealed importance sampling", _mean(each), _error_over_pieces(each, lengths), _mean(each) - loss, checks
    )


def _check(
    model: RNNRBM,
    frames: KnownFrames,
    base: Tensor,
    log_z: Tensor,
    nats: float,
    effort: Effort,
    report: Report,
) -> tuple[tuple[Check, ...], float]:
    """Doubt the estimates `log_z` of some frames, (N,); return the checks and how much lower the truth may lie."""
    rbms = FrameRBMs(model.W, frames.b_v, frames.b_h)
    finer_temperatures = effort.check_factor * effort.temperatures
    finer = annealed_log_partition(
        rbms,
        base,
        temperatures=finer_temperatures,
        chains=effort.chains,
        seed=effort.seed + 1,
        threads=effort.threads,
        report=lambda share: report(f"{effort.check_factor} times the temperatures", share),
    )
    starts = frames.v[:, None].repeat(1, effort.chains, 1)  # (N, M, V)
    from_silence, from_data = (
        gibbs_samples(
            rbms,
            start,
            sweeps=effort.check_sweeps,
            seed=effort.seed + seed,
            threads=effort.threads,
            report=lambda share: report("chains from silence and from the data", share),
        )
        for start, seed in ((torch.zeros_like(starts), 2), (starts, 3))
    )
    start_gap = _mean(_energies(model, frames, from_data) - _energies(model, frames, from_silence))
    reverse = reverse_log_partition(
        rbms,
        base,
        from_data,
        temperatures=finer_temperatures,
        seed=effort.seed + 4,
        threads=effort.threads,
        report=lambda share: report("annealing in reverse", share),
    )
    share = _mean(finer.effective_share)
    gain, gap = _mean(finer.log_z - log_z), _mean(reverse.log_z - finer.log_z)
    losses = [_upper_end(other.log_z - log_z) for other in (finer, reverse)]
    checks = (
        _at_least("temperatures", effort.temperatures, LEAST_TEMPERATURES),
        _at_least("effective sample size, share of the chains", share, LEAST_EFFECTIVE_SHARE),
        _at_most(f"{effort.check_factor} times the temperatures", gain, MOST_TEMPERATURE_GAIN_NATS),
        _at_most("annealing in reverse", gap, MOST_REVERSE_GAP_NATS),
        _at_most("energy, chains from data and silence", start_gap, MOST_START_GAP_NATS),
        Check("possible: a log-likelihood", nats, 0.0, nats < 0, "below"),
    )
    return checks, max(0.0, *losses)


def _at_most(name: str, value: float, limit: float) -> Check:
    return Check(f"{name}, difference in nats", value, limit, abs(value) <= limit, "within")


def _at_least(name: str, value: float, limit: float) -> Check:
    return Check(name, value, limit, value >= limit, "at least")


def _predict(model: RNNRBM, frames: KnownFrames, effort: Effort, report: Report) -> tuple[Tensor, Tensor, float | None]:
    """Return one sampled frame per frame, (N, V), P(bit = 1 | past), (N, V), and the tutorial's monitor."""
    if isinstance(model, RNNNADE):
        generator = keyed_generator(effort.seed, device=frames.v.device)
        sample, total = frames.v, torch.zeros_like(frames.v)
        for index in range(NADE_MARGINAL_SAMPLES):
            report("accuracy", index / NADE_MARGINAL_SAMPLES)
            sample = model.sample(frames.b_v, frames.b_h, generator=generator)
            total += sample
        return sample, total / NADE_MARGINAL_SAMPLES, None
    rbms = FrameRBMs(model.W, frames.b_v, frames.b_h)
    silence = torch.zeros_like(frames.v)[:, None]  # (N, 1, V)
    sample = gibbs_samples(rbms, silence, sweeps=SAMPLE_SWEEPS, seed=effort.seed + 5, threads=effort.threads)[:, 0]
    marginals = bit_rates(
        rbms,
        chains=MARGINAL_CHAINS,
        sweeps=MARGINAL_SWEEPS,
        seed=effort.seed + 6,
        threads=effort.threads,
        report=lambda share: report("accuracy", share),
    )
    monitor = 0.0
    for index, part in enumerate(_split(frames)):
        generator = keyed_generator(effort.seed, index, device=part.v.device)
        _, drive_v = gibbs_chain(part.v, model.W, part.b_v, part.b_h, steps=MONITOR_SWEEPS, generator=generator)
        monitor += float(reconstruction_monitor(part.v, drive_v)) * len(part)
    return sample, marginals, monitor / len(frames)


def _split(frames: KnownFrames, size: int = 2000) -> list[KnownFrames]:
    return [frames[slice(first, first + size)] for first in range(0, len(frames), size)]


def _energies(model: RNNRBM, frames: KnownFrames, v: Tensor) -> Tensor:
    """Return free energies of (N, V), or (N, M, V), bits: (N,) or (N, M) float64."""
    b_v, b_h = (frames.b_v, frames.b_h) if v.dim() == 2 else (frames.b_v[:, None], frames.b_h[:, None])
    return free_energy(v, model.W, b_v, b_h).double()


def _mean(values: Tensor) -> float:
    return float(values.mean())


def _upper_end(differences: Tensor) -> float:
    """Return the mean and two standard errors."""
    return float(differences.mean() + 2 * differences.std() / len(differences) ** 0.5)


def _error_over_pieces(values: Tensor, lengths: Sequence[int]) -> float:
    """Return the standard error of the mean over frames when pieces are drawn at random: a ratio estimator's."""
    if len(lengths) < 2:
        return float("nan")
    deviations = [float((part - values.mean()).sum()) for part in torch.split(values, list(lengths))]
    return float(np.std(deviations, ddof=1) * len(lengths) ** 0.5 / sum(lengths))
