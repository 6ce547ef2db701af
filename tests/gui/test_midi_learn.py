"""MIDI learn in the window: by right click, by keys and from the list; soft takeover; marks; what is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.controllers import Controller, Reading
from rnnrbm_live.core.key import SCALES
from rnnrbm_live.core.messages import Panic
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.snapshot import PrimerState, Transport
from rnnrbm_live.gui.midi_learn import Mark
from rnnrbm_live.gui.midi_window import MidiWindow
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import PORTS, FakeEngine, FakeFiles, MemoryStore, services

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
FIRST_SCALE, *_, LAST_SCALE = SCALES
KNOB, BUTTON = Controller(0, 74), Controller(3, 20)


class Desk:
    """A window, and a MIDI device in front of it. The engine does what it is asked at once."""

    def __init__(self, window: MainWindow, engine: FakeEngine) -> None:
        self.window, self.engine = window, engine
        window.bridge.look()
        engine.sent.clear()

    def move(self, controller: Controller, *values: int) -> list[ask.Command]:
        """Move a knob or press a button; return what the window asks for."""
        already = len(self.engine.sent)
        for value in values:
            reading = self.engine.snapshot.controls.get(controller, Reading())
            moved = reading.moved(value, self.engine.clock.now_seconds())
            self.engine.change(controls={**self.engine.snapshot.controls, controller: moved})
            done = len(self.engine.sent)
            self.window.bridge.look()
            for command in self.engine.sent[done:]:
                if isinstance(command, ask.Adjust):
                    self.set(command.name, command.value)
        return self.engine.sent[already:]

    def set(self, name: str, value: object) -> None:
        """Let something else change a setting."""
        change: dict[str, object] = {name: value}
        self.engine.change(settings=replace(self.engine.snapshot.settings, **change))  # type: ignore[arg-type]
        self.window.bridge.look()

    def learn(self, name: str, controller: Controller) -> None:
        self.window.midi.learn(name)
        stands = self.engine.snapshot.controls.get(controller, Reading()).value
        self.move(controller, 0 if stands == 127 else 127)


@pytest.fixture
def desk(window: MainWindow, engine: FakeEngine) -> Desk:
    return Desk(window, engine)


def right_click(widget: QWidget) -> QMenu:
    """Open a widget's menu as mouse and Menu key do, and return it."""
    at = widget.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def pick(menu: QMenu, text: str) -> None:
    next(action for action in menu.actions() if action.text().startswith(text)).trigger()
    menu.close()


def test_a_slider_learns_by_a_right_click_and_follows_once_it_is_picked_up(desk: Desk) -> None:
    control = desk.window.controls.sliders["temperature"]
    pick(right_click(control.slider), "Learn")
    assert desk.window.learning.isVisible()
    assert desk.window.learning.text == "Temperature: move a knob on your MIDI keyboard"
    assert control.mark == "CC \N{HORIZONTAL ELLIPSIS}"
    assert desk.move(KNOB, 10) == []
    assert not desk.window.learning.isVisible()
    assert desk.window.trouble.text == "CC 74 on channel 1 is for Temperature"
    assert desk.move(KNOB, 20, 30) == [], "1 lies between 63 and 64"
    assert control.mark == "CC 74 \N{UPWARDS ARROW}"
    assert control.slider.ghost == pytest.approx(30 / 127)
    assert desk.move(KNOB, 66, 127) == [ask.Adjust("temperature", 1.02), ask.Adjust("temperature", 1.5)]
    assert (control.mark, control.slider.ghost, control.value) == ("CC 74", None, 1.5)
    desk.set("temperature", 0.6)  # a preset, undo, the mouse
    assert control.mark == "CC 74 \N{DOWNWARDS ARROW}"
    assert control.slider.ghost == 1.0
    assert desk.move(KNOB, 126, 100) == []
    assert desk.move(KNOB, 5) == [ask.Adjust("temperature", 0.54)], "it has passed 0.6"


ENDS: dict[str, tuple[object, object]] = {
    "temperature": (0.5, 1.5),
    "density": (-3.0, 3.0),
    "gibbs_steps": (5, 100),
    "velocity": (20, 120),
    "takeover_beats": (1.0, 16.0),
    "piano_gain_db": (-40.0, 6.0),
    "tempo_bpm": (40.0, 240.0),
    "duet_voices": (0, 8),
    "duet_place": ("anywhere", "above"),
    "room": (0, 12),
    "most_notes": (1, 20),
    "tonic": (0, 11),
    "scale": (FIRST_SCALE, LAST_SCALE),
    "low_pitch": (21, 108),
    "high_pitch": (21, 108),
}


