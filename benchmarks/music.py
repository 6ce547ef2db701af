"""Judge live models' music by figures that need no ear, beside real music that they have not seen.

    python -m benchmarks.music FOLDER [MODEL ...]

FOLDER holds the archives that the folk and the piano model were trained on; without it only models trained on chorales
are judged (the first run parses them: a minute). Each model plays 20 seeds of 2,000 frames from its initial state, at
the settings the program starts with. For each feature: the distance of the two halves of the real music from each
other, which is as near as can be hoped for; of the model from music held out of its training; of the tutorial's model
from the same. Then plain figures, and how much of a primer is left after four bars. Repeatable: all seeds are fixed.
numpy only. With --card the figures are written into the models' cards.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import features
from rnnrbm_live.core.errors import CorpusError
from rnnrbm_live.core.frame import Frame, transpose
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.resources import models_path
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.io.datasets import Dataset, load_dataset
from rnnrbm_live.model.checkpoint import Card, load_card, load_live_model, save_card
from rnnrbm_live.model.live import LiveModel, NoiseKey, State

TUTORIAL = "tutorial"
SEEDS = 20
FRAMES = 2000
PRIMER_BARS = 8
LATER_BARS = 4
PRIMERS = 8
PRIMED_SEEDS = 5

FIGURES = (
    ("notes per frame", features.notes_per_frame),
    ("silent frames", features.silence),
    ("longest note, beats", features.longest_note_beats),
    ("frames with a semitone clash", features.clash),
    ("frames that are a chord", features.chords),
    ("notes in key over 4 bars", features.in_key),
    ("frames with four notes", features.four_voices),
    ("unchanged frames", features.unchanged),
    ("top line moves by step", features.top_line_steps),
    ("phrases that end on a held triad", features.held_triads),
    ("phrases that end with a falling fifth in the bass", features.falling_fifths),
)


@dataclass(frozen=True)
class RealMusic:
    """What a model is held against."""

    halves: tuple[list[PianoRoll], list[PianoRoll]]
    held_out: list[PianoRoll]


def real_music(card: Card, folder: Path | None) -> RealMusic:
    """Load the music that a model was trained on and that it was not.

    Raises:
        CorpusError: if it is not there.
    """
    source = str(card.data["source"])
    path = source if source.startswith("music21:") else str((folder or Path()) / Path(source).name)
    dataset = load_dataset(path, steps_per_beat=card.config.steps_per_beat)
    held_out = _held_out(card, dataset)
    if not held_out:
        raise CorpusError(f"{card.name} names no held-out pieces of {path}: there is nothing to compare with")
    return RealMusic((list(dataset.rolls[::2]), list(dataset.rolls[1::2])), held_out)


def _held_out(card: Card, dataset: Dataset) -> list[PianoRoll]:
    if dataset.splits:
        return [roll for roll, split in zip(dataset.rolls, dataset.splits, strict=True) if split == "test"]
    rolls = dict(zip(dataset.names, dataset.rolls, strict=True))
    return [rolls[name] for name in card.data.get("held_out", ()) if name in rolls]


# Playing


def play(
    model: LiveModel,
    state: State,
    meter: Meter,
    first_step: int,
    n_steps: int,
    seed: int,
    *,
    temperature: float,
    gibbs_steps: int | None = None,
) -> list[Frame]:
    """Let the model go on from a state; `first_step` counts from a bar line."""
    frames = []
    for step in range(first_step, first_step + n_steps):
        key = NoiseKey(seed, 0, step)
        frame = model.sample(state, key, temperature=temperature, gibbs_steps=gibbs_steps).frame
        frames.append(frame)
        state = model.update(state, frame, place(model, meter, step + 1))
    return frames


def place(model: LiveModel, meter: Meter, step: int) -> int:
    """Return a step's place as the program tells it to the model; steps count from a bar line."""
    timeline = Timeline(model.config.steps_per_beat, meter)
    return model.config.context_index(meter, step, timeline.beats_to_phrase_end(step))


def play_free(
    model: LiveModel, seeds: int, n_steps: int, *, temperature: float, gibbs_steps: int | None = None
) -> list[PianoRoll]:
    """Return free playing in the model's first meter, one roll per seed."""
    meter, steps_per_beat = first_meter(model), model.config.steps_per_beat
    timeline = Timeline(steps_per_beat, meter)
    left = [timeline.beats_to_phrase_end(step) for step in range(n_steps + 1)]
    ends = tuple(step for step in range(1, n_steps + 1) if left[step] > left[step - 1])
    rolls = []
    for seed in range(seeds):
        state = model.initial_state(place(model, meter, 0))
        frames = play(model, state, meter, 0, n_steps, seed, temperature=temperature, gibbs_steps=gibbs_steps)
        roll = PianoRoll.from_frames(frames, steps_per_beat)
        rolls.append(replace(roll, phrase_ends=ends if model.config.n_context else ()))
    return rolls


def first_meter(model: LiveModel) -> Meter:
    """Return the meter to play in."""
    return Meter.parse(model.config.meters[0]) if model.config.meters else Meter()


@dataclass(frozen=True)
class PrimerLeft:
    """What is left of primers in bars 5 to 8 after them, and what the same bars are like without them.

    Attributes:
        primers: how many pieces.
        in_scale: share of notes in the primer's best major scale.
        in_scale_unprimed: the same of music that began without a primer.
        density_gap: notes per frame, how far from the primer's, mean of absolute differences.
        density_gap_unprimed: likewise.
    """

    primers: int
    in_scale: float
    in_scale_unprimed: float
    density_gap: float
    density_gap_unprimed: float


