"""Real-time priority for the threads of the player."""

from __future__ import annotations

import contextlib
import os
import sys

WINDOWS_HIGH_PRIORITY_CLASS = 0x80
PRIORITY = 20  # above everything ordinary, below what the system itself runs in real time


def ask_for_priority() -> None:
    """Ask the system for real-time priority for the calling thread, and go on quietly without it.

    Every thread of the player that takes Python's lock again and again must ask: one that is preempted by another
    program while it holds the lock would hold up the others, whatever their priority. Windows knows it for processes.
    """
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    elif sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), WINDOWS_HIGH_PRIORITY_CLASS)
