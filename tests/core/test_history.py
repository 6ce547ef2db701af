"""Undo: what is one step, what is two, and that going back and forth is exact."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rnnrbm_live.core.history import GESTURE_SECONDS, MOST_STEPS, PAUSE_SECONDS, History


class Desk:
    """Settings and their history, on a clock that is moved by hand."""

    def __init__(self) -> None:
        self.history = History()
        self.values: dict[str, object] = {"a": 0, "b": 0, "c": 0}
        self.now = 0.0

    def set(self, name: str, value: object, after: float = 2 * PAUSE_SECONDS, *, gradual: bool = True) -> None:
        self.now += after
        self.history.record(name, self.values[name], value, seconds=self.now, gradual=gradual)
        self.values[name] = value

    def undo(self) -> None:
        self.values.update(self.history.undo())

    def redo(self) -> None:
        self.values.update(self.history.redo())


def test_back_and_forth() -> None:
    desk = Desk()
    desk.set("a", 1)
    desk.set("b", 2)
    assert (desk.history.to_undo, desk.history.to_redo) == (("b",), ())
    desk.undo()
    assert desk.values == {"a": 1, "b": 0, "c": 0}
    desk.undo()
    desk.undo()
    assert desk.values == {"a": 0, "b": 0, "c": 0}
    assert (desk.history.to_undo, desk.history.to_redo) == ((), ("a",))
    desk.redo()
    desk.redo()
    desk.redo()
    assert desk.values == {"a": 1, "b": 2, "c": 0}


def test_one_control_that_moves_on_is_one_step() -> None:
    desk = Desk()
    for value in range(1, 10):
        desk.set("a", value, 0.9 * PAUSE_SECONDS)
    desk.set("a", 20, 1.1 * PAUSE_SECONDS)
    desk.undo()
    assert desk.values["a"] == 9
    desk.undo()
    assert desk.values["a"] == 0


def test_what_is_set_at_once_is_one_step_and_another_control_a_moment_later_is_not() -> None:
    desk = Desk()
    for name in "abc":
        desk.set(name, 5, 0.1 * GESTURE_SECONDS)
    desk.set("a", 6, 2 * GESTURE_SECONDS)
    desk.set("b", 7, 2 * GESTURE_SECONDS)
    desk.undo()
    assert desk.values == {"a": 0, "b": 0, "c": 0}, "a moved on, and b is in the same step"


def test_another_control_is_another_step() -> None:
    desk = Desk()
    desk.set("a", 1)
    desk.set("b", 1, 2 * GESTURE_SECONDS)
    desk.undo()
    assert desk.values == {"a": 1, "b": 0, "c": 0}


def test_a_drag_is_one_step_however_long_it_rests_and_another_drag_another() -> None:
    desk = Desk()
    for value in (1, 2):
        desk.history.hold()
        desk.set("a", 10 * value, 0.1)
        desk.set("a", 10 * value + 1, 10 * PAUSE_SECONDS)
        desk.history.let_go()
    desk.undo()
    assert desk.values["a"] == 11
    desk.undo()
    assert desk.values["a"] == 0


def test_what_is_set_just_before_or_after_a_drag_is_no_part_of_it() -> None:
    desk = Desk()
    desk.set("a", 1)
    desk.history.hold()
    desk.set("a", 2, 0.1 * PAUSE_SECONDS)
    desk.history.let_go()
    desk.set("a", 3, 0.1 * PAUSE_SECONDS)
    seen = []
    for _ in range(3):
        desk.undo()
        seen.append(desk.values["a"])
    assert seen == [2, 1, 0]


def test_what_is_not_gradual_is_a_step_each_time() -> None:
    desk = Desk()
    for value in (1, 2):
        desk.set("a", value, 2 * GESTURE_SECONDS, gradual=False)
        desk.set("b", value, 0.1 * GESTURE_SECONDS, gradual=False)
    desk.undo()
    assert desk.values == {"a": 1, "b": 1, "c": 0}


def test_nothing_is_no_step_and_keeps_what_can_be_done_again() -> None:
    desk = Desk()
    desk.set("a", 1)
    desk.undo()
    desk.set("b", 0)
    assert desk.history.to_redo == ("a",)
    desk.set("b", 1)
    assert desk.history.to_redo == ()


def test_steps_without_end_are_not_kept() -> None:
    desk = Desk()
    for value in range(MOST_STEPS + 50):
        desk.set("a", value + 1)
    for _ in range(MOST_STEPS + 50):
        desk.undo()
    assert desk.values["a"] == 50


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.sampled_from([0.01, 0.5, 3.0])) | st.just("undo"),
        max_size=30,
    )
)
def test_undoing_all_brings_back_the_beginning_and_redoing_the_end(
    moves: list[tuple[str, int, float] | str],
) -> None:
    desk = Desk()
    for move in moves:
        if isinstance(move, str):
            desk.undo()
        else:
            desk.set(*move)
    while desk.history.to_redo:
        desk.redo()
    end = dict(desk.values)
    while desk.history.to_undo:
        desk.undo()
    assert desk.values == {"a": 0, "b": 0, "c": 0}
    while desk.history.to_redo:
        desk.redo()
    assert desk.values == end
