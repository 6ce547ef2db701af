"""PianoRoll: quantising, notes, bar positions, slices."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.grid import Meter
from rnnrbm_live.core.pianoroll import MeterChange, Note, PianoRoll, TempoChange

notes_on_grid = st.lists(
    st.builds(
        lambda start, length, pitch: Note(start, start + length, pitch),
        st.integers(0, 40),
        st.integers(1, 12),
        st.integers(21, 108),
    ),
    max_size=20,
)


def test_repeated_and_held_notes_differ() -> None:
    repeated = PianoRoll.from_notes([Note(0, 2, 60), Note(2, 4, 60)], 4)
    held = PianoRoll.from_notes([Note(0, 4, 60)], 4)
    assert (repeated.sounding == held.sounding).all()
    assert [(note.start_steps, note.end_steps) for note in repeated.notes()] == [(0, 2), (2, 4)]
    assert [(note.start_steps, note.end_steps) for note in held.notes()] == [(0, 4)]


def test_every_note_lasts_a_step_and_early_ones_snap() -> None:
    roll = PianoRoll.from_notes([Note(-0.4, 0.1, 60), Note(2.6, 2.7, 62), Note(-3, 1, 64), Note(0, 1, 12)], 4)
    assert [(note.start_steps, note.end_steps, note.pitch) for note in roll.notes()] == [(0, 1, 60), (3, 4, 62)]


@given(notes_on_grid)
def test_notes_and_roll_say_the_same(notes: list[Note]) -> None:
    roll = PianoRoll.from_notes(notes, 4)
    again = PianoRoll.from_notes(roll.notes(), 4)
    assert (roll.sounding == again.sounding).all()
    assert (roll.onsets == again.onsets).all()
    assert (PianoRoll.from_frames(roll.frames(), 4).onsets == roll.onsets).all()


def test_an_empty_roll_has_no_notes() -> None:
    assert len(PianoRoll.from_notes([], 4)) == 0
    assert PianoRoll.from_notes([], 4, n_steps=3).notes() == []


def test_shapes_are_checked() -> None:
    with pytest.raises(SettingsError, match="88"):
        PianoRoll(np.zeros((4, 87), np.uint8), np.zeros((4, 87), np.uint8), 4)


def test_bar_positions_follow_pickup_and_meter_changes() -> None:
    empty = np.zeros((18, 88), np.uint8)
    roll = PianoRoll(empty, empty, 1, meters=(MeterChange(0, Meter(4, 4)), MeterChange(9, Meter(3, 4))), pickup_steps=1)
    assert [position for _, position in roll.bar_positions()] == [3, 0, 1, 2, 3, 0, 1, 2, 3] + [0, 1, 2] * 3
    assert roll.bar_positions()[9][0] == Meter(3, 4)


def test_a_slice_keeps_its_place_in_the_bar_and_its_tempo() -> None:
    empty = np.zeros((40, 88), np.uint8)
    roll = PianoRoll(
        empty, empty, 4, tempos=(TempoChange(0, 90), TempoChange(20, 60)), pickup_steps=4,
        meters=(MeterChange(0, Meter(4, 4)), MeterChange(36, Meter(3, 4))),
    )  # fmt: skip
    for first, last in ((0, 40), (3, 30), (22, 40), (36, 40), (37, 39)):
        part = roll.slice(first, last)
        assert part.bar_positions() == roll.bar_positions()[first:last]
        assert part.tempos[0].bpm == (60 if first >= 20 else 90)


def test_beats_to_the_end_of_a_phrase() -> None:
    roll = replace(PianoRoll.from_notes([Note(0, 14, 60)], 2), phrase_ends=(5, 11))
    left = [2, 1, 1, 0, 0, 2, 2, 1, 1, 0, 0, None, None, None]
    assert roll.beats_to_phrase_end() == left
    assert roll.slice(3, 9).beats_to_phrase_end() == [0, 0, None, None, None, None]
    assert roll.slice(4, 12).phrase_ends == (1, 7)
