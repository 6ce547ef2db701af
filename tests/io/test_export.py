"""Exports of some bars, together or apart, as played or on the grid: as MIDI, sound and picture."""

from __future__ import annotations

import wave
from functools import partial
from pathlib import Path

import mido
import numpy as np
import pytest
from PIL import Image

from rnnrbm_live.core.errors import MidiFileError, RNNRBMError
from rnnrbm_live.core.export import EVERYTHING, ExportChoice, bars_of, chosen_notes
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import Note, TempoChange
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.io.picture import COLOURS, MARGIN_PIXELS, STEP_PIXELS, draw_recording
from rnnrbm_live.io.session_export import export_recording
from rnnrbm_live.io.sound_file import write_wav


@pytest.fixture
def recording() -> Recording:
    """Four bars of 4/4 in 16ths: the model holds a note over each bar line, the player is off the grid."""
    recording = Recording(Timeline(4))
    recording.tempos = [TempoChange(0, 120.0), TempoChange(32, 60.0)]
    recording.notes = [
        Note(12, 20, 48, 70, Source.MODEL),
        Note(17.6, 19.4, 72, 80, Source.PLAYER),
        Note(28, 36, 50, 70, Source.MODEL),
        Note(33.3, 33.4, 74, 80, Source.PLAYER),
        Note(48, 60, 52, 70, Source.MODEL),
    ]
    recording.add_marker(20, "In bar two")
    recording.add_marker(40, "In bar three")
    return recording


def spans(notes: list[Note]) -> list[tuple[float, float, int]]:
    return [(note.start_steps, note.end_steps, note.pitch) for note in notes]


def heard(path: Path) -> list[list[tuple[float, str, int]]]:
    """Return (beat, message type, pitch) for each track with notes."""
    file = mido.MidiFile(path)
    tracks = []
    for track in file.tracks[1:]:
        at, found = 0, []
        for message in track:
            at += message.time
            if message.type in ("note_on", "note_off"):
                found.append((at / file.ticks_per_beat, message.type, message.note))
        tracks.append(found)
    return tracks


def test_bars_of_a_recording(recording: Recording) -> None:
    assert bars_of(recording) == (1, 4)
    assert bars_of(Recording(Timeline(4))) == (1, 1)
    late = Recording(Timeline(4, downbeat_step=3))
    late.notes = [Note(20, 35, 60)]
    assert bars_of(late) == (2, 2), "bars 2: steps 19 up to but not including 35"


def test_notes_are_cut_at_the_bars(recording: Recording) -> None:
    assert spans(chosen_notes(recording, ExportChoice(bars=(2, 2)))) == [(16, 20, 48), (17.6, 19.4, 72), (28, 32, 50)]
    assert spans(chosen_notes(recording, ExportChoice(bars=(3, 4)))) == [(32, 36, 50), (33.3, 33.4, 74), (48, 60, 52)]
    assert chosen_notes(recording, EVERYTHING) == recording.all_notes()


def test_what_was_played_by_hand_moves_to_the_grid(recording: Recording) -> None:
    notes = chosen_notes(recording, ExportChoice(quantised=True))
    assert spans([note for note in notes if note.source is Source.PLAYER]) == [(18, 19, 72), (33, 34, 74)]
    assert [n for n in notes if n.source is Source.MODEL] == [n for n in recording.notes if n.source is Source.MODEL]


def test_a_midi_file_of_some_bars_begins_with_the_first(recording: Recording, tmp_path: Path) -> None:
    path = tmp_path / "x.mid"
    export_recording(path, recording, title="T", choice=ExportChoice(bars=(2, 3)))
    model, player = heard(path)
    assert model == [(0, "note_on", 48), (1, "note_off", 48), (3, "note_on", 50), (5, "note_off", 50)]
    assert [(pytest.approx(beat, abs=0.01), pitch) for beat, _, pitch in player[:2]] == [(0.4, 72), (0.85, 72)]
    conductor = mido.MidiFile(path).tracks[0]
    assert [message.text for message in conductor if message.type == "marker"] == ["In bar two", "In bar three"]
    assert [round(mido.tempo2bpm(m.tempo)) for m in conductor if m.type == "set_tempo"] == [120, 60]
    export_recording(path, recording, title="T", choice=ExportChoice(bars=(1, 2)))
    conductor = mido.MidiFile(path).tracks[0]
    assert [message.text for message in conductor if message.type == "marker"] == ["In bar two"]
    assert [round(mido.tempo2bpm(m.tempo)) for m in conductor if m.type == "set_tempo"] == [120]
    assert heard(path)[0][0] == (3, "note_on", 48), "the first bar's silence stays"


