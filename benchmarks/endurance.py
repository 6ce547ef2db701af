"""No drone, no death, no runaway: live models over everything that temperature and Gibbs steps can be set to.

    python -m benchmarks.endurance [MODEL ...]

For each pair of settings: 20 seeds of 500 frames, and in the middle of the range 20 seeds of 10,000 too with --long,
through the `Stepper`, as the program plays them. A note or a silence of more than 8 bars counts as a drone or a death,
and so does almost no note at all; far more notes on average than is usual as a runaway. Repeatable; numpy only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import features
from rnnrbm_live.core.frame import N_PITCHES, REST, Frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.resources import models_path
from rnnrbm_live.core.settings import RANGES, Settings
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.model.checkpoint import load_live_model

SEEDS = 20
FRAMES = 500
LONG_FRAMES = 10_000
LIMIT_BEATS = 32.0
RUNAWAY = 2.0  # times the usual


def play(stepper: Stepper, n_steps: int, settings: Settings) -> PianoRoll:
    """Let a model play from its initial state, in its own meter."""
    timeline = Timeline(stepper.steps_per_beat, stepper.meter)
    state = stepper.begin(timeline, 0, seed=settings.seed, take=0)
    frames: list[Frame] = []
    for step in range(n_steps):
        previous = frames[-1] if frames else REST
        frames.append(stepper.imagine(state, previous, settings, timeline, take=0, step=step))
        state = stepper.listen(state, frames[-1], timeline, step + 1)
    return PianoRoll.from_frames(frames, stepper.steps_per_beat)


def main() -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description="Drones, deaths and runaways of live models.")
    parser.add_argument("models", type=Path, nargs="*", help="model folders (default: all that come along)")
    parser.add_argument("--long", action="store_true", help=f"also {LONG_FRAMES} frames at the usual settings")
    arguments = parser.parse_args()
    temperature, steps = RANGES["temperature"], RANGES["gibbs_steps"]
    temperatures = sorted({temperature.low, 0.8, 1.0, 1.2, temperature.high})
    for folder in arguments.models or sorted(path.parent for path in models_path().glob("*/card.json")):
        stepper = Stepper(folder.name, load_live_model(folder))
        usual_notes = stepper.model.config.usual_notes
        print(f"## {folder.name}: {SEEDS} seeds\n")
        print("| frames | temperature | k | notes per frame | longest note, beats | longest silence, beats | |")
        print("|---|---|---|---|---|---|---|")
        runs = [(FRAMES, hot, int(k)) for hot in temperatures for k in (steps.low, 25, steps.high)]
        runs += [(LONG_FRAMES, hot, stepper.gibbs_steps) for hot in (0.8, 1.0, 1.2) if arguments.long]
        for frames, hot, k in runs:
            settings = [Settings(temperature=hot, gibbs_steps=k, seed=seed) for seed in range(SEEDS)]
            rolls = [play(stepper, frames, chosen) for chosen in settings]
            notes = features.notes_per_frame(rolls)
            note, rest = features.longest_note_beats(rolls), features.longest_silence_beats(rolls)
            trouble = [
                name
                for name, found in (
                    ("drone", note > LIMIT_BEATS),
                    ("death", rest > LIMIT_BEATS or notes < 0.5),
                    ("runaway", notes > RUNAWAY * (usual_notes or N_PITCHES)),
                )
                if found
            ]
            print(
                f"| {frames} | {hot:g} | {k} | {notes:.2f} | {note:g} | {rest:g} | {', '.join(trouble)} |", flush=True
            )


if __name__ == "__main__":
    main()
