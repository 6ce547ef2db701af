"""What the window needs of the rest of the program, handed in by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.commands import Command
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.engine.snapshot import Snapshot


class EngineLike(Protocol):
    """The engine, as the window sees it."""

    @property
    def snapshot(self) -> Snapshot:
        """The engine at this moment; a new object after every change."""
        ...

    def send(self, command: Command) -> None:
        """Ask for something; returns at once."""
        ...


class SettingsStore(Protocol):
    """What is remembered between runs."""

    def load(self) -> dict[str, Any]:
        """Return what was saved; empty if nothing was."""
        ...

    def save(self, values: Mapping[str, Any]) -> None:
        """Remember `values`, JSON types only, in place of what was saved."""
        ...


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be chosen: its name, and its grid in words."""

    name: str
    summary: str

    @property
    def title(self) -> str:
        """The name as words, such as "Bach chorales" for ``bach-chorales``."""
        words = self.name.replace("-", " ").replace("_", " ").strip()
        return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Services:
    """What the window cannot do itself.

    Attributes:
        clock: the engine's.
        models: to choose from.
        store: remembers the window.
        read_primer: reads a MIDI file onto a grid of so many steps per beat; raises `RNNRBMError`.
        export: writes a recording to a MIDI file; raises `RNNRBMError`.
        exports_folder: where exports are offered to be saved.
        diagnostics: returns text to paste into a bug report.
    """

    clock: Clock
    models: Sequence[ModelChoice]
    store: SettingsStore
    read_primer: Callable[[Path, int], PianoRoll]
    export: Callable[[Path, Recording], None]
    exports_folder: Path
    diagnostics: Callable[[], str]
