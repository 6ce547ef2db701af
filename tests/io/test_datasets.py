"""Data sets: folders of MIDI files, and music21's chorales."""

from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest

from rnnrbm_live.core.errors import CorpusError
from rnnrbm_live.core.grid import Meter
from rnnrbm_live.core.pianoroll import MeterChange, PianoRoll
from rnnrbm_live.io import datasets
from rnnrbm_live.io.datasets import Dataset, Skipped, load_dataset

music21 = pytest.importorskip("music21", reason="music21 is not installed: pip install 'rnnrbm-live[train]'")


def write_midi(path: Path, pitch: int) -> None:
    """Write two quarter notes at 100 BPM."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(100)))
    for note in (pitch, pitch + 2):
        track.append(mido.Message("note_on", note=note, velocity=64))
        track.append(mido.Message("note_off", note=note, time=480))
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)


def test_a_folder_is_searched_at_any_depth(tmp_path: Path) -> None:
    write_midi(tmp_path / "b.mid", 60)
    write_midi(tmp_path / "deep" / "er" / "a.MIDI", 64)
    (tmp_path / "notes.txt").write_text("no music")
    (tmp_path / "folder.mid").mkdir()
    reports: list[tuple[int, int]] = []
    dataset = load_dataset(str(tmp_path), progress=lambda done, total: reports.append((done, total)))
    assert dataset.names == ("b.mid", "deep/er/a.MIDI")
    assert [roll.notes()[0].pitch for roll in dataset.rolls] == [60, 64]
    assert [len(roll) for roll in dataset.rolls] == [8, 8]
    assert reports == [(1, 2), (2, 2)]


def test_a_grid_in_seconds(tmp_path: Path) -> None:
    write_midi(tmp_path / "a.mid", 60)  # 0.6 s per note
    dataset = load_dataset(str(tmp_path), step_seconds=0.3)
    assert dataset.rolls[0].sounding[:, 60 - 21].tolist() == [1, 1, 0, 0]


def test_broken_files_are_left_out_with_the_reason(tmp_path: Path) -> None:
    write_midi(tmp_path / "good.mid", 60)
    (tmp_path / "broken.mid").write_bytes(b"MThd\x00\x00")
    dataset = load_dataset(str(tmp_path))
    assert dataset.names == ("good.mid",)
    assert [skipped.name for skipped in dataset.skipped] == ["broken.mid"]
    assert "broken.mid" in dataset.skipped[0].reason


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "does not exist"), ("file.txt", "is a file"), ("empty", "holds no MIDI files")],
)
def test_folders_that_give_nothing(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file.txt").write_text("no music")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match=message):
        load_dataset(str(tmp_path / name))


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(datasets.os, "scandir", refuse)
    with pytest.raises(CorpusError, match=r"cannot be read \(Permission denied\)"):
        load_dataset(str(tmp_path))


def test_a_folder_of_broken_files(tmp_path: Path) -> None:
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    with pytest.raises(CorpusError, match=r"none of the 1 MIDI files.*broken\.mid"):
        load_dataset(str(tmp_path))


def test_unknown_music21_corpora_and_grids() -> None:
    with pytest.raises(CorpusError, match="music21:bach"):
        load_dataset("music21:mozart")
    with pytest.raises(CorpusError, match="no seconds"):
        load_dataset("music21:bach", step_seconds=0.3)


def test_without_music21_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise datasets.PackageNotFoundError(name)

    monkeypatch.setattr(datasets, "version", missing)
    with pytest.raises(CorpusError, match=r"pip install 'rnnrbm-live\[train\]'"):
        load_dataset("music21:bach")


@pytest.fixture
def two_chorales(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let music21 offer two pieces only, bwv1.6 having six parts; return the cache folder."""
    folder = Path(music21.__file__).parent / "corpus" / "bach"
    monkeypatch.setattr("music21.corpus.getComposer", lambda _name: [folder / "bwv66.6.mxl", folder / "bwv1.6.mxl"])
    monkeypatch.setattr(datasets.platformdirs, "user_cache_dir", lambda _name: str(tmp_path))
    return tmp_path


