"""The window's end of the process that trains. Nothing here waits for it, but `Workshop.close`."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from rnnrbm_live.core import learning as msg
from rnnrbm_live.core.errors import RNNRBMError
from rnnrbm_live.learning.child import ChildSetup, run_child
from rnnrbm_live.learning.drafts import DraftShelf
from rnnrbm_live.model.library import ModelLibrary
from rnnrbm_live.model.presets import LIVE, StagedPreset

CLOSE_SECONDS = 10.0  # for what is being saved


class LearnerError(RNNRBMError, RuntimeError):
    """The process that trains could not be started."""


class Learner:
    """A process that reads a folder of music and learns from it when asked."""

    def __init__(self, setup: ChildSetup) -> None:
        """Prepare; `start` it."""
        self._setup = setup
        self._learning = setup.resume
        self._connection: Connection[msg.Asked, msg.Told] | None = None
        self._process: BaseProcess | None = None

    @property
    def pid(self) -> int | None:
        """Process number."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Begin to read.

        Raises:
            LearnerError: if the system does not let us.
        """
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=run_child, args=(theirs, self._setup), name="rnnrbm-learner", daemon=True)
        try:
            process.start()
        except OSError as err:
            raise LearnerError(f"the process that trains could not be started ({err}): close other programs") from err
        theirs.close()
        self._process, self._connection = process, ours

    def poll(self) -> list[msg.Told]:
        """Return what it has told since, at once; `Ended` or `Failed` is the last."""
        told: list[msg.Told] = []
        try:
            while self._connection is not None and self._connection.poll():
                told.append(self._connection.recv())
                if isinstance(told[-1], msg.Ended | msg.Failed):
                    self._connection.close()
                    self._connection = None
        except (EOFError, OSError):
            self._connection = None
            told.append(msg.Failed("the process that trains ended by itself; what it had saved is there"))
        return told

    def learn(self) -> None:
        """Train on what was read."""
        self._learning = True
        self._ask(msg.Learn())

    def stop(self) -> None:
        """Save and end; `poll` tells when that is done."""
        self._ask(msg.StopLearning())

    def let_go(self) -> None:
        """Hear no more of it: it ends at once, or, when it is training, as soon as it has saved. Twice is fine."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None and not self._learning:
            self._process.kill()

    def join(self, seconds: float) -> None:
        """Wait for its end, at most so long, then end it."""
        if self._process is not None:
            self._process.join(seconds)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()

    def _ask(self, asked: msg.Asked) -> None:
        with contextlib.suppress(OSError):  # it has died: `poll` tells
            if self._connection is not None:
                self._connection.send(asked)


class Workshop:
    """Where the window has its models trained.

    Attributes:
        learners: every process that was started.
    """

    def __init__(
        self, folder: Path, models: Path, library: Callable[[], ModelLibrary], preset: StagedPreset = LIVE
    ) -> None:
        """Train in a folder.

        Args:
            folder: for what is neither kept nor discarded yet.
            models: the user's models.
            library: returns all models there are.
            preset: how to train; how long is decided by the music.
        """
        self._drafts = DraftShelf(folder, models, library)
        self._preset = preset
        self.learners: list[Learner] = []

    @property
    def drafts(self) -> DraftShelf:
        """The model that waits to be kept."""
        return self._drafts

    def read(self, music: Path) -> Learner:
        """Begin to read a folder of music, to learn from it when asked.

        Raises:
            LearnerError: if the system does not let us.
        """
        return self._start(music, resume=False)

    def go_on(self, draft: msg.Draft) -> Learner:
        """Begin to read a draft's music again and go on with its training.

        Raises:
            LearnerError: if the system does not let us.
        """
        return self._start(draft.music, resume=True)

    def close(self) -> None:
        """Let what is being trained save itself, and wait for that."""
        for learner in self.learners:
            learner.let_go()
        for learner in self.learners:
            learner.join(CLOSE_SECONDS)

    def _start(self, music: Path, *, resume: bool) -> Learner:
        learner = Learner(ChildSetup(music, self._drafts.path, self._preset, resume))
        learner.start()
        self.learners.append(learner)
        return learner
