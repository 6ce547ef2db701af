"""What a frame costs to sample, on the CPU or on a GPU.

    python -m benchmarks.sampling --device cuda

Plays the shipped model as fast as it can, a frame after the other, as the engine does: k = 25 Gibbs sweeps, then the
recurrence takes in what was drawn.
"""

from __future__ import annotations

import argparse
import time

from benchmarks.machine import machine, percentiles
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.instrument import load_stepper, model_settings
from rnnrbm_live.model.devices import resolve_device
from rnnrbm_live.places import DEFAULT_MODEL, model_library

STEPS = 2000


def sampling(device: str = "cpu") -> tuple[list[float], list[float], list[Frame]]:
    """Play the shipped model; return milliseconds of each frame's sampling, of each state update, and the frames."""
    stepper = load_stepper(model_library(), DEFAULT_MODEL)
    if device != "cpu":
        from rnnrbm_live.model.torch_live import make_sampler

        stepper.model.sampler = make_sampler(stepper.model, resolve_device(device))
    settings = model_settings(stepper)
    timeline = Timeline(stepper.steps_per_beat, stepper.meter)
    state = stepper.begin(timeline, 0, seed=0, take=1)
    sampled, updated, frames = [], [], []
    for step in range(STEPS):
        begun = time.perf_counter()
        frame = stepper.imagine(state, state.previous, settings, timeline, take=1, step=step)
        between = time.perf_counter()
        state = stepper.listen(state, frame, timeline, step + 1)
        sampled.append((between - begun) * 1000)
        updated.append((time.perf_counter() - between) * 1000)
        frames.append(frame)
    return sampled[50:], updated[50:], frames


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What a frame costs to sample.")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    device = resolve_device(parser.parse_args().device)
    print(f"{machine(device)}\n\n| milliseconds | median | p99 | p99.9 | max |\n|---|---|---|---|---|")
    played = {name: sampling(name) for name in dict.fromkeys(("cpu", device))}
    for name, (sampled, updated, _) in played.items():
        print(f"| sampling a frame, k = 25, {name} | {percentiles(sampled)} |")
        print(f"| state update, {name} | {percentiles(updated)} |")
    same = len({tuple(frames) for _, _, frames in played.values()}) == 1
    print("\nThe same frames on both." if same else "\nTHE FRAMES DIFFER.")


if __name__ == "__main__":
    main()
