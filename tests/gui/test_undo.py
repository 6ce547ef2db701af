"""Undo and redo in the window: sliders, presets, bounds, seed; and text fields keep their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtTest import QTest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.controllers import Controller, Reading
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import CALM, FakeEngine
from tests.gui.test_controls import NO_KEYS, drag, mouse

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Desk:
    """A window whose engine does what it is asked when it is told to."""

    def __init__(self, window: MainWindow, engine: FakeEngine) -> None:
        self.window, self.engine = window, engine
        window.resize(1400, 860)
        self.settle()

    def settle(self, seconds: float = 5.0) -> None:
        """Let the engine answer, and time go on."""
        for command in self.engine.sent:
            if isinstance(command, ask.Adjust):
                change: dict[str, object] = {command.name: command.value}
                self.engine.change(settings=replace(self.engine.snapshot.settings, **change))  # type: ignore[arg-type]
        self.engine.sent.clear()
        self.window.bridge.look()
        self.engine.clock.sleep_until(self.engine.clock.now_seconds() + seconds)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = CONTROL) -> None:
        QTest.keyClick(self.window.roll, key, modifier)
        self.settle()

    @property
    def settings(self) -> Settings:
        return self.engine.snapshot.settings

    @property
    def offered(self) -> tuple[str, str]:
        return self.window._undo_action.text(), self.window._redo_action.text()


@pytest.fixture
def desk(window: MainWindow, engine: FakeEngine) -> Desk:
    return Desk(window, engine)


def test_a_drag_is_one_step(desk: Desk) -> None:
    slider = desk.window.controls.sliders["temperature"].slider
    start = desk.settings.temperature
    drag(slider, 30)
    desk.settle(0.1)
    first = desk.settings.temperature
    drag(slider, 30)
    desk.settle()
    assert start < first < desk.settings.temperature
    assert desk.offered == ("Undo Temperature", "Redo")
    desk.press(Qt.Key.Key_Z)
    assert desk.settings.temperature == first
    desk.press(Qt.Key.Key_Z)
    assert desk.settings.temperature == start
    assert desk.offered == ("Undo", "Redo Temperature")
    assert not desk.window._undo_action.isEnabled()
    desk.press(Qt.Key.Key_Y)
    assert desk.settings.temperature == first
    desk.press(Qt.Key.Key_Z, CONTROL | SHIFT)
    assert desk.settings.temperature > first
    assert desk.window.controls.sliders["temperature"].value == desk.settings.temperature


def test_a_slow_drag_is_one_step_and_what_follows_at_once_another(desk: Desk) -> None:
    slider = desk.window.controls.sliders["temperature"].slider
    start, x = desk.settings.temperature, slider._handle().center().x()
    mouse(slider, QEvent.Type.MouseButtonPress, x, NO_KEYS)
    for pixels in (10, 20, 30):
        mouse(slider, QEvent.Type.MouseMove, x + pixels, NO_KEYS)
        desk.settle(5.0)
    mouse(slider, QEvent.Type.MouseButtonRelease, x + 30, NO_KEYS)
    desk.settle(0.0)
    dragged = desk.settings.temperature
    QTest.keyClick(slider, Qt.Key.Key_Right)
    desk.settle()
    assert desk.settings.temperature > dragged > start
    desk.press(Qt.Key.Key_Z)
    assert desk.settings.temperature == dragged
    desk.press(Qt.Key.Key_Z)
    assert desk.settings.temperature == start


def test_a_preset_is_one_step_and_so_is_lifting_the_bounds(desk: Desk) -> None:
    before = desk.settings
    desk.window.presets.use(CALM)
    desk.settle()
    assert desk.settings.tempo_bpm == 63.0
    assert desk.offered[0] == "Undo Preset"
    desk.press(Qt.Key.Key_Z)
    assert desk.settings == before
    desk.engine.change(settings=replace(before, scale="minor", low_pitch=40))
    desk.window.bridge.look()
    desk.press(Qt.Key.Key_K, CONTROL | SHIFT)
    assert (desk.settings.scale, desk.settings.low_pitch) == ("any", 21)
    assert desk.offered[0] == "Undo Key and range"
    desk.press(Qt.Key.Key_Z)
    assert (desk.settings.scale, desk.settings.low_pitch) == ("minor", 40)


def test_dice_tempo_switches_and_single_keys(desk: Desk) -> None:
    before = desk.settings
    for act, title in (
        (desk.window.controls.dice.click, "Undo Seed"),
        (lambda: desk.window.toolbar.tempo.setValue(150.0), "Undo Tempo"),
        (desk.window.controls.clock.click, "Undo Send clock"),
        (lambda: desk.window.requests.bind_key(60), "Undo Single keys"),
        (lambda: desk.window.bounds.adjusted.emit("scale", "minor"), "Undo Scale"),
    ):
        act()
        desk.settle()
        assert desk.offered[0] == title
    assert desk.settings != before
    for _ in range(5):
        desk.press(Qt.Key.Key_Z)
    assert desk.settings == before
    for _ in range(5):
        desk.press(Qt.Key.Key_Y)
    assert (desk.settings.tempo_bpm, desk.settings.muted, desk.settings.scale) == (150.0, (60,), "minor")


def test_each_single_key_is_a_step_however_fast_they_follow(desk: Desk) -> None:
    for pitch in (55, 62, 62):
        desk.window.requests.bind_key(pitch)
        desk.settle(0.2)
    assert (desk.settings.muted, desk.settings.forced) == ((55,), (62,))
    seen = []
    for _ in range(3):
        desk.press(Qt.Key.Key_Z)
        seen.append((desk.settings.muted, desk.settings.forced))
    assert seen == [((55, 62), ()), ((55,), ()), ((), ())]


def test_a_knob_that_moves_on_is_one_step_and_has_to_be_picked_up_after_undo(desk: Desk) -> None:
    knob = Controller(0, 74)
    desk.window.midi.bindings.bind("temperature", knob)
    for value in range(45, 100):
        desk.engine.change(controls={knob: Reading(value)})
        desk.window.bridge.look()
        desk.settle(0.03)
    assert desk.settings.temperature == 1.28
    desk.settle()
    desk.press(Qt.Key.Key_Z)
    assert desk.settings.temperature == 1.0
    assert not desk.window._undo_action.isEnabled()
    desk.engine.change(controls={knob: Reading(98)})
    desk.window.bridge.look()
    assert desk.engine.sent == []


def test_what_is_typed_has_its_own_undo_and_lets_go_of_it(desk: Desk) -> None:
    seed = desk.window.controls.seed
    desk.window.controls.dice.click()
    desk.settle()
    drawn = desk.settings.seed
    seed.setFocus()
    seed.selectAll()
    QTest.keyClicks(seed, "77")
    QTest.keyClick(seed, Qt.Key.Key_Z, CONTROL)
    assert seed.text() != "77"
    assert desk.engine.sent == []
    assert desk.settings.seed == drawn
    seed.setFocus()
    seed.setText(str(drawn))  # as the engine's answer does: nothing typed is left to undo
    QTest.keyClick(seed, Qt.Key.Key_Z, CONTROL)
    desk.settle()
    assert desk.settings.seed == Settings().seed


def test_an_arrow_in_the_tempo_box_can_be_undone_there(desk: Desk) -> None:
    tempo = desk.window.toolbar.tempo
    tempo.setFocus()
    QTest.keyClick(tempo, Qt.Key.Key_Up)
    desk.settle()
    assert desk.settings.tempo_bpm == 97.0
    QTest.keyClick(tempo, Qt.Key.Key_Z, CONTROL)
    desk.settle()
    desk.engine.change(tempo_bpm=96.0)
    desk.window.bridge.look()
    assert desk.settings.tempo_bpm == tempo.value() == 96.0, "and is seen there"


def test_models_ports_and_transport_are_no_steps(desk: Desk) -> None:
    window = desk.window
    window.toolbar.play.click()
    window.toolbar.model_chosen.emit("folk-tunes")
    window.controls.output_chosen.emit("Synth A")
    desk.settle()
    assert not window._undo_action.isEnabled()
