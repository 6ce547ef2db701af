"""log Z: enumeration against brute force, annealing against enumeration, and what must come out exactly."""

import itertools

import pytest
import torch
from torch.nn import functional

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.model.partition import (
    FrameRBMs,
    _hidden_log_ratio,
    _Noise,
    annealed_log_partition,
    annealed_samples,
    base_rates,
    exact_log_partition,
    gibbs_samples,
    reverse_log_partition,
)
from rnnrbm_live.model.rnnrbm import free_energy
from rnnrbm_live.model.training_step import keyed_generator


def random_rbms(frames: int, n_visible: int, n_hidden: int, *, scale: float = 1.0) -> FrameRBMs:
    generator = keyed_generator(5)
    return FrameRBMs(
        scale * torch.randn(n_visible, n_hidden, generator=generator),
        torch.randn(frames, n_visible, generator=generator) - 1,
        torch.randn(frames, n_hidden, generator=generator),
    )


def test_enumeration_is_the_sum_over_all_visible_states() -> None:
    rbms = random_rbms(4, 9, 5)
    states = torch.tensor(list(itertools.product((0.0, 1.0), repeat=9)))  # (2^V, V)
    energies = free_energy(states[None], rbms.W, rbms.b_v[:, None], rbms.b_h[:, None])  # (N, 2^V)
    torch.testing.assert_close(exact_log_partition(rbms), torch.logsumexp(-energies.double(), 1), atol=1e-4, rtol=0)


def test_too_many_hidden_units_to_enumerate() -> None:
    with pytest.raises(SettingsError, match="too many"):
        exact_log_partition(random_rbms(1, 4, 40))


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_annealing_finds_log_z(scale: float) -> None:
    """Mean error over 50 frames: its standard deviation is below 0.01 nats here, the limit five times that."""
    rbms = random_rbms(50, 88, 10, scale=scale)
    base = base_rates(rbms, seed=1)
    exact = exact_log_partition(rbms)
    forward = annealed_log_partition(rbms, base, temperatures=1000, chains=10, seed=2)
    assert abs(float((forward.log_z - exact).mean())) < 0.05
    assert forward.log_weights.shape == (50, 10)
    assert float(forward.effective_share.mean()) > 0.7

    samples = gibbs_samples(rbms, torch.zeros(50, 10, 88), sweeps=500, seed=3)
    reverse = reverse_log_partition(rbms, base, samples, temperatures=1000, seed=4)
    assert abs(float((reverse.log_z - exact).mean())) < 0.05


def test_a_coarse_annealing_shows_itself() -> None:
    """With too few temperatures the forward estimate is low, the reverse one high, and few chains count."""
    rbms = random_rbms(50, 88, 10, scale=2.0)
    base = torch.full((50, 88), 0.5)
    exact = exact_log_partition(rbms)
    forward = annealed_log_partition(rbms, base, temperatures=10, chains=10, seed=2)
    samples = gibbs_samples(rbms, torch.zeros(50, 10, 88), sweeps=500, seed=3)
    reverse = reverse_log_partition(rbms, base, samples, temperatures=10, seed=4)
    assert float((forward.log_z - exact).mean()) < -1
    assert float((reverse.log_z - exact).mean()) > 1
    assert float(forward.effective_share.mean()) < 0.5


def test_without_couplings_the_frame_is_a_factorised_bernoulli() -> None:
    rbms = FrameRBMs(torch.zeros(88, 20), torch.randn(30, 88, generator=keyed_generator(1)), torch.randn(30, 20))
    base = torch.sigmoid(rbms.b_v)
    exact = torch.nn.functional.softplus(rbms.b_v).sum(1) + torch.nn.functional.softplus(rbms.b_h).sum(1)
    estimate = annealed_log_partition(rbms, base, temperatures=50, chains=3, seed=0)
    torch.testing.assert_close(estimate.log_z, exact.double(), atol=1e-3, rtol=0)


def test_all_zero_parameters_give_every_frame_the_same_chance() -> None:
    rbms = FrameRBMs(torch.zeros(88, 20), torch.zeros(3, 88), torch.zeros(3, 20))
    base = torch.full((3, 88), 0.5)
    log_z = annealed_log_partition(rbms, base, temperatures=10, chains=2, seed=0).log_z
    v = (torch.rand(3, 88, generator=keyed_generator(2)) < 0.1).float()
    log_likelihood = -free_energy(v, rbms.W, rbms.b_v, rbms.b_h).double() - log_z
    torch.testing.assert_close(log_likelihood, torch.full((3,), -60.996952).double(), atol=1e-3, rtol=0)


def test_threads_change_nothing() -> None:
    rbms = random_rbms(700, 12, 4)
    results = []
    for threads in (1, 3):
        base = base_rates(rbms, seed=1, threads=threads)
        results.append(annealed_log_partition(rbms, base, temperatures=20, chains=7, seed=0, threads=threads).log_z)
    assert torch.equal(*results)


def test_weighted_annealed_samples_have_the_rbms_expectations() -> None:
    """Rates of 9 bits against enumeration: 4,000 chains, standard error below 0.01, the bound five times that."""
    rbms = random_rbms(3, 9, 5)
    states = torch.tensor(list(itertools.product((0.0, 1.0), repeat=9)))
    energies = free_energy(states[None], rbms.W, rbms.b_v[:, None], rbms.b_h[:, None])
    exact = torch.softmax(-energies, 1) @ states  # (N, V)
    base = torch.full((3, 9), 0.5)
    samples, weights = annealed_samples(rbms, base, temperatures=20, chains=4000, seed=0)
    torch.testing.assert_close(weights.sum(1), torch.ones(3))
    assert ((samples * weights[..., None]).sum(1) - exact).abs().max() < 0.05


@pytest.mark.parametrize("n_hidden", [1, 13, 200])
@pytest.mark.parametrize("scale", [0.1, 5.0, 40.0, 300.0])
@pytest.mark.parametrize(("beta", "next_beta"), [(0.0, 0.001), (0.5, 0.501), (1.0, 0.999), (0.0, 0.5), (0.3, 0.35)])
def test_the_product_form_of_a_weight_is_the_difference_of_two_softplus(
    n_hidden: int, scale: float, beta: float, next_beta: float
) -> None:
    x = scale * torch.randn(50, n_hidden, generator=keyed_generator(3))
    exact = functional.softplus(x.double() * next_beta) - functional.softplus(x.double() * beta)
    found = _hidden_log_ratio(x, beta, next_beta)
    rounding = 1e-7 * float(x.abs().sum(1).max())
    torch.testing.assert_close(found.double(), exact.sum(1), atol=1e-5 + rounding, rtol=0)


def test_noise_is_uniform_and_never_the_same_twice() -> None:
    """Mean and variance of 600,000 draws within 5 standard errors."""
    noise = _Noise(1, 2, torch.device("cpu"))
    first, second = (noise.uniform(torch.Size((1000, 301))) for _ in range(2))
    both = torch.cat((first, second)).double()
    assert 0 <= both.min() < 1e-5
    assert 1 - 1e-5 < both.max() <= 1
    assert abs(both.mean() - 0.5) < 5 * (1 / 12 / both.numel()) ** 0.5
    assert abs(12 * both.var() - 1) < 5 * (0.8 / both.numel()) ** 0.5
    assert not torch.equal(first, second)
    assert torch.equal(first, _Noise(1, 2, torch.device("cpu")).uniform(torch.Size((1000, 301))))
    assert not torch.equal(first, _Noise(1, 3, torch.device("cpu")).uniform(torch.Size((1000, 301))))
