"""Real sound: what the built-in piano sends to a sound server has the notes' pitches, and only theirs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.servers import RATE, pulse_server

pytestmark = pytest.mark.e2e

PLAY = """
import sys, time
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.player.process import ProcessLink

if __name__ == "__main__":
    link = ProcessLink()
    link.start()
    sounds = False
    while not sounds:
        sounds = any(isinstance(event, msg.Ports) and event.piano for event in link.poll(0.1))
    chord = frozenset(int(pitch) for pitch in sys.argv[1].split(","))
    frames = [msg.PlannedFrame(Frame(chord, chord), tuple((pitch, 100) for pitch in sorted(chord)))]
    frames += [msg.PlannedFrame(Frame(chord))] * 60
    link.send(msg.SetPlan(0, 0, tuple(frames)))
    link.send(msg.StartClock(0, 60.0, 4))
    print("playing", flush=True)
    time.sleep(3.5)
    link.close()
"""


def level_at(spectrum: NDArray[np.float64], frequency: float) -> float:
    """Highest level within a third of a semitone of a frequency, dB below the loudest."""
    low, high = (round(frequency * ratio * (len(spectrum) - 1) * 2 / RATE) for ratio in (0.981, 1.019))
    return float(20 * np.log10(spectrum[low : high + 1].max() / spectrum.max()))


@pytest.mark.parametrize("chord", [(60, 64, 67), (48, 62, 69, 77)])
def test_the_recording_has_the_notes_and_no_others(chord: tuple[int, ...]) -> None:
    with pulse_server() as sound:
        environment = sound.environment | {"JACK_NO_START_SERVER": "1", "JACK_DEFAULT_SERVER": "nobody"}
        command = [sys.executable, "-c", PLAY, ",".join(map(str, chord))]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as player:
            assert player.stdout is not None
            assert player.stdout.readline() == b"playing\n"
            recording = sound.record(2.5)
            assert player.wait(20) == 0
            after = sound.record(0.3)
    loudest = int(np.abs(recording).max(axis=1).argmax())
    part = recording[loudest : loudest + RATE].mean(axis=1)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))).astype(np.float64)

    def frequency(pitch: int) -> float:
        return 440.0 * 2.0 ** ((pitch - 69) / 12)

    for pitch in chord:
        assert level_at(spectrum, frequency(pitch)) > -26, f"{pitch} is missing"
    partials = {round(12 * np.log2(k)) + pitch for pitch in chord for k in range(1, 9)}
    near = {pitch + offset for pitch in partials for offset in (-1, 0, 1)}
    for pitch in range(min(chord) - 5, max(chord) + 8):
        if pitch not in near:
            assert level_at(spectrum, frequency(pitch)) < -30, f"{pitch} sounds and should not"
    assert 0.02 < np.abs(recording).max() < 1.0
    assert np.abs(after).max() < 1e-3
