"""The strip of roads: every way that the music has taken, to be heard at the same bar, named and exported."""

from __future__ import annotations

import math

from PyQt6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QWidget

from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.roads import LONGEST_NAME, Road
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.widgets import Button, Field, Strip, muted

MOST_CHIPS = 40  # a long loop has more rounds; keys and the export reach them all
NARROWEST_FIELD = 120  # pixels


class RoadsStrip(Strip):
    """A row of roads, shown once there are two, or while bars are looped.

    Signals:
        chosen: number of a road to hear.
        named: (number, name).
        export_requested, loop_lifted: no payload.
    """

    chosen = pyqtSignal(int)
    named = pyqtSignal(int, str)
    export_requested = pyqtSignal()
    loop_lifted = pyqtSignal()

    def __init__(self) -> None:
        """Hide until there is something to choose."""
        super().__init__("primer")
        self.chips: dict[int, _Chip] = {}
        self._heard: int | None = None
        self._named = 0  # the road that is being named
        self._inside = QWidget()
        self._inside.setObjectName("inside")
        self._row = QHBoxLayout(self._inside)
        self._row.setContentsMargins(1, 1, 1, 1)
        self._row.setSpacing(6)
        self._row.addStretch(1)
        self._area = _SidewaysArea(self._inside)
        self.field = _NameField(self._inside)
        self.field.returnPressed.connect(self._name)
        self._loop = QLabel()
        self.lift = Button("No loop", "Let the music go on beyond these bars (Ctrl+L)", "small")
        self.lift.clicked.connect(self.loop_lifted)
        self.rename = Button("Rename", "Give the road that is heard a name (Ctrl+R, or double-click a road)", "small")
        self.rename.clicked.connect(self.ask_for_name)
        self.export = Button("Export…", "Save a road as MIDI, sound or picture (Ctrl+E)", "small")
        self.export.clicked.connect(self.export_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 6)
        layout.setSpacing(8)
        layout.addWidget(muted("Roads"))
        layout.addWidget(self._area, 1)
        for widget in (self._loop, self.lift, self.rename, self.export):
            layout.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the engine's state; nothing is emitted."""
        roads, timeline = snapshot.roads, snapshot.timeline
        self.setVisible(len(roads) > 1 or snapshot.loop is not None)
        if self.isHidden():
            return
        first = max(0, len(roads) - MOST_CHIPS)
        shown = [*([snapshot.road] if snapshot.road < first else []), *range(first, len(roads))]
        for number in self.chips.keys() - set(shown):
            self._row.removeWidget(self.chips[number])
            self.chips.pop(number).deleteLater()
        for place, number in enumerate(shown):
            if number not in self.chips:
                self.chips[number] = chip = _Chip()
                chip.clicked.connect(lambda _, number=number: self._choose(number))
                chip.double_clicked.connect(lambda number=number: self._ask_for_name(number))
                self._row.insertWidget(place, chip)
            end = snapshot.recording.end_steps if number == snapshot.road else roads[number].end
            self.chips[number].show_road(roads, number, timeline, end)
            self.chips[number].setChecked(number == snapshot.road)
            self.chips[number].show_coming(coming=number == snapshot.next_road != snapshot.road)
        self._loop.setVisible(snapshot.loop is not None)
        self.lift.setVisible(snapshot.loop is not None)
        if snapshot.loop is not None:
            self._loop.setText(f"Looping {_bars(timeline, *snapshot.loop)}")
        if self._heard != snapshot.road:
            self._heard = snapshot.road
            QTimer.singleShot(0, self._bring_into_sight)

    def ask_for_name(self) -> None:
        """Let the user name the road that is heard, where it stands in the row."""
        if self._heard is not None and not self.isHidden():
            self._ask_for_name(self._heard)

    def _ask_for_name(self, number: int) -> None:
        chip = self.chips[number]
        self._named = number
        self.field.setText(chip.name)
        place = chip.geometry()
        self.field.setGeometry(QRect(place.topLeft(), QSize(max(place.width(), NARROWEST_FIELD), place.height())))
        self.field.raise_()
        self.field.show()
        self.field.setFocus()
        self.field.selectAll()

    def _name(self) -> None:
        name = self.field.text().strip()
        self.field.hide()
        if name and name != self.chips[self._named].name:
            self.named.emit(self._named, name)

    def _choose(self, number: int) -> None:
        self.chips[number].setChecked(number == self._heard)  # what is heard, the engine says
        self.chosen.emit(number)

    def _bring_into_sight(self) -> None:
        if self._heard in self.chips:
            self._area.ensureWidgetVisible(self.chips[self._heard], 40, 0)


class _Chip(Button):
    """One road: its name, and the bars that are its own."""

    double_clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__("", "", "small")
        self.setCheckable(True)
        self.setProperty("segment", True)  # the heard one stands out
        self.name = ""
        self._bars = ""
        self._coming = False

    def show_road(self, roads: tuple[Road, ...], number: int, timeline: Timeline, end: float) -> None:
        road = roads[number]
        bars = _bars(timeline, road.left_at, end)
        if (road.name, bars) != (self.name, self._bars):
            self.name, self._bars = road.name, bars
            self._write()
            left = (
                "the first road"
                if road.parent is None
                else f"left {roads[road.parent].name} at bar {timeline.bar(road.left_at)}"
            )
            self.setToolTip(
                f"{road.name}: {left}; its own are {bars}\n"
                "Click: hear it at the bar the music is in (Ctrl+[ and Ctrl+] go through all roads)\n"
                "Double-click: rename it (Ctrl+R)"
            )
            self.setAccessibleName(f"Road {road.name}, {bars}")

    def show_coming(self, *, coming: bool) -> None:
        """Show whether it is about to be heard."""
        if coming != self._coming:
            self._coming = coming
            self._write()

    def _write(self) -> None:
        name = self.name.replace("&", "&&")
        self.setText(f"{'▸ ' if self._coming else ''}{name}  ·  {self._bars}")

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Ask for a name."""
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()


class _NameField(Field):
    """A name being typed; Esc gives it up, and so does looking elsewhere."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMaxLength(LONGEST_NAME)
        self.setAccessibleName("Name of the road")
        self.setToolTip("Enter names the road, Esc leaves it as it is")
        self.hide()

    def event(self, event: QEvent | None) -> bool:
        """Claim Esc, which else is panic."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.hide()
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Give it up."""
        super().focusOutEvent(event)
        self.hide()


class _SidewaysArea(QScrollArea):
    """Shows a row that may be wider than it is; the wheel moves along it."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setObjectName("plain")
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As tall as what it shows."""
        inside = self.widget()
        assert inside is not None
        return QSize(200, inside.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The same, but narrow."""
        return QSize(80, self.sizeHint().height())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow the row when it becomes taller, as with larger text."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Move along."""
        bar = self.horizontalScrollBar()
        assert event is not None
        assert bar is not None
        bar.setValue(bar.value() - event.angleDelta().y() - event.angleDelta().x())
        event.accept()


def _bars(timeline: Timeline, first: float, end: float) -> str:
    first_bar = timeline.bar(math.floor(first))
    last_bar = max(first_bar, timeline.bar(math.ceil(end) - 1))
    return f"bar {first_bar}" if first_bar == last_bar else f"bars {first_bar} to {last_bar}"
