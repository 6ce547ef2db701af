"""Each control, by mouse, wheel and keys: what it sends, what it says of itself, and where Tab finds it."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.settings import RANGES, WHOLE_NUMBERS, Mode, Settings
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.gui.controls import MEASURES
from rnnrbm_live.gui.sliders import Control, Slider
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine

LEFT = Qt.MouseButton.LeftButton
NO_KEYS, SHIFT, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
EACH = pytest.mark.parametrize("name", list(MEASURES))
UNITS = {
    "temperature": "\N{MULTIPLICATION SIGN} 1.00",
    "density": "0.00 nats",
    "gibbs_steps": "25 sweeps",
    "velocity": "72 / 127",
    "takeover_beats": "4 beats",
    "piano_gain_db": "0.0 dB",
}


@pytest.fixture
def shown(window: MainWindow, engine: FakeEngine) -> MainWindow:
    window.resize(1400, 860)
    window.bridge.look()
    engine.sent.clear()
    return window


def default_of(name: str) -> float:
    return float(getattr(Settings(), name))


def moved(engine: FakeEngine, name: str) -> list[float]:
    """Return the values sent, all of them for one setting and of its type."""
    values = []
    for command in engine.sent:
        assert isinstance(command, ask.Adjust)
        assert command.name == name
        assert isinstance(command.value, int) is (name in WHOLE_NUMBERS)
        Settings(**{name: command.value})  # in range: raises otherwise
        values.append(command.value)
    return values


def wheel(widget: QWidget, notches: float, modifier: Qt.KeyboardModifier = NO_KEYS) -> None:
    centre = QPointF(widget.rect().center())
    turned, buttons = QPoint(0, round(120 * notches)), Qt.MouseButton.NoButton
    phase, place = Qt.ScrollPhase.NoScrollPhase, widget.mapToGlobal(centre)
    event = QWheelEvent(centre, place, QPoint(), turned, buttons, modifier, phase, False)
    QApplication.sendEvent(widget, event)


def mouse(widget: QWidget, kind: QEvent.Type, x: float, modifier: Qt.KeyboardModifier = NO_KEYS) -> None:
    place = QPointF(x, widget.height() / 2)
    QApplication.sendEvent(widget, QMouseEvent(kind, place, widget.mapToGlobal(place), LEFT, LEFT, modifier))


def drag(slider: Slider, pixels: float, modifier: Qt.KeyboardModifier = NO_KEYS) -> None:
    """Drag the handle, in three moves."""
    x = slider._handle().center().x()
    mouse(slider, QEvent.Type.MouseButtonPress, x, modifier)
    for part in (1, 2, 3):
        mouse(slider, QEvent.Type.MouseMove, x + pixels * part / 3, modifier)
    mouse(slider, QEvent.Type.MouseButtonRelease, x + pixels, modifier)


@EACH
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize("by", ["arrow", "wheel"])
def test_arrows_and_wheel_move_by_a_step_and_finely_with_shift(
    shown: MainWindow, engine: FakeEngine, name: str, direction: int, fine: bool, by: str
) -> None:
    measure, control = MEASURES[name], shown.controls.sliders[name]
    start = measure.low + 5 * measure.coarse
    control.show_value(start)
    if by == "arrow":
        control.slider.setFocus()
        QTest.keyClick(
            control.slider, Qt.Key.Key_Right if direction > 0 else Qt.Key.Key_Left, SHIFT if fine else NO_KEYS
        )
    else:
        wheel(control.slider, direction, SHIFT if fine else NO_KEYS)
    step = measure.fine if fine else measure.coarse
    assert moved(engine, name) == [pytest.approx(start + direction * step)]


@EACH
def test_dragging_follows_the_mouse_and_with_shift_a_tenth_of_it(
    shown: MainWindow, engine: FakeEngine, name: str
) -> None:
    measure, control = MEASURES[name], shown.controls.sliders[name]
    middle = measure.low + round((measure.high - measure.low) / 2 / measure.fine) * measure.fine
    control.show_value(middle)
    pixels = 0.3 * (control.slider.width() - control.slider._handle().width())
    drag(control.slider, pixels)
    coarse = moved(engine, name)[-1] - middle
    assert coarse == pytest.approx(0.3 * (measure.high - measure.low), abs=measure.fine)
    engine.sent.clear()
    control.show_value(middle)
    drag(control.slider, pixels, SHIFT)
    fine = (moved(engine, name) or [middle])[-1] - middle
    assert fine == pytest.approx(0.03 * (measure.high - measure.low), abs=measure.fine)


@EACH
def test_a_click_beside_the_handle_brings_it_there(shown: MainWindow, engine: FakeEngine, name: str) -> None:
    control = shown.controls.sliders[name]
    control.show_value(MEASURES[name].low)
    QTest.mouseClick(control.slider, LEFT, pos=QPoint(control.slider.width() - 3, control.slider.height() // 2))
    assert moved(engine, name) == [MEASURES[name].high]


@EACH
@pytest.mark.parametrize("how", ["double click", "Delete", "Backspace"])
def test_the_default_comes_back(shown: MainWindow, engine: FakeEngine, name: str, how: str) -> None:
    control = shown.controls.sliders[name]
    control.show_value(MEASURES[name].low)
    if how == "double click":
        QTest.mouseDClick(control.slider, LEFT, pos=control.slider._handle().center())
    else:
        QTest.keyClick(control.slider, Qt.Key.Key_Delete if how == "Delete" else Qt.Key.Key_Backspace)
    assert moved(engine, name)[-1] == default_of(name)


@EACH
def test_home_and_end_go_to_the_ends_and_not_to_the_roll(shown: MainWindow, engine: FakeEngine, name: str) -> None:
    slider, measure = shown.controls.sliders[name].slider, MEASURES[name]
    shown.roll.item.view.scrolled_steps = 4.0
    slider.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        QTest.keyClick(slider, key)
    assert moved(engine, name)[-2:] == [measure.low, measure.high] or default_of(name) in (measure.low, measure.high)
    assert shown.roll.item.view.scrolled_steps == 4.0


@EACH
def test_it_says_what_it_is_to_eyes_and_to_screen_readers(shown: MainWindow, name: str) -> None:
    control, measure = shown.controls.sliders[name], MEASURES[name]
    tooltip = control.slider.toolTip()
    assert control.shown == UNITS[name]
    for words in (
        measure.meaning,
        measure.shortcut,
        measure.text(measure.low),
        measure.text(measure.high),
        UNITS[name],
    ):
        assert words in tooltip
    assert control.slider.accessibleName() == measure.name
    assert control.slider.accessibleDescription() == UNITS[name]
    control.slider.setValue(control.slider.maximum())
    assert control.slider.accessibleDescription() == measure.text(measure.high)


def test_ends_are_those_that_the_engine_takes() -> None:
    for name, measure in MEASURES.items():
        assert RANGES[name].low <= measure.low < measure.high <= RANGES[name].high
        for step in (measure.coarse, measure.fine):
            assert (measure.high - measure.low) / step == pytest.approx(round((measure.high - measure.low) / step))
        assert measure.coarse > measure.fine or measure.fine == 1


@pytest.mark.parametrize(
    ("key", "widget"),
    [
        *((MEASURES[name].shortcut[-1], lambda w, name=name: w.controls.sliders[name].slider) for name in MEASURES),
        ("R", lambda w: w.controls.preset),
        ("S", lambda w: w.controls.seed),
        ("I", lambda w: w.controls.input),
        ("O", lambda w: w.controls.output),
        ("B", lambda w: w.toolbar.tempo),
    ],
)
def test_shortcuts_bring_the_focus(shown: MainWindow, engine: FakeEngine, key: str, widget: object) -> None:
    assert callable(widget)
    QTest.keyClick(shown.roll, getattr(Qt.Key, f"Key_{key}"), ALT)
    assert widget(shown).hasFocus()
    assert f"Alt+{key}" in widget(shown).toolTip()
    assert engine.sent == [], "no note is played by it"


@pytest.mark.parametrize(
    ("key", "switch", "command"),
    [
        ("N", lambda w: w.controls.piano, ask.Adjust("piano", False)),
        ("C", lambda w: w.controls.clock, ask.Adjust("midi_clock", True)),
        ("W", lambda w: w.controls.follow, ask.Adjust("follow_clock", True)),
        ("M", lambda w: w.primer.click, ask.Adjust("click", False)),
    ],
)
def test_shortcuts_switch(shown: MainWindow, engine: FakeEngine, key: str, switch: object, command: object) -> None:
    assert callable(switch)
    engine.change(mode=Mode.PRIMER)
    shown.bridge.look()
    QTest.keyClick(shown.roll, getattr(Qt.Key, f"Key_{key}"), ALT)
    assert engine.sent == [command]
    assert f"Alt+{key}" in switch(shown).toolTip()


def test_space_goes_on_to_play_while_a_slider_has_the_focus(shown: MainWindow, engine: FakeEngine) -> None:
    slider = shown.controls.sliders["density"].slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Space)
    assert engine.sent == [ask.Play()]


def test_half_notches_of_a_touchpad_add_up(shown: MainWindow, engine: FakeEngine) -> None:
    slider = shown.controls.sliders["gibbs_steps"].slider
    wheel(slider, 0.5)
    assert engine.sent == []
    wheel(slider, 0.5)
    assert engine.sent == [ask.Adjust("gibbs_steps", 30)]
    wheel(slider, 0.5)
    assert len(engine.sent) == 1


# --- tempo -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modifier", "step"),
    [(NO_KEYS, 1.0), (SHIFT, 0.1)],
)
def test_tempo_steps_by_one_and_by_a_tenth_with_shift(
    shown: MainWindow, engine: FakeEngine, modifier: Qt.KeyboardModifier, step: float
) -> None:
    tempo = shown.toolbar.tempo
    tempo.setFocus()
    QTest.keyClick(tempo, Qt.Key.Key_Up, modifier)
    QTest.keyClick(tempo, Qt.Key.Key_Down, modifier)
    wheel(tempo, 1, modifier)
    assert [c.value for c in engine.sent if isinstance(c, ask.Adjust)] == pytest.approx([96 + step, 96, 96 + step])


def test_tempo_comes_back_on_a_double_click(shown: MainWindow, engine: FakeEngine) -> None:
    engine.change(tempo_bpm=140.0)
    shown.bridge.look()
    line = shown.toolbar.tempo.lineEdit()
    assert line is not None
    QTest.mouseDClick(line, LEFT)
    assert engine.sent == [ask.Adjust("tempo_bpm", Settings().tempo_bpm)]


# --- Tab -------------------------------------------------------------------------------------------------


def test_tab_reaches_every_control_row_by_row(shown: MainWindow, engine: FakeEngine) -> None:
    engine.change(transport=Transport.PLAYING)
    shown.bridge.look()
    shown.controls.preset.setFocus(Qt.FocusReason.TabFocusReason)
    reached: list[QWidget] = []
    focus = QApplication.focusWidget()
    while focus is not None and focus not in reached and len(reached) < 60:
        reached.append(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
    controls, bar = shown.controls, shown.toolbar
    sliders = {name: controls.sliders[name].slider for name in MEASURES}
    wanted = [controls.preset, controls.save]
    wanted += [sliders[name] for name in ("temperature", "density", "gibbs_steps", "velocity")]
    wanted += [controls.seed, controls.dice, sliders["takeover_beats"], controls.follow, controls.input]
    wanted += [controls.clock, controls.output, controls.piano, sliders["piano_gain_db"]]
    assert reached[: len(wanted)] == wanted
    assert {bar.play, bar.stop, bar.panic, bar.tempo, bar.tap, bar.model, bar.open, bar.export} - set(reached) in (
        set(),
        {bar.export},  # nothing has been recorded yet
    )


def settle() -> None:
    """Let a scroll bar come or go: rows, margin and height of the panel each answer in an event of their own."""
    for _ in range(4):
        QApplication.processEvents()


def test_a_scroll_bar_breaks_no_row(shown: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would make its own need: a narrower panel has more rows."""
    shown.resize(900, 600)
    for _ in range(3):
        QApplication.processEvents()
    cells = shown.controls._cells
    before = [cell.geometry() for cell in cells]
    with monkeypatch.context() as tall_roll:
        tall_roll.setattr("rnnrbm_live.gui.folding.LEAST_ROLL_PIXELS", 320)
        shown.resize(900, 601)
        settle()
    bar = shown.controls.verticalScrollBar()
    assert bar is not None
    assert bar.isVisible()
    assert [cell.geometry() for cell in cells] == before
    shown.resize(900, 600)
    settle()
    assert not bar.isVisible()


def test_more_cells_find_room_and_their_turn(shown: MainWindow) -> None:
    """As another group of controls will be added."""
    controls = shown.controls
    more: list[Control] = [controls.control("density", MEASURES["density"], 0.0) for _ in range(4)]
    controls.add_cells(more, before=controls.sliders["velocity"])
    for size in ((900, 600), (1400, 860), (2560, 1440), (3840, 2160)):
        shown.resize(*size)
        settle()
        cells = controls._cells
        assert cells[4:8] == more
        rows = [cell.y() for cell in cells]
        assert rows == sorted(rows), "in reading order"
        assert max(cell.geometry().right() for cell in cells) <= controls.viewport().width()  # type: ignore[union-attr]
        assert shown.roll.height() >= shown.roll.minimumHeight()
    shown.resize(900, 600)
    settle()
    last = controls.sliders["piano_gain_db"].slider
    last.setFocus(Qt.FocusReason.TabFocusReason)
    controls.ensureWidgetVisible(last)
    assert last.visibleRegion().boundingRect().height() == last.height(), "it scrolls to what has the focus"
