"""What the roll paints, what it costs, and how it is moved."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QImage, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.gui.geometry import Geometry, View
from rnnrbm_live.gui.roll_painting import notes_of_plan
from rnnrbm_live.gui.theme import DARK
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


def frame_of(window: MainWindow) -> QImage:
    window.bridge.look()
    return window.roll.grab().toImage()


def like(first: QColor, second: QColor) -> bool:
    pairs = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)
    return all(abs(a - b) <= 6 for a, b in pairs if a is not None and b is not None)


def record(engine: FakeEngine, notes: list[Note], end: int) -> None:
    recording = engine.snapshot.recording
    for note in notes:
        recording.add_key(note.start_steps, note.pitch, note.velocity, note.source)
        recording.add_key(note.end_steps, note.pitch, 0, note.source)
    recording.end_steps = end
    engine.change(step=end - 1, transport=Transport.PAUSED)


def colour_at(window: MainWindow, image: QImage, step: float, pitch: int) -> QColor:
    geometry = window.roll.item.geometry_now()
    x = geometry.past_shift(window.roll.item.view) + step * geometry.pixels_per_step
    return image.pixelColor(int(x), int(geometry.y_of(pitch) + geometry.row_height / 2))


def test_notes_have_the_colour_of_who_played(window: MainWindow, engine: FakeEngine) -> None:
    record(engine, [Note(10, 14, 60, 100, Source.PRIMER), Note(16, 20, 64, 100, Source.PLAYER)], 24)
    image = frame_of(window)
    assert like(colour_at(window, image, 12, 60), DARK.on_ground("primer", 0.9))
    assert like(colour_at(window, image, 18, 64), DARK.on_ground("player", 0.9))
    assert like(colour_at(window, image, 22, 64), DARK.colour("ground"))


def test_louder_is_brighter_and_struck_again_is_apart(window: MainWindow, engine: FakeEngine) -> None:
    record(engine, [Note(8, 12, 60, 30, Source.PLAYER), Note(12, 16, 60, 100, Source.PLAYER)], 20)
    image = frame_of(window)
    soft, loud = colour_at(window, image, 10, 60), colour_at(window, image, 14, 60)
    assert soft.lightness() < loud.lightness()
    geometry = window.roll.item.geometry_now()
    edge = geometry.past_shift(window.roll.item.view) + 12 * geometry.pixels_per_step
    y = int(geometry.y_of(60) + geometry.row_height / 2)
    darkest = min(image.pixelColor(round(edge) + dx, y).lightness() for dx in (-2, -1, 0))
    assert darkest < soft.lightness()


def test_sounding_key_is_lit(window: MainWindow, engine: FakeEngine) -> None:
    engine.change(keys=((60, 90),))
    image = frame_of(window)
    keyboard, geometry = window.roll.item.geometry_now().keyboard, window.roll.item.geometry_now()
    for pitch, colour in ((60, "player"), (62, "white_key")):
        y = int(geometry.y_of(pitch) + geometry.row_height * 0.3)
        assert like(image.pixelColor(int(keyboard.left() + 6), y), DARK.colour(colour))


def test_new_note_is_painted_though_nothing_else_moved(window: MainWindow, engine: FakeEngine) -> None:
    record(engine, [Note(8, 12, 60, 100, Source.PLAYER)], 20)
    frame_of(window)
    record(engine, [Note(14, 18, 67, 100, Source.PLAYER)], 20)
    assert like(colour_at(window, frame_of(window), 16, 67), DARK.on_ground("player", 0.9))


def test_cost_does_not_grow_with_the_session(window: MainWindow, engine: FakeEngine) -> None:
    painted = []
    for steps in (400, 40_000):
        engine.play(steps)
        frame_of(window)
        before = window.roll.item.painted_notes
        for _ in range(16):
            engine.play(1)
            frame_of(window)
        painted.append(window.roll.item.painted_notes - before)
    assert 0 < painted[1] < 1.5 * painted[0]


def test_between_changes_only_sounding_notes_are_painted(window: MainWindow, engine: FakeEngine) -> None:
    engine.play(200)
    frame_of(window)
    before = window.roll.item.painted_notes
    for _ in range(5):
        engine.clock.sleep_until(engine.clock.now_seconds() + 0.017)
        frame_of(window)
    assert window.roll.item.painted_notes - before <= 5 * len(engine.snapshot.recording.playing())


def test_nothing_is_painted_while_nothing_changes(window: MainWindow, engine: FakeEngine) -> None:
    engine.play(20)
    engine.change(transport=Transport.PAUSED)
    frame_of(window)
    QApplication.processEvents()
    before = window.roll.item.painted_notes
    for _ in range(5):
        window.bridge.look()
        QApplication.processEvents()
    assert window.roll.item.painted_notes == before


def test_now_line_moves_between_steps(window: MainWindow, engine: FakeEngine) -> None:
    engine.play(40)
    window.bridge.look()
    begin = window.roll.item.view.position
    engine.clock.sleep_until(engine.clock.now_seconds() + 60 / 96 / 4 / 2)
    window.bridge.look()
    assert window.roll.item.view.position == pytest.approx(begin + 0.5)


def test_geometry_is_its_own_inverse() -> None:
    geometry = Geometry.of(1400, 600, View(position=100.0))
    for pitch in range(geometry.low, geometry.high):
        middle = geometry.y_of(pitch) + geometry.row_height / 2
        assert geometry.key_at(geometry.now_x + 5, middle) == pitch
    assert geometry.key_at(geometry.now_x - 5, 300) is None
    assert geometry.key_at(geometry.now_x + 5, 10) is None
    view = View(position=100.0)
    assert geometry.past_shift(view) + 100 * geometry.pixels_per_step == pytest.approx(geometry.now_x)
    assert geometry.future_shift(view) + 100 * geometry.pixels_per_step == pytest.approx(geometry.future.left())


def test_plan_joins_held_notes_and_goes_on_with_sounding_ones() -> None:
    def planned(sounding: set[int], onsets: set[int]) -> PlannedFrame:
        return PlannedFrame(Frame(frozenset(sounding), frozenset(onsets)), tuple((p, 80) for p in sorted(onsets)))

    sounding = Note(3, 9, 60, 70)
    frames = [planned({60, 64}, {64}), planned({60, 64}, {60}), planned({64}, set())]
    notes = notes_of_plan(10, frames, [sounding])
    assert sorted((n.pitch, n.start_steps, n.end_steps, n.velocity) for n in notes) == [
        (60, 9, 11, 70),
        (60, 11, 12, 80),
        (64, 10, 13, 80),
    ]


def turn(window: MainWindow, notches: int, modifier: Qt.KeyboardModifier = NO_KEYS) -> None:
    place = QPointF(300, 200)
    window.roll.wheelEvent(
        QWheelEvent(
            place,
            place,
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            modifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,  # not inverted
        )
    )


def test_wheel_zooms(window: MainWindow, engine: FakeEngine) -> None:
    view = window.roll.item.view
    zoom, rows = view.pixels_per_step, view.high - view.low
    turn(window, 1)
    assert view.pixels_per_step > zoom
    turn(window, 1, Qt.KeyboardModifier.ControlModifier)
    assert view.high - view.low < rows
    turn(window, -100, Qt.KeyboardModifier.ControlModifier)
    assert (view.low, view.high) == (21, 109)


def test_dragging_looks_back_and_the_button_returns(window: MainWindow, engine: FakeEngine) -> None:
    engine.play(200)
    window.bridge.look()
    viewport, view = window.roll.viewport(), window.roll.item.view
    QTest.mousePress(viewport, LEFT, pos=QPoint(200, 200))
    QTest.mouseMove(viewport, QPoint(384, 200))
    QTest.mouseRelease(viewport, LEFT, pos=QPoint(384, 200))
    assert view.scrolled_steps == pytest.approx(184 / view.pixels_per_step)
    looked_at = view.position - view.scrolled_steps
    engine.play(10)
    window.bridge.look()
    assert view.position - view.scrolled_steps == pytest.approx(looked_at)  # it stays while the music goes on
    window.roll.back.click()
    assert view.scrolled_steps == 0
    assert not window.roll.back.isVisible()


def test_view_opens_for_notes_outside_it(window: MainWindow, engine: FakeEngine) -> None:
    engine.change(keys=((30, 90), (100, 90)))
    window.bridge.look()
    view = window.roll.item.view
    assert view.low <= 30
    assert view.high > 100


def test_empty_recording_shows_a_hint_only_until_music_comes(window: MainWindow, engine: FakeEngine) -> None:
    empty = frame_of(window)
    engine.change(recording=Recording(engine.snapshot.timeline), transport=Transport.PLAYING)
    assert frame_of(window) != empty


def test_tab_comes_to_the_roll_and_rings_it(window: MainWindow, engine: FakeEngine) -> None:
    def ringed() -> bool:
        return frame_of(window).pixelColor(window.roll.width() // 3, 4) == QColor(DARK.player)

    engine.play(2)
    window.bridge.look()
    window.roll.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not ringed()
    QTest.keyClick(window.roll, Qt.Key.Key_Tab)
    assert not window.roll.hasFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backtab)
    assert window.roll.hasFocus()
    assert ringed()
    QTest.keyClick(window.roll, Qt.Key.Key_Tab)
    assert not ringed()
