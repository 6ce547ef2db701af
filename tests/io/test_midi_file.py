"""MIDI files: both ways, and what is wrong with them said in one sentence."""

from __future__ import annotations

import contextlib
import io
import struct
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
import symusic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnrbm_live.core.errors import MidiFileError
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.pianoroll import MeterChange, Note, PianoRoll, TempoChange
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.io.midi_file import Track, read_midi, read_midi_seconds, write_midi
from rnnrbm_live.io.session_export import export_recording

SCALE = [Note(4 * i, 4 * i + 3, 60 + i, 60 + i) for i in range(8)]

fast = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, notes: list[Note] = SCALE, steps_per_beat: int = 4, **more: object) -> Path:
    write_midi(path, [Track("Notes", notes)], steps_per_beat=steps_per_beat, **more)  # type: ignore[arg-type]  # mixed
    return path


def raw(path: Path, *tracks: list[mido.Message | mido.MetaMessage], division: int = 96) -> Path:
    file = mido.MidiFile(ticks_per_beat=division)
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    file.save(path)
    return path


@fast
@given(
    notes=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9), st.integers(21, 108)), min_size=1, max_size=30),
    steps_per_beat=st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24]),
)
def test_a_roll_comes_back_as_it_was(notes: list[tuple[int, int, int]], steps_per_beat: int, tmp_path: Path) -> None:
    roll = PianoRoll.from_notes([Note(start, start + n, pitch) for start, n, pitch in notes], steps_per_beat)
    again = read_midi(write(tmp_path / "x.mid", roll.notes(), steps_per_beat), steps_per_beat)
    assert again.notes() == roll.notes()


def test_tempi_and_meters_come_back(tmp_path: Path) -> None:
    tempos = (TempoChange(0, 90.0), TempoChange(8, 60.0))
    meters = (MeterChange(0, Meter(3, 4)), MeterChange(24, Meter(6, 8)))
    roll = read_midi(write(tmp_path / "x.mid", tempos=tempos, meters=meters), 4)
    assert roll.meters == meters
    assert [(change.step, round(change.bpm, 3)) for change in roll.tempos] == [(0, 90.0), (8, 60.0)]


def test_other_libraries_read_the_same_notes(tmp_path: Path) -> None:
    path = write(tmp_path / "x.mid", tempos=(TempoChange(0, 120.0), TempoChange(16, 60.0)))
    theirs = pretty_midi.PrettyMIDI(str(path)).instruments[0].notes
    seconds = [0.125 * step if step < 16 else 2.0 + 0.25 * (step - 16) for step in (note.start_steps for note in SCALE)]
    assert [note.pitch for note in theirs] == [note.pitch for note in SCALE]
    assert [note.velocity for note in theirs] == [note.velocity for note in SCALE]
    assert np.allclose([note.start for note in theirs], seconds)
    score = symusic.Score(str(path))
    assert [(n.time / score.ticks_per_quarter, n.pitch) for n in score.tracks[0].notes] == [
        (note.start_steps / 4, note.pitch) for note in SCALE
    ]


def test_a_session_is_written_with_its_parts_markers_and_tempi(tmp_path: Path) -> None:
    recording = Recording(Timeline(4, Meter(3, 4)))
    recording.tempos = [TempoChange(0, 100.0), TempoChange(14, 80.0), TempoChange(30, 90.0)]
    recording.notes = [
        Note(26.25, 27.5, 60, 90, Source.PRIMER),
        Note(28, 32, 48, 70, Source.MODEL),
        Note(30.5, 33.0, 72, 80, Source.PLAYER),
    ]
    recording.add_marker(28, "Model took over")
    path = tmp_path / "session.mid"
    export_recording(path, recording, title="A session")
    file = mido.MidiFile(path)
    assert file.type == 1
    assert [track.name for track in file.tracks] == ["A session", "Model", "Player"]
    assert [message.text for message in file.tracks[0] if message.type == "marker"] == ["Model took over"]
    assert [{m.channel for m in track if m.type == "note_on"} for track in file.tracks[1:]] == [{0}, {1}]
    theirs = pretty_midi.PrettyMIDI(str(path))
    assert [round(tempo, 3) for tempo in theirs.get_tempo_changes()[1]] == [80.0, 90.0]
    found = {part.name: [(n.pitch, n.velocity, round(n.start, 3)) for n in part.notes] for part in theirs.instruments}
    sixteenth = 60 / 80 / 4  # the file begins at the bar of the first note, step 24
    assert found["Model"] == [(48, 70, pytest.approx(4 * sixteenth, abs=0.001))]
    assert [(pitch, velocity) for pitch, velocity, _ in found["Player"]] == [(60, 90), (72, 80)]
    assert found["Player"][0][2] == pytest.approx(2.25 * sixteenth, abs=0.001)
    roll = read_midi(path, 4)
    assert [(n.start_steps, n.end_steps, n.pitch) for n in roll.notes()] == [(2, 4, 60), (4, 8, 48), (6, 9, 72)]
    assert roll.meters == (MeterChange(0, Meter(3, 4)),)


