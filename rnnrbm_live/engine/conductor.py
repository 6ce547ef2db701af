"""Time and plan: keeps the player supplied with frames, and knows which step can still be changed."""

from __future__ import annotations

import math

from rnnrbm_live.core.clamps import NO_KEYS, Keys
from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.grid import Timeline, step_seconds
from rnnrbm_live.core.messages import KeyPlayed, SetPlan, SetTempo, StartClock, StepPlayed, StopClock
from rnnrbm_live.core.protocols import PlayerLink
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.duet import HeldKeys
from rnnrbm_live.engine.planner import Planner, Section
from rnnrbm_live.engine.timing import TimingLog

LOOKAHEAD_SECONDS = 3.0  # stalls of 0.4 s have been seen; a change replaces the plan, so a long one costs nothing
LOOKAHEAD_FRAMES = 4
ANSWER_SECONDS = 0.012  # a plan sent now is with the player, before it freezes a step, this long before its deadline
LEISURE_SECONDS = 0.016  # before a step's deadline keys come first; thinking about one step takes 2 to 6 ms
START_SECONDS = 0.03  # about what the player needs to begin


class Conductor:
    """The plan of one session and the player's clock, as far as the engine knows it.

    Attributes:
        planner: coming frames.
        timing: how well time was kept.
        running: whether the player's clock runs.
        tempo_bpm: of the clock.
        last_step: the last step that sounded; -1 before the first.
        last_seconds: when it was due.
        held: the player's keys.
        duet: whether the model plays with them.
    """

    def __init__(
        self,
        link: PlayerLink,
        clock: Clock,
        timeline: Timeline,
        tempo_bpm: float,
        *,
        next_step: int = 0,
        shift: int = 0,
    ) -> None:
        """Stand still before `next_step`, on a road that is `shift` steps shorter than the tape."""
        self._link = link
        self._clock = clock
        self._timeline = timeline
        self._revision = 0
        self.planner = Planner(timeline, next_step, shift=shift)
        self.timing = TimingLog()
        self.running = False
        self.tempo_bpm = tempo_bpm
        self.last_step = next_step - 1
        self.last_seconds = 0.0
        self.held = HeldKeys()
        self.duet = False
        self._unanswered = 0  # how often the player was told to stop and has not said yet that it has

    @property
    def period(self) -> float:
        """Duration of a step in seconds."""
        return step_seconds(self.tempo_bpm, self._timeline.steps_per_beat)

    @property
    def next_step(self) -> int:
        """First step that has not sounded."""
        return self.planner.next_step

    @property
    def first_open_step(self) -> int:
        """First step that a plan sent now still reaches before it is frozen."""
        if not self.running:
            return self.next_step
        ahead = (self._clock.now_seconds() + ANSWER_SECONDS - self.last_seconds) / self.period
        return max(self.next_step, self.last_step + math.ceil(ahead))

    def wants_a_frame(self) -> bool:
        """Return whether time runs and the plan is shorter than it should be."""
        frames = self.planner.tail_step - self.next_step
        return self.running and (frames < LOOKAHEAD_FRAMES or frames * self.period < LOOKAHEAD_SECONDS)

    @property
    def at_leisure(self) -> bool:
        """Whether a key that came after a few milliseconds of something else could still be answered at its step."""
        left = self.last_seconds + self.period - self._clock.now_seconds()
        return not self.running or left > min(LEISURE_SECONDS, self.period / 4)

    def use_timeline(self, timeline: Timeline) -> None:
        """Change the meter of a session that has not begun."""
        self._timeline = timeline
        self.planner = Planner(timeline)

    def enter(self, *sections: Section, settings: Settings, at_seconds: float | None = None) -> None:
        """Play sections, in order, from the first one's first step; let time run if it does not yet.

        Args:
            sections: ascending.
            settings: for the first frames.
            at_seconds: when the first step is due, if time does not run yet; None for at once.
        """
        if not self.running:
            self.planner.silence(sections[0].first_step)
        for section in sections:
            self.planner.schedule(section)
        self._revision += 1
        if not self.running:
            self.start(settings, at_seconds)

    def schedule(self, section: Section) -> None:
        """Play a section when its first step comes, which is still to be planned or can be planned anew."""
        self._revision += 1
        self.planner.schedule(section)

    def call_off(self, section: Section) -> None:
        """Do not play a section that has not begun; what plays goes on."""
        self._revision += 1
        self.planner.call_off(section, self.first_open_step)

    def start(self, settings: Settings, at_seconds: float | None = None) -> None:
        """Let time run from the first step that has not sounded, its plan sent ahead."""
        now = self._clock.now_seconds()
        due = now + START_SECONDS if at_seconds is None else at_seconds
        lead = max(1, math.ceil((due - now) / self.period))  # steps that the now-line still has to go
        self.last_step, self.last_seconds = self.next_step - lead, due - lead * self.period
        self.running = True
        self.planner.silence(self.next_step)
        for _ in range(LOOKAHEAD_FRAMES):
            self.extend(settings)
        self._link.send(StartClock(self.next_step, self.tempo_bpm, self._timeline.steps_per_beat, at_seconds))

    def stop(self) -> None:
        """Let time stand still before the next step; what sounds ends."""
        self._link.send(StopClock())
        self._unanswered += 1
        self.planner.silence(self.next_step)
        self.last_step = self.next_step - 1
        self.running = False

    def take_stopped(self) -> None:
        """Take note that the player has stopped, as it was told to."""
        self._unanswered = max(0, self._unanswered - 1)

    @property
    def overtaken(self) -> bool:
        """Whether the player still reports on the time before a stop, though time runs again: it plays that anew."""
        return self.running and self._unanswered > 0

    def restart(self, settings: Settings) -> None:
        """Tell a player that has been started anew what it must know, and let time run if it did."""
        self._unanswered = 0
        if self.running:
            self.start(settings)

    def extend(self, settings: Settings) -> None:
        """Plan one frame more and send it."""
        before = self._clock.now_seconds()
        step, planned = self.planner.extend(settings, self._keys_at(self.planner.tail_step))
        self.timing.add_sampling(self._clock.now_seconds() - before)
        self._link.send(SetPlan(self._revision, step, (planned,)))

    def revise(self) -> None:
        """Plan anew from the first step that can still be changed."""
        self._revision += 1
        self.planner.cut(self.first_open_step)

    def pass_over(self, step: int) -> None:
        """While time stands still, let nothing begin before a step: the player's notes are there."""
        if not self.running and step > self.next_step:
            self.planner.silence(step)
            self.last_step = step - 1

    def hear(self, key: KeyPlayed) -> None:
        """Take in a key; in a duet its step and all after it are planned anew."""
        self.held.hear(key)
        if not self.running:
            self.held.forget(self.next_step)
        if self.duet and self.running:
            self._revision += 1
            self.planner.cut(self.next_step if key.step is None else key.step)

    def set_tempo(self, tempo_bpm: float) -> None:
        """Change the tempo from the next step on."""
        self.tempo_bpm = tempo_bpm
        self._link.send(SetTempo(tempo_bpm))

    def confirm(self, event: StepPlayed) -> Section | None:
        """Take note of a step that sounded; return the section that begins there, if one does."""
        self.timing.add_step(event)
        self.last_step, self.last_seconds = event.step, event.desired_seconds
        keys = self._keys_at(event.step)
        begun = self.planner.confirm(event.step, event.planned, keys)
        if keys.struck:
            self.timing.add_answer(in_time=self.planner.heard_settings is not None and event.revision >= 0)
        self.held.forget(event.step)
        return begun

    def _keys_at(self, step: int) -> Keys:
        return self.held.at(step) if self.duet else NO_KEYS
