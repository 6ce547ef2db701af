"""The key of music, by how it is moved to the white keys."""

import numpy as np
import pytest

from rnnrbm_live.core.frame import transpose
from rnnrbm_live.core.key import key_name, semitones_above_white_keys
from rnnrbm_live.core.pianoroll import Note, PianoRoll

C_MAJOR_CADENCE = ((48, 64, 67, 72), (53, 60, 69, 72), (55, 62, 67, 71), (48, 64, 67, 72))
A_MINOR_CADENCE = ((45, 60, 64, 69), (50, 62, 65, 69), (52, 59, 64, 68), (45, 60, 64, 69))


@pytest.mark.parametrize("chords", [C_MAJOR_CADENCE, A_MINOR_CADENCE])
@pytest.mark.parametrize("semitones", range(-6, 6))
def test_cadences_in_all_keys(chords: tuple[tuple[int, ...], ...], semitones: int) -> None:
    notes = [Note(4 * beat, 4 * beat + 4, pitch) for beat, chord in enumerate(chords) for pitch in chord]
    sounding = PianoRoll.from_notes(notes, 4).sounding
    assert semitones_above_white_keys(transpose(sounding, semitones)) == semitones


def test_silence_and_noise_have_no_key() -> None:
    assert semitones_above_white_keys(np.zeros((3, 88), np.uint8)) == 0
    octaves = np.zeros((5, 88), np.uint8)
    octaves[:, :84] = 1
    assert semitones_above_white_keys(octaves) == 0


@pytest.mark.parametrize(("semitones", "name"), [(0, "C / Am"), (2, "D / Bm"), (-1, "B / G♯m"), (-6, "F♯ / D♯m")])
def test_keys_have_names(semitones: int, name: str) -> None:
    notes = [Note(4 * beat, 4 * beat + 4, pitch) for beat, chord in enumerate(C_MAJOR_CADENCE) for pitch in chord]
    assert key_name(transpose(PianoRoll.from_notes(notes, 4).sounding, semitones)) == name
