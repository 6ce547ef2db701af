"""Training and evaluation on an NVIDIA GPU, where there is one: what a CPU gives, up to rounding and noise."""

import copy
from pathlib import Path

import pytest
import torch

from rnnrbm_live.core.errors import DeviceError
from rnnrbm_live.core.frame import N_PITCHES
from rnnrbm_live.model import build
from rnnrbm_live.model.build import new_model, training_device
from rnnrbm_live.model.checkpoint import load_card, load_live_model
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.evaluate import evaluate
from rnnrbm_live.model.held_out import KnownFrames
from rnnrbm_live.model.partition import FrameRBMs, annealed_log_partition, base_rates, exact_log_partition
from rnnrbm_live.model.presets import Preset
from rnnrbm_live.model.rnnrbm import gibbs_chain
from rnnrbm_live.model.sweep_graph import SweepGraph
from rnnrbm_live.model.training_step import keyed_generator
from tests.model.test_evaluate import QUICK, model_of, music
from tests.model.test_train import CHOSEN, LIVE, NADE, TUTORIAL, train_small, weights_of

needs_cuda = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU that this torch build can use"),
]


@pytest.mark.skipif(torch.cuda.is_available(), reason="an NVIDIA GPU is there")
def test_without_a_gpu_the_cpu_computes() -> None:
    assert training_device("auto") == training_device("cpu") == "cpu"
    with pytest.raises(DeviceError, match="use --device"):
        training_device("cuda")


def test_a_gpu_that_torch_cannot_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "resolve_device", lambda choice: choice)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert training_device("auto") == "cpu"
    with pytest.raises(DeviceError, match=r"build for CUDA, or use --device cpu"):
        training_device("cuda")
    with pytest.raises(DeviceError, match=r"'mps' cannot train"):
        training_device("mps")


class TestCuda:
    pytestmark = needs_cuda

    @pytest.mark.parametrize("rnn", ["tanh", "gru"])
    def test_the_recurrence_is_the_same(self, rnn: str) -> None:
        training_device("cuda")  # turns TF32 off
        model = new_model(ModelConfig(n_hidden=6, n_recurrent=5, onsets=False, rnn=rnn))  # type: ignore[arg-type]  # a word
        model.initialise_staged(torch.full((88,), 0.1), keyed_generator(0))
        results = []
        for device in ("cpu", "cuda"):
            copied = copy.deepcopy(model).to(device)
            v = (torch.rand(3, 11, 88, generator=keyed_generator(1)) < 0.2).float().to(device)
            u = copied.initial_state(torch.zeros(3, dtype=torch.long, device=device))
            states = copied.recur(v, torch.zeros(3, 11, dtype=torch.long, device=device), u)
            (states**2).sum().backward()
            gradients = [p.grad for p in copied.parameters() if p.grad is not None]
            results.append([tensor.detach().cpu() for tensor in (states, *gradients)])
        for on_cpu, on_gpu in zip(*results, strict=True):
            torch.testing.assert_close(on_cpu, on_gpu, atol=1e-4, rtol=1e-4)

    @pytest.mark.parametrize("most", [N_PITCHES, 3])
    def test_recorded_sweeps_are_gibbs_sweeps(self, most: int) -> None:
        """P(bit = 1) after some sweeps, by 4,000 chains each: within 5 standard errors of the difference."""
        generator = keyed_generator(5)
        W = torch.randn(88, 10, generator=generator) * 0.5
        b_v, b_h = torch.randn(88, generator=generator) - 2, torch.randn(10, generator=generator)
        chains = 4000
        wide_b_v, wide_b_h = b_v.expand(chains, -1).contiguous(), b_h.expand(chains, -1).contiguous()
        start = torch.zeros(chains, 88)
        graph = SweepGraph(W.cuda(), chains + 7, most)
        arguments = (start.cuda(), wide_b_v.cuda(), wide_b_h.cuda())
        on_gpu = graph.run(*arguments, steps=6, seed=1)
        on_cpu, _ = gibbs_chain(start, W, wide_b_v, wide_b_h, steps=6, generator=generator, most_notes=most)
        assert (on_gpu.mean(0).cpu() - on_cpu.mean(0)).abs().max() < 5 * (0.5 / chains) ** 0.5
        assert on_gpu.sum(1).max() <= most
        assert torch.equal(on_gpu, graph.run(*arguments, steps=6, seed=1))
        assert not torch.equal(on_gpu, graph.run(*arguments, steps=6, seed=2))

    def test_the_annealing_finds_the_exact_value(self) -> None:
        generator = keyed_generator(5)
        W = torch.randn(88, 10, generator=generator) * 0.5
        b_v, b_h = torch.randn(40, 88, generator=generator) - 2, torch.randn(40, 10, generator=generator)
        exact = exact_log_partition(FrameRBMs(W, b_v, b_h))
        rbms = FrameRBMs(W.cuda(), b_v.cuda(), b_h.cuda())
        torch.testing.assert_close(exact_log_partition(rbms).cpu(), exact)
        estimate = annealed_log_partition(rbms, base_rates(rbms, seed=0), temperatures=1000, chains=10, seed=1)
        assert float((estimate.log_z.cpu() - exact).abs().mean()) < 0.05

    @pytest.mark.parametrize("conditional", ["rbm", "nade"])
    def test_evaluation_agrees_with_the_cpu(self, conditional: str) -> None:
        training_device("cuda")
        model, pieces = model_of(30, scale=0.3, conditional=conditional), music(30, 20)
        on_cpu, on_gpu = (evaluate(copy.deepcopy(model).to(device), pieces, QUICK) for device in ("cpu", "cuda"))
        assert on_gpu.log_likelihood.nats == pytest.approx(on_cpu.log_likelihood.nats, abs=0.05)
        assert on_gpu.accuracy_of_best_guess == pytest.approx(on_cpu.accuracy_of_best_guess, abs=0.03)

    @pytest.mark.parametrize("preset", [TUTORIAL, LIVE, CHOSEN, NADE], ids=lambda preset: preset.name)
    def test_a_model_trained_there_is_as_good(self, tmp_path: Path, preset: Preset) -> None:
        on_cpu = train_small(preset, tmp_path / "cpu")
        on_gpu = train_small(preset, tmp_path / "gpu", device="cuda")
        assert on_gpu.finished
        assert on_gpu.monitors == pytest.approx(on_cpu.monitors, rel=0.1)
        assert load_card(tmp_path / "gpu").training["device"] == torch.cuda.get_device_name()
        weights_of(tmp_path / "gpu", preset)

    def test_going_on_gives_what_not_stopping_gives(self, tmp_path: Path) -> None:
        whole = train_small(LIVE, tmp_path / "whole", device="cuda")
        updates = 0

        def should_stop() -> bool:
            nonlocal updates
            updates += 1
            return updates == 5

        assert not train_small(LIVE, tmp_path / "parts", device="cuda", should_stop=should_stop).finished
        parts = train_small(LIVE, tmp_path / "parts", device="cuda", resume=True)
        assert parts.monitors == pytest.approx(whole.monitors, rel=1e-3)
        load_live_model(tmp_path / "parts")

    def test_frames_lie_where_the_model_does(self) -> None:
        model = model_of(30, scale=0.3).cuda()
        assert KnownFrames.of(model, music(9)).b_h.is_cuda
