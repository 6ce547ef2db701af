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
import rtmidi

from rnnrbm_live.core import journal as jot
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.instrument import load_stepper
from rnnrbm_live.io.journal import in_use, load_session, records, session_files
from rnnrbm_live.io.midi_file import read_midi
from rnnrbm_live.places import model_library
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


def test_duet_and_turns_with_a_keyboard_of_another_program(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
        monkeypatch.setenv(name, desk.environment[name])
    keyboard = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="Keyboard")
    keyboard.open_virtual_port("out")
    ear = Ear(desk.environment)

    def press(*pitches: int) -> None:
        for pitch in pitches:
            keyboard.send_message([0x90, pitch, 90])

    def release(*pitches: int) -> None:
        for pitch in pitches:
            keyboard.send_message([0x80, pitch, 0])

    def connected() -> bool:
        press(100)
        release(100)
        time.sleep(0.1)
        return (1, 100) in ear.notes

    def of_the_model(first: int) -> list[int]:
        return [pitch for channel, pitch in ear.notes[first:] if channel == 0]

    chord = (60, 64, 67)
    try:
        wait_for(lambda: len(ear.notes) > 4, 20, "music by itself")
        wait_for(connected, what="the keyboard's being heard")
        desk.focus()
        desk.key("alt+b")
        desk.xdotool("type", "--delay", "15", "240")
        desk.key("Return", "ctrl+3")  # Duet
        press(*chord)
        wait_for(lambda: {(1, pitch) for pitch in chord} <= ear.sounding, what="the chord")
        wait_for(
            lambda: not {(0, pitch) for pitch in chord} & ear.sounding, what="the model's leaving it to the player"
        )
        begun, heard = len(ear.messages), len(ear.notes)
        wait_for(lambda: len(of_the_model(heard)) > 8, what="the model's playing along")
        assert not set(of_the_model(heard)) & set(chord), "never doubled"
        assert not [m for m in ear.messages[begun:] if m[0] in (0x81, 0x91)], "never ended, never struck"
        release(*chord)
        wait_for(lambda: not {(1, pitch) for pitch in chord} & ear.sounding, what="the chord's end")

        desk.key("ctrl+4")  # Turns, of two bars: two seconds
        wait_for(lambda: not ear.sounding, what="the model's silence")
        heard = len(ear.notes)
        for pitch in (*chord, 72):
            press(pitch)
            time.sleep(0.2)
            release(pitch)
        wait_for(lambda: of_the_model(heard), what="the answer")
        begins = ear.seconds[-1]
        wait_for(lambda: not ear.sounding, what="the answer's end")
        assert ear.seconds[-1] - begins < 2.1
        time.sleep(0.5)
        assert not ear.sounding, "the player's turn"
        desk.key("ctrl+q")
        assert desk.program.wait(15) == 0
    finally:
        keyboard.close_port()
        keyboard.delete()
        ear.close()
    (session,) = desk.sessions()
    written = [record for record, _ in records(session)]
    steps = [record for record in written if isinstance(record, jot.StepHeard) and record.settings is not None]
    together = [step.planned.frame.sounding for step in steps if step.keys.held == set(chord)]
    assert together
    assert not any(sounding & set(chord) for sounding in together)
    assert any(isinstance(record, jot.SectionBegun) and record.label == "Answer" for record in written)
    assert regenerate(written, lambda name: load_stepper(model_library(), name)).identical


def test_a_road_a_pedal_and_a_learnt_knob_of_another_programs_keyboard(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
        monkeypatch.setenv(name, desk.environment[name])
    keyboard = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="Keyboard")
    keyboard.open_virtual_port("out")
    ear = Ear(desk.environment)

    def heard(pitch: int) -> bool:
        keyboard.send_message([0x90, pitch, 90])
        keyboard.send_message([0x80, pitch, 0])
        time.sleep(0.1)
        return (1, pitch) in ear.notes

    def written() -> list[jot.Record]:
        (session,) = desk.sessions()
        return [record for record, _ in records(session)]

    def temperatures() -> set[float]:
        return {r.settings.temperature for r in written() if isinstance(r, jot.StepHeard) and r.settings is not None}

    def turn(first: int, last: int) -> None:
        for value in range(first, last + 1):
            keyboard.send_message([0xB0, 74, value])
            time.sleep(0.01)

    try:
        wait_for(lambda: len(ear.notes) > 4, 20, "music by itself")
        wait_for(lambda: heard(100), what="the keyboard's being heard")
        keyboard.send_message([0xB0, 64, 127])
        assert heard(60)
        time.sleep(0.2)
        assert (1, 60) in ear.sounding, "the pedal holds it"
        keyboard.send_message([0xB0, 64, 0])
        wait_for(lambda: (1, 60) not in ear.sounding, what="the pedal's letting go")

        desk.focus()
        desk.key("alt+t", "ctrl+shift+l")
        time.sleep(0.3)
        turn(0, 127)
        wait_for(lambda: max(temperatures()) == 1.5, what="the temperature that the knob asks for")

        desk.key("ctrl+Left")
        wait_for(
            lambda: any(isinstance(r, jot.SectionBegun) and r.resumes is not None for r in written()), what="a road"
        )
        keyboard.send_message([0xF0, 0x7F, 0x7F, 0x06, 0x01, 0xF7])  # MIDI machine control: stop
        wait_for(lambda: not ear.sounding, what="silence")
        time.sleep(0.5)
        assert not ear.sounding
        desk.key("ctrl+q")
        assert desk.program.wait(15) == 0
    finally:
        keyboard.close_port()
        keyboard.delete()
        ear.close()
    (session,) = desk.sessions()
    assert len(load_session(session).recording.roads.all) == 2
    assert regenerate(written(), lambda name: load_stepper(model_library(), name)).identical
