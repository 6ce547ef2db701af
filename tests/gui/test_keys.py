"""Notes from the computer keyboard and from the drawn one."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QEvent, QPoint, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from rnnrbm_live.core.messages import PlayKey
from rnnrbm_live.gui.keys import LETTERS, VELOCITY
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine

NO_MODIFIER = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


def key(window: MainWindow, letter: str, *, down: bool, repeated: bool = False) -> None:
    kind = QEvent.Type.KeyPress if down else QEvent.Type.KeyRelease
    target = QApplication.focusWidget() or window
    QApplication.sendEvent(target, QKeyEvent(kind, ord(letter), NO_MODIFIER, letter.lower(), repeated))


def test_letters_are_a_keyboard_from_c(window: MainWindow, engine: FakeEngine) -> None:
    for letter in LETTERS:
        key(window, letter, down=True)
    assert engine.sent == [PlayKey(60 + offset, VELOCITY) for offset in range(len(LETTERS))]
    engine.sent.clear()
    for letter in LETTERS:
        key(window, letter, down=False)
    assert engine.sent == [PlayKey(60 + offset, 0) for offset in range(len(LETTERS))]


def test_auto_repeat_is_ignored(window: MainWindow, engine: FakeEngine) -> None:
    key(window, "A", down=True)
    for _ in range(3):
        key(window, "A", down=False, repeated=True)
        key(window, "A", down=True, repeated=True)
    assert engine.sent == [PlayKey(60, VELOCITY)]
    key(window, "A", down=False)
    assert engine.sent[1:] == [PlayKey(60, 0)]


def test_octaves_move_between_press_and_release(window: MainWindow, engine: FakeEngine) -> None:
    key(window, "A", down=True)
    key(window, "X", down=True)
    key(window, "D", down=True)
    key(window, "A", down=False)
    assert engine.sent == [PlayKey(60, VELOCITY), PlayKey(76, VELOCITY), PlayKey(60, 0)]
    assert window.trouble.text == "The computer keyboard plays from C5 up"


def test_all_keys_are_released_when_the_window_loses_the_focus(window: MainWindow, engine: FakeEngine) -> None:
    key(window, "A", down=True)
    key(window, "D", down=True)
    engine.sent.clear()
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))
    assert engine.sent == [PlayKey(60, 0), PlayKey(64, 0)]


def test_all_keys_are_released_when_the_window_is_closed(window: MainWindow, engine: FakeEngine) -> None:
    key(window, "A", down=True)
    window.close()
    assert engine.sent[-1] == PlayKey(60, 0)


@pytest.mark.parametrize("field", ["seed", "tempo"])
def test_inert_while_typing(window: MainWindow, engine: FakeEngine, field: str) -> None:
    widget = window.controls.seed if field == "seed" else window.toolbar.tempo
    widget.setFocus()
    key(window, "A", down=True)
    key(window, "A", down=False)
    assert engine.sent == []
    window.roll.setFocus()
    key(window, "A", down=True)
    assert engine.sent == [PlayKey(60, VELOCITY)]


def test_key_held_into_a_field_is_still_released(window: MainWindow, engine: FakeEngine) -> None:
    key(window, "A", down=True)
    window.controls.seed.setFocus()
    key(window, "A", down=False)
    assert engine.sent == [PlayKey(60, VELOCITY), PlayKey(60, 0)]


def test_shortcuts_with_control_play_nothing(window: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(window.roll, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert engine.sent == []


def place_of(window: MainWindow, pitch: int, share: float = 0.9) -> QPoint:
    geometry = window.roll.item.geometry_now()
    keyboard = geometry.keyboard
    y = geometry.y_of(pitch) + geometry.row_height / 2
    return QPoint(int(keyboard.left() + share * keyboard.width()), int(y))


def test_mouse_plays_and_glides(window: MainWindow, engine: FakeEngine) -> None:
    viewport = window.roll.viewport()
    QTest.mousePress(viewport, LEFT, pos=place_of(window, 60))
    QTest.mouseMove(viewport, place_of(window, 60, 0.5))
    QTest.mouseMove(viewport, place_of(window, 62))
    QTest.mouseRelease(viewport, LEFT, pos=place_of(window, 62))
    played = [(command.pitch, command.velocity > 0) for command in engine.sent if isinstance(command, PlayKey)]
    assert played == [(60, True), (60, False), (62, True), (62, False)]


def test_mouse_is_louder_at_the_right_end(window: MainWindow, engine: FakeEngine) -> None:
    for share in (0.05, 0.95):
        QTest.mouseClick(window.roll.viewport(), LEFT, pos=place_of(window, 60, share))
    soft, _, loud, _ = engine.sent
    assert isinstance(soft, PlayKey)
    assert isinstance(loud, PlayKey)
    assert 40 <= soft.velocity < 60 < 100 < loud.velocity <= 110
