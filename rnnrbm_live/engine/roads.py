"""Going back: the sections that let the music go on from an earlier moment, or let an old road be heard again.

Places are positions on the road that is heard (`core.roads`). The tape's bars and the road's keep the same phase, so a
jump waits until the bar is where it was; while time stands still, it need not wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.recording import Music, Recording
from rnnrbm_live.core.roads import LONGEST_NAME, Road
from rnnrbm_live.engine.history import History
from rnnrbm_live.engine.planner import Section
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.model.live import State

HEARD_BARS = 8  # of what came before, where the model has no memory of it: enough for key and texture
ROUND = "Round "


class Score(Sequence[PlannedFrame]):
    """A stretch of music, frame by frame as it is asked for; what a person played lies on the grid, as the model's."""

    def __init__(self, music: Music, first: int, end: int) -> None:
        """Read music from a position up to but not including another."""
        self._music = music
        self._first = first
        self._length = max(0, end - first)

    def __len__(self) -> int:
        """Return the number of steps."""
        return self._length

    @overload
    def __getitem__(self, index: int) -> PlannedFrame: ...
    @overload
    def __getitem__(self, index: slice) -> list[PlannedFrame]: ...
    def __getitem__(self, index: int | slice) -> PlannedFrame | list[PlannedFrame]:
        """Return what sounds and is struck at a step, with the velocity of all that sounds."""
        if isinstance(index, slice):
            return [self[step] for step in range(*index.indices(self._length))]
        step = self._first + range(self._length)[index]
        velocities: dict[int, int] = {}
        struck = set()
        for note in self._music.notes_between(step - 1, step + 1):
            start = round(note.start_steps)
            if start <= step < max(start + 1, round(note.end_steps)):
                velocities[note.pitch] = max(note.velocity, velocities.get(note.pitch, 0))
                if start == step:
                    struck.add(note.pitch)
        return PlannedFrame(Frame(frozenset(velocities), frozenset(struck)), tuple(sorted(velocities.items())))


