"""What MIDI controllers can move and do in the main window."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QMenu

from rnnrbm_live.core.controllers import Dial
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.gui.bounds import BoundsStrip, DuetStrip
from rnnrbm_live.gui.controls import Controls
from rnnrbm_live.gui.midi_learn import MidiLearn
from rnnrbm_live.gui.strips import PrimerStrip
from rnnrbm_live.gui.toolbar import Toolbar
from rnnrbm_live.gui.turns import TurnsStrip

KNOB_BPM = (40.0, 240.0)  # what a knob reaches: all of the range would be 2 BPM apart
TAP = "Tap tempo"
CHOICE_TITLES = {
    "duet_voices": "Notes added in Duet",
    "duet_place": "Where they are added",
    "room": "Room around",
    "tonic": "Key",
    "scale": "Scale",
    "low_pitch": "Lowest note",
    "high_pitch": "Highest note",
    "most_notes": "Most notes at once",
}
"""By field of `Settings`; other choices go by their accessible names."""


def make_learnable(
    midi: MidiLearn,
    actions: QMenu,
    tap: Callable[[float], object],
    *,
    toolbar: Toolbar,
    controls: Controls,
    primer: PrimerStrip,
    duet: DuetStrip,
    turns: TurnsStrip,
    bounds: BoundsStrip,
) -> None:
    """Let controllers move every slider, choice and switch and the tempo, and do what a menu has.

    Args:
        midi: learns them.
        actions: a menu each of whose lines a press can do; its buttons in the window show what does.
        tap: taps the tempo at a moment on the engine's clock.
        toolbar: has the tempo, and buttons for actions.
        controls: has sliders and switches, and a button for an action.
        primer: has switches, and a button for an action.
        duet: has choices and a switch.
        turns: has the primer's switches once more.
        bounds: has choices.
    """
    for name, control in controls.sliders.items():
        midi.add_control(name, control)
    midi.add_dial("tempo_bpm", "Tempo", Dial.numbers(*KNOB_BPM, 1.0), toolbar.tempo)
    for strip in (duet, bounds):
        for name, choice in strip.choices.items():
            midi.add_choice(name, CHOICE_TITLES.get(name, choice.accessibleName()), choice)
    for name, switch in {
        "click": primer.click,
        "count_in": primer.count_in,
        "restrike": duet.restrike,
        "piano": controls.piano,
        "midi_clock": controls.clock,
        "follow_clock": controls.follow,
    }.items():
        midi.add_switch(name, switch)
    midi.attach("click", turns.click)
    midi.attach("count_in", turns.count_in)
    names: dict[str, str] = {}
    for action in actions.actions():
        if action.text() == TAP:
            names[TAP] = midi.add_action(TAP, tap)
        elif not action.isSeparator():
            names[action.text()] = midi.add_menu_action(action)
    for title, button in (
        *(("Play or pause", toolbar.play), ("Stop", toolbar.stop), ("Panic", toolbar.panic), (TAP, toolbar.tap)),
        *((mode.value.capitalize(), toolbar.mode_button(mode)) for mode in Mode),
        *(("Another seed", controls.dice), ("Continue from the primer", primer.go_on)),
    ):
        midi.attach(names[title], button)