def test_a_corpus_without_chorales_is_said(two_chorales: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("music21.corpus.getComposer", lambda _name: [])
    with pytest.raises(CorpusError, match="music21 finds no chorales of Bach"):
        load_dataset("music21:bach")
    assert not list(two_chorales.rglob("*.npz"))


def test_a_chorale_on_the_grid(two_chorales: Path) -> None:
    """BWV 66.6: 36 quarters, one of them before the first bar; the soprano begins C#5 B4 (quavers) A4 B4."""
    dataset = load_dataset("music21:bach")
    assert dataset.names == ("bwv66.6",)
    assert [skipped.name for skipped in dataset.skipped] == ["bwv1.6"]
    roll = dataset.rolls[0]
    assert (len(roll), roll.steps_per_beat, roll.pickup_steps) == (144, 4, 4)
    assert roll.bar_positions()[0] == (Meter(4, 4), 12)
    assert roll.bar_positions()[4] == (Meter(4, 4), 0)
    soprano = [int(np.flatnonzero(row)[-1]) + 21 for row in roll.sounding[:12]]
    assert soprano == [73, 73, 71, 71, *[69] * 4, *[71] * 4]
    assert (np.flatnonzero(roll.onsets[0]) + 21).tolist() == [57, 64, 73]  # tenor and bass both on A3
    assert np.array_equal(roll.onsets[0], roll.sounding[0])
    assert roll.phrase_ends == (16, 32, 48, 80, 116, 144)  # the fermatas of the soprano
    assert "public domain" in dataset.licence


def test_the_second_time_it_comes_from_the_cache(two_chorales: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_dataset("music21:bach")
    monkeypatch.setattr(datasets, "_parse_music21_bach", None)
    second = load_dataset("music21:bach")
    assert (second.names, second.skipped) == (first.names, first.skipped)
    same_rolls(first.rolls[0], second.rolls[0])


def test_a_damaged_cache_is_parsed_again(two_chorales: Path) -> None:
    first = load_dataset("music21:bach")
    (cache,) = two_chorales.glob("*.npz")
    cache.write_bytes(cache.read_bytes()[:100])
    same_rolls(first.rolls[0], load_dataset("music21:bach").rolls[0])


def test_the_cache_keeps_everything(tmp_path: Path) -> None:
    roll = PianoRoll(np.eye(88, dtype=np.uint8)[:7], np.zeros((7, 88), np.uint8), 4)
    other = replace(roll, pickup_steps=3, meters=(MeterChange(0, Meter(3, 4)), MeterChange(5, Meter(6, 8))))
    dataset = Dataset("source", "licence", ("a", "b"), (roll, other), (Skipped("c", "why"),))
    datasets._write_cache(tmp_path / "cache.npz", dataset)
    again = datasets._read_cache(tmp_path / "cache.npz")
    assert again is not None
    assert (again.source, again.licence, again.names, again.skipped) == (
        "source",
        "licence",
        ("a", "b"),
        dataset.skipped,
    )
    for before, after in zip(dataset.rolls, again.rolls, strict=True):
        same_rolls(before, after)


def same_rolls(first: PianoRoll, second: PianoRoll) -> None:
    assert np.array_equal(first.sounding, second.sounding)
    assert np.array_equal(first.onsets, second.onsets)
    assert (first.tempos, first.meters, first.pickup_steps) == (
        second.tempos,
        second.meters,
        second.pickup_steps,
    )


def test_bars_are_found_again_after_a_bar_that_is_cut_short() -> None:
    """Pickup of one beat, a full bar, a bar of two beats, full bars: re-anchored after the short one."""
    part = music21.stream.Part()
    part.append(music21.stream.Measure([music21.meter.TimeSignature("4/4"), music21.note.Note("C4")], number=0))
    for number, beats in enumerate((4, 2, 4), start=1):
        part.append(music21.stream.Measure([music21.note.Note("C4", quarterLength=beats)], number=number))
    changes, pickup_steps = datasets._bar_lines(part, 4)
    assert pickup_steps == 4
    assert changes == [MeterChange(0, Meter(4, 4)), MeterChange(4 + 16 + 8, Meter(4, 4))]


def test_a_bar_cut_in_two_by_a_repeat_sign_goes_on() -> None:
    part = music21.stream.Part()
    first = [music21.meter.TimeSignature("4/4"), music21.note.Note("C4", quarterLength=4)]
    part.append(music21.stream.Measure(first, number=1))
    for number, beats in enumerate((3, 1, 4), start=2):
        part.append(music21.stream.Measure([music21.note.Note("C4", quarterLength=beats)], number=number))
    assert datasets._bar_lines(part, 4) == ([MeterChange(0, Meter(4, 4))], 0)


def write_archive(path: Path, **changes: object) -> Path:
    """Write an archive of five pieces of 3 to 7 frames, one to three per split."""
    arrays: dict[str, object] = {}
    for split, lengths in (("train", (3, 4, 5)), ("valid", (6,)), ("test", (7,))):
        rows = np.zeros((sum(lengths), 88), np.uint8)
        rows[:, 39] = 1
        rows[1, 39] = 0
        arrays |= {f"{split}_bits": np.packbits(rows, axis=1), f"{split}_len": np.array(lengths)}
    np.savez(path, **{**arrays, **changes})
    return path


def test_an_archive_keeps_its_splits(tmp_path: Path) -> None:
    dataset = load_dataset(str(write_archive(tmp_path / "set.npz")), steps_per_beat=2)
    assert dataset.splits == ("train", "train", "train", "valid", "test")
    assert [len(roll) for roll in dataset.rolls] == [3, 4, 5, 6, 7]
    assert dataset.rolls[0].sounding[:, 39].tolist() == [1, 0, 1]
    assert dataset.rolls[0].onsets[:, 39].tolist() == [1, 0, 1]
    assert dataset.rolls[1].onsets[:, 39].tolist() == [1, 0, 0, 0]
    assert dataset.rolls[0].steps_per_beat == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test_bits": np.zeros((7, 12), np.uint8)}, "not .frames, 11. of uint8"),
        ({"test_bits": np.zeros((7, 11))}, "of float64"),
        ({"test_len": np.array([6])}, "do not add up"),
        ({"test_len": np.array([7, 0])}, "do not add up"),
        ({"test_len": np.array("seven")}, "cannot be read"),
        ({"test_bits": np.array([{}])}, "cannot be read"),
    ],
)
def test_broken_archives_are_named(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    path = write_archive(tmp_path / "set.npz", **changes)
    with pytest.raises(CorpusError, match=message) as caught:
        load_dataset(str(path))
    assert "set.npz" in str(caught.value)


def test_archives_that_are_none(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", train_bits=np.zeros((1, 11), np.uint8), train_len=np.array([1]))
    with pytest.raises(CorpusError, match="valid_bits"):
        load_dataset(str(tmp_path / "other.npz"))
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(CorpusError, match="cannot be read"):
        load_dataset(str(tmp_path / "text.npz"))
    with pytest.raises(CorpusError, match="does not exist"):
        load_dataset(str(tmp_path / "none.npz"))
