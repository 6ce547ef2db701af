"""The numpy recurrences against torch's: values and gradients."""

import pytest
import torch

from rnnrbm_live.model.recurrence import GRURecurrence, TanhRecurrence
from rnnrbm_live.model.training_step import keyed_generator


@pytest.mark.parametrize("kind", ["tanh", "gru"])
def test_it_is_torchs_forwards_and_backwards(kind: str) -> None:
    generator = keyed_generator(0)
    rnn = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU}[kind](7, 5, batch_first=True)
    rows = torch.randn(3, 11, 7, generator=generator)
    outer = torch.randn(3, 11, 5, generator=generator)
    results = []
    for ours in (False, True):
        rnn.zero_grad()
        u0 = torch.randn(3, 5, generator=keyed_generator(1)).requires_grad_()
        x = rows @ rnn.weight_ih_l0.T + rnn.bias_ih_l0
        if not ours:
            states, _ = rnn(rows, u0[None])
        elif kind == "tanh":
            states = TanhRecurrence.apply(x + rnn.bias_hh_l0, rnn.weight_hh_l0, u0)
        else:
            states = GRURecurrence.apply(x, rnn.weight_hh_l0, rnn.bias_hh_l0, u0)
        (states * outer).sum().backward()
        gradients = [weight.grad.clone() for weight in rnn.parameters()]
        results.append([states.detach(), u0.grad, *gradients])
    for theirs, ours_value in zip(*results, strict=True):
        torch.testing.assert_close(theirs, ours_value, atol=1e-5, rtol=1e-4)
