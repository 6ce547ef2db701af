"""Sessions that were played: listed, played again, proved, exported."""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import Clock, SystemClock
from rnnrbm_live.core.errors import JournalError, SettingsError
from rnnrbm_live.core.export import EVERYTHING, ExportChoice
from rnnrbm_live.core.grid import step_seconds
from rnnrbm_live.core.learning import HEARD_FOLDER
from rnnrbm_live.core.protocols import PlayerLink
from rnnrbm_live.core.recording import Music, Recording
from rnnrbm_live.core.resources import models_path
from rnnrbm_live.engine.replay import Regenerated, regenerate
from rnnrbm_live.gui.services import SessionEntry
from rnnrbm_live.instrument import load_stepper
from rnnrbm_live.io.journal import (
    JournalWriter,
    SavedSession,
    delete_session,
    ended_properly,
    load_session,
    records,
    session_files,
)
from rnnrbm_live.io.picture import draw_recording
from rnnrbm_live.io.session_export import export_recording
from rnnrbm_live.io.sound_file import write_wav
from rnnrbm_live.model.library import ModelLibrary
from rnnrbm_live.places import find_session, sessions_path, training_path, user_models_path
from rnnrbm_live.player.process import ProcessLink

AHEAD_STEPS = 64
POLL_SECONDS = 0.002
START_SECONDS = 0.5  # until the sound device is open
TAIL_SECONDS = 1.0
DIFFERENT, UNCHECKED = 1, 3  # exit codes; 2 is bad input
ALL_ROADS = "all"

log = logging.getLogger(__name__)


def list_sessions() -> int:
    """Print every session: date, length, model, and whether it was cut off."""
    paths = session_files(sessions_path())
    if not paths:
        print(f"no session has been saved to {sessions_path()} yet")
    for path in paths:
        entry = _entry(path)
        print(f"{path.stem}  {_in_words(entry) if entry.length else entry.state}")
    return 0


def take_up(saved: SavedSession) -> ask.TakeUpSession:
    """Return the command that goes on with a saved session."""
    section, step = saved.last_section, saved.last_step
    ends = [saved.recording.end_steps, step.step + 1 if step else 0]

    def reopen(tell: Callable[[msg.Notice], None]) -> jot.Journal:
        return JournalWriter(saved.path, tell=tell, append_at=saved.whole_bytes)

    return ask.TakeUpSession(
        recording=saved.recording,
        model=section.model if section and section.model else saved.begun.model,
        next_step=math.ceil(max(ends)),
        take=section.take if section else 0,
        reopen=reopen,
    )


def verify(name: str) -> int:
    """Draw a session again from seed, model, settings and inputs.

    Returns:
        0 if it is what sounded, `DIFFERENT` if any step is not, `UNCHECKED` if all that could be drawn again is but
        a model that played is not there as it was.

    Raises:
        RNNRBMError: for a session that cannot be used.
    """
    path = find_session(name)
    library = ModelLibrary((models_path(), user_models_path(), training_path() / HEARD_FOLDER))
    found = regenerate((record for record, _ in records(path)), lambda model: load_stepper(library, model))
    print(f"{path.stem}: {found.steps} steps by a model, {found.drawn} drawn again", end="")
    print(f", {found.unplanned} heard as they were" if found.unplanned else "")
    if found.unchecked:
        print(_what_is_unchecked(found), file=sys.stderr)
    if not found.identical:
        print(f"{len(found.differing)} steps differ, the first is step {found.differing[0]}", file=sys.stderr)
        return DIFFERENT
    if found.unchecked:
        print("those are identical" if found.drawn else "nothing could be checked")
        return UNCHECKED
    print("identical")
    return 0


def _what_is_unchecked(found: Regenerated) -> str:
    count = sum(map(len, found.unchecked.values()))
    models = ", ".join(f"{name} ({len(steps)} from step {steps[0]} on)" for name, steps in found.unchecked.items())
    return (
        f"{count} of {found.steps} steps ({100 * count / found.steps:.0f} %) could not be checked, since the model that"
        f" played them is gone or has other weights now: {models}"
    )


def export_session(name: str, out: Path, *, road: str | None = None) -> int:
    """Write one road of a session as ``.mid``, ``.wav`` or ``.png``.

    Args:
        name: of the session.
        out: what it ends in says what to write.
        road: its name; None for the one that was heard last, `ALL_ROADS` for all as it was heard.

    Raises:
        RNNRBMError: for a session that cannot be read, or a place or kind that cannot be written.
    """
    saved = load_session(find_session(name))
    number = _road(saved.recording, road)
    write_recording(out, saved.recording, title=_title(saved), choice=ExportChoice(road=number))
    roads = saved.recording.roads.all
    which = f"road {roads[number].name} of " if number is not None and len(roads) > 1 else ""
    print(f"{out}: {which}{_in_words(_entry(saved.path))}")
    return 0


