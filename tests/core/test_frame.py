"""Frames: legality, encoding, and the notes between two of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rnnrbm_live.core.frame import REST, Frame, diff, frame_from_bits, frame_to_bits, legal_frame

pitches = st.frozensets(st.integers(21, 108), max_size=8)


def frame(sounding: str, onsets: str = "") -> Frame:
    return Frame(frozenset(map(int, sounding.split())), frozenset(map(int, onsets.split())))


def test_an_onset_without_sound_is_dropped() -> None:
    assert legal_frame([60], [60, 64], REST) == frame("60", "60")


def test_sound_from_nothing_is_an_onset() -> None:
    assert legal_frame([60, 64], [], frame("60", "60")) == frame("60 64", "64")


def test_a_model_without_onset_bits_holds_what_goes_on_sounding() -> None:
    bits = np.zeros(88, np.uint8)
    bits[[60 - 21, 64 - 21]] = 1
    assert frame_from_bits(bits, frame("60", "60")) == frame("60 64", "64")


def test_columns_are_midi_21_up_to_108() -> None:
    bits = frame_to_bits(frame("21 108", "108"), with_onsets=True)
    assert np.flatnonzero(bits).tolist() == [0, 87, 88 + 87]


def test_pitches_outside_the_piano_are_not_encoded() -> None:
    assert not frame_to_bits(frame("20 109"), with_onsets=False).any()


def test_a_restruck_key_is_released_first() -> None:
    assert diff(frame("60 64", "60"), frame("60 67", "60 67")) == ([60, 64], [60, 67])


@given(pitches, pitches, pitches)
def test_encoding_returns_the_same_frame(
    sounding: frozenset[int], onsets: frozenset[int], before: frozenset[int]
) -> None:
    previous = Frame(before, before)
    legal = legal_frame(sounding, onsets, previous)
    assert frame_from_bits(frame_to_bits(legal, with_onsets=True), previous) == legal


@given(st.lists(st.tuples(pitches, pitches), max_size=20))
def test_following_diffs_leaves_exactly_the_frame_sounding(rows: list[tuple[frozenset[int], frozenset[int]]]) -> None:
    previous, playing = REST, set[int]()
    for sounding, onsets in rows:
        current = legal_frame(sounding, onsets, previous)
        offs, ons = diff(previous, current)
        assert set(offs) <= playing
        playing.difference_update(offs)
        assert not playing.intersection(ons)
        playing.update(ons)
        assert playing == current.sounding
        previous = current