def test_together_is_one_track_in_which_no_key_is_held_twice(recording: Recording, tmp_path: Path) -> None:
    recording.notes.append(Note(50, 54, 52, 80, Source.PLAYER))  # inside the model's own, 48 to 60
    recording.notes.append(Note(58, 64, 52, 80, Source.PLAYER))
    path = tmp_path / "x.mid"
    export_recording(path, recording, title="T", choice=ExportChoice(together=True, quantised=True))
    (track,) = heard(path)
    assert [track.name for track in mido.MidiFile(path).tracks[1:]] == ["Model and player"]
    assert {m.channel for t in mido.MidiFile(path).tracks for m in t if m.type == "note_on"} == {0}
    assert len([1 for _, kind, _ in track if kind == "note_on"]) == len(recording.notes)
    held: set[int] = set()
    for _, kind, pitch in track:
        assert (pitch in held) is (kind == "note_off")
        held ^= {pitch}
    assert not held
    assert [beat for beat, _, pitch in track if pitch == 52][-1] == 64 / 4, "it lasts as long as the longest"


def test_a_sound_file_begins_with_the_first_bar(recording: Recording, tmp_path: Path) -> None:
    def first_sound(choice: ExportChoice) -> float:
        write_wav(tmp_path / "x.wav", recording, choice)
        with wave.open(str(tmp_path / "x.wav")) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")[::2]
        return float(np.flatnonzero(np.abs(sound) > 60)[0]) / 48_000

    assert first_sound(EVERYTHING) < 0.05
    assert first_sound(ExportChoice(bars=(1, 1))) == pytest.approx(12 / 8, abs=0.05)  # 8 steps a second
    assert first_sound(ExportChoice(bars=(2, 2))) < 0.05


def test_a_picture_shows_the_bars_and_who_plays(recording: Recording, tmp_path: Path) -> None:
    draw_recording(tmp_path / "x.png", recording, ExportChoice(bars=(2, 3)))
    with Image.open(tmp_path / "x.png") as image:
        assert image.format == "PNG"
        assert image.width == 32 * STEP_PIXELS + MARGIN_PIXELS + 8
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or []}
        left = {image.getpixel((MARGIN_PIXELS + STEP_PIXELS, y)) for y in range(image.height)}
    wanted = {source: tuple(bytes.fromhex(COLOURS[source][1:])) for source in COLOURS}
    assert {wanted[Source.MODEL], wanted[Source.PLAYER]} <= colours
    assert wanted[Source.PRIMER] not in colours
    assert wanted[Source.MODEL] in left, "the note that is cut at bar 2"


@pytest.mark.parametrize("write", [write_wav, draw_recording])
def test_silent_bars_are_said(recording: Recording, tmp_path: Path, write: object) -> None:
    assert callable(write)
    silent = ExportChoice(bars=(9, 12))
    with pytest.raises(RNNRBMError, match="nothing sounds in bars 9 to 12, so x was not written: choose other bars"):
        write(tmp_path / "x", recording, silent)
    with pytest.raises(MidiFileError, match="nothing sounds in bars 9 to 12"):
        export_recording(tmp_path / "x", recording, title="", choice=silent)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [partial(export_recording, title=""), write_wav, draw_recording])
@pytest.mark.parametrize("place", [".", "file/x"])
def test_a_place_that_is_none_is_said(recording: Recording, tmp_path: Path, write: object, place: str) -> None:
    (tmp_path / "file").touch()
    path = Path(place) if place == "." else tmp_path / place
    assert callable(write)
    with pytest.raises(RNNRBMError, match="cannot be written"):
        write(path, recording)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
