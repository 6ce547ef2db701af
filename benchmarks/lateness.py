"""How late notes leave, with the whole instrument running and the other core kept busy.

    python -m benchmarks.lateness --seconds 60

The real session plays the shipped model at 120 BPM in 16ths; the real window animates at 60 frames per second
(offscreen); another process computes without pause. Lateness is the player's own: the moment just before a step's first
message goes out, minus its deadline. Sound and MIDI ports are used where the machine has them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
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


def measure(seconds: float, *, priority: bool) -> list[StepPlayed]:
    """Play for so long and return the steps, the first second left out."""
    link = WatchedLink(priority=priority)
    link.start()
    library = model_library()
    stepper = load_stepper(library, DEFAULT_MODEL)
    clock = SystemClock()
    session = make_session(
        link=link, clock=clock, library=library, stepper=stepper, settings=model_settings(stepper), device="cpu"
    )
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
    application.exec()
    window.close()
    generator.close()
    link.close()
    first = link.steps[0].desired_seconds
    return [step for step in link.steps if step.desired_seconds > first + 1.0]


def _child(seconds: float, priority: bool, answer: object) -> None:
    steps = measure(seconds, priority=priority)
    late = [(step.actual_seconds - step.desired_seconds) * 1000 for step in steps]
    answer.send((late, sum(step.revision < 0 for step in steps)))  # type: ignore[attr-defined]


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
    print("| real-time priority | steps | p50 | p99 | p99.9 | max | no frame ready |\n|---|---|---|---|---|---|---|")
    for priority in (True, False):
        receiver, sender = context.Pipe(duplex=False)
        player = context.Process(target=_child, args=(seconds, priority, sender))
        player.start()
        late, dry = receiver.recv()
        player.join()
        print(f"| {'asked for' if priority else 'no'} | {len(late)} | {percentiles(late)} | {dry} |", flush=True)
    burner.kill()


if __name__ == "__main__":
    main()
