"""Training from a corpus to a model folder: progress, held-out figure, stopping and going on."""

from __future__ import annotations

import hashlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.model.build import gpu_errors, new_model
from rnnrbm_live.model.checkpoint import Card, end_training, load_training, save_checkpoint, save_training
from rnnrbm_live.model.corpus import Corpus
from rnnrbm_live.model.presets import Preset, StagedPreset, TutorialPreset
from rnnrbm_live.model.rnnrbm import RNNRBM
from rnnrbm_live.model.staged_trainer import StagedTrainer
from rnnrbm_live.model.training_step import Trainer, keyed_generator
from rnnrbm_live.model.tutorial_trainer import TutorialTrainer
from rnnrbm_live.model.validation import (
    ACCURACY_FRAMES,
    LIKELIHOOD_CHAINS,
    LIKELIHOOD_FRAMES,
    LIKELIHOOD_TEMPERATURES,
    held_out_likelihood,
    sampled_accuracy,
)

SECONDS_BETWEEN_SAVES = 60.0
TRIED_UPDATES = 4
LIKELIHOODS_TAKEN = 40
"""How often in a training the held-out log-likelihood is estimated, where weights are chosen by it."""
_BEST = "best."


@dataclass(frozen=True)
class Progress:
    """Where a training stands, after each update.

    Attributes:
        stage: what is being done, in a few words.
        epoch: counted from 1.
        epochs: in all.
        done: share of the whole training, 0 to 1.
        monitor: the tutorial's reconstruction monitor, mean of this epoch so far, nats per frame.
        accuracy: `validation.sampled_accuracy` after the last epoch, if there are held-out pieces.
        log_likelihood: `validation.held_out_likelihood` when it was last taken, nats per frame, where weights are
            chosen by it.
        seconds: spent, earlier parts of a resumed training included.
        seconds_left: estimate.
        epoch_ended: whether this is the last report of its epoch.
    """

    stage: str
    epoch: int
    epochs: int
    done: float
    monitor: float
    accuracy: float | None
    log_likelihood: float | None
    seconds: float
    seconds_left: float
    epoch_ended: bool


@dataclass(frozen=True)
class TrainingResult:
    """How a training ended.

    Attributes:
        finished: False if it was stopped; the same call with ``resume=True`` goes on.
        folder: where the model lies, playable in either case.
        epochs: whole epochs done.
        monitors: the tutorial's monitor of each, nats per frame.
        accuracies: `validation.sampled_accuracy` of each, where there are held-out pieces.
        seconds: spent.
    """

    finished: bool
    folder: Path
    epochs: int
    monitors: tuple[float, ...]
    accuracies: tuple[float, ...]
    seconds: float


@dataclass
class _Run:
    """What a training remembers besides the trainer's own state."""

    epoch: int = 0
    index: int = 0  # next update of the epoch
    monitor_sum: float = 0.0
    weight_sum: float = 0.0
    monitors: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    likelihoods: list[tuple[int, float]] = field(default_factory=list)  # epochs done, nats per frame
    best_epoch: int = 0  # epochs done when the weights to keep were those, 0 while none is credible
    best_nats: float = -math.inf
    best: dict[str, Tensor] = field(default_factory=dict)  # those weights
    seconds: float = 0.0

    def facts(self) -> dict[str, Any]:
        """Return all but the weights, as JSON types."""
        return {name: value for name, value in vars(self).items() if name != "best"}

    def kept(self, trainer: Trainer[Any]) -> dict[str, Tensor]:
        """Return the weights to keep: the best, where they are chosen by likelihood, else the latest."""
        return self.best or trainer.weights()


