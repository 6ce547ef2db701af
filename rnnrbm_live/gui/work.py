"""Work on files away from the window's thread, so that nothing it shows ever stands still."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from rnnrbm_live.core.errors import RNNRBMError


class Task(QObject):
    """One call in a thread of its own; closing the program waits for it.

    Signals:
        done: what it returned.
        failed: the sentence of the `RNNRBMError` it raised.
    """

    done = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(self, work: Callable[[], object]) -> None:
        """Stand ready; connect the signals, then `start`. They arrive in the thread that connected them."""
        super().__init__()
        self._work = work
        self._thread = Thread(target=self._run, name="file")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        try:
            result = self._work()
        except RNNRBMError as err:
            self.failed.emit(str(err))
        else:
            self.done.emit(result)


class Tasks:
    """Tasks that are under way, all of whose failures are told in one way."""

    def __init__(self, failed: Callable[[str], None]) -> None:
        """Begin with none; `failed` takes the sentence of one that fails."""
        self._failed = failed
        self._running: set[Task] = set()

    def run(self, work: Callable[[], object], done: Callable[[Any], None]) -> None:
        """Begin one; `done` takes what it returns."""
        task = Task(work)
        self._running.add(task)
        task.done.connect(done)
        task.failed.connect(self._failed)
        for ended in (task.done, task.failed):
            ended.connect(lambda _: self._running.discard(task))
        task.start()
