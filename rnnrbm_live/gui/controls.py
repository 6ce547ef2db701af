"""The controls below the roll: what shapes the music, and where it sounds."""

from __future__ import annotations

import random
from collections.abc import Callable

from PyQt6.QtCore import QRegularExpression, Qt, pyqtSignal
from PyQt6.QtGui import QRegularExpressionValidator
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from rnnrbm_live.core.messages import ALL_INPUTS, Ports
from rnnrbm_live.core.settings import RANGES, Settings
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.widgets import Button, Choice, Control, Field, Switch

SLIDERS: tuple[tuple[str, str, str, float, float, float, Callable[[float], str]], ...] = (
    (
        "temperature",
        "Temperature",
        "How freely the model chooses: it divides what every unit of the network feels before it decides.\n"
        "Below 1 it is careful, above 1 it takes risks",
        0.5,
        1.5,
        0.01,
        lambda value: f"{value:.2f}",
    ),
    (
        "density",
        "Density",
        "How many notes: nats added to the inclination of every key.\nBelow 0 thinner, above 0 fuller",
        -3.0,
        3.0,
        0.05,
        lambda value: f"{value:+.2f}" if value else "0.00",
    ),
    (
        "gibbs_steps",
        "Gibbs steps",
        "How long the model thinks about each step: sweeps of its Gibbs chain.\n"
        "It was trained for the default; fewer stay closer to what sounds now",
        5,
        100,
        1,
        lambda value: f"{value:.0f}",
    ),
    (
        "velocity",
        "Dynamics",
        "How hard the model plays: MIDI velocity of a plain note",
        20,
        120,
        1,
        lambda value: f"{value:.0f}",
    ),
)


