"""Training: what it learns, that it repeats, and that stopping and going on changes nothing."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnrbm_live.core.errors import CheckpointError, DeviceError
from rnnrbm_live.core.pianoroll import Note, PianoRoll
from rnnrbm_live.model import presets
from rnnrbm_live.model.checkpoint import WEIGHTS_FILE, load_card, load_live_model, load_weights
from rnnrbm_live.model.corpus import Corpus, build_corpus
from rnnrbm_live.model.presets import ALL_KEYS, Preset, Stage, TutorialPreset, with_epochs
from rnnrbm_live.model.rnnrbm import free_energy
from rnnrbm_live.model.train import Progress, TrainingResult, train
from rnnrbm_live.model.training_step import keyed_generator, pooled_gibbs_chain
from rnnrbm_live.model.tutorial_trainer import Chunk, TutorialTrainer
from rnnrbm_live.model.validation import HeldOutLikelihood, sampled_accuracy

TUTORIAL = replace(with_epochs(TutorialPreset(), 2), chunk_steps=20)
LIVE = replace(
    presets.LIVE,
    config=replace(presets.LIVE.config, n_hidden=20, n_recurrent=16, gibbs_steps=4),
    stages=(
        Stage("persistent", 2, 5e-3, 2, 4, transpositions=ALL_KEYS),
        Stage("short-run", 2, 4e-3, 4, 4, transpositions=ALL_KEYS),
    ),
    lanes=3,
    chunk_steps=16,
    valid_share=0.2,
)
CHOSEN = replace(LIVE, name="chosen", chosen_by_likelihood=True)
NADE = replace(CHOSEN, name="nade", config=replace(LIVE.config, conditional="nade"))
FACTS = {"source": "scales", "licence": "none needed"}


def scales(n_pieces: int = 8) -> list[PianoRoll]:
    """Return pieces of two voices that climb a scale, of 24 to 52 steps."""
    rolls = []
    for index in range(n_pieces):
        steps = [0, 2, 4, 5, 7, 9, 11, 12][: 6 + index % 3] * (1 + index % 2)
        notes = [Note(4 * at, 4 * at + 4, base + step) for base in (48, 60) for at, step in enumerate(steps)]
        rolls.append(PianoRoll.from_notes(notes, 4, n_steps=4 * len(steps) + index))
    return rolls


def corpus_for(preset: Preset) -> Corpus:
    return build_corpus(scales(), [f"scale {index}" for index in range(8)], preset, seed=0)


def train_small(preset: Preset, folder: Path, **options: object) -> TrainingResult:
    return train(corpus_for(preset), preset, folder, name="scales", data_facts=FACTS, **options)  # type: ignore[arg-type]


def weights_of(folder: Path, preset: Preset) -> dict[str, np.ndarray]:
    return load_weights(folder, corpus_for(preset).config)


@pytest.mark.parametrize("preset", [TUTORIAL, LIVE], ids=["tutorial", "live"])
def test_it_writes_a_playable_model_with_its_card(tmp_path: Path, preset: Preset) -> None:
    reports: list[Progress] = []
    result = train_small(preset, tmp_path, command="train scales", progress=reports.append)
    assert result.finished
    assert result.epochs == preset.epochs == len(result.monitors)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.json", "model.safetensors"]
    load_live_model(tmp_path).initial_state(0)
    card = load_card(tmp_path)
    assert card.data["source"] == "scales"
    assert card.training["command"] == "train scales"
    assert card.training["epochs_done"] == preset.epochs
    assert card.metrics["monitor"]["value"] == pytest.approx(result.monitors[-1], abs=1e-3)
    assert reports[-1].done == 1.0
    assert reports[-1].seconds_left == 0
    assert [report.done for report in reports] == sorted(report.done for report in reports)
    assert sum(report.epoch_ended for report in reports) == preset.epochs


@pytest.mark.parametrize("preset", [TUTORIAL, LIVE, CHOSEN], ids=["tutorial", "live", "chosen"])
def test_the_same_seed_gives_the_same_model(tmp_path: Path, preset: Preset) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_small(preset, tmp_path / name, seed=seed)
    a, b, c = (weights_of(tmp_path / name, preset) for name in "abc")
    assert all(np.array_equal(a[key], b[key]) for key in a)
    assert not np.array_equal(a["W"], c["W"])


@pytest.fixture(scope="module", params=[TUTORIAL, LIVE, CHOSEN, NADE], ids=["tutorial", "live", "chosen", "nade"])
def not_stopped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Preset, Path]:
    """A preset, and a model trained with it at one go."""
    preset, folder = request.param, tmp_path_factory.mktemp("whole")
    train_small(preset, folder)
    return preset, folder


@pytest.mark.xdist_group("going on")
@pytest.mark.parametrize("stop_at", [0.1, 0.25, 0.4, 0.5, 0.6, 0.9])
def test_going_on_gives_what_not_stopping_gives(
    tmp_path: Path, not_stopped: tuple[Preset, Path], stop_at: float
) -> None:
    """Stopped within an epoch, at its end, at the end of a stage, and in either stage."""
    preset, whole_folder = not_stopped
    done: list[float] = []
    stopped = train_small(
        preset,
        tmp_path / "parts",
        progress=lambda report: done.append(report.done),
        should_stop=lambda: done[-1] >= stop_at,
    )
    assert not stopped.finished
    assert stop_at <= done[-1] < 1
    load_card(tmp_path / "parts")
    resumed = train_small(preset, tmp_path / "parts", resume=True)
    assert resumed.finished
    assert resumed.epochs == len(resumed.monitors) == preset.epochs
    whole, parts = (weights_of(folder, preset) for folder in (whole_folder, tmp_path / "parts"))
    assert all(np.array_equal(whole[key], parts[key]) for key in whole)


def test_ctrl_c_saves(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    result = train_small(TUTORIAL, tmp_path, progress=lambda _report: os.kill(os.getpid(), signal.SIGINT))
    assert not result.finished
    assert signal.getsignal(signal.SIGINT) is before
    assert train_small(TUTORIAL, tmp_path, resume=True).finished


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "memory is full"),
        (RuntimeError("CUDA error: unspecified launch failure\nCompile with ..."), r"failure\): try again"),
    ],
)
def test_a_gpu_that_fails_is_one_sentence_and_what_was_saved_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    updates = 0

    def update(trainer: TutorialTrainer, *args: Any, **named: Any) -> Any:
        nonlocal updates
        updates += 1
        if updates == 3:
            raise error
        return plain_update(trainer, *args, **named)

    plain_update = TutorialTrainer.update
    monkeypatch.setattr(TutorialTrainer, "update", update)
    with pytest.raises(DeviceError, match=says):
        train_small(TUTORIAL, tmp_path, seconds_between_saves=0.0)
    assert train_small(TUTORIAL, tmp_path, resume=True).finished


def test_resuming_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no training to go on with"):
        train_small(TUTORIAL, tmp_path, resume=True)
    train_small(TUTORIAL, tmp_path, should_stop=lambda: True)
    with pytest.raises(CheckpointError, match="another seed"):
        train_small(TUTORIAL, tmp_path, resume=True, seed=5)


def test_a_folder_that_cannot_be_written_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    reports: list[Progress] = []
    with pytest.raises(CheckpointError, match="cannot be written"):
        train_small(TUTORIAL, tmp_path / "file", progress=reports.append)
    assert not reports


def test_tutorial_chunks_are_the_tutorials() -> None:
    corpus = corpus_for(TUTORIAL)
    chunks = TutorialTrainer(corpus, TUTORIAL, seed=0).plan_epoch(0)
    by_piece: dict[int, list[tuple[int, int]]] = {}
    for chunk in chunks:
        by_piece.setdefault(chunk.piece, []).append((chunk.first, chunk.last))
    for index, piece in enumerate(corpus.train):
        assert by_piece[index] == [(first, min(first + 20, len(piece))) for first in range(0, len(piece), 20)]


@pytest.mark.parametrize("preset", [TUTORIAL, LIVE], ids=["tutorial", "live"])
def test_chunks_of_one_step(tmp_path: Path, preset: Preset) -> None:
    """A piece one step longer than a chunk leaves a chunk of a single step."""
    roll = PianoRoll.from_notes([Note(0, preset.chunk_steps + 1, 60)], 4)
    short = PianoRoll.from_notes([Note(0, 1, 60), Note(0, 1, 64)], 4)
    corpus = build_corpus([roll, short], ["long", "short"], replace(preset, valid_share=0.4), seed=0)
    assert train(corpus, preset, tmp_path, name="short").finished


def test_a_tutorial_update_is_plain_sgd_on_the_tutorials_cost() -> None:
    """The same update written as the tutorial's scan is: one frame after the other, u from zeros."""
    corpus = corpus_for(TUTORIAL)
    trainer = TutorialTrainer(corpus, TUTORIAL, seed=3)
    model = trainer.model
    before = {name: tensor.clone().requires_grad_() for name, tensor in model.state_dict().items()}
    v = torch.from_numpy(corpus.train[2].bits[:20]).float()
    u, rows_v, rows_h = torch.zeros(100), [], []
    for frame in v:
        rows_v.append(before["b_v"] + u @ before["W_uv"])
        rows_h.append(before["b_h"] + u @ before["W_uh"])
        into = before["recurrence.bias_ih_l0"] + frame @ before["recurrence.weight_ih_l0"].T
        u = torch.tanh(into + u @ before["recurrence.weight_hh_l0"].T)
    b_v, b_h = torch.stack(rows_v), torch.stack(rows_h)
    with torch.no_grad():
        noise = trainer._noise
        generator = keyed_generator(3, 0, 0)
        sample, _ = pooled_gibbs_chain(v, before["W"], b_v, b_h, steps=15, noise=noise, generator=generator)
    cost = (free_energy(v, before["W"], b_v, b_h) - free_energy(sample, before["W"], b_v, b_h)).sum() / len(v)
    cost.backward()
    trainer.update(Chunk(piece=2, first=0, last=20), epoch=0, index=0, progress=0.0)
    for name, tensor in model.state_dict().items():
        gradient = before[name].grad if name not in ("u0", "recurrence.bias_hh_l0") else None
        expected = before[name] if gradient is None else before[name] - 0.001 * gradient
        torch.testing.assert_close(tensor, expected.detach(), atol=1e-7, rtol=1e-4)


