"""The strip of Turns mode: whose turn it is, and what is chosen there."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.snapshot import Transport, Turn, Whose
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine

PLAYING, PAUSED = Transport.PLAYING, Transport.PAUSED
CALL, ANSWER = Turn(Whose.PLAYER, 16, 48, begun=True), Turn(Whose.MODEL, 48, 80, begun=True)
FIRST = Turn(Whose.PLAYER, 16, 48, begun=False)
COUNT_IN = Turn(Whose.NOBODY, 0, 16, begun=False)


@pytest.mark.parametrize(
    ("turn", "transport", "step", "words", "lit"),
    [
        (None, Transport.STOPPED, -1, "you play 2 bars, the model answers with 2 bars", 0),
        (COUNT_IN, PLAYING, 7, "Your turn begins on the next bar", 2),
        (FIRST, PLAYING, 15, "Your turn: bar 1 of 2; the model waits for your first notes", 0),
        (CALL, PLAYING, 16, "Your turn: bar 1 of 2", 1),
        (CALL, PLAYING, 47, "Your turn: bar 2 of 2", 8),
        (ANSWER, PLAYING, 48, "The model answers: bar 1 of 2", 1),
        (ANSWER, PLAYING, 65, "The model answers: bar 2 of 2", 5),
        (ANSWER, PAUSED, 65, "Paused: the model's answer begins anew when you go on", 5),
        (CALL, PAUSED, 20, "Paused: your turn begins anew when you go on", 2),
    ],
)
def test_it_says_whose_turn_it_is(
    window: MainWindow, engine: FakeEngine, turn: Turn | None, transport: Transport, step: int, words: str, lit: int
) -> None:
    engine.change(mode=Mode.TURNS, transport=transport, turn=turn, step=step)
    window.bridge.look()
    assert words in window.turns.text
    assert (window.turns.lamps.lit, window.turns.lamps.count) == (lit, 8)


def test_lamps_are_the_beats_that_are_felt(window: MainWindow, engine: FakeEngine) -> None:
    for meter, bars, count in ((Meter(3, 4), 4, 12), (Meter(6, 8), 2, 4)):
        engine.change(mode=Mode.TURNS, timeline=Timeline(4, meter), settings=Settings(turn_bars=bars))
        window.bridge.look()
        assert window.turns.lamps.count == count


def test_nothing_moves_while_turns_change(window: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    places = set()
    for step in range(80):
        turn = COUNT_IN if step < 15 else FIRST if step < 20 else CALL if step < 48 else ANSWER
        engine.change(mode=Mode.TURNS, transport=PLAYING, turn=turn, step=step)
        window.bridge.look()
        qtbot.wait(0)
        strip = window.turns
        places.add((strip.height(), strip.lamps.x(), strip._text.x(), strip.bars.x(), strip.click.x()))
    assert len(places) == 1


def test_it_shows_in_turns_alone_and_sends_what_is_chosen(window: MainWindow, engine: FakeEngine) -> None:
    for mode in Mode:
        engine.change(mode=mode)
        window.bridge.look()
        assert window.turns.isVisible() is (mode is Mode.TURNS)
    assert not engine.sent
    strip = window.turns
    index = strip.bars.findData(4)
    strip.bars.setCurrentIndex(index)
    strip.bars.activated.emit(index)
    strip.count_in.click()
    QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.AltModifier)
    assert engine.sent == [ask.Adjust("turn_bars", 4), ask.Adjust("count_in", True), ask.Adjust("click", False)]


@pytest.mark.parametrize("size", [(900, 600), (1400, 860)])
def test_the_toolbar_keeps_to_one_row(
    window: MainWindow, engine: FakeEngine, qtbot: QtBot, size: tuple[int, int]
) -> None:
    engine.play(4)
    window.resize(*size)
    window.bridge.look()
    bar = window.toolbar
    qtbot.waitUntil(lambda: bar.export.mapTo(bar, bar.export.rect().center()).y() < 40)


def test_ways_into_turns(window: MainWindow, engine: FakeEngine) -> None:
    QTest.keyClick(window.roll, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    window.toolbar.mode_button(Mode.TURNS).click()
    assert engine.sent == [ask.SetMode(Mode.TURNS)] * 2
