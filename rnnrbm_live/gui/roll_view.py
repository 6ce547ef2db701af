"""The piano-roll as a widget: mouse and wheel."""

from __future__ import annotations

from collections.abc import Iterable

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QMouseEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.geometry import KEYBOARD_PIXELS, RULER_PIXELS
from rnnrbm_live.gui.roll import Hint, RollItem
from rnnrbm_live.gui.theme import Theme
from rnnrbm_live.gui.widgets import Button

KEY_VELOCITIES = (45, 110)  # at the left and at the right end of a drawn key
NARROWEST, WIDEST = 2.0, 60.0  # pixels per step
ZOOM = 1.15
FEWEST_ROWS = 24  # that zooming leaves
ROOM_ROWS = 2  # beyond a note for which the view opens


class RollView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows a `RollItem` and turns what is done to it into signals.

    Signals:
        key_pressed: (pitch, velocity) of a drawn key.
        key_bound: pitch of a drawn key that the model is to leave out, to play always, or to choose itself again.
        key_released: pitch.
        moment_chosen: a position, in steps, that the music is to go on from.

    Attributes:
        region: first step and the one after the last of what is marked; None for nothing.
    """

    key_pressed = pyqtSignal(int, int)
    key_bound = pyqtSignal(int)
    key_released = pyqtSignal(int)
    moment_chosen = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show an empty roll."""
        super().__init__(parent, background=None)
        self.item = RollItem()
        self.setCentralItem(self.item)
        self.setAcceptDrops(False)  # the window takes files
        self.setMinimumSize(480, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Piano-roll")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.region: tuple[int, int] | None = None
        self._held_key: int | None = None
        self._drag_from: tuple[float, float, float, int] | None = None
        self.back = Button("Back to now", "Follow the music again (End)")
        self.back.setParent(self)
        self.back.clicked.connect(self.follow)
        self.back.hide()

    def show_snapshot(self, snapshot: Snapshot, hint: Hint | None) -> None:
        """Show another state of the engine, and every pitch that sounds in it."""
        self.item.show_snapshot(snapshot, hint)
        self._include(snapshot.sounding().keys())

    def move_to(self, position: float) -> None:
        """Put the now-line at a step and paint a frame."""
        view = self.item.view
        if view.scrolled_steps:
            view.scrolled_steps += position - view.position  # what is looked at stays where it is
            if view.scrolled_steps <= 0 or view.scrolled_steps > position + 1:
                view.scrolled_steps = 0.0
        view.position = position
        self.back.setVisible(view.scrolled_steps > 0)
        self.back.move(int(self.item.geometry_now().now_x) - self.back.width() - 12, int(RULER_PIXELS) + 10)
        self.item.refresh(self.devicePixelRatioF())

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self.item.set_theme(theme)
        self.back.adjustSize()  # the text may have another size

    def show_dropping(self, dropping: bool) -> None:
        """Show whether a file is held over the window."""
        self.item.dropping = dropping

    def follow(self) -> None:
        """Come back to the now-line."""
        self.item.view.scrolled_steps = 0.0
        self.back.hide()

    def zoom_time(self, factor: float) -> None:
        """Make a step `factor` times as wide."""
        view = self.item.view
        view.pixels_per_step = min(max(view.pixels_per_step * factor, NARROWEST), WIDEST)

    def zoom_pitch(self, rows: int, around: int | None = None) -> None:
        """Show `rows` more semitones above and below (fewer if negative), keeping `around` in sight."""
        view = self.item.view
        size = min(max(view.high - view.low + 2 * rows, FEWEST_ROWS), len(PIANO))
        middle = (view.low + view.high) // 2 if around is None else around
        self._set_range(middle - size // 2, size)

    # --- Qt ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Play a drawn key, or begin to drag the past."""
        assert event is not None
        place = event.position()
        pitch = self.item.geometry_now().key_at(place.x(), place.y())
        if event.button() == Qt.MouseButton.RightButton and pitch is not None:
            self.key_bound.emit(pitch)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if pitch is not None:
            self._press(pitch, place)
        else:
            view = self.item.view
            self._drag_from = (place.x(), place.y(), view.scrolled_steps, view.low)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Glide over the keys, or drag."""
        assert event is not None
        place = event.position()
        if self._held_key is not None:
            pitch = self.item.geometry_now().key_at(place.x(), place.y())
            if pitch is not None and pitch != self._held_key:
                self._release()
                self._press(pitch, place)
        elif self._drag_from is not None:
            x, y, scrolled, low = self._drag_from
            view = self.item.view
            pulled = scrolled + (place.x() - x) / view.pixels_per_step
            view.scrolled_steps = min(max(pulled, 0.0), max(0.0, view.position))
            self._set_range(low + round((place.y() - y) / self.item.geometry_now().row_height), view.high - view.low)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go."""
        self._release()
        self._drag_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Two quick clicks are two clicks."""
        self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent | None) -> None:
        """Release a key that the mouse has left."""
        self._release()
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom in time; with Ctrl in pitch; with Shift, or sideways, look back."""
        assert event is not None
        turn = event.angleDelta().y() / 120
        sideways = event.angleDelta().x() / 120
        modifiers = event.modifiers()
        if sideways or modifiers & Qt.KeyboardModifier.ShiftModifier:
            view = self.item.view
            pulled = view.scrolled_steps + (sideways or turn) * 40 / view.pixels_per_step
            view.scrolled_steps = min(max(pulled, 0.0), max(0.0, view.position))
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self.zoom_pitch(-round(2 * turn))
        else:
            self.zoom_time(ZOOM**turn)
        event.accept()

    # --- inside ------------------------------------------------------------------------------------------

    def _press(self, pitch: int, place: QPointF) -> None:
        share = (place.x() - self.item.geometry_now().now_x) / KEYBOARD_PIXELS
        soft, loud = KEY_VELOCITIES
        self._held_key = pitch
        self.key_pressed.emit(pitch, round(soft + (loud - soft) * min(max(share, 0.0), 1.0)))

    def _release(self) -> None:
        if self._held_key is not None:
            self.key_released.emit(self._held_key)
            self._held_key = None

    def _include(self, pitches: Iterable[int]) -> None:
        """Open the view for pitches beyond it, with some room."""
        view = self.item.view
        beyond = [pitch for pitch in pitches if pitch in PIANO and not view.low <= pitch < view.high]
        if beyond:
            low = min(view.low, min(beyond) - ROOM_ROWS)
            high = max(view.high, max(beyond) + 1 + ROOM_ROWS)
            low, high = max(low, PIANO.low), min(high, PIANO.high)
            self._set_range(low, high - low)

    def _set_range(self, low: int, size: int) -> None:
        view = self.item.view
        view.low = min(max(low, PIANO.low), PIANO.high - size)
        view.high = view.low + size
