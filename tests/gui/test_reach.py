"""Everything can be done from the computer keyboard, and every key does one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QShortcut
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QMenu

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine

CONTROL = Qt.KeyboardModifier.ControlModifier


def actions(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        inner = action.menu()
        if inner is not None:
            yield from actions(inner)
        elif not action.isSeparator():
            yield action


def test_tab_can_stop_at_everything_that_can_be_used(window: MainWindow) -> None:
    """Whether it is shown just now or not; what scrolls, and what is inside of another control, goes with that."""
    found = 0
    for kind in (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit):
        for widget in window.findChildren(kind):
            name = type(widget).__name__
            inside = isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox)
            if inside or widget.objectName().startswith("qt_") or name in ("QScrollBar", "QToolButton"):
                continue
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, (name, widget.toolTip())
            assert widget.toolTip(), (name, widget.objectName())
            spoken = widget.accessibleName() or getattr(widget, "text", str)()
            assert spoken, (name, widget.toolTip())
            found += 1
    assert found > 40


def test_no_key_does_two_things(window: MainWindow) -> None:
    """Two shortcuts on one key do nothing at all: Qt calls them ambiguous."""
    bar = window.menuBar()
    assert bar is not None
    lines = [line for action in bar.actions() if (menu := action.menu()) is not None for line in actions(menu)]
    keys = [key.toString() for line in lines for key in line.shortcuts()]
    keys += [shortcut.key().toString() for shortcut in window.findChildren(QShortcut) if not shortcut.key().isEmpty()]
    keys += [f"Alt+{action.text()[1]}" for action in bar.actions()]
    assert [key for key, count in Counter(keys).items() if count > 1] == []
    assert len(keys) > 50


def test_held_keys_are_muted_forced_and_freed(window: MainWindow, engine: FakeEngine) -> None:
    engine.change(keys=((60, 90), (64, 90), (10, 90)), settings=Settings(forced=(64,)))
    window.bridge.look()
    QTest.keyClick(window.roll, Qt.Key.Key_B, CONTROL)
    assert engine.sent == [ask.Adjust("muted", (60,)), ask.Adjust("forced", ())]
    engine.sent.clear()
    engine.change(keys=())
    window.bridge.look()
    QTest.keyClick(window.roll, Qt.Key.Key_B, CONTROL)
    assert engine.sent == []
    assert "Hold keys" in window.trouble.text
