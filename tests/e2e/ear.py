"""An independent listener's end in our own process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

LISTENER = Path(__file__).with_name("listen.py")


class Ear:
    """What another process has heard at a MIDI port on JACK.

    Attributes:
        messages: every message, in order.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ, port: str = "RNN-RBM Live:out") -> None:
        """Connect, waiting for the port if need be."""
        self.messages: list[bytes] = []
        self._process = subprocess.Popen(
            [sys.executable, LISTENER, port],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def notes(self) -> list[tuple[int, int]]:
        """(channel, pitch) of every note-on, in order."""
        return [(m[0] & 15, m[1]) for m in self.messages if m[0] & 0xF0 == 0x90 and m[2]]

    @property
    def sounding(self) -> set[tuple[int, int]]:
        """(channel, pitch) struck and not released; all-notes-off does not count as a release."""
        held: set[tuple[int, int]] = set()
        for message in self.messages:
            kind = message[0] & 0xF0
            if kind == 0x90 and message[2]:
                held.add((message[0] & 15, message[1]))
            elif kind in (0x80, 0x90):
                held.discard((message[0] & 15, message[1]))
        return held

    def close(self) -> None:
        """Disconnect; what has been heard stays."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in self._process.stdout:
                self.messages.append(bytes.fromhex(line.split()[1]))
