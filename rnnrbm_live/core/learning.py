"""What the process that trains a model tells, and is told. All frozen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rnnrbm_live.core.frame import Bits

HEARD_FOLDER = "heard"
"""Beside the model that is trained: copies of it, as it was when it was listened to."""

# --- told by the process ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """So many of the folder's files have been read."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class PieceRead:
    """A piece to learn from.

    Attributes:
        name: its file's, within the folder.
        bars: how long it is, a last one that is not full included.
        meter: its first one.
        key: as `core.key.key_name` writes it.
        opening: its first bars, (T, 22) rows of 176 sounding and onset bits, packed.
    """

    name: str
    bars: int
    meter: str
    key: str
    opening: Bits


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not learnt from, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class MusicRead:
    """What a folder holds.

    Attributes:
        folder: that was read.
        pieces: to learn from, those held out included.
        left_out: other MIDI files in it.
        held_out: how many of the pieces are not learnt, but kept to see how well others were.
        steps_per_beat: grid of the openings.
    """

    folder: Path
    pieces: tuple[PieceRead, ...]
    left_out: tuple[LeftOut, ...]
    held_out: int
    steps_per_beat: int

    @property
    def bars(self) -> int:
        """Bars of all pieces."""
        return sum(piece.bars for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Estimated:
    """How many passes over the music it would take, and how many seconds."""

    passes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """Where the training stands.

    Attributes:
        passes_done: whole passes over the music.
        passes: in all.
        done: share of the whole, 0 to 1.
        monitors: of each whole pass, mean reconstruction cross-entropy of the music, nats per frame.
        accuracies: of each whole pass, share of notes of held-out music that one sampled frame hits, 0 to 1; empty
            where nothing is held out.
        seconds_left: estimate.
    """

    passes_done: int
    passes: int
    done: float
    monitors: tuple[float, ...]
    accuracies: tuple[float, ...]
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Written:
    """The model as it is after so many passes can be played."""

    passes_done: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The training is over, finished or stopped; all is saved."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot go on, and why, in one sentence. What was saved before stays."""

    reason: str


Told = Reading | MusicRead | Estimated | Learnt | Written | Ended | Failed

# --- told to the process ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Learn:
    """Train on what was read."""


@dataclass(frozen=True, slots=True)
class StopLearning:
    """Save, and end."""


Asked = Learn | StopLearning

# --- what is left ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """A model that was trained and is neither kept nor discarded yet.

    Attributes:
        name: of the folder of music.
        music: that folder.
        passes_done: whole passes over it.
        passes: that a whole training has.
        finished: whether that was reached.
        monitors: as in `Learnt`; only the last one of a finished training whose curves could not be saved.
        accuracies: likewise.
    """

    name: str
    music: Path
    passes_done: int
    passes: int
    finished: bool
    monitors: tuple[float, ...]
    accuracies: tuple[float, ...]
