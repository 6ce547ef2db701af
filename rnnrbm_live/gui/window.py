"""The main window: assembles the parts and wires them to the bridge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QByteArray, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PyQt6.QtWidgets import QWIDGETSIZE_MAX, QApplication, QMainWindow, QVBoxLayout, QWidget

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.messages import Level, Notice, OpenInput, OpenOutput, Panic, PlayKey
from rnnrbm_live.core.pitch import PIANO, pitch_name
from rnnrbm_live.core.presets import Preset
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.core.tempo import TapTempo
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from rnnrbm_live.gui.application import animate_widgets, apply_theme, system_reduces_motion
from rnnrbm_live.gui.bounds import BOUNDS, BoundsStrip, DuetStrip
from rnnrbm_live.gui.bridge import Bridge
from rnnrbm_live.gui.controls import Controls
from rnnrbm_live.gui.files import Files, dropped_file
from rnnrbm_live.gui.help import about_window, keys_window
from rnnrbm_live.gui.keys import ComputerKeyboard
from rnnrbm_live.gui.learnable import make_learnable
from rnnrbm_live.gui.menus import Entry, Menus
from rnnrbm_live.gui.midi_learn import SHORTCUT, LearnStrip, MidiLearn
from rnnrbm_live.gui.midi_window import MidiWindow
from rnnrbm_live.gui.overview import OverviewStrip
from rnnrbm_live.gui.presets import PRESET_SUFFIX, Presets
from rnnrbm_live.gui.roads import RoadsStrip
from rnnrbm_live.gui.roll import music_of
from rnnrbm_live.gui.roll_view import PAN_ROWS, ZOOM_ROWS, RollView
from rnnrbm_live.gui.selection import bars_in
from rnnrbm_live.gui.services import EngineLike, ModelChoice, Services
from rnnrbm_live.gui.sessions import SessionsWindow
from rnnrbm_live.gui.sound_check import SoundCheck
from rnnrbm_live.gui.strip_area import StripArea
from rnnrbm_live.gui.strips import PrimerStrip, StatusStrip, TroubleStrip
from rnnrbm_live.gui.theme import TEXT_PERCENTS, THEMES
from rnnrbm_live.gui.thinking import Thinking
from rnnrbm_live.gui.toolbar import Toolbar
from rnnrbm_live.gui.training import Training
from rnnrbm_live.gui.training_window import TrainingWindow, percent
from rnnrbm_live.gui.turns import TurnsStrip
from rnnrbm_live.gui.undo import Undo

LEAST_ROLL_PIXELS = 150  # where the window is low, the controls scroll
LEAST_PIXELS = 560  # of the window's height
ROLL_BESIDE_THINKING = 104  # pixels, where the window is low
ROOMY_PIXELS, THINKING_PIXELS = 400, 350  # of height for text as it usually is: for all, and for thinking to open
ROLL_SHARE = 0.54  # of the window's height, that must be left for thinking to be shown without being asked for
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
        self._tapping = TapTempo()
        self._text_percent = 100
        self._still = False
        self.bridge = Bridge(engine, services.clock, self)
        self.files = Files(self, services, self._remembered)
        self.training = Training(services.workshop, self)
        self._training_window: TrainingWindow | None = None
        self._sound_check: SoundCheck | None = None
        self._paused_for_check = False
        self._before_hearing = ""  # the model that played
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
        self._settled = QTimer(self)
        self.overview = OverviewStrip()
        self.trouble = TroubleStrip()
        self.controls = Controls()
        self.status = StatusStrip()
        self.keyboard = ComputerKeyboard(self)
        self._menus = Menus(self)
        self._build()
        self._follow_engine()
        self._follow_user()
        self._make_menus()
        make_learnable(
            self.midi,
            self._play_menu,
            self._tap_at,
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
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.toolbar)
        layout.addWidget(StripArea([self.primer, self.duet, self.turns, self.bounds, self.roads]))
        layout.addWidget(self.overview)
        self.roll.setMinimumHeight(LEAST_ROLL_PIXELS)
        layout.addWidget(self.roll, 1)
        layout.addWidget(self.thinking)
        layout.addWidget(self.trouble)
        layout.addWidget(self.learning)
        layout.addWidget(self.controls)
        layout.addWidget(self.status)
        self.setCentralWidget(middle)
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
        bar.play_toggled.connect(self._play_or_pause)
        bar.stopped.connect(lambda: send(ask.Stop()))
        bar.panicked.connect(lambda: send(Panic()))
        bar.tapped.connect(self._tap)
        bar.mode_chosen.connect(lambda mode: send(ask.SetMode(mode)))
        bar.tempo_chosen.connect(lambda bpm: send(ask.Adjust("tempo_bpm", bpm)))
        bar.model_chosen.connect(self._choose_model)
        bar.train_requested.connect(self.show_training)
        bar.open_requested.connect(self._open_primer)
        bar.export_requested.connect(self._export)
        self.primer.continued.connect(lambda: send(ask.Continue()))
        self.primer.listen_again.connect(lambda: send(ask.SetMode(Mode.PRIMER)))
        self.primer.click_chosen.connect(lambda on: send(ask.Adjust("click", on)))
        self.primer.count_in_chosen.connect(lambda on: send(ask.Adjust("count_in", on)))
        for adjusting in (controls, self.duet, self.turns, self.bounds):
            adjusting.adjusted.connect(lambda name, value: send(ask.Adjust(name, value)))
        roll.key_bound.connect(self._bind_key)
        self.thinking.toggled.connect(self.set_thinking)
        self._settled.setSingleShot(True)
        self._settled.timeout.connect(self._unfold_by_default)
        roll.export_asked.connect(self._export)
        roll.moment_marked.connect(lambda step: send(ask.AddMarker("Marked", step)))
        self.overview.asked.connect(roll.look_at)
        roll.moment_chosen.connect(self._continue_from)
        roll.loop_asked.connect(lambda first, end: self._loop((first, end)))
        self.roads.chosen.connect(lambda number: send(ask.HearRoad(number)))
        self.roads.named.connect(lambda number, name: send(ask.NameRoad(number, name)))
        self.roads.export_requested.connect(self._export)
        self.roads.loop_lifted.connect(lambda: self._loop(None))
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
        self.files.read.connect(send)
        self.files.said.connect(self.bridge.notify)
        self.training.changed.connect(lambda: bar.train.setText(percent(self.training) or "Train…"))
        self.training.ended.connect(self._offer_draft)
        self.training.heard.connect(self._hear_draft)
        self.training.unheard.connect(self._unhear_draft)
        self.training.kept.connect(self._add_model)
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
        for control in controls.sliders.values():
            control.slider.sliderPressed.connect(self.undo.hold)
            control.slider.sliderReleased.connect(self.undo.let_go)

    def _make_menus(self) -> None:
        def sending(command: ask.Command) -> Callable[[], None]:
            return lambda: self.bridge.send(command)

        roll = self.roll
        earlier, later = partial(roll.move_edge, first=True), partial(roll.move_edge, first=False)
        here = Entry("Continue from the bar looked at", "Ctrl+Return Ctrl+Enter", roll.choose_moment_seen)
        go_on = [here] if roll.offers_moments else []
        self._menus.add(
            "&File",
            [
                [
                    Entry("New session", "Ctrl+N", sending(ask.NewSession())),
                    Entry("Open primer…", "Ctrl+O", self._open_primer),
                    Entry("Export…", "Ctrl+E", self._export),
                    Entry("Sessions…", "Ctrl+Shift+O", self.show_sessions),
                    Entry("Train a model…", "Ctrl+Shift+T", self.show_training),
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
            [
                [
                    Entry("Play or pause", "Space", self._play_or_pause),
                    Entry("Stop", "Ctrl+.", sending(ask.Stop())),
                    Entry("Panic", "Esc", sending(Panic())),
                ],
                [
                    Entry("Free", "Ctrl+1", sending(ask.SetMode(Mode.FREE))),
                    Entry("Primer", "Ctrl+2", sending(ask.SetMode(Mode.PRIMER))),
                    Entry("Duet", "Ctrl+3", sending(ask.SetMode(Mode.DUET))),
                    Entry("Turns", "Ctrl+4", sending(ask.SetMode(Mode.TURNS))),
                    Entry("Continue from the primer", "Return Enter", sending(ask.Continue())),
                ],
                [
                    Entry("This bar again, differently", "Ctrl+Left", sending(ask.GoBack(1))),
                    Entry("Last four bars again, differently", "Ctrl+Shift+Left", sending(ask.GoBack(4))),
                    Entry("Loop the marked bars, or the last four", "Ctrl+L", self._loop_or_not),
                    Entry("Hear the road before", "Ctrl+[", lambda: self._hear_beside(-1)),
                    Entry("Hear the next road", "Ctrl+]", lambda: self._hear_beside(1)),
                    Entry("Name this road", "Ctrl+R", self._name_road),
                ],
                [
                    Entry("Tap tempo", "Ctrl+T", self._tap),
                    Entry("Another seed", "Ctrl+D", self.controls.dice.click),
                    Entry("Key and range", "Ctrl+K", self._toggle_bounds),
                    Entry("No bounds", "Ctrl+Shift+K", self._lift_bounds),
                    Entry("Leave out or always play held keys", "Ctrl+B", self._bind_held_keys),
                    Entry("Next preset", "Ctrl+Shift+Down", lambda: self._step_preset(1)),
                    Entry("Previous preset", "Ctrl+Shift+Up", lambda: self._step_preset(-1)),
                    Entry("Mark this moment", "Ctrl+M", sending(ask.AddMarker("Marked"))),
                ],
                [
                    Entry("Select the last 4 bars", "Ctrl+Shift+B", roll.select_last_bars),
                    Entry("Select an earlier bar too", "Shift+Left", lambda: earlier(bars=-1), roll),
                    Entry("Select a later bar too", "Shift+Right", lambda: later(bars=1), roll),
                    Entry("Leave the first bar out", "Alt+Shift+Left", lambda: earlier(bars=1), roll),
                    Entry("Leave the last bar out", "Alt+Shift+Right", lambda: later(bars=-1), roll),
                    Entry("Select nothing", "Delete Backspace", lambda: roll.select(None), roll),
                    *go_on,
                ],
            ],
        )
        view = self._menus.add(
            "&View",
            [
                [
                    Entry("Back to now", "End", roll.follow),
                    Entry("Start of the session", "Home", roll.look_at_start),
                    Entry("A screenful back", "PgUp", lambda: roll.pan_screens(1)),
                    Entry("A screenful on", "PgDown", lambda: roll.pan_screens(-1)),
                    Entry("A beat back", "Left", lambda: roll.pan_beats(1), roll),
                    Entry("A beat on", "Right", lambda: roll.pan_beats(-1), roll),
                    Entry("Higher", "Up", lambda: roll.pan_pitch(PAN_ROWS), roll),
                    Entry("Lower", "Down", lambda: roll.pan_pitch(-PAN_ROWS), roll),
                ],
                [
                    Entry("Zoom in", "Alt++ Alt+=", lambda: roll.zoom_time(1.25)),
                    Entry("Zoom out", "Alt+-", lambda: roll.zoom_time(0.8)),
                    Entry("Taller rows", "Alt+Up", lambda: roll.zoom_pitch(-ZOOM_ROWS)),
                    Entry("Lower rows", "Alt+Down", lambda: roll.zoom_pitch(ZOOM_ROWS)),
                    Entry("Fit pitch to the notes", "Alt+0", roll.fit_pitch),
                ],
                [
                    Entry("Larger text", "Ctrl++ Ctrl+=", lambda: self.step_text(1)),
                    Entry("Smaller text", "Ctrl+-", lambda: self.step_text(-1)),
                    Entry("Text as it was", "Ctrl+0", lambda: self.set_text(100)),
                ],
            ],
        )
        self._thinking_switch = self._menus.add_switch(view, "Thinking", self.set_thinking, "Ctrl+I")
        self._still_switch = self._menus.add_switch(view, "Reduce motion", self.set_still)
        self._menus.add_themes(view, self.set_theme)
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
        self.roll.move_to(position // beat * beat if self._still else position)
        self.thinking.move_to(self.roll.item.geometry_now(), self.roll.item.view)
        self.overview.look(self.roll.seen, position, self.roll.region)

    def _show_presets(self, presets: list[Preset]) -> None:
        self.controls.show_presets(presets)
        self.controls.show_snapshot(self.bridge.snapshot)

    # --- what the user does ------------------------------------------------------------------------------

    def _play_or_pause(self) -> None:
        playing = self.bridge.snapshot.transport is Transport.PLAYING
        self.bridge.send(ask.Pause() if playing else ask.Play())

    def _toggle_bounds(self) -> None:
        self.bounds.wanted = not self.bounds.isVisible()
        self.bounds.show_snapshot(self.bridge.snapshot)

    def _lift_bounds(self) -> None:
        for name in BOUNDS:
            self.bridge.send(ask.Adjust(name, getattr(Settings(), name)))

    def _bind_key(self, *pitches: int) -> None:
        """Mute keys, then force them, then neither."""
        settings = self.bridge.snapshot.settings
        muted, forced = set(settings.muted), set(settings.forced)
        for pitch in pitches:
            if pitch in muted:
                muted.discard(pitch)
                forced.add(pitch)
            elif pitch in forced:
                forced.discard(pitch)
            else:
                muted.add(pitch)
        self.bridge.send(ask.Adjust("muted", tuple(sorted(muted))))
        self.bridge.send(ask.Adjust("forced", tuple(sorted(forced))))

    def _bind_held_keys(self) -> None:
        held = [pitch for pitch, _ in self.bridge.snapshot.keys if pitch in PIANO]
        if held:
            self._bind_key(*held)
        else:
            self._say("Hold keys that the model shall leave out and press Ctrl+B; once more, and it always plays them")

    def _continue_from(self, position: float) -> None:
        """Go on from the beat nearest to a position, with another take."""
        snapshot = self.bridge.snapshot
        beat = snapshot.timeline.steps_per_beat
        nearest = round(position / beat) * beat
        if nearest >= snapshot.recording.end_steps:
            nearest -= beat
        self.bridge.send(ask.ContinueFrom(max(0, nearest)))

    def _loop(self, region: tuple[int, int] | None) -> None:
        """Loop the bars of a region; None for no loop."""
        self.bridge.send(ask.Loop(region))

    def _loop_or_not(self) -> None:
        """Loop what is marked in the roll, or the present bar and the three before; end a loop that goes on."""
        snapshot = self.bridge.snapshot
        bar, step = snapshot.timeline.bar_steps, max(0, snapshot.step)
        begin = step - snapshot.timeline.step_in_bar(step)
        region = self.roll.region or (max(0, begin - 3 * bar), begin + bar)
        self._loop(region if snapshot.loop is None else None)

    def _hear_beside(self, by: int) -> None:
        """Hear the next road, or the one before."""
        snapshot = self.bridge.snapshot
        if len(snapshot.roads) > 1:
            from_road = snapshot.road if snapshot.next_road is None else snapshot.next_road
            self.bridge.send(ask.HearRoad((from_road + by) % len(snapshot.roads)))
        else:
            self._say_one_road()

    def _name_road(self) -> None:
        if len(self.bridge.snapshot.roads) > 1:
            self.roads.ask_for_name()
        else:
            self._say_one_road()

    def _say_one_road(self) -> None:
        self._say("There is one road so far: Ctrl+Left plays this bar again, differently, and another begins")

    def _tap(self) -> None:
        self._tap_at(self._services.clock.now_seconds())

    def _tap_at(self, seconds: float) -> None:
        tempo = self._tapping.tap(seconds)
        if tempo is not None:
            self.bridge.send(ask.Adjust("tempo_bpm", round(tempo, 1)))

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
            self._say("There is nothing to export yet: press Play (Space) first")

    def show_sessions(self) -> None:
        """Show the saved sessions."""
        sessions = SessionsWindow(self, self._services.sessions, self.files.exports_folder)
        sessions.asked.connect(self.bridge.send)
        sessions.said.connect(self.bridge.notify)
        sessions.listening.connect(self._pause)
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

    def _pause(self) -> None:
        if self.bridge.snapshot.transport is Transport.PLAYING:
            self.bridge.send(ask.Pause())

    def check_sound(self) -> None:
        """Show the sound check; music that it pauses goes on when it is closed."""
        self.trouble.withdraw(self.check_sound)
        if self._sound_check is None:
            check = self._sound_check = SoundCheck(self)
            check.asked.connect(self.bridge.send)
            check.sounding.connect(self._pause_for_the_check)
            check.finished.connect(self._sound_checked)
            self.bridge.changed.connect(check.show_snapshot)
            self.closed.connect(check.close)
            check.show_snapshot(self.bridge.snapshot)
            check.show()
        self._sound_check.activateWindow()

    def _pause_for_the_check(self) -> None:
        self._paused_for_check |= self.bridge.snapshot.transport is Transport.PLAYING
        self._pause()

    def _sound_checked(self) -> None:
        self._sound_check = None
        if self._paused_for_check and self.bridge.snapshot.transport is Transport.PAUSED:
            self.bridge.send(ask.Play())
        self._paused_for_check = False

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
            self._offer_draft()

    # --- training: see `gui/training.py` -----------------------------------------------------------------

    def show_training(self) -> None:
        """Show the window in which models are trained."""
        self.trouble.withdraw(self.show_training)
        if self._training_window is None:
            window = self._training_window = TrainingWindow(self, self.training, self._remembered)
            window.finished.connect(self._training_closed)
            self.closed.connect(window.close)
            window.show()
        self._training_window.activateWindow()

    def _training_closed(self) -> None:
        self._training_window = None
        self._offer_draft()

    def _offer_draft(self) -> None:
        """Say that a trained model waits, where the window that shows it is closed."""
        draft = self.training.draft
        if draft is not None and self._training_window is None:
            state = "is learnt" if draft.finished else f"is learnt up to pass {draft.passes_done} of {draft.passes}"
            self.trouble.offer(
                f"{draft.name} {state}; the model waits to be kept", "Look at it", "Keep it, or not", self.show_training
            )

    def _hear_draft(self, folder: str) -> None:
        if not self._before_hearing:
            self._before_hearing = self.bridge.snapshot.model
        self.bridge.send(ask.SelectModel(folder))

    def _unhear_draft(self) -> None:
        if self._before_hearing:
            self.bridge.send(ask.SelectModel(self._before_hearing))
            self._before_hearing = ""

    def _choose_model(self, name: str) -> None:
        self._before_hearing = ""
        self.training.hear_no_more()
        self.bridge.send(ask.SelectModel(name))

    def _add_model(self, model: ModelChoice) -> None:
        self.toolbar.add_model(model)
        self.toolbar.show_snapshot(self.bridge.snapshot)
        if self.training.hearing:
            self._choose_model(model.name)
        self._say(f"{model.title} is kept: choose it beside the tempo, whenever you like")

    def copy_diagnostics(self) -> None:
        """Put what a bug report should say on the clipboard."""
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(self._services.diagnostics())
        self._say("Diagnostics copied: paste them into your report")

    def _say(self, text: str) -> None:
        self.bridge.notify(Notice(text, Level.INFO))

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
                self.show_training()
                self.training.choose(path)
            elif path.suffix.lower() == PRESET_SUFFIX:
                self.presets.open(path)
            else:
                self.use_primer(path)

    # --- what is remembered ------------------------------------------------------------------------------

    def set_theme(self, name: str) -> None:
        """Change to the ``dark`` or the ``light`` theme."""
        theme = replace(THEMES.get(name, THEMES["dark"]), scale=self._text_percent / 100)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, theme)
        self.roll.set_theme(theme)
        self.thinking.set_theme(theme)
        self.overview.set_theme(theme)
        self.toolbar.set_scale(theme.scale)
        self._settled.start(0)
        self._remembered["theme"] = theme.name
        self._menus.show_theme(theme.name)

    def set_text(self, percent: int) -> None:
        """Write everything larger or smaller; 100 is the usual size."""
        self._text_percent = self._remembered["text"] = percent
        self.set_theme(self._remembered["theme"])
        self._show_thinking_line()
        self._say(f"Text at {percent} %")

    def step_text(self, steps: int) -> None:
        """Write larger by so many steps, smaller if negative."""
        index = TEXT_PERCENTS.index(self._text_percent) + steps
        self.set_text(TEXT_PERCENTS[min(max(index, 0), len(TEXT_PERCENTS) - 1)])

    def set_still(self, still: bool) -> None:
        """Let the roll move once a beat and menus open at once, or everything move smoothly."""
        self._still = self._remembered["still"] = still
        self._still_switch.setChecked(still)
        animate_widgets(not still)

    def set_thinking(self, shown: bool) -> None:
        """Show what the model is thinking, or fold it away, from now on."""
        self._remembered["thinking"] = shown
        self._unfold(shown)

    def _unfold(self, shown: bool) -> None:
        self.thinking.unfold(open=shown)
        self._show_thinking_line()
        self._thinking_switch.setChecked(shown)

    def _unfold_by_default(self) -> None:
        """Show it unasked where that leaves the roll its share."""
        thinking = self.thinking
        if not isinstance(self._remembered.get("thinking"), bool):
            trouble = 0 if self.trouble.isHidden() else self.trouble.height()  # it goes
            left = self.roll.height() + trouble - (0 if thinking.is_open else thinking.folded_away())
            self._unfold(left >= ROLL_SHARE * self.height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the height anew, once the controls have found theirs."""
        super().resizeEvent(event)
        self.thinking.stretch_to(self.height())
        self._show_thinking_line()
        self._settled.start(0)

    def _show_thinking_line(self) -> None:
        """Where the window is low, overview and folded panel leave their lines to the roll; Ctrl+I still opens it.

        The open panel takes some of the roll, and of the screen if need be.
        """
        roomy, is_open = self.height() * 100 >= ROOMY_PIXELS * self._text_percent, self.thinking.is_open
        self.thinking.setVisible(roomy or is_open)
        self.overview.setMaximumHeight(QWIDGETSIZE_MAX if roomy else 0)
        self.roll.setMinimumHeight(LEAST_ROLL_PIXELS if roomy or not is_open else ROLL_BESIDE_THINKING)
        asked_for = self._remembered.get("thinking") is True
        self.setMinimumHeight(max(LEAST_PIXELS, THINKING_PIXELS * self._text_percent // 100 if asked_for else 0))

    def _restore(self) -> None:
        percent = self._remembered.get("text")
        self._text_percent = percent if percent in TEXT_PERCENTS else 100
        still = self._remembered.get("still")
        if isinstance(still, bool):
            self.set_still(still)
        elif system_reduces_motion():
            self.set_still(True)
            del self._remembered["still"]  # the system goes on to say
        thinking = self._remembered.get("thinking")
        if isinstance(thinking, bool):
            self._unfold(thinking)
        theme = self._remembered.get("theme")
        self.set_theme(theme if isinstance(theme, str) else "dark")
        self.roll.restore_zoom(self._remembered.get("zoom"))
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
        self._remembered["zoom"] = self.roll.zoom_to_remember()
        self._services.store.save(self._remembered)
        self.closed.emit()
        super().closeEvent(event)
        self.roll.close()  # pyqtgraph's own order of taking a scene down; left to the garbage collector it can crash


def hint_for(snapshot: Snapshot) -> tuple[str, str] | None:
    """Return what an empty roll says: a title and a sentence."""
    if not (snapshot.ports.piano or snapshot.ports.midi):
        return (
            "There is nothing to sound on",
            "Neither a sound device nor MIDI answers: what is played is drawn and recorded, but not heard.",
        )
    if snapshot.transport is Transport.STOPPED:
        return "Press Space to play", "Or drop a MIDI file here: the model goes on from it."
    return None
