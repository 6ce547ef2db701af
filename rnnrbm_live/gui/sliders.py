"""Sliders, and the cells that the controls put them in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QInputEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QStyle, QStyleOptionSlider, QVBoxLayout, QWidget

from rnnrbm_live.gui.widgets import ARROWS, MIDDLE, SWITCH_ROOM, SteadyLabel, bring_focus, muted, shifted

RESETS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
JUMPS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
FINE_DRAG = 0.1  # of the mouse's way, with Shift


class Slider(QSlider):
    """A slider whose positions are fine ones: arrows, wheel and drag are coarse, and fine with Shift.

    Signals:
        reset: double-clicked, or Delete or Backspace pressed.
    """

    reset = pyqtSignal()

    def __init__(self, positions: int, coarse: int) -> None:
        """Begin at 0 of `positions`; a coarse move is so many of them."""
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, positions)
        self.setSingleStep(coarse)
        self.setPageStep(max(coarse, round(positions / 10)))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._grabbed_x: float | None = None
        self._exact = 0.0  # position while it is dragged
        self._turned = 0.0  # of the wheel, less than a notch
        self._ghost: float | None = None

    def event(self, event: QEvent | None) -> bool:
        """Claim its keys before they act as the window's shortcuts."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
            == Qt.KeyboardModifier.NoModifier
            and event.key() in (*ARROWS, *RESETS, *JUMPS)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Arrows move, with Shift finely; Delete resets."""
        assert event is not None
        key = event.key()
        if key in ARROWS:
            self.setValue(self.value() + ARROWS[key] * self._stride(event))
        elif key in RESETS:
            self.reset.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """A notch is a coarse move, with Shift a fine one."""
        assert event is not None
        turn = event.angleDelta().y() or event.angleDelta().x()  # some systems turn it sideways with Shift
        self._turned += turn / 120
        notches = int(self._turned)
        self._turned -= notches
        self.setValue(self.value() + notches * self._stride(event))
        event.accept()

    def show_ghost(self, share: float | None) -> None:
        """Show a tick where a knob stands that does not move this yet, 0 at the left and 1 at the right; or none."""
        if share != self._ghost:
            self._ghost = share
            self.update()

    @property
    def ghost(self) -> float | None:
        """Where the tick is."""
        return self._ghost

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the tick over the slider."""
        super().paintEvent(event)
        if self._ghost is not None:
            handle = self._handle().width()
            x = handle / 2 + self._ghost * (self.width() - handle)
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().link())
            painter.drawRoundedRect(QRectF(x - 1.5, self.height() / 2 - 8, 3, 16), 1.5, 1.5)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Grab the handle, or bring it here."""
        assert event is not None
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, handle = event.position().x(), self._handle()
        self.setSliderDown(True)
        if not handle.left() - 2 <= x <= handle.right() + 2:
            travel = max(1, self.width() - handle.width())
            self.setValue(round((x - handle.width() / 2) / travel * self.maximum()))
        self._grabbed_x, self._exact = x, float(self.value())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag the handle; with Shift it goes a tenth of the way."""
        assert event is not None
        if self._grabbed_x is None:
            return
        x, travel = event.position().x(), max(1, self.width() - self._handle().width())
        speed = FINE_DRAG if shifted(event) else 1.0
        moved = self._exact + (x - self._grabbed_x) * speed / travel * self.maximum()
        self._grabbed_x, self._exact = x, min(max(moved, 0.0), float(self.maximum()))
        self.setValue(round(self._exact))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go."""
        self._grabbed_x = None
        self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Ask for the default."""
        self.reset.emit()

    def _stride(self, event: QInputEvent) -> int:
        return 1 if shifted(event) else self.singleStep()

    def _handle(self) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style = self.style()
        assert style is not None
        complex_slider, handle = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        return style.subControlRect(complex_slider, option, handle, self)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a `Control` sets.

    Attributes:
        name: as labelled.
        meaning: what it does to the music, a sentence or two.
        low: least value.
        high: greatest value.
        coarse: what an arrow key or a notch of the wheel changes.
        fine: what it changes with Shift: the distance of neighbouring values.
        text: writes a value with its unit.
        shortcut: brings the focus here.
    """

    name: str
    meaning: str
    low: float
    high: float
    coarse: float
    fine: float
    text: Callable[[float], str]
    shortcut: str

    def tooltip(self, default: float) -> str:
        """Return what there is to know."""
        return (
            f"{self.meaning}.\n{self.text(self.low)} to {self.text(self.high)};"
            f" double-click or Delete for {self.text(default)}\n"
            f"Arrow keys and wheel move by {self.coarse:g}, with Shift by {self.fine:g}; dragging with Shift is finer\n"
            f"{self.shortcut} comes here"
        )


class Cell(QWidget):
    """A heading above something; headings and what is below them lie alike in all cells of a row."""

    def __init__(self, heading: Sequence[QWidget], body: Sequence[QWidget]) -> None:
        """Put the heading's first widget at the left and the others at the right; the body's first takes the room."""
        super().__init__()
        line, rest = _Heading(), QWidget()
        above, below = QHBoxLayout(line), QHBoxLayout(rest)
        for inner, spacing in ((above, 8), (below, 6)):
            inner.setContentsMargins(0, 0, 0, 0)
            inner.setSpacing(spacing)
        for index, widget in enumerate(heading):
            above.addWidget(widget)
            if index == 0:
                above.addStretch(1)
        for index, widget in enumerate(body):
            below.addWidget(widget, 1 if index == 0 else 0, MIDDLE)
        line.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(line)
        layout.addWidget(rest, 1)


class _Heading(QWidget):
    """The line above: as tall with a switch in it as without."""

    def sizeHint(self) -> QSize:
        """Room for a switch in any case."""
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), self.fontMetrics().height() + SWITCH_ROOM))

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()


class Control(Cell):
    """A slider with its name and its value.

    Attributes:
        measure: what it sets.
        default: what a double click brings back.

    Signals:
        moved: the value that the user has set.
    """

    moved = pyqtSignal(float)

    def __init__(self, measure: Measure, default: float, heading: QWidget | None = None) -> None:
        """Show the default, which a double click brings back; `heading` stands in place of the label."""
        positions = round((measure.high - measure.low) / measure.fine)
        self.measure, self.default = measure, default
        self._slider = Slider(positions, round(measure.coarse / measure.fine))
        self._slider.setAccessibleName(measure.name)
        self._slider.setToolTip(measure.tooltip(default))
        self._value = SteadyLabel(measure.text(measure.low), measure.text(measure.high), measure.text(default))
        self._value.setProperty("kind", "figure")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._mark = QLabel()
        self._mark.setProperty("kind", "mark")
        self._mark.hide()
        super().__init__([heading or muted(measure.name), self._mark, self._value], [self._slider])
        self.show_value(default)
        self._slider.valueChanged.connect(self._slid)
        self._slider.reset.connect(lambda: self._slider.setValue(self._position(self.default)))
        bring_focus(measure.shortcut, self._slider)

    @property
    def value(self) -> float:
        """The value shown."""
        return round(self.measure.low + self._slider.value() * self.measure.fine, 6)

    @property
    def slider(self) -> Slider:
        """The slider, for focus and tests."""
        return self._slider

    @property
    def shown(self) -> str:
        """The value as written."""
        return self._value.text()

    def show_value(self, value: float) -> None:
        """Show a value without emitting; ignored while the user drags."""
        if not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(self._position(value))
            self._slider.blockSignals(False)
            self._write(value)

    @property
    def mark(self) -> str:
        """What the mark says."""
        return self._mark.text()

    def show_mark(self, text: str, ghost: float | None) -> None:
        """Say what else moves it, such as a MIDI controller, and show where that stands if it does not move it yet."""
        if text != self._mark.text():
            self._mark.setText(text)
            self._mark.setVisible(bool(text))
        self._slider.show_ghost(ghost)

    def _position(self, value: float) -> int:
        return round((value - self.measure.low) / self.measure.fine)

    def _slid(self) -> None:
        self._write(self.value)
        self.moved.emit(self.value)

    def _write(self, value: float) -> None:
        text = self.measure.text(value)
        if text != self._value.text():
            self._value.setText(text)
        if text != self._slider.accessibleDescription():
            self._slider.setAccessibleDescription(text)
