"""What the window remembers from one run to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnrbm_live.gui.application import system_reduces_motion
from rnnrbm_live.gui.services import ModelChoice
from rnnrbm_live.gui.theme import BASE_PIXELS, THEMES
from rnnrbm_live.gui.toolbar import recorded_time
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine, FakeFiles, MemoryStore, services

CONTROL = Qt.KeyboardModifier.ControlModifier


def open_window(qtbot: QtBot, store: MemoryStore, folder: Path) -> MainWindow:
    engine = FakeEngine()
    window = MainWindow(engine, services(engine, store, FakeFiles(), folder))
    window.bridge.stop()
    qtbot.addWidget(window)
    window.show()
    return window


def test_size_and_theme(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    store = MemoryStore()
    first = open_window(qtbot, store, tmp_path)
    first.resize(900, 640)  # the offscreen screen is small
    first.look.set_theme("light")
    with qtbot.waitSignal(first.closed):
        first.close()
    second = open_window(qtbot, store, tmp_path)
    assert (second.width(), second.height()) == (900, 640)
    assert qapp.palette().window().color().name() == THEMES["light"].panel
    second.look.set_theme("dark")
    assert qapp.palette().window().color().name() == THEMES["dark"].panel


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"theme": 3, "geometry": 4, "exports": 5, "text": "large", "still": 1},
        {"theme": "pink", "geometry": "ä", "exports": "/no", "text": 1000, "still": None},
    ],
)
def test_what_makes_no_sense_is_ignored(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, values: dict[str, Any]
) -> None:
    window = open_window(qtbot, MemoryStore(values), tmp_path)
    assert (window.width(), window.height()) == (1400, 860)
    assert qapp.palette().window().color().name() == THEMES["dark"].panel


def test_text_size(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    store = MemoryStore()
    first = open_window(qtbot, store, tmp_path)
    first.activateWindow()
    qtbot.waitUntil(first.isActiveWindow)
    usual = first.toolbar.height()
    label = first.controls.seed
    assert label.font().pixelSize() == BASE_PIXELS
    for expected, begun_at in ((110, 100), (200, 175), (200, 200)):
        first.look.set_text(begun_at)
        QTest.keyClick(first.roll, Qt.Key.Key_Plus, CONTROL)
        assert label.font().pixelSize() == round(BASE_PIXELS * expected / 100)
    qtbot.waitUntil(lambda: first.toolbar.height() > usual)
    QTest.keyClick(first.roll, Qt.Key.Key_Minus, CONTROL)
    first.close()
    second = open_window(qtbot, store, tmp_path)
    assert second.controls.seed.font().pixelSize() == round(BASE_PIXELS * 1.75)
    second.look.set_text(90)
    for _ in range(2):
        second.look.step_text(-1)
    assert second.controls.seed.font().pixelSize() == round(BASE_PIXELS * 0.8)
    second.look.set_theme("light")
    assert second.controls.seed.font().pixelSize() == round(BASE_PIXELS * 0.8), "a theme leaves it alone"
    second.activateWindow()
    qtbot.waitUntil(second.isActiveWindow)
    QTest.keyClick(second.roll, Qt.Key.Key_0, CONTROL)
    assert second.controls.seed.font().pixelSize() == BASE_PIXELS
    second.look.set_theme("dark")


def still_switch(window: MainWindow) -> QAction:
    return next(action for action in window.findChildren(QAction) if action.text() == "Reduce motion")


def test_little_motion_moves_the_roll_once_a_beat(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    store = MemoryStore()
    first = open_window(qtbot, store, tmp_path)
    first.bridge.moved.emit(6.7)
    assert first.roll.item.view.position == 6.7
    still_switch(first).trigger()
    for position, shown in ((6.7, 4.0), (7.99, 4.0), (8.0, 8.0)):
        first.bridge.moved.emit(position)
        assert first.roll.item.view.position == shown
    assert not qapp.isEffectEnabled(Qt.UIEffect.UI_AnimateCombo)
    first.close()
    second = open_window(qtbot, store, tmp_path)
    assert still_switch(second).isChecked()
    second.bridge.moved.emit(6.7)
    assert second.roll.item.view.position == 4.0
    second.look.set_still(False)
    second.bridge.moved.emit(6.7)
    assert second.roll.item.view.position == 6.7


@pytest.mark.parametrize(
    ("system", "chosen", "still"), [(True, None, True), (True, False, False), (False, None, False)]
)
def test_the_system_asks_for_little_motion_unless_the_user_has_said(
    qapp: QApplication,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    system: bool,
    chosen: bool | None,
    still: bool,
) -> None:
    monkeypatch.setattr("rnnrbm_live.gui.look.system_reduces_motion", lambda: system)
    store = MemoryStore({} if chosen is None else {"still": chosen})
    window = open_window(qtbot, store, tmp_path)
    assert still_switch(window).isChecked() is still
    window.close()
    assert store.values.get("still") is chosen, "what the system says is asked again"


def test_qt_that_does_not_tell_is_no_wish(qapp: QApplication) -> None:
    assert system_reduces_motion() is False


def test_diagnostics_are_copied(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(qtbot, MemoryStore(), tmp_path)
    window.copy_diagnostics()
    clipboard = qapp.clipboard()
    assert clipboard is not None
    assert clipboard.text() == "diagnostics of a test"


def test_recorded_time_follows_tempo_changes() -> None:
    engine = FakeEngine()
    engine.change(tempo_bpm=60.0)
    engine.play(40)  # 10 s
    engine.change(tempo_bpm=120.0)
    engine.play(80)  # 10 s
    assert recorded_time(engine.snapshot) == "00:20"
    engine.play(80 * 6 * 60)
    assert recorded_time(engine.snapshot) == "1:00:20"


@pytest.mark.parametrize(("name", "title"), [("bach-chorales", "Bach chorales"), ("my_own", "My own"), ("X", "X")])
def test_model_titles(name: str, title: str) -> None:
    assert ModelChoice(name, "16th notes").title == title
