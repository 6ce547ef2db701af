"""How late notes leave, with the whole instrument running and the other core kept busy.

    python -m benchmarks.lateness --seconds 60

The real session plays the shipped model at 120 BPM in 16ths; the real window animates at 60 frames per second
(offscreen); another process computes without pause. Lateness is the player's own: the moment just before a step's first
message goes out, minus its deadline. Sound and MIDI ports are used where the machine has them. Under "trouble" the
window freezes for 50 ms each second and the engine for 400 ms every five.

Beside our player, in the same run, stand the designs one would write first: a thread in the window's process that
sleeps for a step's length after each step, and one that sleeps until absolute deadlines.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.machine import machine, percentiles
from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.messages import PlayerEvent, StepPlayed
from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.engine.generator import Generator
from rnnrbm_live.instrument import load_stepper, make_session, model_settings
from rnnrbm_live.places import DEFAULT_MODEL, model_library
from rnnrbm_live.player.process import ProcessLink
from rnnrbm_live.sessions import Shelf


class WatchedLink(ProcessLink):
    """A link that keeps every step that was played."""

    def __init__(self, *, priority: bool) -> None:
        super().__init__(priority=priority)
        self.steps: list[StepPlayed] = []

    def poll(self, timeout_seconds: float) -> list[PlayerEvent]:
        events = super().poll(timeout_seconds)
        self.steps += [event for event in events if isinstance(event, StepPlayed)]
        return events


class Forgetful:
    """A settings store that remembers nothing."""

    def load(self) -> dict[str, object]:
        return {}

    def save(self, values: object) -> None:
        pass


def burn() -> None:
    """Keep a core busy."""
    while True:
        sum(range(100_000))


STEP_SECONDS = 0.125


class NaiveThreads:
    """The designs one would write first, on the same grid, beside the window; how late they are, in seconds."""

    def __init__(self) -> None:
        """Begin."""
        self.sleeping: list[float] = []
        self.absolute: list[float] = []
        self._ended = threading.Event()
        for run in (self._sleep_each_time, self._sleep_until):
            threading.Thread(target=run, daemon=True).start()

    def end(self) -> None:
        """Cease."""
        self._ended.set()

    def _sleep_each_time(self) -> None:
        began, steps = time.perf_counter(), 0
        while not self._ended.is_set():
            time.sleep(STEP_SECONDS)
            steps += 1
            self.sleeping.append(time.perf_counter() - (began + steps * STEP_SECONDS))

    def _sleep_until(self) -> None:
        deadline = time.perf_counter()
        while not self._ended.is_set():
            deadline += STEP_SECONDS
            time.sleep(max(0.0, deadline - time.perf_counter()))
            self.absolute.append(time.perf_counter() - deadline)


def hold_up(seconds: float) -> None:
    """Compute for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def measure(seconds: float, *, priority: bool, trouble: bool) -> tuple[list[StepPlayed], NaiveThreads]:
    """Play for so long and return the steps, the first second left out, and what naive threads did meanwhile."""
    link = WatchedLink(priority=priority)
    link.start()
    library = model_library()
    stepper = load_stepper(library, DEFAULT_MODEL)
    clock = SystemClock()
    session = make_session(
        link=link, clock=clock, library=library, stepper=stepper, settings=model_settings(stepper), device="cpu"
    )
    if trouble:
        work, stalled_at = session.work, [time.perf_counter()]

        def work_or_stall() -> bool:
            if time.perf_counter() - stalled_at[0] > 5.0:
                stalled_at[0] = time.perf_counter()
                time.sleep(0.4)
            return work()

        session.work = work_or_stall  # type: ignore[method-assign]
    generator = Generator(session, link)
    generator.start()
    generator.send(ask.Adjust("tempo_bpm", 120.0))
    generator.send(ask.Play())

    from PyQt6.QtCore import QTimer

    from rnnrbm_live.gui.application import create_application
    from rnnrbm_live.gui.services import Services
    from rnnrbm_live.gui.window import MainWindow

    application = create_application(["lateness"], assets_path())
    services = Services(
        clock=clock,
        models=[],
        store=Forgetful(),
        read_primer=lambda *_: None,  # type: ignore[arg-type, return-value]
        export=lambda *_: None,
        sessions=Shelf(Path()),
        cut_off=None,
        exports_folder=Path.home(),
        diagnostics=str,
    )
    window = MainWindow(generator, services)
    window.resize(1400, 800)
    window.show()
    QTimer.singleShot(round(seconds * 1000), application.quit)
    freezing = QTimer()
    freezing.timeout.connect(lambda: hold_up(0.05))
    if trouble:
        freezing.start(1000)
    naive = NaiveThreads()
    application.exec()
    naive.end()
    window.close()
    generator.close()
    link.close()
    first = link.steps[0].desired_seconds
    return [step for step in link.steps if step.desired_seconds > first + 1.0], naive


def _child(seconds: float, priority: bool, trouble: bool, answer: Connection) -> None:
    steps, naive = measure(seconds, priority=priority, trouble=trouble)
    late = [(step.actual_seconds - step.desired_seconds) * 1000 for step in steps]
    others = [[1000 * lateness for lateness in each] for each in (naive.absolute, naive.sleeping)]
    answer.send((late, sum(step.revision < 0 for step in steps), *others))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each condition (default: 60)")
    seconds = parser.parse_args().seconds
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    context = multiprocessing.get_context("spawn")
    burner = context.Process(target=burn, daemon=True)
    burner.start()
    print(f"Lateness of note messages, ms. {machine()}. {seconds:.0f} s each, 16ths at 120 BPM\n")
    print(
        "| design | condition | steps | p50 | p99 | p99.9 | max | no frame ready |\n|---|---|---|---|---|---|---|---|"
    )
    for priority, trouble in ((True, False), (False, False), (True, True), (False, True)):
        receiver, sender = context.Pipe(duplex=False)
        player = context.Process(target=_child, args=(seconds, priority, trouble, sender))
        player.start()
        late, dry, absolute, sleeping = receiver.recv()
        player.join()
        condition = "trouble" if trouble else "playing"
        name = "our player, real-time priority" if priority else "our player"
        print(f"| {name} | {condition} | {len(late)} | {percentiles(late)} | {dry} |", flush=True)
        if not priority:
            for name, times in (("thread, absolute deadlines", absolute), ("thread that sleeps", sleeping)):
                print(f"| {name} | {condition} | {len(times)} | {percentiles(times)} | |", flush=True)
    burner.kill()


if __name__ == "__main__":
    main()
