"""The real window on a virtual screen: play, prime from the computer keyboard, export, close."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mido
import pytest

from rnnrbm_live.io.journal import in_use, load_session, session_files
from rnnrbm_live.io.midi_file import read_midi
from tests.e2e.ear import Ear
from tests.e2e.servers import jack_server, pulse_server, screen, wait_for

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parent.parent.parent


class Desk:
    """A screen with the program on it."""

    def __init__(self, environment: dict[str, str], home: Path) -> None:
        self.home = home
        places = {name: str(home / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
        self.environment = environment | places | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
        self.launch()

    def launch(self) -> None:
        self.program = subprocess.Popen([sys.executable, "main.py"], cwd=ROOT, env=self.environment)
        wait_for(self._find, 30, "the window")

    def sessions(self) -> list[Path]:
        return session_files(self.home / "XDG_DATA_HOME" / "rnnrbm-live" / "sessions")

    def _find(self) -> bool:
        assert self.program.poll() is None, "the program ended"
        found = self.xdotool("search", "--onlyvisible", "--name", "^RNN-RBM Live$").split()
        self.window = found[-1] if found else ""
        return bool(found)

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

    def play(self, letters: str, seconds: float = 0.2) -> None:
        for letter in letters:
            self.xdotool("keydown", letter)
            time.sleep(seconds)
            self.xdotool("keyup", letter)
            time.sleep(0.05)

    def children(self) -> list[int]:
        found = Path(f"/proc/{self.program.pid}/task").glob("*/children")
        return [int(word) for children in found for word in children.read_text().split()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with jack_server() as jack, pulse_server() as sound, screen() as display:
        environment = os.environ | {
            key: value
            for servers in (jack, sound.environment, display)
            for key, value in servers.items()
            if os.environ.get(key) != value
        }
        environment.pop("QT_QPA_PLATFORM", None)
        desk = Desk(environment, tmp_path)
        try:
            yield desk
        finally:
            desk.program.kill()
            desk.program.wait()


def test_play_prime_export_close(desk: Desk) -> None:
    ear = Ear(desk.environment)
    try:
        wait_for(lambda: len(ear.notes) > 8, 20, "music by itself")
        desk.focus()
        desk.key("ctrl+2")  # Primer
        wait_for(lambda: not ear.sounding, what="the model's silence")
        played = len(ear.notes)
        desk.play("adgk")
        assert ear.notes[played:] == [(1, 60), (1, 64), (1, 67), (1, 72)]
        desk.key("Return")
        wait_for(lambda: any(channel == 0 for channel, _ in ear.notes[played:]), 20, "the model going on")
        desk.key("ctrl+e")
        target = desk.home / "session.mid"
        search = ("search", "--onlyvisible", "--name", "^Export the session")
        wait_for(lambda: desk.xdotool(*search), what="the dialog")
        desk.xdotool("windowfocus", "--sync", desk.xdotool(*search).split()[-1])
        time.sleep(0.5)
        desk.key("ctrl+a")
        desk.xdotool("type", "--delay", "15", str(target))
        desk.key("Return")
        wait_for(target.exists, what="the exported file")
        children = desk.children()
        assert children
        desk.focus()
        desk.xdotool("keydown", "s")  # held while the window is closed
        wait_for(lambda: (1, 62) in ear.sounding, what="the held key")
        desk.key("ctrl+q")
        assert desk.program.wait(15) == 0
        wait_for(lambda: not ear.sounding, what="silence")
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), what="the end of its processes")
        heard = ear.notes
    finally:
        ear.close()
    file = mido.MidiFile(target)
    assert [track.name for track in file.tracks][1:] == ["Model", "Player"]
    assert "Model took over" in [message.text for message in file.tracks[0] if message.type == "marker"]
    player = [message.note for message in file.tracks[2] if message.type == "note_on" and message.velocity]
    assert player[:4] == [60, 64, 67, 72]
    model = [message.note for message in file.tracks[1] if message.type == "note_on" and message.velocity]
    assert len(model) > 8
    by_ear = [pitch for channel, pitch in heard if channel == 0]  # from when the ear was there to the end
    assert any(model[-n:] == by_ear[:n] for n in range(9, len(model) + 1))
    assert read_midi(target, 4).sounding.any()
    remembered = json.loads((desk.home / "XDG_CONFIG_HOME" / "rnnrbm-live" / "settings.json").read_text())
    assert remembered["model"] == "bach-chorales"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C in the terminal", "the desktop ends it"])
def test_a_signal_closes_it_cleanly(desk: Desk, end: signal.Signals) -> None:
    ear = Ear(desk.environment)
    try:
        wait_for(lambda: len(ear.notes) > 3, 20, "music by itself")
        children = desk.children()
        desk.program.send_signal(end)
        assert desk.program.wait(15) == 0
        wait_for(lambda: not ear.sounding, what="silence")
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), what="the end of its processes")
    finally:
        ear.close()
    (session,) = desk.sessions()
    assert load_session(session).closed
    assert (desk.home / "XDG_CONFIG_HOME" / "rnnrbm-live" / "settings.json").exists(), "it has remembered how it was"


def test_a_session_that_was_killed_in_the_middle_comes_back(desk: Desk) -> None:
    ear = Ear(desk.environment)
    try:
        wait_for(lambda: len(ear.notes) > 20, 30, "music by itself")
        children = desk.children()
        heard = [pitch for _, pitch in ear.notes]
        desk.program.kill()
        desk.program.wait()
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), what="the end of its processes")
        wait_for(lambda: not ear.sounding, what="silence")
    finally:
        ear.close()
    (killed,) = desk.sessions()
    saved = load_session(killed)
    assert not saved.closed
    written = [note.pitch for note in saved.recording.all_notes()]
    assert any(sorted(written[first : first + len(heard)]) == sorted(heard) for first in range(len(written))), (
        "all that was heard is written"
    )
    desk.launch()
    wait_for(lambda: len(desk.sessions()) == 2, what="a session of its own")
    desk.focus()
    desk.key("ctrl+shift+o")
    wait_for(lambda: desk.xdotool("search", "--onlyvisible", "--name", "^Sessions$"), what="the sessions")
    desk.xdotool("windowfocus", "--sync", desk.xdotool("search", "--onlyvisible", "--name", "^Sessions$").split()[-1])
    time.sleep(1.0)
    desk.key("Tab", "Home", "Down", "Return")
    wait_for(lambda: in_use(killed), what="its being taken up")
    desk.focus()
    desk.key("space")
    time.sleep(3.0)
    desk.key("ctrl+q")
    assert desk.program.wait(15) == 0
    again = load_session(killed)
    assert again.closed
    assert [note.pitch for note in again.recording.all_notes()][: len(written)] == written
    assert len(again.recording.all_notes()) > len(written)
