"""The main window: assembles the parts and wires them to the bridge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PyQt6.QtCore import QByteArray, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PyQt6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.messages import OpenInput, OpenOutput, Panic, PlayKey
from rnnrbm_live.core.pitch import pitch_name
from rnnrbm_live.core.presets import Preset
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from rnnrbm_live.gui.bounds import BoundsStrip, DuetStrip
from rnnrbm_live.gui.bridge import Bridge
from rnnrbm_live.gui.controls import Controls
from rnnrbm_live.gui.files import Files, dropped_file
from rnnrbm_live.gui.folding import LEAST_PIXELS, Folding
from rnnrbm_live.gui.help import about_window, keys_window
from rnnrbm_live.gui.keys import ComputerKeyboard
from rnnrbm_live.gui.learnable import make_learnable
from rnnrbm_live.gui.look import Look
from rnnrbm_live.gui.main_menus import play_groups, view_groups
from rnnrbm_live.gui.menus import Entry, Menus
from rnnrbm_live.gui.midi_learn import SHORTCUT, LearnStrip, MidiLearn
from rnnrbm_live.gui.midi_window import MidiWindow
from rnnrbm_live.gui.overview import OverviewStrip
from rnnrbm_live.gui.presets import PRESET_SUFFIX, Presets
from rnnrbm_live.gui.requests import Requests
from rnnrbm_live.gui.roads import RoadsStrip
from rnnrbm_live.gui.roll import music_of
from rnnrbm_live.gui.roll_view import RollView
from rnnrbm_live.gui.selection import bars_in
from rnnrbm_live.gui.services import EngineLike, Services
from rnnrbm_live.gui.sessions import SessionsWindow
from rnnrbm_live.gui.sound_check import SoundChecks
from rnnrbm_live.gui.strip_area import StripArea
from rnnrbm_live.gui.strips import PrimerStrip, StatusStrip, TroubleStrip
from rnnrbm_live.gui.theme import Theme
from rnnrbm_live.gui.thinking import Thinking
from rnnrbm_live.gui.toolbar import Toolbar
from rnnrbm_live.gui.training import Training
from rnnrbm_live.gui.training_desk import TrainingDesk
from rnnrbm_live.gui.turns import TurnsStrip
from rnnrbm_live.gui.undo import Undo

WELCOME = "The model plays. Play along on A W S E D …, on the drawn keys, or on any MIDI keyboard"


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
        self._first_time = "theme" not in self._remembered
        self.look = Look(self._remembered, self)
        self.bridge = Bridge(engine, services.clock, self)
        self.requests = Requests(self.bridge, services.clock)
        self.files = Files(self, services, self._remembered)
        self.training = Training(services.workshop, self)
        self._sound_checks = SoundChecks(self, self.bridge)
        self.presets = Presets(self, services.presets, services.exports_folder)
        self.midi = MidiLearn(self, self._remembered.get("controllers"))
        self.undo = Undo(self.bridge, services.clock, self.midi.title, self)
        self.learning = LearnStrip(self.midi)
        self.toolbar = Toolbar(services.models)
        self.primer = PrimerStrip()
        self.duet = DuetStrip()
        self.turns = TurnsStrip()
        self.bounds = BoundsStrip()
        self.roads = RoadsStrip()
        self.roll = RollView(offer_loop=True, offer_moments=True)
        self.thinking = Thinking()
        self.overview = OverviewStrip()
        self.trouble = TroubleStrip()
        self.training_desk = TrainingDesk(
            self, self.training, self.bridge, self.toolbar, self.trouble, self._remembered
        )
        self.controls = Controls()
        self.status = StatusStrip()
        self._middle = QWidget()
        self.folding = Folding(
            self._middle,
            self.thinking,
            self.roll,
            self.overview,
            self.trouble,
            self.controls,
            self.status,
            self.look,
            self._remembered,
        )
        self.keyboard = ComputerKeyboard(self)
        self._menus = Menus(self)
        self._build()
        self._follow_engine()
        self._follow_user()
        self._make_menus()
        make_learnable(
            self.midi,
            self._play_menu,
            self.requests.tap_at,
            toolbar=self.toolbar,
            controls=self.controls,
            primer=self.primer,
            duet=self.duet,
            turns=self.turns,
            bounds=self.bounds,
        )
        self._restore()
        self.bridge.start()
        self.presets.read()
        self._offer_last_session()

    # --- assembling --------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle("RNN-RBM Live")
        self.setMinimumSize(900, LEAST_PIXELS)
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self._middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.toolbar)
        layout.addWidget(StripArea([self.primer, self.duet, self.turns, self.bounds, self.roads]))
        layout.addWidget(self.overview)
        layout.addWidget(self.roll, 1)
        layout.addWidget(self.thinking)
        layout.addWidget(self.trouble)
        layout.addWidget(self.learning)
        layout.addWidget(self.controls)
        layout.addWidget(self.status)
        self.setCentralWidget(self._middle)
        self.roll.setFocus()

    def _follow_engine(self) -> None:
        bridge = self.bridge
        bridge.changed.connect(self._show)
        bridge.figures.connect(self.toolbar.show_figures)
        bridge.figures.connect(self.status.show_figures)
        bridge.figures.connect(self.thinking.show_figures)
        bridge.noticed.connect(self.trouble.show_notice)
        bridge.figures.connect(
            lambda snapshot: self.overview.take_in(music_of(snapshot), self.roll.item.geometry_now().past_steps)
        )
        bridge.moved.connect(self._move)

    def _follow_user(self) -> None:
        send, bar, controls, roll = self.bridge.send, self.toolbar, self.controls, self.roll
        requests = self.requests
        bar.play_toggled.connect(requests.play_or_pause)
        bar.stopped.connect(lambda: send(ask.Stop()))
        bar.panicked.connect(lambda: send(Panic()))
        bar.tapped.connect(requests.tap)
        bar.mode_chosen.connect(lambda mode: send(ask.SetMode(mode)))
        bar.tempo_chosen.connect(lambda bpm: send(ask.Adjust("tempo_bpm", bpm)))
        bar.open_requested.connect(self._open_primer)
        bar.export_requested.connect(self._export)
        self.primer.continued.connect(lambda: send(ask.Continue()))
        self.primer.listen_again.connect(lambda: send(ask.SetMode(Mode.PRIMER)))
        self.primer.click_chosen.connect(lambda on: send(ask.Adjust("click", on)))
        self.primer.count_in_chosen.connect(lambda on: send(ask.Adjust("count_in", on)))
        for adjusting in (controls, self.duet, self.turns, self.bounds):
            adjusting.adjusted.connect(lambda name, value: send(ask.Adjust(name, value)))
        roll.key_bound.connect(requests.bind_key)
        self.thinking.toggled.connect(self.folding.set_open)
        roll.export_asked.connect(self._export)
        roll.moment_marked.connect(lambda step: send(ask.AddMarker("Marked", step)))
        self.overview.asked.connect(roll.navigation.look_at)
        roll.moment_chosen.connect(requests.continue_from)
        roll.loop_asked.connect(lambda first, end: requests.loop((first, end)))
        self.roads.chosen.connect(lambda number: send(ask.HearRoad(number)))
        self.roads.named.connect(lambda number, name: send(ask.NameRoad(number, name)))
        self.roads.export_requested.connect(self._export)
        self.roads.loop_lifted.connect(lambda: requests.loop(None))
        controls.output_chosen.connect(lambda name: send(OpenOutput(name)))
        controls.input_chosen.connect(lambda name: send(OpenInput(name)))
        for keys_down, keys_up in (
            (roll.key_pressed, roll.key_released),
            (self.keyboard.pressed, self.keyboard.released),
        ):
            keys_down.connect(lambda pitch, velocity: send(PlayKey(pitch, velocity)))
            keys_up.connect(lambda pitch: send(PlayKey(pitch, 0)))
        self.keyboard.octave_changed.connect(
            lambda lowest: self.bridge.say(f"The computer keyboard plays from {pitch_name(lowest)} up")
        )
        self.files.read.connect(send)
        self.files.said.connect(self.bridge.notify)
        controls.preset_chosen.connect(self.presets.use)
        controls.save_preset_asked.connect(self._save_preset)
        self.presets.asked.connect(send)
        self.presets.changed.connect(self._show_presets)
        self.presets.said.connect(self.bridge.notify)
        self.midi.asked.connect(send)
        self.midi.said.connect(self.bridge.notify)
        self.midi.bound.connect(self._remember_controllers)
        self.midi.list_requested.connect(self.show_controllers)
        self.undo.changed.connect(self._show_undo)
        self.look.themed.connect(self._use_theme)
        self.look.resized.connect(self._use_text)
        self.closed.connect(self._sound_checks.close)
        self.closed.connect(self.training_desk.close)
        for control in controls.sliders.values():
            control.slider.sliderPressed.connect(self.undo.hold)
            control.slider.sliderReleased.connect(self.undo.let_go)

    def _make_menus(self) -> None:
        self._menus.add(
            "&File",
            [
                [
                    Entry("New session", "Ctrl+N", lambda: self.bridge.send(ask.NewSession())),
                    Entry("Open primer…", "Ctrl+O", self._open_primer),
                    Entry("Export…", "Ctrl+E", self._export),
                    Entry("Sessions…", "Ctrl+Shift+O", self.show_sessions),
                    Entry("Train a model…", "Ctrl+Shift+T", self.training_desk.show),
                ],
                [
                    Entry("Open preset…", "Ctrl+P", self.presets.ask_to_open),
                    Entry("Save preset…", "Ctrl+S", self._save_preset),
                    Entry("Share preset…", "Ctrl+Shift+S", self._share_preset),
                ],
                [Entry("Quit", "Ctrl+Q", self.close)],
            ],
        )
        edit = self._menus.add(
            "&Edit",
            [
                [
                    Entry("Undo", "Ctrl+Z", self.undo.undo),
                    Entry("Redo", "Ctrl+Shift+Z Ctrl+Y", self.undo.redo),
                ],
                [
                    Entry("Learn a MIDI controller", SHORTCUT, self.midi.learn_focused),
                    Entry("MIDI controllers…", "", self.show_controllers),
                ],
            ],
        )
        self._undo_action, self._redo_action = edit.actions()[:2]
        self._show_undo()
        self._play_menu = self._menus.add(
            "&Play",
            play_groups(
                self.bridge.send,
                self.requests,
                self.roll,
                name_road=self._name_road,
                another_seed=self.controls.dice.click,
                toggle_bounds=self._toggle_bounds,
                step_preset=self._step_preset,
            ),
        )
        view = self._menus.add("&View", view_groups(self.roll, self.look))
        thinking = self._menus.add_switch(view, "Thinking", self.folding.set_open, "Ctrl+I")
        self.folding.unfolded.connect(thinking.setChecked)
        still = self._menus.add_switch(view, "Reduce motion", self.look.set_still)
        self.look.stilled.connect(still.setChecked)
        self._menus.add_themes(view, self.look.set_theme)
        self._menus.add(
            "&Help",
            [
                [
                    Entry("Keys and mouse", "F1", lambda: keys_window(self).show()),
                    Entry("Sound check…", "F2", self.check_sound),
                    Entry("Copy diagnostics", "", self.copy_diagnostics),
                    Entry("About", "", lambda: about_window(self).show()),
                ]
            ],
        )

    # --- what the engine says ----------------------------------------------------------------------------

    def _show(self, snapshot: Snapshot) -> None:
        self.midi.show_snapshot(snapshot)
        self.toolbar.show_snapshot(snapshot)
        self.primer.show_snapshot(snapshot)
        self.duet.show_snapshot(snapshot)
        self.turns.show_snapshot(snapshot)
        self.bounds.show_snapshot(snapshot)
        self.roads.show_snapshot(snapshot)
        self.controls.show_snapshot(snapshot)
        self.roll.show_snapshot(snapshot, hint_for(snapshot))
        self.thinking.show_snapshot(snapshot)

    def _move(self, position: float) -> None:
        """Put the now-line at a step; with little motion, once a beat."""
        beat = self.bridge.snapshot.timeline.steps_per_beat
        self.roll.move_to(position // beat * beat if self.look.still else position)
        self.thinking.move_to(self.roll.item.geometry_now(), self.roll.item.view)
        self.overview.look(self.roll.navigation.seen, position, self.roll.region)

    def _show_presets(self, presets: list[Preset]) -> None:
        self.controls.show_presets(presets)
        self.controls.show_snapshot(self.bridge.snapshot)

    # --- what the user does ------------------------------------------------------------------------------

    def _toggle_bounds(self) -> None:
        self.bounds.wanted = not self.bounds.isVisible()
        self.bounds.show_snapshot(self.bridge.snapshot)

    def _name_road(self) -> None:
        if self.requests.are_roads():
            self.roads.ask_for_name()

    def _open_primer(self) -> None:
        self.files.ask_for_primer(self.bridge.snapshot.timeline.steps_per_beat)

    def use_primer(self, path: Path) -> None:
        """Play a MIDI file and let the model go on from it."""
        self.files.read_primer(path, self.bridge.snapshot.timeline.steps_per_beat)

    def _save_preset(self) -> None:
        self.presets.ask_for_name(self.bridge.snapshot.settings)

    def _step_preset(self, steps: int) -> None:
        """Go on to another preset; from settings of the user's own to the first or the last."""
        presets = self.controls.presets
        if presets:
            settings = self.bridge.snapshot.settings
            matching = (index for index, preset in enumerate(presets) if preset.matches(settings))
            here = next(matching, -1 if steps > 0 else 0)
            self.presets.use(presets[(here + steps) % len(presets)])

    def _share_preset(self) -> None:
        self.presets.ask_where_to_write(self.bridge.snapshot.settings)

    def _export(self) -> None:
        snapshot = self.bridge.snapshot
        if snapshot.tape.end_steps > 0:
            region = self.roll.region
            bars = bars_in(snapshot.timeline, region) if region is not None else None
            self.files.ask_where_to_export(snapshot.tape, snapshot.road, bars)
        else:
            self.bridge.say("There is nothing to export yet: press Play (Space) first")

    def show_sessions(self) -> None:
        """Show the saved sessions."""
        sessions = SessionsWindow(self, self._services.sessions, self.files.exports_folder)
        sessions.asked.connect(self.bridge.send)
        sessions.said.connect(self.bridge.notify)
        sessions.listening.connect(self.requests.pause)
        self.closed.connect(sessions.close)
        sessions.show()

    def show_controllers(self) -> None:
        """Show which MIDI controller moves what."""
        for shown in self.findChildren(MidiWindow):
            if shown.isVisible():
                shown.activateWindow()
                return
        window = MidiWindow(self, self.midi)
        self.closed.connect(window.close)
        window.show()

    def _remember_controllers(self) -> None:
        self._remembered["controllers"] = self.midi.bindings.to_remember()
        self._services.store.save(self._remembered)

    def _show_undo(self) -> None:
        for action, text, possible in (
            (self._undo_action, self.undo.undo_text, self.undo.can_undo),
            (self._redo_action, self.undo.redo_text, self.undo.can_redo),
        ):
            action.setText(text)
            action.setEnabled(possible)

    def check_sound(self) -> None:
        """Show the sound check; music that it pauses goes on when it is closed."""
        self.trouble.withdraw(self.check_sound)
        self._sound_checks.show()

    def _offer_last_session(self) -> None:
        cut_off = self._services.cut_off
        if cut_off is not None:
            self.trouble.offer(
                f"The session of {cut_off.title} was cut off after {cut_off.length}; what was played is saved",
                "Go on with it",
                "Take it up where it was cut off; what plays now stays saved",
                lambda: self.files.take_up(cut_off.path),
            )
        elif self._first_time and self.training.draft is None:
            self.trouble.offer(WELCOME, "Sound check", "Nothing to be heard? Try a chord (F2)", self.check_sound)
        else:
            self.training_desk.offer_draft()

    def copy_diagnostics(self) -> None:
        """Put what a bug report should say on the clipboard."""
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(self._services.diagnostics())
        self.bridge.say("Diagnostics copied: paste them into your report")

    # --- files dropped on the window ---------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Accept one file; what it is, `dropEvent` looks at."""
        assert event is not None
        if dropped_file(event.mimeData()) is not None:
            event.acceptProposedAction()
            self.roll.show_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:
        """Forget it."""
        self.roll.show_dropping(False)

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Use a preset or a primer, or a folder to train on."""
        assert event is not None
        self.roll.show_dropping(False)
        path = dropped_file(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            if path.is_dir():
                self.training_desk.train_on(path)
            elif path.suffix.lower() == PRESET_SUFFIX:
                self.presets.open(path)
            else:
                self.use_primer(path)

    # --- what is remembered ------------------------------------------------------------------------------

    def _use_theme(self, theme: Theme) -> None:
        self.roll.set_theme(theme)
        self.thinking.set_theme(theme)
        self.overview.set_theme(theme)
        self.toolbar.set_scale(theme.scale)
        self.folding.settle()
        self._menus.show_theme(theme.name)

    def _use_text(self, percent: int) -> None:
        self.folding.show_line()
        self.bridge.say(f"Text at {percent} %")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the height anew, once the controls have found theirs."""
        super().resizeEvent(event)
        self.folding.share()

    def _restore(self) -> None:
        self.look.restore()
        self.folding.restore()
        self.roll.navigation.restore(self._remembered.get("zoom"))
        self.resize(1400, 860)
        geometry = self._remembered.get("geometry")
        if isinstance(geometry, str):
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", "replace")))

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Remember how things were, and tell."""
        self.keyboard.release_all()
        self.bridge.stop()
        self.training.let_go()
        geometry: Any = self.saveGeometry().toBase64().data()
        self._remembered["geometry"] = geometry.decode("ascii")
        self._remembered["zoom"] = self.roll.navigation.to_remember()
        self._services.store.save(self._remembered)
        self.closed.emit()
        super().closeEvent(event)
        self.roll.close()  # pyqtgraph's own order of taking a scene down; left to the garbage collector it can crash


def hint_for(snapshot: Snapshot) -> tuple[str, str] | None:
    """Return what an empty roll says: a title and a sentence."""
    if not (snapshot.ports.piano or snapshot.ports.midi):
        return (
            "No sound device and no MIDI",
            "Press Space: the music is drawn and recorded. To hear it, connect one of them and start again.",
        )
    if snapshot.transport is Transport.STOPPED:
        return "Press Space to play", "Or drop a MIDI file here: the model goes on from it."
    return None
