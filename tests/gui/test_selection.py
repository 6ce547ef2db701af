"""Selecting bars in the ruler, choosing a moment of the past, and the strip that shows the whole session."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.gui.export_dialog import ExportDialog
from rnnrbm_live.gui.overview import COLUMNS, NoteMap
from rnnrbm_live.gui.selection import last_bars, stretched
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine
from tests.gui.test_roads import go_roads

LEFT = Qt.MouseButton.LeftButton
BAR = 16  # steps


@pytest.fixture
def played(window: MainWindow, engine: FakeEngine) -> MainWindow:
    """Six bars have sounded; a second road has begun in the third."""
    window.resize(1400, 860)
    go_roads(engine)
    for _ in range(13):
        window.bridge.look()
    QApplication.processEvents()
    return window


def x_of(window: MainWindow, step: float) -> int:
    item = window.roll.item
    return round(item.geometry_now().past_shift(item.view) + step * item.view.pixels_per_step)


def drag(window: MainWindow, first: float, last: float) -> None:
    viewport = window.roll.viewport()
    assert viewport is not None
    QTest.mousePress(viewport, LEFT, pos=QPoint(x_of(window, first), 8))
    QTest.mouseMove(viewport, QPoint(x_of(window, last), 8))
    QTest.mouseRelease(viewport, LEFT, pos=QPoint(x_of(window, last), 8))


def test_a_drag_in_the_ruler_selects_whole_bars_and_they_stay_selected(played: MainWindow, engine: FakeEngine) -> None:
    drag(played, BAR + 5, 2 * BAR + 3)
    assert played.roll.region == (BAR, 3 * BAR)
    engine.change(recording=engine.snapshot.tape.on_road(1))  # each snapshot has a new view of the road
    played.bridge.look()
    assert played.roll.region == (BAR, 3 * BAR)
    drag(played, 3 * BAR, 3 * BAR - BAR + 2)  # by its handle
    assert played.roll.region == (BAR, 2 * BAR)
    drag(played, 3 * BAR + 4, 3 * BAR + 4)  # a click beside it
    assert played.roll.region is None


def test_what_is_selected_is_looped_and_exported(played: MainWindow, engine: FakeEngine) -> None:
    played.roll.select((BAR, 3 * BAR))
    played.roll.region_bar.loop.click()
    assert engine.sent == [ask.Loop((BAR, 3 * BAR))]

    played.roll.region_bar.export.click()
    dialog = played.findChildren(ExportDialog)[-1]
    assert (dialog.first.value(), dialog.last.value()) == (2, 3)


def test_another_session_has_no_selection(played: MainWindow, engine: FakeEngine) -> None:
    played.roll.select((BAR, 3 * BAR))
    engine.change(recording=Recording(Timeline(4)))
    played.bridge.look()
    assert played.roll.region is None


@pytest.mark.parametrize(
    ("fixed", "place", "region"),
    [
        (32, 70.0, (32, 64)),
        (32, 33.0, (32, 48)),  # a bar at least
        (32, 30.0, (16, 32)),
        (32, -5.0, (0, 32)),
        (8, 2.0, (8, 24)),  # no whole bar lies before it
    ],
)
def test_an_edge_moves_to_the_nearest_line_and_leaves_a_bar(fixed: int, place: float, region: tuple[int, int]) -> None:
    assert stretched(Timeline(4), fixed, place) == region


def test_the_last_bars_are_complete_ones() -> None:
    assert last_bars(Timeline(4), 5 * BAR + 3, 4) == (BAR, 5 * BAR)
    assert last_bars(Timeline(4), 5 * BAR, 2) == (3 * BAR, 5 * BAR)
    assert last_bars(Timeline(4), 7, 4) == (0, BAR)


def test_keys_select_and_move_the_edges(played: MainWindow) -> None:
    end = 4 * BAR
    played.roll.select_last_bars()
    assert played.roll.region == (0, end)
    played.roll.setFocus()
    QTest.keyClick(played.roll, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    assert played.roll.region == (BAR, end)
    for _ in range(5):
        played.roll.move_edge(first=True, bars=1)
    assert played.roll.region == (end - BAR, end), "a bar stays"
    for _ in range(9):
        played.roll.move_edge(first=False, bars=1)
    assert played.roll.region[1] - end <= BAR, "nothing later has sounded"
    QTest.keyClick(played.roll, Qt.Key.Key_Delete)
    assert played.roll.region is None


def test_a_double_click_in_the_past_goes_on_from_there(played: MainWindow, engine: FakeEngine) -> None:
    viewport = played.roll.viewport()
    assert viewport is not None
    QTest.mouseDClick(viewport, LEFT, pos=QPoint(x_of(played, BAR + 2), 200))
    assert engine.sent == [ask.ContinueFrom(BAR)]


def test_the_strip_takes_the_roll_where_it_is_clicked(played: MainWindow, engine: FakeEngine) -> None:
    for _ in range(4):
        played.roll.navigation.zoom_time(1.6)
    for _ in range(13):
        played.bridge.look()
    QApplication.processEvents()
    assert played.overview.isVisible()
    QTest.mouseClick(played.overview, LEFT, pos=QPoint(5, 10))
    assert not played.roll.navigation.following
    assert played.roll.navigation.seen[0] < BAR


def test_the_map_takes_each_note_once_and_halves_when_it_is_full() -> None:
    recording, notes = Recording(Timeline(4)), NoteMap()
    for step in range(0, 2000, 4):
        recording.notes.append(Note(step, step + 4, 60 + step % 3, 70, Source.MODEL))
        recording.longest_steps, recording.end_steps = 4.0, float(step + 4)
        notes.take_in(recording)
    assert notes.taken == 500
    assert notes.span_steps == 2048
    assert notes.picture(40).shape[2] == COLUMNS
    whole = NoteMap()
    whole.take_in(recording)
    assert whole.taken < 100, "of so many notes not all at once"
    while whole.behind:
        whole.take_in(recording)
    assert notes.picture(40) == pytest.approx(whole.picture(40), abs=1e-4)


def test_the_overview_is_painted_about_once_a_second_and_at_once_where_its_scale_changes(
    window: MainWindow, engine: FakeEngine
) -> None:
    strip, painted = window.overview, 0
    picture = strip._picture
    engine.play(100)
    spans = {strip.map.span_steps}
    for _ in range(120):
        engine.play(1)
        window.bridge.look()
        QApplication.processEvents()
        spans.add(strip.map.span_steps)
        if strip._picture is not None and strip._picture is not picture:
            picture, painted = strip._picture, painted + 1
    assert strip.isVisible()
    assert len(spans) == 2
    assert 2 <= painted <= 5, "of 120 frames, in each of which a step sounded"
