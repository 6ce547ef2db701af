"""The program, with what listens to it and what plays on it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import Desk, Keyboard
from tests.e2e.ear import Ear
from tests.e2e.servers import jack_server, pulse_server, screen, wait_for


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with jack_server() as jack, pulse_server() as sound, screen() as display:
        environment = os.environ | {
            key: value
            for servers in (jack, sound.environment, display)
            for key, value in servers.items()
            if os.environ.get(key) != value
        }
        environment.pop("QT_QPA_PLATFORM", None)
        desk = Desk(environment, tmp_path)
        try:
            yield desk
        finally:
            desk.close()


@pytest.fixture
def ear(desk: Desk) -> Iterator[Ear]:
    """Hears the model play already."""
    ear = Ear(desk.environment)
    try:
        wait_for(lambda: len(ear.notes) > 4, 20, "music by itself")
        yield ear
    finally:
        ear.close()


@pytest.fixture
def keyboard(desk: Desk, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    """Is heard already, and the window has the computer keyboard."""
    for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
        monkeypatch.setenv(name, desk.environment[name])
    keyboard = Keyboard()

    def heard() -> bool:
        keyboard.press(100)
        keyboard.release(100)
        time.sleep(0.1)
        return (1, 100) in ear.notes

    try:
        wait_for(heard, what="the keyboard's being heard")
        desk.focus()
        yield keyboard
    finally:
        keyboard.close()