class WaysBack:
    """Makes the sections of one session that jump.

    Attributes:
        history: what the models heard.
    """

    def __init__(self, recording: Recording, first_step: int) -> None:
        """Begin a session, or take one up from a step on."""
        self._recording = recording
        self.history = History(first_step)

    @property
    def road(self) -> Road:
        """The road that is heard."""
        return self._recording.roads.current

    @property
    def end(self) -> int:
        """Position after the last step of that road that sounded."""
        return int(self._recording.on_road(self._recording.roads.heard).end_steps)

    def fork(self, position: int, from_step: int, stepper: Stepper, *, take: int, seed: int, name: str = "") -> Section:
        """Return the section with which the music leaves the road that is heard.

        The model begins with the state that it had there; where that is not known, because another model played, or
        none, or it was in an earlier sitting, it hears the bars before as a primer.

        Args:
            position: where it leaves.
            from_step: the first step of the tape at which it may.
            stepper: the model to play.
            take: keys the noise.
            seed: of the model's key, if nothing came before.
            name: of the new road; empty for its letter.

        Raises:
            SettingsError: if that place has not been played.
        """
        if not self.end:
            raise SettingsError("nothing has been played yet: press Play (Space), then go back to any moment of it")
        if not 0 <= position < self.end:
            bar, last = (self._recording.timeline.bar(place) for place in (position, self.end - 1))
            raise SettingsError(f"bar {bar} has not been played yet: choose a moment from bar 1 to bar {last}")
        resumes = self.road.step_at(position)
        heard = self.history.heard_at_or_after(resumes)
        if heard is not None and position + heard - resumes < self.road.span_at(position).end_position:
            position, resumes = position + heard - resumes, heard  # where a silence between takes is over
        step = self.next_step_like(position, from_step)
        return self.resume(resumes, position, step, stepper, take=take, seed=seed, name=name)

    def hear(self, number: int, position: int, from_step: int, stepper: Stepper, *, take: int) -> tuple[Section, ...]:
        """Return the sections in which an old road is heard from a position on, and gone on with beyond its end.

        Args:
            number: of the road.
            position: first of the steps to be heard.
            from_step: the first step of the tape at which it may begin.
            stepper: the model that goes on.
            take: keys the noise.
        """
        road, end = self._road(number), self._end_of(number)
        step = self.next_step_like(position, from_step)
        music = self._recording.on_road(number)
        old = Section(step, script=Score(music, position, end), road=number, shift=step - position)
        new = Section(step + end - position, take=take, road=number, shift=step - position)
        state = self.history.after(road.step_at(end - 1))
        return old, self._with_model(new, stepper, state, end, seed=0)

    def bar_on(self, number: int, position: int) -> int:
        """Return where a bar begins that lies at a position, or the last bar of a road that ended before."""
        timeline, end = self._recording.timeline, self._end_of(number)
        position = min(max(position, 0), end - 1)
        return max(0, position - timeline.step_in_bar(position))

    def whole_bars(self, first: int, end: int) -> tuple[int, int]:
        """Return the bars that a region touches, as positions.

        Raises:
            SettingsError: if none of it has been played.
        """
        timeline = self._recording.timeline
        first = max(0, first - timeline.step_in_bar(first))
        if not 0 <= first < self.end:
            raise SettingsError("that region has not been played yet: choose one in what sounded")
        return first, timeline.next_bar_step(max(end, first + 1))

    def next_step_like(self, position: int, from_step: int) -> int:
        """Return the first step of the tape, from one on, at which the bar is where it is at a position."""
        return from_step + (position - from_step) % self._recording.timeline.bar_steps

    @property
    def next_round_name(self) -> str:
        """What the next round of a loop will be called; rounds are counted on through a session."""
        return f"{ROUND}{sum(road.name.startswith(ROUND) for road in self._recording.roads.all) + 2}"

    def resume(
        self, resumes: int, position: int, step: int, stepper: Stepper, *, take: int, seed: int, name: str
    ) -> Section:
        """Return the section that goes on from before a step of the tape, and is a new road; for the rest, see `fork`.

        Args:
            resumes: that step.
            position: its place on the road that is heard.
            step: when.
            stepper: the model to play.
            take: keys the noise.
            seed: of the model's key, if nothing came before.
            name: of the new road; empty for its letter.
        """
        section = Section(step, take=take, label=name, resumes=resumes, shift=step - position)
        return self._with_model(section, stepper, self.history.before(resumes), position, seed)

    def _with_model(
        self, section: Section, stepper: Stepper, known: tuple[Stepper, State] | None, position: int, seed: int
    ) -> Section:
        """Let a model play a section: with a state that it had, or after hearing what is before a position."""
        timeline = section.timeline(self._recording.timeline)
        if known is not None and known[0].fingerprint == stepper.fingerprint:
            return replace(section, stepper=stepper, state=known[1], remembers=True)
        before = self._heard_before(position, section)
        if before:
            heard_from = section.first_step - len(before)
            state = stepper.listen_to(before, timeline, heard_from, then_step=section.first_step)
            return replace(section, stepper=stepper, state=state, heard=before, heard_from=heard_from)
        state = stepper.begin(timeline, section.first_step, seed=seed, take=section.take)
        return replace(section, stepper=stepper, state=state, seed=seed)

    def _heard_before(self, position: int, section: Section) -> tuple[Frame, ...]:
        """Return the frames of the last bars before a position, from the first that sounds; none if none does."""
        number = self._recording.roads.heard if section.road is None else section.road
        first = max(0, position - HEARD_BARS * self._recording.timeline.bar_steps)
        frames = [planned.frame for planned in Score(self._recording.on_road(number), first, position)]
        while frames and not frames[0].sounding:
            del frames[0]
        return tuple(frames)

    def check_name(self, number: int, name: str) -> None:
        """Check that a road is there, and that a name can be told from those of the others.

        Raises:
            SettingsError: if not.
        """
        self._road(number)
        if not name.strip():
            raise SettingsError("a road needs a name: give it a word or a letter")
        if len(name.strip()) > LONGEST_NAME:
            raise SettingsError(f"a road's name has at most {LONGEST_NAME} characters: shorten it")
        others = {road.name for other, road in enumerate(self._recording.roads.all) if other != number}
        if name.strip() in others:
            raise SettingsError(f"another road is called {name.strip()} already: choose another name")

    def _road(self, number: int) -> Road:
        roads = self._recording.roads.all
        if not 0 <= number < len(roads):
            raise SettingsError(f"there is no road number {number + 1}: there are {len(roads)}")
        return roads[number]

    def _end_of(self, number: int) -> int:
        self._road(number)
        return int(self._recording.on_road(number).end_steps)
