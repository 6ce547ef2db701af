"""Arithmetic between steps, beats, bars and seconds. A beat is a quarter note everywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnrbm_live.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature, such as 3/4.

    Raises:
        SettingsError: if it is not a signature that a MIDI file can hold.
    """

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        """Check that MIDI can express it."""
        if not 1 <= self.numerator <= 255 or self.denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise SettingsError(f"time signature {self} is not one that MIDI knows: use one like 4/4, 3/4 or 6/8")

    def __str__(self) -> str:
        """Return the usual notation."""
        return f"{self.numerator}/{self.denominator}"

    @classmethod
    def parse(cls, text: str) -> Meter:
        """Read ``"3/4"``."""
        numerator, _, denominator = text.partition("/")
        if not (numerator.isdecimal() and denominator.isdecimal()):
            raise SettingsError(f"{text!r} is not a time signature: write one like 4/4, 3/4 or 6/8")
        return cls(int(numerator), int(denominator))

    @property
    def bar_beats(self) -> float:
        """Length of a bar in quarter notes."""
        return self.numerator * 4 / self.denominator

    def bar_steps(self, steps_per_beat: int) -> int:
        """Length of a bar in steps.

        Raises:
            SettingsError: if a bar is no whole number of steps on this grid.
        """
        steps, rest = divmod(self.numerator * 4 * steps_per_beat, self.denominator)
        if rest:
            raise SettingsError(f"a bar of {self} is no whole number of steps at {steps_per_beat} steps per beat")
        return steps

    def accent_steps(self, steps_per_beat: int) -> int:
        """Steps between felt beats: a quarter note, or a dotted quarter in compound meters such as 6/8."""
        compound = self.denominator == 8 and self.numerator % 3 == 0 and self.numerator > 3
        return steps_per_beat * 3 // 2 if compound else steps_per_beat


COMMON_TIME = Meter(4, 4)
UPBEATS = 1
"""Phrases end, and begin, so many beats before a bar line, as most of Bach's chorales do."""


def step_seconds(tempo_bpm: float, steps_per_beat: int) -> float:
    """Duration of one step in seconds at `tempo_bpm` quarter notes per minute."""
    return 60.0 / (tempo_bpm * steps_per_beat)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where bars begin on a grid: one meter, and the step on which a bar starts.

    `downbeat_step` is any step that is a bar's first; steps before it count back in whole bars. `phrase_end_step` is
    any that is the first after a phrase; None where phrases end as they do in most of Bach's chorales.
    """

    steps_per_beat: int
    meter: Meter = COMMON_TIME
    downbeat_step: int = 0
    phrase_end_step: int | None = None

    @property
    def bar_steps(self) -> int:
        """Length of a bar in steps."""
        return self.meter.bar_steps(self.steps_per_beat)

    def later(self, steps: int) -> Timeline:
        """Return the same bars, so many steps later."""
        return replace(self, downbeat_step=self.downbeat_step + steps)

    def step_in_bar(self, step: int) -> int:
        """Position inside the bar: 0 up to but not including `bar_steps`."""
        return (step - self.downbeat_step) % self.bar_steps

    def bar(self, step: int) -> int:
        """Bar number, counted from 1 at `downbeat_step`."""
        return (step - self.downbeat_step) // self.bar_steps + 1

    def first_step_of_bar(self, bar: int) -> int:
        """First step of a bar, by its number."""
        return self.downbeat_step + (bar - 1) * self.bar_steps

    def beats_to_phrase_end(self, step: int) -> int:
        """Return how many whole beats of its phrase come after a step.

        A phrase is two bars long, or four where bars have less than four beats; unless `phrase_end_step` says
        otherwise, the first ends before the bar line after so many bars.
        """
        bars = 2 if self.meter.bar_beats >= 4 else 4
        phrase_end = self.phrase_end_step
        if phrase_end is None:
            phrase_end = self.downbeat_step + bars * self.bar_steps - UPBEATS * self.steps_per_beat
        return (phrase_end - step - 1) % (bars * self.bar_steps) // self.steps_per_beat

    def next_bar_step(self, step: int) -> int:
        """First step of a bar at or after `step`."""
        return step + (-(step - self.downbeat_step)) % self.bar_steps

    def next_beat_step(self, step: int) -> int:
        """First step of a beat at or after `step`."""
        return step + (-(step - self.downbeat_step)) % self.steps_per_beat
