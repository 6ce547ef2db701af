"""What a frame costs to sample, and what the window costs to paint.

python -m benchmarks.speed

The window is the real one over the real session, 1400 by 800 pixels, painted in software; time is moved by hand, 60
frames to a second. Counted is the CPU time of the window's own thread: looking at the session, and painting all that
has changed (roll, keyboard, overview, figures and, where it is open, thinking). What the session itself costs is not in
it; nor is handing the finished picture to the screen, since there is none.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from PyQt6 import sip
from PyQt6.QtWidgets import QApplication

from benchmarks.machine import machine, percentiles
from benchmarks.sampling import sampling
from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.journal import NoJournal
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.gui.application import create_application
from rnnrbm_live.gui.window import MainWindow
from rnnrbm_live.places import DEFAULT_MODEL
from scripts.pictures import Stage, open_window

SIZE = (1400, 800)
FRAMES_PER_SECOND = 60
WARM_SECONDS, SECONDS = 3.0, 10.0
TEMPO_BPM, STEPS_PER_SECOND = 120.0, 8
ROAD_STEPS = 10 * 60 * STEPS_PER_SECOND  # with several roads, each leaves the one before it after so long
BACK_STEPS = 64  # before the moment at which it does


def recorded(frames: list[Frame], minutes: float, *, roads: bool) -> Recording:
    """Return a session so long that plays frames over and over, on one road or on several."""
    recording = Recording(Timeline(4))
    planned = [PlannedFrame(frame, tuple((pitch, 70) for pitch in sorted(frame.onsets))) for frame in frames]
    for step in range(round(minutes * 60 * STEPS_PER_SECOND)):
        if roads and step and step % ROAD_STEPS == 0:
            recording.apply(jot.SectionBegun(step, model=DEFAULT_MODEL, resumes=step - BACK_STEPS))
        recording.apply(jot.StepHeard(step, planned[step % len(planned)], TEMPO_BPM))
    return recording


def animation(window: MainWindow, stage: Stage) -> tuple[float, list[float]]:
    """Let the window follow the music; return its share of a core, and the CPU milliseconds of each frame."""
    spent = []
    begin = stage.clock.now_seconds()
    for frame in range(round((WARM_SECONDS + SECONDS) * FRAMES_PER_SECOND)):
        stage.play_until(begin + frame / FRAMES_PER_SECOND)
        begun = time.thread_time()
        window.bridge.look()
        QApplication.processEvents()
        spent.append((time.thread_time() - begun) * 1000)
    spent = spent[round(WARM_SECONDS * FRAMES_PER_SECOND) :]
    return sum(spent) / 1000 / SECONDS, spent


def main() -> None:
    """Print the tables."""
    print(f"Cost in ms. {machine()}\n")
    print("| what | p50 | p99 | p99.9 | max |\n|---|---|---|---|---|")
    sampled, updated, frames = sampling()
    print(f"| sampling a frame, k = 25, shipped model, one core | {percentiles(sampled)} |")
    print(f"| updating the recurrent state with it | {percentiles(updated)} |\n", flush=True)
    print(f"The window at {SIZE[0]} x {SIZE[1]}, {FRAMES_PER_SECOND} frames a second: share of one core, ms a frame.\n")
    print("| what | of a core | p50 | p99 | p99.9 | max |\n|---|---|---|---|---|---|")
    application = create_application(["speed"], assets_path())
    for title, minutes, roads in (
        ("one minute of music", 1.0, False),
        ("eight hours", 480.0, False),
        ("eight hours, 48 roads", 480.0, True),
    ):
        recording = recorded(frames, minutes, roads=roads)
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage()
            step = round(recording.end_steps)
            stage.send(ask.TakeUpSession(recording, DEFAULT_MODEL, step, 1, lambda _tell: NoJournal()))
            stage.send(ask.Adjust("tempo_bpm", TEMPO_BPM))
            stage.send(ask.Play())
            window = open_window(stage, Path(folder))
            window.resize(*SIZE)
            for shown, what in ((False, "thinking folded"), (True, "thinking open")):
                window.folding.set_open(shown)
                share, spent = animation(window, stage)
                print(f"| {title}, {what} | {100 * share:.0f} % | {percentiles(spent)} |", flush=True)
            window.close()
            sip.delete(window)  # before the application goes
    del application


if __name__ == "__main__":
    main()