def test_a_session_without_notes_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(MidiFileError, match="nothing has been played"):
        export_recording(tmp_path / "x.mid", Recording(Timeline(4)), title="")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_leaves_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(MidiFileError, match="cannot be written"):
        write(tmp_path / "no" / "x.mid")
    target = tmp_path / "folder.mid"
    target.mkdir()
    with pytest.raises(MidiFileError, match=r"folder\.mid cannot be written"):
        write(target)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.mid"]


def test_the_grid_in_seconds_follows_the_tempo_map(tmp_path: Path) -> None:
    path = write(tmp_path / "x.mid", tempos=(TempoChange(0, 100.0), TempoChange(16, 50.0)))
    roll = read_midi_seconds(path, 0.3)
    # A beat lasts 0.6 s, from the fifth note on 1.2 s.
    assert [note.start_steps for note in roll.notes()] == [0, 2, 4, 6, 8, 12, 16, 20]
    assert (roll.steps_per_beat, roll.tempos) == (2, (TempoChange(0, 100.0),))


def test_a_short_first_bar_is_a_pickup(tmp_path: Path) -> None:
    meters = (MeterChange(0, Meter(1, 4)), MeterChange(4, Meter(4, 4)))
    roll = read_midi(write(tmp_path / "x.mid", meters=meters), 4)
    assert (roll.pickup_steps, roll.meters) == (4, (MeterChange(0, Meter(4, 4)),))
    assert roll.bar_positions()[4] == (Meter(4, 4), 0)


def test_drums_are_left_out_and_odd_notes_are_mended(tmp_path: Path) -> None:
    on, off = "note_on", "note_off"
    path = raw(
        tmp_path / "x.mid",
        [
            mido.Message(on, note=40, channel=9, time=0),
            mido.Message(on, note=60, time=0),
            mido.Message(on, note=60, time=96),  # struck again without a release
            mido.Message(on, note=60, velocity=0, time=96),
            mido.Message(off, note=61, time=0),  # never struck
            mido.Message(on, note=64, time=0),  # never released
            mido.MetaMessage("set_tempo", tempo=0, time=96),
            mido.MetaMessage("time_signature", numerator=0, denominator=4, time=0),
        ],
    )
    roll = read_midi(path, 4)
    assert [(n.start_steps, n.end_steps, n.pitch) for n in roll.notes()] == [(0, 4, 60), (4, 8, 60), (8, 12, 64)]
    assert roll.tempos == (TempoChange(0, 120.0),)


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    good = write(folder / "good.mid").read_bytes()
    files = {
        "truncated": (good[:-9], "not a complete MIDI file"),
        "empty": (b"", "not a complete MIDI file"),
        "text": (b"this is no MIDI file", "not a complete MIDI file"),
        "smpte": (good[:12] + struct.pack(">h", -7_576) + good[14:], "SMPTE"),
        "zero": (good[:12] + b"\0\0" + good[14:], "SMPTE"),
        "liar": (good[:18] + b"\xff\xff\xff\xff" + good[22:], "not a complete MIDI file"),
    }
    found = {}
    for name, (data, words) in files.items():
        (folder / f"{name}.mid").write_bytes(data)
        found[name] = (folder / f"{name}.mid", words)
    drum = mido.Message("note_on", note=40, channel=9)
    found["drums"] = (raw(folder / "drums.mid", [drum, drum.copy(velocity=0, time=9)]), "no notes other than drums")
    far = [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=2**27)]
    found["long"] = (raw(folder / "long.mid", far, division=1), "more than 2000000 steps")
    high = [mido.Message("note_on", note=120), mido.Message("note_off", note=120, time=96)]
    found["high"] = (raw(folder / "high.mid", high), "no notes on the piano's 88 keys")
    found["folder"] = (folder, "is a folder")
    found["missing"] = (folder / "missing.mid", "cannot be read")
    return found


def test_every_bad_file_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    for path, words in bad_files(tmp_path).values():
        with pytest.raises(MidiFileError, match=words) as caught:
            read_midi(path, 4)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
        with pytest.raises(MidiFileError):
            read_midi_seconds(path, 0.3)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_broken_bytes_raise_our_own_error_or_none(tmp_path: Path, data: st.DataObject) -> None:
    good = io.BytesIO()
    file = mido.MidiFile()
    meta = [
        mido.MetaMessage("key_signature", key="Eb"),
        mido.MetaMessage("smpte_offset", frame_rate=25),
        mido.MetaMessage("text", text="x"),
        mido.Message("sysex", data=(1, 2, 3)),
    ]
    file.tracks.append(
        mido.MidiTrack([*meta, mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)])
    )
    file.save(file=good)
    broken = bytearray(good.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "broken.mid"
    path.write_bytes(broken[: data.draw(st.integers(1, len(broken)))])
    with contextlib.suppress(MidiFileError):
        assert read_midi(path, 4).sounding.any()
