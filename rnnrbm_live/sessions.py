"""Sessions that were played: listed, played again, proved, exported."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.errors import JournalError, SettingsError
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.instrument import load_stepper
from rnnrbm_live.io.journal import SavedSession, load_session, records, session_files
from rnnrbm_live.io.picture import draw_recording
from rnnrbm_live.io.session_export import export_recording
from rnnrbm_live.io.sound_file import write_wav
from rnnrbm_live.places import find_session, model_library, sessions_path
from rnnrbm_live.player.process import ProcessLink

AHEAD_STEPS = 64
POLL_SECONDS = 0.005
START_SECONDS = 0.5  # until the sound device is open
TAIL_SECONDS = 1.0
DIFFERENT = 1  # exit code


def list_sessions() -> int:
    """Print every session: date, length, model, and whether it was cut off."""
    paths = session_files(sessions_path())
    if not paths:
        print(f"no session has been saved to {sessions_path()} yet")
    for path in paths:
        try:
            print(f"{path.stem}  {describe(load_session(path))}")
        except JournalError as err:
            print(f"{path.stem}  {err}")
    return 0


def describe(saved: SavedSession) -> str:
    """Return length, model and state of a session in a few words."""
    recording = saved.recording
    minutes, seconds = divmod(round(recording.seconds_at(recording.end_steps)), 60)
    state = "" if saved.closed else ", playing now" if saved.in_use else ", cut off"
    return f"{minutes}:{seconds:02d}  {saved.begun.model}  {len(recording.all_notes())} notes{state}"


def verify(name: str) -> int:
    """Draw a session again from seed, model, settings and inputs; return 0 if it is what sounded.

    Raises:
        RNNRBMError: for a session or a model that cannot be used.
    """
    path = find_session(name)
    library = model_library()
    found = regenerate((record for record, _ in records(path)), lambda model: load_stepper(library, model))
    print(f"{path.stem}: {found.steps} steps by a model, {found.drawn} drawn again", end="")
    print(f", {found.unplanned} heard as they were" if found.unplanned else "")
    if not found.identical:
        print(f"{len(found.differing)} steps differ, the first is step {found.differing[0]}", file=sys.stderr)
        return DIFFERENT
    print("identical")
    return 0


def export_session(name: str, out: Path) -> int:
    """Write a session as ``.mid``, ``.wav`` or ``.png``.

    Raises:
        RNNRBMError: for a session that cannot be read, or a place or kind that cannot be written.
    """
    saved = load_session(find_session(name))
    match out.suffix.lower():
        case ".mid" | ".midi":
            export_recording(out, saved.recording, title=f"{saved.begun.model}, {saved.begun.at}")
        case ".wav":
            write_wav(out, saved.recording)
        case ".png":
            draw_recording(out, saved.recording)
        case _:
            raise SettingsError(f"{out} must end in .mid, .wav or .png, which says what to write")
    print(f"{out}: {describe(saved)}")
    return 0


def play_again(name: str, *, output: str | None) -> int:
    """Play a session as it sounded, in real time, until its end or Ctrl+C.

    Raises:
        RNNRBMError: for a session that cannot be read.
    """
    path = find_session(name)
    score = _Score.of([record for record, _ in records(path)])
    link = ProcessLink(output=output)
    link.start()
    try:
        time.sleep(START_SECONDS)
        print(f"{path.stem}. Ctrl+C ends it.", flush=True)
        score.play(link)
    except KeyboardInterrupt:
        print()
    finally:
        link.close()
    return 0


class _Score:
    """What a session's player was told, to be told again: steps on the clock, keys between them."""

    def __init__(self, steps_per_beat: int, steps: dict[int, jot.StepHeard], keys: list[jot.KeyHeard]) -> None:
        self._steps_per_beat = steps_per_beat
        self._steps = steps
        self._keys = sorted(keys, key=lambda key: key.position_steps)
        ends = [*steps, *(int(key.position_steps) for key in keys)]
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

    def play(self, link: ProcessLink) -> None:
        """Tell the player."""
        clock = SystemClock()
        tempo = next((step.tempo_bpm for step in self._steps.values()), 120.0)
        sent = self._first
        waiting = self._keys[:]
        sent = self._send(link, sent, self._first + AHEAD_STEPS)
        link.send(msg.StartClock(self._first, tempo, self._steps_per_beat))
        step, due = self._first - 1, clock.now_seconds() + POLL_SECONDS
        while step < self._last + 1:
            for event in link.poll(POLL_SECONDS):
                if isinstance(event, msg.StepPlayed):
                    step, due = event.step, event.desired_seconds
                    sent = self._send(link, sent, step + AHEAD_STEPS)
                    following = self._steps.get(step + 1)
                    if following is not None and following.tempo_bpm != tempo:
                        tempo = following.tempo_bpm
                        link.send(msg.SetTempo(tempo))
                elif isinstance(event, msg.Notice):
                    print(event.text, file=sys.stderr, flush=True)
                elif isinstance(event, msg.PlayerLost | msg.PlayerRestarted):
                    print(event.reason, file=sys.stderr, flush=True)
                    return
            position = step + (clock.now_seconds() - due) * tempo * self._steps_per_beat / 60
            while waiting and waiting[0].position_steps <= position:
                key = waiting.pop(0)
                link.send(msg.PlayKey(key.pitch, key.velocity))
        link.send(msg.StopClock())
        time.sleep(TAIL_SECONDS)

    def _send(self, link: ProcessLink, first: int, last: int) -> int:
        """Send the plan up to but not including a step; return that step."""
        if last > first:
            frames = tuple(
                self._steps[step].planned if step in self._steps else msg.PlannedFrame() for step in range(first, last)
            )
            link.send(msg.SetPlan(0, first, frames))
        return max(first, last)
