"""What the engine shows of itself: one frozen value, replaced whole, that any thread may read at any time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from rnnrbm_live.core.controllers import Controller, Reading
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Timeline, step_seconds
from rnnrbm_live.core.messages import Notice, PlannedFrame, Ports
from rnnrbm_live.core.recording import Music, Recording
from rnnrbm_live.core.roads import Road
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.thoughts import Thoughts


class Transport(Enum):
    """Whether time runs."""

    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSED = "paused"


class PrimerState(Enum):
    """How far the exchange with the player has come, in Primer mode."""

    COUNTING_IN = "counting in"
    """A bar of clicks, before the player is to begin."""
    WAITING = "waiting"
    """Listening, nothing played yet."""
    LISTENING = "listening"
    """The player has begun."""
    CONTINUED = "continued"
    """The model has taken over."""


class Whose(Enum):
    """Who is to play, in Turns mode."""

    NOBODY = "nobody"
    """The player's turn is about to begin: they are being counted in, or wait for the bar line."""
    PLAYER = "player"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a conversation.

    Attributes:
        whose: whose it is.
        first_step: its first step.
        end_step: the first step after it.
        begun: whether the player has played anything yet, in this turn or before.
    """

    whose: Whose
    first_step: int
    end_step: int
    begun: bool

    def earlier(self, steps: int) -> Turn:
        """Return the same turn, so many steps earlier."""
        return replace(self, first_step=self.first_step - steps, end_step=self.end_step - steps)


@dataclass(frozen=True, slots=True)
class Timing:
    """How well time is kept, over the last steps.

    Attributes:
        late_p99_ms: 99th percentile of actual minus desired send time, milliseconds; None before the first step.
        sampling_ms: median time to sample a frame, milliseconds; None before the first.
        steps_late: steps that came more than 6 ms late since the session began.
        steps_dry: steps for which no frame was ready since the session began.
        keys_answered: steps of a duet at which keys were struck and the model played with them.
        keys_missed: those at which its frame had gone out before.
    """

    late_p99_ms: float | None = None
    sampling_ms: float | None = None
    steps_late: int = 0
    steps_dry: int = 0
    keys_answered: int = 0
    keys_missed: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The engine at one moment. Steps are positions on the road that is heard (`core.roads`).

    Attributes:
        transport: whether time runs.
        mode: who leads.
        primer: how far a primer has come; meaningful in Primer mode.
        settings: in force.
        model: name of the model in use.
        device: what computes the frames, such as "numpy on CPU".
        timeline: where bars begin, and the grid.
        step: the last step that sounded; -1 before the first.
        step_seconds_at: its deadline on the shared clock.
        tempo_bpm: in force (a primer may have set it).
        planned_from: step of the first planned frame.
        planned: coming frames, the nearest first.
        keys: pitches that the player holds: (pitch, velocity).
        take: number of the take, from 1.
        recording: the road that is heard, so far; safe to read from any thread.
        tape: the whole session as it sounded; safe to read from any thread.
        ports: MIDI and sound.
        timing: how well time is kept.
        controls: where each controller of the player's MIDI devices stands that has moved; never changed in place.
        notice: the last thing worth telling the user; None when there is nothing.
        notice_id: counts notices, so that the same text twice is seen twice.
        running: whether the now-line moves; in Primer without a click it waits for the first key.
        turn: whose turn it is; None but in Turns mode, while time runs or is paused.
        likely: for each of `planned`, how likely the model finds each of 88 keys, in 255ths; empty where that is not
            known. The player's keys, which are no choice of the model's, are 0.
        thoughts: what went on in the model at the last steps; safe to read from any thread.
        roads: every road, in the order in which they began.
        road: number of the one that is heard.
        next_road: number of the old one that is heard next, once the bar is where it was; None if none is.
        shift: how many steps later than on the road that is heard the tape is.
        loop: the bars that are played again and again: position of the first step, and the one after the last.
    """

    transport: Transport
    mode: Mode
    primer: PrimerState
    settings: Settings
    model: str
    device: str
    timeline: Timeline
    step: int
    step_seconds_at: float
    tempo_bpm: float
    planned_from: int
    planned: tuple[PlannedFrame, ...]
    keys: tuple[tuple[int, int], ...]
    take: int
    recording: Music
    tape: Recording
    ports: Ports
    timing: Timing
    controls: dict[Controller, Reading] = field(default_factory=dict)
    notice: Notice | None = None
    notice_id: int = 0
    running: bool = True
    turn: Turn | None = None
    likely: tuple[bytes, ...] = ()
    thoughts: Thoughts = field(default_factory=Thoughts)
    roads: tuple[Road, ...] = ()
    road: int = 0
    next_road: int | None = None
    shift: int = 0
    loop: tuple[int, int] | None = None

    def position_steps(self, now_seconds: float) -> float:
        """Return the place of the now-line in steps: between steps while time runs, still otherwise.

        Without news from the player it runs on for at most 8 steps, so a stalled engine does not show a false future.
        """
        if self.transport is not Transport.PLAYING or not self.running or self.step < 0:
            return float(self.step + 1)
        period = step_seconds(self.tempo_bpm, self.timeline.steps_per_beat)
        return self.step + min(max((now_seconds - self.step_seconds_at) / period, 0.0), 8.0)

    def sounding(self) -> dict[int, Source]:
        """Return the pitches that sound now and who plays them."""
        notes = {note.pitch: note.source for note in self.recording.playing()}
        return notes | {pitch: Source.PLAYER for pitch, _ in self.keys if pitch not in notes}
