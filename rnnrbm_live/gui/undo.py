"""Undo and redo of what the user sets, by whatever means: everything passes through the bridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.commands import Adjust, Command
from rnnrbm_live.core.history import History
from rnnrbm_live.gui.bounds import BOUNDS
from rnnrbm_live.gui.bridge import Bridge

SINGLE_KEYS = {"muted", "forced"}


class Undo(QObject):
    """Remembers every `Adjust` that is sent, and sends others to take it back.

    Signals:
        changed: what can be undone or done again is another.
    """

    changed = pyqtSignal()

    def __init__(self, bridge: Bridge, clock: Clock, title: Callable[[str], str], parent: QObject) -> None:
        """Listen to a bridge; `title` names a setting for people."""
        super().__init__(parent)
        self._bridge = bridge
        self._clock = clock
        self._title = title
        self._history = History()
        self._moving = False
        bridge.asked.connect(self._record)

    @property
    def undo_text(self) -> str:
        """What can be undone, such as "Undo Temperature"; "Undo" if nothing can."""
        return self._text("Undo", self._history.to_undo)

    @property
    def redo_text(self) -> str:
        """What can be done again."""
        return self._text("Redo", self._history.to_redo)

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self._history.to_undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is anything to do again."""
        return bool(self._history.to_redo)

    def hold(self) -> None:
        """Make one step of all that follows, until `let_go`: a slider is being dragged."""
        self._history.hold()

    def let_go(self) -> None:
        """End the step."""
        self._history.let_go()

    def undo(self) -> None:
        """Take back the last step."""
        self._set(self._history.undo())

    def redo(self) -> None:
        """Do again what was undone last."""
        self._set(self._history.redo())

    def _record(self, command: Command) -> None:
        if isinstance(command, Adjust) and not self._moving:
            before = getattr(self._bridge.snapshot.settings, command.name)
            now, gradual = self._clock.now_seconds(), command.name not in SINGLE_KEYS
            self._history.record(command.name, before, command.value, seconds=now, gradual=gradual)
            self.changed.emit()

    def _set(self, values: Mapping[str, Any]) -> None:
        self._moving = True
        for name, value in values.items():
            self._bridge.send(Adjust(name, value))
        self._moving = False
        self.changed.emit()

    def _text(self, verb: str, names: tuple[str, ...]) -> str:
        if not names:
            return verb
        if SINGLE_KEYS.issuperset(names):
            return f"{verb} Single keys"
        if len(names) == 1:
            return f"{verb} {self._title(names[0])}"
        return f"{verb} Key and range" if set(BOUNDS).issuperset(names) else f"{verb} Preset"