def play_again(name: str, *, output: str | None) -> int:
    """Play a session as it sounded, in real time, until its end or Ctrl+C.

    Raises:
        RNNRBMError: for a session that cannot be read.
    """
    path = find_session(name)
    playback = Playback(path, output=output, tell=lambda text: print(text, file=sys.stderr, flush=True))
    print(f"{path.stem}. Ctrl+C ends it.", flush=True)
    try:
        while playback.playing:
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        print()
    finally:
        playback.stop()
    return 0


class Playback:
    """A session that is being played again, by a player and a thread of its own."""

    def __init__(self, path: Path, *, output: str | None, tell: Callable[[str], None]) -> None:
        """Begin.

        Args:
            path: of the session.
            output: MIDI output; None for a port of our own.
            tell: takes what the player has to say, in any thread.

        Raises:
            JournalError: if it cannot be read.
            PlayerError: if the system lets no player start.
        """
        self._score = _Score.of([record for record, _ in records(path)])
        self._link = ProcessLink(output=output)
        self._link.start()
        self._tell = tell
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="playback", daemon=True)
        self._thread.start()

    @property
    def playing(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it; twice is fine."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            if not self._ending.wait(START_SECONDS):
                self._score.play(self._link, SystemClock(), self._ending, self._tell)
                self._ending.wait(TAIL_SECONDS)
        finally:
            self._link.close()


class Shelf:
    """The saved sessions, as the window shows them.

    Attributes:
        output: MIDI output to play them on; None for a port of our own.
    """

    def __init__(self, folder: Path) -> None:
        """Show those of a folder."""
        self._folder = folder
        self.output: Callable[[], str | None] = lambda: None

    def entries(self) -> list[SessionEntry]:
        """Return every session, the latest first."""
        return [_entry(path) for path in session_files(self._folder)]

    def last_cut_off(self) -> SessionEntry | None:
        """Return the last session if its program ended before it did and something sounded in it."""
        for path in session_files(self._folder)[:1]:
            if not ended_properly(path) and (entry := _entry(path)).cut_off and entry.notes:
                return entry
        return None

    def take_up(self, path: Path) -> ask.Command:
        """Return the command that goes on with a session.

        Raises:
            JournalError: if it cannot be read.
        """
        return take_up(load_session(path))

    def export(self, path: Path, out: Path) -> None:
        """Write the road of a session that was heard last as MIDI, sound or picture, as the name says.

        Raises:
            RNNRBMError: if it cannot be read or written.
        """
        saved = load_session(path)
        choice = ExportChoice(road=saved.recording.roads.heard)
        write_recording(out, saved.recording, title=_title(saved), choice=choice)

    def delete(self, path: Path) -> None:
        """Delete a session.

        Raises:
            JournalError: if a program is writing to it, or the system does not let us.
        """
        delete_session(path)

    def listen(self, path: Path) -> Playback:
        """Play a session again.

        Raises:
            RNNRBMError: if it cannot be read or played.
        """
        return Playback(path, output=self.output(), tell=log.info)


def write_recording(out: Path, recording: Recording, *, title: str, choice: ExportChoice = EVERYTHING) -> None:
    """Write a road, or all that sounded, as ``.mid``, ``.wav`` or ``.png``, as the name says.

    Raises:
        RNNRBMError: if nothing has sounded, or a place or kind cannot be written.
    """
    music: Music = recording if choice.road is None else recording.on_road(choice.road)
    match out.suffix.lower():
        case ".mid" | ".midi":
            export_recording(out, music, title=title, choice=choice)
        case ".wav":
            write_wav(out, music, choice)
        case ".png":
            draw_recording(out, music, choice)
        case _:
            raise SettingsError(f"{out} must end in .mid, .wav or .png, which says what to write")


def _title(saved: SavedSession) -> str:
    return f"{saved.begun.model}, {saved.begun.at}"


def _road(recording: Recording, name: str | None) -> int | None:
    """Return the number of a road by its name; None for all of them."""
    roads = recording.roads
    if name is None:
        return roads.heard
    names = [road.name for road in roads.all]
    if name in names:
        return names.index(name)
    if name == ALL_ROADS:
        return None
    raise SettingsError(f"that session has no road called {name}: it has {', '.join(names)}, and {ALL_ROADS!r} for all")


def _entry(path: Path) -> SessionEntry:
    try:
        saved = load_session(path)
    except JournalError as err:
        return SessionEntry(path, path.stem, state=str(err), usable=False)
    in_use = not saved.closed and saved.in_use
    cut_off = not saved.closed and not in_use
    return SessionEntry(
        path,
        _when(saved.begun.at, path.stem),
        length=_length(saved),
        model=saved.begun.model,
        notes=len(saved.recording.all_notes()),
        roads=len(saved.recording.roads.all),
        state="playing now" if in_use else "cut off" if cut_off else "",
        cut_off=cut_off,
        usable=not in_use,
        deletable=not in_use,
    )


def _in_words(entry: SessionEntry) -> str:
    roads = f", {entry.roads} roads" if entry.roads > 1 else ""
    return f"{entry.length}  {entry.model}  {entry.notes} notes{roads}" + (f", {entry.state}" if entry.state else "")


def _when(at: str, otherwise: str) -> str:
    try:
        return f"{datetime.fromisoformat(at).astimezone():%a %d %b %Y, %H:%M}"
    except ValueError:
        return otherwise


def _length(saved: SavedSession) -> str:
    minutes, seconds = divmod(round(saved.recording.seconds_at(saved.recording.end_steps)), 60)
    return f"{minutes}:{seconds:02d}"


class _Score:
    """What a session's player was told, to be told again: steps on the clock, keys between them."""

    def __init__(self, steps_per_beat: int, steps: dict[int, jot.StepHeard], keys: list[jot.KeyHeard]) -> None:
        self._steps_per_beat = steps_per_beat
        self._steps = steps
        self._keys = sorted(keys, key=lambda key: key.position_steps)
        ends = [*steps, *(int(key.position_steps) for key in keys)]
        self._timed = sorted(steps)
        self._first, self._last = min(ends, default=0), max(ends, default=-1)

    @classmethod
    def of(cls, written: list[jot.Record]) -> _Score:
        """Read what sounded; the keys of a primer whose tempo was found later lie where they were moved to."""
        steps: dict[int, jot.StepHeard] = {}
        keys: list[jot.KeyHeard] = []
        steps_per_beat = 4
        for record in written:
            match record:
                case jot.Begun() | jot.MeterChosen():
                    steps_per_beat = record.timeline.steps_per_beat
                case jot.StepHeard():
                    steps[record.step] = record
                case jot.KeyHeard():
                    keys.append(record)
                case jot.NotesRewritten():
                    keys = [k for k in keys if k.source is not record.source or k.position_steps < record.from_steps]
                    for note in record.notes:
                        keys.append(jot.KeyHeard(note.start_steps, note.pitch, note.velocity, note.source))
                        keys.append(jot.KeyHeard(note.end_steps, note.pitch, 0, note.source))
                case _:
                    pass
        return cls(steps_per_beat, steps, keys)

    def play(self, link: PlayerLink, clock: Clock, ending: threading.Event, tell: Callable[[str], None]) -> None:
        """Tell the player, whose clock it is, until the score ends or `ending` is set."""
        step, tempo = self._first - 1, self._tempo_from(self._first)
        sent = self._send(link, self._first, self._first + AHEAD_STEPS)
        link.send(msg.StartClock(self._first, tempo, self._steps_per_beat))
        due = clock.now_seconds()  # of `step`; about, until the first has sounded
        waiting = deque(self._keys)
        while step <= self._last and not ending.is_set():
            for event in link.poll(POLL_SECONDS):
                if isinstance(event, msg.StepPlayed):
                    step, due = event.step, event.desired_seconds
                    sent = self._send(link, sent, step + AHEAD_STEPS)
                    if (following := self._tempo_from(step + 1)) != tempo:
                        tempo = following
                        link.send(msg.SetTempo(tempo))
                elif isinstance(event, msg.Notice):
                    tell(event.text)
                elif isinstance(event, msg.PlayerLost | msg.PlayerRestarted):
                    tell(event.reason)
                    return
            position = step + (clock.now_seconds() - due) / step_seconds(tempo, self._steps_per_beat)
            while waiting and waiting[0].position_steps <= position:
                key = waiting.popleft()
                link.send(msg.PlayKey(key.pitch, key.velocity))
        link.send(msg.StopClock())

    def _tempo_from(self, step: int) -> float:
        """Return the tempo of the first step from here on that has one; a primer played in free time has none."""
        index = bisect_left(self._timed, step)
        return self._steps[self._timed[min(index, len(self._timed) - 1)]].tempo_bpm if self._timed else 120.0

    def _send(self, link: PlayerLink, first: int, last: int) -> int:
        """Send the plan up to but not including a step; return that step."""
        if last > first:
            frames = tuple(
                self._steps[step].planned if step in self._steps else msg.PlannedFrame() for step in range(first, last)
            )
            link.send(msg.SetPlan(0, first, frames))
        return max(first, last)
