"""What a session consists of, as records: everything that sounded, and all that is needed to play it again.

A recording is what these records make of an empty one (`Recording.apply`); a journal on disk is these records, one
after the other. Steps count from 0 at the start of a session.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from rnnrbm_live.core.clamps import NO_KEYS, Keys
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.settings import Settings


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """A session begins; always the first record.

    Attributes:
        at: local date and time, ISO 8601 with its offset.
        program: version that plays.
        model: name of the first model.
        timeline: where bars begin.
    """

    at: str
    program: str
    model: str
    timeline: Timeline


class MeterChosen(msgspec.Struct, frozen=True, tag="meter"):
    """Bars are others from the start on; only before anything has sounded."""

    timeline: Timeline


class SectionBegun(msgspec.Struct, frozen=True, tag="section", omit_defaults=True):
    """From `step` on, something else plays.

    Attributes:
        step: where it begins.
        model: name of the model that plays; None for a primer from a file, or rests.
        fingerprint: of that model's weights.
        seed: of the model's key.
        take: with seed and step, the key of the noise.
        heard: frames that the model heard before it began, if it did not begin from its initial state.
        heard_from: step of the first of these.
        semitones: how far these lie above C major or A minor, if that was known from before.
        phrase_end_step: first step after a phrase, if phrases end there.
        fade_in: whether velocities rise over the first beats.
        label: name of the moment; empty for none.
        resumes: the earlier step before which the music goes on, on a new road (`core.roads`) called `label` or,
            without one, by its letter; nothing is held over from the step before `step`. None: what was heard goes on.
        road: number of an old road that is heard again (with no model, and again with nothing held over) or gone on
            with beyond its end; None for neither.
        position: of `step` on that road.
        remembers: whether the model begins with the state that it had where it resumes, or at the road's end.
    """

    step: int
    model: str | None = None
    fingerprint: str = ""
    seed: int = 0
    take: int = 1
    heard: tuple[Frame, ...] = ()
    heard_from: int = 0
    semitones: int | None = None
    phrase_end_step: int | None = None
    fade_in: bool = False
    label: str = ""
    resumes: int | None = None
    road: int | None = None
    position: int = 0
    remembers: bool = False

    @property
    def jumps(self) -> bool:
        """Whether the music goes on elsewhere, so that all that sounds is struck anew."""
        return self.resumes is not None or (self.road is not None and self.model is None)


class StepHeard(msgspec.Struct, frozen=True, tag="step", omit_defaults=True):
    """A step of the plan sounded.

    Attributes:
        step: which.
        planned: what sounded.
        tempo_bpm: in force from this step on.
        settings: that the frame was drawn with; None if what sounded was not what the model had planned last (the plan
            had run dry, or changed too late).
        keys: what the player held, in a duet.
    """

    step: int
    planned: PlannedFrame
    tempo_bpm: float
    settings: Settings | None = None
    keys: Keys = NO_KEYS


class KeyHeard(msgspec.Struct, frozen=True, tag="key"):
    """A key of the player's went down or, with velocity 0, up."""

    position_steps: float
    pitch: int
    velocity: int
    source: Source


class TimeStopped(msgspec.Struct, frozen=True, tag="stopped"):
    """Time stands still; what the plan had sounding ended."""

    position_steps: float


class Marked(msgspec.Struct, frozen=True, tag="marker"):
    """A moment was named."""

    step: float
    text: str


class RoadNamed(msgspec.Struct, frozen=True, tag="road"):
    """A road (`core.roads`), by its number, was given a name."""

    road: int
    name: str


class NotesRewritten(msgspec.Struct, frozen=True, tag="notes"):
    """The notes of one source that start at `from_steps` or later are these: a primer, once its tempo is known."""

    source: Source
    from_steps: float
    notes: tuple[Note, ...]


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """The session was ended properly; one that is taken up again goes on after this."""


Record = (
    Begun
    | MeterChosen
    | SectionBegun
    | StepHeard
    | KeyHeard
    | TimeStopped
    | Marked
    | RoadNamed
    | NotesRewritten
    | Closed
)


class Journal(Protocol):
    """Takes down the records of one session."""

    def write(self, record: Record) -> None:
        """Take down a record; never blocks."""
        ...

    def close(self) -> None:
        """Finish; may be called twice."""
        ...


class NoJournal:
    """A journal that forgets."""

    def write(self, record: Record) -> None:
        """Forget a record."""

    def close(self) -> None:
        """Do nothing."""
