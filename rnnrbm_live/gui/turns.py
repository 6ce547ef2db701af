"""The strip of Turns mode: whose turn it is, how far it has come, and how long turns are."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.snapshot import Snapshot, Transport, Whose
from rnnrbm_live.gui.widgets import MIDDLE, Choice, Strip, Switch, muted

TURN_BARS = (1, 2, 4)
ROOMY_TEXT = 50  # heights of a line of text: narrower than this, the strip has two rows
LAMP_WIDTH, LAMP_GAP, BAR_GAP = 0.7, 0.2, 0.55  # of the height of text
EXPLAINED = (
    "All that you play in your turn is heard, to its end; a first note that is a little early counts as on the beat.\n"
    "Leave a turn empty, and the model goes on from where it was; it waits for your first notes.\n"
    "You may play along in its turn: that sounds, and is not answered"
)


class BeatLamps(QWidget):
    """One lamp for each beat of a turn, in the colour of whose it is; bars stand a little apart."""

    def __init__(self) -> None:
        """Show no beat."""
        super().__init__()
        self._beats_per_bar, self._bars = 4, 2
        self._lit = 0
        self._whose = Whose.NOBODY
        self.setToolTip("Beats of this turn: yours in blue, the model's in amber")
        self.setAccessibleName("Beats of this turn")

    @property
    def lit(self) -> int:
        """How many are lit."""
        return self._lit

    @property
    def count(self) -> int:
        """How many there are."""
        return self._bars * self._beats_per_bar

    def show_beats(self, beats_per_bar: int, bars: int, lit: int, whose: Whose) -> None:
        """Light the first of so many lamps."""
        shown = (beats_per_bar, bars, lit, whose)
        if shown == (self._beats_per_bar, self._bars, self._lit, self._whose):
            return
        resized = shown[:2] != (self._beats_per_bar, self._bars)
        self._beats_per_bar, self._bars, self._lit, self._whose = shown
        if resized:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for every lamp."""
        tall = self.fontMetrics().height()
        return QSize(round(self._left(self.count, tall) - (LAMP_GAP + BAR_GAP) * tall) + 1, tall)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the lamps."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        palette, tall = self.palette(), self.fontMetrics().height()
        on = {Whose.MODEL: palette.highlight(), Whose.PLAYER: palette.link(), Whose.NOBODY: palette.dark()}
        for index in range(self.count):
            height = (0.62 if index % self._beats_per_bar == 0 else 0.4) * tall
            lamp = QRectF(self._left(index, tall), (self.height() - height) / 2, LAMP_WIDTH * tall, height)
            painter.setBrush(on[self._whose] if index < self._lit else palette.mid())
            painter.drawRoundedRect(lamp, 2, 2)

    def _left(self, index: int, tall: float) -> float:
        return tall * (index * (LAMP_WIDTH + LAMP_GAP) + index // self._beats_per_bar * BAR_GAP)


class TurnsStrip(Strip):
    """In Turns mode: whose turn it is, and what turns are like.

    Signals:
        adjusted: (field of `Settings`, value).
    """

    adjusted = pyqtSignal(str, object)

    def __init__(self) -> None:
        """Hide until Turns mode."""
        super().__init__("primer")
        self.lamps = BeatLamps()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setToolTip(EXPLAINED)
        self.bars = Choice(
            "Length of a turn", "Bars that you play, and that the model answers with: from the next call on"
        )
        self.bars.setMinimumContentsLength(6)
        self.bars.activated.connect(lambda: self.adjusted.emit("turn_bars", self.bars.currentData()))
        self.click = Switch("Click", "Metronome in both turns; without it turns keep to the same beats", "Alt+J")
        self.click.toggled.connect(lambda on: self.adjusted.emit("click", on))
        self.count_in = Switch(
            "Count-in", "A bar comes before your first turn, and before one that a pause has interrupted"
        )
        self.count_in.toggled.connect(lambda on: self.adjusted.emit("count_in", on))
        self._below = QWidget()
        self._below.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        state, choices = QHBoxLayout(), QHBoxLayout(self._below)
        choices.setContentsMargins(0, 0, 0, 0)
        state.addWidget(self.lamps, 0, MIDDLE)
        state.addWidget(self._text, 1)
        for widget in (muted("Turns of"), self.bars, self.click, self.count_in):
            choices.addWidget(widget)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(14, 6, 14, 6)
        self._layout.addLayout(state, 1)
        self._layout.addWidget(self._below)
        for layout in (state, choices, self._layout):
            layout.setSpacing(14)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put the choices below where the words would have little room beside them."""
        super().resizeEvent(event)
        roomy = self.width() >= ROOMY_TEXT * self.fontMetrics().height()
        self._layout.setDirection(QBoxLayout.Direction.LeftToRight if roomy else QBoxLayout.Direction.TopToBottom)
        self._below.setMinimumHeight(self.bars.sizeHint().height())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the engine's state; nothing is emitted."""
        self.setVisible(snapshot.mode is Mode.TURNS)
        if snapshot.mode is not Mode.TURNS:
            return
        settings, timeline, turn = snapshot.settings, snapshot.timeline, snapshot.turn
        beat_steps = timeline.meter.accent_steps(timeline.steps_per_beat)
        bars, lit, whose = settings.turn_bars, 0, Whose.NOBODY
        if turn is not None:
            whose = turn.whose
            lit = (snapshot.step - turn.first_step) // beat_steps + 1
        if turn is not None and whose is not Whose.NOBODY:
            bars = (turn.end_step - turn.first_step) // timeline.bar_steps
        self.lamps.show_beats(timeline.bar_steps // beat_steps, bars, max(lit, 0), whose)
        self._text.setText(_words(snapshot))
        self.bars.offer([(_so_many(count), count) for count in TURN_BARS], settings.turn_bars)
        for switch, on in ((self.click, settings.click), (self.count_in, settings.count_in)):
            switch.blockSignals(True)
            switch.setChecked(on)
            switch.blockSignals(False)


def _words(snapshot: Snapshot) -> str:
    turn, bars = snapshot.turn, _so_many(snapshot.settings.turn_bars)
    if turn is None:
        return f"Press Play (Space): you play {bars}, the model answers with {bars}, and so on"
    if snapshot.transport is Transport.PAUSED:
        what = "the model's answer" if turn.whose is Whose.MODEL else "your turn"
        return f"Paused: {what} begins anew when you go on"
    if turn.whose is Whose.NOBODY:
        return "Your turn begins on the next bar"
    bar_steps = snapshot.timeline.bar_steps
    bar = (max(snapshot.step, turn.first_step) - turn.first_step) // bar_steps + 1
    place = f"bar {bar} of {(turn.end_step - turn.first_step) // bar_steps}"
    if turn.whose is Whose.MODEL:
        return f"The model answers: {place}"
    return f"Your turn: {place}" if turn.begun else f"Your turn: {place}; the model waits for your first notes"


def _so_many(bars: int) -> str:
    return f"{bars} bar" if bars == 1 else f"{bars} bars"
