"""Standard MIDI files to piano-rolls and back (mido).

Reading quantises to a beat grid: ticks become steps by the file's division, so tempo does not matter, and tempo and
time-signature changes are kept. Drums (channel 10) and pedals are left out; all tracks and channels are merged.
Writing gives format 1: a conductor track, then one named track for each part.
"""

from __future__ import annotations

import contextlib
import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import mido
from mido.midifiles.meta import KeySignatureError

from rnnrbm_live.core.errors import MidiFileError, SettingsError
from rnnrbm_live.core.grid import COMMON_TIME, Meter
from rnnrbm_live.core.pianoroll import DEFAULT_TEMPO_BPM, MeterChange, Note, PianoRoll, TempoChange
from rnnrbm_live.io.whole_file import whole_file

DRUM_CHANNEL = 9  # MIDI channel 10
LONGEST_STEPS = 2_000_000  # five days of 16ths at 120 BPM: a file that claims more is broken
LARGEST_BYTES = 2 * 2**20  # far more than any piece needs; mido takes seconds for as much
TICKS_PER_BEAT = 960
SLOWEST_BPM, FASTEST_BPM = 4.0, 1000.0

# What mido raises on files that are not what they say, beside its own OSError and EOFError.
_BROKEN = (OSError, EOFError, ValueError, IndexError, KeyError, TypeError, KeySignatureError, OverflowError)


@dataclass(frozen=True, slots=True)
class Track:
    """One part of a file to write: its name, its notes, and the MIDI channel (0..15) and program they play on."""

    name: str
    notes: Sequence[Note]
    channel: int = 0
    program: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """What a MIDI file says, in beats (quarter notes) and unquantised.

    Attributes:
        notes: ascending by start, then pitch; `start_steps` and `end_steps` count beats.
        tempos: ascending, the first at 0; `step` counts beats.
        meters: time signatures as (beat, meter), ascending, the first at 0.
    """

    notes: tuple[Note, ...]
    tempos: tuple[TempoChange, ...]
    meters: tuple[tuple[float, Meter], ...]


def read_score(path: Path) -> Score:
    """Read notes, tempi and time signatures.

    Raises:
        MidiFileError: if it cannot be read, is no MIDI file, counts time in SMPTE frames, or has no notes but drums.
    """
    file = _open(path)
    if file.ticks_per_beat <= 0 or file.ticks_per_beat >= 0x8000:
        raise MidiFileError(f"{path} counts time in SMPTE frames, not in beats: export it again with ticks per beat")
    notes: list[Note] = []
    tempos: dict[int, float] = {}
    meters: dict[int, Meter] = {}
    for track in file.tracks:
        _read_track(path, track, file.ticks_per_beat, notes, tempos, meters)
    if not notes:
        raise MidiFileError(f"{path} has no notes other than drums: choose another file")
    beat = float(file.ticks_per_beat)
    tempos.setdefault(0, DEFAULT_TEMPO_BPM)
    meters.setdefault(0, COMMON_TIME)
    return Score(
        tuple(sorted(notes, key=lambda note: (note.start_steps, note.pitch))),
        tuple(TempoChange(tick / beat, bpm) for tick, bpm in sorted(tempos.items())),
        tuple((tick / beat, meter) for tick, meter in sorted(meters.items())),
    )


def read_midi(path: Path, steps_per_beat: int) -> PianoRoll:
    """Read a MIDI file onto a grid of `steps_per_beat` steps per quarter note.

    A first bar that is cut short by the next time signature is a pickup.

    Raises:
        MidiFileError: as `read_score`; also if it would last more than two million steps.
    """
    score = read_score(path)
    _check_length(path, score.notes[-1].start_steps * steps_per_beat)
    _check_length(path, max(note.end_steps for note in score.notes) * steps_per_beat)
    notes = _scaled(score.notes, steps_per_beat)
    roll = _roll(path, notes, steps_per_beat)
    tempos = {min(round(change.step * steps_per_beat), len(roll)): change.bpm for change in score.tempos}
    meters, pickup_steps = _bars(score.meters, steps_per_beat, len(roll))
    return replace(
        roll,
        tempos=tuple(TempoChange(step, bpm) for step, bpm in sorted(tempos.items())),
        meters=meters,
        pickup_steps=pickup_steps,
    )


