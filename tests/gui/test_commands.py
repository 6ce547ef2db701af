"""Each control sends the right command, and nothing is sent by what the engine shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.messages import ALL_INPUTS, OpenInput, OpenOutput, Panic
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.snapshot import PrimerState, Transport
from rnnrbm_live.gui.widgets import Choice
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def choose(choice: Choice, index: int) -> None:
    """Choose as the mouse does."""
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


def flip(switch: object) -> None:
    switch.click()  # type: ignore[attr-defined]  # a QAbstractButton


@pytest.mark.parametrize(
    ("act", "command"),
    [
        (lambda w: w.toolbar.play.click(), ask.Play()),
        (lambda w: w.toolbar.panic.click(), Panic()),
        (lambda w: w.toolbar.mode_button(Mode.PRIMER).click(), ask.SetMode(Mode.PRIMER)),
        (lambda w: w.toolbar.tempo.setValue(120.5), ask.Adjust("tempo_bpm", 120.5)),
        (lambda w: choose(w.toolbar.model, 1), ask.SelectModel("folk-tunes")),
        (lambda w: w.controls.sliders["temperature"].slider.setValue(20), ask.Adjust("temperature", 0.7)),
        (lambda w: w.controls.sliders["density"].slider.setValue(40), ask.Adjust("density", -1.0)),
        (lambda w: w.controls.sliders["gibbs_steps"].slider.setValue(9), ask.Adjust("gibbs_steps", 14)),
        (lambda w: w.controls.sliders["velocity"].slider.setValue(60), ask.Adjust("velocity", 80)),
        (lambda w: w.controls.sliders["piano_gain_db"].slider.setValue(80), ask.Adjust("piano_gain_db", 0.0)),
        (lambda w: flip(w.controls.piano), ask.Adjust("piano", False)),
        (lambda w: flip(w.controls.clock), ask.Adjust("midi_clock", True)),
        (lambda w: flip(w.controls.follow), ask.Adjust("follow_clock", True)),
        (lambda w: flip(w.primer.click), ask.Adjust("click", False)),
        (lambda w: flip(w.primer.count_in), ask.Adjust("count_in", True)),
        (lambda w: choose(w.controls.output, 0), OpenOutput(None)),
        (lambda w: choose(w.controls.output, 2), OpenOutput("Synth B")),
        (lambda w: choose(w.controls.input, 0), OpenInput(ALL_INPUTS)),
        (lambda w: choose(w.controls.input, 1), OpenInput("Launchkey Mini MK3")),
        (lambda w: choose(w.controls.input, 2), OpenInput(None)),
    ],
)
def test_control_sends(
    window: MainWindow, engine: FakeEngine, act: Callable[[MainWindow], None], command: ask.Command
) -> None:
    engine.change(mode=Mode.FREE, settings=Settings(piano_gain_db=-12.0))
    window.bridge.look()
    window.primer.click.setChecked(True)
    engine.sent.clear()
    act(window)
    assert engine.sent == [command]


@pytest.mark.parametrize(
    ("key", "modifier", "command"),
    [
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, ask.Pause()),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, Panic()),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, ask.Continue()),
        (Qt.Key.Key_Period, CONTROL, ask.Stop()),
        (Qt.Key.Key_N, CONTROL, ask.NewSession()),
        (Qt.Key.Key_1, CONTROL, ask.SetMode(Mode.FREE)),
        (Qt.Key.Key_2, CONTROL, ask.SetMode(Mode.PRIMER)),
        (Qt.Key.Key_M, CONTROL, ask.AddMarker("Marked")),
    ],
)
def test_shortcut_sends(
    window: MainWindow, engine: FakeEngine, key: Qt.Key, modifier: Qt.KeyboardModifier, command: ask.Command
) -> None:
    engine.play(4)
    window.bridge.look()
    QTest.keyClick(window.roll, key, modifier)
    assert engine.sent == [command]


def test_another_seed_is_a_seed(window: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(window.roll, Qt.Key.Key_D, CONTROL)
    (command,) = engine.sent
    assert isinstance(command, ask.Adjust)
    assert command.name == "seed"
    Settings(seed=command.value)  # in range: raises otherwise


def test_seed_is_typed(window: MainWindow, engine: FakeEngine) -> None:
    window.bridge.look()
    seed = window.controls.seed
    seed.setFocus()
    seed.selectAll()
    QTest.keyClicks(seed, "12x3")
    QTest.keyClick(seed, Qt.Key.Key_Return)
    assert engine.sent == [ask.Adjust("seed", 123)]
    assert not seed.hasFocus()


def test_largest_seed_that_fits_the_box_is_clipped_to_the_range(window: MainWindow, engine: FakeEngine) -> None:
    seed = window.controls.seed
    seed.setFocus()
    seed.selectAll()
    QTest.keyClicks(seed, "9999999999")
    QTest.keyClick(seed, Qt.Key.Key_Return)
    assert engine.sent == [ask.Adjust("seed", 2**32 - 1)]


def test_tempo_is_tapped(window: MainWindow, engine: FakeEngine) -> None:
    for _ in range(4):
        window.toolbar.tap.pressed.emit()
        engine.clock.sleep_until(engine.clock.now_seconds() + 0.5)
    assert engine.sent == [ask.Adjust("tempo_bpm", 120.0)] * 3


def test_tempo_that_is_typed_is_not_overwritten(window: MainWindow, engine: FakeEngine) -> None:
    tempo = window.toolbar.tempo
    tempo.setFocus()
    tempo.selectAll()
    QTest.keyClicks(tempo, "14")
    engine.change(tempo_bpm=101.0)
    window.bridge.look()
    QTest.keyClicks(tempo, "4")
    QTest.keyClick(tempo, Qt.Key.Key_Return)
    assert engine.sent == [ask.Adjust("tempo_bpm", 144.0)]


def test_snapshot_reaches_the_controls_and_nothing_comes_back(window: MainWindow, engine: FakeEngine) -> None:
    settings = Settings(
        tempo_bpm=133.0,
        temperature=1.2,
        density=-0.5,
        gibbs_steps=40,
        velocity=90,
        seed=7,
        piano=False,
        click=False,
        midi_clock=True,
    )
    engine.play(3)
    engine.change(settings=settings, tempo_bpm=133.0, mode=Mode.PRIMER, model="folk-tunes")
    window.bridge.look()
    assert engine.sent == []
    controls, toolbar = window.controls, window.toolbar
    shown = {name: control.value for name, control in controls.sliders.items()}
    assert shown == {
        "temperature": 1.2,
        "density": -0.5,
        "gibbs_steps": 40.0,
        "velocity": 90.0,
        "takeover_beats": 4.0,
        "piano_gain_db": 0.0,
    }
    assert controls.sliders["density"].shown == "-0.50 nats"
    assert controls.clock.isChecked()
    assert (controls.seed.text(), controls.piano.isChecked(), window.primer.click.isChecked()) == ("7", False, False)
    assert (toolbar.tempo.value(), toolbar.play.text()) == (133.0, "Pause")
    assert toolbar.mode_button(Mode.PRIMER).isChecked()
    assert toolbar.model.currentText() == "Folk tunes"


def test_slider_that_is_dragged_is_not_fought(window: MainWindow, engine: FakeEngine) -> None:
    control = window.controls.sliders["temperature"]
    control.slider.setSliderDown(True)
    control.slider.setValue(70)
    engine.change(settings=Settings(temperature=0.6))
    window.bridge.look()
    assert control.value == 1.2
    control.slider.setSliderDown(False)
    engine.change(settings=Settings(temperature=0.8))
    window.bridge.look()
    assert control.value == 0.8


def test_double_click_resets(window: MainWindow, engine: FakeEngine) -> None:
    control = window.controls.sliders["temperature"]
    control.show_value(1.4)
    QTest.mouseDClick(control.slider, LEFT)
    assert engine.sent[-1] == ask.Adjust("temperature", Settings().temperature)


def test_space_presses_a_button_that_tab_has_reached(window: MainWindow, engine: FakeEngine) -> None:
    window.toolbar.panic.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(window.toolbar.panic, Qt.Key.Key_Space)
    QTest.keyClick(window.toolbar.panic, Qt.Key.Key_Return)
    assert engine.sent == [Panic(), Panic()]


def test_clicked_button_leaves_space_to_play(window: MainWindow, engine: FakeEngine) -> None:
    window.roll.setFocus()
    QTest.mouseClick(window.toolbar.panic, LEFT)
    assert window.roll.hasFocus()
    QTest.keyClick(window.roll, Qt.Key.Key_Space)
    assert engine.sent == [Panic(), ask.Play()]


@pytest.mark.parametrize(
    ("transport", "primer", "words", "go_on", "again"),
    [
        (Transport.STOPPED, PrimerState.WAITING, "Press Play", False, False),
        (Transport.PLAYING, PrimerState.WAITING, "Your turn", False, False),
        (Transport.PLAYING, PrimerState.LISTENING, "after 4 beats", True, False),
        (Transport.PLAYING, PrimerState.CONTINUED, "goes on", False, True),
    ],
)
def test_primer_strip_says_whose_turn_it_is(
    window: MainWindow,
    engine: FakeEngine,
    transport: Transport,
    primer: PrimerState,
    words: str,
    go_on: bool,
    again: bool,
) -> None:
    window.bridge.look()
    assert not window.primer.isVisible()
    engine.change(transport=transport, mode=Mode.PRIMER, primer=primer)
    window.bridge.look()
    assert window.primer.isVisible()
    assert words in window.primer.text
    assert window.primer.go_on.isEnabled() is go_on
    assert window.primer.again.isVisible() is again


def test_primer_strip_sends(window: MainWindow, engine: FakeEngine) -> None:
    engine.change(transport=Transport.PLAYING, mode=Mode.PRIMER, primer=PrimerState.LISTENING)
    window.bridge.look()
    window.primer.go_on.click()
    engine.change(primer=PrimerState.CONTINUED)
    window.bridge.look()
    window.primer.again.click()
    assert engine.sent == [ask.Continue(), ask.SetMode(Mode.PRIMER)]


def test_bridge_pulls_by_itself(qtbot: QtBot, window: MainWindow, engine: FakeEngine) -> None:
    window.bridge.start()
    engine.play(5)
    qtbot.waitUntil(lambda: window.toolbar.play.text() == "Pause", timeout=2000)
