"""Sessions as sound."""

import wave
from pathlib import Path

import numpy as np
import pytest

from rnnrbm_live.core.errors import SoundFileError
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.io.sound_file import write_wav


@pytest.fixture
def recording() -> Recording:
    """Two silent beats at 60, then A4 for two beats at 60 and one at 120, and E5 half a beat after its start."""
    recording = Recording(Timeline(4))
    for step in range(20):
        frame = Frame(frozenset({69}), frozenset({69} if step == 8 else ())) if step >= 8 else Frame()
        velocities = ((69, 90),) if step == 8 else ()
        recording.add_step(step, PlannedFrame(frame, velocities), 60.0 if step < 16 else 120.0)
    recording.add_key(10.0, 76, 90, Source.PLAYER)
    recording.add_key(12.0, 76, 0, Source.PLAYER)
    recording.end_model_notes(20)
    return recording


def test_time_follows_every_tempo_change(recording: Recording) -> None:
    assert [recording.seconds_at(step) for step in (0, 8, 16, 18, 20)] == pytest.approx([0, 2, 4, 4.25, 4.5])
    assert Recording(Timeline(4)).seconds_at(5) == 0


def test_a_wav_holds_the_notes_where_they_sounded(recording: Recording, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, recording)
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 2, 2)
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).mean(axis=1) / 32_767

    def level(hz: float, first: float, last: float) -> float:
        part = sound[round(first * 48_000) : round(last * 48_000)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) / len(part)
        return float(spectrum[round(hz * len(part) / 48_000)])

    assert level(440, 0.0, 0.5) > 10 * level(659.3, 0.0, 0.5), "A4 alone at first"
    assert level(659.3, 0.5, 1.0) > 20 * level(659.3, 0.0, 0.5), "then E5"
    assert np.abs(sound[: 48_000 // 20]).max() > 0.02, "no silence before"
    assert level(440, 2.0, 2.4) > 0.0001
    assert 2.5 < len(sound) / 48_000 < 4, "A4 ends after 2.5 s, and rings no longer than a damper lets it"
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_nothing_to_write_and_nowhere_to_write_it_are_said(recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match="nothing has been played"):
        write_wav(tmp_path / "a.wav", Recording(Timeline(4)))
    with pytest.raises(SoundFileError, match="missing"):
        write_wav(tmp_path / "missing" / "a.wav", recording)
    assert not list(tmp_path.iterdir())


def test_what_wav_cannot_hold_is_said_before_hours_are_spent_on_it(recording: Recording, tmp_path: Path) -> None:
    seven_hours = 7 * 60 * 60 * 2 * 4  # steps, at 120
    recording.add_key(seven_hours, 60, 90, Source.PLAYER)
    recording.add_key(seven_hours + 4, 60, 0, Source.PLAYER)
    with pytest.raises(SoundFileError, match="more than 6 hours"):
        write_wav(tmp_path / "long.wav", recording)
    assert list(tmp_path.iterdir()) == []
