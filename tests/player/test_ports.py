"""Ports on a MIDI system that does what a test says: which inputs are listened to, and echoes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator

import pytest

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import ManualClock
from rnnrbm_live.core.errors import MidiPortError
from rnnrbm_live.io.midi_ports import ENDING_SECONDS, MidiOutput, MidiSystem
from rnnrbm_live.player.player import Player
from rnnrbm_live.player.ports import PortKeeper


class Wire:
    """An rtmidi output in a loop: what is sent comes back on the input of the same name."""

    def __init__(self, back: deque[tuple[int, ...]]) -> None:
        self.sent: list[tuple[int, ...]] = []
        self.closed = False
        self._back = back

    def send_message(self, message: tuple[int, ...]) -> None:
        self.sent.append(message)
        if message[0] & 0xF0 in (0x80, 0x90):
            self._back.append(message)

    def close_port(self) -> None:
        self.closed = True

    def delete(self) -> None: ...


class FakeInput:
    def __init__(self, messages: deque[tuple[int, ...]]) -> None:
        self._messages = messages

    def messages(self) -> Iterator[tuple[int, ...]]:
        while self._messages:
            yield self._messages.popleft()

    def close(self) -> None: ...


class FakeSystem:
    name, has_virtual_ports = "FAKE", True

    def __init__(self) -> None:
        self.keys: dict[str, deque[tuple[int, ...]]] = {"piano": deque(), "pads": deque()}
        self.taken: set[str] = set()
        self.wires: dict[str, Wire] = {}

    def output_names(self) -> tuple[str, ...]:
        return tuple(self.keys)

    def input_names(self) -> tuple[str, ...]:
        return tuple(self.keys)

    def open_input(self, name: str) -> FakeInput:
        if name not in self.keys or name in self.taken:
            raise MidiPortError(f"MIDI input {name!r} cannot be opened")
        return FakeInput(self.keys[name])

    def open_output(self, name: str) -> MidiOutput:
        if name not in self.keys:
            raise MidiPortError(f"there is no MIDI output {name!r}")
        self.wires[name] = Wire(self.keys[name])
        return MidiOutput(self.wires[name], name)

    def open_virtual_output(self) -> MidiOutput:
        self.wires["own"] = Wire(deque())
        return MidiOutput(self.wires["own"], "RNN-RBM Live")


class Rig:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, ending: frozenset[tuple[int, int]] = frozenset()) -> None:
        self.system = FakeSystem()
        monkeypatch.setattr(MidiSystem, "open_first", lambda: self.system)
        self.events: list[msg.PlayerEvent] = []
        self.player = Player(clock=ManualClock(), emit=self.events.append)
        self.ports = PortKeeper(self.player, self.events.append, ending=ending)

    @property
    def outputs(self) -> tuple[str, ...]:
        return [event for event in self.events if isinstance(event, msg.Ports)][-1].outputs_open

    @property
    def open(self) -> tuple[str, ...]:
        return [event for event in self.events if isinstance(event, msg.Ports)][-1].inputs_open

    @property
    def told(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, msg.Notice)]

    def change(self) -> None:
        """Let the watching thread have looked."""
        self.ports._scan(self.system)  # type: ignore[arg-type]  # a stand-in
        self.ports.follow_changes()
        self.work()

    def open_output(self, name: str | None) -> None:
        self.ports.open_output(name)
        self.work()

    def open_input(self, name: str | None) -> None:
        self.ports.open_input(name)
        self.work()

    def work(self) -> None:
        while self.ports.work():
            pass


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(monkeypatch)


def test_one_all_or_none(rig: Rig) -> None:
    rig.change()
    for wanted, open_ones in (("pads", ("pads",)), (msg.ALL_INPUTS, ("piano", "pads")), (None, ())):
        rig.open_input(wanted)
        assert rig.open == open_ones
        assert rig.ports.has_input is bool(open_ones)


def test_keyboards_come_and_go(rig: Rig) -> None:
    rig.change()
    rig.open_input(msg.ALL_INPUTS)
    rig.system.keys["new"] = deque([(0x90, 60, 90)])
    rig.change()
    assert rig.open == ("piano", "pads", "new")
    assert list(rig.ports.messages()) == [("new", (0x90, 60, 90))]
    del rig.system.keys["piano"]
    rig.change()
    assert rig.open == ("pads", "new")
    assert rig.told == ["MIDI input 'piano' went away: it is used again on return"]


def test_one_that_is_taken_is_told_and_the_others_are_heard(rig: Rig) -> None:
    rig.system.taken.add("piano")
    rig.change()
    rig.open_input(msg.ALL_INPUTS)
    assert rig.open == ("pads",)
    assert rig.told == ["MIDI input 'piano' cannot be opened"]


def test_one_that_is_not_there_is_waited_for(rig: Rig) -> None:
    rig.change()
    rig.open_input("organ")
    assert rig.open == ()
    assert len(rig.told) == 1
    rig.system.keys["organ"] = deque()
    rig.change()
    assert rig.open == ("organ",)


def test_an_echo_is_no_key_and_a_key_is_no_echo(rig: Rig) -> None:
    """A loop gives everything back; the player's own keys on the same device are heard."""
    rig.change()
    rig.open_output("piano")
    rig.open_input(msg.ALL_INPUTS)
    rig.player.key(60, 90, 0.0)
    rig.player.key(60, 0, 0.0)
    assert [message[:2] for message in rig.system.wires["piano"].sent] == [(0x91, 60), (0x81, 60)]
    assert list(rig.ports.messages()) == []
    own = [(0x90, 60, 91), (0x90, 64, 90), (0x80, 64, 0), (0xB0, 60, 90)]
    rig.system.keys["piano"] += own
    assert list(rig.ports.messages()) == [("piano", message) for message in own]
    rig.system.keys["pads"] += [(0x90, 60, 90)]
    assert list(rig.ports.messages()) == [("pads", (0x90, 60, 90))], "another device"