class Controls(QWidget):
    """Sliders, seed and ports.

    Signals:
        adjusted: (field of `Settings`, value).
        output_chosen: name of a MIDI output, or None for our own port.
        input_chosen: name of a MIDI input, or None.
    """

    adjusted = pyqtSignal(str, object)
    output_chosen = pyqtSignal(object)
    input_chosen = pyqtSignal(object)

    def __init__(self) -> None:
        """Show the defaults."""
        super().__init__()
        self.setObjectName("controls")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        defaults = Settings()
        self.sliders: dict[str, Control] = {}
        for name, title, tooltip, low, high, step, text in SLIDERS:
            self.sliders[name] = self._control(name, title, tooltip, low, high, step, getattr(defaults, name), text)
        self.piano = Switch("Built-in piano")
        self.piano.toggled.connect(lambda on: self.adjusted.emit("piano", on))
        self.sliders["piano_gain_db"] = self._control(
            "piano_gain_db",
            "Piano level",
            "How loud the built-in piano is; MIDI outputs are not affected",
            -40.0,
            6.0,
            0.5,
            defaults.piano_gain_db,
            lambda value: f"{value:+.1f} dB",
            heading=self.piano,
        )
        self.clock = Switch(
            "Send clock",
            "Send MIDI clock, start, stop and song position: sequencers and arpeggiators follow",
        )
        self.clock.toggled.connect(lambda on: self.adjusted.emit("midi_clock", on))
        self.follow = Switch("Follow clock", "Tempo, start and stop follow the MIDI clock that a sequencer sends to us")
        self.follow.toggled.connect(lambda on: self.adjusted.emit("follow_clock", on))
        self.seed = Field()
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("Where all chance comes from: the same seed and settings play the same music")
        self.seed.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{1,10}"), self))
        self.seed.setFixedWidth(104)
        self.seed.editingFinished.connect(self._seed_typed)
        self.dice = Button("Dice", "Another seed: other music from the next step on (Ctrl+D)", "dice")
        self.dice.clicked.connect(lambda: self.adjusted.emit("seed", random.randrange(10**9)))
        self.input = Choice(
            "MIDI in", "MIDI keyboard to play on; the letter rows of the computer keyboard play too", lamp=True
        )
        self.output = Choice(
            "MIDI out",
            "Where the notes go: to programs that connect to RNN-RBM Live, and to the synthesizer chosen here",
            lamp=True,
        )
        self.input.activated.connect(lambda: self.input_chosen.emit(self.input.currentData()))
        self.output.activated.connect(lambda: self.output_chosen.emit(self.output.currentData()))
        for choice in (self.input, self.output):
            choice.setMinimumContentsLength(12)
        self._build()

    def _build(self) -> None:
        shape = QHBoxLayout()
        shape.setSpacing(26)
        for name, *_ in SLIDERS:
            shape.addWidget(self.sliders[name], 1)
        seed = QHBoxLayout()
        seed.setSpacing(6)
        seed.addWidget(self.seed)
        seed.addWidget(self.dice)
        places = QGridLayout()
        places.setHorizontalSpacing(20)
        places.setVerticalSpacing(4)
        headings = (("Seed", None), ("MIDI in", self.follow), ("MIDI out", self.clock))
        for column, (title, switch) in enumerate(headings):
            label = QLabel(title)
            label.setProperty("kind", "muted")
            heading = QHBoxLayout()
            heading.addWidget(label)
            heading.addStretch(1)
            if switch is not None:
                heading.addWidget(switch)
            places.addLayout(heading, 0, column)
        places.addLayout(seed, 1, 0)
        places.addWidget(self.input, 1, 1)
        places.addWidget(self.output, 1, 2)
        places.addWidget(self.sliders["piano_gain_db"], 0, 3, 2, 1)
        for column, stretch in ((1, 3), (2, 3), (3, 2)):
            places.setColumnStretch(column, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 14)
        layout.setSpacing(10)
        layout.addLayout(shape)
        layout.addLayout(places)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the engine's state; nothing is emitted."""
        for name, control in self.sliders.items():
            control.show_value(getattr(snapshot.settings, name))
        if not self.seed.hasFocus():
            self.seed.setText(str(snapshot.settings.seed))
        for switch, on in (
            (self.clock, snapshot.settings.midi_clock),
            (self.follow, snapshot.settings.follow_clock),
        ):
            switch.blockSignals(True)
            switch.setChecked(on)
            switch.blockSignals(False)
            switch.setEnabled(snapshot.ports.midi is not None)
        self._show_ports(snapshot.ports, snapshot.settings.piano)

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
            self.output.offer([("No MIDI: the piano plays" if ports.piano else "No MIDI", None)], None)
            self.input.offer([("No MIDI: computer keys", None)], None)
            return
        self.output.offer(
            [
                ("RNN-RBM Live (virtual)", None),
                *((name, name) for name in ports.outputs),
                *((f"{name} (not there)", name) for name in {ports.output} - {None, *ports.outputs}),
            ],
            ports.output,
            works=ports.output in ports.outputs_open or (ports.output is None and bool(ports.outputs_open)),
        )
        missing = {ports.input} - {None, ALL_INPUTS, *ports.inputs}
        self.input.offer(
            [
                ("All keyboards", ALL_INPUTS),
                *((name, name) for name in ports.inputs),
                *((f"{name} (not there)", name) for name in missing),
                ("None: computer keys", None),
            ],
            ports.input,
            works=bool(ports.inputs_open),
        )

    def _control(
        self,
        name: str,
        title: str,
        tooltip: str,
        low: float,
        high: float,
        step: float,
        default: float,
        text: Callable[[float], str],
        heading: QWidget | None = None,
    ) -> Control:
        control = Control(title, tooltip, low=low, high=high, step=step, default=default, text=text, heading=heading)
        whole = isinstance(default, int)
        control.moved.connect(lambda value: self.adjusted.emit(name, round(value) if whole else value))
        return control

    def _seed_typed(self) -> None:
        if self.seed.isModified() and self.seed.hasAcceptableInput():
            self.seed.setModified(False)
            self.adjusted.emit("seed", min(int(self.seed.text()), int(RANGES["seed"].high)))
        self.seed.clearFocus()


def _piano_words(ports: Ports) -> str:
    if not ports.piano:
        return "No sound device answers: connect one and start again, or play through MIDI"
    if ports.piano_stands_in:
        return f"It plays until {ports.output} is there again; choose another MIDI output and it is silent"
    return "Whether the built-in piano plays along with MIDI; it does while a chosen MIDI output is missing"
