"""Training data by name: Bach's chorales from music21, a folder of MIDI files, or a published piano-roll archive.

Chorales are parsed once (about a minute) and then kept as plain arrays in the user's cache folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import platformdirs
from numpy.typing import NDArray

from rnnrbm_live.core.errors import CorpusError, MidiFileError
from rnnrbm_live.core.frame import N_PITCHES, Bits
from rnnrbm_live.core.grid import COMMON_TIME, Meter
from rnnrbm_live.core.pianoroll import MeterChange, Note, PianoRoll, TempoChange
from rnnrbm_live.io.midi_file import read_midi, read_midi_seconds

if TYPE_CHECKING:
    from music21.stream import Part

MUSIC21_BACH = "music21:bach"
MUSIC21_BACH_LICENCE = (
    "Works of J. S. Bach: public domain. Encodings distributed with music21 by permission of their encoders "
    "(see music21's corpus/license.txt; some are not for commercial use)."
)
CHORALE_VOICES = 4
CHORALE_TEMPO_BPM = 76.0
"""The scores carry no tempo; this is ours, a walking pace."""
MIDI_SUFFIXES = frozenset({".mid", ".midi", ".smf", ".kar"})
CACHE_VERSION = 3
ARCHIVE_SPLITS = ("train", "valid", "test")
ARCHIVE_LICENCE = "that of the archive, which its owner must know"
_SET = "as the {} set of Boulanger-Lewandowski et al. 2012"
PUBLISHED_LICENCES = {
    "jsb_chorales": f"Chorales of J. S. Bach (public domain), {_SET}, released without a stated licence.",
    "nottingham": "Nottingham database of traditional tunes, collected by E. Foxley, "
    f"{_SET}, released without a stated licence.",
    "musedata": f"MuseData of CCARH, Stanford (free for research, asks for attribution), {_SET}.",
    "piano_midi": f"Piano-midi.de by Bernd Krueger, CC BY-SA 3.0 DE (share alike, naming him), {_SET}.",
}
"""Of the archives that the 2012 paper used, by name."""

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """Pieces of music, with what a model card must say about them.

    Attributes:
        source: what the user asked for.
        licence: of the data, in words.
        names: one per piece, unique.
        rolls: the pieces.
        skipped: files that were left out.
        splits: ``train``, ``valid`` or ``test`` for each piece, where the data set comes split.
    """

    source: str
    licence: str
    names: tuple[str, ...]
    rolls: tuple[PianoRoll, ...]
    skipped: tuple[Skipped, ...] = ()
    splits: tuple[str, ...] = ()


def load_dataset(
    source: str,
    *,
    steps_per_beat: int = 4,
    step_seconds: float | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load the pieces that `source` names.

    Args:
        source: ``music21:bach``, a folder that is searched for MIDI files at any depth, or an ``.npz`` archive of
            split piano-rolls: for each split ``NAME_bits``, (frames, 11) packed rows of the 88 keys, and ``NAME_len``,
            frames per piece. The archive says nothing of time: its frames are taken as steps.
        steps_per_beat: grid of the rolls, steps per quarter note.
        step_seconds: if given, a grid in seconds that ignores tempo (the 2012 tutorial's dt) instead.
        progress: told how many of the files are read.

    Raises:
        CorpusError: if there is nothing to learn from at `source`.
    """
    if source == MUSIC21_BACH:
        if step_seconds is not None:
            raise CorpusError(f"{MUSIC21_BACH} has beats but no seconds: use --preset live, or a folder of MIDI files")
        return _music21_bach(steps_per_beat, progress)
    if source.startswith("music21:"):
        raise CorpusError(f"{source!r} is not known: the only music21 corpus offered is {MUSIC21_BACH!r}")
    path = Path(source).expanduser()
    if path.suffix == ".npz":
        return _archive(path, steps_per_beat)
    return _midi_folder(path, steps_per_beat, step_seconds, progress)


# Archives of piano-rolls


def _archive(path: Path, steps_per_beat: int) -> Dataset:
    if not path.is_file():
        raise CorpusError(f"{path} does not exist: give an .npz archive of piano-rolls, a folder or {MUSIC21_BACH!r}")
    names: list[str] = []
    rolls: list[PianoRoll] = []
    splits: list[str] = []
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for split in ARCHIVE_SPLITS:
                pieces = _unpack(arrays[f"{split}_bits"], arrays[f"{split}_len"])
                names += [f"{split} {index}" for index in range(len(pieces))]
                rolls += [_roll_of_sounding(sounding, steps_per_beat) for sounding in pieces]
                splits += [split] * len(pieces)
    except KeyError as err:
        raise CorpusError(f"{path} holds no {err.args[0]}: give an archive with train, valid and test splits") from err
    except (OSError, ValueError, TypeError, EOFError, BadZipFile) as err:
        raise CorpusError(f"{path} cannot be read as an archive of piano-rolls ({err}): give another one") from err
    licence = PUBLISHED_LICENCES.get(path.stem, ARCHIVE_LICENCE).format(path.stem)
    return Dataset(str(path), licence, tuple(names), tuple(rolls), splits=tuple(splits))


