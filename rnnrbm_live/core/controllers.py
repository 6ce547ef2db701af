"""MIDI controllers: what a knob, fader or button is, where it stands, and which control of ours it moves.

A controller is known by channel and number (MIDI 1.0, control change), whichever input it comes from. Soft takeover: a
knob moves nothing until it has come to where the control stands, or has passed it; whenever the control is moved by
something else, the knob has to come to it again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

HIGHEST = 127
PRESSED = 64
"""Half of what a controller can say, and more, is pressed."""
FIRST_MODE = 120
"""From here on, control changes say what a channel is to do, and are no controllers."""
NEAR = 2
"""A knob that comes so close to a control's place, of 127, or leaves from there, takes over."""
IN_FLIGHT = 256
"""More values than are ever on their way to the engine."""


@dataclass(frozen=True, slots=True, order=True)
class Controller:
    """A knob, fader, pedal or button of a MIDI device.

    Attributes:
        channel: 0..15.
        number: 0..119.
    """

    channel: int
    number: int

    @property
    def title(self) -> str:
        """In short, such as "CC 74"; the channel, counted from 1, is named if it is not the first."""
        return f"CC {self.number}" if self.channel == 0 else f"CC {self.number}/{self.channel + 1}"

    @property
    def words(self) -> str:
        """In full."""
        return f"CC {self.number} on channel {self.channel + 1}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a controller stands.

    Attributes:
        value: 0..127.
        presses: how often it has risen to `PRESSED` or above.
        pressed_seconds: when it did last.
    """

    value: int = 0
    presses: int = 0
    pressed_seconds: float = 0.0

    def moved(self, value: int, seconds: float) -> Reading:
        """Return where it stands after a move."""
        if value >= PRESSED > self.value:
            return Reading(value, self.presses + 1, seconds)
        return replace(self, value=value)


@dataclass(frozen=True, slots=True)
class Dial:
    """A control that a knob can turn: its values, evenly spread over the knob's way."""

    values: tuple[Any, ...]

    @classmethod
    def numbers(cls, low: float, high: float, step: float, *, whole: bool = False) -> Dial:
        """Return the dial of all numbers from `low` to `high`, both included, `step` apart."""
        numbers = (round(low + index * step, 6) for index in range(round((high - low) / step) + 1))
        return cls(tuple(round(number) if whole else number for number in numbers))

    def value_at(self, knob: int) -> Any:
        """Return the value for a knob's place, 0..127."""
        return self.values[round(knob / HIGHEST * (len(self.values) - 1))]

    def place_of(self, value: Any) -> float:
        """Return where a knob stands for a value; for a number that is none of the values, for the nearest."""
        if value in self.values:
            index = self.values.index(value)
        else:
            index = min(range(len(self.values)), key=lambda near: abs(self.values[near] - value))
        return index / max(1, len(self.values) - 1) * HIGHEST


class Takeover:
    """Soft takeover of one control by one knob.

    Attributes:
        taken: whether the knob has the control.
        knob: where the knob stands, 0..127; None until it has moved.
    """

    def __init__(self, dial: Dial) -> None:
        """Know neither where the control stands nor where the knob does."""
        self.taken = False
        self.knob: int | None = None
        self._dial = dial
        self._shown: Any = None
        self._sent: deque[Any] = deque(maxlen=IN_FLIGHT)  # values asked for that have not been shown yet

    @property
    def place(self) -> float:
        """Where the control stands, 0..127."""
        return self._dial.place_of(self._value)

    def show(self, value: Any) -> None:
        """Take note of the value in force; one that the knob has not asked for was set by something else."""
        if value == self._shown:
            return
        self._shown = value
        while self._sent:
            if self._sent.popleft() == value:
                return
        self.taken = False

    def turn(self, knob: int) -> Any | None:
        """Take note of where the knob stands now, and return the value to ask for; None for none."""
        if not self.taken:
            before = knob if self.knob is None else self.knob
            met = min(before, knob) - NEAR <= self.place <= max(before, knob) + NEAR
            self.taken = met or self._dial.value_at(knob) == self._value
        self.knob = knob
        value = self._dial.value_at(knob)
        if not self.taken or value == self._value:
            return None
        self._sent.append(value)
        return value

    @property
    def _value(self) -> Any:
        """What the control is set to, or will be as soon as the engine has answered."""
        return self._sent[-1] if self._sent else self._shown


class Bindings:
    """Which controller moves which control, by the control's name: each moves one, and is moved by one."""

    def __init__(self, remembered: object = None) -> None:
        """Begin with what `to_remember` has returned; what makes no sense is left out."""
        self._by_name: dict[str, Controller] = {}
        for name, pair in remembered.items() if isinstance(remembered, Mapping) else ():
            if isinstance(name, str) and _is_controller(pair):
                self.bind(name, Controller(*pair))

    def controller(self, name: str) -> Controller | None:
        """Return what moves a control."""
        return self._by_name.get(name)

    def name(self, controller: Controller) -> str | None:
        """Return what a controller moves."""
        return next((name for name, bound in self._by_name.items() if bound == controller), None)

    def bind(self, name: str, controller: Controller) -> str | None:
        """Let a controller move a control, and nothing else; return what it has moved until now, if that is another."""
        before = self.name(controller)
        if before is not None:
            del self._by_name[before]
        self._by_name[name] = controller
        return before if before != name else None

    def forget(self, name: str) -> None:
        """Let nothing move a control any more."""
        self._by_name.pop(name, None)

    def clear(self) -> None:
        """Let no controller move anything."""
        self._by_name.clear()

    def to_remember(self) -> dict[str, list[int]]:
        """Return plain JSON types."""
        return {name: [bound.channel, bound.number] for name, bound in self._by_name.items()}


def _is_controller(pair: object) -> bool:
    if not isinstance(pair, list) or len(pair) != 2:
        return False
    return all(type(part) is int and 0 <= part < end for part, end in zip(pair, (16, FIRST_MODE), strict=True))
