"""Small widgets that the toolbar and the controls share."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPolygon, QWheelEvent
from PyQt6.QtWidgets import QComboBox, QGridLayout, QLabel, QSlider, QWidget


class Choice(QComboBox):
    """A combo box with a drawn arrow that follows the theme, and that the wheel does not change by accident."""

    def __init__(self, name: str, tooltip: str) -> None:
        """Begin empty."""
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def offer(self, entries: list[tuple[str, object]], chosen: object) -> None:
        """Show (text, value) entries with the one of value `chosen` selected; nothing is emitted."""
        if [(self.itemText(i), self.itemData(i)) for i in range(self.count())] != entries:
            self.blockSignals(True)
            self.clear()
            for text, value in entries:
                self.addItem(text, value)
            self.blockSignals(False)
        index = next((i for i, (_, value) in enumerate(entries) if value == chosen), -1)
        if index != self.currentIndex():
            self.blockSignals(True)
            self.setCurrentIndex(index)
            self.blockSignals(False)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Add the arrow."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.palette().placeholderText().color()))
        x, y = self.width() - 18, self.height() // 2
        painter.drawPolygon(QPolygon([QPoint(x - 4, y - 2), QPoint(x + 4, y - 2), QPoint(x, y + 3)]))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Leave scrolling to what lies around."""
        assert event is not None
        event.ignore()


class _Slider(QSlider):
    """A slider that a double click resets and Shift makes finer."""

    reset = pyqtSignal()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Ask for the default."""
        self.reset.emit()


class Control(QWidget):
    """A slider with its name and its value.

    Signals:
        moved: the value that the user has set.
    """

    moved = pyqtSignal(float)

    def __init__(
        self,
        name: str,
        tooltip: str,
        *,
        low: float,
        high: float,
        step: float,
        default: float,
        text: Callable[[float], str],
    ) -> None:
        """Show the default.

        Args:
            name: as labelled.
            tooltip: what it does to the music.
            low: least value.
            high: greatest value.
            step: distance of neighbouring values.
            default: value that a double click brings back.
            text: writes a value with its unit.
        """
        super().__init__()
        self._low, self._step, self._default, self._text = low, step, default, text
        self._slider = _Slider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, round((high - low) / step))
        self._slider.setPageStep(max(1, round((high - low) / step / 10)))
        self._slider.setAccessibleName(name)
        self._slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._value = QLabel()
        self._value.setProperty("kind", "figure")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight)
        label = QLabel(name)
        label.setProperty("kind", "muted")
        label.setBuddy(self._slider)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(2)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self._value, 0, 1)
        layout.addWidget(self._slider, 1, 0, 1, 2)
        self.setToolTip(
            f"{tooltip}\n{low:g} to {high:g}; double-click for {text(default)}; arrow keys move by {step:g}"
        )
        self.setMinimumWidth(112)
        self.show_value(default)
        self._slider.valueChanged.connect(self._slid)
        self._slider.reset.connect(lambda: self._slider.setValue(self._position(self._default)))

    @property
    def value(self) -> float:
        """The value shown."""
        return round(self._low + self._slider.value() * self._step, 6)

    @property
    def slider(self) -> QSlider:
        """The slider, for focus and tests."""
        return self._slider

    def set_default(self, default: float) -> None:
        """Change what a double click brings back."""
        self._default = default

    def show_value(self, value: float) -> None:
        """Show a value without emitting; ignored while the user drags."""
        if not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(self._position(value))
            self._slider.blockSignals(False)
            self._value.setText(self._text(value))

    def _position(self, value: float) -> int:
        return round((value - self._low) / self._step)

    def _slid(self) -> None:
        self._value.setText(self._text(self.value))
        self.moved.emit(self.value)
