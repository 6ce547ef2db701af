"""Judge a live model's music by figures that need no ear, beside held-out real music.

    python benchmarks/chorales.py models/bach-chorales

Free playing: chains of frames from the initial state, every setting at its default. Primed playing: the
first bars of held-out pieces in all keys, then what the model makes of them. Repeatable: all seeds are
fixed. numpy only; the first run parses the chorales (a minute). With --card the figures are written into the
model's card.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.grid import Meter
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.io.datasets import MUSIC21_BACH, load_dataset
from rnnrbm_live.model.checkpoint import load_card, load_live_model, save_card
from rnnrbm_live.model.corpus import transpose
from rnnrbm_live.model.live import LiveModel, NoiseKey, State

PITCH_CLASSES = 12
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10), (0, 3, 6, 9))
"""Major and minor triad; dominant, major, minor, half-diminished and diminished seventh, above the root."""
KEY_WINDOW_BARS = 4
LONG_NOTE_BARS = 4
PRIMER_BARS = 16
AFTER_PRIMER_BARS = 8
PRIMED_SEEDS = 5
PRIMERS = 4

Classes = NDArray[np.bool_]


# Figures of one roll or several


def notes_per_frame(rolls: Sequence[PianoRoll]) -> float:
    """Sounding notes, mean over frames."""
    return float(_sounding(rolls).sum(axis=1).mean())


def onsets_per_frame(rolls: Sequence[PianoRoll]) -> float:
    """Struck notes, mean over frames."""
    return float(np.concatenate([roll.onsets for roll in rolls]).sum(axis=1).mean())


def silence(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames without a note."""
    return float((~_sounding(rolls).any(axis=1)).mean())


