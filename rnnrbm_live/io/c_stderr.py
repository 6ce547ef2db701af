"""Keeps C libraries (ALSA, JACK) from filling the user's terminal; what Python writes to stderr still gets there."""

from __future__ import annotations

import os
import sys


def mute_c_libraries() -> None:
    """Point file descriptor 2 at nothing, and Python's own stderr at where it led. For the rest of the process."""
    terminal = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(terminal, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
