"""What goes on between the player and the model: one listens to a primer, both take turns, or neither."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import KeyPlayed, SetClick
from rnnrbm_live.core.protocols import PlayerLink
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.conductor import ANSWER_SECONDS, Conductor
from rnnrbm_live.engine.listener import HeardPrimer, Listener
from rnnrbm_live.engine.snapshot import PrimerState
from rnnrbm_live.engine.turns import Turns


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the model takes over from the player.

    Attributes:
        heard: the primer.
        step: the model's first step.
        at_seconds: when that is due, if time stands still until then; None while it runs.
    """

    heard: HeardPrimer
    step: int
    at_seconds: float | None


class Exchange:
    """The exchange of one session, in a conductor's time, and the player's click, which goes with it.

    At most one of `listener` and `turns` is there.

    Attributes:
        primer: how far a primer has come, counting in left aside.
        listener: to a primer; None while none is listened to.
        turns: the conversation; None while there is none.
    """

    def __init__(self, link: PlayerLink, conductor: Conductor) -> None:
        """Begin with neither."""
        self._link = link
        self._conductor = conductor
        self.primer = PrimerState.WAITING
        self.listener: Listener | None = None
        self.turns: Turns | None = None

    @property
    def _timeline(self) -> Timeline:
        return self._conductor.planner.timeline

    @property
    def begun(self) -> bool:
        """Whether a primer is listened to and the player has begun it."""
        return self.listener is not None and self.listener.started

    def listen(self, from_step: int, settings: Settings) -> None:
        """Wait for the player's primer: to a click, which must run, or with time standing still."""
        first_step = from_step
        if not settings.click:
            if self._conductor.running:
                self._conductor.stop()
            first_step = self._timeline.next_bar_step(from_step)
        elif settings.count_in:
            first_step = self._timeline.next_bar_step(from_step) + self._timeline.bar_steps
        self.primer = PrimerState.WAITING
        self.turns = None
        self.listener = Listener(
            first_step=first_step,
            steps_per_beat=self._timeline.steps_per_beat,
            tempo_bpm=self._conductor.tempo_bpm,
            to_click=settings.click,
        )
        self.send_click(settings)

    def take_turns(self, settings: Settings) -> None:
        """Fall silent and begin a conversation with the player."""
        self.end()
        conductor = self._conductor
        self.turns = Turns(conductor, conductor.planner.timeline_before(conductor.first_open_step))
        self.turns.begin(settings)
        self.send_click(settings)

    def end(self) -> None:
        """Neither listen nor take turns any more."""
        self.listener = self.turns = None
        self._send_click(on=False)

    def send_click(self, settings: Settings) -> None:
        """Let the player's click sound, if there is anything to click to."""
        if self.listener is not None:
            self._send_click(on=self.listener.to_click)
        else:
            self._send_click(on=self.turns is not None and settings.click)

    def _send_click(self, *, on: bool) -> None:
        self._link.send(
            SetClick(
                on,
                self._timeline.meter.accent_steps(self._timeline.steps_per_beat),
                self._timeline.bar_steps,
                self._timeline.downbeat_step,
            )
        )

    def hear(self, key: KeyPlayed, *, playing: bool) -> tuple[float | None, Source]:
        """Take in a key of the player's.

        Args:
            key: it.
            playing: whether music plays, or would if the player did; if not, a primer does not go on, but keys of it
                are let go of.

        Returns:
            Its place in steps, as far as that is known, and what it is part of.
        """
        if self.turns is not None:
            self.turns.hear(key)
        if self.listener is None or self.listener.is_too_early(key) or (key.velocity and not playing):
            return key.position_steps, Source.PLAYER
        if key.position_steps is None and self.listener.to_click:  # time stands still
            key = replace(key, position_steps=float(self._conductor.next_step))
        heard = self.listener.hear(key)
        if self.listener.started:
            self.primer = PrimerState.LISTENING
        return (key.position_steps, Source.PLAYER) if heard is None else (heard, Source.PRIMER)

    def release_all(self, seconds: float) -> None:
        """Let go of the player's keys: their player went away."""
        end = self._conductor.next_step
        if self.listener is not None:
            self.listener.release_all(seconds, float(end))
        if self.turns is not None:
            self.turns.release_all(end)

    def is_over(self, now_seconds: float, settings: Settings) -> bool:
        """Return whether the player has been silent for so long that the model takes over."""
        return self.listener is not None and self.listener.silent_beats(now_seconds) >= settings.takeover_beats

    def take_over(self, now_seconds: float) -> Entry:
        """Return where the model goes on from the primer that has begun: on the next beat."""
        listener = self.listener
        assert listener is not None
        heard = listener.finish()
        if listener.to_click:
            return Entry(heard, self._timeline.next_beat_step(self._conductor.first_open_step), None)
        position = listener.position_steps(now_seconds + ANSWER_SECONDS)
        step = self._timeline.next_beat_step(math.ceil(position))
        return Entry(heard, step, listener.seconds_at(step))

    def primer_shown(self, settings: Settings) -> PrimerState:
        """Return how far a primer has come at the last step that sounded."""
        listener = self.listener
        if listener is None or listener.started or not (listener.to_click and settings.count_in):
            return self.primer
        return PrimerState.COUNTING_IN if self._conductor.last_step + 1 < listener.first_step else self.primer

    def now_line(self, now_seconds: float) -> tuple[int, float, bool]:
        """Return the step that the now-line has reached, when that was due, and whether the line moves.

        Where time stands still the line follows the player's primer.
        """
        conductor, listener = self._conductor, self.listener
        if listener is None or not listener.started or conductor.running:
            return conductor.last_step, conductor.last_seconds, conductor.running
        step = math.floor(listener.position_steps(now_seconds))
        return step, listener.seconds_at(step), True
