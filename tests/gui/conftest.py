"""A window without a screen, over an engine that does what a test says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QCoreApplication, QEvent
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.gui.application import create_application
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine, FakeFiles, MemoryStore, services


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """Our own application, with fonts and style, in place of pytest-qt's."""
    return create_application(["test"], assets_path())


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Delete the windows of a test: each that stays makes the next one slower, since a theme is every widget's."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> list[QWidget]:
    """Widgets of a test, kept until it is over: Python would delete one without a name between two events."""
    widgets: list[QWidget] = []
    add = QtBot.addWidget

    def add_and_keep(qtbot: QtBot, widget: QWidget, **more: Any) -> None:
        widgets.append(widget)
        add(qtbot, widget, **more)

    monkeypatch.setattr(QtBot, "addWidget", add_and_keep)
    return widgets


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore({"theme": "dark"})  # the program has run before


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles()


@pytest.fixture
def window(
    qapp: QApplication, qtbot: QtBot, engine: FakeEngine, store: MemoryStore, files: FakeFiles, tmp_path: Path
) -> Iterator[MainWindow]:
    """The main window, shown; it looks at the engine only when a test says `window.bridge.look()`."""
    window = MainWindow(engine, services(engine, store, files, tmp_path))
    window.bridge.stop()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    window.bridge.stop()
