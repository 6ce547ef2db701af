"""Small widgets that the toolbar, the strips and the controls share."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import (
    QInputEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPolygon,
    QShortcut,
    QWheelEvent,
)
from PyQt6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from rnnrbm_live.gui.theme import BASE_PIXELS

ARROWS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}
LAMP_PIXELS, TEXT_MARGIN_PIXELS = 16, 23  # in a `Choice`; the style sheet's padding and the arrow
SWITCH_ROOM = 4  # pixels above and below a switch, together
MIDDLE = Qt.AlignmentFlag.AlignVCenter
"""Without it, a row's layout makes all as low as the lowest of fixed height."""
PRESSING_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Strip(QWidget):
    """A row across the window with a ground of its own, which the style sheet has under the strip's kind."""

    def __init__(self, kind: str) -> None:
        """Be of a kind: its object name."""
        super().__init__()
        self.setObjectName(kind)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


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
    """A check box drawn as a switch, as tall as its text; the focus as with `Button`."""

    def __init__(self, text: str, tooltip: str = "", shortcut: str = "") -> None:
        """Begin off; the shortcut switches."""
        super().__init__(text)
        self.setToolTip(f"{tooltip} ({shortcut})" if shortcut else tooltip)
        QShortcut(QKeySequence(shortcut), self).activated.connect(self.click)  # Qt's own shortcut of a button waits
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """Room for the switch and its text."""
        metrics = self.fontMetrics()
        return QSize(self._words_left() + metrics.horizontalAdvance(self.text()) + 4, metrics.height() + SWITCH_ROOM)

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
        palette, on = self.palette(), self.isChecked()
        lit = palette.highlight() if self.isEnabled() else palette.dark()
        tall = float(self.fontMetrics().height())
        groove = QRectF(1, (self.height() - tall) / 2, 1.9 * tall, tall)
        painter.setPen(palette.link().color() if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(lit if on else palette.mid())
        painter.drawRoundedRect(groove, tall / 2, tall / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.base() if on else palette.dark())
        middle = QPointF(groove.right() - tall / 2 if on else groove.left() + tall / 2, groove.center().y())
        painter.drawEllipse(middle, 0.34 * tall, 0.34 * tall)
        painter.setPen(palette.windowText().color() if self.isEnabled() else palette.dark().color())
        words = self.rect().adjusted(self._words_left(), 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())

    def _words_left(self) -> int:
        return round(2.45 * self.fontMetrics().height())


class Field(QLineEdit):
    """A line to type in; Enter ends typing and is no shortcut of the window's meanwhile.

    Undo takes back what has been typed; where nothing has, it is the window's.
    """

    def event(self, event: QEvent | None) -> bool:
        """Claim Enter; leave undo, and this, if it is not needed."""
        if _leaves_undo(self, event):
            self.clearFocus()  # what comes back is shown
            return False
        if _claims(self, event):
            return True
        return super().event(event)


class NumberBox(QDoubleSpinBox):
    """A number to type, scroll or step, with Shift finely; a double click brings the default back.

    Enter ends typing and is no shortcut of the window's meanwhile.

    Attributes:
        fine: what a step changes with Shift.
        default: its default.
    """

    def __init__(self, *, fine: float, default: float) -> None:
        """Begin at the default."""
        super().__init__()
        self.fine, self.default = fine, default
        line = self.lineEdit()
        assert line is not None
        line.installEventFilter(self)

    def event(self, event: QEvent | None) -> bool:
        """Claim Enter; leave undo, and this, if nothing has been typed."""
        line = self.lineEdit()
        assert line is not None
        if _leaves_undo(line, event):
            self.clearFocus()  # what comes back is shown
            return False
        if _claims(self, event):
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take double clicks from the line inside."""
        if event is not None and event.type() == QEvent.Type.MouseButtonDblClick:
            self.setValue(self.default)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Step up and down, with Shift finely."""
        assert event is not None
        if shifted(event) and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.setValue(self.value() + ARROWS[event.key()] * self.fine)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Step by notches, with Shift finely."""
        assert event is not None
        if shifted(event):
            turn = event.angleDelta().y() or event.angleDelta().x()  # some systems turn it sideways with Shift
            self.setValue(self.value() + turn / 120 * self.fine)
            event.accept()
        else:
            super().wheelEvent(event)


class WholeBox(QSpinBox):
    """A whole number to type or step; Enter ends typing and is no shortcut of the window's meanwhile."""

    def __init__(self, name: str, low: int, high: int) -> None:
        """Take numbers from `low` to `high`."""
        super().__init__()
        self.setRange(low, high)
        self.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(name)
        self.setToolTip(f"{name}, {low} to {high}: type, or use the arrow keys")

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
        self._offered: list[tuple[str, object]] = []
        self.setProperty("lamp", lamp)
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def offer(self, entries: Sequence[tuple[str, object]], chosen: object, *, works: bool = False) -> None:
        """Show (text, value) entries with the one of value `chosen` selected; nothing is emitted."""
        self.blockSignals(True)
        if self._offered != list(entries):
            self._offered = list(entries)
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
        """Draw what is chosen, shortened if need be, with arrow, note and lamp."""
        painter = QStylePainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, right, middle = self.palette(), self.width() - 18, self.height() // 2
        muted = palette.dark()
        note, metrics = self._notes.get(self.currentData(), ""), self.fontMetrics()
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.width() - (LAMP_PIXELS if self._lamp else 0) - 2 * TEXT_MARGIN_PIXELS
        option.currentText = metrics.elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
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


class SteadyLabel(QLabel):
    """A label as wide as the widest of the texts that it will show, so that nothing beside it moves."""

    def __init__(self, *widest: str) -> None:
        """Leave room for each of `widest`; show the first."""
        super().__init__(widest[0])
        self._widest = widest

    def sizeHint(self) -> QSize:
        """Room for the widest text in the font in use."""
        hint = super().sizeHint()
        widest = max(self.fontMetrics().horizontalAdvance(text) for text in self._widest)
        return QSize(max(hint.width(), widest + 2), hint.height())

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()


class PlainArea(QScrollArea):
    """Scrolls what it holds where there is little room, and wishes for as much as that needs; without a frame."""

    def __init__(self, inside: QWidget) -> None:
        """Hold a widget."""
        super().__init__()
        self.setObjectName("plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside.setObjectName("inside")
        self.setWidget(inside)
        self._inside = inside

    def sizeHint(self) -> QSize:
        """All of it."""
        return self._inside.sizeHint()


def muted(text: str) -> QLabel:
    """Return a label that explains."""
    label = QLabel(text)
    label.setProperty("kind", "muted")
    return label


def with_the_text(width: int, height: int) -> QSize:
    """Return a size, in pixels at the usual size of text, for the size that text has now, no larger than the screen."""
    font, screen = QApplication.font(), QApplication.primaryScreen()
    size = QSize(width, height) * (font.pixelSize() / BASE_PIXELS)
    return size.boundedTo(screen.availableSize()) if screen is not None else size


def over(window: QWidget, wanted: QSize) -> QSize:
    """Return a size for a dialog over a window: as wanted, but no larger than that window."""
    return wanted.boundedTo(window.size())


def bring_focus(keys: str, widget: QWidget) -> None:
    """Let a shortcut of the window bring the focus to a widget."""
    shortcut = QShortcut(QKeySequence(keys), widget)
    shortcut.activated.connect(lambda: widget.setFocus(Qt.FocusReason.ShortcutFocusReason))


def repolish(widget: QWidget) -> None:
    """Apply the style sheet anew, after a property that it asks for has changed."""
    style = widget.style()
    assert style is not None
    style.polish(widget)


def shifted(event: QInputEvent) -> bool:
    """Return whether Shift is held: steps are fine ones then."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


def _leaves_undo(line: QLineEdit, event: QEvent | None) -> bool:
    """Ignore an offered undo or redo for which a line has nothing that was typed; return whether it was that."""
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
        return False
    undo, redo = (event.matches(key) for key in (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo))
    leaves = (undo and not line.isUndoAvailable()) or (redo and not line.isRedoAvailable())
    if leaves:
        event.ignore()
    return leaves


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
