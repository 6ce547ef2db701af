"""Small widgets that the toolbar, the strips and the controls share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygon, QWheelEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QWidget,
)

PRESSING_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Button(QPushButton):
    """A button that takes the focus from Tab only, and that Space and Enter then press.

    A click leaves the focus where it was, so that Space goes on to mean play and pause.
    """

    def __init__(self, text: str, tooltip: str, name: str = "") -> None:
        """Give it a text, a tooltip, and a name for the style sheet."""
        super().__init__(text)
        self.setToolTip(tooltip)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def event(self, event: QEvent | None) -> bool:
        """Claim the keys that press it before they act as the window's shortcuts."""
        if _claims(self, event):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Enter presses, too."""
        if event is not None and event.key() in PRESSING_KEYS[1:]:
            self.click()
        else:
            super().keyPressEvent(event)


class Switch(QCheckBox):
    """A check box drawn as a switch; the focus as with `Button`."""

    WIDTH, HEIGHT, GAP = 30, 16, 9  # pixels

    def __init__(self, text: str, tooltip: str = "") -> None:
        """Begin off."""
        super().__init__(text)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """Room for the switch and its text."""
        metrics = self.fontMetrics()
        width = self.WIDTH + self.GAP + metrics.horizontalAdvance(self.text()) + 4
        return QSize(width, max(metrics.height(), self.HEIGHT) + 4)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """Switch wherever it is clicked."""
        return self.rect().contains(pos)

    def event(self, event: QEvent | None) -> bool:
        """Claim Space before it plays."""
        if _claims(self, event):
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw a groove, a knob and the text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, on = self.palette(), self.isChecked() and self.isEnabled()
        groove = QRectF(1, (self.height() - self.HEIGHT) / 2, self.WIDTH, self.HEIGHT)
        painter.setPen(palette.link().color() if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(palette.highlight() if on else palette.mid())
        painter.drawRoundedRect(groove, self.HEIGHT / 2, self.HEIGHT / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.base() if on else palette.placeholderText())
        middle = QPointF(groove.right() - 8 if on else groove.left() + 8, groove.center().y())
        painter.drawEllipse(middle, 5.5, 5.5)
        painter.setPen(palette.windowText().color() if self.isEnabled() else palette.placeholderText().color())
        words = self.rect().adjusted(self.WIDTH + self.GAP, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())


class Field(QLineEdit):
    """A line to type in; Enter ends typing and is no shortcut of the window's meanwhile."""

    def event(self, event: QEvent | None) -> bool:
        """Claim Enter."""
        if _claims(self, event):
            return True
        return super().event(event)


class NumberBox(QDoubleSpinBox):
    """A number to type, scroll or step; Enter ends typing and is no shortcut of the window's meanwhile."""

    def event(self, event: QEvent | None) -> bool:
        """Claim Enter."""
        if _claims(self, event):
            return True
        return super().event(event)


class Choice(QComboBox):
    """A combo box that the wheel does not change by accident, with a muted note and a lamp if wanted."""

    def __init__(self, name: str, tooltip: str, *, lamp: bool = False) -> None:
        """Begin empty; a lamp tells whether what is chosen works."""
        super().__init__()
        self._lamp = lamp
        self._works = False
        self._notes: dict[object, str] = {}
        self.setProperty("lamp", lamp)
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def offer(self, entries: Sequence[tuple[str, object]], chosen: object, *, works: bool = False) -> None:
        """Show (text, value) entries with the one of value `chosen` selected; nothing is emitted."""
        self.blockSignals(True)
        if [(self.itemText(i), self.itemData(i)) for i in range(self.count())] != list(entries):
            self.clear()
            for text, value in entries:
                self.addItem(text, value)
        index = next((i for i, (_, value) in enumerate(entries) if value == chosen), -1)
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        self.blockSignals(False)
        if works != self._works:
            self._works = works
            self.update()

    def annotate(self, notes: dict[object, str]) -> None:
        """Show a note at the right of what is chosen, by value."""
        self._notes = notes
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Add arrow, note and lamp."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, right, middle = self.palette(), self.width() - 18, self.height() // 2
        muted = palette.placeholderText()
        note, metrics = self._notes.get(self.currentData(), ""), self.fontMetrics()
        taken = metrics.horizontalAdvance(self.currentText()) + metrics.horizontalAdvance(note) + 60
        if note and taken <= self.width():
            painter.setPen(muted.color())
            box = QRect(0, 0, right - 12, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, note)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(muted)
        arrow = [QPoint(right - 4, middle - 2), QPoint(right + 4, middle - 2), QPoint(right, middle + 3)]
        painter.drawPolygon(QPolygon(arrow))
        if self._lamp:
            painter.setBrush(palette.brightText() if self._works else palette.mid())
            painter.drawEllipse(QPointF(15, self.height() / 2), 4, 4)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Leave scrolling to what lies around."""
        assert event is not None
        event.ignore()


class _Slider(QSlider):
    """A slider that a double click resets."""

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
        heading: QWidget | None = None,
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
            heading: stands in place of the label.
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
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if heading is None:
            heading = label = QLabel(name)
            label.setProperty("kind", "muted")
            label.setBuddy(self._slider)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(2)
        layout.addWidget(heading, 0, 0)
        layout.addWidget(self._value, 0, 1)
        layout.addWidget(self._slider, 1, 0, 1, 2)
        layout.setColumnStretch(1, 1)
        self._slider.setToolTip(
            f"{tooltip}\n{low:g} to {high:g}; double-click for {text(default)}; arrow keys move by {step:g}"
        )
        self.setMinimumWidth(max(112, heading.sizeHint().width() + 74))
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
            self._value.setText(self._text(value))

    def _position(self, value: float) -> int:
        return round((value - self._low) / self._step)

    def _slid(self) -> None:
        self._value.setText(self._text(self.value))
        self.moved.emit(self.value)


def repolish(widget: QWidget) -> None:
    """Apply the style sheet anew, after a property that it asks for has changed."""
    style = widget.style()
    assert style is not None
    style.polish(widget)


def _claims(widget: QWidget, event: QEvent | None) -> bool:
    """Accept an offered key that presses the widget, if it has the focus; return whether it did."""
    wanted = (
        isinstance(event, QKeyEvent)
        and event.type() == QEvent.Type.ShortcutOverride
        and event.key() in PRESSING_KEYS
        and widget.hasFocus()
    )
    if wanted and event is not None:
        event.accept()
    return wanted
