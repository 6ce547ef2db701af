"""The RNN-NADE: its likelihood adds up to one, equals the plain recursion, and is what it samples."""

import itertools

import torch

from rnnrbm_live.model.build import new_model
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.nade import RNNNADE, nade_log_likelihood
from rnnrbm_live.model.rnnrbm import RNNRBM
from rnnrbm_live.model.training_step import keyed_generator

GENERATOR = keyed_generator(3)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR)


def test_probabilities_of_all_frames_add_up_to_one() -> None:
    states = torch.tensor(list(itertools.product((0.0, 1.0), repeat=8)))
    biases = draw(1, 8).expand(256, 8), draw(1, 5).expand(256, 5)
    total = nade_log_likelihood(states, draw(8, 5), draw(8, 5), *biases).exp().sum()
    torch.testing.assert_close(total, torch.tensor(1.0))


def test_likelihood_is_the_recursions() -> None:
    W, W_out, b_v, b_h = draw(88, 6), draw(88, 6), draw(10, 88), draw(10, 6)
    v = (torch.rand(10, 88, generator=GENERATOR) < 0.06).float()
    v[0] = 0
    expected = torch.zeros(10)
    drive = b_h.clone()
    for unit in range(88):
        p = torch.sigmoid(b_v[:, unit] + torch.sigmoid(drive) @ W_out[unit])
        expected += torch.where(v[:, unit] > 0, p, 1 - p).log()
        drive += v[:, unit, None] * W[unit]
    torch.testing.assert_close(nade_log_likelihood(v, W, W_out, b_v, b_h), expected, atol=1e-3, rtol=1e-4)
    assert torch.isfinite(nade_log_likelihood(torch.zeros(2, 88), W, W_out, b_v[:2], b_h[:2])).all()


def test_samples_follow_the_likelihood() -> None:
    """Rate of each unit over 20,000 draws against enumeration: 5 standard errors, false failure below 1e-5."""
    model = RNNNADE(ModelConfig(n_hidden=6, n_recurrent=2, onsets=False, conditional="nade"))
    with torch.no_grad():
        model.b_v.fill_(-100)
        model.b_v[:6] = draw(6)
        model.W[:6], model.W_out[:6] = draw(6, 6), draw(6, 6)
        states = torch.zeros(64, 88)
        states[:, :6] = torch.tensor(list(itertools.product((0.0, 1.0), repeat=6)))
        probabilities = model.log_likelihood(states, model.b_v.expand(64, -1), torch.zeros(64, 6)).exp()
    rates = probabilities @ states
    draws = model.sample(model.b_v.expand(20_000, -1).detach(), torch.zeros(20_000, 6), generator=GENERATOR).mean(0)
    assert ((draws - rates).abs() < 5 * (rates * (1 - rates) / 20_000).sqrt() + 1e-4).all()


def test_the_config_chooses_the_conditional() -> None:
    assert type(new_model(ModelConfig())) is RNNRBM
    assert type(new_model(ModelConfig(conditional="nade"))) is RNNNADE
