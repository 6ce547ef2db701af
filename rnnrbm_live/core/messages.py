"""What the engine and the player process say to each other: frozen values, the only things that cross.

Steps count from 0 at the start of a session and never restart. Seconds are `Clock.now_seconds` times.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rnnrbm_live.core.controllers import Controller
from rnnrbm_live.core.frame import REST, Frame, Source

MODEL_CHANNEL = 0  # MIDI channel 1
PLAYER_CHANNEL = 1  # MIDI channel 2


@dataclass(frozen=True, slots=True)
class PlannedFrame:
    """A coming step: what to play, how loud, and who wrote it.

    Attributes:
        frame: pitches to sound and to strike.
        velocities: (pitch, velocity 1..127) of each onset, ascending by pitch.
        source: MODEL plays on the model's channel, PRIMER (a file that is played first) on the player's.
    """

    frame: Frame = REST
    velocities: tuple[tuple[int, int], ...] = ()
    source: Source = Source.MODEL


# --- engine to player ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartClock:
    """Let time run: `step` is due at `at_seconds` (None: as soon as it can be on time).

    A clock that runs already is set anew; notes that sound go on sounding until a frame ends them.
    """

    step: int
    tempo_bpm: float
    steps_per_beat: int
    at_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class StopClock:
    """Stop time before the next step and end the model's notes. Keys stay playable."""


@dataclass(frozen=True, slots=True)
class SetTempo:
    """Steps that are not yet frozen follow at this tempo."""

    tempo_bpm: float


@dataclass(frozen=True, slots=True)
class SetPlan:
    """Replace every step from `first_step` on that is not yet frozen by `frames`; frozen ones are kept."""

    revision: int
    first_step: int
    frames: tuple[PlannedFrame, ...]


@dataclass(frozen=True, slots=True)
class SetClick:
    """Metronome: one tick every `beat_steps` from `downbeat_step` on, accented every `bar_steps`."""

    on: bool
    beat_steps: int = 4
    bar_steps: int = 16
    downbeat_step: int = 0


@dataclass(frozen=True, slots=True)
class SendClock:
    """Send MIDI clock to the output, or cease to."""

    on: bool


@dataclass(frozen=True, slots=True)
class FollowClock:
    """Keep time with the MIDI clock of the inputs, or cease to."""

    on: bool


@dataclass(frozen=True, slots=True)
class OpenOutput:
    """Send notes to the MIDI output of this name too; None: to our own virtual port alone, where the OS has them."""

    name: str | None


ALL_INPUTS = "*"
"""In place of an input's name: every one there is, also those that come later."""


@dataclass(frozen=True, slots=True)
class OpenInput:
    """Listen to the MIDI input of this name, or to `ALL_INPUTS`; None: to none."""

    name: str | None


@dataclass(frozen=True, slots=True)
class SetPiano:
    """Switch the built-in piano and set its level."""

    on: bool
    gain_db: float


@dataclass(frozen=True, slots=True)
class PlayKey:
    """A key of the computer keyboard or of the drawn one; velocity 0 releases it."""

    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Panic:
    """End every sound at once, on every channel and port. Time goes on."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Silence everything and exit."""


PlayerCommand = (
    StartClock
    | StopClock
    | SetTempo
    | SetPlan
    | SetClick
    | SendClock
    | FollowClock
    | OpenOutput
    | OpenInput
    | SetPiano
    | PlayKey
    | Panic
    | Shutdown
)


# --- player to engine ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepPlayed:
    """A step that sounded.

    Attributes:
        step: which.
        planned: what sounded; when the plan had run dry, the previous frame held on (at most a beat) or a rest.
        revision: of the plan it came from; -1 when the plan had run dry.
        tempo_bpm: in force from this step on.
        desired_seconds: its deadline.
        actual_seconds: just before its first message went out (when there was none: when it was handled).
        tick_late_seconds: the most that a tick of MIDI clock since the step before was late; None if none went out.
    """

    step: int
    planned: PlannedFrame
    revision: int
    tempo_bpm: float
    desired_seconds: float
    actual_seconds: float
    tick_late_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class KeyPlayed:
    """A key that the player pressed or released (velocity 0); it has sounded already.

    Attributes:
        pitch: MIDI pitch.
        velocity: 1..127, or 0 for a release.
        seconds: when it reached us.
        position_steps: the same on the running clock, in steps and fractions of one; None while time stands still.
        step: the step it belongs to: the first one not frozen when it came; None while time stands still.
    """

    pitch: int
    velocity: int
    seconds: float
    position_steps: float | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class MasterMoved:
    """The master whose MIDI clock is followed has started or gone on, or has stopped.

    Attributes:
        running: whether it plays now.
    """

    running: bool


@dataclass(frozen=True, slots=True)
class ControlMoved:
    """A controller of the player's, such as a knob or a button, stands somewhere else.

    Attributes:
        controller: which.
        value: 0..127.
        seconds: when it reached us.
    """

    controller: Controller
    value: int
    seconds: float


class Machine(Enum):
    """What MIDI machine control asks of a recorder's transport."""

    PLAY = "play"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class MachineAsked:
    """The transport buttons of the player's device were pressed, as MIDI machine control has them."""

    what: Machine


@dataclass(frozen=True, slots=True)
class ClockStopped:
    """Time stands still.

    Attributes:
        next_step: the first step that has not sounded.
        position_steps: where the model's notes were ended.
    """

    next_step: int
    position_steps: float


@dataclass(frozen=True, slots=True)
class Ports:
    """What can be played on and what is being played on.

    Attributes:
        outputs: names of the MIDI outputs there are.
        inputs: names of the MIDI inputs there are.
        output: name of the output that was asked for; None for our own port alone.
        outputs_open: names of the outputs that are played on: our own port, which other programs connect to, and the
            one that was asked for.
        input: what was asked to be listened to: a name, `ALL_INPUTS`, or None.
        inputs_open: names of the inputs that are listened to.
        piano: whether the built-in piano has a sound device.
        piano_stands_in: whether it plays, although switched off, because the output that was asked for is not there.
        midi: name of the MIDI system, such as ALSA or JACK; None where there is none.
    """

    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    output: str | None = None
    outputs_open: tuple[str, ...] = ()
    input: str | None = None
    inputs_open: tuple[str, ...] = ()
    piano: bool = False
    piano_stands_in: bool = False
    midi: str | None = None


class Level(Enum):
    """How much a notice matters."""

    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the user."""

    text: str
    level: Level = Level.WARNING


@dataclass(frozen=True, slots=True)
class PlayerRestarted:
    """The player process died and a new one has taken its place, with clock stopped and ports closed.

    Attributes:
        reason: one sentence.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class PlayerLost:
    """The player process died and could not be started again.

    Attributes:
        reason: one sentence.
    """

    reason: str


PlayerEvent = (
    StepPlayed
    | KeyPlayed
    | ControlMoved
    | MachineAsked
    | MasterMoved
    | ClockStopped
    | Ports
    | Notice
    | PlayerRestarted
    | PlayerLost
)
