"""What devices send: keys under a sustain pedal, controllers that flood, machine control; and no hung note."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.controllers import Controller
from rnnrbm_live.player.midi_in import TELL_SECONDS, MidiIn
from rnnrbm_live.player.pedal import Pedals
from tests.player.test_player import Rig

DOWN, UP = (0xB0, 64, 127), (0xB0, 64, 0)


class Hands(Rig):
    """A player with two keyboards."""

    def __init__(self) -> None:
        super().__init__()
        self.midi_in = MidiIn(self.player, self.events.append)

    def send(self, *messages: tuple[int, ...], source: str = "piano", after: float = 0.0) -> None:
        self.clock.sleep_until(self.clock.now_seconds() + after)
        for message in messages:
            self.midi_in.receive(source, message, self.clock.now_seconds())

    @property
    def keys(self) -> list[tuple[int, int]]:
        return [(event.pitch, event.velocity) for event in self.events if isinstance(event, msg.KeyPlayed)]

    @property
    def moves(self) -> list[tuple[int, int]]:
        return [(e.controller.number, e.value) for e in self.events if isinstance(e, msg.ControlMoved)]


def on(pitch: int, velocity: int = 90) -> tuple[int, int, int]:
    return (0x90, pitch, velocity)


def off(pitch: int) -> tuple[int, int, int]:
    return (0x80, pitch, 64)


def test_the_pedal_holds_what_fingers_let_go_until_it_is_lifted() -> None:
    rig = Hands()
    rig.send(on(60), on(64), DOWN)
    rig.send(off(60), on(67), after=1.0)
    assert rig.port.sounding == rig.piano.sounding == {(1, 60), (1, 64), (1, 67)}
    assert (60, 0) not in rig.keys
    rig.send(UP, after=1.0)
    assert rig.port.sounding == rig.piano.sounding == {(1, 64), (1, 67)}, "fingers still hold these"
    assert rig.keys[-1] == (60, 0)
    released = rig.events[-1]
    assert isinstance(released, msg.KeyPlayed)
    assert released.seconds == 102.0, "the note is as long as the pedal makes it"
    rig.send(off(64), (0x90, 67, 0))
    assert rig.port.sounding == set()


@pytest.mark.parametrize(("value", "held"), [(63, False), (64, True), (127, True)])
def test_a_pedal_is_down_from_half_way_on(value: int, held: bool) -> None:
    rig = Hands()
    rig.send((0xB0, 64, value), on(60), off(60))
    assert bool(rig.port.sounding) is held


def test_a_key_that_only_the_pedal_holds_is_released_and_struck_anew() -> None:
    rig = Hands()
    rig.send(DOWN, on(60), off(60), on(60, 50), off(60), UP)
    assert rig.port.brief == [("on", 1, 60), ("off", 1, 60), ("on", 1, 60), ("off", 1, 60)]
    assert rig.keys == [(60, 90), (60, 0), (60, 50), (60, 0)]


def test_a_pedal_holds_the_keys_of_its_own_keyboard() -> None:
    rig = Hands()
    rig.send(DOWN)
    rig.send(on(60), off(60), source="organ")
    rig.player.handle(msg.PlayKey(61, 90))
    rig.player.handle(msg.PlayKey(61, 0))
    assert rig.port.sounding == set()
    rig.send(DOWN, source="organ")
    rig.send(on(62), off(62))
    rig.send(UP, source="organ")
    assert rig.port.sounding == {(1, 62)}
    rig.send((0xB0, 121, 0))  # reset all controllers
    assert rig.port.sounding == set()


@pytest.mark.parametrize("end", ["panic", "unplugged", "all notes off", "all sound off"])
def test_nothing_hangs_on_a_pedal_that_was_never_lifted(end: str) -> None:
    rig = Hands()
    rig.send(DOWN, on(60), off(60), on(64))
    if end == "panic":
        rig.player.handle(msg.Panic())
    elif end == "unplugged":
        rig.player.release_keys()
    else:
        rig.send((0xB0, 123 if end == "all notes off" else 120, 0))
    assert rig.port.sounding == rig.piano.sounding == set()
    assert rig.keys[-2:] == [(60, 0), (64, 0)]
    rig.send(on(67), off(67))
    assert rig.port.sounding == set(), "until it is pressed again, the pedal is up"
    rig.send(DOWN, on(67), off(67))
    assert rig.port.sounding == {(1, 67)}


def test_a_flooding_fader_is_told_now_and_then_and_where_it_stops() -> None:
    rig = Hands()
    for value in range(64):
        rig.send((0xB2, 7, value), after=0.001)
    rig.midi_in.advance(rig.clock.now_seconds())
    assert 3 <= len(rig.moves) <= 5
    rig.clock.sleep_until(rig.clock.now_seconds() + TELL_SECONDS)
    rig.midi_in.advance(rig.clock.now_seconds())
    assert rig.moves[-1] == (7, 63)
    told = len(rig.moves)
    rig.midi_in.advance(rig.clock.now_seconds() + 1.0)
    assert len(rig.moves) == told
    assert isinstance(rig.events[-1], msg.ControlMoved)
    assert rig.events[-1].controller == Controller(2, 7)


def test_no_press_of_a_button_is_lost() -> None:
    rig = Hands()
    for _ in range(10):
        rig.send((0xB0, 20, 127), (0xB0, 20, 0), after=0.0001)
    assert rig.moves == [(20, 127), (20, 0)] * 10


def test_what_is_no_controller_is_none() -> None:
    rig = Hands()
    rig.send(
        DOWN,
        UP,
        *((0xB0, mode, 0) for mode in range(120, 128)),
        (0xE0, 0, 64),
        (0xC0, 5),
        (0xD0, 90),
        (0xF8,),
        (0xF0, 0x7E, 0, 6, 2, 0xF7),
    )
    assert rig.events == []


@pytest.mark.parametrize(
    ("command", "what"),
    [
        *((0x01, msg.Machine.STOP), (0x02, msg.Machine.PLAY)),
        *((0x03, msg.Machine.PLAY), (0x09, msg.Machine.PAUSE), (0x06, None)),
    ],
)
def test_machine_control(command: int, what: msg.Machine | None) -> None:
    rig = Hands()
    rig.send((0xF0, 0x7F, 0x11, 0x06, command, 0xF7))
    assert rig.events == ([] if what is None else [msg.MachineAsked(what)])


moves = st.one_of(
    st.tuples(st.sampled_from([0x90, 0x80]), st.integers(60, 63), st.sampled_from([0, 90])),
    st.sampled_from([DOWN, UP, (0xB0, 123, 0)]),
    st.builds(msg.PlayKey, st.integers(60, 63), st.sampled_from([0, 90])),
    st.just(msg.Panic()),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(moves, st.sampled_from(["piano", "organ"])), max_size=40))
def test_no_key_is_ever_left_hanging(played: list[tuple[tuple[int, ...] | msg.PlayerCommand, str]]) -> None:
    """Sinks check that notes match; what is reported agrees with what sounds; lifting everything ends everything."""
    rig = Hands()
    for move, source in played:
        if isinstance(move, tuple):
            rig.send(move, source=source)
        else:
            rig.player.handle(move)
        held: dict[int, int] = dict(rig.keys)
        assert {(1, pitch) for pitch, velocity in held.items() if velocity} == rig.port.sounding
    for source in ("piano", "organ"):
        rig.send(*(off(pitch) for pitch in range(60, 64)), UP, source=source)
    assert rig.port.sounding == rig.piano.sounding == set()


def test_a_key_that_two_keyboards_let_go_ends_once() -> None:
    rig = Hands()
    rig.send(DOWN, source="organ")
    rig.send(on(60))
    rig.send(off(60), source="organ")
    assert rig.port.sounding == {(1, 60)}, "caught by the organ's pedal"
    rig.send(off(60))
    rig.send(UP, source="organ")
    assert rig.keys == [(60, 90), (60, 0)]


def test_lifted_pedals_hold_nothing() -> None:
    pedals = Pedals()
    pedals.move("piano", down=True)
    assert pedals.catch("piano", 60)
    pedals.lift_all()
    assert not pedals.give_up(60)
    assert pedals.move("piano", down=False) == []
    assert not pedals.catch("piano", 61)
