"""Presets in the window: chosen, saved under a name, opened, dropped, shared; trouble is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.errors import PresetError
from rnnrbm_live.core.presets import PRESET_FIELDS, Preset
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.gui.presets import NameDialog
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import CALM, FakeEngine, FakePresets
from tests.gui.test_commands import choose
from tests.gui.test_files import drop

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def shelf(window: MainWindow, qtbot: QtBot) -> FakePresets:
    """The presets of the window, read and shown."""
    qtbot.waitUntil(lambda: window.controls.preset.findText("Wild") >= 0)
    shelf = window.presets._shelf
    assert isinstance(shelf, FakePresets)
    return shelf


def adjusted(preset: Preset) -> list[ask.Command]:
    return [ask.Adjust(name, value) for name, value in preset.values.items()]


@pytest.mark.usefixtures("shelf")
def test_choosing_one_sends_its_settings(window: MainWindow, engine: FakeEngine) -> None:
    box = window.controls.preset
    choose(box, box.findText("Calm"))
    assert engine.sent == adjusted(CALM)


@pytest.mark.usefixtures("shelf")
def test_the_one_in_force_is_shown(window: MainWindow, engine: FakeEngine) -> None:
    box = window.controls.preset
    assert box.currentText() == "Your own"
    engine.change(settings=Settings(tempo_bpm=63.0, temperature=0.8, velocity=58, seed=1))
    window.bridge.look()
    assert box.currentText() == "Calm"
    assert box.findText("Your own") < 0
    engine.change(settings=Settings(tempo_bpm=63.0, temperature=0.81, velocity=58, seed=1))
    window.bridge.look()
    assert box.currentText() == "Your own"
    choose(box, box.findText("Your own"))
    assert engine.sent == []


def test_saving_under_a_name(window: MainWindow, engine: FakeEngine, shelf: FakePresets, qtbot: QtBot) -> None:
    settings = Settings(temperature=1.3, density=0.5, seed=99)
    engine.change(settings=settings)
    QTest.keyClick(window.roll, Qt.Key.Key_S, CONTROL)
    (dialog,) = window.findChildren(NameDialog)
    assert not dialog.isModal()
    assert not dialog.save.isEnabled()
    qtbot.waitUntil(dialog.name.hasFocus)
    QTest.keyClicks(dialog.name, "  Late at night ")
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.controls.preset.findText("Late at night") >= 0)
    kept = shelf.there[-1]
    assert kept.values == {name: getattr(settings, name) for name in PRESET_FIELDS}
    assert "seed" not in kept.values
    assert window.controls.preset.currentText() == "Late at night"
    assert window.trouble.text == "Kept as Late at night"


def test_a_name_that_cannot_be_kept_is_one_line(window: MainWindow, shelf: FakePresets, qtbot: QtBot) -> None:
    shelf.trouble = PresetError("Wild comes with the program: choose another name")
    window.presets.keep("Wild", Settings())
    qtbot.waitUntil(window.trouble.isVisible)
    assert window.trouble.text == "Wild comes with the program: choose another name"
    window.presets.keep("   ", Settings())
    assert "a preset needs a name" in window.trouble.text.lower()


def test_a_dropped_preset_shapes_the_music(
    window: MainWindow, engine: FakeEngine, shelf: FakePresets, qtbot: QtBot, tmp_path: Path
) -> None:
    drop(window, tmp_path / "theirs.JSON")
    qtbot.waitUntil(lambda: len(engine.sent) == 2)
    assert engine.sent == [ask.Adjust("temperature", 1.1), ask.Adjust("density", -1.0)]
    assert "theirs shapes the music now" in window.trouble.text.lower()
    shelf.trouble = PresetError("theirs.json is not a preset of RNN-RBM Live: choose one that was saved from it")
    drop(window, tmp_path / "theirs.json")
    qtbot.waitUntil(lambda: "is not a preset" in window.trouble.text)
    assert len(engine.sent) == 2


@pytest.mark.usefixtures("shelf")
def test_opening_through_the_dialog(window: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path) -> None:
    QTest.keyClick(window.roll, Qt.Key.Key_P, CONTROL)
    (dialog,) = window.findChildren(QFileDialog)
    assert dialog.windowModality() is not Qt.WindowModality.ApplicationModal
    dialog.fileSelected.emit(str(tmp_path / "theirs.json"))
    qtbot.waitUntil(lambda: len(engine.sent) == 2)
    dialog.close()


def test_sharing_writes_a_file_named_as_it(
    window: MainWindow, engine: FakeEngine, shelf: FakePresets, qtbot: QtBot, tmp_path: Path
) -> None:
    engine.change(settings=Settings(density=-2.0))
    QTest.keyClick(window.roll, Qt.Key.Key_S, CONTROL | SHIFT)
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "Thin air.json"))
    qtbot.waitUntil(lambda: bool(shelf.written))
    ((path, preset),) = shelf.written
    assert (path, preset.name, preset.values["density"]) == (tmp_path / "Thin air.json", "Thin air", -2.0)
    dialog.close()


@pytest.mark.usefixtures("shelf")
def test_the_next_and_the_one_before_by_keys(window: MainWindow, engine: FakeEngine) -> None:
    first, last = window.controls.presets[0], window.controls.presets[-1]
    QTest.keyClick(window.roll, Qt.Key.Key_Down, CONTROL | SHIFT)
    assert engine.sent == adjusted(first)
    engine.sent.clear()
    QTest.keyClick(window.roll, Qt.Key.Key_Up, CONTROL | SHIFT)
    assert engine.sent == adjusted(last)
    engine.sent.clear()
    engine.change(settings=Settings(tempo_bpm=63.0, temperature=0.8, velocity=58, seed=1))
    window.bridge.look()
    QTest.keyClick(window.roll, Qt.Key.Key_Down, CONTROL | SHIFT)
    assert engine.sent == adjusted(window.controls.presets[1])
