"""What the window needs of the rest of the program, handed in by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.commands import Command
from rnnrbm_live.core.export import ExportChoice
from rnnrbm_live.core.learning import Draft, Told
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.presets import Preset
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
class SessionEntry:
    """A saved session, to be shown.

    Attributes:
        path: its file.
        title: when it began.
        length: minutes and seconds.
        model: name of its first model.
        notes: how many sounded.
        roads: how many ways the music took.
        state: "" for one that was ended, or a few words: that it was cut off, plays now, or cannot be read.
        cut_off: whether its program ended before it did.
        usable: whether it can be taken up, played and exported.
        deletable: whether it may go.
    """

    path: Path
    title: str
    length: str = ""
    model: str = ""
    notes: int = 0
    roads: int = 1
    state: str = ""
    cut_off: bool = False
    usable: bool = True
    deletable: bool = True


class Playback(Protocol):
    """A saved session that is being played again."""

    @property
    def playing(self) -> bool:
        """Whether it goes on."""
        ...

    def stop(self) -> None:
        """End it, silently; twice is fine."""
        ...


class SessionShelf(Protocol):
    """The saved sessions. All but `listen` may take a while and raise `RNNRBMError`."""

    def entries(self) -> list[SessionEntry]:
        """Return every session, the latest first."""
        ...

    def take_up(self, path: Path) -> Command:
        """Return the command that goes on with a session."""
        ...

    def export(self, path: Path, out: Path) -> None:
        """Write the road of a session that was heard last as MIDI, sound or picture, as the name says."""
        ...

    def delete(self, path: Path) -> None:
        """Delete a session."""
        ...

    def listen(self, path: Path) -> Playback:
        """Play a session again, as it sounded, on the output in use."""
        ...


class Learner(Protocol):
    """A process that reads a folder of music and learns from it when asked. Nothing here waits."""

    def poll(self) -> list[Told]:
        """Return what it has told since; `Ended` or `Failed` is the last."""
        ...

    def learn(self) -> None:
        """Train on what was read."""
        ...

    def stop(self) -> None:
        """Save and end."""
        ...

    def let_go(self) -> None:
        """Hear no more of it: it saves and ends by itself; twice is fine."""
        ...


class DraftShelf(Protocol):
    """The model that was trained and is neither kept nor discarded yet."""

    def draft(self) -> Draft | None:
        """Return it, if there is one and no process is training it."""
        ...

    def copy_to_hear(self) -> Path:
        """Return the folder of a copy of it as it is now, also while it is being trained; raises `RNNRBMError`."""
        ...

    def trouble_with(self, name: str) -> str:
        """Return why it cannot be kept under a name, in a few words, or nothing."""
        ...

    def keep(self, name: str) -> ModelChoice:
        """Put it among the user's models; raises `RNNRBMError`."""
        ...

    def discard(self) -> None:
        """Delete it; raises `RNNRBMError`."""
        ...


class Workshop(Protocol):
    """Where models are trained. `read` and `go_on` raise `RNNRBMError` if no process can be started."""

    @property
    def drafts(self) -> DraftShelf:
        """What was trained."""
        ...

    def read(self, music: Path) -> Learner:
        """Begin to read a folder of music, to learn from it when asked."""
        ...

    def go_on(self, draft: Draft) -> Learner:
        """Begin to read a draft's music again and go on with its training."""
        ...


class PresetShelf(Protocol):
    """The presets there are. All but `presets` raise `PresetError`."""

    def presets(self) -> list[Preset]:
        """Return those that ship, then the user's own."""
        ...

    def keep(self, preset: Preset) -> None:
        """Save one among the user's own, in place of one of the same name."""
        ...

    def read(self, path: Path) -> Preset:
        """Read a file."""
        ...

    def write(self, path: Path, preset: Preset) -> None:
        """Write a file."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """What the window cannot do itself.

    Attributes:
        clock: the engine's.
        models: to choose from.
        store: remembers the window.
        read_primer: reads a MIDI file onto a grid of so many steps per beat; raises `RNNRBMError`.
        export: writes what is chosen of a recording as MIDI, sound or picture, as the name says; raises `RNNRBMError`.
        presets: of the controls.
        sessions: those that were saved.
        cut_off: the last session, if its program ended before it did.
        workshop: where models are trained.
        exports_folder: where exports are offered to be saved.
        diagnostics: returns text to paste into a bug report.
    """

    clock: Clock
    models: Sequence[ModelChoice]
    store: SettingsStore
    read_primer: Callable[[Path, int], PianoRoll]
    export: Callable[[Path, Recording, ExportChoice], None]
    presets: PresetShelf
    sessions: SessionShelf
    cut_off: SessionEntry | None
    workshop: Workshop
    exports_folder: Path
    diagnostics: Callable[[], str]