def _unpack(packed: Bits, lengths: NDArray[np.integer[Any]]) -> list[Bits]:
    """Return the pieces' rows, (T, 88) each.

    Raises:
        ValueError: if the arrays do not fit together.
    """
    if packed.ndim != 2 or packed.dtype != np.uint8 or 8 * packed.shape[1] != N_PITCHES:
        raise ValueError(f"bits have shape {packed.shape} of {packed.dtype}, not (frames, {N_PITCHES // 8}) of uint8")
    if lengths.ndim != 1 or lengths.min(initial=1) < 1 or lengths.sum() != len(packed):
        raise ValueError(f"lengths do not add up to {len(packed)} frames")
    return np.split(np.unpackbits(packed, axis=1), np.cumsum(lengths)[:-1]) if len(lengths) else []


def _roll_of_sounding(sounding: Bits, steps_per_beat: int) -> PianoRoll:
    """Return a roll whose keys are struck when they begin to sound: repeated notes are not told apart."""
    before = np.concatenate((np.zeros_like(sounding[:1]), sounding[:-1]))
    return PianoRoll(sounding, np.where(before, np.uint8(0), sounding), steps_per_beat)


# Folders of MIDI files


def _midi_folder(folder: Path, steps_per_beat: int, step_seconds: float | None, progress: Progress | None) -> Dataset:
    if not folder.is_dir():
        problem = "is a file" if folder.exists() else "does not exist"
        raise CorpusError(f"{folder} {problem}: give a folder that holds MIDI files, or {MUSIC21_BACH!r}")
    try:
        os.scandir(folder).close()
    except OSError as err:
        raise CorpusError(f"{folder} cannot be read ({err.strerror}): check its permissions, or give another") from err
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in MIDI_SUFFIXES and path.is_file())
    if not paths:
        raise CorpusError(f"{folder} holds no MIDI files (.mid), nor do the folders in it: give another folder")
    names, rolls, skipped = [], [], []
    for done, path in enumerate(paths):
        name = path.relative_to(folder).as_posix()
        try:
            roll = read_midi(path, steps_per_beat) if step_seconds is None else read_midi_seconds(path, step_seconds)
        except MidiFileError as err:
            skipped.append(Skipped(name, str(err)))
        else:
            names.append(name)
            rolls.append(roll)
        if progress:
            progress(done + 1, len(paths))
    if not rolls:
        raise CorpusError(f"none of the {len(paths)} MIDI files in {folder} could be read; first: {skipped[0].reason}")
    licence = "that of the MIDI files, which their owner must know"
    return Dataset(str(folder), licence, tuple(names), tuple(rolls), tuple(skipped))


# Bach's chorales from music21


def _music21_bach(steps_per_beat: int, progress: Progress | None) -> Dataset:
    try:
        release = version("music21")
    except PackageNotFoundError as err:
        raise CorpusError(
            f"{MUSIC21_BACH} needs music21, which is not installed: pip install 'rnnrbm-live[train]'"
        ) from err
    cache = Path(platformdirs.user_cache_dir("rnnrbm-live")) / f"bach-{release}-{steps_per_beat}-v{CACHE_VERSION}.npz"
    dataset = _read_cache(cache)
    if dataset is None:
        dataset = _parse_music21_bach(steps_per_beat, progress)
        _write_cache(cache, dataset)
    return dataset


def _parse_music21_bach(steps_per_beat: int, progress: Progress | None) -> Dataset:
    from music21 import corpus
    from music21.exceptions21 import Music21Exception

    names, rolls, skipped = [], [], []
    # Some pieces are there in two encodings (.krn and .mxl): the last in the alphabet is read.
    by_stem = {Path(path).stem: Path(path) for path in sorted(corpus.getComposer("bach"))}
    paths = sorted(by_stem.values())
    for done, path in enumerate(paths):
        name = path.stem
        try:
            score: Any = corpus.parse(path)
        except Music21Exception as err:
            skipped.append(Skipped(name, f"music21 cannot parse it: {err}"))
            continue
        parts = list(score.parts) if hasattr(score, "parts") else []
        if len(parts) == CHORALE_VOICES:
            names.append(name)
            rolls.append(_roll_of_parts(parts, steps_per_beat))
        else:
            skipped.append(Skipped(name, f"{len(parts)} parts, not {CHORALE_VOICES}"))
        if progress:
            progress(done + 1, len(paths))
    if not rolls:
        raise CorpusError(f"music21 finds no chorales of Bach ({len(paths)} pieces): install it anew")
    return Dataset(MUSIC21_BACH, MUSIC21_BACH_LICENCE, tuple(names), tuple(rolls), tuple(skipped))


