"""Presets in the window: chosen, saved under a name, opened from a file and written to one."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from rnnrbm_live.core.commands import Adjust
from rnnrbm_live.core.errors import PresetError
from rnnrbm_live.core.messages import Level, Notice
from rnnrbm_live.core.presets import LONGEST_NAME, Preset
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.gui.services import PresetShelf
from rnnrbm_live.gui.widgets import Button, Field, muted
from rnnrbm_live.gui.work import Tasks

PRESET_FILTER = "Presets (*.json)"
PRESET_SUFFIX = ".json"


class Presets(QObject):
    """What the window does with presets.

    Signals:
        asked: an `Adjust` for the engine.
        changed: the list of `Preset`s there are.
        said: a `Notice`: what was saved, or what went wrong.
    """

    asked = pyqtSignal(object)
    changed = pyqtSignal(object)
    said = pyqtSignal(object)

    def __init__(self, window: QWidget, shelf: PresetShelf, folder: Path) -> None:
        """Offer to open and to write files in `folder`."""
        super().__init__(window)
        self._window = window
        self._shelf = shelf
        self._folder = folder if folder.is_dir() else Path.home()
        self._work = Tasks(lambda sentence: self.said.emit(Notice(sentence))).run

    def read(self) -> None:
        """Look which there are; `changed` tells."""
        self._work(self._shelf.presets, self.changed.emit)

    def use(self, preset: Preset) -> None:
        """Bring its settings into force."""
        for name, value in preset.values.items():
            self.asked.emit(Adjust(name, value))

    def open(self, path: Path) -> None:
        """Read a file and bring its settings into force."""
        self._folder = path.parent
        self._work(lambda: self._shelf.read(path), self._opened)

    def ask_to_open(self) -> None:
        """Let the user choose a file."""
        dialog = QFileDialog(self._window, "Open a preset", str(self._folder), PRESET_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        _show(dialog)

    def ask_for_name(self, settings: Settings) -> None:
        """Let the user name the settings, to be kept."""
        dialog = NameDialog(self._window)
        dialog.named.connect(lambda name: self.keep(name, settings))
        _show(dialog)

    def keep(self, name: str, settings: Settings) -> None:
        """Keep settings under a name."""
        try:
            preset = Preset.of(name, settings)
        except PresetError as err:
            self.said.emit(Notice(str(err)))
            return
        self._work(lambda: self._shelf.keep(preset), lambda _: self._kept(preset))

    def ask_where_to_write(self, settings: Settings) -> None:
        """Let the user choose a file for the settings, to be shared; its name is the preset's."""
        dialog = QFileDialog(self._window, "Share the preset", str(self._folder), PRESET_FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(PRESET_SUFFIX[1:])
        dialog.selectFile(f"My preset{PRESET_SUFFIX}")
        dialog.fileSelected.connect(lambda name: self.write(Path(name), settings))
        _show(dialog)

    def write(self, path: Path, settings: Settings) -> None:
        """Write settings to a file; its name is the preset's."""
        try:
            preset = Preset.of(path.stem[:LONGEST_NAME], settings)
        except PresetError as err:
            self.said.emit(Notice(str(err)))
            return
        self._folder = path.parent
        self._work(
            lambda: self._shelf.write(path, preset),
            lambda _: self.said.emit(Notice(f"Saved {path.name} in {path.parent}", Level.INFO)),
        )

    def _opened(self, preset: Preset) -> None:
        self.use(preset)
        self.said.emit(Notice(f"{preset.name} shapes the music now; Save… keeps it here", Level.INFO))

    def _kept(self, preset: Preset) -> None:
        self.said.emit(Notice(f"Kept as {preset.name}", Level.INFO))
        self.read()


class NameDialog(QDialog):
    """Asks for a name, beside the music.

    Signals:
        named: what was typed.
    """

    named = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        """Build it."""
        super().__init__(parent)
        self.setWindowTitle("Save a preset")
        self.name = Field()
        self.name.setAccessibleName("Name")
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setMinimumWidth(280)
        self.name.setToolTip("A preset of your own with this name is replaced")
        self.save = Button("Save", "Keep the settings in force under this name (Enter)", "default")
        self.save.setDefault(True)
        self.save.setEnabled(False)
        cancel = Button("Cancel", "Keep nothing (Esc)")
        self.name.textChanged.connect(lambda text: self.save.setEnabled(bool(text.strip())))
        self.save.clicked.connect(self._save)
        cancel.clicked.connect(self.reject)
        words = QLabel("Temperature, density, tempo and the like are kept; seed, ports and piano are not.")
        words.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        layout.setContentsMargins(22, 18, 22, 18)
        layout.setSpacing(10)
        layout.addWidget(muted("Name"))
        layout.addWidget(self.name)
        layout.addWidget(words)
        layout.addLayout(buttons)

    def _save(self) -> None:
        self.named.emit(self.name.text())
        self.accept()


def _show(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
