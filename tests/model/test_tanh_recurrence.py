"""The numpy recurrence against torch's: values and gradients."""

import torch

from rnnrbm_live.model.tanh_recurrence import TanhRecurrence
from rnnrbm_live.model.training_step import keyed_generator


def test_it_is_torchs_rnn_forwards_and_backwards() -> None:
    generator = keyed_generator(0)
    rnn = torch.nn.RNN(7, 5, batch_first=True)
    with torch.no_grad():
        rnn.bias_hh_l0.zero_()
    rows = torch.randn(3, 11, 7, generator=generator)
    outer = torch.randn(3, 11, 5, generator=generator)
    results = []
    for ours in (False, True):
        rnn.zero_grad()
        u0 = torch.randn(3, 5, generator=keyed_generator(1)).requires_grad_()
        if ours:
            x = rows @ rnn.weight_ih_l0.T + rnn.bias_ih_l0
            states = TanhRecurrence.apply(x, rnn.weight_hh_l0, u0)
        else:
            states, _ = rnn(rows, u0[None])
        (states * outer).sum().backward()
        weights = (rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0)
        results.append([states.detach(), u0.grad, *(weight.grad.clone() for weight in weights)])
    for theirs, ours_value in zip(*results, strict=True):
        torch.testing.assert_close(theirs, ours_value, atol=1e-5, rtol=1e-4)
