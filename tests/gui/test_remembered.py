"""What the window remembers from one run to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnrbm_live.gui.services import ModelChoice
from rnnrbm_live.gui.theme import THEMES
from rnnrbm_live.gui.toolbar import recorded_time
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine, FakeFiles, MemoryStore, services


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
    first.set_theme("light")
    with qtbot.waitSignal(first.closed):
        first.close()
    second = open_window(qtbot, store, tmp_path)
    assert (second.width(), second.height()) == (900, 640)
    assert qapp.palette().window().color().name() == THEMES["light"].panel
    second.set_theme("dark")
    assert qapp.palette().window().color().name() == THEMES["dark"].panel


@pytest.mark.parametrize(
    "values", [{}, {"theme": 3, "geometry": 4, "exports": 5}, {"theme": "pink", "geometry": "ä", "exports": "/no"}]
)
def test_what_makes_no_sense_is_ignored(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, values: dict[str, Any]
) -> None:
    window = open_window(qtbot, MemoryStore(values), tmp_path)
    assert (window.width(), window.height()) == (1400, 860)
    assert qapp.palette().window().color().name() == THEMES["dark"].panel


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
