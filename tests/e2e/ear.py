"""An independent listener's end in our own process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

LISTENER = Path(__file__).with_name("listen.py")


class Ear:
    """What another process has heard at a MIDI port on JACK.

    Attributes:
        messages: every message, in order.
        seconds: when each was heard, on the machine's monotonic clock.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        port: str = "RNN-RBM Live:out",
        *,
        device: str | None = None,
    ) -> None:
        """Connect to a port, waiting for it if need be; or be a device, whose port is ``DEVICE:in``."""
        self.messages: list[bytes] = []
        self.seconds: list[float] = []
        self._process = subprocess.Popen(
            [sys.executable, LISTENER, *(["--as", device] if device else [port])],
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
        return self.sounding_after(len(self.messages))

    def sounding_after(self, n_messages: int) -> set[tuple[int, int]]:
        """The same after so many messages."""
        held: set[tuple[int, int]] = set()
        for message in self.messages[:n_messages]:
            kind = message[0] & 0xF0
            if kind == 0x90 and message[2]:
                held.add((message[0] & 15, message[1]))
            elif kind in (0x80, 0x90):
                held.discard((message[0] & 15, message[1]))
        return held

    def ended_since(self, n_messages: int) -> bool:
        """Return whether each note that sounded after so many messages has had its note-off since."""
        offs = {(m[0] & 15, m[1]) for m in self.messages[n_messages:] if m[0] & 0xF0 == 0x80}
        return self.sounding_after(n_messages) <= offs

    def controls_since(self, n_messages: int) -> set[str]:
        """Return every control change since then, in hex."""
        return {m.hex() for m in self.messages[n_messages:] if m[0] & 0xF0 == 0xB0}

    def silent_for(self, seconds: float) -> bool:
        """Return whether no note sounds and nothing has been heard for so long."""
        return not self.sounding and time.perf_counter() - self.seconds[-1] > seconds

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
                seconds, message = line.split()
                self.seconds.append(float(seconds))
                self.messages.append(bytes.fromhex(message))
