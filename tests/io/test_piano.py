"""The built-in piano: in tune, on time, without clicks or clipping, sixty-four voices."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.io.piano import MOST_VOICES, SAMPLE_RATE, NoteBank, Piano

BLOCK = 480


@pytest.fixture(scope="module")
def bank() -> NoteBank:
    return NoteBank()


def play(piano: Piano, seconds: float) -> NDArray[np.float32]:
    return np.concatenate([piano.render(BLOCK) for _ in range(round(seconds * SAMPLE_RATE / BLOCK))])


def cents_off(samples: NDArray[np.int16], expected: float) -> float:
    """How far the first partial is from a frequency, by the interpolated peak of a long spectrum."""
    part = samples[2000 : 2000 + 2 * SAMPLE_RATE].astype(np.float64)
    size = 1 << 20
    spectrum = np.log(np.abs(np.fft.rfft(part * np.blackman(len(part)), size)) + 1e-9)
    low, high = (round(expected * ratio * size / SAMPLE_RATE) for ratio in (0.98, 1.02))
    peak = low + int(spectrum[low:high].argmax())
    a, b, c = spectrum[peak - 1 : peak + 2]
    found = (peak + 0.5 * (a - c) / (a - 2 * b + c)) * SAMPLE_RATE / size
    return float(1200 * np.log2(found / expected))


@pytest.mark.parametrize("pitch", range(PIANO.low, PIANO.high))
def test_every_key_is_in_tune(bank: NoteBank, pitch: int) -> None:
    off = cents_off(bank.note(pitch).bright, 440.0 * 2.0 ** ((pitch - 69) / 12))
    assert abs(off) < 3, f"{off:+.2f} cents"


def test_the_asset_is_small_and_comes_from_its_script() -> None:
    folder = assets_path()
    assert (folder / "piano.npy").stat().st_size < 8_000_000
    spec = importlib.util.spec_from_file_location("render_piano", folder / "render_piano.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for pitch in (60, 108):
        rendered = np.rint(script.render(pitch) * 32_000)
        assert np.abs(rendered - NoteBank().note(pitch).bright).max() <= 1


def test_a_note_begins_at_its_frame(bank: NoteBank) -> None:
    early, late = Piano(bank), Piano(bank)
    early.note_on(0, 72, 100, 1000)
    late.note_on(0, 72, 100, 1333)
    a, b = play(early, 0.2), play(late, 0.2)
    assert np.abs(a[:1000]).max() == 0
    assert np.abs(a[1000:1010]).max() > 0
    assert np.allclose(a[1000:4000], b[1333:4333], atol=1e-6)


def test_the_size_of_blocks_changes_nothing(bank: NoteBank) -> None:
    def sound(block: int) -> NDArray[np.float32]:
        piano = Piano(bank)
        piano.note_on(0, 60, 90, 100)
        piano.note_off(0, 60, 7000)
        return np.concatenate([piano.render(block) for _ in range(9600 // block)])

    assert np.allclose(sound(480), sound(320), atol=1e-5)


def test_ten_loud_notes_do_not_clip(bank: NoteBank) -> None:
    piano = Piano(bank)
    piano.gain_db = 6.0
    for pitch in (36, 43, 48, 52, 55, 60, 64, 67, 72, 76):
        piano.note_on(0, pitch, 127, 0)
    assert np.abs(play(piano, 1.0)).max() < 1.0


def test_sixty_four_voices_and_not_one_more(bank: NoteBank) -> None:
    piano = Piano(bank)
    for channel in range(2):
        for pitch in range(30, 80):
            piano.note_on(channel, pitch, 60, 0)
    play(piano, 0.1)
    assert piano.voices == MOST_VOICES


@pytest.mark.parametrize("what", ["off", "restrike", "silence", "steal"])
def test_nothing_clicks(bank: NoteBank, what: str) -> None:
    """At an event the sound jumps from sample to sample no further than it does by itself while it rings."""
    piano = Piano(bank)
    piano.note_on(0, 45, 110, 0)
    ringing = play(piano, 0.5)
    at = 24_000 + 800  # where the wave is far from zero
    match what:
        case "off":
            piano.note_off(0, 45, at)
        case "restrike":
            piano.note_on(0, 45, 60, at)
        case "silence":
            piano.silence()
        case "steal":
            for pitch in range(21, 85):
                piano.note_on(1, pitch, 1, at)
    after = np.concatenate((ringing[-1:], play(piano, 0.1)))
    assert np.abs(np.diff(after, axis=0)).max() < 1.3 * np.abs(np.diff(ringing[4800:], axis=0)).max() + 0.002


def test_the_damper_ends_a_note_soon_and_silence_sooner(bank: NoteBank) -> None:
    for end, seconds in (("off", 0.45), ("silence", 0.05)):
        piano = Piano(bank)
        piano.note_on(0, 60, 100, 0)
        play(piano, 0.3)
        if end == "off":
            piano.note_off(0, 60, 0)
        else:
            piano.silence()
        play(piano, seconds)
        assert piano.voices == 0


def test_a_harder_stroke_is_louder_and_brighter(bank: NoteBank) -> None:
    def measure(velocity: int) -> tuple[float, float]:
        piano = Piano(bank)
        piano.note_on(0, 60, velocity, 0)
        sound = play(piano, 0.5).mean(axis=1)
        spectrum = np.abs(np.fft.rfft(sound)) ** 2
        frequency = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
        return float(np.sqrt((sound**2).mean())), float((spectrum * frequency).sum() / spectrum.sum())

    soft, medium, loud = measure(30), measure(70), measure(120)
    assert soft[0] < 0.6 * medium[0] < 0.6 * loud[0]
    assert soft[1] < medium[1] < loud[1]


def test_bass_and_treble_come_from_their_sides(bank: NoteBank) -> None:
    for pitch, louder in ((28, 0), (100, 1)):
        piano = Piano(bank)
        piano.note_on(0, pitch, 100, 0)
        sides = np.sqrt((play(piano, 0.3) ** 2).mean(axis=0))
        assert sides[louder] > 1.1 * sides[1 - louder]


def test_a_missed_asset_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        NoteBank(tmp_path)


def test_silence_ends_what_is_about_to_begin_and_not_what_comes_after(bank: NoteBank) -> None:
    piano = Piano(bank)
    piano.note_on(0, 60, 90, 100)  # a step that was frozen, and is panicked before it is heard
    piano.note_off(0, 60, 0)
    piano.silence()
    piano.note_on(0, 64, 90, BLOCK + 100)
    play(piano, 0.2)
    assert [voice.pitch for voice in piano._voices] == [64]
