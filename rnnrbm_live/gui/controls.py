"""The controls below the roll: what shapes the music, and where it sounds.

They stand in cells that break into rows, and scroll where the window is low. `add_cells` takes more of them.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from PyQt6.QtCore import QRegularExpression, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QRegularExpressionValidator, QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QWidget

from rnnrbm_live.core.messages import ALL_INPUTS, Ports
from rnnrbm_live.core.presets import Preset
from rnnrbm_live.core.settings import RANGES, Settings
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.flow import Cells
from rnnrbm_live.gui.sliders import Cell, Control, Measure
from rnnrbm_live.gui.widgets import Button, Choice, Field, Switch, bring_focus, muted

PIANO_SOUNDS = "Whether the built-in piano plays along with MIDI; it does while a chosen MIDI output is missing (Alt+N)"
PIANO_IS_SILENT = "No sound device answers: connect one and start again, or play through MIDI"
MARGIN = 16  # pixels at the left and at the right; a scroll bar fits in
MEASURES = {
    "temperature": Measure(
        "Temperature",
        "How freely the model chooses: it divides what every unit of the network feels before it decides.\n"
        "Below 1 it is careful, at 1 as it was trained, above 1 it takes risks",
        0.5,
        1.5,
        0.05,
        0.01,
        lambda value: f"\N{MULTIPLICATION SIGN} {value:.2f}",
        "Alt+T",
    ),
    "density": Measure(
        "Density",
        "How many notes: nats added to the inclination of every key.\nBelow 0 thinner, above 0 fuller",
        -3.0,
        3.0,
        0.25,
        0.05,
        lambda value: f"{value:+.2f} nats" if round(value, 2) else "0.00 nats",
        "Alt+D",
    ),
    "gibbs_steps": Measure(
        "Gibbs steps",
        "How long the model thinks about each step: sweeps of its Gibbs chain.\n"
        "It was trained for the default; fewer stay closer to what sounds now",
        5,
        100,
        5,
        1,
        lambda value: f"{value:.0f} sweeps",
        "Alt+G",
    ),
    "velocity": Measure(
        "Dynamics",
        "How hard the model plays: MIDI velocity of a plain note, of 127",
        20,
        120,
        4,
        1,
        lambda value: f"{value:.0f} / 127",
        "Alt+Y",
    ),
    "takeover_beats": Measure(
        "Takes over in",
        "In Primer: how many beats you are silent before the model goes on from what you played",
        1,
        16,
        1,
        0.5,
        lambda value: f"{value:g} beat" if value == 1 else f"{value:g} beats",
        "Alt+K",
    ),
    "piano_gain_db": Measure(
        "Piano level",
        "How loud the built-in piano is; MIDI outputs are not affected",
        -40.0,
        6.0,
        2.0,
        0.5,
        lambda value: f"{value:+.1f} dB" if value else "0.0 dB",
        "Alt+L",
    ),
}


class _SeedField(Field):
    """Never too narrow for the longest seed."""

    def minimumSizeHint(self) -> QSize:
        """Ten digits, at any size of text."""
        return QSize(self.fontMetrics().horizontalAdvance("0" * 10) + 10, super().minimumSizeHint().height())


class Controls(QScrollArea):
    """Preset, sliders, seed and ports.

    Signals:
        adjusted: (field of `Settings`, value).
        preset_chosen: a `Preset`.
        save_preset_asked: the settings in force are to be kept.
        output_chosen: name of a MIDI output, or None for our own port.
        input_chosen: name of a MIDI input, or None.
    """

    adjusted = pyqtSignal(str, object)
    preset_chosen = pyqtSignal(object)
    save_preset_asked = pyqtSignal()
    output_chosen = pyqtSignal(object)
    input_chosen = pyqtSignal(object)

    def __init__(self) -> None:
        """Show the defaults."""
        super().__init__()
        self.setObjectName("controls")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._presets: list[Preset] = []
        self._build_music()
        self._build_places()
        self.sliders: dict[str, Control] = {}
        defaults = Settings()
        for name, measure in MEASURES.items():
            heading = self.piano if name == "piano_gain_db" else None
            self.sliders[name] = self.control(name, measure, getattr(defaults, name), heading)
        self._cells: list[QWidget] = []
        self._layout = Cells(across=17, down=8)
        self._layout.setContentsMargins(MARGIN, 12, MARGIN, 14)
        self._inside = QWidget()
        self._inside.setObjectName("cells")
        self._inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._inside.setLayout(self._layout)
        self.setWidget(self._inside)
        self.add_cells(
            [
                Cell([muted("Preset")], [self.preset, self.save]),
                *(self.sliders[name] for name in ("temperature", "density", "gibbs_steps", "velocity")),
                Cell([muted("Seed")], [self.seed, self.dice]),
                self.sliders["takeover_beats"],
                Cell([muted("MIDI in"), self.follow], [self.input]),
                Cell([muted("MIDI out"), self.clock], [self.output]),
                self.sliders["piano_gain_db"],
            ]
        )

    def _build_music(self) -> None:
        self.preset = Choice("Preset", "Temperature, density, tempo and the like, all at once (Alt+R)")
        self.preset.setMinimumContentsLength(8)
        self.preset.activated.connect(self._preset_activated)
        bring_focus("Alt+R", self.preset)
        self.save = Button("Save…", "Keep the settings in force under a name (Ctrl+S)", "small")
        self.save.clicked.connect(self.save_preset_asked)
        self.seed = _SeedField()
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip(
            "Where all chance comes from: the same seed and settings play the same music.\n"
            f"0 to {RANGES['seed'].high:.0f}; type it, then Enter. Alt+S comes here"
        )
        self.seed.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{1,10}"), self))
        self.seed.editingFinished.connect(self._seed_typed)
        bring_focus("Alt+S", self.seed)
        self.dice = Button("Dice", "Another seed: other music from the next step on (Ctrl+D)", "small")
        self.dice.clicked.connect(lambda: self.adjusted.emit("seed", random.randrange(10**9)))

    def _build_places(self) -> None:
        self.piano = Switch("Piano", shortcut="Alt+N")
        self.piano.toggled.connect(lambda on: self.adjusted.emit("piano", on))
        self.clock = Switch(
            "Send clock",
            "Send MIDI clock, start, stop and song position: sequencers and arpeggiators follow",
            "Alt+C",
        )
        self.clock.toggled.connect(lambda on: self.adjusted.emit("midi_clock", on))
        self.follow = Switch(
            "Follow clock", "Tempo, start and stop follow the MIDI clock that a sequencer sends to us", "Alt+W"
        )
        self.follow.toggled.connect(lambda on: self.adjusted.emit("follow_clock", on))
        self.input = Choice(
            "MIDI in",
            "MIDI keyboard to play on; the letter rows of the computer keyboard play too (Alt+I)",
            lamp=True,
        )
        self.output = Choice(
            "MIDI out",
            "Where the notes go: to programs that connect to RNN-RBM Live, and to the synthesizer chosen here (Alt+O)",
            lamp=True,
        )
        self.input.activated.connect(lambda: self.input_chosen.emit(self.input.currentData()))
        self.output.activated.connect(lambda: self.output_chosen.emit(self.output.currentData()))
        bring_focus("Alt+I", self.input)
        bring_focus("Alt+O", self.output)
        self.input.setMinimumContentsLength(13)
        self.output.setMinimumContentsLength(11)

    # --- for whoever adds to it --------------------------------------------------------------------------

    def control(self, name: str, measure: Measure, default: float, heading: QWidget | None = None) -> Control:
        """Return a slider for a field of `Settings`; put it into `sliders` to be shown what the engine says."""
        control = Control(measure, default, heading)
        whole = isinstance(default, int)
        control.moved.connect(lambda value: self.adjusted.emit(name, round(value) if whole else value))
        return control

    def add_cells(self, cells: Sequence[QWidget], before: QWidget | None = None) -> None:
        """Add widgets, each a cell, before another one or at the end; Tab goes through them in this order."""
        index = len(self._cells) if before is None else self._cells.index(before)
        for offset, cell in enumerate(cells):
            self._layout.insert(index + offset, cell)
            self._cells.insert(index + offset, cell)
        stops = [
            widget
            for cell in self._cells
            for widget in cell.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and widget.window() is self.window()  # no list that pops up
        ]
        for first, second in itertools.pairwise(stops):
            QWidget.setTabOrder(first, second)

    # --- its height --------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """As wide as it is, and as tall as its rows."""
        return QSize(super().sizeHint().width(), self._layout.heightForWidth(self._room()))

    def minimumSizeHint(self) -> QSize:
        """One row, and it scrolls."""
        return self._layout.minimumSize()

    def show_whole_rows(self, pixels: int) -> None:
        """Be no taller than so many pixels, and cut no row in two; 0 folds all away, and keys still reach it."""
        self.setMaximumHeight(self._layout.whole_rows(self._room(), pixels) if pixels else 0)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Ask for another height at another width; a scroll bar stands in the margin, so that no row breaks for it."""
        super().resizeEvent(event)
        margins = self._layout.contentsMargins()
        margins.setRight(max(0, MARGIN - (self.maximumViewportSize().width() - self._room())))
        if margins != self._layout.contentsMargins():
            self._layout.setContentsMargins(margins)
        self.updateGeometry()

    def _room(self) -> int:
        viewport = self.viewport()
        assert viewport is not None
        return viewport.width()

    # --- what is shown -----------------------------------------------------------------------------------

    def show_presets(self, presets: Sequence[Preset]) -> None:
        """Offer these."""
        self._presets = list(presets)

    @property
    def presets(self) -> Sequence[Preset]:
        """Those that are offered."""
        return self._presets

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the engine's state; nothing is emitted."""
        for name, control in self.sliders.items():
            control.show_value(getattr(snapshot.settings, name))
        if not self.seed.hasFocus():
            self.seed.setText(str(snapshot.settings.seed))
        self._show_preset(snapshot.settings)
        for switch, on in (
            (self.clock, snapshot.settings.midi_clock),
            (self.follow, snapshot.settings.follow_clock),
        ):
            switch.blockSignals(True)
            switch.setChecked(on)
            switch.blockSignals(False)
            switch.setEnabled(snapshot.ports.midi is not None)
        self._show_ports(snapshot.ports, snapshot.settings.piano)

    def _show_preset(self, settings: Settings) -> None:
        names = [preset.name for preset in self._presets]
        chosen = next((preset.name for preset in self._presets if preset.matches(settings)), None)
        entries: list[tuple[str, object]] = [(name, name) for name in names]
        if chosen is None:
            entries.insert(0, ("Your own", None))
        self.preset.offer(entries, chosen)

    def _show_ports(self, ports: Ports, piano_on: bool) -> None:
        self.piano.blockSignals(True)
        sounds = ports.piano and (piano_on or ports.piano_stands_in)
        self.piano.setChecked(sounds)
        self.piano.blockSignals(False)
        self.piano.setEnabled(ports.piano and not ports.piano_stands_in)
        self.sliders["piano_gain_db"].slider.setEnabled(sounds)
        self.piano.setToolTip(_piano_words(ports))
        for choice in (self.input, self.output):
            choice.setEnabled(ports.midi is not None)
        if ports.midi is None:
            self.output.offer([("No MIDI", None)], None)
            self.input.offer([("Computer keys", None)], None)
            return
        self.output.offer(
            [
                ("RNN-RBM Live", None),
                *((name, name) for name in ports.outputs),
                *((f"{name} (not there)", name) for name in {ports.output} - {None, *ports.outputs}),
            ],
            ports.output,
            works=ports.output in ports.outputs_open or (ports.output is None and bool(ports.outputs_open)),
        )
        missing = {ports.input} - {None, ALL_INPUTS, *ports.inputs}
        self.input.offer(
            [
                ("All keyboards" if ports.inputs else "None plugged in", ALL_INPUTS),
                *((name, name) for name in ports.inputs),
                *((f"{name} (not there)", name) for name in missing),
                ("Computer keys", None),
            ],
            ports.input,
            works=bool(ports.inputs_open),
        )

    # --- what the user does ------------------------------------------------------------------------------

    def _preset_activated(self) -> None:
        chosen = self.preset.currentData()
        for preset in self._presets:
            if preset.name == chosen:
                self.preset_chosen.emit(preset)
                return

    def _seed_typed(self) -> None:
        if self.seed.isModified() and self.seed.hasAcceptableInput():
            self.seed.setModified(False)
            self.adjusted.emit("seed", min(int(self.seed.text()), int(RANGES["seed"].high)))
        self.seed.clearFocus()


def _piano_words(ports: Ports) -> str:
    if not ports.piano:
        return PIANO_IS_SILENT
    if ports.piano_stands_in:
        return f"It plays until {ports.output} is there again; choose another MIDI output and it is silent"
    return PIANO_SOUNDS
