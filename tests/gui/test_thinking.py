"""The model's thinking in the window: strips at their step, ghosts, bars on keys, and what folds and is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QColor, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.messages import Level, PlannedFrame
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.engine.thoughts import Thought
from rnnrbm_live.gui import thinking_painting as paint
from rnnrbm_live.gui.geometry import KEYBOARD_PIXELS
from rnnrbm_live.gui.roll import PLAN_STRENGTH, SURE_STRENGTH
from rnnrbm_live.gui.roll_painting import GHOST_STRENGTH, by_likelihood
from rnnrbm_live.gui.theme import DARK, THEMES, Theme
from rnnrbm_live.gui.thinking import CHOICE_STEPS
from rnnrbm_live.gui.window import MainWindow
from tests.gui.colour import EYES, distance
from tests.gui.fakes import FakeEngine, MemoryStore
from tests.gui.test_look import ratio
from tests.gui.test_remembered import open_window
from tests.gui.test_roll import like

CONTROL = Qt.KeyboardModifier.ControlModifier
UNITS = 8


def settle(window: MainWindow) -> None:
    for _ in range(13):
        window.bridge.look()
    for _ in range(4):
        QApplication.processEvents()
    window.bridge.look()


def think(engine: FakeEngine, step: int, *, hidden: int = 0, recurrent: int = 127, **bits: float) -> None:
    """Let all units be alike at a step."""
    engine.snapshot.thoughts.add(Thought(step, bytes([hidden] * UNITS), bytes([recurrent] * UNITS), **bits))


def strips_of(window: MainWindow) -> QImage:
    settle(window)
    return window.thinking.strips.grab().toImage()


def x_of(window: MainWindow, step: float) -> int:
    """Return where a step is in the roll."""
    geometry, view = window.roll.item.geometry_now(), window.roll.item.view
    return int(geometry.past_shift(view) + step * geometry.pixels_per_step)


def middle(place: tuple[float, float]) -> int:
    return int(place[0] + place[1] / 2)


@pytest.fixture
def opened(window: MainWindow, engine: FakeEngine) -> MainWindow:
    engine.play(60)
    engine.change(transport=Transport.PAUSED)
    window.folding.set_open(True)
    settle(window)
    return window


def test_a_column_stands_below_its_step(opened: MainWindow, engine: FakeEngine) -> None:
    for step in range(40):
        think(engine, step)
    think(engine, 40, hidden=255, recurrent=0)
    think(engine, 41, hidden=128, recurrent=254)
    image, places = strips_of(opened), opened.thinking.strips.places
    for step, hidden, recurrent in (
        (39, DARK.colour("ground"), DARK.colour("ground")),
        (40, DARK.colour("model"), DARK.colour("player")),
        (41, DARK.on_ground("model", 0.5), DARK.colour("model")),
        (42, DARK.colour("ground"), DARK.colour("ground")),
    ):
        x = x_of(opened, step + 0.5)
        assert like(image.pixelColor(x, middle(places.hidden)), hidden), step
        assert like(image.pixelColor(x, middle(places.recurrent)), recurrent), step


def test_strips_follow_zoom_and_looking_back(opened: MainWindow, engine: FakeEngine) -> None:
    for step in range(60):
        think(engine, step, hidden=255 if step == 20 else 0)
    opened.roll.navigation.zoom_time(2.0)
    opened.roll.item.view.scrolled_steps = 25.0
    image, y = strips_of(opened), middle(opened.thinking.strips.places.hidden)
    assert like(image.pixelColor(x_of(opened, 20.5), y), DARK.colour("model"))
    assert like(image.pixelColor(x_of(opened, 22.5), y), DARK.colour("ground"))


def test_a_thought_that_is_replaced_is_painted_again(opened: MainWindow, engine: FakeEngine) -> None:
    think(engine, 50, hidden=0)
    strips_of(opened)
    think(engine, 50, hidden=255)
    image, y = strips_of(opened), middle(opened.thinking.strips.places.hidden)
    assert like(image.pixelColor(x_of(opened, 50.5), y), DARK.colour("model"))


def test_surprise_is_as_high_as_it_is(opened: MainWindow, engine: FakeEngine) -> None:
    for step in range(30, 40):
        think(engine, step, surprise_bits=paint.MOST_BITS / 4)  # half the height on a root scale
    think(engine, 45, surprise_bits=0.0, choice_bits=paint.MOST_BITS)
    image = strips_of(opened)
    y, height = opened.thinking.strips.places.surprise
    x = x_of(opened, 35.2)
    highest = min(row for row in range(int(y), int(y + height)) if image.pixelColor(x, row).lightness() > 100)
    assert highest == pytest.approx(y + height / 2, abs=1.5)
    dot = image.pixelColor(x_of(opened, 45.5), int(y) + 1)
    assert like(dot, DARK.colour("player"))


def test_an_empty_strip_says_so(opened: MainWindow, engine: FakeEngine) -> None:
    before = strips_of(opened)
    think(engine, 10)
    assert strips_of(opened) != before
    y = middle(opened.thinking.strips.places.hidden)
    ground = DARK.colour("ground")
    assert any(
        not like(before.pixelColor(x, row), ground) for x in range(before.width()) for row in range(y - 8, y + 8)
    )


def test_figures_are_those_of_the_last_step(opened: MainWindow, engine: FakeEngine) -> None:
    think(engine, 58, surprise_bits=3.0, choice_bits=-2.25)
    think(engine, 59, surprise_bits=12.34)
    engine.change(mode=Mode.DUET)
    settle(opened)
    bits, choice = opened.thinking.surprise.figures
    assert (bits.text(), choice.text()) == ("12.3 bits", "you \N{MINUS SIGN}2.2")
    assert choice.isVisible()
    think(engine, 57, choice_bits=9.0)  # of before
    think(engine, 59, surprise_bits=1.0)
    settle(opened)
    assert choice.text() == "you \N{MINUS SIGN}2.2"
    assert opened.thinking.hidden.figures[0].text() == str(UNITS)
    engine.change(mode=Mode.FREE)
    settle(opened)
    assert not choice.isVisible()


def test_a_choice_is_told_for_a_few_bars(opened: MainWindow, engine: FakeEngine) -> None:
    engine.change(mode=Mode.DUET)
    choice = opened.thinking.surprise.figures[1]
    for since, told in ((CHOICE_STEPS, True), (CHOICE_STEPS + 1, False)):
        think(engine, 100, choice_bits=1.0)
        think(engine, 100 + since)
        settle(opened)
        assert bool(choice.text()) is told


def test_it_folds_by_key_switch_and_menu_and_is_remembered(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    store = MemoryStore()
    first = open_window(qtbot, store, tmp_path)
    first.activateWindow()
    qtbot.waitUntil(first.isActiveWindow)
    settle(first)
    open_at_first = first.thinking.is_open
    QTest.keyClick(first.roll, Qt.Key.Key_I, CONTROL)
    assert first.thinking.is_open is not open_at_first
    assert first.thinking.strips.isVisible() is not open_at_first
    first.thinking.switch.click()
    assert first.thinking.is_open is open_at_first
    switch = next(action for action in first.findChildren(QAction) if action.text() == "Thinking")
    assert switch.isChecked() is open_at_first
    first.folding.set_open(False)
    first.close()
    second = open_window(qtbot, store, tmp_path)
    second.resize(1400, 1000)
    settle(second)
    assert not second.thinking.is_open
    second.folding.set_open(True)
    second.close()
    third = open_window(qtbot, store, tmp_path)
    third.resize(900, 600)
    settle(third)
    assert third.thinking.is_open


@pytest.mark.parametrize(
    ("size", "percent", "is_open"),
    [((900, 600), 100, False), ((1400, 860), 100, True), ((1400, 860), 200, False), ((2560, 1440), 200, True)],
)
def test_unasked_it_is_open_where_the_roll_keeps_its_share(
    window: MainWindow, engine: FakeEngine, size: tuple[int, int], percent: int, is_open: bool
) -> None:
    window.look.set_text(percent)
    window.resize(*size)
    settle(window)
    assert window.thinking.is_open is is_open
    engine.notice("trouble is no reason to fold it", Level.WARNING)
    settle(window)
    assert window.thinking.is_open is is_open


def plan(engine: FakeEngine, frames: list[set[int]], likely: list[dict[int, int]]) -> None:
    shares = []
    for of_step in likely:
        row = bytearray(88)
        for pitch, share in of_step.items():
            row[pitch - 21] = share
        shares.append(bytes(row))
    first = engine.snapshot.step + 1
    frames_planned = tuple(PlannedFrame(Frame(frozenset(pitches))) for pitches in frames)
    engine.change(planned_from=first, planned=frames_planned, likely=tuple(shares))


def test_a_likely_key_has_a_stronger_ghost_than_an_unlikely_one(window: MainWindow, engine: FakeEngine) -> None:
    engine.change(step=9, transport=Transport.PAUSED)
    plan(engine, [{60}, {60}], [{60: 255, 64: 128, 67: 10}, {60: 255}])
    settle(window)
    image, geometry = window.roll.grab().toImage(), window.roll.item.geometry_now()
    left = geometry.future_shift(window.roll.item.view) + 10 * geometry.pixels_per_step

    def cell(pitch: int, step: int) -> QColor:
        return image.pixelColor(
            int(left + (step + 0.5) * geometry.pixels_per_step), int(geometry.y_of(pitch) + geometry.row_height / 2)
        )

    assert like(cell(64, 0), DARK.on_ground("model", GHOST_STRENGTH * (128 / 255) ** 0.5))
    assert like(cell(67, 0), DARK.on_ground("model", GHOST_STRENGTH * (10 / 255) ** 0.5))
    assert like(cell(71, 0), DARK.colour("ground"))
    assert like(cell(64, 1), DARK.colour("ground"))
    assert cell(60, 0).lightness() > cell(64, 0).lightness() > cell(67, 0).lightness()


def test_keys_have_bars_as_long_as_they_are_likely(window: MainWindow, engine: FakeEngine) -> None:
    engine.change(step=9, transport=Transport.PAUSED)
    plan(engine, [{60}], [{60: 255, 64: 128}])
    settle(window)
    image, geometry = window.roll.grab().toImage(), window.roll.item.geometry_now()

    def length(pitch: int) -> int:
        y = int(geometry.y_of(pitch) + geometry.row_height / 2)
        xs = range(int(geometry.now_x) + 2, int(geometry.now_x + KEYBOARD_PIXELS))
        return sum(like(image.pixelColor(x, y), DARK.colour("likely")) for x in xs)

    assert [length(pitch) for pitch in (60, 64, 65)] == [28, 14, 0]


def test_planned_notes_are_sorted_by_how_likely_they_are_on_average() -> None:
    notes = [Note(10, 12, 60, 80), Note(10, 11, 64, 80), Note(9, 11, 120, 80, Source.PLAYER)]
    likely = [bytes(39) + bytes([255, 0, 0, 0, 0]) + bytes(44), bytes(88), b""]
    sorted_notes = by_likelihood(notes, 10, likely)
    assert {share: [note.pitch for note in of_share] for share, of_share in sorted_notes.items()} == {
        0.5: [60],
        0.0: [64, 120],
    }


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_bars_can_be_told_from_keys_and_ghosts_from_notes(theme: Theme) -> None:
    for key in ("white_key", "black_key"):
        assert ratio(theme, "likely", key) >= 3.0
    assert GHOST_STRENGTH < PLAN_STRENGTH < SURE_STRENGTH


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("eyes", list(EYES))
def test_recurrent_units_below_and_above_zero_are_told_apart_by_all_eyes(theme: Theme, eyes: str) -> None:
    shades = [QColor(shade) for shade in paint.recurrent_shades(theme)]
    assert len(shades) == paint.RECURRENT_SHADES
    assert distance(shades[127], theme.colour("ground"), eyes) < 1
    assert distance(shades[0], shades[254], eyes) >= 40
    assert distance(shades[64], shades[190], eyes) >= 10
