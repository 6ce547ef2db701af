"""Controllers of MIDI devices: readings, soft takeover, and which moves what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrbm_live.core.controllers import NEAR, Bindings, Controller, Dial, Reading, Takeover

PERCENT = Dial.numbers(0, 127, 1, whole=True)  # a value is a knob's place


def knob(at: object = 64, dial: Dial = PERCENT) -> Takeover:
    takeover = Takeover(dial)
    takeover.show(at)
    return takeover


def turned(takeover: Takeover, *places: int) -> list[object]:
    return [takeover.turn(place) for place in places]


def test_presses_are_rising_edges_through_the_middle() -> None:
    reading = Reading()
    for at, value in enumerate((10, 63, 64, 127, 80, 63, 0, 127, 127, 0)):
        reading = reading.moved(value, float(at))
    assert (reading.value, reading.presses, reading.pressed_seconds) == (0, 2, 7.0)


@pytest.mark.parametrize(
    ("dial", "values"),
    [
        (Dial.numbers(0.5, 1.5, 0.01), {0: 0.5, 64: 1.0, 127: 1.5, 51: 0.9}),
        (Dial.numbers(5, 100, 1, whole=True), {0: 5, 127: 100, 1: 6}),
        (Dial(("anywhere", "below", "above")), {0: "anywhere", 31: "anywhere", 64: "below", 127: "above"}),
    ],
)
def test_a_dial_spreads_its_values_over_the_knobs_way(dial: Dial, values: dict[int, object]) -> None:
    assert {place: dial.value_at(place) for place in values} == values
    for value in dial.values:
        assert dial.value_at(round(dial.place_of(value))) == value
        assert type(dial.value_at(round(dial.place_of(value)))) is type(value)


def test_a_value_between_or_beyond_has_the_nearest_ones_place() -> None:
    dial = Dial.numbers(40, 240, 1)
    assert dial.place_of(96.3) == dial.place_of(96.0)
    assert (dial.place_of(20.0), dial.place_of(300.0)) == (0, 127)


def test_a_knob_does_nothing_until_it_has_come_to_where_the_control_stands() -> None:
    takeover = knob(64)
    assert turned(takeover, 10, 40, 64 - NEAR - 1) == [None] * 3
    assert (takeover.taken, takeover.knob) == (False, 64 - NEAR - 1)
    assert turned(takeover, 64 - NEAR, 30, 127) == [64 - NEAR, 30, 127]


@pytest.mark.parametrize("way", [(10, 120), (120, 10)])
def test_or_has_passed_it_at_one_stroke(way: tuple[int, int]) -> None:
    assert turned(knob(64), *way) == [None, way[1]]


def test_or_leaves_from_there() -> None:
    takeover = knob(64)
    takeover.knob = 65
    assert turned(takeover, 90) == [90]


def test_or_stands_where_the_control_would_not_change() -> None:
    takeover = knob("below", Dial(("anywhere", "below", "above")))
    assert turned(takeover, 40, 20) == [None, "anywhere"]


def test_the_first_move_passes_nothing() -> None:
    """Nobody knows where the knob stood before."""
    assert turned(knob(64), 120) == [None]


def test_a_control_that_something_else_has_moved_has_to_be_picked_up_again() -> None:
    takeover = knob(64)
    assert turned(takeover, 64, 70) == [None, 70], "64 is in force already"
    takeover.show(70)
    takeover.show(70)
    assert takeover.taken
    takeover.show(20)
    assert not takeover.taken
    assert turned(takeover, 75, 60) == [None, None]
    assert turned(takeover, 19) == [19]


def test_what_is_on_its_way_is_not_taken_for_something_else() -> None:
    """The engine answers late, and may leave some out."""
    takeover = knob(64)
    turned(takeover, 64, 65, 66, 67, 68)
    for answer in (64, 66, 68):
        takeover.show(answer)
        assert takeover.taken
    assert takeover.turn(69) == 69
    assert takeover.turn(69) is None, "it is asked for already"
    takeover.show(68)
    assert takeover.taken


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 127), st.lists(st.integers(0, 127), min_size=1, max_size=30))
def test_the_control_never_jumps_by_more_than_the_knob(start: int, places: list[int]) -> None:
    """Each value asked for lies no farther from the one before than the knob has moved, and a bit."""
    takeover, value, before = knob(start), start, None
    for place in places:
        asked = takeover.turn(place)
        if asked is not None:
            assert isinstance(asked, int)
            assert abs(asked - value) <= (NEAR if before is None else abs(place - before) + NEAR)
            value = asked
            takeover.show(value)
        before = place


def test_a_controller_moves_one_thing_and_is_named() -> None:
    bindings = Bindings()
    first, second = Controller(0, 74), Controller(3, 74)
    assert bindings.bind("temperature", first) is None
    assert bindings.bind("temperature", first) is None
    assert bindings.bind("density", second) is None
    assert bindings.bind("seed", first) == "temperature"
    assert (bindings.controller("temperature"), bindings.name(first), bindings.name(second)) == (
        None,
        "seed",
        "density",
    )
    bindings.forget("seed")
    assert bindings.name(first) is None
    assert (first.title, second.title) == ("CC 74", "CC 74/4")
    assert (first.words, second.words) == ("CC 74 on channel 1", "CC 74 on channel 4")


def test_bindings_are_remembered_and_nonsense_is_left_out() -> None:
    bindings = Bindings({"density": [3, 7], "stop": [0, 20]})
    again = Bindings(bindings.to_remember())
    assert again.controller("density") == Controller(3, 7)
    assert again.controller("stop") == Controller(0, 20)
    nonsense = {"a": [16, 7], "b": [0, 120], "c": [0], "d": "x", "e": [0.0, 7], "f": [True, 7], "g": None}
    assert Bindings(nonsense).to_remember() == {}
    for thing in (None, 3, "x", [1]):
        assert Bindings(thing).to_remember() == {}
    again.clear()
    assert again.to_remember() == {}
