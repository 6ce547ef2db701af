"""How late notes, MIDI clock and the player's keys leave, with the whole instrument running and the other core busy.

    python -m benchmarks.lateness --seconds 120 --long 600 --plot lateness.png

The real session plays the shipped model at 120 BPM in 16ths and sends MIDI clock, a tick every 20.8 ms; the real window
animates at 60 frames per second (offscreen); the piano sounds; another process computes without pause. JACK and
PulseAudio are servers of our own, without a sound card, JACK in real time where that is allowed, as musicians run it.
Lateness is the player's own: the moment just before a step's first message goes out, minus its deadline; of the ticks,
the worst in each step. Under "trouble" the window freezes for 50 ms each second and the engine for 400 ms every five.

A key is pressed by another program, on JACK; what counts is from when JACK hands it to programs (as one that does
nothing else sees it) to just before our note goes out.

Beside our player, in the same run, stand the designs one would write first: a thread in the window's process that
sleeps for a step's length after each step, and one that sleeps until absolute deadlines.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import numpy as np
import rtmidi

from benchmarks.live import play_live
from benchmarks.machine import machine, percentiles
from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.messages import ALL_INPUTS, KeyPlayed, PlayerEvent, StepPlayed
from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.io.preset_file import PresetFolder
from rnnrbm_live.learning.process import Workshop
from rnnrbm_live.places import model_library
from rnnrbm_live.player.process import ProcessLink
from rnnrbm_live.sessions import Shelf
from tests.e2e.servers import jack_server, pulse_server

KEY_SECONDS = 0.31  # from one to the next, at least
JACK_FRAMES = 64  # to a cycle, of 1.3 ms
STEP_SECONDS = 0.125
STALL_SECONDS, STALL_EVERY_SECONDS = 0.4, 5.0


class WatchedLink(ProcessLink):
    """A link that keeps every step and key that was played, and can hold the engine up every five seconds."""

    def __init__(self, *, priority: bool, stalling: bool = False) -> None:
        super().__init__(input_name=ALL_INPUTS, priority=priority)
        self._stalling = stalling
        self._stalled_at = time.perf_counter()
        self.steps: list[StepPlayed] = []
        self.keys: list[KeyPlayed] = []

    def poll(self, timeout_seconds: float) -> list[PlayerEvent]:
        if self._stalling and time.perf_counter() - self._stalled_at > STALL_EVERY_SECONDS:
            time.sleep(STALL_SECONDS)
            self._stalled_at = time.perf_counter()
        events = super().poll(timeout_seconds)
        self.steps += [event for event in events if isinstance(event, StepPlayed)]
        self.keys += [event for event in events if isinstance(event, KeyPlayed) and event.velocity]
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


@dataclass
class Late:
    """How late everything was under one condition, in milliseconds.

    Attributes:
        steps: each step's notes.
        ticks: the worst tick of each step.
        keys: the player's keys.
        absolute: a thread with absolute deadlines.
        sleeping: a thread that sleeps for a step each time.
        dry: how many steps had no frame ready.
    """

    steps: list[float] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    absolute: list[float] = field(default_factory=list)
    sleeping: list[float] = field(default_factory=list)
    dry: int = 0


def press_keys(answer: Connection) -> None:
    """Press a key on JACK every third of a second; then tell when JACK handed each on."""
    arrived: list[float] = []
    keys = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="robot")
    keys.open_virtual_port("keys")
    ear = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="robot ear")
    ear.set_callback(lambda event, _: arrived.append(time.perf_counter()) if event[0][2] else None)
    ear.open_port(next(index for index, name in enumerate(ear.get_ports()) if "keys" in name))
    while not answer.poll(3.0 if not arrived else KEY_SECONDS + 0.04 * (len(arrived) % 7) / 7):
        for velocity in (70, 0):
            keys.send_message((0x90, 60, velocity))
            time.sleep(0.02)
    answer.send(arrived)


def measure(seconds: float, *, priority: bool, trouble: bool) -> Late:
    """Play for so long; what was before the first key, for which its port had to be opened, is left out."""
    link = WatchedLink(priority=priority, stalling=trouble)
    link.start()
    robot, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    context.Process(target=press_keys, args=(theirs,), daemon=True).start()
    theirs.close()
    generator = play_live(link, ask.Adjust("tempo_bpm", 120.0), ask.Adjust("midi_clock", True), ask.Play())

    from PyQt6.QtCore import QTimer

    from rnnrbm_live.gui.application import create_application
    from rnnrbm_live.gui.services import Services
    from rnnrbm_live.gui.window import MainWindow

    def nothing(*_: object) -> NoReturn:
        raise AssertionError("nobody opens or exports anything here")

    application = create_application(["lateness"], assets_path())
    services = Services(
        clock=SystemClock(),
        models=[],
        store=Forgetful(),
        read_primer=nothing,
        export=nothing,
        presets=PresetFolder(assets_path() / "presets", Path()),
        sessions=Shelf(Path()),
        cut_off=None,
        workshop=Workshop(Path(), Path(), model_library),
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
    arrived: list[float] = []
    with contextlib.suppress(OSError, EOFError):  # JACK may have thrown the robot out
        robot.send(None)
        arrived = robot.recv()
    window.close()
    generator.close()
    link.close()
    first = link.keys[0].seconds if link.keys else link.steps[0].desired_seconds
    steps = [step for step in link.steps if step.desired_seconds > first + 1.0]
    return Late(
        steps=[1000 * (step.actual_seconds - step.desired_seconds) for step in steps],
        ticks=[1000 * step.tick_late_seconds for step in steps if step.tick_late_seconds is not None],
        keys=_key_lateness(link.keys, arrived),
        absolute=[1000 * late for late in naive.absolute],
        sleeping=[1000 * late for late in naive.sleeping],
        dry=sum(step.revision < 0 for step in steps),
    )


def _key_lateness(keys: Sequence[KeyPlayed], arrived: Sequence[float]) -> list[float]:
    """Return how long after its arrival each key sounded, ms; a key that the robot itself has not heard is left out."""
    late = (min((key.seconds - at for at in arrived), key=abs) for key in keys if arrived)
    return [1000 * seconds for seconds in late if abs(seconds) < KEY_SECONDS / 2]


def _child(seconds: float, priority: bool, trouble: bool, answer: Connection) -> None:
    answer.send(measure(seconds, priority=priority, trouble=trouble))


def plot(lines: dict[str, list[float]], path: Path) -> None:
    """Draw what share of the steps was later than so many milliseconds."""
    import pyqtgraph as pg
    from pyqtgraph.exporters import ImageExporter

    pg.setConfigOptions(antialias=True, background="w", foreground="k")
    application = pg.mkQApp()
    widget = pg.PlotWidget()
    widget.resize(900, 480)
    widget.setLabel("bottom", "later than, ms")
    widget.setLabel("left", "share of steps")
    widget.setLogMode(x=True, y=True)
    widget.showGrid(x=True, y=True, alpha=0.25)
    widget.addLegend(offset=(-10, 10))
    for number, (name, late) in enumerate(lines.items()):
        times = np.sort(np.maximum(late, 1e-3))
        share = 1 - np.arange(len(times)) / len(times)
        widget.plot(times, share, pen=pg.mkPen(pg.intColor(number, len(lines) + 1), width=2), name=name)
    application.processEvents()
    ImageExporter(widget.plotItem).export(str(path))


def table(conditions: Sequence[tuple[float, bool, bool]]) -> dict[str, list[float]]:
    """Measure each condition (seconds, with priority, with trouble) and print its rows; return the steps' lateness."""
    context = multiprocessing.get_context("spawn")
    print("| what | condition | n | p50 | p99 | p99.9 | max | no frame ready |\n|---|---|---|---|---|---|---|---|")
    lines: dict[str, list[float]] = {}
    for seconds, priority, trouble in conditions:
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_child, args=(seconds, priority, trouble, sender))
        child.start()
        late = receiver.recv()
        child.join()
        condition = f"{'trouble' if trouble else 'playing'}, {seconds / 60:g} min"
        name = "our player, real-time priority" if priority else "our player"
        rows = {f"notes, {name}": late.steps, f"clock, {name}": late.ticks, f"keys, {name}": late.keys}
        if not priority:
            rows |= {"thread, absolute deadlines": late.absolute, "thread that sleeps": late.sleeping}
        for number, (what, times) in enumerate(rows.items()):
            dry = late.dry if number == 0 else ""
            print(f"| {what} | {condition} | {len(times)} | {percentiles(times)} | {dry} |", flush=True)
        lines[f"{name}, {condition}"] = late.steps
        if not priority and not trouble:
            lines |= {"thread, absolute deadlines": late.absolute, "thread that sleeps": late.sleeping}
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each condition (default: 60)")
    parser.add_argument("--long", type=float, default=0.0, help="seconds of one more, with priority (default: none)")
    parser.add_argument("--plot", type=Path, help="picture to write")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    seconds = arguments.seconds
    conditions = [(seconds, priority, trouble) for trouble in (False, True) for priority in (True, False)]
    if arguments.long:
        conditions.append((arguments.long, True, False))
    print(f"Lateness, ms. {machine()}. 16ths at 120 BPM, MIDI clock\n", flush=True)
    with jack_server(JACK_FRAMES) as jack, pulse_server() as sound:
        os.environ.update(jack | {name: sound.environment[name] for name in ("PULSE_SERVER", "PULSE_COOKIE")})
        burner = multiprocessing.get_context("spawn").Process(target=burn, daemon=True)
        burner.start()
        lines = table(conditions)
        burner.kill()
    if arguments.plot:
        plot(lines, arguments.plot)


if __name__ == "__main__":
    main()
