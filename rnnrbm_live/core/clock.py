"""Time as a value that is handed in: the real monotonic clock, and one that tests and offline runs move by hand."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock shared by every process of one machine."""

    def now_seconds(self) -> float:
        """Return the time in seconds since an arbitrary, fixed moment."""
        ...

    def sleep_until(self, seconds: float) -> None:
        """Return at (never before) the given time of this clock."""
        ...


class SystemClock:
    """`time.perf_counter`: monotonic, sub-microsecond, the same origin in every process of the machine."""

    def __init__(self, *, spin_seconds: float = 0.0) -> None:
        """Spin, rather than sleep, through the last `spin_seconds` before a deadline."""
        self._spin_seconds = spin_seconds

    def now_seconds(self) -> float:
        """Return the time in seconds."""
        return time.perf_counter()

    def sleep_until(self, seconds: float) -> None:
        """Sleep until just before the deadline, then spin."""
        while (left := seconds - self._spin_seconds - time.perf_counter()) > 0:
            time.sleep(left)
        while time.perf_counter() < seconds:
            pass


class ManualClock:
    """A clock that moves only when told: deterministic tests and offline rendering at full speed."""

    def __init__(self, start_seconds: float = 0.0) -> None:
        """Start at the given time."""
        self._now = start_seconds

    def now_seconds(self) -> float:
        """Return the time in seconds."""
        return self._now

    def sleep_until(self, seconds: float) -> None:
        """Jump to the given time; never back."""
        self._now = max(self._now, seconds)
