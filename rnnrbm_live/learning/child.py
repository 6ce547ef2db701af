"""The process that reads music and trains on it. Light to import: torch comes when the process runs.

It steps back for everything else on the machine. When it is told to stop, or its pipe closes, it saves and ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from rnnrbm_live.core import learning as msg
from rnnrbm_live.core.errors import CheckpointError, CorpusError, RNNRBMError
from rnnrbm_live.core.frame import Bits
from rnnrbm_live.core.grid import COMMON_TIME
from rnnrbm_live.core.key import key_name
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.learning.curves import save_curves
from rnnrbm_live.model.presets import StagedPreset, with_length_for

if TYPE_CHECKING:
    from rnnrbm_live.io.datasets import Dataset
    from rnnrbm_live.model.corpus import Corpus
    from rnnrbm_live.model.train import Progress

LEAST_BARS = 16  # of four beats
OPENING_BARS = 8
SECONDS_BETWEEN_REPORTS = 0.2
SECONDS_BETWEEN_SAVES = 20.0
SEED = 0
LOCK_SUFFIX = ".lock"
NICEST = 19
WINDOWS_IDLE_PRIORITY_CLASS = 0x40


@dataclass(frozen=True, slots=True)
class ChildSetup:
    """What the process is to do.

    Attributes:
        music: folder of MIDI files, of any depth.
        draft: folder of the model that is being trained.
        preset: how to train; how long is decided by the music.
        resume: go on with the training in `draft` as soon as the music is read, unasked.
    """

    music: Path
    draft: Path
    preset: StagedPreset
    resume: bool


class _GivenUpError(Exception):
    """Nobody waits for the music any more."""


def run_child(connection: Connection[msg.Told, msg.Asked], setup: ChildSetup) -> None:
    """Step back and `teach`; the process's main function."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's
    _step_back()
    teach(connection, setup)


def teach(connection: Connection[msg.Told, msg.Asked], setup: ChildSetup) -> None:
    """Read, tell what was read, and train when asked; return when it is told to stop or nobody listens any more."""
    lesson = _Lesson(connection, setup)
    try:
        lesson.run()
    except RNNRBMError as err:
        lesson.tell(msg.Failed(str(err)))
    except _GivenUpError:
        pass


def lock_of(draft: Path) -> FileLock:
    """Return the lock that is held by whoever trains the model in `draft`."""
    return FileLock(draft.with_name(draft.name + LOCK_SUFFIX))


def _step_back() -> None:
    """Let everything else on the machine go first, above all the music."""
    if hasattr(os, "sched_setscheduler") and hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if hasattr(os, "nice"):
        os.nice(NICEST)
    elif sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), WINDOWS_IDLE_PRIORITY_CLASS)


