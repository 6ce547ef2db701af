"""Roads: the ways that the music has taken from its beginning, told apart on the one tape that time writes.

Steps on the tape only go forward. Where the music goes back to an earlier place and on from there, the road that it was
on stays, and another begins: all of the old one up to that place, then what sounded from the jump on. A road has
positions of its own, in steps from its beginning, without the jumps; bars fall on the same phase in both.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from string import ascii_uppercase

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.errors import JournalError

LONGEST_NAME = 40  # characters


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the tape that belongs to a road.

    Attributes:
        first: its first step on the tape.
        end: the step after its last; None while it grows.
        position: of `first` on the road.
    """

    first: int
    end: int | None
    position: int

    @property
    def shift(self) -> int:
        """How many steps later than on the road it lies on the tape."""
        return self.first - self.position

    @property
    def length(self) -> float:
        """In steps; infinite while it grows."""
        return math.inf if self.end is None else self.end - self.first

    @property
    def end_position(self) -> float:
        """Position after its last step; infinite while it grows."""
        return self.position + self.length

    def before(self, position: int) -> Span:
        """Return the part before a position of the road."""
        end = position + self.shift
        return replace(self, end=end if self.end is None else min(self.end, end))


@dataclass(frozen=True, slots=True)
class Road:
    """One way through the music.

    Attributes:
        name: for the user.
        spans: stretches of the tape, ascending by position.
        parent: number of the road that it left; None for the first.
        left_at: position at which it did.
    """

    name: str
    spans: tuple[Span, ...]
    parent: int | None = None
    left_at: int = 0

    @property
    def grows(self) -> bool:
        """Whether what is played now is its own."""
        return self.spans[-1].end is None

    @property
    def end(self) -> float:
        """Position after the last step; infinite while the road grows."""
        return self.spans[-1].end_position

    def step_at(self, position: int) -> int:
        """Return the step on the tape of a position from 0 up."""
        return position + self.span_at(position).shift

    def span_at(self, position: float) -> Span:
        """Return the stretch that a position falls into, or the one before it."""
        return self.spans[max(0, bisect_right(self.spans, position, key=lambda span: span.position) - 1)]

    def begins_at(self, step: int) -> int | None:
        """Return the position of a step of the tape that is the road's own, not its parent's; None for any other."""
        for span in self.spans:
            if span.position >= self.left_at and span.first <= step and (span.end is None or step < span.end):
                return step - span.shift
        return None


class Roads:
    """All roads of a session, and which of them is heard. They follow from the session's records alone.

    What is played while an old road is heard again belongs to that road only beyond its end; what is new before that
    leaves it, and is a road of its own.

    Attributes:
        all: every road, in the order in which they began; replaced whole.
        heard: number of the one that is heard.
        shift: how many steps later than on that road the tape is.
    """

    def __init__(self) -> None:
        """Begin with one road."""
        self.all: tuple[Road, ...] = (Road(road_name(0), (Span(0, None, 0),)),)
        self.heard = 0
        self.shift = 0
        self._end = 0  # the step after the last that sounded

    @property
    def current(self) -> Road:
        """The road that is heard."""
        return self.all[self.heard]

    @property
    def next_name(self) -> str:
        """What the road that begins next is called, unless it is named."""
        return road_name(len(self.all))

    def apply(self, record: jot.Record) -> None:
        """Follow a record.

        Raises:
            JournalError: if it speaks of a road or a step that is not there.
        """
        match record:
            case jot.StepHeard():
                self._end = record.step + 1
            case jot.KeyHeard():
                self._end = max(self._end, math.ceil(record.position_steps))
            case jot.SectionBegun():
                self._begin(record)
            case jot.RoadNamed():
                self._check(record.road)
                self._put(record.road, replace(self.all[record.road], name=record.name))
            case _:
                pass

    def _begin(self, section: jot.SectionBegun) -> None:
        if section.resumes is not None:
            owner, position = self._owner(section.resumes)
            self._leave(section.step)
            self._fork(section.step, owner, position, section.label)
        elif section.road is not None:
            self._check(section.road)
            self._leave(section.step)
            self._hear(section.road, section.step, section.position)
        elif not self.current.grows:  # an old road was heard, and something new begins
            position = section.step - self.shift
            if position < self.current.end:
                self._fork(section.step, self.heard, position, "")
            else:
                self._hear(self.heard, section.step, position)

    def _leave(self, step: int) -> None:
        """End what grows before a step of the tape, or where the music stopped before that."""
        road = self.current
        last = road.spans[-1]
        if last.end is None:
            end = max(last.first, min(self._end, step))
            self._put(self.heard, replace(road, spans=(*road.spans[:-1], replace(last, end=end))))

    def _hear(self, number: int, step: int, position: int) -> None:
        road = self.all[number]
        if position >= road.end:
            self._put(number, replace(road, spans=(*road.spans, Span(step, None, position))))
        self.heard, self.shift = number, step - position

    def _fork(self, step: int, parent: int, position: int, name: str) -> None:
        kept = tuple(span.before(position) for span in self.all[parent].spans if span.position < position)
        road = Road(name or self.next_name, (*kept, Span(step, None, position)), parent, position)
        self.all = (*self.all, road)
        self.heard, self.shift = len(self.all) - 1, step - position

    def _owner(self, step: int) -> tuple[int, int]:
        """Return the road whose own step of the tape this is, and its position there."""
        for number, road in enumerate(self.all):
            position = road.begins_at(step)
            if position is not None:
                return number, position
        raise JournalError(f"step {step} belongs to no road")

    def _check(self, number: int) -> None:
        if not 0 <= number < len(self.all):
            raise JournalError(f"there is no road number {number}")

    def _put(self, number: int, road: Road) -> None:
        self.all = (*self.all[:number], road, *self.all[number + 1 :])


def road_name(number: int) -> str:
    """Return what a road is called until it is named: A to Z, then AA and on."""
    number, last = divmod(number, len(ascii_uppercase))
    return (road_name(number - 1) if number else "") + ascii_uppercase[last]
