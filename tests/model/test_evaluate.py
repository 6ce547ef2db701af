"""Evaluation: known likelihoods, a sharp model that must be refused, accuracy as mir_eval counts it."""

import itertools
import json

import mir_eval
import numpy as np
import pytest
import torch

from rnnrbm_live.core.errors import CorpusError
from rnnrbm_live.model.build import new_model
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.corpus import Piece
from rnnrbm_live.model.evaluate import Effort, best_guess, evaluate
from rnnrbm_live.model.held_out import KnownFrames
from rnnrbm_live.model.rnnrbm import RNNRBM, free_energy
from rnnrbm_live.model.training_step import keyed_generator
from rnnrbm_live.model.validation import frame_accuracy, held_out_likelihood

QUICK = Effort(temperatures=200, chains=3, check_frames=40, check_factor=5, check_sweeps=200)


def music(*lengths: int, seed: int = 1) -> list[Piece]:
    random = np.random.default_rng(seed)
    return [
        Piece(str(length), (random.random((length, 88)) < 0.05).astype(np.uint8), np.zeros(length, np.int64))
        for length in lengths
    ]


def model_of(n_hidden: int, *, scale: float, conditional: str = "rbm") -> RNNRBM:
    config = ModelConfig(n_hidden=n_hidden, n_recurrent=5, onsets=False, conditional=conditional)  # type: ignore[arg-type]  # a word
    model = new_model(config)
    generator = keyed_generator(4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
        model.b_v.copy_(torch.randn(88, generator=generator) - 2)
    return model


def test_all_zero_parameters_are_88_coins() -> None:
    result = evaluate(new_model(ModelConfig(n_hidden=30, n_recurrent=4, onsets=False)), music(30, 20), QUICK)
    assert result.log_likelihood.nats == pytest.approx(-88 * np.log(2), abs=1e-3)
    assert (result.pieces, result.frames) == (2, 50)


def test_without_couplings_it_is_the_bernoulli_likelihood() -> None:
    model = model_of(30, scale=0.5)
    with torch.no_grad():
        model.W.zero_()
    pieces = music(30, 20)
    frames = KnownFrames.of(model, pieces)
    p = torch.sigmoid(frames.b_v)
    expected = float((frames.v * p.log() + (1 - frames.v) * (1 - p).log()).sum(1).mean())
    result = evaluate(model, pieces, QUICK).log_likelihood
    assert result.nats == pytest.approx(expected, abs=0.02)
    assert result.pessimistic_nats == pytest.approx(expected, abs=0.05)


def test_enumeration_and_annealing_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    model, pieces = model_of(12, scale=0.5), music(40)
    exact = evaluate(model, pieces, QUICK).log_likelihood
    assert exact.method == "enumeration"
    monkeypatch.setattr("rnnrbm_live.model.evaluate.ENUMERABLE_UNITS", 0)
    estimate = evaluate(model, pieces, QUICK).log_likelihood
    assert estimate.method == "annealed importance sampling"
    assert estimate.nats == pytest.approx(exact.nats, abs=0.05)
    assert estimate.pessimistic_nats <= estimate.nats
    # The mean energy of 120 chains is noise: its standard error is half a nat.
    failed = [check.name for check in estimate.checks if not check.passed and not check.name.startswith("energy")]
    assert failed == ["temperatures"]  # a quick look is never quotable
    assert "Not quotable: temperatures 200" in estimate.verdict


def test_an_rbm_too_sharp_to_anneal_is_not_quotable() -> None:
    result = evaluate(model_of(40, scale=6.0), music(40), QUICK).log_likelihood
    assert not result.quotable
    assert sum(not check.passed for check in result.checks) >= 3
    assert result.pessimistic_nats < result.nats


def test_the_first_frame_counts_and_pieces_do_not_leak() -> None:
    model = model_of(8, scale=0.5)
    a, b = music(13, 9)
    both = evaluate(model, [a, b], QUICK).log_likelihood.nats
    alone = [evaluate(model, [piece], QUICK).log_likelihood.nats for piece in (a, b)]
    assert both == pytest.approx((13 * alone[0] + 9 * alone[1]) / 22, abs=1e-6)
    frames = KnownFrames.of(model, [a])
    u0_b_v, u0_b_h = (row.detach() for row in model.biases(model.u0))
    torch.testing.assert_close(frames.b_v[0], u0_b_v)
    first = free_energy(frames.v[:1], model.W, u0_b_v[None], u0_b_h[None])
    assert torch.allclose(first, free_energy(frames.v, model.W, frames.b_v, frames.b_h)[:1])


def test_an_rnn_nade_is_exact() -> None:
    model, pieces = model_of(6, scale=0.3, conditional="nade"), music(20, 10)
    result = evaluate(model, pieces, QUICK)
    assert result.log_likelihood.method == "exact"
    assert result.log_likelihood.quotable
    assert result.monitor is None
    held_out = held_out_likelihood(model, pieces, seed=0)
    assert held_out is not None
    assert held_out.nats == pytest.approx(result.log_likelihood.nats, abs=1e-5)


def test_accuracy_is_mir_evals() -> None:
    random = np.random.default_rng(0)
    truth, estimate = ((random.random((200, 88)) < 0.05) for _ in range(2))
    times = np.arange(200) / 10
    columns = 440 * 2 ** ((np.arange(21, 109) - 69) / 12)
    expected = mir_eval.multipitch.evaluate(
        times, [columns[row] for row in truth], times, [columns[row] for row in estimate]
    )["Accuracy"]
    ours = frame_accuracy(torch.from_numpy(estimate).float(), torch.from_numpy(truth).float())
    assert ours == pytest.approx(expected)
    assert frame_accuracy(torch.zeros(2, 88), torch.zeros(2, 88)) == 1.0


def test_the_best_guess_is_the_best_of_all() -> None:
    """Among all frames of 8 bits, none has a higher expected share of hits."""
    random = np.random.default_rng(2)
    for _ in range(20):
        p = random.random((1, 8)) ** 3
        frames = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(bool)
        expected = [p[0, row].sum() / max(1e-9, row.sum() + p.sum() - p[0, row].sum()) for row in frames]
        guess = best_guess(torch.from_numpy(p))[0].numpy().astype(bool)
        assert (guess == frames[int(np.argmax(expected))]).all()
    assert not best_guess(torch.zeros(2, 3)).any()


def test_figures_of_a_model_that_knows() -> None:
    """A model whose biases alone decide: both accuracies are 1, the monitor is near 0."""
    model = new_model(ModelConfig(n_hidden=20, n_recurrent=3, onsets=False))
    with torch.no_grad():
        model.b_v.fill_(-12.0)
        model.b_v[[10, 20]] = 12.0
    bits = np.zeros((25, 88), np.uint8)
    bits[:, [10, 20]] = 1
    result = evaluate(model, [Piece("known", bits, np.zeros(25, np.int64))], QUICK)
    assert result.accuracy == result.accuracy_of_best_guess == 1.0
    assert result.monitor == pytest.approx(0.0, abs=0.01)
    text = result.table()
    assert "verdict" in text
    assert "not a likelihood" in text
    assert json.loads(json.dumps(result.to_json()))["log_likelihood"]["quotable"] is False


def test_no_music_is_refused() -> None:
    with pytest.raises(CorpusError, match="no music"):
        evaluate(new_model(ModelConfig(onsets=False)), [])


def test_a_held_out_estimate_whose_chains_disagree_is_not_credible(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(40, scale=3.0)
    fine = held_out_likelihood(model_of(40, scale=0.1), music(50), seed=0)
    monkeypatch.setattr("rnnrbm_live.model.validation.LIKELIHOOD_TEMPERATURES", 2)
    coarse = held_out_likelihood(model, music(50), seed=0)
    assert fine is not None
    assert coarse is not None
    assert (fine.credible, coarse.credible) == (True, False)
    assert held_out_likelihood(model, [], seed=0) is None


def test_enumeration_is_over_every_frame() -> None:
    """P over all 2^5 frames of 5 free keys adds up to one under the reported likelihoods."""
    model = model_of(5, scale=1.0)
    with torch.no_grad():
        model.b_v[5:] = -40
        model.W_uv.zero_()
        model.W_uh.zero_()
    total = 0.0
    for state in itertools.product((0, 1), repeat=5):
        bits = np.zeros((1, 88), np.uint8)
        bits[0, :5] = state
        total += np.exp(evaluate(model, [Piece("one", bits, np.zeros(1, np.int64))], QUICK).log_likelihood.nats)
    assert total == pytest.approx(1.0, abs=1e-4)


def test_a_model_that_looks_back_is_told_nothing_of_the_frame_itself() -> None:
    """A change of frame 30 reaches no bias up to frame 30, and through the echo alone those of a lookback later."""
    config = ModelConfig(n_hidden=6, n_recurrent=5, onsets=False, steps_per_beat=1, lookback_beats=(4, 7))
    model = new_model(config)
    model.initialise_staged(torch.full((88,), 0.1), keyed_generator(0))
    with torch.no_grad():
        model.recurrence.weight_ih_l0[:, :88] = 0  # frames are heard as echoes only
        model.recurrence.weight_hh_l0.zero_()
    bits = np.tile((np.random.default_rng(3).random((4, 88)) < 0.1).astype(np.uint8), (12, 1))
    changed = bits.copy()
    changed[30] ^= 1
    before, after = (KnownFrames.of(model, [Piece("", rows, np.zeros(48, np.int64))]) for rows in (bits, changed))
    differs = ((before.b_v != after.b_v).any(1) | (before.b_h != after.b_h).any(1)).numpy()
    assert not differs[:31].any()
    assert differs[31:35].all()  # what the last beats were like
    assert differs[34]  # the changed frame itself, four beats later