def test_a_knob_goes_from_end_to_end_of_everything_that_has_ends(desk: Desk) -> None:
    assert set(ENDS) == {name for name, target in desk.window.midi.targets.items() if target.dial is not None}
    for name, (low, high) in ENDS.items():
        desk.learn(name, KNOB)
        desk.move(KNOB, 0, 127, 0)
        for command in desk.move(KNOB, *range(0, 128, 7), 127):
            assert isinstance(command, ask.Adjust)
            assert command.name == name
            Settings(**{name: command.value})  # type: ignore[arg-type]  # in range and of its type: raises otherwise
        assert getattr(desk.engine.snapshot.settings, name) == high
        desk.move(KNOB, 64, 0)
        assert getattr(desk.engine.snapshot.settings, name) == low


def test_a_button_does_once_what_it_was_taught(desk: Desk) -> None:
    desk.engine.change(transport=Transport.PLAYING, mode=Mode.PRIMER, primer=PrimerState.LISTENING)
    desk.window.bridge.look()
    taught: dict[str, ask.Command] = {
        "play or pause": ask.Pause(),
        "stop": ask.Stop(),
        "panic": Panic(),
        "primer": ask.SetMode(Mode.PRIMER),
        "duet": ask.SetMode(Mode.DUET),
        "continue from the primer": ask.Continue(),
        "mark this moment": ask.AddMarker("Marked"),
        "click": ask.Adjust("click", False),
        "piano": ask.Adjust("piano", False),
        "midi_clock": ask.Adjust("midi_clock", True),
        "restrike": ask.Adjust("restrike", True),
    }
    for number, (name, command) in enumerate(taught.items()):
        button = Controller(3, 20 + number)
        desk.window.midi.learn(name)
        assert "press a button" in desk.window.learning.text
        assert desk.move(button, 127) == [], "learning does nothing"
        assert desk.move(button, 0) == []
        assert desk.move(button, 127, 0) == [command]


def test_a_switch_that_is_not_shown_is_switched_too(desk: Desk) -> None:
    """Its strip is hidden in Free, and knows nothing of what is set."""
    desk.learn("click", BUTTON)
    desk.move(BUTTON, 0)
    assert desk.move(BUTTON, 127, 0, 127, 0) == [ask.Adjust("click", False), ask.Adjust("click", True)]


def test_every_line_of_the_play_menu_can_be_learnt(desk: Desk) -> None:
    titles = [action.text() for action in desk.window._play_menu.actions() if action.text()]
    assert len(titles) >= 11
    assert {title.lower() for title in titles} <= set(desk.window.midi.targets)


def test_a_tapped_button_gives_the_tempo_at_which_it_was_pressed(desk: Desk) -> None:
    desk.learn("tap tempo", BUTTON)
    desk.move(BUTTON, 0)
    for _ in range(4):
        desk.move(BUTTON, 127, 0)
        desk.engine.clock.sleep_until(desk.engine.clock.now_seconds() + 0.4)
    assert desk.engine.sent[-1] == ask.Adjust("tempo_bpm", 150.0)


def test_two_presses_between_two_looks_are_two(desk: Desk) -> None:
    desk.learn("mark this moment", BUTTON)
    reading = desk.engine.snapshot.controls[BUTTON]
    for value in (0, 127, 0, 127, 0):
        reading = reading.moved(value, 0.0)
    desk.engine.change(controls={BUTTON: reading})
    desk.window.bridge.look()
    assert desk.engine.sent == [ask.AddMarker("Marked")] * 2


def test_cancelled_by_button_or_key_and_escape_is_panic(desk: Desk) -> None:
    window = desk.window
    window.midi.learn("density")
    window.learning.cancel.click()
    assert window.midi.learning is None
    window.controls.sliders["density"].slider.setFocus()
    for expected in ("density", None, "density"):
        QTest.keyClick(window.controls.sliders["density"].slider, Qt.Key.Key_L, CONTROL_SHIFT)
        assert window.midi.learning == expected
    QTest.keyClick(window.controls.sliders["density"].slider, Qt.Key.Key_Escape)
    assert desk.engine.sent == [Panic()]
    assert window.midi.learning == "density"
    window.midi.cancel()
    assert desk.move(KNOB, 5) == []
    assert window.controls.sliders["density"].mark == ""


def test_without_a_device_it_says_so(desk: Desk) -> None:
    desk.engine.change(ports=replace(PORTS, inputs_open=()))
    desk.window.bridge.look()
    desk.window.midi.learn("density")
    assert "Connect a MIDI device" in desk.window.learning.text


def test_a_controller_that_moves_something_else_leaves_it(desk: Desk) -> None:
    desk.learn("density", KNOB)
    desk.learn("velocity", KNOB)
    assert "and no longer for Density" in desk.window.trouble.text
    sliders = desk.window.controls.sliders
    assert (sliders["density"].mark, sliders["velocity"].mark[:5]) == ("", "CC 74")


