"""The sound check: a chord on everything that is played on, what should be heard of it, and what arrives from keys."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent
from PyQt6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from rnnrbm_live.core.commands import Pause, Play
from rnnrbm_live.core.messages import PlayKey, Ports
from rnnrbm_live.core.pitch import pitch_name
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from rnnrbm_live.gui.bridge import Bridge
from rnnrbm_live.gui.controls import MEASURES
from rnnrbm_live.gui.widgets import MIDDLE, Button, muted, with_the_text

CHORD = (48, 60, 64, 67, 72)
CHORD_MS = 1500
VELOCITY = 90
SOFT_DB = -20.0  # of the piano: below, a chord may be too soft to be noticed
WIDTH = 560  # pixels, at the usual size of text


class SoundCheck(QDialog):
    """Plays a chord when asked, and says where it went.

    Signals:
        asked: a `Command` for the engine.
        sounding: a chord is about to sound; the engine should fall silent.
    """

    asked = pyqtSignal(object)
    sounding = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        """Build it; `show_snapshot` fills it."""
        super().__init__(parent)
        self.setWindowTitle("Sound check")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.play = Button(
            "Play a chord", "Play it on everything that sounds; the music pauses (Space, Enter)", "continue"
        )
        self.play.clicked.connect(self._strike)
        self.answer, self.piano, self.outputs, self.inputs, self.last_key = (QLabel() for _ in range(5))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._release)
        self._played = False
        self._snapshot: Snapshot | None = None
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(self.play, 0, MIDDLE)
        top.addWidget(self.answer, 1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        rows = (
            ("Built-in piano", self.piano),
            ("MIDI out", self.outputs),
            ("MIDI in", self.inputs),
            ("Last key", self.last_key),
        )
        for row, (name, label) in enumerate(rows):
            title = muted(name)
            title.setContentsMargins(0, 2, 0, 0)  # on the line of the larger words beside it
            grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, row, 1)
            label.setAccessibleName(name)
        for label in (self.answer, self.piano, self.outputs, self.inputs, self.last_key):
            label.setWordWrap(True)
        self.last_key.setText("none yet: press one, on a MIDI keyboard too")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 22)
        layout.setSpacing(20)
        layout.addLayout(top)
        layout.addLayout(grid)
        self.resize(with_the_text(WIDTH, 0))
        self.play.setFocus()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show where sound goes now, and the key that arrived last."""
        self._snapshot = snapshot
        self.play.setEnabled(bool(places(snapshot)))
        self.answer.setText(what_to_hear(snapshot, played=self._played))
        self.piano.setText(_piano(snapshot))
        self.outputs.setText(_outputs(snapshot.ports))
        self.inputs.setText(_inputs(snapshot.ports))
        if snapshot.keys and not self._timer.isActive():
            pitch, velocity = snapshot.keys[-1]
            self.last_key.setText(f"{pitch_name(pitch)}, struck with {velocity} of 127")

    def event(self, event: QEvent | None) -> bool:
        """Grow when the words do, and never shrink, so that nothing jumps under the mouse."""
        done = super().event(event)
        if event is not None and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._grow()
        return done

    def _grow(self) -> None:
        layout = self.layout()
        assert layout is not None
        layout.invalidate()  # before it is shown, the words had not their font yet
        self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Leave nothing sounding."""
        if self._timer.isActive():
            self._timer.stop()
            self._release()
        super().hideEvent(event)

    def _strike(self) -> None:
        if self._timer.isActive():
            self._release()
        self.sounding.emit()
        for pitch in CHORD:
            self.asked.emit(PlayKey(pitch, VELOCITY))
        self._timer.start(CHORD_MS)
        self._played = True
        if self._snapshot is not None:
            self.show_snapshot(self._snapshot)

    def _release(self) -> None:
        for pitch in CHORD:
            self.asked.emit(PlayKey(pitch, 0))


class SoundChecks(QObject):
    """Shows the sound check, one at a time, over a bridge; music that it pauses goes on when it is closed."""

    def __init__(self, window: QWidget, bridge: Bridge) -> None:
        """Stand ready."""
        super().__init__(window)
        self._window = window
        self._bridge = bridge
        self._shown: SoundCheck | None = None
        self._paused = False

    def show(self) -> None:
        """Show it, or bring it to the front."""
        if self._shown is None:
            check = self._shown = SoundCheck(self._window)
            check.asked.connect(self._bridge.send)
            check.sounding.connect(self._pause)
            check.finished.connect(self._closed)
            self._bridge.changed.connect(check.show_snapshot)
            check.show_snapshot(self._bridge.snapshot)
            check.show()
        self._shown.activateWindow()

    def close(self) -> None:
        """Close it, if it is shown."""
        if self._shown is not None:
            self._shown.close()

    def _pause(self) -> None:
        if self._bridge.snapshot.transport is Transport.PLAYING:
            self._paused = True
            self._bridge.send(Pause())

    def _closed(self) -> None:
        self._shown = None
        if self._paused and self._bridge.snapshot.transport is Transport.PAUSED:
            self._bridge.send(Play())
        self._paused = False


def places(snapshot: Snapshot) -> list[str]:
    """Return where a note would sound, in words."""
    ports = snapshot.ports
    found = ["the built-in piano"] if ports.piano and (snapshot.settings.piano or ports.piano_stands_in) else []
    if ports.output is not None and ports.output in ports.outputs_open:
        found.append(ports.output)
    if not found and ports.outputs_open:
        found.append(f"a program that is connected to {ports.outputs_open[0]}")
    return found


def what_to_hear(snapshot: Snapshot, *, played: bool) -> str:
    """Return what a chord does or did, and what to do if it is not heard."""
    found, ports = places(snapshot), snapshot.ports
    if not found:
        if ports.piano:
            return "Nothing sounds now: switch the built-in piano on (Alt+N), or choose a MIDI output."
        return "Nothing can sound: no sound device and no MIDI output answers. Connect one and start again."
    if not played:
        return f"It will sound on {' and on '.join(found)}."
    on_piano = found[0] == "the built-in piano"
    if on_piano and snapshot.settings.piano_gain_db < SOFT_DB:
        remedy = f"raise Piano level: it is at {_level(snapshot)}."
    elif on_piano:
        remedy = "turn the computer's sound up, and see that its sound settings name the right loudspeaker."
    elif ports.output is not None:
        remedy = "turn the synthesizer up, and let it listen on channels 1 and 2."
    else:
        remedy = "connect its MIDI input to RNN-RBM Live, or switch the built-in piano on (Alt+N)."
    return f"You should hear a chord from {' and from '.join(found)}. If not, {remedy}"


def _level(snapshot: Snapshot) -> str:
    return MEASURES["piano_gain_db"].text(snapshot.settings.piano_gain_db)


def _piano(snapshot: Snapshot) -> str:
    ports, level = snapshot.ports, _level(snapshot)
    if not ports.piano:
        return "silent: no sound device answers; connect one and start again"
    if ports.piano_stands_in:
        return f"plays, at {level}, until {ports.output} is there again"
    if snapshot.settings.piano:
        return f"plays, at {level}"
    return "is switched off (Alt+N)"


def _outputs(ports: Ports) -> str:
    if ports.midi is None:
        return "no MIDI system answers"
    words = [
        f"{name}{'' if name == ports.output else ', for programs that connect to it'}" for name in ports.outputs_open
    ]
    if ports.output is not None and ports.output not in ports.outputs_open:
        words.append(f"{ports.output} is not there")
    return "\n".join(words) or "none is open"


def _inputs(ports: Ports) -> str:
    if ports.midi is None:
        return "no MIDI system answers: the letter rows A W S E D … play"
    if ports.inputs_open:
        return "\n".join(ports.inputs_open)
    return "none is plugged in; one that is will be heard at once. The letter rows A W S E D … play too"