def test_live_training_learns(tmp_path: Path) -> None:
    """Held-out accuracy of a sampled frame rises far above that of the untrained model."""
    fast = replace(
        LIVE,
        stages=(
            Stage("persistent", 20, 2e-2, 2, 4, transpositions=ALL_KEYS),
            Stage("short-run", 40, 2e-2, 4, 4, transpositions=ALL_KEYS),
        ),
        average=0.9,
    )
    stages = tuple(replace(stage, dropout=0.0) for stage in fast.stages)
    preset = replace(fast, stages=stages)
    result = train_small(preset, tmp_path)
    assert result.accuracies[-1] > 2 * result.accuracies[0]
    assert result.accuracies[-1] > 0.2
    assert load_card(tmp_path).metrics["sampled_accuracy"]["value"] == pytest.approx(result.accuracies[-1], abs=1e-3)


def test_accuracy_of_a_model_that_is_always_right_or_wrong() -> None:
    corpus = corpus_for(TUTORIAL)
    model = TutorialTrainer(corpus, TUTORIAL, seed=0).model
    piece = replace(corpus.train[0], bits=np.zeros_like(corpus.train[0].bits))
    piece.bits[:, 39] = 1
    with torch.no_grad():
        model.b_v.fill_(-50.0)
        model.b_v[39] = 50.0
    generator = keyed_generator(0)
    assert sampled_accuracy(model, [piece], generator=generator) == 1.0
    with torch.no_grad():
        model.b_v[40] = 50.0
    assert sampled_accuracy(model, [piece], generator=generator) == pytest.approx(0.5)
    assert sampled_accuracy(model, [], generator=generator) is None


