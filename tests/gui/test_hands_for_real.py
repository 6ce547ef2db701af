"""From a device's bytes to what sounds, through the real player, session and window, all of them offline."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnrbm_live.core.commands import Command, Play
from rnnrbm_live.core.messages import ControlMoved
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.session import Session
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from rnnrbm_live.gui.window import MainWindow
from rnnrbm_live.player.offline import OfflinePlayer
from tests.engine.fakes import EchoStepper
from tests.gui.fakes import FakeFiles, MemoryStore, services
from tests.player.recorder import RecordingSink

FRAME_SECONDS = 0.016


class OfflineEngine:
    """A session and its player in this thread, and a device to play on."""

    def __init__(self) -> None:
        self.sink = RecordingSink()
        self.link = OfflinePlayer(self.sink)
        self.clock = self.link.clock
        self.session = Session(
            link=self.link,
            clock=self.link.clock,
            model="echo",
            load_model=lambda _: EchoStepper(),  # type: ignore[arg-type,return-value]  # as far as a session looks
            settings=Settings(tempo_bpm=120.0, temperature=0.9),
        )

    @property
    def snapshot(self) -> Snapshot:
        return self.session.snapshot

    def send(self, command: Command) -> None:
        self.session.command(command)

    def on(self, seconds: float) -> None:
        """Let time go on."""
        end = self.clock.now_seconds() + seconds
        while self.clock.now_seconds() < end:
            while self.session.work():
                pass
            for event in self.link.poll(FRAME_SECONDS):
                self.session.event(event)


class Stage:
    def __init__(self, window: MainWindow, engine: OfflineEngine) -> None:
        self.window, self.engine = window, engine

    def play(self, *messages: tuple[int, ...]) -> None:
        """Send messages, a frame of the window after each."""
        for message in messages:
            self.engine.link.midi_in.receive("desk", message, self.engine.clock.now_seconds())
            self.engine.on(FRAME_SECONDS)
            self.window.bridge.look()

    def octaves(self) -> bool:
        """Whether the last step that was struck had the octave, which the model adds when it is hot."""
        struck = [message for message in self.engine.sink.messages if message[0] == "on" and message[1] == 0]
        last = [pitch for _, _, pitch, _, due in struck if due == struck[-1][4]]
        return len(last) == 2


@pytest.fixture
def stage(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Stage:
    engine = OfflineEngine()
    window = MainWindow(engine, services(engine, MemoryStore(), FakeFiles(), tmp_path))  # type: ignore[arg-type]
    window.bridge.stop()
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return Stage(window, engine)


def test_a_set_played_by_hands_alone(stage: Stage) -> None:
    midi, engine = stage.window.midi, stage.engine
    for name, number in (("temperature", 74), ("play or pause", 20), ("panic", 21)):
        midi.learn(name)
        stage.play((0xB0, number, 1 if number == 74 else 127), (0xB0, number, 0))
    assert engine.snapshot.transport is Transport.STOPPED, "learning does nothing"
    stage.play((0xB0, 20, 127), (0xB0, 20, 0))
    assert engine.snapshot.transport is Transport.PLAYING
    engine.on(1.0)
    assert not stage.octaves()
    stage.play(*((0xB0, 74, value) for value in range(0, 128, 4)))
    assert engine.snapshot.settings.temperature == pytest.approx(1.48, abs=0.02)
    engine.on(0.5)
    assert stage.octaves(), "the knob is heard"
    QTest.keyClick(stage.window.roll, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert engine.snapshot.settings.temperature == 0.9
    engine.on(0.5)
    assert not stage.octaves(), "and so is undo"
    stage.play((0xB0, 64, 127), (0x90, 72, 90), (0x80, 72, 0))
    assert (1, 72) in engine.sink.sounding, "the pedal holds it"
    stage.play((0xB0, 21, 127))
    assert (1, 72) not in engine.sink.sounding
    stage.play((0xF0, 0x7F, 0x7F, 0x06, 0x01, 0xF7))
    assert engine.snapshot.transport is Transport.STOPPED
    assert engine.sink.sounding == set()


def test_a_storm_of_faders_costs_few_snapshots_and_ends_where_the_hand_does(stage: Stage) -> None:
    """2,000 messages in a second on four faders: each is told fifty times at most, and late for nothing."""
    engine = stage.engine
    stage.window.midi.learn("density")
    stage.play((0xB0, 1, 64), (0xB0, 20, 127))
    engine.send(Play())
    engine.on(0.2)
    told = 0
    for index in range(2000):
        value = 64 + index % 40
        engine.link.midi_in.receive("desk", (0xB0, 1 + index % 4, value), engine.clock.now_seconds())
        engine.clock.sleep_until(engine.clock.now_seconds() + 0.0005)
        engine.link.midi_in.advance(engine.clock.now_seconds())
        engine.link.player.advance()
        events = engine.link.poll(0.0) if engine.link._events else []
        told += sum(isinstance(event, ControlMoved) for event in events)
        for event in events:
            engine.session.event(event)
        while engine.session.work():
            pass
    assert 150 < told <= 4 * 51
    stage.play((0xB0, 1, 127))
    engine.on(0.1)
    stage.window.bridge.look()
    assert engine.snapshot.settings.density == 3.0
    assert engine.snapshot.timing.steps_dry == 0
