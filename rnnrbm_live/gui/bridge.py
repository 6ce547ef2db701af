"""The only crossing between the engine's thread and Qt's: pulls snapshots, sends commands."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.commands import Command
from rnnrbm_live.core.messages import Level, Notice
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.services import EngineLike

FRAME_MS = 16
FIGURES_EVERY = 12  # frames: numbers that change five times a second can be read


class Bridge(QObject):
    """Looks at the engine sixty times a second and tells the window what has changed.

    Signals:
        moved: the place of the now-line in steps (float), every frame.
        changed: a new `Snapshot`, at most once a frame.
        figures: the `Snapshot` to read numbers from, five times a second.
        noticed: a new `Notice` for the user.
        asked: a `Command` that is about to be sent.
    """

    moved = pyqtSignal(float)
    changed = pyqtSignal(object)
    figures = pyqtSignal(object)
    noticed = pyqtSignal(object)
    asked = pyqtSignal(object)

    def __init__(self, engine: EngineLike, clock: Clock, parent: QObject | None = None) -> None:
        """Stand ready; `start` begins to look."""
        super().__init__(parent)
        self._engine = engine
        self._clock = clock
        self._seen: Snapshot | None = None
        self._noticed = 0
        self._frames = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.look)

    @property
    def snapshot(self) -> Snapshot:
        """The engine at this moment."""
        return self._engine.snapshot

    def send(self, command: Command) -> None:
        """Ask the engine for something."""
        self.asked.emit(command)
        self._engine.send(command)

    def start(self) -> None:
        """Look at once, and from then on at every frame."""
        self.look()
        self._timer.start(FRAME_MS)

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Take one look."""
        snapshot = self._engine.snapshot
        if snapshot is not self._seen:
            self._seen = snapshot
            self.changed.emit(snapshot)
            if snapshot.notice is not None and snapshot.notice_id != self._noticed:
                self._noticed = snapshot.notice_id
                self.noticed.emit(snapshot.notice)
        if self._frames % FIGURES_EVERY == 0:
            self.figures.emit(snapshot)
        self._frames += 1
        self.moved.emit(snapshot.position_steps(self._clock.now_seconds()))

    def notify(self, notice: Notice) -> None:
        """Show something the window itself has to say."""
        self.noticed.emit(notice)

    def say(self, text: str) -> None:
        """Show one sentence about what the window has done, or what to do."""
        self.notify(Notice(text, Level.INFO))
