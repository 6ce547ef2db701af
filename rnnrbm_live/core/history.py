"""What the musician has set, step by step, to be undone and done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GESTURE_SECONDS = 0.05
"""Whatever is set within this time was set at once, such as all that a preset sets."""
PAUSE_SECONDS = 1.0
"""A control that rests for so long, and is moved again, is moved a second time."""
MOST_STEPS = 500


@dataclass(slots=True)
class _Step:
    at_seconds: float  # of its last change
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class History:
    """Changes of settings. It knows no engine: `undo` and `redo` return what is to be set."""

    def __init__(self) -> None:
        """Begin with nothing to undo."""
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._open = False  # whether the last step may still grow
        self._held = False  # whether a control is being dragged: however slowly, it is one step

    @property
    def to_undo(self) -> tuple[str, ...]:
        """Names of the settings that `undo` takes back."""
        return tuple(self._done[-1].after) if self._done else ()

    @property
    def to_redo(self) -> tuple[str, ...]:
        """Names of the settings that `redo` sets again."""
        return tuple(self._undone[-1].after) if self._undone else ()

    def record(self, name: str, before: Any, after: Any, *, seconds: float, gradual: bool = True) -> None:
        """Take note of a change; it belongs to the last step if that goes on.

        Args:
            name: of the setting.
            before: its value until now.
            after: its value from now on.
            seconds: when.
            gradual: whether it goes on with a change of the same setting a moment ago, as a slider's does.
        """
        if not self._goes_on(name, seconds, gradual=gradual):
            if before == after:
                return
            self._done = [*self._done[-MOST_STEPS + 1 :], _Step(seconds)]
        step = self._done[-1]
        step.before.setdefault(name, before)
        step.after[name] = after
        step.at_seconds = seconds
        self._open = True
        self._undone.clear()

    def hold(self) -> None:
        """Begin a step that goes on until `let_go`."""
        self._open, self._held = False, True

    def let_go(self) -> None:
        """End the step."""
        self._open = self._held = False

    def undo(self) -> Mapping[str, Any]:
        """Return the settings as they were before the last step; empty if there is none."""
        return self._move(self._done, self._undone, "before")

    def redo(self) -> Mapping[str, Any]:
        """Return the settings as they were after the step that was undone last; empty if there is none."""
        return self._move(self._undone, self._done, "after")

    def _goes_on(self, name: str, seconds: float, *, gradual: bool) -> bool:
        if not self._open:
            return False
        step = self._done[-1]
        since = seconds - step.at_seconds
        moving = self._held or since < PAUSE_SECONDS
        return since < GESTURE_SECONDS or (gradual and moving and name in step.after)

    def _move(self, source: list[_Step], target: list[_Step], side: str) -> Mapping[str, Any]:
        self._open = False
        if not source:
            return {}
        target.append(source.pop())
        values: dict[str, Any] = getattr(target[-1], side)
        return dict(values)