class _Lesson:
    """One folder of music, read and learnt."""

    def __init__(self, connection: Connection[msg.Told, msg.Asked], setup: ChildSetup) -> None:
        self._connection = connection
        self._setup = setup
        self._given_up = False
        self._monitors: list[float] = []
        self._accuracies: list[float] = []
        self._reported = 0.0

    def run(self) -> None:
        """Read, wait to be asked, and train.

        Raises:
            RNNRBMError: for music or a folder that cannot be used.
            _GivenUpError: if nothing has been learnt and nobody waits for it.
        """
        from rnnrbm_live.io.datasets import load_dataset
        from rnnrbm_live.model.corpus import build_corpus

        music, preset = self._setup.music, self._setup.preset
        dataset = load_dataset(str(music), steps_per_beat=preset.config.steps_per_beat, progress=self._show_reading)
        corpus = build_corpus(dataset.rolls, dataset.names, preset, seed=SEED)
        _check_amount(music, corpus)
        self.tell(_music_read(music, dataset, corpus))
        preset = with_length_for(preset, [len(piece) for piece in corpus.train])

        import torch

        from rnnrbm_live.model.build import training_device
        from rnnrbm_live.model.train import estimate_seconds

        torch.set_num_threads(1)  # several, when they give way to other programs, wait for one another most of the time
        if not self._setup.resume:
            seconds = estimate_seconds(corpus, preset, seed=SEED, device=training_device("auto"))
            self.tell(msg.Estimated(preset.epochs, seconds))
            self._wait_to_be_asked()
        self._train(dataset, corpus, preset)

    def tell(self, told: msg.Told) -> None:
        """Tell the parent; if it is gone, that is noticed at the next look at the pipe."""
        with contextlib.suppress(OSError):
            self._connection.send(told)

    # --- reading -----------------------------------------------------------------------------------------

    def _show_reading(self, done: int, total: int) -> None:
        if self._should_stop():
            raise _GivenUpError
        if self._due() or done == total:
            self.tell(msg.Reading(done, total))

    def _wait_to_be_asked(self) -> None:
        try:
            asked = self._connection.recv()
        except (EOFError, OSError):
            raise _GivenUpError from None
        if not isinstance(asked, msg.Learn):
            raise _GivenUpError

    # --- training ----------------------------------------------------------------------------------------

    def _train(self, dataset: Dataset, corpus: Corpus, preset: StagedPreset) -> None:
        from rnnrbm_live.model.build import training_device
        from rnnrbm_live.model.checkpoint import load_training_facts
        from rnnrbm_live.model.train import train

        draft, name = self._setup.draft, self._setup.music.name
        lock = lock_of(draft)
        try:
            draft.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout as err:
            raise CheckpointError("another window of this program is training: wait until it has ended") from err
        except OSError as err:
            raise CheckpointError(f"{draft.parent} cannot be written to ({err.strerror}): make room there") from err
        with lock:
            if self._setup.resume:
                earlier = load_training_facts(draft)["run"]
                self._monitors, self._accuracies = earlier["monitors"], earlier["accuracies"]
            result = train(
                corpus,
                preset,
                draft,
                name=name,
                seed=SEED,
                device=training_device("auto"),
                resume=self._setup.resume,
                data_facts={"source": dataset.source, "licence": dataset.licence},
                command=f"rnnrbm-live train {dataset.source} --preset {preset.name} --epochs {preset.epochs}",
                progress=self._show_progress,
                should_stop=self._should_stop,
                saved=lambda epochs: self.tell(msg.Written(epochs)),
                seconds_between_saves=SECONDS_BETWEEN_SAVES,
            )
            if result.finished:
                save_curves(draft, result.monitors, result.accuracies)
        self.tell(msg.Ended())

    def _show_progress(self, progress: Progress) -> None:
        if progress.epoch_ended:
            self._monitors.append(progress.monitor)
            if progress.accuracy is not None:
                self._accuracies.append(progress.accuracy)
        if progress.epoch_ended or self._due():
            self.tell(
                msg.Learnt(
                    len(self._monitors),
                    progress.epochs,
                    progress.done,
                    tuple(self._monitors),
                    tuple(self._accuracies),
                    progress.seconds_left,
                )
            )

    def _should_stop(self) -> bool:
        try:
            while not self._given_up and self._connection.poll():
                self._given_up = isinstance(self._connection.recv(), msg.StopLearning)
        except (EOFError, OSError):
            self._given_up = True
        return self._given_up

    def _due(self) -> bool:
        now = time.monotonic()
        due = now - self._reported >= SECONDS_BETWEEN_REPORTS
        if due:
            self._reported = now
        return due


def _check_amount(music: Path, corpus: Corpus) -> None:
    steps = sum(len(piece) for piece in (*corpus.train, *corpus.valid))
    bars = steps // COMMON_TIME.bar_steps(corpus.config.steps_per_beat)
    if bars < LEAST_BARS:
        raise CorpusError(
            f"{music} holds {bars} bars of music that can be learnt, which is too little: {LEAST_BARS} are the least, "
            "some hundred are good"
        )


def _music_read(music: Path, dataset: Dataset, corpus: Corpus) -> msg.MusicRead:
    rolls = dict(zip(dataset.names, dataset.rolls, strict=True))
    used = {piece.name for piece in (*corpus.train, *corpus.valid)}
    left_out = [(skipped.name, skipped.reason) for skipped in dataset.skipped]
    return msg.MusicRead(
        music,
        tuple(_piece_read(name, roll) for name, roll in rolls.items() if name in used),
        tuple(msg.LeftOut(name, reason) for name, reason in (*left_out, *corpus.skipped)),
        len(corpus.valid),
        corpus.config.steps_per_beat,
    )


def _piece_read(name: str, roll: PianoRoll) -> msg.PieceRead:
    starts = sum(position == 0 for _, position in roll.bar_positions())
    opening = roll.slice(0, min(len(roll), OPENING_BARS * COMMON_TIME.bar_steps(roll.steps_per_beat)))
    return msg.PieceRead(
        name,
        bars=starts + (roll.pickup_steps > 0),
        meter=str(roll.meters[0].meter),
        key=key_name(roll.sounding),
        opening=_packed(opening),
    )


def _packed(roll: PianoRoll) -> Bits:
    """Return a roll's rows, (T, 22)."""
    return np.packbits(roll.bits(with_onsets=True), axis=1)
