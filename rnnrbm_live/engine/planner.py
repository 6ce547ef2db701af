"""The plan: coming frames, each with the model's state after it, cut and extended as the music changes."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rnnrbm_live.core.clamps import NO_KEYS, Keys
from rnnrbm_live.core.frame import N_PITCHES, REST, Frame, legal_frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.duet import together
from rnnrbm_live.engine.dynamics import frame_velocities
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.engine.thoughts import HeardStep, Thought, in_255ths
from rnnrbm_live.model.live import Reals, State

UNTHOUGHT = 64  # steps that have sounded and may wait to be thought about


@dataclass(frozen=True, slots=True)
class Section:
    """What is played from `first_step` on, until the next section: the model, or a script, or rests.

    Attributes:
        first_step: where it begins.
        stepper: the model that plays; None for a script or rests.
        state: its state at `first_step`.
        script: frames to play instead of the model's (a primer from a file, or an old road); rests follow it.
            Velocities that it does not give are made.
        take: number of the take; with seed and step it keys the noise.
        fade_in: whether velocities rise over the first beats.
        label: name of the moment it begins; empty for none.
        seed: that the state was begun with.
        heard: frames that the state was reached by, if not the initial one,
        heard_from: and the step of the first of these.
        semitones: the key of what was heard, as `Stepper.listen_to` takes it.
        phrase_end_step: first step after a phrase, if phrases are to end there.
        shift: how many steps later than on its road it is played: bars and phrases are counted on the road. None: as
            much as what comes before it.
        resumes, road, remembers: see `core.journal.SectionBegun`.
    """

    first_step: int
    stepper: Stepper | None = None
    state: State | None = None
    script: Sequence[PlannedFrame] = ()
    take: int = 1
    fade_in: bool = False
    label: str = ""
    seed: int = 0
    heard: tuple[Frame, ...] = ()
    heard_from: int = 0
    semitones: int | None = None
    phrase_end_step: int | None = None
    shift: int | None = None
    resumes: int | None = None
    road: int | None = None
    remembers: bool = False

    @property
    def jumps(self) -> bool:
        """Whether the music goes on elsewhere, so that all that sounds is struck anew."""
        return self.resumes is not None or (self.road is not None and self.stepper is None)

    def timeline(self, timeline: Timeline) -> Timeline:
        """Return where its bars begin and its phrase ends on the tape, given where the bars of the first road do."""
        return replace(timeline.later(self.shift or 0), phrase_end_step=self.phrase_end_step)


@dataclass(frozen=True, slots=True)
class _Planned:
    planned: PlannedFrame
    section: Section
    state_after: State | None
    settings: Settings | None = None
    keys: Keys = NO_KEYS
    probabilities: Reals | None = None  # (n_visible,), once they are found
    likely: bytes = b""  # of them, what the model may choose among: P(key sounds) of its 88 keys, in 255ths


class Planner:
    """Frames from `next_step`, the first that has not sounded, up to but not including `tail_step`.

    Rebased on what sounded: `confirm` takes the player's word for each step, and where that differs from the plan,
    the state is computed anew from what was heard.

    Attributes:
        timeline: where bars begin on the first road.
        next_step: first step that has not sounded.
    """

    def __init__(self, timeline: Timeline, next_step: int = 0, *, shift: int = 0) -> None:
        """Plan rests until a section is scheduled, on a road that is `shift` steps shorter than the tape."""
        self.timeline = timeline
        self.next_step = next_step
        self._sections = [Section(next_step, shift=shift)]
        self._plan: list[_Planned] = []
        self._last = _Planned(PlannedFrame(), self._sections[0], None)  # what sounded just before next_step
        self._heard: deque[tuple[Stepper, int, HeardStep]] = deque(maxlen=UNTHOUGHT)  # the latest

    @property
    def tail_step(self) -> int:
        """First step that has no frame yet."""
        return self.next_step + len(self._plan)

    @property
    def frames(self) -> tuple[PlannedFrame, ...]:
        """Planned frames, that of `next_step` first."""
        return tuple(entry.planned for entry in self._plan)

    @property
    def likely(self) -> tuple[bytes, ...]:
        """For each of `frames`, how likely the model finds each of 88 keys, in 255ths; empty where that is not known.

        The player's keys, which are no choice of the model's, are 0.
        """
        return tuple(entry.likely for entry in self._plan)

    @property
    def heard_settings(self) -> Settings | None:
        """Settings that the last frame to sound was drawn with; None if it was not the one planned."""
        return self._last.settings

    @property
    def heard_keys(self) -> Keys:
        """What the player held at the last step to sound."""
        return self._last.keys

    @property
    def shift(self) -> int:
        """How many steps later than on its road the last step to sound was played."""
        return self._last.section.shift or 0

    @property
    def coming(self) -> Section | None:
        """The section that begins next, if one was scheduled."""
        return next((section for section in self._sections if section.first_step >= self.next_step), None)

    @property
    def state(self) -> State | None:
        """The model's state after the last step to sound; None if no model plays."""
        return self._last.state_after

    def section_at(self, step: int) -> Section:
        """Return what is to play at a step from `next_step` on."""
        return self._sections[self._section_index(step)]

    def timeline_before(self, step: int) -> Timeline:
        """Return where bars begin on the road that is heard just before a step from `next_step` on."""
        return self.timeline.later(self._before(step).shift or 0)

    def schedule(self, section: Section) -> None:
        """Play a section from its first step on, in place of whatever was to come from there."""
        if section.shift is None:
            section = replace(section, shift=self._before(section.first_step).shift)
        self._sections = [old for old in self._sections if old.first_step < section.first_step] + [section]
        self.cut(section.first_step)

    def call_off(self, section: Section, from_step: int) -> None:
        """Do not play a section that was scheduled, if it has not begun by a step; what was to go on before it does."""
        if section.first_step >= from_step:
            self._sections = [other for other in self._sections if other is not section]
            self.cut(section.first_step)

    def call_off_all(self) -> None:
        """Do not play any section that has not begun."""
        self._sections = [self._last.section]
        self.cut(self.next_step)

    def cut(self, from_step: int) -> None:
        """Drop what is planned from a step on, to be planned again."""
        del self._plan[max(0, from_step - self.next_step) :]

    def silence(self, next_step: int) -> None:
        """Time stood still before `next_step`: nothing sounds any more, and what comes is planned again."""
        self._plan.clear()
        self.next_step = next_step
        self._last = replace(self._last, planned=PlannedFrame(), settings=None)

    def extend(self, settings: Settings, keys: Keys = NO_KEYS) -> tuple[int, PlannedFrame]:
        """Plan one frame more, with keys that the player holds, and return its step and it."""
        step = self.tail_step
        before = self._plan[-1] if self._plan else self._last
        section, state = self._section_and_state(step, before)
        scripted = _scripted(section, step)
        # Another voice's notes end with it, and so do those of another road: what goes on sounding is struck anew.
        left = before.planned.source is not scripted.source or (section.jumps and section is not before.section)
        previous = REST if left else before.planned.frame
        frame = self._frame(step, section, state, previous, settings, keys)
        velocities = _velocities_of(scripted, frame) or frame_velocities(
            frame,
            step,
            section.timeline(self.timeline),
            base=keys.velocity or settings.velocity,
            seed=settings.seed,
            fade_in_from=section.first_step if section.fade_in else None,
        )
        planned = PlannedFrame(frame, velocities, scripted.source)
        after = self._listen(section, state, frame, step, keys)
        self._plan.append(_Planned(planned, section, after, settings, keys))
        return step, planned

    def confirm(self, step: int, heard: PlannedFrame, keys: Keys = NO_KEYS) -> Section | None:
        """Take note of a step that sounded, with the player's keys; return its section, if that begins with it.

        If it is not what was planned, everything after it is dropped, to be planned anew from what was heard.
        """
        if step > self.next_step:  # time jumped
            self._plan.clear()
        before = self._last.section
        section, state = self._section_and_state(step, self._last)
        if self._plan and (self._plan[0].planned, self._plan[0].keys) == (heard, keys):
            self._last = self._plan.pop(0)
        else:
            after = self._listen(section, state, heard.frame, step, keys)
            self._last = _Planned(heard, section, after, keys=keys)
            self._plan.clear()
        self._remember(step, state, self._last)
        self.next_step = step + 1
        self._sections = self._sections[self._section_index(step) :]
        return section if section is not before else None

    def weigh(self) -> bool:
        """Find out how likely each key is at the nearest planned step for which that is not known, if there is one."""
        for index, entry in enumerate(self._plan):
            step, before = self.next_step + index, self._plan[index - 1] if index else self._last
            section, state = self._section_and_state(step, before)
            if entry.probabilities is None and section.stepper is not None and state is not None:
                assert entry.settings is not None
                found = section.stepper.weigh(state, entry.settings, take=section.take, step=step, keys=entry.keys)
                shares = found[:N_PITCHES].copy()
                shares[[pitch - PIANO.low for pitch in entry.keys.held if pitch in PIANO]] = 0
                self._plan[index] = replace(entry, probabilities=found, likely=in_255ths(shares))
                return True
        return False

    def think(self) -> Thought | None:
        """Return what went on in the model at the first step that has sounded and was not yet thought about.

        Its step is the place on the road.
        """
        if not self._heard:
            return None
        stepper, shift, heard = self._heard.popleft()
        thought = stepper.think(heard)
        return replace(thought, step=thought.step - shift)

    def _remember(self, step: int, before: State | None, entry: _Planned) -> None:
        stepper, after = entry.section.stepper, entry.state_after
        if stepper is None or before is None or after is None:
            return
        frame = together(entry.planned.frame, entry.keys)
        take, chances = entry.section.take, entry.probabilities
        heard = HeardStep(step, before, after, frame, entry.keys, entry.settings, take, chances)
        self._heard.append((stepper, entry.section.shift or 0, heard))

    def _frame(
        self, step: int, section: Section, state: State | None, previous: Frame, settings: Settings, keys: Keys
    ) -> Frame:
        if section.stepper is not None and state is not None:
            return section.stepper.imagine(
                state, previous, settings, section.timeline(self.timeline), take=section.take, step=step, keys=keys
            )
        scripted = _scripted(section, step).frame
        return legal_frame(scripted.sounding, scripted.onsets, previous)

    def _listen(self, section: Section, state: State | None, frame: Frame, step: int, keys: Keys) -> State | None:
        if section.stepper is None or state is None:
            return None
        return section.stepper.listen(state, frame, section.timeline(self.timeline), step + 1, keys)

    def _section_and_state(self, step: int, before: _Planned) -> tuple[Section, State | None]:
        section = self._sections[self._section_index(step)]
        return section, before.state_after if section is before.section else section.state

    def _before(self, step: int) -> Section:
        """Return the section that a section which begins at a step comes after."""
        earlier = [section for section in self._sections if section.first_step < step]
        return earlier[-1] if earlier else self._last.section

    def _section_index(self, step: int) -> int:
        return max(0, bisect_right(self._sections, step, key=lambda section: section.first_step) - 1)


def _scripted(section: Section, step: int) -> PlannedFrame:
    """Return what a section's script says of a step: a rest beyond its end, and where it has none."""
    offset = step - section.first_step
    return section.script[offset] if offset < len(section.script) else PlannedFrame()


def _velocities_of(scripted: PlannedFrame, frame: Frame) -> tuple[tuple[int, int], ...]:
    """Return the velocities that a script gives for a frame's onsets, if it gives any."""
    return tuple((pitch, velocity) for pitch, velocity in scripted.velocities if pitch in frame.onsets)
