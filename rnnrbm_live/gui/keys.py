"""The computer keyboard as a piano, as digital audio workstations have it: A to ' are white keys, W to P black ones.

Keys go by their place where the system tells it (X11, Wayland and Windows scan codes), so that the rows lie alike on
every layout, and by their letter elsewhere.
"""

from __future__ import annotations

import sys

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QWidget

LETTERS = "AWSEDFTGYHUJKOLP;'"  # C, C sharp, D ... of one octave and a half
OCTAVE_DOWN, OCTAVE_UP = "Z", "X"
# Scan codes of the same keys on a PC keyboard; X11 and Wayland add 8.
_PC_CODES = (30, 17, 31, 18, 32, 33, 20, 34, 21, 35, 22, 36, 37, 24, 38, 25, 39, 40)
_PC_OCTAVES = {44: -12, 45: 12}
VELOCITY = 84
LOWEST_C, HIGHEST_C = 24, 96


class ComputerKeyboard(QObject):
    """Watches the whole application's keys; inert while something is typed or another window is in front.

    Signals:
        pressed: (pitch, velocity).
        released: pitch.
        octave_changed: pitch of the lowest key, a C.
    """

    pressed = pyqtSignal(int, int)
    released = pyqtSignal(int)
    octave_changed = pyqtSignal(int)

    def __init__(self, window: QWidget) -> None:
        """Play for `window`."""
        super().__init__(window)
        self._window = window
        self._lowest = 60
        self._held: dict[int, int] = {}  # key -> pitch
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.installEventFilter(self)
        application.applicationStateChanged.connect(self._state_changed)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take the keys that play."""
        if not isinstance(event, QKeyEvent):  # nearly every event of the application is none
            if watched is self._window and event is not None and event.type() == QEvent.Type.WindowDeactivate:
                self.release_all()
            return False
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return False
        if watched is not QApplication.focusWidget() and watched is not self._window:
            return False  # each key event passes here once for every object on its way
        if event.type() == QEvent.Type.KeyRelease:
            return self._released(event)
        return self._pressed(event)

    def release_all(self) -> None:
        """Release every held key."""
        for pitch in self._held.values():
            self.released.emit(pitch)
        self._held.clear()

    def _pressed(self, event: QKeyEvent) -> bool:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if not plain or _typing() or not self._window.isActiveWindow():
            return False
        step = _octave_step(event)
        if step is not None:
            if not event.isAutoRepeat():
                self._lowest = min(max(self._lowest + step, LOWEST_C), HIGHEST_C)
                self.octave_changed.emit(self._lowest)
            return True
        offset = _offset(event)
        if offset is None:
            return False
        if not event.isAutoRepeat() and event.key() not in self._held:
            pitch = self._lowest + offset
            self._held[event.key()] = pitch
            self.pressed.emit(pitch, VELOCITY)
        return True

    def _released(self, event: QKeyEvent) -> bool:
        if event.isAutoRepeat():
            return event.key() in self._held
        pitch = self._held.pop(event.key(), None)
        if pitch is None:
            return False
        self.released.emit(pitch)
        return True

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state is not Qt.ApplicationState.ApplicationActive:
            self.release_all()


def _typing() -> bool:
    focus = QApplication.focusWidget()
    if isinstance(focus, QComboBox):
        view = focus.view()
        return view is not None and view.isVisible()
    return isinstance(focus, QLineEdit | QAbstractSpinBox)


def _pc_code(event: QKeyEvent) -> int | None:
    code = event.nativeScanCode()
    if code == 0 or sys.platform == "darwin":
        return None
    platform = QGuiApplication.platformName()
    return code - 8 if platform in ("xcb", "wayland", "wayland-egl") else code if platform == "windows" else None


def _offset(event: QKeyEvent) -> int | None:
    """Return semitones above the lowest key; None for a key that does not play."""
    code = _pc_code(event)
    if code is not None:
        return _PC_CODES.index(code) if code in _PC_CODES else None
    letter = chr(event.key()) if 0 < event.key() < 128 else ""
    return LETTERS.index(letter) if letter and letter in LETTERS else None


def _octave_step(event: QKeyEvent) -> int | None:
    code = _pc_code(event)
    if code is not None:
        return _PC_OCTAVES.get(code)
    return {ord(OCTAVE_DOWN): -12, ord(OCTAVE_UP): 12}.get(event.key())
