"""What a player that died left sounding is ended by the one after it, on a wire that takes down what is sent."""

from __future__ import annotations

import time

import pytest

from rnnrbm_live.io.midi_ports import ENDING_SECONDS, MidiOutput


class Wire:
    """An rtmidi output."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, ...]] = []

    def send_message(self, message: tuple[int, ...]) -> None:
        self.sent.append(message)

    def take(self) -> list[tuple[int, ...]]:
        """Return what was sent since."""
        sent, self.sent = self.sent, []
        return sent


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds, as the one element says."""
    seconds = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    return seconds


def test_ends_are_said_again_until_struck_anew(now: list[float]) -> None:
    wire = Wire()
    output = MidiOutput(wire, "synth")
    output.end_notes(frozenset({(0, 60), (1, 64)}))
    sent = wire.take()
    assert {(0xB0, 64, 0), (0xB1, 64, 0), (0xB0, 123, 0), (0xB1, 123, 0)} < set(sent)
    assert sent[-2:] == [(0x80, 60, 0), (0x81, 64, 0)]

    output.end_again()
    assert not wire.take(), "not yet"
    now[0] += ENDING_SECONDS[1]
    output.end_again()
    assert wire.take() == [(0x80, 60, 0), (0x81, 64, 0)]

    output.note_on(0, 60, 80, now[0])
    output.note_on(0, 70, 80, now[0])
    output.note_off(0, 70, now[0])
    wire.take()
    now[0] += ENDING_SECONDS[2]
    output.end_again()
    assert wire.take() == [(0x80, 70, 0), (0x81, 64, 0)], "the one sounds again; the other's end may be lost too"

    now[0] += 2 * ENDING_SECONDS[-1]
    output.end_again()
    wire.take()
    output.end_again()
    assert not wire.take(), "enough"


def test_nothing_is_said_again_where_no_player_died(now: list[float]) -> None:
    wire = Wire()
    output = MidiOutput(wire, "synth")
    output.end_notes(frozenset())
    output.note_on(0, 60, 80, now[0])
    output.note_off(0, 60, now[0])
    wire.take()
    now[0] += 100
    output.end_again()
    assert not wire.take()
