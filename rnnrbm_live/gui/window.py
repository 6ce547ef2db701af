"""The main window: assembles the parts and wires them to the bridge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QByteArray, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PyQt6.QtWidgets import QApplication, QFileDialog, QMainWindow, QMenu, QVBoxLayout, QWidget

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.errors import RNNRBMError
from rnnrbm_live.core.messages import Level, Notice, OpenInput, OpenOutput, Panic, PlayKey
from rnnrbm_live.core.pitch import pitch_name
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.core.tempo import TapTempo
from rnnrbm_live.engine.snapshot import PrimerState, Snapshot, Transport
from rnnrbm_live.gui.application import apply_theme
from rnnrbm_live.gui.bridge import Bridge
from rnnrbm_live.gui.controls import Controls
from rnnrbm_live.gui.keys import ComputerKeyboard
from rnnrbm_live.gui.roll_view import RollView
from rnnrbm_live.gui.services import EngineLike, Services
from rnnrbm_live.gui.strips import StatusStrip, TroubleStrip
from rnnrbm_live.gui.theme import THEMES
from rnnrbm_live.gui.toolbar import Toolbar

MIDI_FILTER = "MIDI files (*.mid *.midi)"
HELP = """Space  play or pause\nCtrl+.  stop\nEsc  panic\n\nA W S E D …  play notes\nZ, X  octave down, up
Enter  continue from the primer\n\nCtrl+1, Ctrl+2  Free, Primer\nCtrl+T  tap tempo\nCtrl+M  mark this moment
Ctrl+D  another seed\n\nCtrl+O  open a primer\nCtrl+E  export\nCtrl+N  new session\nEnd  back to now\n
Mouse wheel  zoom in time\nCtrl+wheel  zoom in pitch\nShift+wheel or drag  look back"""


class MainWindow(QMainWindow):
    """Everything one sees.

    Signals:
        closed: the window is about to go; what it remembers has been stored.
    """

    closed = pyqtSignal()

    def __init__(self, engine: EngineLike, services: Services) -> None:
        """Build the window; `show` paints it and begins to follow the engine."""
        super().__init__()
        self._services = services
        self._remembered = services.store.load()
        self._tapping = TapTempo()
        self.bridge = Bridge(engine, services.clock, self)
        self.toolbar = Toolbar(services.models)
        self.roll = RollView()
        self.trouble = TroubleStrip()
        self.controls = Controls()
        self.status = StatusStrip()
        self.keyboard = ComputerKeyboard(self)
        self._build()
        self._connect()
        self._make_menus()
        self._restore()
        self.bridge.start()

    # --- assembling --------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle("RNN-RBM Live")
        self.setMinimumSize(900, 560)
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.toolbar)
        layout.addWidget(self.roll, 1)
        layout.addWidget(self.trouble)
        layout.addWidget(self.controls)
        layout.addWidget(self.status)
        self.setCentralWidget(middle)
        self.roll.setFocus()

    def _connect(self) -> None:
        send = self.bridge.send
        bridge, bar, controls, roll = self.bridge, self.toolbar, self.controls, self.roll
        bridge.changed.connect(self._show)
        bridge.figures.connect(bar.show_figures)
        bridge.figures.connect(self.status.show_figures)
        bridge.noticed.connect(self.trouble.show_notice)
        bridge.moved.connect(roll.move_to)
        bar.play_toggled.connect(self._play_or_pause)
        bar.stopped.connect(lambda: send(ask.Stop()))
        bar.panicked.connect(lambda: send(Panic()))
        bar.tapped.connect(self._tap)
        bar.continued.connect(lambda: send(ask.Continue()))
        bar.mode_chosen.connect(lambda mode: send(ask.SetMode(mode)))
        bar.tempo_chosen.connect(lambda bpm: send(ask.Adjust("tempo_bpm", bpm)))
        bar.click_chosen.connect(lambda on: send(ask.Adjust("click", on)))
        bar.model_chosen.connect(lambda name: send(ask.SelectModel(name)))
        bar.open_requested.connect(self._open_primer)
        bar.export_requested.connect(self._export)
        controls.adjusted.connect(lambda name, value: send(ask.Adjust(name, value)))
        controls.output_chosen.connect(lambda name: send(OpenOutput(name)))
        controls.input_chosen.connect(lambda name: send(OpenInput(name)))
        for keys_down, keys_up in (
            (roll.key_pressed, roll.key_released),
            (self.keyboard.pressed, self.keyboard.released),
        ):
            keys_down.connect(lambda pitch, velocity: send(PlayKey(pitch, velocity)))
            keys_up.connect(lambda pitch: send(PlayKey(pitch, 0)))
        self.keyboard.octave_changed.connect(
            lambda lowest: self._say(f"The computer keyboard plays from {pitch_name(lowest)} up")
        )
        roll.dropped.connect(self.use_primer)

    def _make_menus(self) -> None:
        file, play, view = self._menu("&File"), self._menu("&Play"), self._menu("&View")
        send = self.bridge.send
        self._action(file, "New session", "Ctrl+N", lambda: send(ask.NewSession()))
        self._action(file, "Open primer…", "Ctrl+O", self._open_primer)
        self._action(file, "Export…", "Ctrl+E", self._export)
        file.addSeparator()
        self._action(file, "Copy diagnostics", "", self._copy_diagnostics)
        self._action(file, "Quit", "Ctrl+Q", self.close)
        self._action(play, "Play or pause", "Space", self._play_or_pause)
        self._action(play, "Stop", "Ctrl+.", lambda: send(ask.Stop()))
        self._action(play, "Panic", "Esc", lambda: send(Panic()))
        play.addSeparator()
        for index, mode in enumerate((Mode.FREE, Mode.PRIMER)):
            self._action(play, mode.value.capitalize(), f"Ctrl+{index + 1}", partial(send, ask.SetMode(mode)))
        enter = self._action(play, "Continue from the primer", "Return", lambda: send(ask.Continue()))
        enter.setShortcuts([QKeySequence("Return"), QKeySequence("Enter")])
        play.addSeparator()
        self._action(play, "Tap tempo", "Ctrl+T", self._tap)
        self._action(play, "Another seed", "Ctrl+D", self.controls.dice.click)
        self._action(play, "Mark this moment", "Ctrl+M", lambda: send(ask.AddMarker("Marked")))
        self._action(view, "Back to now", "End", self.roll.follow)
        self._action(view, "Zoom in", "Ctrl++", lambda: self.roll.zoom_time(1.25))
        self._action(view, "Zoom out", "Ctrl+-", lambda: self.roll.zoom_time(0.8))
        view.addSeparator()
        self._themes = QActionGroup(self)
        for name in THEMES:
            action = self._action(view, name.capitalize(), "", partial(self.set_theme, name))
            action.setCheckable(True)
            action.setData(name)
            self._themes.addAction(action)
        view.addSeparator()
        self._action(view, "Keys and mouse", "F1", lambda: self._say(HELP))

    def _menu(self, title: str) -> QMenu:
        bar = self.menuBar()
        assert bar is not None
        menu = bar.addMenu(title)
        assert menu is not None
        return menu

    def _action(self, menu: QMenu, title: str, shortcut: str, act: Callable[[], object]) -> QAction:
        action = QAction(title, self)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: act())
        menu.addAction(action)
        return action

    # --- what the engine says ----------------------------------------------------------------------------

    def _show(self, snapshot: Snapshot) -> None:
        self.toolbar.show_snapshot(snapshot)
        self.controls.show_snapshot(snapshot)
        self.roll.show_snapshot(snapshot, hint_for(snapshot))

    # --- what the user does ------------------------------------------------------------------------------

    def _play_or_pause(self) -> None:
        playing = self.bridge.snapshot.transport is Transport.PLAYING
        self.bridge.send(ask.Pause() if playing else ask.Play())

    def _tap(self) -> None:
        tempo = self._tapping.tap(self._services.clock.now_seconds())
        if tempo is not None:
            self.bridge.send(ask.Adjust("tempo_bpm", round(tempo, 1)))

    def _open_primer(self) -> None:
        dialog = QFileDialog(self, "Open a primer", self._folder("primers"), MIDI_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.use_primer(Path(name)))
        self._open(dialog)

    def use_primer(self, path: Path) -> None:
        """Play a MIDI file and let the model go on from it."""
        self._remembered["primers"] = str(path.parent)
        try:
            roll = self._services.read_primer(path, self.bridge.snapshot.timeline.steps_per_beat)
        except RNNRBMError as err:
            self.bridge.notify(Notice(str(err)))
            return
        self.bridge.send(ask.UsePrimer(roll, path.name))

    def _export(self) -> None:
        if not self.bridge.snapshot.recording.all_notes():
            self._say("There is nothing to export yet: press Play (Space) first")
            return
        name = f"RNN-RBM Live {datetime.now():%Y-%m-%d %H.%M}.mid"
        dialog = QFileDialog(self, "Export the session", self._folder("exports"), MIDI_FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("mid")
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda chosen: self.export_to(Path(chosen)))
        self._open(dialog)

    def export_to(self, path: Path) -> None:
        """Write the session to a MIDI file and say so."""
        self._remembered["exports"] = str(path.parent)
        try:
            self._services.export(path, self.bridge.snapshot.recording)
        except RNNRBMError as err:
            self.bridge.notify(Notice(str(err)))
        else:
            self._say(f"Saved {path}")

    def _open(self, dialog: QFileDialog) -> None:
        """Show a dialog without stopping anything else."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _copy_diagnostics(self) -> None:
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(self._services.diagnostics())
        self._say("Diagnostics copied: paste them into your report")

    def _say(self, text: str) -> None:
        self.bridge.notify(Notice(text, Level.INFO))

    # --- what is remembered ------------------------------------------------------------------------------

    def set_theme(self, name: str) -> None:
        """Change to the ``dark`` or the ``light`` theme."""
        theme = THEMES.get(name, THEMES["dark"])
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, theme)
        self.roll.set_theme(theme)
        self._remembered["theme"] = theme.name
        for action in self._themes.actions():
            action.setChecked(action.data() == theme.name)

    def _folder(self, kind: str) -> str:
        folder = self._remembered.get(kind)
        known = Path(folder) if isinstance(folder, str) else self._services.exports_folder
        return str(known if known.is_dir() else Path.home())

    def _restore(self) -> None:
        theme = self._remembered.get("theme")
        self.set_theme(theme if isinstance(theme, str) else "dark")
        self.resize(1400, 860)
        geometry = self._remembered.get("geometry")
        if isinstance(geometry, str):
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", "replace")))

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Remember how things were, and tell."""
        self.keyboard.release_all()
        self.bridge.stop()
        geometry: Any = self.saveGeometry().toBase64().data()
        self._remembered["geometry"] = geometry.decode("ascii")
        self._services.store.save(self._remembered)
        self.closed.emit()
        super().closeEvent(event)


def hint_for(snapshot: Snapshot) -> tuple[str, str] | None:
    """Return what an empty roll says: a title and a sentence."""
    if snapshot.transport is Transport.STOPPED:
        return "Press Space to play", "Or drop a MIDI file here: the model goes on from it."
    return None