def read_midi_seconds(path: Path, step_seconds: float) -> PianoRoll:
    """Read a MIDI file onto a grid in seconds, as the deeplearning.net tutorial does (dt = 0.3 s).

    The result says the same in beats: two steps per beat at a tempo that makes a step last `step_seconds`.

    Raises:
        MidiFileError: as `read_midi`.
    """
    score = read_score(path)
    to_seconds = _SecondsOfBeats(score.tempos)
    _check_length(path, to_seconds(max(note.end_steps for note in score.notes)) / step_seconds)
    notes = [
        replace(
            note,
            start_steps=to_seconds(note.start_steps) / step_seconds,
            end_steps=to_seconds(note.end_steps) / step_seconds,
        )
        for note in score.notes
    ]
    return replace(_roll(path, notes, 2), tempos=(TempoChange(0, 30.0 / step_seconds),))


def write_midi(
    path: Path,
    tracks: Sequence[Track],
    *,
    steps_per_beat: int,
    tempos: Sequence[TempoChange] = (TempoChange(0, DEFAULT_TEMPO_BPM),),
    meters: Sequence[MeterChange] = (MeterChange(0, COMMON_TIME),),
    markers: Iterable[tuple[float, str]] = (),
    title: str = "",
) -> None:
    """Write a format 1 file, whole or not at all. Times are in steps and may lie between them.

    Args:
        path: replaced if it exists.
        tracks: the parts.
        steps_per_beat: steps per quarter note.
        tempos: ascending, the first at step 0.
        meters: ascending, the first at step 0.
        markers: (step, text).
        title: name of the piece.

    Raises:
        MidiFileError: if the file cannot be written.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")

    def ticks(step: float) -> int:
        return round(step * TICKS_PER_BEAT / steps_per_beat)

    conductor: list[tuple[int, mido.MetaMessage]] = []
    for meter_change in meters:
        meter = meter_change.meter
        conductor.append(
            (
                ticks(meter_change.step),
                mido.MetaMessage("time_signature", numerator=meter.numerator, denominator=meter.denominator),
            )
        )
    for tempo in tempos:
        conductor.append((ticks(tempo.step), mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo.bpm))))
    conductor += [(ticks(step), mido.MetaMessage("marker", text=text)) for step, text in markers]
    conductor.sort(key=lambda event: event[0])
    file.tracks.append(_track(title, conductor))
    for track in tracks:
        events = [(0, mido.Message("program_change", channel=track.channel, program=track.program))]
        events += _note_messages(track, ticks)
        file.tracks.append(_track(track.name, events))
    _save(file, path)


def _open(path: Path) -> mido.MidiFile:
    if path.is_dir():
        raise MidiFileError(f"{path} is a folder: give a MIDI file")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise MidiFileError(f"{path} is larger than {LARGEST_BYTES >> 20} MiB: this is no piece of music to play")
    except OSError as err:
        raise MidiFileError(f"{path} cannot be read ({err.strerror}): check its name and place") from err
    try:
        return mido.MidiFile(path, clip=True)
    except PermissionError as err:
        raise MidiFileError(f"{path} cannot be read ({err.strerror}): check its permissions") from err
    except _BROKEN as err:
        raise MidiFileError(f"{path} is not a complete MIDI file ({_reason(err)}): export it again") from err


def _reason(err: Exception) -> str:
    return str(err) or "it ends too early"


def _read_track(
    path: Path,
    track: mido.MidiTrack,
    ticks_per_beat: int,
    notes: list[Note],
    tempos: dict[int, float],
    meters: dict[int, Meter],
) -> None:
    """Add what a track says to `notes` (in beats), and to `tempos` and `meters` (by tick)."""
    tick = 0
    open_notes: dict[tuple[int, int], tuple[int, int]] = {}  # channel, pitch -> start tick, velocity

    def close(key: tuple[int, int]) -> None:
        start, velocity = open_notes.pop(key)
        if tick > start:
            notes.append(Note(start / ticks_per_beat, tick / ticks_per_beat, key[1], velocity))

    for message in track:
        tick += message.time
        if message.type == "set_tempo":
            if message.tempo > 0:
                tempos[tick] = min(max(mido.tempo2bpm(message.tempo), SLOWEST_BPM), FASTEST_BPM)
        elif message.type == "time_signature":
            with contextlib.suppress(SettingsError):  # one that no music has, such as 0/4
                meters[tick] = Meter(message.numerator, message.denominator)
        elif message.type in ("note_on", "note_off") and message.channel != DRUM_CHANNEL:
            key = (message.channel, message.note)
            if key in open_notes:
                close(key)
            if message.type == "note_on" and message.velocity:
                open_notes[key] = (tick, message.velocity)
    if tick / ticks_per_beat > LONGEST_STEPS:
        raise _too_long(path)
    for key in list(open_notes):
        close(key)


def _check_length(path: Path, steps: float) -> None:
    if steps > LONGEST_STEPS:
        raise _too_long(path)


def _too_long(path: Path) -> MidiFileError:
    return MidiFileError(f"{path} claims to last more than {LONGEST_STEPS} steps: it is broken, export it again")


def _scaled(notes: Sequence[Note], steps_per_beat: int) -> list[Note]:
    return [
        replace(note, start_steps=note.start_steps * steps_per_beat, end_steps=note.end_steps * steps_per_beat)
        for note in notes
    ]


def _roll(path: Path, notes: Sequence[Note], steps_per_beat: int) -> PianoRoll:
    roll = PianoRoll.from_notes(notes, steps_per_beat)
    if not roll.sounding.any():
        raise MidiFileError(f"{path} has no notes on the piano's 88 keys: choose another file")
    return roll


def _bars(
    signatures: Sequence[tuple[float, Meter]], steps_per_beat: int, n_steps: int
) -> tuple[tuple[MeterChange, ...], int]:
    """Put time signatures on the grid, and find a pickup: a first bar cut short by the second signature."""
    changes: dict[int, Meter] = {}
    known = COMMON_TIME
    for beat, meter in signatures:
        try:
            meter.bar_steps(steps_per_beat)
        except SettingsError:
            meter = known
        known = meter
        step = round(beat * steps_per_beat)
        if step < max(1, n_steps):
            changes[step] = meter
    steps = sorted(changes)
    pickup_steps = 0
    if len(steps) > 1 and steps[1] < changes[steps[1]].bar_steps(steps_per_beat):
        pickup_steps = steps[1]
        changes = {0 if step == steps[1] else step: changes[step] for step in steps[1:]}
    merged: list[MeterChange] = []
    for step in sorted(changes):
        if not merged or merged[-1].meter != changes[step]:
            merged.append(MeterChange(step, changes[step]))
    return tuple(merged), pickup_steps


class _SecondsOfBeats:
    """Seconds at a beat, by a tempo map."""

    def __init__(self, tempos: Sequence[TempoChange]) -> None:
        self._tempos = tempos
        self._seconds = [0.0]
        for change, following in itertools.pairwise(tempos):
            self._seconds.append(self._seconds[-1] + (following.step - change.step) * 60.0 / change.bpm)

    def __call__(self, beat: float) -> float:
        index = max(0, bisect_right(self._tempos, beat, key=lambda change: change.step) - 1)
        change = self._tempos[index]
        return self._seconds[index] + (beat - change.step) * 60.0 / change.bpm


def _note_messages(track: Track, ticks: Callable[[float], int]) -> list[tuple[int, mido.Message]]:
    """Turn notes into (absolute tick, message), ascending, releases before strikes at the same tick."""
    events: list[tuple[int, int, mido.Message]] = []
    for note in track.notes:
        start = ticks(note.start_steps)
        end = max(start + 1, ticks(note.end_steps))
        events.append(
            (start, 1, mido.Message("note_on", channel=track.channel, note=note.pitch, velocity=note.velocity))
        )
        events.append((end, 0, mido.Message("note_off", channel=track.channel, note=note.pitch, velocity=0)))
    events.sort(key=lambda event: event[:2])
    return [(tick, message) for tick, _, message in events]


def _track(name: str, events: Sequence[tuple[int, mido.Message | mido.MetaMessage]]) -> mido.MidiTrack:
    """Turn (absolute tick, message), ascending, into a named track."""
    messages = [mido.MetaMessage("track_name", name=name)]
    before = 0
    for tick, message in events:
        messages.append(message.copy(time=tick - before))
        before = tick
    return mido.MidiTrack([*messages, mido.MetaMessage("end_of_track")])


def _save(file: mido.MidiFile, path: Path) -> None:
    try:
        with whole_file(path) as place:
            file.save(place)
    except OSError as err:
        raise MidiFileError(f"{path} cannot be written ({err.strerror or err}): choose another place") from err
