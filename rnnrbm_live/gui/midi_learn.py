"""MIDI controllers in the window: learnt by a right click, shown on what they move, followed with soft takeover."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QContextMenuEvent, QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolTip,
    QWidget,
)

from rnnrbm_live.core.commands import Adjust
from rnnrbm_live.core.controllers import HIGHEST, Bindings, Controller, Dial, Reading, Takeover
from rnnrbm_live.core.messages import Level, Notice
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.sliders import Control
from rnnrbm_live.gui.theme import figures
from rnnrbm_live.gui.widgets import Button, Strip, Switch

SHORTCUT = "Ctrl+Shift+L"
UP, DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
MARK_SHARE = 0.7  # of the text's size
LEAST_MARK_PIXELS = 8


@dataclass(frozen=True, slots=True)
class Target:
    """What a controller can move.

    Attributes:
        name: by which it is remembered: a field of `Settings`, or an action's title in small letters.
        title: for people.
        dial: of a field's values; None for an action.
        act: what a press does, given its moment on the engine's clock; None for a dial.
    """

    name: str
    title: str
    dial: Dial | None = None
    act: Callable[[float], object] | None = None


class MidiLearn(QObject):
    """Knows what can be moved, learns which controller moves it, and lets it.

    A dial follows its knob; an action, or a switch, is done when its controller is pressed.

    Attributes:
        targets: what can be moved, by name, in the order in which they were added.
        bindings: which controller moves what.

    Signals:
        asked: an `Adjust` for the engine.
        said: a `Notice`: what was learnt.
        bound: which controller moves what has changed.
        learning_changed: another control is being learnt, or none.
        list_requested: the window that lists all of them is wanted.
    """

    asked = pyqtSignal(object)
    said = pyqtSignal(object)
    bound = pyqtSignal()
    learning_changed = pyqtSignal()
    list_requested = pyqtSignal()

    def __init__(self, parent: QWidget, remembered: object) -> None:
        """Begin with the bindings that were remembered."""
        super().__init__(parent)
        self.targets: dict[str, Target] = {}
        self.bindings = Bindings(remembered)
        self._learning: str | None = None
        self._widgets: dict[QObject, str] = {}
        self._marks: dict[str, list[Callable[[str, float | None], None]]] = {}  # each is given text and ghost
        self._takeovers: dict[str, Takeover] = {}
        self._snapshot: Snapshot | None = None
        self._seen: Mapping[Controller, Reading] = {}

    # --- what can be moved -------------------------------------------------------------------------------

    def add_dial(self, name: str, title: str, dial: Dial, *widgets: QWidget) -> None:
        """Let a field of `Settings` be moved by a knob; the widgets show which."""
        self.targets[name] = Target(name, title, dial=dial)
        self._takeovers[name] = Takeover(dial)
        self.attach(name, *widgets)

    def add_control(self, name: str, control: Control) -> None:
        """Let a slider be moved."""
        measure, whole = control.measure, isinstance(control.default, int)
        dial = Dial.numbers(measure.low, measure.high, measure.fine, whole=whole)
        self.add_dial(name, measure.name, dial, control)
        self._watch(name, control.slider)

    def add_choice(self, name: str, title: str, choice: QComboBox) -> None:
        """Let a choice whose entries stay what they are be moved."""
        values = tuple(choice.itemData(index) for index in range(choice.count()))
        self.add_dial(name, title, Dial(values), choice)

    def add_action(self, title: str, act: Callable[[float], object]) -> str:
        """Let something be done by a press; return its name, to attach widgets by."""
        name = title.lower()
        self.targets[name] = Target(name, title, act=act)
        return name

    def add_menu_action(self, action: QAction) -> str:
        """Let a line of a menu be done by a press."""
        return self.add_action(action.text(), lambda _: action.trigger())

    def add_switch(self, name: str, switch: Switch) -> None:
        """Let a field of `Settings` be switched by a press, whether its switch is shown just now or not."""
        self.targets[name] = Target(name, switch.text(), act=lambda _: self._flip(name))
        self.attach(name, switch)

    def attach(self, name: str, *widgets: QWidget) -> None:
        """Let widgets show what moves a target, and offer to learn it."""
        for widget in widgets:
            self._watch(name, widget)
            self._marks.setdefault(name, []).append(_mark_of(widget))
            if isinstance(widget, QAbstractSpinBox) and (line := widget.lineEdit()) is not None:
                self._watch(name, line)
        self._show(name)

    def title(self, name: str) -> str:
        """Return a target's title; something like it for what cannot be moved."""
        return self.targets[name].title if name in self.targets else name.replace("_", " ").capitalize()

    # --- learning ----------------------------------------------------------------------------------------

    @property
    def learning(self) -> str | None:
        """Name of what is being learnt."""
        return self._learning

    @property
    def prompt(self) -> str:
        """What to do while something is being learnt."""
        if self._learning is None:
            return ""
        heard = self._snapshot is not None and self._snapshot.ports.inputs_open
        wait = "" if heard else "Connect a MIDI device (none is listened to now), then "
        turn = "move a knob" if self.targets[self._learning].dial else "press a button"
        return f"{self.title(self._learning)}: {wait}{turn} on your MIDI keyboard"

    def learn(self, name: str) -> None:
        """Let the next controller that moves be the one for a target."""
        self._set_learning(name)

    def cancel(self) -> None:
        """Learn nothing."""
        self._set_learning(None)

    def learn_focused(self) -> None:
        """Learn the control that has the focus; cancel if something is being learnt."""
        name = self._name_at(QApplication.focusWidget())
        if self._learning is not None:
            self.cancel()
        elif name is not None:
            self.learn(name)
        else:
            self.list_requested.emit()

    def forget(self, name: str) -> None:
        """Let nothing move a target any more."""
        self.bindings.forget(name)
        self._changed(name)

    def forget_all(self) -> None:
        """Let no controller move anything."""
        self.bindings.clear()
        self._changed(*self.targets)

    # --- following ---------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take note of the engine's state, and do what controllers ask."""
        self._snapshot = snapshot
        for name, takeover in self._takeovers.items():
            takeover.show(getattr(snapshot.settings, name))
        if snapshot.controls is not self._seen:
            seen, self._seen = self._seen, snapshot.controls
            for controller, reading in snapshot.controls.items():
                before = seen.get(controller)
                if reading != before:
                    self._moved(controller, reading, reading.presses - (before.presses if before else 0))
        for name in self._takeovers:
            if self.bindings.controller(name) is not None:
                self._show(name)

    def _moved(self, controller: Controller, reading: Reading, presses: int) -> None:
        if self._learning is not None:
            self._learnt(self._learning, controller, reading)
            return
        target = self.targets.get(self.bindings.name(controller) or "")
        if target is None:
            return
        if target.act is not None:
            for _ in range(presses):
                target.act(reading.pressed_seconds)
        else:
            value = self._takeovers[target.name].turn(reading.value)
            if value is not None:
                self.asked.emit(Adjust(target.name, value))

    def _flip(self, name: str) -> None:
        if self._snapshot is not None:
            self.asked.emit(Adjust(name, not getattr(self._snapshot.settings, name)))

    def _learnt(self, name: str, controller: Controller, reading: Reading) -> None:
        robbed = self.bindings.bind(name, controller)
        self._set_learning(None)
        self._changed(name, *([robbed] if robbed is not None else []))
        if name in self._takeovers:
            self._takeovers[name].knob = reading.value
        text = f"{controller.words} is for {self.title(name)}"
        if robbed in self.targets:
            text += f", and no longer for {self.title(robbed)}"
        self.said.emit(Notice(text, Level.INFO))

    def _changed(self, *names: str) -> None:
        for name in names:
            if (target := self.targets.get(name)) is not None:
                if target.dial is not None:
                    self._takeovers[name] = Takeover(target.dial)
                    if self._snapshot is not None:
                        self._takeovers[name].show(getattr(self._snapshot.settings, name))
                self._show(name)
        self.bound.emit()

    def _set_learning(self, name: str | None) -> None:
        before, self._learning = self._learning, name
        for changed in (before, name):
            if changed is not None:
                self._show(changed)
        self.learning_changed.emit()

    # --- what is shown -----------------------------------------------------------------------------------

    def mark(self, name: str) -> str:
        """Return what is written on a target's widgets: its controller, and which way to turn it to take over."""
        if name == self._learning:
            return "CC \N{HORIZONTAL ELLIPSIS}"
        controller = self.bindings.controller(name)
        if controller is None:
            return ""
        takeover = self._takeovers.get(name)
        if takeover is None or takeover.taken or takeover.knob is None:
            return controller.title
        return f"{controller.title} {UP if takeover.knob < takeover.place else DOWN}"

    def tooltip(self, widget: QWidget) -> str:
        """Return a widget's tooltip with a line about its controller."""
        name = self._widgets[widget]
        controller = self.bindings.controller(name)
        if controller is None:
            line = f"Right-click, or {SHORTCUT}, to move it by a MIDI controller"
        elif name not in self._takeovers:
            line = f"MIDI: {controller.words}, when it is pressed"
        else:
            line = f"MIDI: {controller.words}; the knob takes over where the control stands"
        return f"{widget.toolTip()}\n{line}" if widget.toolTip() else line

    def menu(self, widget: QWidget) -> QMenu:
        """Return the menu of a widget, with what its own line of text offers before it."""
        name = self._widgets[widget]
        line = widget if isinstance(widget, QLineEdit) else None
        menu = line.createStandardContextMenu() if line is not None else QMenu(widget)
        assert menu is not None
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if line is not None:
            menu.addSeparator()
        if self._learning == name:
            menu.addAction("Cancel learning", self.cancel)
        else:
            menu.addAction("Learn a MIDI controller", lambda: self.learn(name))
        controller = self.bindings.controller(name)
        if controller is not None:
            menu.addAction(f"Forget {controller.words}", lambda: self.forget(name))
        menu.addSeparator()
        menu.addAction("MIDI controllers\N{HORIZONTAL ELLIPSIS}", self.list_requested.emit)
        return menu

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Offer the menu, and tell in the tooltip what moves a widget."""
        if not isinstance(watched, QWidget) or watched not in self._widgets:
            return False
        if isinstance(event, QContextMenuEvent):
            self.menu(watched).popup(event.globalPos())
            return True
        if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip or isinstance(watched, QLineEdit):
            return False
        QToolTip.showText(event.globalPos(), self.tooltip(watched), watched)
        return True

    def _show(self, name: str) -> None:
        text, ghost = self.mark(name), None
        takeover = self._takeovers.get(name)
        if takeover is not None and takeover.knob is not None and not takeover.taken:
            ghost = takeover.knob / HIGHEST
        for mark in self._marks.get(name, ()):
            mark(text, ghost)

    def _watch(self, name: str, widget: QWidget) -> None:
        self._widgets[widget] = name
        widget.installEventFilter(self)

    def _name_at(self, widget: QWidget | None) -> str | None:
        """Return what a widget, or what it stands in, moves."""
        while widget is not None:
            if widget in self._widgets:
                return self._widgets[widget]
            widget = widget.parentWidget()
        return None


class LearnStrip(Strip):
    """Says what to do while a controller is being learnt."""

    def __init__(self, learn: MidiLearn) -> None:
        """Hide until something is being learnt."""
        super().__init__("trouble")
        self.setProperty("level", "info")
        self._learn = learn
        self._text = QLabel()
        self._text.setWordWrap(True)
        self.cancel = Button("Cancel", f"Learn nothing ({SHORTCUT})")
        self.cancel.clicked.connect(learn.cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 6)
        layout.setSpacing(14)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.cancel)
        learn.learning_changed.connect(self._show)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def _show(self) -> None:
        self._text.setText(self._learn.prompt)
        self.setVisible(self._learn.learning is not None)


class Mark(QWidget):
    """A few letters in the upper right corner of a widget, above its own text."""

    def __init__(self, owner: QWidget) -> None:
        """Show nothing yet."""
        super().__init__(owner)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._owner = owner
        self._text = ""
        owner.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """What it shows."""
        return self._text

    def show_text(self, text: str) -> None:
        """Show other letters."""
        if text != self._text:
            self._text = text
            self.setVisible(bool(text))
            self._place()
            self.update()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay in the corner."""
        if event is not None and event.type() in (QEvent.Type.Resize, QEvent.Type.FontChange):
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the letters in the colour of the owner's."""
        painter = QPainter(self)
        painter.setFont(self._letters())
        role = QPalette.ColorRole.Text if isinstance(self._owner, QComboBox) else QPalette.ColorRole.ButtonText
        painter.setPen(self._owner.palette().color(role))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)

    def _letters(self) -> QFont:
        above = (self._owner.height() - self._owner.fontMetrics().capHeight()) / 2 - 1  # pixels, to the owner's letters
        return figures(max(LEAST_MARK_PIXELS, min(MARK_SHARE * QApplication.font().pixelSize(), above)))

    def _place(self) -> None:
        metrics = QFontMetrics(self._letters())
        size = QSize(metrics.horizontalAdvance(self._text) + 2, metrics.ascent())
        self.setGeometry(QRect(QPoint(self._owner.width() - size.width() - 5, 1), size))


def _mark_of(widget: QWidget) -> Callable[[str, float | None], None]:
    """Return what writes a mark on a widget: sliders have a place for it, others a corner."""
    if isinstance(widget, Control):
        return widget.show_mark
    if isinstance(widget, Switch):
        title = widget.text()
        return lambda text, _: widget.setText(f"{title} \N{MIDDLE DOT} {text}" if text else title)
    mark = Mark(widget)
    return lambda text, _: mark.show_text(text)