def four_voices(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames with exactly four notes."""
    return float((_sounding(rolls).sum(axis=1) == 4).mean())


def longest_note_steps(rolls: Sequence[PianoRoll]) -> float:
    """Longest note from onset to release, in steps."""
    return max((note.end_steps - note.start_steps for roll in rolls for note in roll.notes()), default=0)


def clash(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames with two notes a semitone apart."""
    sounding = _sounding(rolls)
    return float((sounding[:, 1:] & sounding[:, :-1]).any(axis=1).mean())


def clash_any_octave(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames with two pitch classes a semitone apart (a major seventh counts)."""
    classes = _classes(_sounding(rolls))
    return float((classes & np.roll(classes, 1, axis=1)).any(axis=1).mean())


def chords(rolls: Sequence[PianoRoll]) -> float:
    """Share of sounding frames whose pitch classes all belong to one of `CHORDS`."""
    classes = _classes(_sounding(rolls))
    classes = classes[classes.any(axis=1)]
    fits = np.zeros(len(classes), bool)
    for chord in CHORDS:
        for root in range(PITCH_CLASSES):
            outside = np.ones(PITCH_CLASSES, bool)
            outside[[(root + interval) % PITCH_CLASSES for interval in chord]] = False
            fits |= ~classes[:, outside].any(axis=1)
    return float(fits.mean())


def in_key(rolls: Sequence[PianoRoll]) -> float:
    """Share of notes, per frame, in the best of the 12 major scales, over windows of 4 bars of 4/4."""
    shares = []
    for roll in rolls:
        window = KEY_WINDOW_BARS * 4 * roll.steps_per_beat
        for first in range(0, len(roll) - window + 1, window):
            counts = class_counts(roll.sounding[first : first + window])
            if counts.sum():
                shares.append(max(scale_share(counts, tonic) for tonic in range(PITCH_CLASSES)))
    return float(np.mean(shares))


def unchanged(rolls: Sequence[PianoRoll]) -> float:
    """Share of frames in which nothing is struck or released."""
    still = [(roll.sounding[1:] == roll.sounding[:-1]).all(axis=1) & ~roll.onsets[1:].any(axis=1) for roll in rolls]
    return float(np.concatenate(still).mean())


def soprano_steps(rolls: Sequence[PianoRoll]) -> float:
    """Share of the top line's moves that are by one or two semitones."""
    moves: list[int] = []
    for roll in rolls:
        tops = [int(np.flatnonzero(row)[-1]) for row in roll.sounding if row.any()]
        moves += [abs(after - before) for before, after in pairwise(tops) if after != before]
    return float(np.mean([move <= 2 for move in moves])) if moves else 0.0


@dataclass(frozen=True)
class Figure:
    """A row of the table."""

    name: str
    measure: Callable[[Sequence[PianoRoll]], float]
    low: float | None = None
    high: float | None = None

    def wanted(self) -> str:
        """Write down the accepted range."""
        if self.low is not None and self.high is not None:
            return f"{self.low:g} to {self.high:g}"
        return "" if self.high is None else f"at most {self.high:g}"

    def accepts(self, value: float) -> bool:
        """Return whether a value lies in the range."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def figures(steps_per_bar: int) -> list[Figure]:
    """Return the rows of the table."""
    return [
        Figure("notes per frame", notes_per_frame, 3.0, 4.2),
        Figure("silent frames", silence, None, 0.02),
        Figure("longest note, steps", longest_note_steps, None, LONG_NOTE_BARS * steps_per_bar),
        Figure("frames with a semitone clash", clash, None, 0.15),
        Figure("the same, in any octave", clash_any_octave),
        Figure("onsets per frame", onsets_per_frame),
        Figure("frames that are a chord", chords),
        Figure("notes in key over 4 bars", in_key),
        Figure("frames with four notes", four_voices),
        Figure("unchanged frames", unchanged),
        Figure("top line moves by step", soprano_steps),
    ]


# Playing


def play(
    model: LiveModel, state: State, meter: Meter, first_step: int, n_steps: int, seed: int, temperature: float = 1.0
) -> list[Frame]:
    """Let the model go on from a state; `first_step` counts from a bar line."""
    frames = []
    for step in range(first_step, first_step + n_steps):
        frame = model.sample(state, NoiseKey(seed, 0, step), temperature=temperature).frame
        frames.append(frame)
        state = model.update(state, frame, model.config.context_index(meter, step + 1))
    return frames


def play_free(model: LiveModel, n_chains: int, n_steps: int, temperature: float = 1.0) -> list[PianoRoll]:
    """Return chains of free playing in the model's first meter, seeds 0, 1, and so on."""
    meter = first_meter(model)
    rolls = []
    for seed in range(n_chains):
        state = model.initial_state(model.config.context_index(meter, 0))
        frames = play(model, state, meter, 0, n_steps, seed, temperature)
        rolls.append(PianoRoll.from_frames(frames, model.config.steps_per_beat))
    return rolls


def first_meter(model: LiveModel) -> Meter:
    """Return the meter to play in."""
    return Meter.parse(model.config.meters[0]) if model.config.meters else Meter()


def primed_share(model: LiveModel, primers: Sequence[PianoRoll]) -> tuple[float, float]:
    """Return the share of notes in the primer's scale over the next 8 bars, primed and not primed.

    Each primer is heard in 12 keys, and continued with 5 seeds in each. Its scale is the best of the 12
    major ones. Without a primer the model plays 8 bars from its initial state; they are held against the
    same scales.
    """
    meter = first_meter(model)
    bar_steps = meter.bar_steps(model.config.steps_per_beat)
    n_steps = AFTER_PRIMER_BARS * bar_steps
    free = [class_counts(roll.sounding) for roll in play_free(model, PRIMED_SEEDS, n_steps)]
    primed, unprimed = [], []
    for primer in primers:
        for semitones in range(-6, 6):
            moved = replace(
                primer,
                sounding=transpose(primer.sounding, semitones),
                onsets=transpose(primer.onsets, semitones),
            )
            tonic = best_tonic(class_counts(moved.sounding))
            contexts = [model.config.context_index(*position) for position in primer.bar_positions()]
            end = (len(primer) - primer.pickup_steps) % bar_steps
            after = model.config.context_index(meter, end)
            state = model.listen(model.initial_state(contexts[0]), moved.frames(), [*contexts[1:], after])
            for seed in range(PRIMED_SEEDS):
                roll = PianoRoll.from_frames(play(model, state, meter, end, n_steps, seed), primer.steps_per_beat)
                primed.append(scale_share(class_counts(roll.sounding), tonic))
                unprimed.append(scale_share(free[seed], tonic))
    return float(np.mean(primed)), float(np.mean(unprimed))


# Pitch classes


def class_counts(sounding: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count sounding notes per pitch class over all frames, (12,); class 0 is A, the piano's lowest key."""
    per_key = sounding.sum(axis=0, dtype=np.int64)
    return np.array([per_key[first::PITCH_CLASSES].sum() for first in range(PITCH_CLASSES)])


def scale_share(counts: NDArray[np.int64], tonic: int) -> float:
    """Return the share of notes in the major scale on `tonic`; 0 if there are no notes."""
    return float(counts[[(tonic + degree) % PITCH_CLASSES for degree in MAJOR_SCALE]].sum() / max(1, counts.sum()))


def best_tonic(counts: NDArray[np.int64]) -> int:
    """Return the tonic of the major scale that holds most notes."""
    return max(range(PITCH_CLASSES), key=lambda tonic: scale_share(counts, tonic))


def _sounding(rolls: Sequence[PianoRoll]) -> NDArray[np.bool_]:
    return np.concatenate([roll.sounding for roll in rolls]).astype(bool)


def _classes(sounding: NDArray[np.bool_]) -> Classes:
    """Return which pitch classes sound, (T, 12)."""
    return np.stack([sounding[:, first::PITCH_CLASSES].any(axis=1) for first in range(PITCH_CLASSES)], axis=1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Judge a live model's music beside held-out real music.")
    parser.add_argument("model", type=Path, help="a model folder")
    parser.add_argument("--chains", type=int, default=10)
    parser.add_argument("--frames", type=int, default=1000, help="per chain")
    parser.add_argument("--temperature", type=float, default=1.0, help="of free playing")
    parser.add_argument("--card", action="store_true", help="write the figures into the model's card")
    arguments = parser.parse_args()

    model, card = load_live_model(arguments.model), load_card(arguments.model)
    dataset = load_dataset(MUSIC21_BACH, steps_per_beat=model.config.steps_per_beat)
    rolls = dict(zip(dataset.names, dataset.rolls, strict=True))
    real = [rolls[name] for name in card.data.get("held_out", ()) if name in rolls]
    if not real:
        raise SystemExit(f"{arguments.model} names no held-out chorales in its card: there is nothing to compare with")
    free = play_free(model, arguments.chains, arguments.frames, arguments.temperature)
    bar_steps = first_meter(model).bar_steps(model.config.steps_per_beat)

    played = f"{arguments.chains} chains of {arguments.frames} frames at temperature {arguments.temperature:g}"
    print(f"{played}; {len(real)} held-out pieces")
    print(f"{'':34}{'real':>8}{'model':>8}  wanted")
    values = {}
    for figure in figures(bar_steps):
        values[figure.name] = round(figure.measure(free), 4)
        mark = "" if figure.accepts(values[figure.name]) else "  MISSED"
        print(f"{figure.name:34}{figure.measure(real):8.3f}{values[figure.name]:8.3f}  {figure.wanted()}{mark}")

    primer_steps = PRIMER_BARS * bar_steps
    primers = [
        roll.slice(0, primer_steps + roll.pickup_steps)
        for roll in real
        if len(roll) >= primer_steps + roll.pickup_steps and roll.meters[0].meter == first_meter(model)
    ][:PRIMERS]
    primed, unprimed = primed_share(model, primers)
    values |= {
        "primed, notes in the primer's scale": round(primed, 4),
        "the same, unprimed": round(unprimed, 4),
    }
    print(
        f"{len(primers)} primers of {PRIMER_BARS} bars, 12 keys, {PRIMED_SEEDS} seeds: notes of the next "
        f"{AFTER_PRIMER_BARS} bars in the primer's scale"
    )
    print(f"{'after the primer':34}{'':8}{primed:8.3f}  at least 0.8{'' if primed >= 0.8 else '  MISSED'}")
    gain = "" if primed - unprimed >= 0.15 else "  MISSED"
    print(f"{'without it':34}{'':8}{unprimed:8.3f}  at least 0.15 less{gain}")
    if arguments.card:
        music = {**values, "how": f"benchmarks/chorales.py, {played}"}
        save_card(arguments.model, replace(card, metrics={**card.metrics, "music": music}))


if __name__ == "__main__":
    main()