def _roll_of_parts(parts: list[Part], steps_per_beat: int) -> PianoRoll:
    """Put a score's parts on the grid; fermatas mark phrases but lengthen nothing, repeat signs change nothing."""
    notes = [note for part in parts for note in _notes_of_part(part, steps_per_beat)]
    roll = PianoRoll.from_notes(notes, steps_per_beat)
    meters, pickup_steps = _bar_lines(parts[0], steps_per_beat)
    return replace(
        roll,
        tempos=(TempoChange(0, CHORALE_TEMPO_BPM),),
        meters=tuple(change for change in meters if change.step < max(1, len(roll))),
        pickup_steps=pickup_steps,
        phrase_ends=_phrase_ends(parts, steps_per_beat, len(roll)),
    )


def _notes_of_part(part: Part, steps_per_beat: int) -> list[Note]:
    """List a part's notes with tied ones joined; grace notes have no length and are left out."""
    flat = part.flatten().stripTies()
    return [
        Note(
            round(float(element.offset) * steps_per_beat),
            round(float(element.offset + element.quarterLength) * steps_per_beat),
            int(pitch.midi),
        )
        for element in flat.notes
        if element.quarterLength > 0
        for pitch in element.pitches
    ]


def _phrase_ends(parts: list[Part], steps_per_beat: int, n_steps: int) -> tuple[int, ...]:
    """Return the first step after each fermata of the highest part that has any."""
    for part in parts:
        ends = {
            round(float(note.offset + note.quarterLength) * steps_per_beat)
            for note in part.flatten().notes
            if any("Fermata" in mark.classes for mark in note.expressions)
        }
        if ends:
            return tuple(sorted(end for end in ends if 0 < end <= n_steps))
    return ()


def _bar_lines(part: Part, steps_per_beat: int) -> tuple[list[MeterChange], int]:
    """Find the meters, and how many steps come before the first full bar.

    Bars follow one another by themselves. A measure that begins elsewhere than they say (a bar cut by a
    repeat sign whose rest is missing, say) re-anchors them with a change to the same meter; the two halves
    of a bar that a repeat sign cuts do not.
    """
    changes: list[MeterChange] = []
    pickup_steps = 0
    meter = COMMON_TIME
    position = 0  # in the bar, of the next measure
    for index, measure in enumerate(part.getElementsByClass("Measure")):
        signature = measure.timeSignature
        new_meter = Meter(signature.numerator, signature.denominator) if signature else meter
        start = round(float(measure.offset) * steps_per_beat)
        length = round(float(measure.duration.quarterLength) * steps_per_beat)
        bar_steps = new_meter.bar_steps(steps_per_beat)
        if index == 0:
            pickup_steps = length % bar_steps if measure.paddingLeft or length < bar_steps else 0
            changes.append(MeterChange(0, new_meter))
            position = (bar_steps - pickup_steps) % bar_steps
        elif new_meter != meter or (position and position + length > bar_steps):
            changes.append(MeterChange(start, new_meter))
            position = 0
        meter = new_meter
        position = (position + length) % bar_steps
    return changes or [MeterChange(0, meter)], pickup_steps


# The cache: arrays and one JSON text, never pickle


def _write_cache(path: Path, dataset: Dataset) -> None:
    facts = {
        "source": dataset.source,
        "licence": dataset.licence,
        "names": dataset.names,
        "skipped": [[skip.name, skip.reason] for skip in dataset.skipped],
        "steps_per_beat": [roll.steps_per_beat for roll in dataset.rolls],
        "tempos": [[[change.step, change.bpm] for change in roll.tempos] for roll in dataset.rolls],
        "meters": [[[change.step, str(change.meter)] for change in roll.meters] for roll in dataset.rolls],
        "pickup_steps": [roll.pickup_steps for roll in dataset.rolls],
        "phrase_ends": [roll.phrase_ends for roll in dataset.rolls],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.npz")
    np.savez_compressed(
        part,
        bits=np.packbits(np.concatenate([roll.bits(with_onsets=True) for roll in dataset.rolls]), axis=1),
        lengths=np.array([len(roll) for roll in dataset.rolls]),
        facts=np.array(json.dumps(facts)),
    )
    part.replace(path)


def _read_cache(path: Path) -> Dataset | None:
    """Return the kept data set, or None if it has to be parsed (again)."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            bits = np.unpackbits(arrays["bits"], axis=1)  # (frames of all pieces, 176)
            lengths = arrays["lengths"]
            facts = json.loads(str(arrays["facts"]))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    rolls = tuple(
        PianoRoll(
            rows[:, : rows.shape[1] // 2],
            rows[:, rows.shape[1] // 2 :],
            facts["steps_per_beat"][index],
            tuple(TempoChange(step, bpm) for step, bpm in facts["tempos"][index]),
            tuple(MeterChange(step, Meter.parse(meter)) for step, meter in facts["meters"][index]),
            facts["pickup_steps"][index],
            tuple(facts["phrase_ends"][index]),
        )
        for index, rows in enumerate(np.split(bits, np.cumsum(lengths)[:-1]))
    )
    skipped = tuple(Skipped(name, reason) for name, reason in facts["skipped"])
    return Dataset(facts["source"], facts["licence"], tuple(facts["names"]), rolls, skipped)
