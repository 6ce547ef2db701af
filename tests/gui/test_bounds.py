"""The strips of a duet and of the bounds: what is chosen reaches the engine, and what is in force is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.snapshot import Timing
from rnnrbm_live.gui.bounds import BOUNDS
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine


def choose(window: MainWindow, name: str, value: object) -> None:
    choice = {**window.duet.choices, **window.bounds.choices}[name]
    index = choice.findData(value)
    assert index >= 0
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tonic", 3),
        ("scale", "blues"),
        ("low_pitch", 48),
        ("high_pitch", 72),
        ("most_notes", 1),
        ("duet_voices", 0),
        ("duet_place", "below"),
        ("room", 4),
    ],
)
def test_what_is_chosen_reaches_the_engine(window: MainWindow, engine: FakeEngine, name: str, value: object) -> None:
    choose(window, name, value)
    assert engine.sent[-1] == ask.Adjust(name, value)


def test_the_duets_strip_shows_in_duet_alone(window: MainWindow, engine: FakeEngine) -> None:
    window.toolbar.mode_button(Mode.DUET).click()
    assert engine.sent[-1] == ask.SetMode(Mode.DUET)
    for mode in Mode:
        window.duet.show_snapshot(replace(engine.snapshot, mode=mode, timing=Timing(keys_answered=3, keys_missed=1)))
        assert window.duet.isVisible() is (mode is Mode.DUET)
    window.duet.restrike.click()
    assert engine.sent[-1] == ask.Adjust("restrike", True)


def test_bounds_show_when_asked_for_or_in_force(window: MainWindow, engine: FakeEngine) -> None:
    assert not window.bounds.isVisible()
    window._toggle_bounds()
    assert window.bounds.isVisible()
    window._toggle_bounds()
    assert not window.bounds.isVisible()
    window.bounds.show_snapshot(replace(engine.snapshot, settings=Settings(muted=(60,))))
    assert window.bounds.isVisible()
    window.requests.lift_bounds()
    assert [command for command in engine.sent if isinstance(command, ask.Adjust)][-len(BOUNDS) :] == [
        ask.Adjust(name, getattr(Settings(), name)) for name in BOUNDS
    ]


@pytest.mark.parametrize(
    ("before", "muted", "forced"),
    [
        ({}, (60,), ()),
        ({"muted": (60, 62)}, (62,), (60,)),
        ({"forced": (60,)}, (), ()),
    ],
)
def test_a_right_click_on_a_key_binds_it(
    window: MainWindow, engine: FakeEngine, qtbot: QtBot, before: dict[str, object], muted: object, forced: object
) -> None:
    engine.snapshot = replace(engine.snapshot, settings=Settings(**before))  # type: ignore[arg-type]  # by name
    window.bridge.look()
    geometry = window.roll.item.geometry_now()
    place = QPoint(int(geometry.now_x) + 30, int(geometry.y_of(60) + geometry.row_height / 2))
    qtbot.mouseClick(window.roll.viewport(), Qt.MouseButton.RightButton, pos=place)
    assert engine.sent[-2:] == [ask.Adjust("muted", muted), ask.Adjust("forced", forced)]
