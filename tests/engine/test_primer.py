"""Primers: pairing keys, finding the tempo, quantising, resampling."""

import random

import numpy as np
import pytest

from rnnrbm_live.core.grid import Meter
from rnnrbm_live.core.messages import KeyPlayed
from rnnrbm_live.core.pianoroll import MeterChange, Note, PianoRoll, TempoChange
from rnnrbm_live.engine.primer import estimate_tempo, notes_of_keys, quantise, resample


def test_presses_pair_with_releases() -> None:
    keys = [KeyPlayed(60, 80, 0.0), KeyPlayed(64, 80, 0.5), KeyPlayed(60, 0, 1.0), KeyPlayed(64, 90, 1.5)]
    notes = notes_of_keys(keys, [0.0, 2.0, 4.0, 6.0], end_steps=10.0)
    assert [(note.pitch, note.start_steps, note.end_steps) for note in notes] == [(60, 0, 4), (64, 2, 6), (64, 6, 10)]


@pytest.mark.parametrize("tempo", [72.0, 88.0, 96.0, 110.0, 125.0])
def test_tempo_of_a_human_performance(tempo: float) -> None:
    """12 ms of timing noise, eighths and sixteenths: 20 seeded performances each are found within 1.5 %."""
    eighths = [0, 2, 3, 4, 6, 7, 8, 10, 12, 14, 15, 16, 20, 22, 24]
    for seed in range(20):
        noise = random.Random(seed)
        onsets = [5.0 + eighth * 30.0 / tempo + noise.gauss(0.0, 0.012) for eighth in eighths]
        assert estimate_tempo(onsets, 96.0) == pytest.approx(tempo, rel=0.015)


def test_too_few_onsets_keep_the_tempo_that_is_set() -> None:
    assert estimate_tempo([], 96.0) == 96.0
    assert estimate_tempo([1.0, 1.01, 1.7, 2.0], 96.0) == 96.0  # the first two are one chord


def test_a_slightly_early_first_note_is_step_0() -> None:
    roll = quantise([Note(-0.3, 1.8, 60), Note(4.2, 7.9, 64)], 4)
    assert [(note.start_steps, note.end_steps) for note in roll.notes()] == [(0, 2), (4, 8)]
    assert len(roll) == 8


def test_resampling_keeps_beats() -> None:
    roll = PianoRoll.from_notes([Note(0, 1, 60), Note(1, 4, 62)], 2)
    assert [(n.start_steps, n.end_steps) for n in resample(roll, 4, longest_bars=8).notes()] == [(0, 2), (2, 8)]


def test_a_primer_file_loses_empty_bars_and_its_end_but_not_its_pickup() -> None:
    notes = [Note(32 + 4 * beat, 34 + 4 * beat, 60 + beat) for beat in range(40)]
    long = PianoRoll.from_notes(notes, 4)
    cut = resample(long, 4, longest_bars=2)
    assert len(cut) == 32
    assert cut.notes()[0].start_steps == 0
    empty = np.zeros((40, 88), np.uint8)
    sounding = empty.copy()
    sounding[2:30, 40] = 1
    pickup = PianoRoll(
        sounding, empty, 4, (TempoChange(0, 90.0),), (MeterChange(0, Meter(3, 4)),), pickup_steps=4
    )  # fmt: skip
    again = resample(pickup, 4, longest_bars=1)
    assert (len(again), again.pickup_steps, again.meters[0].meter, again.tempos[0].bpm) == (16, 4, Meter(3, 4), 90.0)
