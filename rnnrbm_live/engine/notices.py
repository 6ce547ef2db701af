"""What is told to the user: one sentence at a time, the latest."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue

from rnnrbm_live.core.messages import Level, Notice


class Notices:
    """The notices of a session; all but `tell` is for the thread that owns the session.

    Attributes:
        latest: the last one; None before the first.
        count: of all so far, so that the same sentence twice is seen twice.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        """Begin with none; `wake`, for any thread, lets the owner look for what others have told."""
        self._wake = wake
        self._told: SimpleQueue[Notice] = SimpleQueue()
        self.latest: Notice | None = None
        self.count = 0

    def show(self, notice: Notice) -> None:
        """Show a notice."""
        self.latest = notice
        self.count += 1

    def say(self, text: str) -> None:
        """Show one sentence about what has been done."""
        self.show(Notice(text, Level.INFO))

    def warn(self, text: str) -> None:
        """Show one sentence about what is not as it should be."""
        self.show(Notice(text))

    def tell(self, notice: Notice) -> None:
        """Have a notice shown; for any thread."""
        self._told.put(notice)
        self._wake()

    def show_next_told(self) -> bool:
        """Show the next notice that another thread has told; return whether there was one."""
        if self._told.empty():
            return False
        self.show(self._told.get())
        return True