def train(
    corpus: Corpus,
    preset: Preset,
    folder: Path,
    *,
    name: str,
    seed: int = 0,
    device: str = "cpu",
    resume: bool = False,
    data_facts: Mapping[str, Any] | None = None,
    command: str = "",
    progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    saved: Callable[[int], None] | None = None,
    seconds_between_saves: float = SECONDS_BETWEEN_SAVES,
) -> TrainingResult:
    """Train a model and write it to `folder`.

    Ctrl+C, or `should_stop` returning True, ends it at the next update: the model so far and the state of the
    training are saved, and going on later on the same device gives what not stopping would have given. The same corpus,
    preset and seed give the same model on the same machine and number of torch threads; on a GPU up to rounding.

    Args:
        corpus: from `corpus.build_corpus` with the same preset.
        preset: from `presets`; `presets.with_epochs` changes its length.
        folder: created if it is not there.
        name: of the model, for its card.
        seed: of all that is random.
        device: from `build.training_device`.
        resume: go on with the training that was stopped in `folder`.
        data_facts: source and licence of the data, for the card.
        command: that repeats this training, for the card.
        progress: called after each update.
        should_stop: asked after each update.
        saved: called with the number of whole epochs done whenever the model has been written to `folder`.
        seconds_between_saves: beside those at the beginning and the end.

    Raises:
        CheckpointError: if `folder` cannot be written to, or holds no training that fits when resuming.
        DeviceError: if the GPU fails or is full; what was saved last can be gone on with.
    """
    trainer = _new_trainer(corpus, preset, seed, device)
    run = _Run()
    identity = _identity(corpus, preset, seed)
    if resume:
        run = _resume(folder, trainer, identity)

    def save() -> None:
        card = _card(name, corpus, preset, seed, data_facts or {}, command, device, run)
        save_checkpoint(folder, {key: tensor.numpy() for key, tensor in run.kept(trainer).items()}, card)
        arrays = {key: tensor.numpy() for key, tensor in trainer.state().items()}
        arrays |= {_BEST + key: tensor.numpy() for key, tensor in run.best.items()}
        save_training(folder, arrays, {"identity": identity, "run": run.facts()})
        if saved:
            saved(run.epoch)

    save()  # a folder that cannot be written to is found now, not after an hour
    started = time.monotonic() - run.seconds
    last_save = time.monotonic()
    stopped = False
    with _interrupts() as interrupted, gpu_errors():
        while run.epoch < preset.epochs and not stopped:
            batches = trainer.plan_epoch(run.epoch)
            if run.index == 0:
                trainer.begin_epoch(run.epoch)
            while run.index < len(batches) and not stopped:
                update = trainer.update(
                    batches[run.index], epoch=run.epoch, index=run.index, progress=run.index / len(batches)
                )
                run.index += 1
                run.monitor_sum += update.monitor * update.weight
                run.weight_sum += update.weight
                epoch_ended = run.index == len(batches)
                stage, epoch = trainer.stage_name(run.epoch), run.epoch
                done = (run.epoch + run.index / len(batches)) / preset.epochs
                monitor = run.monitor_sum / run.weight_sum
                if epoch_ended:
                    _end_epoch(run, trainer, corpus, preset, seed, device)
                run.seconds = time.monotonic() - started
                if progress:
                    accuracy = run.accuracies[-1] if run.accuracies else None
                    likelihood = run.likelihoods[-1][1] if run.likelihoods else None
                    left = run.seconds * (1 - done) / done
                    progress(
                        Progress(
                            stage,
                            epoch + 1,
                            preset.epochs,
                            done,
                            monitor,
                            accuracy,
                            likelihood,
                            run.seconds,
                            left,
                            epoch_ended,
                        )
                    )
                stopped = interrupted() or should_stop()
                if epoch_ended:
                    break
            if time.monotonic() - last_save > seconds_between_saves or stopped:
                save()
                last_save = time.monotonic()
    finished = run.epoch >= preset.epochs
    if finished:
        save()
        end_training(folder)
    return TrainingResult(finished, folder, run.epoch, tuple(run.monitors), tuple(run.accuracies), run.seconds)


def estimate_seconds(corpus: Corpus, preset: Preset, *, seed: int = 0, device: str = "cpu") -> float:
    """Estimate how long `train` would take, by trying a few updates of its last epoch, the dearest, and one scoring."""
    trainer = _new_trainer(corpus, preset, seed, device)
    epoch = preset.epochs - 1
    batches = trainer.plan_epoch(epoch)
    trainer.begin_epoch(epoch)
    started = 0.0
    for index in range(1 + TRIED_UPDATES):
        if index == 1:  # the first one only warms up
            started = time.monotonic()
        trainer.update(batches[index % len(batches)], epoch=epoch, index=index, progress=0.0)
    per_update = (time.monotonic() - started) / TRIED_UPDATES
    started = time.monotonic()
    sampled_accuracy(trainer.model, corpus.valid, generator=keyed_generator(seed, device=device))
    per_epoch = len(batches) * per_update + time.monotonic() - started
    return preset.epochs * per_epoch


def _new_trainer(corpus: Corpus, preset: Preset, seed: int, device: str) -> Trainer[Any]:
    if isinstance(preset, TutorialPreset):
        return TutorialTrainer(corpus, preset, seed=seed, device=device)
    return StagedTrainer(corpus, preset, seed=seed, device=device)