def primer_left(model: LiveModel, held_out: Sequence[PianoRoll], *, temperature: float) -> PrimerLeft:
    """Let the model hear the first bars of held-out pieces in 12 keys, go on, and look four bars later."""
    meter = first_meter(model)
    bar = meter.bar_steps(model.config.steps_per_beat)
    skip, n_steps = LATER_BARS * bar, 2 * LATER_BARS * bar
    primers = [
        roll.slice(0, PRIMER_BARS * bar + roll.pickup_steps)
        for roll in held_out
        if len(roll) > PRIMER_BARS * bar + roll.pickup_steps
        and (not model.config.meters or roll.meters[0].meter == meter)
    ][:PRIMERS]
    free = [roll.sounding[skip:] for roll in play_free(model, PRIMED_SEEDS, n_steps, temperature=temperature)]
    rows = []
    for primer in primers:
        contexts = [model.config.context_index(*position) for position in primer.bar_positions()]
        end = (len(primer) - primer.pickup_steps) % bar
        after = place(model, meter, end)
        for semitones in range(-6, 6):
            sounding, onsets = (transpose(bits, semitones) for bits in (primer.sounding, primer.onsets))
            moved = replace(primer, sounding=sounding, onsets=onsets)
            tonic = features.best_tonic(features.class_counts(sounding))
            notes = sounding.sum(axis=1).mean()
            heard = moved.frames()
            begun = model.initial_state(contexts[0], semitones=model.key_of(heard))
            state = model.listen(begun, heard, [*contexts[1:], after])
            for seed in range(PRIMED_SEEDS):
                frames = play(model, state, meter, end, n_steps, seed, temperature=temperature)
                primed = PianoRoll.from_frames(frames, primer.steps_per_beat).sounding[skip:]
                row = []
                for music in (primed, free[seed]):
                    share = features.scale_share(features.class_counts(music), tonic)
                    row += [share, abs(float(music.sum(axis=1).mean() - notes))]
                rows.append(row)
    in_scale, gap, in_scale_unprimed, gap_unprimed = np.mean(rows, axis=0).tolist()
    return PrimerLeft(len(primers), in_scale, in_scale_unprimed, gap, gap_unprimed)


# The tables


def judge(folder: Path, music: RealMusic, tutorial: Sequence[PianoRoll], temperature: float) -> dict[str, object]:
    """Print a model's tables; return its figures."""
    model = load_live_model(folder)
    played = play_free(model, SEEDS, FRAMES, temperature=temperature)
    print(f"## {folder.name}: {SEEDS} seeds of {FRAMES} frames at temperature {temperature:g}\n")
    print(f"Distance (0 to 1) from {len(music.held_out)} held-out pieces\n")
    print("| feature | real halves | model | tutorial |\n|---|---|---|---|")
    distances: dict[str, float] = {}
    columns = []
    for feature in features.FEATURES:
        target = feature.measure(music.held_out)
        floor = features.distance(*(feature.measure(half) for half in music.halves))
        near = features.distance(feature.measure(played), target)
        far = features.distance(feature.measure(tutorial), target) if tutorial else float("nan")
        distances[feature.name] = round(near, 4)
        columns.append((floor, near, far))
        print(f"| {feature.name} | {floor:.3f} | {near:.3f} | {far:.3f} |")
    print("| **mean** | " + " | ".join(f"**{value:.3f}**" for value in np.mean(columns, axis=0)) + " |\n")

    print("| figure | real | model |\n|---|---|---|")
    values: dict[str, float] = {}
    for name, measure in FIGURES:
        real = measure(music.held_out)
        if not math.isnan(real):  # as it is of phrases where they are not known
            values[name] = round(measure(played), 4)
            print(f"| {name} | {real:.3f} | {values[name]:.3f} |")
    left = primer_left(model, music.held_out, temperature=temperature)
    print(
        f"\nBars {LATER_BARS + 1} to {2 * LATER_BARS} after {left.primers} primers of {PRIMER_BARS} bars in 12 keys, "
        f"{PRIMED_SEEDS} seeds: notes in the primer's scale {left.in_scale:.3f} (without a primer "
        f"{left.in_scale_unprimed:.3f}), notes per frame off the primer's by {left.density_gap:.2f} "
        f"({left.density_gap_unprimed:.2f})\n"
    )
    return {
        "distances": distances,
        **values,
        "primed, notes in the primer's scale": round(left.in_scale, 4),
        "the same, unprimed": round(left.in_scale_unprimed, 4),
        "how": f"benchmarks/music.py, {SEEDS} seeds of {FRAMES} frames at temperature {temperature:g}",
    }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Judge live models' music beside held-out real music.")
    parser.add_argument("data", type=Path, nargs="?", help="folder of the published archives")
    parser.add_argument("models", type=Path, nargs="*", help="model folders (default: all that come along)")
    parser.add_argument("--temperature", type=float, default=Settings().temperature)
    parser.add_argument("--card", action="store_true", help="write the figures into the models' cards")
    arguments = parser.parse_args()
    folders = arguments.models or sorted(path.parent for path in models_path().glob("*/card.json"))
    tutorial_folder = models_path() / TUTORIAL
    tutorial: list[PianoRoll] = []
    if (tutorial_folder / "card.json").is_file():
        tutorial = play_free(load_live_model(tutorial_folder), SEEDS, FRAMES, temperature=1.0)
    for folder in folders:
        card = load_card(folder)
        try:
            music = real_music(card, arguments.data)
        except CorpusError as err:
            print(f"{folder.name} is left out: {err}\n")
            continue
        values = judge(folder, music, tutorial, 1.0 if folder.name == TUTORIAL else arguments.temperature)
        if arguments.card:
            save_card(folder, replace(card, metrics={**card.metrics, "music": values}))


if __name__ == "__main__":
    main()
