"""Recording: what sounded becomes notes."""

import tracemalloc
from dataclasses import replace

import pytest

from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.notes import NoteList
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.recording import Recording


def planned(sounding: set[int], onsets: set[int], source: Source = Source.MODEL) -> PlannedFrame:
    velocities = tuple((pitch, 70) for pitch in sorted(onsets))
    return PlannedFrame(Frame(frozenset(sounding), frozenset(onsets)), velocities, source)


def summary(notes: list[Note]) -> list[tuple[float, float, int, Source]]:
    return [(note.start_steps, note.end_steps, note.pitch, note.source) for note in notes]


def test_frames_become_notes() -> None:
    recording = Recording(Timeline(4))
    for step, frame in enumerate([planned({60, 64}, {60, 64}), planned({60, 64}, {64}), planned({60}, set())]):
        recording.add_step(step, frame, 100.0)
    recording.end_model_notes(3)
    assert summary(recording.all_notes()) == [
        (0, 3, 60, Source.MODEL),
        (0, 1, 64, Source.MODEL),
        (1, 2, 64, Source.MODEL),
    ]


def test_a_list_of_many_notes_gives_back_what_was_added() -> None:
    notes = [Note(0.25, 3, 0, 1), Note(1e6 + 1 / 3, 2e6, 127, 127, Source.PRIMER), Note(2, 5, 60, 70, Source.PLAYER)]
    kept = NoteList(notes[:1])
    for note in notes[1:]:
        kept.append(note)
    assert (len(kept), list(kept), kept[1:], kept[-1]) == (3, notes, notes[1:], notes[-1])
    assert all(type(note.source) is Source for note in kept)
    assert kept.run(1, 9) == notes[1:]
    with pytest.raises(IndexError):
        kept[3]


def test_a_note_costs_few_bytes() -> None:
    """Eight hours have a quarter of a million."""
    kept, first = NoteList(), Note(0.5, 1.5, 60)
    tracemalloc.start()
    for step in range(10_000):
        kept.append(replace(first, start_steps=step + 0.5, end_steps=step + 1.5))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 25 * len(kept)


def test_a_change_of_voice_ends_the_old_voice() -> None:
    recording = Recording(Timeline(4))
    recording.add_step(0, planned({60}, {60}, Source.PRIMER), 100.0)
    recording.add_step(1, planned({60}, {60}, Source.MODEL), 100.0)
    recording.end_model_notes(2)
    assert summary(recording.all_notes()) == [(0, 1, 60, Source.PRIMER), (1, 2, 60, Source.MODEL)]


def test_keys_are_recorded_where_they_were_played() -> None:
    recording = Recording(Timeline(4))
    recording.add_key(0.25, 60, 90, Source.PLAYER)
    recording.add_step(0, planned({60}, {60}), 100.0)
    recording.add_key(1.75, 60, 0, Source.PLAYER)
    assert summary(recording.notes) == [(0.25, 1.75, 60, Source.PLAYER)]
    assert summary(recording.all_notes())[0] == (0, 1, 60, Source.MODEL)


def test_tempo_changes_are_kept_once() -> None:
    recording = Recording(Timeline(4))
    for step, tempo in enumerate([100.0, 100.0, 120.0]):
        recording.add_step(step, planned(set(), set()), tempo)
    assert [(change.step, change.bpm) for change in recording.tempos] == [(0, 100.0), (2, 120.0)]


def test_a_retimed_primer_replaces_the_provisional_one() -> None:
    recording = Recording(Timeline(4))
    recording.add_key(16.0, 60, 90, Source.PRIMER)
    recording.add_key(30.0, 60, 0, Source.PRIMER)
    recording.add_key(31.0, 62, 90, Source.PRIMER)
    recording.replace_notes(Source.PRIMER, 16.0, [Note(16.0, 24.0, 60, 90, Source.PRIMER)])
    assert summary(recording.all_notes()) == [(16.0, 24.0, 60, Source.PRIMER)]
    assert recording.end_steps == 24.0


def test_a_window_shows_what_sounds_in_it() -> None:
    recording = Recording(Timeline(4))
    for start in range(0, 1000, 2):
        recording.add_key(start, 60 + start % 7, 90, Source.PLAYER)
        recording.add_key(start + 3, 60 + start % 7, 0, Source.PLAYER)
    shown = recording.notes_between(500.0, 510.0)
    everything = [note for note in recording.notes if note.end_steps >= 500.0 and note.start_steps < 510.0]
    assert shown == everything
    assert 5 <= len(shown) <= 8
