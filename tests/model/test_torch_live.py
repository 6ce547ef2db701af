"""The torch chain draws the frames that numpy draws; GPU tests run where there is one."""

import numpy as np
import pytest
import torch

from rnnrbm_live.core.errors import DeviceError
from rnnrbm_live.core.frame import N_PITCHES, Frame
from rnnrbm_live.model.devices import gpu_kind
from rnnrbm_live.model.live import LiveModel, NoiseKey, NumpySampler, Sampler
from rnnrbm_live.model.torch_live import TorchSampler, gibbs_drives, make_sampler
from rnnrbm_live.model.untrained import random_live_model

needs_cuda = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU that this torch build can use"),
]


def play_varied(model: LiveModel, samplers: list[Sampler], n_steps: int) -> list[tuple[Frame, bytes]]:
    """Play with every setting changing from step to step, and the sampler changing every 16 steps."""
    state = model.initial_state(0)
    on, inside = model.clamp([60], onsets=[60]), model.clamp(range(40, 80), onsets=range(40, 80))
    assert inside is not None
    off = ~inside
    results = []
    for step in range(n_steps):
        model.sampler = samplers[step // 16 % len(samplers)]
        sample = model.sample(
            state,
            NoiseKey(7, 1, step),
            gibbs_steps=(25, 3, 10)[step % 3],
            temperature=(1.0, 0.85, 1.15, 1.4)[step % 4],
            density=(0.0, 0.7, -0.5)[step // 7 % 3],
            clamped_on=on if step // 11 % 4 == 1 else None,
            clamped_off=off if step // 13 % 3 == 1 else None,
            most_notes=(N_PITCHES, 2, 5)[step // 5 % 3],
        )
        results.append((sample.frame, sample.probabilities.tobytes()))
        state = model.update(state, sample.frame, (step + 1) % 16)
    return results


def test_torch_and_numpy_draw_the_same_frames() -> None:
    model = random_live_model(11)
    expected = play_varied(model, [NumpySampler(model.W)], 600)
    assert len({frame for frame, _ in expected}) > 100
    assert play_varied(model, [TorchSampler(model.W, "cpu")], 600) == expected


def test_samplers_can_be_swapped_while_playing() -> None:
    model = random_live_model(12)
    expected = play_varied(model, [NumpySampler(model.W)], 128)
    assert play_varied(model, [NumpySampler(model.W), TorchSampler(model.W, "cpu")], 128) == expected


def chain_inputs(device: str, steps: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    W = torch.zeros(176, 24, device=device)
    return torch.zeros(176 + steps * 200, device=device), W, W.T.contiguous()


def test_the_step_has_static_shapes() -> None:
    """On the meta device there is no data to branch on."""
    assert gibbs_drives(*chain_inputs("meta")).shape == (4, 176)


def test_the_step_exports() -> None:
    class Step(torch.nn.Module):
        def forward(self, packed: torch.Tensor, W: torch.Tensor, W_transposed: torch.Tensor) -> torch.Tensor:
            return gibbs_drives(packed, W, W_transposed)

    inputs = chain_inputs("cpu")
    exported = torch.export.export(Step(), inputs)
    torch.testing.assert_close(exported.module()(*inputs), gibbs_drives(*inputs))


@pytest.mark.skipif(torch.cuda.is_available(), reason="an NVIDIA GPU is there")
def test_a_device_that_is_not_there_is_one_clear_error() -> None:
    with pytest.raises(DeviceError, match="use --device cpu"):
        TorchSampler(random_live_model().W, "cuda")


def test_make_sampler_on_the_cpu_is_numpy() -> None:
    assert isinstance(make_sampler(random_live_model(), "cpu"), NumpySampler)


@pytest.mark.skipif(gpu_kind() != "mps", reason="no Apple silicon GPU")
def test_mps_draws_the_same_frames() -> None:
    model = random_live_model(11)
    expected = play_varied(model, [NumpySampler(model.W)], 200)
    assert play_varied(model, [make_sampler(model, "mps")], 200) == expected


class TestCuda:
    """The graph, eager torch and numpy draw the same frames."""

    pytestmark = needs_cuda

    def test_graph_equals_eager_equals_numpy(self) -> None:
        model = random_live_model(11)
        expected = play_varied(model, [NumpySampler(model.W)], 600)
        assert play_varied(model, [TorchSampler(model.W, "cuda", graph=False)], 600) == expected
        assert play_varied(model, [make_sampler(model, "cuda")], 600) == expected

    def test_swap_while_playing(self) -> None:
        model = random_live_model(12)
        expected = play_varied(model, [NumpySampler(model.W)], 256)
        assert play_varied(model, [NumpySampler(model.W), make_sampler(model, "cuda")], 256) == expected


def test_drives_are_those_of_the_formula() -> None:
    """One sweep by hand, in float64."""
    model = random_live_model(13)
    random = np.random.default_rng(0)
    start = (random.random(176) < 0.1).astype(np.uint8)
    hidden = np.round(random.normal(size=(1, 24)), 3).astype(np.float32)
    h = start @ model.W.astype(np.float64) > hidden[0]
    drives = NumpySampler(model.W).gibbs(start, hidden, np.zeros((1, 176), np.float32), N_PITCHES)
    assert np.array_equal(drives[0], model.W.astype(np.float64) @ h)
