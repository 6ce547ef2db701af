"""No drone, no death, no runaway: live models over everything that temperature and Gibbs steps can be set to.

    python -m benchmarks.endurance [MODEL ...]

For each pair of settings: 20 seeds of 500 frames, and in the middle of the range 20 seeds of 10,000 too with --long. A
note or a silence of more than 8 bars counts as a drone or a death, and so does almost no note at all; more notes on
average than the most that the model allows itself at a time as a runaway. Repeatable; numpy only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import features
from benchmarks.music import play_free
from rnnrbm_live.core.resources import models_path
from rnnrbm_live.core.settings import RANGES
from rnnrbm_live.model.checkpoint import load_live_model

SEEDS = 20
FRAMES = 500
LONG_FRAMES = 10_000
LIMIT_BEATS = 32.0


def main() -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description="Drones, deaths and runaways of live models.")
    parser.add_argument("models", type=Path, nargs="*", help="model folders (default: all that come along)")
    parser.add_argument("--long", action="store_true", help=f"also {LONG_FRAMES} frames at the usual settings")
    arguments = parser.parse_args()
    temperature, steps = RANGES["temperature"], RANGES["gibbs_steps"]
    temperatures = sorted({temperature.low, 0.8, 1.0, 1.2, temperature.high})
    for folder in arguments.models or sorted(path.parent for path in models_path().glob("*/card.json")):
        model = load_live_model(folder)
        print(f"## {folder.name}: {SEEDS} seeds\n")
        print("| frames | temperature | k | notes per frame | longest note, beats | longest silence, beats | |")
        print("|---|---|---|---|---|---|---|")
        runs = [(FRAMES, hot, int(k)) for hot in temperatures for k in (steps.low, 25, steps.high)]
        runs += [(LONG_FRAMES, hot, model.config.gibbs_steps) for hot in (0.8, 1.0, 1.2) if arguments.long]
        for frames, hot, k in runs:
            rolls = play_free(model, SEEDS, frames, temperature=hot, gibbs_steps=k)
            notes = features.notes_per_frame(rolls)
            note, rest = features.longest_note_beats(rolls), features.longest_silence_beats(rolls)
            trouble = [
                name
                for name, found in (
                    ("drone", note > LIMIT_BEATS),
                    ("death", rest > LIMIT_BEATS or notes < 0.5),
                    ("runaway", notes > model.config.max_notes),
                )
                if found
            ]
            print(
                f"| {frames} | {hot:g} | {k} | {notes:.2f} | {note:g} | {rest:g} | {', '.join(trouble)} |", flush=True
            )


if __name__ == "__main__":
    main()
