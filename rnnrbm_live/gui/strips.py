"""The strips: figures at the bottom, trouble without interrupting sound, and what to do in Primer mode."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from rnnrbm_live.core.messages import Level, Notice
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.snapshot import PrimerState, Snapshot, Transport
from rnnrbm_live.gui.widgets import Button, SteadyLabel, Strip, Switch, repolish

INFO_SHOWN_MS = 8000
MARGIN, SPACING = 14, 20  # of the figures, pixels


class Figure(QWidget):
    """A name and a number of fixed width."""

    def __init__(self, name: str, widest: str, tooltip: str) -> None:
        """Leave room for the text `widest`."""
        super().__init__()
        self._name = QLabel(name)
        self._value = SteadyLabel(widest)
        self._value.setProperty("kind", "value")
        self.setToolTip(tooltip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(7)
        layout.addWidget(self._name)
        layout.addWidget(self._value, 1)

    @property
    def text(self) -> str:
        """What it shows."""
        return self._value.text()

    def show_text(self, text: str) -> None:
        """Show a number with its unit."""
        self._value.setText(text)


class StatusStrip(Strip):
    """One line of figures; those that matter least make room where it is narrow."""

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__("status")
        self.figures = {
            "bar": Figure("bar", "1000.4", "Place in the music: bar and beat"),
            "late": Figure(
                "late p99", "10.00 ms", "How late notes left, milliseconds: 99 of 100 notes were no later than this"
            ),
            "sampling": Figure("sampling", "10.00 ms", "Time the model needs for one frame, milliseconds (median)"),
            "missed": Figure("missed", "100", "Steps for which no frame was ready in time"),
            "frame": Figure("frame", "100 000", "Steps played since the session began"),
            "notes": Figure("notes", "100 000", "Notes recorded in this session"),
            "seed": Figure("seed", "1000000000", "Where all chance comes from; change it above"),
        }
        self.figures["missed"].setProperty("kind", "alarm")
        self._right = QLabel()
        self._right.setToolTip("What computes the frames, and the MIDI system")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(MARGIN, 5, MARGIN, 5)
        layout.setSpacing(SPACING)
        for figure in self.figures.values():
            layout.addWidget(figure)
        layout.addStretch(1)
        layout.addWidget(self._right)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._missed = False

    def show_figures(self, snapshot: Snapshot) -> None:
        """Show the figures of a moment."""
        step, timeline, timing = max(snapshot.step, 0), snapshot.timeline, snapshot.timing
        beat = timeline.step_in_bar(step) // timeline.steps_per_beat + 1
        texts = {
            "bar": f"{timeline.bar(step)}.{beat}",
            "late": _milliseconds(timing.late_p99_ms),
            "sampling": _milliseconds(timing.sampling_ms),
            "missed": str(timing.steps_dry),
            "frame": _thousands(snapshot.step + snapshot.shift + 1),
            "notes": _thousands(len(snapshot.tape.notes)),
            "seed": str(snapshot.settings.seed),
        }
        for name, text in texts.items():
            self.figures[name].show_text(text)
        self._missed = timing.steps_dry > 0
        self._right.setText(f"{snapshot.device}  ·  MIDI {snapshot.ports.midi or 'none'}")
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as much as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - 2 * MARGIN - SPACING - self._right.sizeHint().width()
        for name, figure in self.figures.items():
            wanted = name != "missed" or self._missed
            if wanted:
                room -= figure.sizeHint().width() + SPACING
            figure.setVisible(wanted and room >= 0)


class TroubleStrip(Strip):
    """One sentence and a way to dismiss it, at times with something to do; information goes by itself."""

    def __init__(self) -> None:
        """Hide until there is something to say."""
        super().__init__("trouble")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.act = Button("Do it", "Do what this line offers")
        self.act.clicked.connect(self._do)
        self.dismiss = Button("Dismiss", "Hide this line")
        self.dismiss.clicked.connect(self._dismissed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 6)
        layout.setSpacing(14)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.act)
        layout.addWidget(self.dismiss)
        self._offer: tuple[str, Callable[[], None]] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._said)
        self.act.hide()
        self.hide()

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    @property
    def waiting_to_go(self) -> bool:
        """Whether it will hide by itself."""
        return self._timer.isActive()

    def show_notice(self, notice: Notice) -> None:
        """Say it; trouble stays until it is dismissed or something newer is said."""
        self.act.hide()
        self._say(notice)
        if notice.level is Level.INFO:
            self._timer.start(INFO_SHOWN_MS)

    def offer(self, text: str, title: str, tooltip: str, act: Callable[[], None]) -> None:
        """Say it beside a button, whenever nothing newer is said, until it is used or dismissed."""
        self._offer = text, act
        self.act.setText(title)
        self.act.setToolTip(tooltip)
        self._said()

    def withdraw(self, act: Callable[[], None]) -> None:
        """Offer no longer what does `act`, if that is offered."""
        if self._offer is not None and self._offer[1] == act:
            self._offer = None
            if not self.act.isHidden():
                self.act.hide()
                self.hide()

    def _said(self) -> None:
        """Go back to what is offered, or hide."""
        if self._offer is None:
            self.hide()
        else:
            self.act.show()
            self._say(Notice(self._offer[0], Level.INFO))

    def _dismissed(self) -> None:
        if not self.act.isHidden():
            self._offer = None
            self.act.hide()
        self._timer.stop()
        self._said()

    def _do(self) -> None:
        assert self._offer is not None
        _, act = self._offer
        self._offer = None
        self.act.hide()
        self._said()
        act()

    def _say(self, notice: Notice) -> None:
        self._text.setText(notice.text[:1].upper() + notice.text[1:])
        self.setProperty("level", notice.level.value)
        repolish(self)
        self._timer.stop()
        self.show()


class PrimerStrip(Strip):
    """In Primer mode: whose turn it is, the click, and the way on.

    Signals:
        continued: the model is to go on.
        listen_again: the model is to fall silent and listen.
        click_chosen: whether the metronome sounds.
        count_in_chosen: whether it counts the player in.
    """

    continued = pyqtSignal()
    listen_again = pyqtSignal()
    click_chosen = pyqtSignal(bool)
    count_in_chosen = pyqtSignal(bool)

    def __init__(self) -> None:
        """Hide until Primer mode."""
        super().__init__("primer")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self.click = Switch(
            "Click", "Metronome while you play: notes snap to it. Without it your first note is the beat", "Alt+M"
        )
        self.click.toggled.connect(self.click_chosen)
        self.count_in = Switch(
            "Count-in", "A bar of clicks comes first: the model listens from its last beat on, so an upbeat is heard"
        )
        self.count_in.toggled.connect(self.count_in_chosen)
        self.go_on = Button(
            "Continue", "The model goes on from what you have played, on the next beat (Enter)", "continue"
        )
        self.go_on.clicked.connect(self.continued)
        self.again = Button("Play another", "The model falls silent and listens again (Ctrl+2)")
        self.again.clicked.connect(self.listen_again)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 6)
        layout.setSpacing(14)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.click)
        layout.addWidget(self.count_in)
        layout.addWidget(self.go_on)
        layout.addWidget(self.again)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the engine's state; nothing is emitted."""
        self.setVisible(snapshot.mode is Mode.PRIMER)
        if snapshot.mode is not Mode.PRIMER:
            return
        running = snapshot.transport is not Transport.STOPPED
        continued = running and snapshot.primer is PrimerState.CONTINUED
        self._text.setText(_primer_words(snapshot))
        self._text.setToolTip(self._text.text())
        for switch, on in ((self.click, snapshot.settings.click), (self.count_in, snapshot.settings.count_in)):
            switch.blockSignals(True)
            switch.setChecked(on)
            switch.blockSignals(False)
        self.count_in.setEnabled(snapshot.settings.click)
        self.go_on.setVisible(not continued)
        self.go_on.setEnabled(running and snapshot.primer is PrimerState.LISTENING)
        self.again.setVisible(continued)


def _primer_words(snapshot: Snapshot) -> str:
    if snapshot.transport is Transport.STOPPED:
        return "Press Play (Space), then play a few bars: the model goes on from them"
    if snapshot.primer is PrimerState.COUNTING_IN:
        return "Count-in: a bar of clicks, then it is your turn"
    if snapshot.primer is PrimerState.WAITING:
        return "Your turn: play a MIDI keyboard, the keys in the roll, or A W S E D …"
    if snapshot.primer is PrimerState.LISTENING:
        beats = snapshot.settings.takeover_beats
        return f"Listening: the model goes on after {beats:g} beats of silence, or when you press Enter"
    return "The model goes on from what was played"


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} ms"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
