"""The figures that music is judged by, on rolls whose figures are plain to see."""

import numpy as np
import pytest

from benchmarks import features
from rnnrbm_live.core.pianoroll import Note, PianoRoll

C_MAJOR = (0, 2, 4, 5, 7, 9, 11)


def scale(tonic: int, *, steps_per_beat: int = 2, bars: int = 8) -> PianoRoll:
    """Return a rising scale of quarter notes, a third below it, in whole bars."""
    notes = []
    for beat in range(4 * bars):
        start = beat * steps_per_beat
        for offset in (0, 4):
            degree = beat + offset
            pitch = tonic + C_MAJOR[degree % 7] + 12 * (degree // 7 % 2)
            notes.append(Note(start, start + steps_per_beat, pitch))
    return PianoRoll.from_notes(notes, steps_per_beat)


def test_distances_run_from_the_same_to_nothing_in_common() -> None:
    first, second = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.0, 1.0])
    assert features.distance(first, first) == 0.0
    assert features.distance(first, second) == pytest.approx(1.0)
    assert 0 < features.distance(first, np.array([0.4, 0.5, 0.1])) < features.distance(first, np.ones(3) / 3)


@pytest.mark.parametrize("feature", features.FEATURES, ids=lambda feature: feature.name)
def test_every_distribution_sums_to_one_and_knows_its_own_music(feature: features.Feature) -> None:
    found = feature.measure([scale(48)])
    assert found.sum() == pytest.approx(1.0)
    assert (found >= 0).all()
    if feature.name != "repetition over bars":  # the grids cut bars alike, but sample them differently
        assert features.distance(found, feature.measure([scale(48, steps_per_beat=4)])) < 1e-6


def test_keys_do_not_matter_and_chords_do() -> None:
    low, high = [scale(48)], [scale(53)]
    assert features.distance(features.pitch_classes(low), features.pitch_classes(high)) < 1e-6
    assert features.in_key(high) == 1.0
    triad = PianoRoll.from_notes([Note(0, 32, pitch) for pitch in (48, 52, 55)], 2)
    cluster = PianoRoll.from_notes([Note(0, 32, pitch) for pitch in (48, 49, 50)], 2)
    assert (features.chords([triad]), features.chords([cluster])) == (1.0, 0.0)
    assert (features.clash([triad]), features.clash([cluster])) == (0.0, 1.0)
    assert features.distance(features.consonance([triad]), features.consonance([cluster])) == pytest.approx(1.0)
    assert features.longest_note_beats([triad]) == 16.0


def test_what_repeats_is_seen_to_repeat() -> None:
    bar = [Note(step, step + 2, 60 + step) for step in range(0, 8, 2)]
    same = [Note(n.start_steps + 8 * k, n.end_steps + 8 * k, n.pitch) for k in range(9) for n in bar]
    found = features.repetition([PianoRoll.from_notes(same, 2)])
    assert found[9::10].sum() == pytest.approx(1.0)
    rest = PianoRoll(np.zeros((16, 88), np.uint8), np.zeros((16, 88), np.uint8), 2)
    assert features.silence([rest]) == 1.0
    assert features.longest_silence_beats([rest]) == 8.0


def test_the_outer_voices_motion() -> None:
    pairs = [(48, 60), (48, 62), (50, 60), (52, 64), (54, 65)]  # one alone, contrary, (52, 64): similar, similar
    notes = [Note(step, step + 1, pitch) for step, pair in enumerate(pairs) for pitch in pair]
    assert features.motion([PianoRoll.from_notes(notes, 2)]).tolist() == [0.25, 0.25, 0.5, 0.0]