def test_only_safetensors_and_json_are_written(tmp_path: Path) -> None:
    train_small(LIVE, tmp_path, should_stop=lambda: True)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["card.json", WEIGHTS_FILE, "training.safetensors"]


def test_the_best_weights_by_held_out_likelihood_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of four epochs scores best, the third better yet but not credibly."""
    chosen = replace(CHOSEN, stages=(replace(CHOSEN.stages[-1], epochs=4),))
    scores = iter([(-5.0, True), (-4.0, True), (-3.0, False), (-4.5, True)])
    monkeypatch.setattr(
        "rnnrbm_live.model.train.held_out_likelihood", lambda *_args, **_named: HeldOutLikelihood(*next(scores))
    )
    reports: list[Progress] = []
    train_small(chosen, tmp_path / "whole", progress=reports.append)
    after_two = next(report for report in reports if report.epoch == 2 and report.epoch_ended)
    assert after_two.log_likelihood == -4.0
    card = load_card(tmp_path / "whole")
    assert card.training["kept_after_epochs"] == 2
    assert card.metrics["valid_log_likelihood"]["value"] == -4.0

    scores = iter([(-5.0, True), (-4.0, True)])
    ended: list[float] = []
    train_small(
        chosen,
        tmp_path / "half",
        progress=lambda report: ended.append(report.epoch + report.epoch_ended - 1),
        should_stop=lambda: ended[-1] == 2,
    )
    whole, half = (weights_of(tmp_path / name, chosen) for name in ("whole", "half"))
    assert all(np.array_equal(whole[key], half[key]) for key in whole)


def test_only_weights_of_the_last_stage_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later stage may mend what made an earlier one's estimate too good."""
    scores = iter([(-1.0, True), (-1.0, True), (-4.0, True), (-5.0, True)])
    monkeypatch.setattr(
        "rnnrbm_live.model.train.held_out_likelihood", lambda *_args, **_named: HeldOutLikelihood(*next(scores))
    )
    assert [stage.epochs for stage in CHOSEN.stages] == [2, 2]
    train_small(CHOSEN, tmp_path / "two")
    assert load_card(tmp_path / "two").training["kept_after_epochs"] == 3


def test_an_rnn_nade_is_trained_and_cannot_be_played(tmp_path: Path) -> None:
    nade = replace(NADE, stages=(Stage("none", 12, 2e-2, 1, 1, dropout=0.0),), average=0.9)
    result = train_small(nade, tmp_path)
    assert result.monitors[-1] > result.monitors[0] + 5
    assert "training_log_likelihood" in load_card(tmp_path).metrics
    with pytest.raises(CheckpointError, match="RNN-NADE"):
        load_live_model(tmp_path)
