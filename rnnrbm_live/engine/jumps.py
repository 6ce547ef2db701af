"""Jumping in time: where the music can go back to now, and the loop that keeps going back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.engine.conductor import Conductor
from rnnrbm_live.engine.planner import Section
from rnnrbm_live.engine.roads import WaysBack
from rnnrbm_live.engine.stepper import Stepper


@dataclass(frozen=True, slots=True)
class Loop:
    """A region that is played again and again, each time a road of its own.

    Attributes:
        first: position of its first step.
        end: position after its last.
        resumes: the step of the tape that every round begins before.
        coming: the section of the next round.
    """

    first: int
    end: int
    resumes: int
    coming: Section


class Jumps:
    """The jumps of one session, in a conductor's time. Places are positions on the road that is heard (`core.roads`).

    Attributes:
        ways: makes their sections.
        loop: the region that is looped; None for none.
    """

    def __init__(self, conductor: Conductor, recording: Recording, first_step: int) -> None:
        """Begin a session, or take one up from a step on."""
        self._conductor = conductor
        self._recording = recording
        self.ways = WaysBack(recording, first_step)
        self.loop: Loop | None = None

    @property
    def position(self) -> int:
        """Place of the last step that sounded."""
        return max(0, self._conductor.last_step - self._shift)

    @property
    def _shift(self) -> int:
        return self._conductor.planner.shift

    @property
    def _timeline(self) -> Timeline:
        return self._recording.timeline

    def bars_back(self, bars: int) -> int:
        """Return where the bar begins that is so many bars back: from the present one, or from where we go back to."""
        coming, bar = self._conductor.planner.coming, self._timeline.bar_steps
        if coming is not None and coming.resumes is not None and self.loop is None:
            place = coming.first_step - (coming.shift or 0)
        else:
            place = self.position + bar
        return max(0, place - self._timeline.step_in_bar(place) - bars * bar)

    def describe(self, position: int) -> str:
        """Write a position for the user: its bar, and its beat if that is not the first."""
        beat = self._timeline.step_in_bar(position) // self._timeline.steps_per_beat
        return f"bar {self._timeline.bar(position)}" + (f", beat {beat + 1}" if beat else "")

    def fork(self, position: int, stepper: Stepper, *, take: int, seed: int) -> Section:
        """Return the section with which a new road begins, as soon as it can; see `WaysBack.fork`."""
        return self.ways.fork(position, self._conductor.first_open_step, stepper, take=take, seed=seed)

    def hear(self, number: int, position: int, stepper: Stepper, *, take: int) -> tuple[Section, ...]:
        """Return the sections in which an old road is heard, as soon as it can be; see `WaysBack.hear`."""
        return self.ways.hear(number, position, self._conductor.first_open_step, stepper, take=take)

    def loop_over(self, first: int, end: int, stepper: Stepper, *, take: int, seed: int) -> Loop:
        """Return the loop of whole bars that have been played; where the music is in them, after this round.

        Args:
            first: position of the first step.
            end: position after the last.
            stepper: the model to play.
            take: keys the noise.
            seed: of the model's key, if nothing came before.
        """
        now = self._conductor.first_open_step
        inside = self._conductor.running and first <= now - self._shift < end
        coming = self.ways.fork(
            first,
            max(now, end + self._shift) if inside else now,
            stepper,
            take=take,
            seed=seed,
            name=self.ways.next_round_name,
        )
        assert coming.resumes is not None
        return Loop(first, end, coming.resumes, coming)

    def go_round(self, loop: Loop, stepper: Stepper, *, take: int, seed: int) -> None:
        """Once the round that was coming has begun, plan the one after it."""
        step = loop.coming.first_step + loop.end - loop.first
        coming = self.ways.resume(
            loop.resumes, loop.first, step, stepper, take=take, seed=seed, name=self.ways.next_round_name
        )
        self.loop = replace(loop, coming=coming)
        self._conductor.schedule(coming)

    def lift_loop(self) -> None:
        """Loop no longer; what plays goes on."""
        loop, self.loop = self.loop, None
        if loop is not None:
            self._conductor.call_off(loop.coming)
