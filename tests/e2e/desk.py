"""The real program on a virtual screen, and a MIDI keyboard of another program."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import rtmidi
from numpy.typing import NDArray

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.io.journal import records, session_files
from tests.e2e.servers import wait_for

ROOT = Path(__file__).parent.parent.parent


class Desk:
    """A screen with the program on it."""

    def __init__(self, environment: dict[str, str], home: Path) -> None:
        self.home = home
        places = {name: str(home / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
        self.environment = environment | places | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
        self._eye: subprocess.Popen[bytes] | None = None
        self.launch()

    def launch(self) -> None:
        self.program = subprocess.Popen([sys.executable, "main.py"], cwd=ROOT, env=self.environment)
        wait_for(self._find, 30, "the window")

    def quit(self) -> None:
        """Close the window as a user does."""
        self.key("ctrl+q")
        assert self.program.wait(15) == 0

    def _find(self) -> bool:
        assert self.program.poll() is None, "the program ended"
        found = self.xdotool("search", "--onlyvisible", "--name", "^RNN-RBM Live$").split()
        self.window = found[-1] if found else ""
        return bool(found)

    def children(self) -> list[int]:
        found = Path(f"/proc/{self.program.pid}/task").glob("*/children")
        return [int(word) for children in found for word in children.read_text().split()]

    # --- what a user does --------------------------------------------------------------------------------

    def xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self.environment, capture_output=True, text=True, check=False, timeout=20
        )
        return done.stdout

    def focus(self) -> None:
        self.xdotool("windowfocus", "--sync", self.window)
        time.sleep(0.2)

    def key(self, *names: str) -> None:
        self.xdotool("key", "--delay", "60", *names)

    def click(self, x: int, y: int) -> None:
        """Click a place of the window."""
        self.xdotool("mousemove", "--window", self.window, str(x), str(y), "click", "1")

    def play(self, letters: str, seconds: float = 0.2) -> None:
        for letter in letters:
            self.xdotool("keydown", letter)
            time.sleep(seconds)
            self.xdotool("keyup", letter)
            time.sleep(0.05)

    def set_tempo(self, bpm: int) -> None:
        self.key("alt+b")
        self.xdotool("type", "--delay", "15", str(bpm))
        self.key("Return")

    # --- what a user sees, and finds kept ----------------------------------------------------------------

    def look(self) -> NDArray[np.uint8]:
        """Return what is on the screen, (height, width, 3), as a process of its own sees it."""
        time.sleep(0.2)  # a look is no small thing to do
        if self._eye is None:
            self._eye = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("look.py")],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        assert self._eye.stdin is not None
        assert self._eye.stdout is not None
        self._eye.stdin.write(b"\n")
        self._eye.stdin.flush()
        width, height = map(int, self._eye.stdout.readline().split())
        pixels = self._eye.stdout.read(width * height * 4)
        return np.frombuffer(pixels, np.uint8).reshape(height, width, 4)[..., :3]

    def close(self) -> None:
        """End all that still runs."""
        for process in (self.program, self._eye):
            if process is not None:
                process.kill()
                process.wait()

    def sessions(self) -> list[Path]:
        return session_files(self.home / "XDG_DATA_HOME" / "rnnrbm-live" / "sessions")

    def written(self) -> list[jot.Record]:
        """Return what is on disk of the only session."""
        (session,) = self.sessions()
        return [record for record, _ in records(session)]

    def steps(self) -> list[jot.StepHeard]:
        """Return those steps that sounded as they were planned."""
        return [r for r in self.written() if isinstance(r, jot.StepHeard) and r.settings is not None]

    def sections(self) -> list[jot.SectionBegun]:
        return [r for r in self.written() if isinstance(r, jot.SectionBegun)]

    def settings(self) -> Settings:
        """Return what the last step was drawn with."""
        settings = self.steps()[-1].settings
        assert settings is not None
        return settings


class Keyboard:
    """A MIDI keyboard of another program on JACK."""

    def __init__(self) -> None:
        self._port = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="Keyboard")
        self._port.open_virtual_port("out")

    def press(self, *pitches: int) -> None:
        for pitch in pitches:
            self.send(0x90, pitch, 90)

    def release(self, *pitches: int) -> None:
        for pitch in pitches:
            self.send(0x80, pitch, 0)

    def send(self, *message: int) -> None:
        self._port.send_message(message)

    def close(self) -> None:
        self._port.close_port()
        self._port.delete()