def test_forgotten_from_the_menu(desk: Desk) -> None:
    desk.learn("density", KNOB)
    control = desk.window.controls.sliders["density"]
    pick(right_click(control), "Forget CC 74")
    assert (control.mark, control.slider.ghost) == ("", None)
    assert desk.move(KNOB, 0, 127, 64) == []
    assert not any(action.text().startswith("Forget") for action in right_click(control).actions())
    QApplication.activePopupWidget().close()  # type: ignore[union-attr]


def test_marks_and_tooltips_name_the_controller(desk: Desk) -> None:
    window, midi = desk.window, desk.window.midi
    desk.learn("play or pause", BUTTON)
    desk.learn("midi_clock", Controller(0, 30))
    desk.learn("tempo_bpm", KNOB)
    desk.learn("scale", Controller(0, 31))
    for owner, text in (
        (window.toolbar.play, "CC 20/4"),
        (window.toolbar.tempo, "CC 74 \N{DOWNWARDS ARROW}"),
        (window.bounds.choices["scale"], "CC 31 \N{DOWNWARDS ARROW}"),
    ):
        (mark,) = owner.findChildren(Mark)
        assert mark.text == text
        assert owner.rect().contains(mark.geometry())
    assert window.controls.clock.text() == "Send clock \N{MIDDLE DOT} CC 30"
    assert midi.tooltip(window.toolbar.play).startswith(window.toolbar.play.toolTip())
    assert "CC 20 on channel 4" in midi.tooltip(window.toolbar.play)
    assert "takes over where the control stands" in midi.tooltip(window.toolbar.tempo)
    assert "Right-click" in midi.tooltip(window.controls.sliders["density"].slider)


def test_the_tempos_own_menu_stays(desk: Desk) -> None:
    line = desk.window.toolbar.tempo.lineEdit()
    assert isinstance(line, QLineEdit)
    texts = [action.text() for action in right_click(line).actions()]
    assert any("Paste" in text for text in texts)
    pick(QApplication.activePopupWidget(), "Learn")  # type: ignore[arg-type]
    assert desk.window.midi.learning == "tempo_bpm"


def test_the_list_learns_and_forgets_by_keys_alone(desk: Desk, qtbot: QtBot) -> None:
    window = desk.window
    window.roll.setFocus()
    QTest.keyClick(window.roll, Qt.Key.Key_L, CONTROL_SHIFT)  # no control has the focus
    (listed,) = window.findChildren(MidiWindow)
    assert not listed.isModal()
    titles = [listed.table.item(row, 0).text() for row in range(listed.table.rowCount())]  # type: ignore[union-attr]
    assert len(titles) == len(set(titles)), "each is told from the others"
    listed.activateWindow()
    qtbot.waitUntil(listed.isActiveWindow)
    listed.table.setFocus()
    QTest.keyClick(listed.table, Qt.Key.Key_Down)
    assert listed.chosen == "density"
    QTest.keyClick(listed.table, Qt.Key.Key_Return)
    assert listed.words.text().startswith("Density: move a knob")
    desk.move(KNOB, 12)
    assert listed.table.item(1, 1).text() == "CC 74 on channel 1"  # type: ignore[union-attr]
    QTest.keyClick(listed.table, Qt.Key.Key_Delete)
    assert listed.table.item(1, 1).text() == ""  # type: ignore[union-attr]
    desk.learn("velocity", KNOB)
    listed.clear.click()
    assert window.midi.bindings.to_remember() == {}
    assert not listed.clear.isEnabled()


def test_what_was_learnt_is_remembered_at_once(desk: Desk, store: MemoryStore, qtbot: QtBot, tmp_path: Path) -> None:
    desk.learn("density", KNOB)
    desk.learn("panic", BUTTON)
    assert store.values["controllers"] == {"density": [0, 74], "panic": [3, 20]}, "not only when it is closed"
    engine = FakeEngine()
    again = MainWindow(engine, services(engine, MemoryStore(store.values), FakeFiles(), tmp_path))
    again.bridge.stop()
    qtbot.addWidget(again)
    other = Desk(again, engine)
    assert again.controls.sliders["density"].mark == "CC 74"
    assert other.move(BUTTON, 127) == [Panic()]
    assert other.move(KNOB, 64, 70)[-1] == ask.Adjust("density", 0.3)


def test_marks_can_be_read_where_there_is_little_room(desk: Desk) -> None:
    window = desk.window
    window.resize(900, 600)
    for number, name in enumerate(window.controls.sliders):
        desk.learn(name, Controller(15, 100 + number))
    QApplication.processEvents()
    for control in window.controls.sliders.values():
        for label in control.findChildren(QLabel):
            if label.isVisible():
                assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
                assert control.rect().contains(QPoint(label.mapTo(control, label.rect().bottomRight())))
