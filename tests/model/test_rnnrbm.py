"""The RBM's formulas against enumeration of a small one, and the recurrence against the paper's lines."""

import itertools

import pytest
import torch
from torch import Tensor

from rnnrbm_live.core.frame import N_PITCHES
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.rnnrbm import (
    RNNRBM,
    contrastive_cost,
    free_energy,
    gibbs_chain,
    hidden_probabilities,
    reconstruction_monitor,
    visible_probabilities,
)
from rnnrbm_live.model.training_step import NoisePool, keyed_generator, pooled_gibbs_chain

N_VISIBLE, N_HIDDEN = 5, 4


def all_states(n_bits: int) -> Tensor:
    """Return every row of `n_bits` bits, (2^n, n)."""
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=n_bits)), dtype=torch.float64)


@pytest.fixture
def rbm() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    W = torch.randn(N_VISIBLE, N_HIDDEN, generator=generator, dtype=torch.float64)
    b_v = torch.randn(N_VISIBLE, generator=generator, dtype=torch.float64)
    b_h = torch.randn(N_HIDDEN, generator=generator, dtype=torch.float64)
    return W, b_v, b_h


def joint(W: Tensor, b_v: Tensor, b_h: Tensor) -> Tensor:
    """Return P(v, h) from the energy -b_v.v - b_h.h - v W h, by brute force: (2^V, 2^H)."""
    v, h = all_states(N_VISIBLE), all_states(N_HIDDEN)
    energy = -(v @ b_v)[:, None] - (h @ b_h)[None] - v @ W @ h.T
    return torch.softmax(-energy.flatten(), 0).view(len(v), len(h))


def test_free_energy_gives_the_exact_marginal(rbm: tuple[Tensor, Tensor, Tensor]) -> None:
    W, b_v, b_h = rbm
    from_free_energy = torch.softmax(-free_energy(all_states(N_VISIBLE), W, b_v, b_h), 0)
    torch.testing.assert_close(from_free_energy, joint(*rbm).sum(1))


def test_conditionals_are_exact(rbm: tuple[Tensor, Tensor, Tensor]) -> None:
    W, b_v, b_h = rbm
    v, h, table = all_states(N_VISIBLE), all_states(N_HIDDEN), joint(*rbm)
    torch.testing.assert_close(hidden_probabilities(v, W, b_h), table @ h / table.sum(1)[:, None])
    torch.testing.assert_close(visible_probabilities(h, W, b_v), table.T @ v / table.sum(0)[:, None])


@pytest.mark.parametrize("pooled", [False, True])
def test_gibbs_sampling_converges_to_the_exact_marginals(rbm: tuple[Tensor, Tensor, Tensor], pooled: bool) -> None:
    """20,000 chains of 200 sweeps against all 32 exact probabilities.

    Each count is binomial with a standard error of at most 0.5 / sqrt(20,000) = 0.0035. The bound, 5 standard
    errors, fails by chance with probability at most 32 * 5.7e-7 = 2e-5; the seed is fixed, so it cannot come
    and go.
    """
    W, b_v, b_h = (tensor.float() for tensor in rbm)
    n_chains, generator = 20_000, keyed_generator(1)
    start = torch.zeros(n_chains, N_VISIBLE)
    if pooled:
        noise = NoisePool(1 << 20, generator)
        biases = b_v.expand(n_chains, -1).contiguous(), b_h.expand(n_chains, -1).contiguous()
        v, _ = pooled_gibbs_chain(start, W, *biases, steps=200, noise=noise, generator=generator)
    else:
        v, _ = gibbs_chain(start, W, b_v, b_h, steps=200, generator=generator)
    numbers = (v @ (2.0 ** torch.arange(N_VISIBLE - 1, -1, -1))).long()
    frequencies = torch.bincount(numbers, minlength=2**N_VISIBLE).double() / n_chains
    exact = joint(*rbm).sum(1)
    errors = (exact * (1 - exact) / n_chains).sqrt()
    assert ((frequencies - exact).abs() <= 5 * errors).all()


def test_voices_compete_where_their_number_is_limited() -> None:
    """Biases 40 apart: the logistic noise, 17 at most, cannot change their order."""
    b_v = torch.full((7, 2 * N_PITCHES), -100.0)
    b_v[:, [3, 20, 50]] = torch.tensor([60.0, 140.0, 100.0])
    b_v[:, N_PITCHES + 3] = 100.0  # the onset of a key that loses; not a note
    generator = keyed_generator(2)
    v, _ = pooled_gibbs_chain(
        torch.zeros_like(b_v),
        torch.zeros(2 * N_PITCHES, 5),
        b_v,
        torch.zeros(7, 5),
        steps=2,
        noise=NoisePool(1 << 12, generator),
        generator=generator,
        most_notes=2,
    )
    assert [row.nonzero().ravel().tolist() for row in v] == 7 * [[20, 50, N_PITCHES + 3]]