def _end_epoch(run: _Run, trainer: Trainer[Any], corpus: Corpus, preset: Preset, seed: int, device: str) -> None:
    """Close an epoch's books: its monitor, and the held-out figure of the weights to keep."""
    run.monitors.append(run.monitor_sum / run.weight_sum)
    model = _model_with(trainer.weights(), corpus).to(device)
    accuracy = sampled_accuracy(model, corpus.valid, generator=keyed_generator(seed, run.epoch, -2, device=device))
    if accuracy is not None:
        run.accuracies.append(accuracy)
    done = run.epoch + 1
    due = done == preset.epochs or done % max(1, preset.epochs // LIKELIHOODS_TAKEN) == 0
    if due and isinstance(preset, StagedPreset) and preset.chosen_by_likelihood:
        likelihood = held_out_likelihood(model, corpus.valid, seed=seed)
        if likelihood is not None:
            run.likelihoods.append((done, likelihood.nats))
            in_last_stage = run.epoch >= preset.epochs - preset.stages[-1].epochs
            if in_last_stage and likelihood.credible and likelihood.nats > run.best_nats:
                run.best_epoch, run.best_nats, run.best = done, likelihood.nats, trainer.weights()
    run.epoch, run.index, run.monitor_sum, run.weight_sum = run.epoch + 1, 0, 0.0, 0.0


def _model_with(weights: Mapping[str, Tensor], corpus: Corpus) -> RNNRBM:
    model = new_model(corpus.config)
    model.load_state_dict(dict(weights))
    return model


def _resume(folder: Path, trainer: Trainer[Any], identity: str) -> _Run:
    arrays, facts = load_training(folder)
    if facts.get("identity") != identity:
        raise CheckpointError(
            f"the training in {folder} had other music, another preset or another seed: "
            "give the same ones, or start anew, without --resume"
        )
    try:
        run = _Run(**facts["run"])
        run.best = {key.removeprefix(_BEST): torch.from_numpy(arrays.pop(key)) for key in [*arrays] if _BEST in key}
        trainer.load_state({key: torch.from_numpy(array) for key, array in arrays.items()}, epoch=run.epoch)
    except (KeyError, TypeError, ValueError, RuntimeError) as err:
        raise CheckpointError(f"the training in {folder} is damaged ({err}): start without --resume") from err
    return run


def _identity(corpus: Corpus, preset: Preset, seed: int) -> str:
    """Name a training by all that decides its outcome."""
    digest = hashlib.sha256(repr((preset, corpus.config, seed)).encode())
    for piece in (*corpus.train, *corpus.valid):
        digest.update(piece.bits.tobytes())
        digest.update(piece.contexts.tobytes())
    return digest.hexdigest()


def _card(
    name: str,
    corpus: Corpus,
    preset: Preset,
    seed: int,
    data_facts: Mapping[str, Any],
    command: str,
    device: str,
    run: _Run,
) -> Card:
    data = {
        **data_facts,
        "pieces": len(corpus.train),
        "frames": corpus.n_frames,
        "held_out": [] if corpus.split_as_published else [piece.name for piece in corpus.valid],
        "skipped": len(corpus.skipped),
    }
    if corpus.split_as_published:
        data["split"] = "as published: trained on train, watched on valid; test was not looked at"
    training = {
        "command": command,
        "preset": asdict(preset),
        "seed": seed,
        "epochs_done": run.epoch,
        "minutes": round(run.seconds / 60, 1),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if device == "cuda" else device,
    }
    if run.likelihoods:
        training["kept_after_epochs"] = run.best_epoch or run.epoch
    sweeps = "15 sweeps" if isinstance(preset, TutorialPreset) else "one sweep"
    metrics: dict[str, Any] = {}
    if run.monitors and corpus.config.conditional == "nade":
        metrics["training_log_likelihood"] = {
            "value": round(run.monitors[-1], 4),
            "how": "exact, training frames, dropout on, nats per frame, mean of the last epoch",
        }
    elif run.monitors:
        metrics["monitor"] = {
            "value": round(run.monitors[-1], 4),
            "how": f"reconstruction cross-entropy of training frames after {sweeps} from the frame, nats per "
            "frame, mean of the last epoch; not a log-likelihood",
        }
    if run.accuracies:
        metrics["sampled_accuracy"] = {
            "value": round(run.accuracies[-1], 4),
            "how": f"held-out pieces, up to {ACCURACY_FRAMES} frames, one frame sampled for each given the "
            "true past, TP / (TP + FP + FN) over all bits",
        }
    if run.best:
        sweep = f"{LIKELIHOOD_CHAINS} annealed chains of {LIKELIHOOD_TEMPERATURES} temperatures, which flatters"
        metrics["valid_log_likelihood"] = {
            "value": round(run.best_nats, 4),
            "how": f"{LIKELIHOOD_FRAMES} held-out frames, nats per frame, "
            + ("exact" if corpus.config.conditional == "nade" else sweep)
            + "; used to choose the epoch",
        }
    return Card(name, corpus.config, data, training, metrics)


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl+C into a question that the loop asks, so that no update is cut in the middle.

    A second Ctrl+C acts as usual. Outside the main thread, where no signals arrive, the answer is no.
    """
    seen = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield seen.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def note(_signal: int, _frame: FrameType | None) -> None:
        seen.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield seen.is_set
    finally:
        signal.signal(signal.SIGINT, before)
