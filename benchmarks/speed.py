"""What a frame costs to sample, and what a picture of the roll costs to paint.

python -m benchmarks.speed
"""

from __future__ import annotations

import os
import time

from benchmarks.machine import machine, percentiles
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import Note, TempoChange
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.engine.snapshot import PrimerState, Snapshot, Timing, Transport
from rnnrbm_live.instrument import load_stepper, model_settings
from rnnrbm_live.places import DEFAULT_MODEL, model_library

STEPS = 2000
PAINTS = 300


def sampling() -> tuple[list[float], list[float]]:
    """Play the shipped model; return milliseconds of each frame's sampling and of each state update."""
    stepper = load_stepper(model_library(), DEFAULT_MODEL)
    settings = model_settings(stepper)
    timeline = Timeline(stepper.steps_per_beat, stepper.meter)
    state = stepper.begin(timeline, 0, seed=0, take=1)
    sampled, updated = [], []
    for step in range(STEPS):
        begun = time.perf_counter()
        frame = stepper.imagine(state, state.previous, settings, timeline, take=1, step=step)
        between = time.perf_counter()
        state = stepper.listen(state, frame, timeline, step + 1)
        sampled.append((between - begun) * 1000)
        updated.append((time.perf_counter() - between) * 1000)
    return sampled[50:], updated[50:]


def painting(minutes: float) -> list[float]:
    """Paint the roll, 1400 by 600 pixels, at the end of a session so long; return milliseconds each."""
    from PyQt6.QtGui import QImage, QPainter

    from rnnrbm_live.core.messages import Ports
    from rnnrbm_live.core.settings import Mode, Settings
    from rnnrbm_live.gui.application import create_application
    from rnnrbm_live.gui.roll_view import RollView

    application = create_application(["speed"], assets_path())
    recording = Recording(Timeline(4))
    end = int(minutes * 60 * 8)  # 16ths at 120 BPM
    recording.notes = [
        Note(step - 4, step, 40 + 7 * voice + step % 5, 70, Source.MODEL)
        for step in range(4, end)
        for voice in range(4)
    ]
    recording.longest_steps, recording.end_steps = 4.0, float(end)
    recording.tempos = [TempoChange(0, 120.0)]
    snapshot = Snapshot(
        transport=Transport.PLAYING,
        mode=Mode.FREE,
        primer=PrimerState.WAITING,
        settings=Settings(),
        model="",
        device="",
        timeline=recording.timeline,
        step=end - 1,
        step_seconds_at=0.0,
        tempo_bpm=120.0,
        planned_from=end,
        planned=(),
        keys=(),
        take=1,
        recording=recording,
        tape=recording,
        ports=Ports(),
        timing=Timing(),
    )
    view = RollView()
    view.resize(1400, 600)
    view.show()
    application.processEvents()
    view.show_snapshot(snapshot, "")
    image = QImage(1400, 600, QImage.Format.Format_RGB32)
    times = []
    for paint in range(PAINTS):
        begun = time.perf_counter()
        view.move_to(end + paint / 60)
        painter = QPainter(image)
        view.render(painter)
        painter.end()
        times.append((time.perf_counter() - begun) * 1000)
    return times[20:]


def main() -> None:
    """Print the table."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    print(f"Cost in ms. {machine()}\n")
    print("| what | p50 | p99 | p99.9 | max |\n|---|---|---|---|---|")
    sampled, updated = sampling()
    print(f"| sampling a frame, k = 25, shipped model, one core | {percentiles(sampled)} |")
    print(f"| updating the recurrent state with it | {percentiles(updated)} |", flush=True)
    for title, minutes in (("one minute", 1.0), ("eight hours", 480.0)):
        print(f"| painting the roll, {title} of music in it | {percentiles(painting(minutes))} |", flush=True)


if __name__ == "__main__":
    main()
