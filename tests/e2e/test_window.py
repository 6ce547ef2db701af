"""The real window on a virtual screen: play, prime from the computer keyboard, export, close."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import mido
import pytest

from rnnrbm_live.io.journal import in_use, load_session
from rnnrbm_live.io.midi_file import read_midi
from tests.e2e.desk import Desk
from tests.e2e.ear import Ear
from tests.e2e.servers import wait_for

pytestmark = pytest.mark.e2e


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
