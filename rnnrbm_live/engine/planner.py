"""The plan: coming frames, each with the model's state after it, cut and extended as the music changes."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, replace

from rnnrbm_live.core.clamps import NO_KEYS, Keys
from rnnrbm_live.core.frame import N_PITCHES, REST, Frame, Source, legal_frame
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
        script: frames to play instead of the model's (a primer from a file); rests follow it.
        take: number of the take; with seed and step it keys the noise.
        fade_in: whether velocities rise over the first beats.
        label: name of the moment it begins; empty for none.
        seed: that the state was begun with.
        heard: frames that the state was reached by, if not the initial one,
        heard_from: and the step of the first of these.
        semitones: the key of what was heard, as `Stepper.listen_to` takes it.
        phrase_end_step: first step after a phrase, if phrases are to end there.
    """

    first_step: int
    stepper: Stepper | None = None
    state: State | None = None
    script: tuple[Frame, ...] = ()
    take: int = 1
    fade_in: bool = False
    label: str = ""
    seed: int = 0
    heard: tuple[Frame, ...] = ()
    heard_from: int = 0
    semitones: int | None = None
    phrase_end_step: int | None = None


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
        timeline: where bars begin.
        next_step: first step that has not sounded.
    """

    def __init__(self, timeline: Timeline, next_step: int = 0) -> None:
        """Plan rests until a section is scheduled."""
        self.timeline = timeline
        self.next_step = next_step
        self._sections = [Section(next_step)]
        self._plan: list[_Planned] = []
        self._last = _Planned(PlannedFrame(), self._sections[0], None)  # what sounded just before next_step
        self._heard: deque[tuple[Stepper, HeardStep]] = deque(maxlen=UNTHOUGHT)  # the latest

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

    def schedule(self, section: Section) -> None:
        """Play a section from its first step on, in place of whatever was to come from there."""
        self._sections = [old for old in self._sections if old.first_step < section.first_step] + [section]
        self.cut(section.first_step)

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
        source = Source.PRIMER if section.script else Source.MODEL
        # Another voice's notes end with it: what goes on sounding must be struck anew.
        previous = before.planned.frame if before.planned.source is source else REST
        frame = self._frame(step, section, state, previous, settings, keys)
        velocities = frame_velocities(
            frame,
            step,
            self.timeline,
            base=keys.velocity or settings.velocity,
            seed=settings.seed,
            fade_in_from=section.first_step if section.fade_in else None,
        )
        planned = PlannedFrame(frame, velocities, source)
        after = self._listen(section, state, frame, step, keys)
        self._plan.append(_Planned(planned, section, after, settings, keys))
        return step, planned

    def confirm(self, step: int, heard: PlannedFrame, keys: Keys = NO_KEYS) -> Section | None:
        """Take note of a step that sounded, with the player's keys; return the section that begins there, if one does.

        If it is not what was planned, everything after it is dropped, to be planned anew from what was heard.
        """
        if step > self.next_step:  # time jumped
            self._plan.clear()
        section, state = self._section_and_state(step, self._last)
        if self._plan and (self._plan[0].planned.frame, self._plan[0].keys) == (heard.frame, keys):
            self._last = replace(self._plan.pop(0), planned=heard)
        else:
            after = self._listen(section, state, heard.frame, step, keys)
            self._last = _Planned(heard, section, after, keys=keys)
            self._plan.clear()
        self._remember(step, state, self._last)
        self.next_step = step + 1
        self._sections = self._sections[self._section_index(step) :]
        return self._last.section if self._last.section.first_step == step else None

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
        """Return what went on in the model at the first step that has sounded and was not yet thought about."""
        if not self._heard:
            return None
        stepper, heard = self._heard.popleft()
        return stepper.think(heard)

    def _remember(self, step: int, before: State | None, entry: _Planned) -> None:
        stepper, after = entry.section.stepper, entry.state_after
        if stepper is None or before is None or after is None:
            return
        frame = together(entry.planned.frame, entry.keys)
        take, chances = entry.section.take, entry.probabilities
        self._heard.append((stepper, HeardStep(step, before, after, frame, entry.keys, entry.settings, take, chances)))

    def _frame(
        self, step: int, section: Section, state: State | None, previous: Frame, settings: Settings, keys: Keys
    ) -> Frame:
        if section.stepper is not None and state is not None:
            return section.stepper.imagine(
                state, previous, settings, self.timeline, take=section.take, step=step, keys=keys
            )
        offset = step - section.first_step
        if offset >= len(section.script):
            return REST
        return legal_frame(section.script[offset].sounding, section.script[offset].onsets, previous)

    def _listen(self, section: Section, state: State | None, frame: Frame, step: int, keys: Keys) -> State | None:
        if section.stepper is None or state is None:
            return None
        timeline = replace(self.timeline, phrase_end_step=section.phrase_end_step)
        return section.stepper.listen(state, frame, timeline, step + 1, keys)

    def _section_and_state(self, step: int, before: _Planned) -> tuple[Section, State | None]:
        section = self._sections[self._section_index(step)]
        return section, before.state_after if section is before.section else section.state

    def _section_index(self, step: int) -> int:
        return max(0, bisect_right(self._sections, step, key=lambda section: section.first_step) - 1)