def test_a_chosen_output_plays_beside_our_own(rig: Rig) -> None:
    rig.change()
    rig.open_output("pads")
    assert rig.outputs == ("RNN-RBM Live", "pads")
    rig.player.key(60, 90, 0.0)
    for name in ("own", "pads"):
        assert (0x91, 60, 90) in rig.system.wires[name].sent
    pads = rig.system.wires["pads"]
    rig.ports.open_output(None)
    assert (0x81, 60, 0) in pads.sent, "at once"
    assert not pads.closed, "that may block, and waits"
    rig.work()
    assert pads.closed
    assert rig.outputs == ("RNN-RBM Live",)
    assert (0x81, 60, 0) not in rig.system.wires["own"].sent, "it goes on there"
    rig.ports.close()
    assert (0x81, 60, 0) in rig.system.wires["own"].sent


def test_an_output_that_comes_back_is_taken_up_again(rig: Rig) -> None:
    rig.change()
    rig.open_output("pads")
    keys = rig.system.keys.pop("pads")
    rig.change()
    assert rig.outputs == ("RNN-RBM Live",)
    rig.system.keys["pads"] = keys
    rig.change()
    assert rig.outputs == ("RNN-RBM Live", "pads")


def test_where_there_are_no_virtual_ports_loopmidi_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeSystem, "has_virtual_ports", False)
    rig = Rig(monkeypatch)
    rig.open_output(None)
    assert rig.outputs == ()
    assert "loopMIDI" in rig.told[0]
    rig.open_output("pads")
    assert rig.outputs == ("pads",)
    assert len(rig.told) == 1


class Piano:
    """The built-in piano: whether it sounds."""

    on, gain_db = True, 0.0

    def set(self, *, on: bool, gain_db: float) -> None:
        self.on, self.gain_db = on, gain_db


def stands_in(rig: Rig) -> bool:
    return [event for event in rig.events if isinstance(event, msg.Ports)][-1].piano_stands_in


def test_the_piano_stands_in_for_an_output_that_is_gone(rig: Rig) -> None:
    piano = Piano()
    rig.ports.add_piano(piano)
    rig.ports.set_piano(msg.SetPiano(False, -3.0))
    rig.change()
    rig.open_output("pads")
    assert (piano.on, stands_in(rig)) == (False, False)
    keys = rig.system.keys.pop("pads")
    rig.change()
    assert (piano.on, piano.gain_db, stands_in(rig)) == (True, -3.0, True)
    assert rig.told[-1] == "MIDI output 'pads' is not there: the built-in piano plays until it is"
    rig.ports.set_piano(msg.SetPiano(False, -6.0))
    assert (piano.on, piano.gain_db) == (True, -6.0)
    assert len([text for text in rig.told if "piano plays" in text]) == 1, "said once"
    rig.system.keys["pads"] = keys
    rig.change()
    assert (piano.on, stands_in(rig)) == (False, False)


def test_the_piano_stands_in_for_an_output_that_never_was_there(rig: Rig) -> None:
    rig.open_output("organ")
    rig.ports.set_piano(msg.SetPiano(False, 0.0))
    piano = Piano()
    rig.ports.add_piano(piano)  # its device took a while to open
    assert (piano.on, stands_in(rig)) == (True, True)
    rig.open_output(None)
    assert (piano.on, stands_in(rig)) == (False, False), "nothing is missing when another output is chosen"


def test_a_piano_that_plays_anyway_does_not_stand_in(rig: Rig) -> None:
    piano = Piano()
    rig.ports.add_piano(piano)
    rig.open_output("organ")
    assert (piano.on, stands_in(rig)) == (True, False)
    assert not [text for text in rig.told if "piano plays" in text]
    rig.ports.set_piano(msg.SetPiano(False, 0.0))
    assert (piano.on, stands_in(rig)) == (True, True)


def test_the_piano_does_not_stand_in_for_an_output_that_is_about_to_open(rig: Rig) -> None:
    piano = Piano()
    rig.ports.add_piano(piano)
    rig.change()
    rig.ports.open_output("pads")
    rig.ports.set_piano(msg.SetPiano(False, 0.0))
    assert not piano.on
    assert not rig.told
    rig.work()
    assert rig.outputs == ("RNN-RBM Live", "pads")


def test_what_a_dead_player_left_is_ended_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(monkeypatch, ending=frozenset({(0, 60)}))
    sent = rig.system.wires["own"].sent
    assert sent.count((0x80, 60, 0)) == 1
    later = time.monotonic() + 1.5 * ENDING_SECONDS[1]
    monkeypatch.setattr(time, "monotonic", lambda: later)
    rig.ports.follow_changes()
    assert sent.count((0x80, 60, 0)) == 2