def test_contrastive_gradient_is_the_analytic_one(rbm: tuple[Tensor, Tensor, Tensor]) -> None:
    """dF/dW = -v' sigmoid(b_h + v W), dF/db_v = -v, dF/db_h = -sigmoid(b_h + v W), data minus sample."""
    W, b_v, b_h = (tensor.clone().requires_grad_() for tensor in rbm)
    data, sample = all_states(N_VISIBLE)[3:11], all_states(N_VISIBLE)[20:28]
    contrastive_cost(data, sample, W, b_v, b_h).backward()
    h_data, h_sample = hidden_probabilities(data, W, b_h), hidden_probabilities(sample, W, b_h)
    torch.testing.assert_close(W.grad, -(data.T @ h_data - sample.T @ h_sample) / len(data))
    torch.testing.assert_close(b_v.grad, -(data - sample).mean(0))
    torch.testing.assert_close(b_h.grad, -(h_data - h_sample).mean(0))


def test_no_gradient_flows_through_the_sample() -> None:
    sample = torch.ones(2, 3, requires_grad=True)
    W = torch.ones(3, 2, requires_grad=True)
    contrastive_cost(torch.zeros(2, 3), sample, W, torch.zeros(3), torch.zeros(2)).backward()
    assert sample.grad is None


def test_softplus_never_overflows() -> None:
    """The tutorial's log(1 + exp(x)) is infinite from x = 89 on in float32."""
    v = torch.ones(1, 2)
    for bias in (1e4, -1e4):
        b_h = torch.full((3,), bias, requires_grad=True)
        energy = free_energy(v, torch.zeros(2, 3), torch.zeros(2), b_h)
        energy.sum().backward()
        assert energy.item() == pytest.approx(-3 * max(bias, 0.0))
        assert b_h.grad is not None
        assert b_h.grad.isfinite().all()


def test_monitor_is_the_tutorials() -> None:
    """Also where a probability rounds to one and the other note sounds: the logit is the cost."""
    data, mean_v = torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.5, 0.25], [0.0, 0.0]])
    expected = (torch.tensor(0.5).log() + torch.tensor(0.75).log()) / 2
    torch.testing.assert_close(reconstruction_monitor(data, torch.logit(mean_v.clamp(1e-12))), expected)
    assert reconstruction_monitor(torch.zeros(1, 1), torch.full((1, 1), 50.0)).item() == -50.0


def random_model(config: ModelConfig) -> RNNRBM:
    model = RNNRBM(config)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_(0, 0.2, generator=generator)
    return model


@torch.no_grad()
def test_tanh_recurrence_is_the_papers() -> None:
    model = random_model(ModelConfig(n_hidden=6, n_recurrent=7, rnn="tanh", onsets=False))
    v = (torch.rand(1, 9, 88, generator=torch.Generator().manual_seed(1)) < 0.1).float()
    u = model.initial_state(torch.zeros(1, dtype=torch.long))
    states = model.recur(v, torch.zeros(1, 9, dtype=torch.long), u)
    W_vu, W_uu = model.recurrence.weight_ih_l0.T, model.recurrence.weight_hh_l0.T
    expected = model.u0
    for t in range(9):
        b_v, b_h = model.biases(expected)
        torch.testing.assert_close(b_v, model.b_v + expected @ model.W_uv)
        torch.testing.assert_close(b_h, model.b_h + expected @ model.W_uh)
        expected = torch.tanh(model.recurrence.bias_ih_l0 + expected @ W_uu + v[0, t] @ W_vu)
        torch.testing.assert_close(states[0, t], expected)


@torch.no_grad()
def test_biases_know_the_bar_position_of_their_own_step() -> None:
    model = random_model(ModelConfig(n_hidden=6, n_recurrent=7, meters=("4/4",)))
    first, second = (model.initial_state(torch.tensor([position])) for position in (0, 5))
    assert not torch.allclose(first, second)
    v = torch.zeros(1, 1, 176)
    onwards = [model.recur(v, torch.tensor([[position]]), first) for position in (1, 2)]
    assert not torch.allclose(*onwards)


def test_tutorial_has_one_bias_in_its_recurrence_and_a_fixed_start() -> None:
    model = RNNRBM(ModelConfig(rnn="tanh", onsets=False))
    model.initialise_tutorial(torch.Generator().manual_seed(0))
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    assert frozen == {"u0", "recurrence.bias_hh_l0"}
    assert model.W.std().item() == pytest.approx(0.01, rel=0.05)
    for weight in (model.W_uv, model.W_uh, model.recurrence.weight_hh_l0, model.recurrence.weight_ih_l0):
        assert weight.std().item() == pytest.approx(0.0001, rel=0.05)
    for zero in (model.b_v, model.b_h, model.u0, model.recurrence.bias_ih_l0):
        assert not zero.any()
