"""Render the built-in piano's notes: ``python assets/render_piano.py`` writes piano.npy and piano.json beside it.

Every third semitone is synthesised; the program shifts the ones between. No recording is involved: each note is a sum
of the partials of a stiff, struck string, with the hammer's knock. References:

- N. H. Fletcher & T. D. Rossing, The Physics of Musical Instruments (1998), chapter 12: inharmonicity, strike point,
  radiation.
- G. Weinreich, Coupled piano strings, JASA 62 (1977): two-stage decay.
- J. Rauhala, H.-M. Lehtonen & V. Valimaki, Fast automatic inharmonicity estimation algorithm, JASA 121 (2007): B
  across the keyboard.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
FIRST_PITCH, LAST_PITCH, PITCH_STEP = 21, 108, 3
STRIKE_POINT = 0.122  # of the string's length
SEED = 1709  # the year of Cristofori's first pianos

Samples = NDArray[np.float64]


def frequency(pitch: int) -> float:
    """Equal temperament, A4 (69) at 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def note_seconds(pitch: int) -> float:
    """How long a note is stored: 4.8 s in the bass to 1 s at the top."""
    return float(np.interp(pitch, [21, 60, 84, 108], [4.8, 2.9, 1.75, 1.0]))


def inharmonicity(pitch: int) -> float:
    """B in f_n = n f_0 sqrt(1 + B n^2)."""
    return float(np.exp(0.0926 * pitch - 13.64) + np.exp(-0.0847 * pitch - 5.82))


def render(pitch: int) -> Samples:
    """Synthesise one note, struck hard, (n,) samples with a peak of 1."""
    rng = np.random.default_rng((SEED, pitch))
    seconds = note_seconds(pitch)
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    note = _partials(pitch, t, rng) + _hammer(pitch, t, rng)
    attack = 0.0012 + 0.0025 * np.clip((60 - pitch) / 39, 0, 1)  # the heavy bass hammers stay longer on the string
    rise = np.clip(t / attack, 0, 1)
    note *= rise * rise * (3 - 2 * rise)
    fade = np.clip((seconds - t) / min(1.2, 0.35 * seconds), 0, 1)
    note *= fade * fade * (3 - 2 * fade)
    return note / np.abs(note).max()


def loudness(pitch: int) -> float:
    """Level of a note beside the others, so that the keyboard sounds even: a gentle slope to the treble."""
    return float(10 ** (np.interp(pitch, [21, 36, 60, 84, 108], [1.0, 0.5, 0.0, -2.0, -5.0]) / 20))


def _partials(pitch: int, t: Samples, rng: np.random.Generator) -> Samples:
    b = inharmonicity(pitch)
    f0 = frequency(pitch) / np.sqrt(1 + b)  # the first partial, not the ideal string, is in tune
    count = min(64, int(15_000 / frequency(pitch)))
    n = np.arange(1, count + 1)
    f = n * f0 * np.sqrt(1 + b * n * n)
    n, f = n[f < 16_000], f[f < 16_000]

    hammer_cutoff = np.interp(pitch, [21, 45, 69, 108], [900.0, 1500.0, 2600.0, 7000.0])
    amplitude = np.abs(np.sin(n * np.pi * STRIKE_POINT)) / n**0.55 / (1 + (f / hammer_cutoff) ** 2) ** 0.85
    amplitude *= f**2 / (f**2 + 75.0**2)  # the soundboard hardly radiates below its lowest modes
    amplitude *= 10 ** (rng.normal(0.0, 1.6, len(n)) / 20)  # its many modes make no two partials alike

    # Seconds to fall by 60 dB: the first partial's, then faster with frequency (losses grow with f^2).
    t60 = np.interp(pitch, [21, 40, 60, 76, 90, 108], [15.0, 12.0, 8.5, 4.5, 2.0, 0.8])
    rate = 6.91 / t60 * (1 + 0.16 * (n - 1) ** 0.9 + (f / 4200.0) ** 2)  # 1 / s
    detune = np.interp(pitch, [21, 50, 108], [0.15, 0.3, 0.5]) / 1200 * np.log(2)  # half the spread of the strings
    note = np.zeros_like(t)
    for a, partial, r in zip(amplitude, f, rate, strict=True):
        phases = rng.uniform(-0.4, 0.4, 2)
        # Strings that move together lose their energy to the bridge quickly; what is left, moving apart, slowly.
        together = 0.78 * np.exp(-2.1 * r * t) * np.sin(2 * np.pi * partial * (1 + 0.4 * detune) * t + phases[0])
        apart = 0.22 * np.exp(-0.55 * r * t) * np.sin(2 * np.pi * partial * (1 - detune) * t + phases[1])
        note += a * (together + apart)
    return note / np.abs(note[: SAMPLE_RATE // 4]).max()


def _hammer(pitch: int, t: Samples, rng: np.random.Generator) -> Samples:
    """Felt and key bed: a short, dull thump with a little noise."""
    thump = sum(
        a * np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) * np.exp(-t / decay)
        for f, a, decay in ((63.0, 0.5, 0.035), (118.0, 0.7, 0.028), (205.0, 0.45, 0.02), (410.0, 0.25, 0.012))
    )
    noise = rng.normal(size=len(t)) * np.exp(-t / 0.009)
    spectrum = np.fft.rfft(noise)
    f = np.fft.rfftfreq(len(t), 1 / SAMPLE_RATE)
    colour = np.interp(pitch, [21, 108], [700.0, 2600.0])
    noise = np.fft.irfft(spectrum / (1 + (f / colour) ** 2), len(t))
    level = np.interp(pitch, [21, 60, 108], [0.030, 0.045, 0.10])
    return level * (thump + 0.8 * noise / np.abs(noise).max())


def main() -> None:
    """Write the samples, int16 one after the other, and where each note lies."""
    folder = Path(__file__).parent
    notes, index, start = [], [], 0
    for pitch in range(FIRST_PITCH, LAST_PITCH + 1, PITCH_STEP):
        samples = np.rint(render(pitch) * 32_000).astype(np.int16)
        index.append({"pitch": pitch, "start": start, "length": len(samples), "level": round(loudness(pitch), 4)})
        start += len(samples)
        notes.append(samples)
    np.save(folder / "piano.npy", np.concatenate(notes))
    card = {"sample_rate": SAMPLE_RATE, "notes": index}
    (folder / "piano.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(f"{len(notes)} notes, {start * 2 / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
