"""The toolbar: transport, who leads, tempo, model, recorded time, files."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPalette, QResizeEvent
from PyQt6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from rnnrbm_live.core.settings import RANGES, Mode, Settings
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from rnnrbm_live.gui.flow import Flow
from rnnrbm_live.gui.icons import transport_icon
from rnnrbm_live.gui.services import ModelChoice
from rnnrbm_live.gui.widgets import MIDDLE, Button, Choice, NumberBox, bring_focus, muted, repolish

ROOMY_PIXELS = 330, 1060  # margins, and words as they usually are: narrower than this, all stands closer together
GROUP_SPACING = 6  # pixels
MODES = (
    (Mode.FREE, "Free", "The model plays alone"),
    (Mode.PRIMER, "Primer", "You play, the model listens, then goes on from there"),
    (Mode.DUET, "Duet", "You both play: the model adds to the keys that you hold, from the very next step on"),
    (Mode.TURNS, "Turns", "You take turns: you play some bars, the model answers with as many, and so on"),
)


class TempoBox(NumberBox):
    """Tempo, typed, scrolled or stepped; what the engine says is shown unless it is being typed in."""

    def __init__(self) -> None:
        """Show the range of `Settings`."""
        super().__init__(fine=0.1, default=Settings().tempo_bpm)
        allowed = RANGES["tempo_bpm"]
        self.setObjectName("tempo")
        self.setRange(allowed.low, allowed.high)
        self.setDecimals(1)
        self.setSingleStep(1.0)
        self.setKeyboardTracking(False)
        self.setButtonSymbols(NumberBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName("Tempo")
        self.setToolTip(
            f"Tempo in quarter notes per minute, {allowed.low:g} to {allowed.high:g}: type, scroll, or use the arrows\n"
            f"Up, Down and wheel move by 1, with Shift by {self.fine:g}; double-click for {self.default:g}\n"
            "Alt+B comes here"
        )
        bring_focus("Alt+B", self)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus | Qt.FocusPolicy.TabFocus)
        line = self.lineEdit()
        assert line is not None
        line.returnPressed.connect(self.clearFocus)

    def show_tempo(self, bpm: float) -> None:
        """Show a tempo without emitting; leave alone what is being typed."""
        if not self.hasFocus() and abs(self.value() - bpm) > 0.04:
            self.blockSignals(True)
            self.setValue(bpm)
            self.blockSignals(False)


class Toolbar(QWidget):
    """What is needed most, in one row.

    Signals:
        play_toggled, stopped, panicked, tapped, train_requested, open_requested, export_requested: no payload.
        mode_chosen: a `Mode`.
        tempo_chosen: BPM.
        model_chosen: name.
    """

    play_toggled = pyqtSignal()
    stopped = pyqtSignal()
    panicked = pyqtSignal()
    tapped = pyqtSignal()
    train_requested = pyqtSignal()
    open_requested = pyqtSignal()
    export_requested = pyqtSignal()
    mode_chosen = pyqtSignal(object)
    tempo_chosen = pyqtSignal(float)
    model_chosen = pyqtSignal(str)

    def __init__(self, models: Sequence[ModelChoice]) -> None:
        """Offer `models`."""
        super().__init__()
        self.setObjectName("toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._models = list(models)
        self.play = Button("Play", "Play or pause (Space)", "play")
        self.play.clicked.connect(self.play_toggled)
        self.stop = Button("", "Stop: end the take; the next one starts from the beginning (Ctrl+.)", "stop")
        self.stop.setAccessibleName("Stop")
        self.stop.clicked.connect(self.stopped)
        self.panic = Button("Panic", "End every sound at once, on every port (Esc)", "panic")
        self.panic.clicked.connect(self.panicked)
        self.tempo = TempoBox()
        self.tempo.valueChanged.connect(self.tempo_chosen)
        self.tap = Button("Tap", "Tap the tempo, twice or more (Ctrl+T)", "tap")
        self.tap.pressed.connect(self.tapped)
        self.model = Choice("Model", "What plays: each model has learnt other music")
        self.model.setMinimumContentsLength(10)
        self.model.annotate({model.name: model.summary for model in self._models})
        self.model.activated.connect(lambda: self.model_chosen.emit(self.model.currentData()))
        self._dot = QLabel("●")
        self._dot.setProperty("kind", "dot")
        self._dot.setToolTip("Everything that sounds is recorded")
        self._time = QLabel("00:00")
        self._time.setProperty("kind", "time")
        self._time.setToolTip("Length of what has been recorded; Export saves it")
        self._time.setAccessibleName("Recorded time")
        self.train = Button("Train…", "Train a model on a folder of your own MIDI files (Ctrl+Shift+T)")
        self.train.clicked.connect(self.train_requested)
        self.open = Button("Open primer…", "Play a MIDI file and let the model go on from it (Ctrl+O)")
        self.open.clicked.connect(self.open_requested)
        self.export = Button("Export", "Save what was played as MIDI, sound or picture (Ctrl+E)", "export")
        self.export.clicked.connect(self.export_requested)
        self._modes = QButtonGroup(self)
        self._build()

    def _build(self) -> None:
        segments = QFrame()
        segments.setObjectName("segments")
        inside = QHBoxLayout(segments)
        inside.setContentsMargins(3, 3, 3, 3)
        inside.setSpacing(2)
        for index, (_, title, tooltip) in enumerate(MODES):
            button = Button(title, f"{tooltip} (Ctrl+{index + 1})")
            button.setCheckable(True)
            self._modes.addButton(button, index)
            inside.addWidget(button)
        self._modes.idClicked.connect(lambda index: self.mode_chosen.emit(MODES[index][0]))
        self._bpm = muted("BPM")
        groups: list[list[QWidget]] = [
            [self.play, self.stop, self.panic],
            [segments],
            [self.tempo, self._bpm, self.tap],
            [self.model],
            [self._dot, self._time],
            [self.train, self.open, self.export],
        ]
        self._flow = Flow(across=14, down=8)
        self._flow.setContentsMargins(14, 10, 14, 10)
        self._groups = [QWidget() for _ in groups]
        for box, group in zip(self._groups, groups, strict=True):
            row = QHBoxLayout(box)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(GROUP_SPACING)
            for widget in group:
                row.addWidget(widget, 0, MIDDLE)
            self._flow.addWidget(box)
        self.setLayout(self._flow)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_scale(1.0)

    def mode_button(self, mode: Mode) -> QPushButton:
        """Return the button of a mode."""
        index = next(index for index, (known, _, _) in enumerate(MODES) if known is mode)
        button = self._modes.button(index)
        assert isinstance(button, QPushButton)
        return button

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the engine's state; nothing is emitted."""
        playing = snapshot.transport is Transport.PLAYING
        self.play.setText("Pause" if playing else "Play")
        self._show_icons()
        self.stop.setEnabled(snapshot.transport is not Transport.STOPPED)
        self.mode_button(snapshot.mode).setChecked(True)
        self.tempo.show_tempo(snapshot.tempo_bpm)
        titles = {model.name: model.title for model in self._models}
        titles.setdefault(snapshot.model, snapshot.model)
        self.model.offer([(title, name) for name, title in titles.items()], snapshot.model)
        self.export.setEnabled(snapshot.recording.end_steps > 0)
        lit = "true" if playing else "false"
        if self._dot.property("lit") != lit:
            self._dot.setProperty("lit", lit)
            repolish(self._dot)

    def add_model(self, model: ModelChoice) -> None:
        """Offer one more model."""
        self._models = sorted([*self._models, model], key=lambda known: known.name)
        self.model.annotate({known.name: known.summary for known in self._models})

    def show_figures(self, snapshot: Snapshot) -> None:
        """Show the recorded time."""
        self._time.setText(recorded_time(snapshot))

    @property
    def time(self) -> str:
        """The recorded time shown."""
        return self._time.text()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Make room where there is little."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent | None) -> bool:
        """See anew what has room, once buttons have changed their size."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def set_scale(self, scale: float) -> None:
        """Make room for text of another size; 1 is the usual one."""
        self._scale = scale
        self.tempo.setFixedWidth(24 + round(56 * scale))
        self._show_icons()
        self._fit()

    def sizeHint(self) -> QSize:
        """As wide as it is, and as tall as its rows."""
        return QSize(super().sizeHint().width(), self._flow.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        """All its rows: where the window is low, something else gives way."""
        return QSize(super().minimumSizeHint().width(), self.sizeHint().height())

    def _fit(self) -> None:
        margins, words = ROOMY_PIXELS
        roomy = self.width() >= margins + words * self._scale
        self._bpm.setVisible(roomy)
        self._flow.across = 14 if roomy else 5
        self.play.setFixedWidth(round((104 if roomy else 88) * self._scale))
        self.model.setFixedWidth(round((250 if roomy else 140) * self._scale))
        for button in self._modes.buttons():
            button.setMinimumWidth(round((74 if roomy else 50) * self._scale))
        spare = [self.train, self.open]
        with_them, without = (self._widths([*files, self.export]) for files in (spare, []))
        fits = self._flow.rows(with_them, self.width()) == self._flow.rows(without, self.width())
        for button in spare:
            button.setVisible(fits)
        self.updateGeometry()

    def _widths(self, files: Sequence[QWidget]) -> list[int]:
        """Return the width that each group wishes for, the last one with so many of its buttons."""
        last = sum(button.sizeHint().width() for button in files) + GROUP_SPACING * (len(files) - 1)
        return [*(group.sizeHint().width() for group in self._groups[:-1]), last]

    def _show_icons(self) -> None:
        """Give transport buttons their signs, in the theme's colours."""
        sign = "pause" if self.play.text() == "Pause" else "play"
        for button, kind in ((self.play, sign), (self.stop, "stop")):
            icon = transport_icon(
                kind, button.palette().color(QPalette.ColorGroup.Active, QPalette.ColorRole.ButtonText)
            )
            if icon.cacheKey() != button.icon().cacheKey():
                button.setIcon(icon)
            button.setIconSize(QSize(18, 14) * self._scale)


def recorded_time(snapshot: Snapshot) -> str:
    """Write how long the recording is, as minutes and seconds or hours, minutes and seconds."""
    minutes, whole = divmod(int(snapshot.recording.seconds_at(snapshot.recording.end_steps)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{whole:02d}" if hours else f"{minutes:02d}:{whole:02d}"
