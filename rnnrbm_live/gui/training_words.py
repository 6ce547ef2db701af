"""Where a training stands, in words."""

from __future__ import annotations

from collections import Counter

from rnnrbm_live.core import learning as msg
from rnnrbm_live.gui.training import Phase, Training

LITTLE_BARS = 200
CHOOSE_MUSIC = "Choose a folder of MIDI files, or drop one here; folders within it are read, too"


def percent(training: Training) -> str:
    """Return how much of a training is done, in few letters; nothing while none goes on."""
    if training.phase in (Phase.LEARNING, Phase.STOPPING):
        return f"{100 * share_done(training):.0f} %"
    return ""


def share_done(training: Training) -> float:
    """Return how much is done of what goes on: 0 to 1."""
    if training.phase is Phase.READING:
        reading = training.reading
        return reading.done / reading.total if reading is not None else 0.0
    return training.learnt.done if training.learnt is not None else 0.0


def state_of(training: Training) -> str:
    """Say in a line or two where the training stands."""
    match training.phase:
        case Phase.EMPTY:
            return CHOOSE_MUSIC
        case Phase.READING:
            reading = training.reading
            return f"Reading {reading.done} of {_count(reading.total, 'file')}" if reading else "Looking for MIDI files"
        case Phase.FOUND:
            return f"{_found(training.music)}\n{_time_wanted(training.estimate)}" if training.music else ""
        case Phase.STOPPING:
            return "Saving what was learnt"
        case Phase.LEARNING:
            learnt = training.learnt
            if learnt is None:
                return "Beginning"
            now = min(learnt.passes_done + 1, learnt.passes)
            return f"Pass {now} of {learnt.passes} over the music, {_duration(learnt.seconds_left)} left"
        case Phase.DRAFT:
            return _draft_state(training.draft) if training.draft is not None else ""


def _draft_state(draft: msg.Draft) -> str:
    if draft.finished:
        return f"Learnt in {_count(draft.passes_done, 'pass', 'passes')} over the music: keep it under a name, or not"
    return f"Stopped after {draft.passes_done} of {_count(draft.passes, 'pass', 'passes')}: go on, or keep it as it is"


def _found(music: msg.MusicRead) -> str:
    keys = Counter(piece.key for piece in music.pieces)
    most, times = keys.most_common(1)[0]
    parts = [f"{_count(len(music.pieces), 'piece')}, {_count(music.bars, 'bar')}"]
    parts.append(f"in {most}" if len(keys) == 1 else f"{times} in {most}, {_count(len(keys) - 1, 'other key')}")
    if music.held_out:
        parts.append(f"{music.held_out} held out to test it")
    if music.left_out:
        parts.append(f"{_count(len(music.left_out), 'file')} left out, see below")
    return "; ".join(parts) + (". So little is learnt by heart" if music.bars < LITTLE_BARS else "")


def _time_wanted(estimate: msg.Estimated | None) -> str:
    if estimate is None:
        return "Finding out how long it would take…"
    return f"Training takes {_duration(estimate.seconds)} beside the music; it can be stopped and gone on with"


def _duration(seconds: float) -> str:
    if seconds < 50:
        return "less than a minute"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {_count(minutes, 'minute')}"
    return f"about {seconds / 3600:.1f} hours"


def _count(number: int, one: str, many: str = "") -> str:
    text = f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{text} {one if number == 1 else many or one + 's'}"
