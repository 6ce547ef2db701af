"""The piano-roll as a widget: mouse, wheel and trackpad, and what is selected."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QHelpEvent, QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PyQt6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from rnnrbm_live.gui import selection
from rnnrbm_live.gui.geometry import KEYBOARD_PIXELS, RULER_PIXELS
from rnnrbm_live.gui.navigation import Navigation
from rnnrbm_live.gui.roll import Hint, RollItem, music_of
from rnnrbm_live.gui.selection import Region, RegionBar, RegionDrag
from rnnrbm_live.gui.theme import Theme
from rnnrbm_live.gui.widgets import Button

KEY_VELOCITIES = (45, 110)  # at the left and at the right end of a drawn key
ZOOM = 1.15
ZOOM_ROWS = 2  # semitones above and below, for a notch or a key
PAN_PIXELS = 40.0  # for a notch of the wheel
PAN_ROWS = 2  # for a key
HANDLE_REACH = 6.0  # pixels beside an edge of the selection in which it is grabbed
CLICK_PIXELS = 4.0  # a mouse that moves less has clicked
SELECTED_BARS = 4  # by Ctrl+L
BAR_TOP = RULER_PIXELS + 8  # where the selection's own bar floats
RULER_TIP = "Drag to select bars, with Alt beats; double-click for one bar; a click beside the selection clears it"
BEATS_KEYS = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier  # some desktops take Alt


class RollView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows a `RollItem` and turns what is done to it into signals.

    Attributes:
        item: what paints it.
        navigation: what part of the music is looked at.
        back: the button that follows the music again.
        region_bar: what can be done with what is selected.

    Signals:
        key_pressed: (pitch, velocity) of a drawn key.
        key_bound: pitch of a drawn key that the model is to leave out, to play always, or to choose itself again.
        key_released: pitch.
        region_changed: the new `region`.
        export_asked: write the selection to a file.
        loop_asked: (first step, the one after the last) to play again and again.
        moment_chosen: step of a bar line to go on from.
        moment_marked: step to mark.
    """

    key_pressed = pyqtSignal(int, int)
    key_bound = pyqtSignal(int)
    key_released = pyqtSignal(int)
    region_changed = pyqtSignal(object)
    export_asked = pyqtSignal()
    loop_asked = pyqtSignal(int, int)
    moment_chosen = pyqtSignal(float)
    moment_marked = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None, *, offer_loop: bool = False, offer_moments: bool = False) -> None:
        """Show an empty roll.

        Args:
            parent: the widget around it.
            offer_loop: whether somebody acts on `loop_asked`; there is no Loop otherwise.
            offer_moments: whether somebody acts on `moment_chosen`; there is no way to choose one otherwise.
        """
        super().__init__(parent, background=None)
        self.item = RollItem()
        self.navigation = Navigation(self.item)
        self.setCentralItem(self.item)
        self.setAcceptDrops(False)  # the window takes files
        self.setMinimumSize(480, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Piano-roll")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.offers_loop, self.offers_moments = offer_loop, offer_moments
        self._held_key: int | None = None
        self._drag_from: tuple[float, float, float, int] | None = None
        self._pressed_x: float | None = None  # in the ruler, until it is more than a click
        self._region_drag: RegionDrag | None = None
        self.back = Button("Back to now", "Follow the music again (End)")
        self.back.setParent(self)
        self.back.clicked.connect(self.navigation.follow)
        self.back.clicked.connect(self.back.hide)
        self.back.hide()
        self.region_bar = RegionBar(self, offer_loop=offer_loop)
        self.region_bar.export_asked.connect(self.export_asked)
        self.region_bar.loop_asked.connect(self.loop_region)
        self.region_bar.cleared.connect(lambda: self.select(None))

    def show_snapshot(self, snapshot: Snapshot, hint: Hint | None) -> None:
        """Show another state of the engine, and every pitch that sounds in it."""
        before = self.item.snapshot
        if before is not None and before.recording.origin != snapshot.recording.origin:
            self.select(None)  # of another session
        self.item.show_snapshot(snapshot, hint)
        self.navigation.include(snapshot.sounding().keys())

    def move_to(self, position: float) -> None:
        """Put the now-line at a step and paint a frame."""
        self.navigation.move_to(position)
        self.back.setVisible(not self.navigation.following)
        self.back.move(int(self.item.geometry_now().now_x) - self.back.width() - 12, int(RULER_PIXELS) + 10)
        self._place_region_bar()
        self.item.refresh(self.devicePixelRatioF())

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self.item.set_theme(theme)
        self.back.adjustSize()  # the text may have another size
        self.region_bar.adjustSize()

    def show_dropping(self, dropping: bool) -> None:
        """Show whether a file is held over the window."""
        self.item.dropping = dropping

    # --- what is selected --------------------------------------------------------------------------------

    @property
    def region(self) -> Region | None:
        """What is selected: the first step and the one after the last; None for nothing."""
        return self.item.region

    def select(self, region: Region | None) -> None:
        """Select a stretch of the past, or nothing."""
        if region != self.item.region:
            self.item.region = region
            if region is not None:
                self.region_bar.show_region(selection.named(self._timeline, region))
            self._place_region_bar()
            self.region_changed.emit(region)

    def select_last_bars(self) -> None:
        """Select the last complete bars."""
        if self._end_steps > 0:
            self.select(selection.last_bars(self._timeline, self._end_steps, SELECTED_BARS))

    def move_edge(self, *, first: bool, bars: int) -> None:
        """Move the first or the last edge of the selection by bars; with nothing selected, select the last bar seen."""
        timeline = self._timeline
        if self.region is None:
            self._select_around(min(self.navigation.seen[1], self._end_steps) - 0.5)
            return
        fixed, edge = (self.region[1], self.region[0]) if first else self.region
        moved = edge + bars * timeline.bar_steps
        if (moved < fixed) == first and moved != fixed and 0 <= moved <= self._last_line:
            self.select((moved, fixed) if first else (fixed, moved))

    def loop_region(self) -> None:
        """Ask for the selection to be looped."""
        if self.region is not None and self.offers_loop:
            self.loop_asked.emit(*self.region)

    def choose_moment(self, step: float) -> None:
        """Ask to go on from the bar line at or before a step."""
        if self.offers_moments:
            self.moment_chosen.emit(float(self._bar_around(step)[0]))

    def choose_moment_seen(self) -> None:
        """Ask to go on from the selection or, without one, from the bar at the now-line while one looks back."""
        if self.region is not None:
            self.choose_moment(self.region[0])
        elif not self.navigation.following:
            self.choose_moment(self.navigation.seen[1])

    # --- Qt ----------------------------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Show a ring around the roll if Tab has come to it."""
        super().focusInEvent(event)
        if event is not None:
            self.item.ringed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Show none any more."""
        super().focusOutEvent(event)
        self.item.ringed = False

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Play a drawn key, select in the ruler, drag the past, or open its menu."""
        assert event is not None
        place = event.position()
        pitch = self.item.geometry_now().key_at(place.x(), place.y())
        if event.button() == Qt.MouseButton.RightButton:
            if pitch is not None:
                self.key_bound.emit(pitch)
            elif self._in_past(place) and (menu := self.menu_at(place)) is not None:
                menu.popup(event.globalPosition().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if pitch is not None:
            self._press(pitch, place)
        elif self._in_ruler(place):
            self._begin_region(place.x())
        else:
            view = self.item.view
            self._drag_from = (place.x(), place.y(), view.scrolled_steps, view.low)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Glide over the keys, select, or drag."""
        assert event is not None
        place = event.position()
        if self._held_key is not None:
            pitch = self.item.geometry_now().key_at(place.x(), place.y())
            if pitch is not None and pitch != self._held_key:
                self._release()
                self._press(pitch, place)
        elif self._region_drag is not None:
            self._drag_region(place.x(), beats=bool(event.modifiers() & BEATS_KEYS))
        elif self._drag_from is not None:
            x, y, scrolled, low = self._drag_from
            view = self.item.view
            self.navigation.scroll_to(scrolled + (place.x() - x) / view.pixels_per_step)
            rows = round((place.y() - y) / self.item.geometry_now().row_height)
            if low + rows != view.low:
                self.navigation.pan_pitch(low + rows - view.low)
        elif self._in_ruler(place):
            edge = self._edge_at(place.x())
            self.setCursor(Qt.CursorShape.IBeamCursor if edge is None else Qt.CursorShape.SizeHorCursor)
        else:
            self.unsetCursor()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go; a mere click in the ruler, beside the selection, clears it."""
        self._release()
        if self._region_drag is not None and self._pressed_x is not None and self.region is not None:
            first, last = self.region
            if not first <= self._step_at(self._pressed_x) < last and self._edge_at(self._pressed_x) is None:
                self.select(None)
        self._drag_from = self._region_drag = self._pressed_x = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """In the past choose a moment, in the ruler a bar; elsewhere two quick clicks are two clicks."""
        assert event is not None
        place = event.position()
        if event.button() == Qt.MouseButton.LeftButton and self._in_past(place) and self._sounded(place.x()):
            if self._in_ruler(place):
                self._select_around(self._step_at(place.x()))
                return
            if self.offers_moments:
                self.choose_moment(self._step_at(place.x()))
                return
        self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent | None) -> None:
        """Release a key that the mouse has left."""
        self._release()
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom in time, with Ctrl in pitch; with Shift, sideways or on a trackpad, pan."""
        assert event is not None
        place, modifiers = event.position(), event.modifiers()
        turn, sideways = event.angleDelta().y() / 120, event.angleDelta().x() / 120
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.navigation.zoom_pitch(-self.navigation.whole_rows(ZOOM_ROWS * turn), place.y())
        elif _is_precise(event):
            self.navigation.pan_pixels(event.pixelDelta())
        elif sideways or modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.navigation.pan((sideways or turn) * PAN_PIXELS / self.item.view.pixels_per_step)
        else:
            self.navigation.zoom_time(ZOOM**turn, place.x())
        event.accept()

    def viewportEvent(self, event: QEvent | None) -> bool:
        """Zoom when a trackpad is pinched, and explain the ruler."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
                self.navigation.zoom_time(1 + event.value(), event.position().x())
                return True
        elif isinstance(event, QHelpEvent) and self._in_ruler(QPointF(event.pos())):
            QToolTip.showText(event.globalPos(), RULER_TIP, self)
            return True
        return bool(super().viewportEvent(event))

    def menu_at(self, place: QPointF) -> QMenu | None:
        """Return what can be done at a place of the past; None where nothing has sounded."""
        if not self._sounded(place.x()):
            return None
        step = self._step_at(place.x())
        region = self._bar_around(step)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.offers_moments:
            bar = self._timeline.bar(region[0])
            menu.addAction(f"Continue from here (bar {bar})", lambda: self.choose_moment(step))
        menu.addAction("Mark this moment", lambda: self.moment_marked.emit(float(math.floor(step))))
        menu.addAction("Select this bar", lambda: self.select(region))
        if not self.navigation.following:
            menu.addSeparator()
            menu.addAction("Back to now", self.navigation.follow)
        return menu

    # --- inside ------------------------------------------------------------------------------------------

    @property
    def _timeline(self) -> Timeline:
        return self.item.timeline

    @property
    def _end_steps(self) -> float:
        return music_of(self.item.snapshot).end_steps if self.item.snapshot is not None else 0.0

    @property
    def _last_line(self) -> int:
        """The bar line at which, or beyond which, what sounded ends: nothing later can be selected."""
        return self._timeline.next_bar_step(math.ceil(self._end_steps))

    def _step_at(self, x: float) -> float:
        return self.item.geometry_now().past_step(x, self.item.view)

    def _in_past(self, place: QPointF) -> bool:
        return bool(self.item.geometry_now().past.contains(place))

    def _in_ruler(self, place: QPointF) -> bool:
        return place.y() < RULER_PIXELS and self._in_past(place)

    def _sounded(self, x: float) -> bool:
        return 0 <= self._step_at(x) < self._end_steps

    def _bar_around(self, step: float) -> Region:
        return selection.around(self._timeline, step, step)

    def _select_around(self, step: float) -> None:
        if self._end_steps > 0:
            self.select(self._bar_around(step))

    def _edge_at(self, x: float) -> int | None:
        """Return the edge of the selection that can be grabbed at an x; None if there is none."""
        if self.region is None:
            return None
        shift, zoom = self.item.geometry_now().past_shift(self.item.view), self.item.view.pixels_per_step
        distance, edge = min((abs(shift + edge * zoom - x), edge) for edge in self.region)
        return edge if distance <= HANDLE_REACH else None

    def _begin_region(self, x: float) -> None:
        edge = self._edge_at(x)
        if edge is not None and self.region is not None:
            fixed = self.region[1] if edge == self.region[0] else self.region[0]
            self._region_drag = RegionDrag(self._timeline, fixed, edge=True)
        elif self._sounded(x):
            self._region_drag = RegionDrag(self._timeline, self._step_at(x), edge=False)
        else:
            self.select(None)
            return
        self._pressed_x = x
        snapshot = self.item.snapshot
        if snapshot is not None and snapshot.transport is Transport.PLAYING:
            self.navigation.hold_still()  # one selects in a picture that does

    def _drag_region(self, x: float, *, beats: bool) -> None:
        assert self._region_drag is not None
        if self._pressed_x is not None and abs(x - self._pressed_x) < CLICK_PIXELS:
            return
        self._pressed_x = None
        past = self.item.geometry_now().past
        if not past.left() <= x <= past.right():
            beyond = past.left() - x if x < past.left() else past.right() - x
            if not self.navigation.following or beyond > 0:
                self.navigation.pan(beyond / self.item.view.pixels_per_step)
        place = min(max(self._step_at(min(max(x, past.left()), past.right())), 0.0), self._end_steps - 0.01)
        self.select(self._region_drag.to(place, beats=beats))

    def _place_region_bar(self) -> None:
        """Let the bar float at the selection, as long as that can be seen and is not being drawn."""
        bar, geometry = self.region_bar, self.item.geometry_now()
        visible = False
        if self.region is not None and (self._region_drag is None or self._pressed_x is not None):
            shift = geometry.past_shift(self.item.view)
            left, right = (shift + edge * geometry.pixels_per_step for edge in self.region)
            visible = right > 0 and left < geometry.now_x
            x = min(max(left + 8, 8.0), geometry.now_x - bar.width() - 8)
            y = BAR_TOP
            if self.back.isVisible() and x + bar.width() > self.back.x() - 8:
                y += self.back.height() + 8
            bar.move(int(max(x, 8.0)), int(y))
        bar.setVisible(visible)

    def _press(self, pitch: int, place: QPointF) -> None:
        share = (place.x() - self.item.geometry_now().now_x) / KEYBOARD_PIXELS
        soft, loud = KEY_VELOCITIES
        self._held_key = pitch
        self.key_pressed.emit(pitch, round(soft + (loud - soft) * min(max(share, 0.0), 1.0)))

    def _release(self) -> None:
        if self._held_key is not None:
            self.key_released.emit(self._held_key)
            self._held_key = None


def _is_precise(event: QWheelEvent) -> bool:
    """Return whether an event is of a trackpad and tells pixels; on X11 a wheel's pixels mean nothing."""
    device = event.pointingDevice()
    trackpad = device is not None and device.type() == QPointingDevice.DeviceType.TouchPad
    return not event.pixelDelta().isNull() and (trackpad or event.phase() != Qt.ScrollPhase.NoScrollPhase)
