"""What the window, or any other driver, asks of the engine. Frozen; the engine's thread alone acts on them.

`OpenOutput`, `OpenInput`, `PlayKey` and `Panic` of `core.messages` are commands too: the engine passes them on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rnnrbm_live.core.journal import Journal
from rnnrbm_live.core.messages import Notice, OpenInput, OpenOutput, Panic, PlayKey
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.settings import Mode


@dataclass(frozen=True, slots=True)
class Play:
    """Start, or go on after a pause."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop time; the model's state is kept."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the take: the next `Play` starts from the model's initial state, at a new bar."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """Forget what was recorded and begin at step 0, stopped."""


@dataclass(frozen=True, slots=True)
class TakeUpSession:
    """Go on with a saved session, stopped at its end; the present one stays saved.

    Attributes:
        recording: what sounded in it.
        model: name of the model that played last.
        next_step: the first step that has not sounded.
        take: number of its last take.
        reopen: opens its journal to be appended to; given what takes the journal's troubles, raises `JournalError`.
    """

    recording: Recording
    model: str
    next_step: int
    take: int
    reopen: Callable[[Callable[[Notice], None]], Journal]


@dataclass(frozen=True, slots=True)
class ContinueFrom:
    """Go back to a moment of the road that is heard and on from there, with the settings of now: a new road.

    Attributes:
        position: of the moment, in steps on that road.
    """

    position: int


@dataclass(frozen=True, slots=True)
class GoBack:
    """Go back so many bars, the present one included, and on from there; asked again before that has begun, farther."""

    bars: int


@dataclass(frozen=True, slots=True)
class HearRoad:
    """Hear another road at the bar that the music is in, or at its last; beyond its end the model goes on with it.

    Attributes:
        road: its number.
        position: where else to hear it from, in steps on it; None for the bar that the music is in.
    """

    road: int
    position: int | None = None


@dataclass(frozen=True, slots=True)
class NameRoad:
    """Give a road, by its number, a name."""

    road: int
    name: str


@dataclass(frozen=True, slots=True)
class Loop:
    """Play the bars of a region of the road that is heard again and again, differently each time; None: no longer.

    Attributes:
        region: position of the first step, and the one after the last.
    """

    region: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class SetMode:
    """Change who leads. Entering Primer, the model falls silent and listens."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class Continue:
    """In Primer: the model goes on from what was played, on the next beat."""


@dataclass(frozen=True, slots=True)
class UsePrimer:
    """Play this roll, then let the model go on from it.

    Attributes:
        roll: on any grid; resampled to the model's.
        name: for the marker and the notice, such as a file name; what no text can hold is replaced.
    """

    roll: PianoRoll
    name: str


@dataclass(frozen=True, slots=True)
class Adjust:
    """Change one field of `Settings`; a value out of range is reported and ignored."""

    name: str
    value: float | int | bool | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SelectModel:
    """Play with another model, by name or folder; a grid other than the present one starts a new take."""

    name: str


@dataclass(frozen=True, slots=True)
class AddMarker:
    """Flag a moment; exported as a MIDI marker.

    Attributes:
        text: its name.
        step: when, in steps since the session began; None for now.
    """

    text: str
    step: float | None = None


Command = (
    Play
    | Pause
    | Stop
    | NewSession
    | TakeUpSession
    | ContinueFrom
    | GoBack
    | HearRoad
    | NameRoad
    | Loop
    | SetMode
    | Continue
    | UsePrimer
    | Adjust
    | SelectModel
    | AddMarker
    | OpenOutput
    | OpenInput
    | PlayKey
    | Panic
)
