"""Opening primers and exporting sessions: dialogs that stop nothing, and work beside the window."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QMimeData, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from rnnrbm_live.core.commands import UsePrimer
from rnnrbm_live.core.export import EVERYTHING, ExportChoice
from rnnrbm_live.core.messages import Level, Notice
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.gui.export_dialog import ExportDialog
from rnnrbm_live.gui.services import Services
from rnnrbm_live.gui.work import Tasks

MIDI_FILTER = "MIDI files (*.mid *.midi)"
MIDI_SUFFIXES = (".mid", ".midi")


class Files(QObject):
    """What the window does with files.

    Signals:
        read: a command that a file has become: `UsePrimer`, `TakeUpSession`.
        said: a `Notice`: what was saved, or what went wrong.
    """

    read = pyqtSignal(object)
    said = pyqtSignal(object)

    def __init__(self, window: QWidget, services: Services, remembered: MutableMapping[str, Any]) -> None:
        """Keep the folders used last in `remembered`."""
        super().__init__(window)
        self._window = window
        self._services = services
        self._remembered = remembered
        self._work = Tasks(lambda sentence: self.said.emit(Notice(sentence))).run

    def ask_for_primer(self, steps_per_beat: int) -> None:
        """Let the user choose a MIDI file, to be read onto a grid of so many steps per beat."""
        dialog = QFileDialog(self._window, "Open a primer", self._folder("primers"), MIDI_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.read_primer(Path(name), steps_per_beat))
        _open(dialog)

    def read_primer(self, path: Path, steps_per_beat: int) -> None:
        """Read a MIDI file; `read` or `said` tells how that went."""
        if path.suffix.lower() not in MIDI_SUFFIXES:
            self.said.emit(Notice(f"{path.name} is not a MIDI file: choose one that ends in .mid"))
            return
        self._remembered["primers"] = str(path.parent)
        self._work(
            lambda: self._services.read_primer(path, steps_per_beat),
            lambda roll: self.read.emit(UsePrimer(roll, path.name)),
        )

    def ask_where_to_export(self, recording: Recording, road: int = 0, bars: tuple[int, int] | None = None) -> None:
        """Let the user choose what to write and where, and write what has been recorded by then.

        Args:
            recording: what sounded.
            road: of it, to suggest.
            bars: the first and the last one to suggest; None for what was chosen last.
        """
        choices = self._remembered.get("export")
        if not isinstance(choices, dict):
            choices = self._remembered["export"] = {}
        dialog = ExportDialog(self._window, recording, road, Path(self.exports_folder()), choices, bars)
        dialog.chosen.connect(lambda path, choice: self.export_to(path, recording, choice))
        dialog.show()

    def export_to(self, path: Path, recording: Recording, choice: ExportChoice = EVERYTHING) -> None:
        """Write what is chosen as MIDI, sound or picture, as the name says; `said` tells how that went."""
        self._remembered["exports"] = str(path.parent)
        self._work(
            lambda: self._services.export(path, recording, choice),
            lambda _: self.said.emit(Notice(f"Saved {path.name} in {path.parent}", Level.INFO)),
        )

    def take_up(self, path: Path) -> None:
        """Read a saved session back; `read` or `said` tells how that went."""
        self._work(lambda: self._services.sessions.take_up(path), self.read.emit)

    def exports_folder(self) -> str:
        """Return the folder that was exported to last."""
        return self._folder("exports")

    def _folder(self, kind: str) -> str:
        folder = self._remembered.get(kind)
        known = Path(folder) if isinstance(folder, str) else self._services.exports_folder
        return str(known if known.is_dir() else Path.home())


def dropped_file(mime: QMimeData | None) -> Path | None:
    """Return the one local file or folder that is being dropped; None for anything else."""
    if mime is None or not mime.hasUrls():
        return None
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 else None


def _open(dialog: QFileDialog) -> None:
    """Show a dialog without stopping anything else."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
