"""The sound check and the first launch: what is said, what sounds, and that nothing is left sounding."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.learning import Draft
from rnnrbm_live.core.messages import PlayKey, Ports
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.gui.sound_check import CHORD, VELOCITY, SoundCheck, places, what_to_hear
from rnnrbm_live.gui.window import WELCOME, MainWindow
from tests.gui.fakes import PORTS, FakeEngine, FakeFiles, FakeWorkshop, MemoryStore, services
from tests.gui.test_look import clipped

STRUCK = [PlayKey(pitch, VELOCITY) for pitch in CHORD]
RELEASED = [PlayKey(pitch, 0) for pitch in CHORD]


@pytest.fixture
def check(window: MainWindow, engine: FakeEngine, qtbot: QtBot) -> SoundCheck:
    QTest.keyClick(window.roll, Qt.Key.Key_F2)
    (check,) = window.findChildren(SoundCheck)
    qtbot.waitUntil(check.isActiveWindow)
    engine.sent.clear()
    return check


def test_a_chord_sounds_and_ends(check: SoundCheck, engine: FakeEngine) -> None:
    QTest.keyClick(check.play, Qt.Key.Key_Return)
    assert engine.sent == STRUCK
    assert check.answer.text().startswith("You should hear a chord from the built-in piano. If not, turn")
    check._timer.timeout.emit()
    assert engine.sent == STRUCK + RELEASED


def test_the_music_pauses_for_it_and_goes_on(window: MainWindow, check: SoundCheck, engine: FakeEngine) -> None:
    engine.change(transport=Transport.PLAYING)
    check.play.click()
    assert engine.sent == [ask.Pause(), *STRUCK]
    engine.change(transport=Transport.PAUSED)
    check.play.click()
    assert engine.sent[1 + len(STRUCK) :] == RELEASED + STRUCK, "and the one before it ends"
    engine.sent.clear()
    check.close()
    assert engine.sent == [*RELEASED, ask.Play()]


def test_music_that_stood_still_stays_so(check: SoundCheck, engine: FakeEngine) -> None:
    check.play.click()
    check.close()
    assert engine.sent == STRUCK + RELEASED


def test_it_shows_where_sound_goes_and_the_last_key(window: MainWindow, check: SoundCheck, engine: FakeEngine) -> None:
    engine.change(keys=((61, 33),), ports=Ports(piano=True, midi="ALSA", outputs_open=("RNN-RBM Live",)))
    window.bridge.look()
    assert check.last_key.text() == "C#4, struck with 33 of 127"
    assert check.outputs.text() == "RNN-RBM Live, for programs that connect to it"
    assert check.inputs.text().startswith("none is plugged in")
    assert check.piano.text() == "plays, at 0.0 dB"


@pytest.mark.parametrize("percent", [80, 100, 200])
def test_its_words_fit(window: MainWindow, check: SoundCheck, percent: int) -> None:
    window.look.set_text(percent)
    check.play.click()
    for _ in range(4):
        QApplication.processEvents()
    assert list(clipped(check)) == []


@pytest.mark.parametrize(
    ("ports", "settings", "where", "remedy"),
    [
        (PORTS, Settings(), ["the built-in piano"], "turn the computer's sound up"),
        (PORTS, Settings(piano_gain_db=-30.0), ["the built-in piano"], "raise Piano level: it is at -30.0 dB"),
        (PORTS, Settings(piano=False), ["a program that is connected to RNN-RBM Live"], "connect its MIDI input"),
        (
            Ports(output="Synth A", outputs_open=("RNN-RBM Live", "Synth A"), midi="ALSA"),
            Settings(),
            ["Synth A"],
            "turn the synthesizer up",
        ),
        (
            Ports(output="Synth A", midi="ALSA", piano=True, piano_stands_in=True),
            Settings(piano=False),
            ["the built-in piano"],
            "turn the computer's sound up",
        ),
        (Ports(piano=True), Settings(piano=False), [], "switch the built-in piano on"),
        (Ports(), Settings(), [], "Nothing can sound"),
    ],
)
def test_it_says_what_to_do(ports: Ports, settings: Settings, where: list[str], remedy: str) -> None:
    snapshot = FakeEngine(ports=ports, settings=settings).snapshot
    assert places(snapshot) == where
    assert remedy in what_to_hear(snapshot, played=True)


def test_nothing_is_left_sounding_when_the_window_closes(
    window: MainWindow, check: SoundCheck, engine: FakeEngine
) -> None:
    check.play.click()
    window.close()
    assert engine.sent == STRUCK + RELEASED


# --- the first launch --------------------------------------------------------------------------------------


def launched(qtbot: QtBot, folder: Path, store: MemoryStore, workshop: FakeWorkshop) -> MainWindow:
    engine = FakeEngine()
    window = MainWindow(engine, services(engine, store, FakeFiles(), folder, workshop=workshop))
    window.bridge.stop()
    qtbot.addWidget(window)
    window.show()
    return window


def test_the_first_launch_says_how_to_play_along(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    store, workshop = MemoryStore(), FakeWorkshop()
    first = launched(qtbot, tmp_path, store, workshop)
    assert first.trouble.text == WELCOME
    first.trouble.act.click()
    assert first.findChildren(SoundCheck)
    assert first.trouble.isHidden()
    first.close()
    assert launched(qtbot, tmp_path, store, workshop).trouble.isHidden(), "only the first"


def test_what_waits_to_be_kept_comes_before_a_welcome(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    workshop = FakeWorkshop()
    workshop.waiting = Draft(
        name="hymns", music=tmp_path, passes_done=3, passes=3, finished=True, monitors=(), accuracies=()
    )
    assert "Hymns" in launched(qtbot, tmp_path, MemoryStore(), workshop).trouble.text
