"""The strip of roads, its keys, and what of it is exported."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.export import ExportChoice
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.gui.export_dialog import ALL_ROADS, ExportDialog
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine, chorale
from tests.gui.test_commands import choose
from tests.gui.test_roll import frame_of

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def go_roads(engine: FakeEngine, roads: int = 2) -> None:
    """Play six bars, then other roads of two bars from bar 3 on."""
    tape, step = engine.snapshot.tape, 0
    music = chorale(3)

    def play(steps: int) -> None:
        nonlocal step
        for _ in range(steps):
            tape.apply(jot.StepHeard(step, next(music), 96.0))
            step += 1

    tape.apply(jot.SectionBegun(0, model="bach-chorales"))
    play(96)
    for _ in range(roads - 1):
        tape.apply(jot.SectionBegun(step, model="bach-chorales", resumes=32))
        play(32)
    engine.change(transport=Transport.PAUSED, planned=(PlannedFrame(),))
    show(engine)


def show(engine: FakeEngine) -> None:
    """Let the snapshot follow the tape."""
    tape = engine.snapshot.tape
    music = tape.on_road(tape.roads.heard)
    engine.change(
        recording=music,
        step=int(music.end_steps) - 1,
        planned_from=int(music.end_steps),
        roads=tape.roads.all,
        road=tape.roads.heard,
        shift=tape.roads.shift,
    )


def test_it_shows_once_there_are_two_roads(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine, 1)
    window.bridge.look()
    assert not window.roads.isVisible()
    go = engine.snapshot.tape
    go.apply(jot.SectionBegun(96, model="bach-chorales", resumes=32))
    go.apply(jot.StepHeard(96, PlannedFrame(), 96.0))
    show(engine)
    window.bridge.look()
    assert window.roads.isVisible()
    assert [chip.text() for chip in window.roads.chips.values()] == ["A  ·  bars 1 to 6", "B  ·  bar 3"]
    assert [chip.isChecked() for chip in window.roads.chips.values()] == [False, True]
    assert "left A at bar 3" in window.roads.chips[1].toolTip()


def test_a_click_hears_it_and_nothing_is_shown_before_the_engine_says_so(
    window: MainWindow, engine: FakeEngine
) -> None:
    go_roads(engine)
    window.bridge.look()
    QTest.mouseClick(window.roads.chips[0], LEFT)
    assert engine.sent[-1] == ask.HearRoad(0)
    assert [chip.isChecked() for chip in window.roads.chips.values()] == [False, True]
    engine.change(next_road=0)
    window.bridge.look()
    assert window.roads.chips[0].text().startswith("▸")


@pytest.mark.parametrize(
    ("key", "modifiers", "command"),
    [
        (Qt.Key.Key_Left, CONTROL, ask.GoBack(1)),
        (Qt.Key.Key_Left, CONTROL | SHIFT, ask.GoBack(4)),
        (Qt.Key.Key_BracketLeft, CONTROL, ask.HearRoad(0)),
        (Qt.Key.Key_BracketRight, CONTROL, ask.HearRoad(2)),
        (Qt.Key.Key_L, CONTROL, ask.Loop((0, 64))),
    ],
)
def test_keys(
    window: MainWindow, engine: FakeEngine, key: Qt.Key, modifiers: Qt.KeyboardModifier, command: ask.Command
) -> None:
    go_roads(engine, 3)
    engine.snapshot.tape.apply(jot.SectionBegun(160, road=1, position=0))
    show(engine)
    window.bridge.look()
    QTest.keyClick(window, key, modifiers)
    assert engine.sent == [command]


def test_from_a_road_that_is_coming_the_keys_go_on(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine, 4)
    engine.change(next_road=1)
    window.bridge.look()
    QTest.keyClick(window, Qt.Key.Key_BracketRight, CONTROL)
    assert engine.sent == [ask.HearRoad(2)]


def test_a_loop_of_the_only_road_can_be_lifted(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine, 1)
    engine.change(loop=(32, 64))
    window.bridge.look()
    assert window.roads.isVisible()
    window.roads.lift.click()
    assert engine.sent == [ask.Loop(None)]


def test_with_one_road_the_keys_say_how_to_begin_another(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine, 1)
    window.bridge.look()
    for key, modifiers in ((Qt.Key.Key_BracketRight, CONTROL), (Qt.Key.Key_F2, Qt.KeyboardModifier.NoModifier)):
        QTest.keyClick(window, key, modifiers)
        assert "one road so far" in window.trouble.text
    assert engine.sent == []


def test_a_moment_and_a_region_of_the_roll(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine)
    window.bridge.look()
    for position, beat in ((37.7, 36), (38.1, 40), (0.4, 0), (63.9, 60)):
        window.roll.moment_chosen.emit(position)
        assert engine.sent[-1] == ask.ContinueFrom(beat)
    window.roll.select((16, 32))
    QTest.keyClick(window, Qt.Key.Key_L, CONTROL)
    assert engine.sent[-1] == ask.Loop((16, 32))
    engine.change(loop=(16, 32))
    window.bridge.look()
    assert window.roads.lift.isVisible()
    QTest.keyClick(window, Qt.Key.Key_L, CONTROL)
    assert engine.sent[-1] == ask.Loop(None)


def test_a_road_is_named_in_its_place(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine)
    window.bridge.look()
    QTest.keyClick(window, Qt.Key.Key_R, CONTROL)
    field = window.roads.field
    assert field.isVisible()
    assert field.text() == "B"
    QTest.keyClicks(field, "Darker")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    assert engine.sent == [], "Esc is no panic here, and the letters play nothing"
    QTest.mouseDClick(window.roads.chips[0], LEFT)
    QTest.keyClicks(field, "Brighter")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert engine.sent[-1] == ask.NameRoad(0, "Brighter")


def test_many_rounds_do_not_make_the_strip_heavy(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine, 60)
    window.bridge.look()
    assert len(window.roads.chips) == 40
    QApplication.processEvents()
    chip = window.roads.chips[59]
    assert chip.visibleRegion().boundingRect() == chip.rect()
    engine.snapshot.tape.apply(jot.SectionBegun(2048, road=0, position=0))
    show(engine)
    window.bridge.look()
    assert window.roads.chips[0].isChecked()
    assert len(window.roads.chips) == 41


def test_the_roll_shows_the_road_as_one_piece(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine)
    frame_of(window)
    assert engine.snapshot.step == 63
    assert window.roll.item.view.position == 64.0
    notes = engine.snapshot.recording.notes_between(0, 64)
    assert max(note.end_steps for note in notes) <= 64
    tape = engine.snapshot.tape
    assert [n for n in notes if n.end_steps <= 32] == [n for n in tape.notes_between(0, 32) if n.end_steps <= 32]


def test_a_road_is_exported_alone(window: MainWindow, engine: FakeEngine) -> None:
    go_roads(engine)
    window.bridge.look()
    window.roads.export.click()
    dialog = window.findChildren(ExportDialog)[-1]
    assert dialog.road.isVisible()
    assert (dialog.choice, dialog.last.maximum()) == (ExportChoice(road=1), 4)
    choose(dialog.road, 0)
    assert (dialog.choice.road, dialog.last.maximum()) == (0, 6)
    choose(dialog.road, dialog.road.findData(ALL_ROADS))
    assert (dialog.choice.road, dialog.last.maximum()) == (None, 8)
