"""Soak and chaos: hours of music, and what happens to them.

    python -m benchmarks.soak --hours 8 --minutes 30

First, offline: so many hours of music at full speed, with a control changed every few bars, the journal being written;
what is looked for is growth, of memory, threads, open files and the cost of a step. Then, in real time on a JACK
server of our own with its dummy driver: every few seconds something is done to the instrument, from tempo and model to
a killed player, a frozen engine and an output that vanishes; an independent process listens to our own MIDI output, all
the time and to every player after the other. In the end the journal is drawn again, step by step.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rtmidi

from benchmarks.lateness import WatchedLink
from benchmarks.live import play_live
from benchmarks.machine import machine, percentiles
from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.messages import OpenOutput, Panic, PlayKey
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.generator import Generator, run_offline
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.engine.session import Session
from rnnrbm_live.instrument import load_stepper, make_session, model_settings
from rnnrbm_live.io.journal import records, session_files
from rnnrbm_live.io.midi_ports import CLIENT_NAME
from rnnrbm_live.places import DEFAULT_MODEL, model_library
from rnnrbm_live.player.offline import OfflinePlayer
from tests.e2e.ear import Ear
from tests.e2e.servers import jack_server

WITNESS = "soak witness"
AFTERMATH_SECONDS = 4.0  # after something was done on purpose, in which its consequences are not held against us
STEPS_PER_HOUR = 4 * 120 * 60


@dataclass(frozen=True)
class Footprint:
    """What a process holds: memory in MiB, threads, open files."""

    mebibytes: float
    threads: int
    files: int

    @classmethod
    def of(cls, pid: int | None) -> Footprint:
        """Look at a process (Linux)."""
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        files = len(os.listdir(f"/proc/{pid}/fd"))
        return cls(int(fields["VmRSS"].split()[0]) / 1024, int(fields["Threads"]), files)

    def __str__(self) -> str:
        """Write it as a table's cells."""
        return f"{self.mebibytes:.0f} MiB | {self.threads} | {self.files}"


def offline(hours: float, folder: Path) -> None:
    """Play for so many hours of music at full speed; print a row for each."""
    link = OfflinePlayer()
    library = model_library()
    stepper = load_stepper(library, DEFAULT_MODEL)
    session = make_session(
        link=link,
        clock=link.clock,
        library=library,
        stepper=stepper,
        settings=model_settings(stepper),
        device="cpu",
        sessions=folder,
    )
    chance = random.Random(0)
    session.command(ask.Play())
    print(f"| hour | ms per step | notes | memory | threads | files |\n|{'---|' * 6}")
    print(f"| 0 | | 0 | {Footprint.of(os.getpid())} |", flush=True)
    step = 0
    for hour in range(1, max(1, round(hours)) + 1):
        end = hour * STEPS_PER_HOUR
        began = time.perf_counter()
        while step < end:
            step += 64
            run_to = step
            _control(session, chance)
            _run(session, link, run_to)
        spent = 1000 * (time.perf_counter() - began) / STEPS_PER_HOUR
        notes = len(session.snapshot.tape.notes)
        print(f"| {hour} | {spent:.3f} | {notes:,} | {Footprint.of(os.getpid())} |", flush=True)
    run_offline(session, link, lambda _: True)
    session.close()


def _control(session: Session, chance: random.Random) -> None:
    name, low, high = chance.choice((("temperature", 0.6, 1.4), ("density", -1.0, 1.0), ("tempo_bpm", 60.0, 200.0)))
    session.command(ask.Adjust(name, round(chance.uniform(low, high), 2)))


def _run(session: Session, link: OfflinePlayer, step: int) -> None:
    while session.snapshot.step < step:
        while session.work():
            pass
        for event in link.poll(0.0):
            session.event(event)


class Chaos:
    """Things that are done to an instrument while it plays."""

    def __init__(self, generator: Generator, link: WatchedLink, chance: random.Random) -> None:
        """Stand ready."""
        self._generator, self._link, self._chance = generator, link, chance
        self._synth: subprocess.Popen[bytes] | None = None
        self.done: dict[str, int] = {}
        self.spans: list[tuple[float, float]] = []  # when each thing began, and when it was done

    def strike(self) -> None:
        """Do one thing."""
        done_often = (self.controls, self.controls, self.keys, self.transport, self.primer)
        what = self._chance.choice((*done_often, self.kill_player, self.freeze_engine, self.plug, self.panic))
        began = time.perf_counter()
        what()
        self.spans.append((began, time.perf_counter()))
        self.done[what.__name__] = self.done.get(what.__name__, 0) + 1

    def controls(self) -> None:
        """Drag every slider."""
        send, draw = self._generator.send, self._chance.uniform
        for _ in range(20):
            send(ask.Adjust("temperature", draw(0.5, 1.5)))
            send(ask.Adjust("density", draw(-2, 2)))
            send(ask.Adjust("gibbs_steps", round(draw(5, 100))))
            send(ask.Adjust("tempo_bpm", draw(60, 200)))
            time.sleep(0.01)

    def keys(self) -> None:
        """Hold 88 keys, and let go."""
        for velocity in (90, 0):
            for pitch in range(21, 109):
                self._generator.send(PlayKey(pitch, velocity))
            time.sleep(0.3)

    def transport(self) -> None:
        """Pause and stop, and go on."""
        for command in (ask.Pause(), ask.Play(), ask.Stop(), ask.Play()):
            self._generator.send(command)
            time.sleep(self._chance.uniform(0, 0.3))

    def primer(self) -> None:
        """Play a few notes and let the model go on."""
        self._generator.send(ask.SetMode(Mode.PRIMER))
        for pitch in (60, 64, 67):
            self._generator.send(PlayKey(pitch, 80))
            time.sleep(0.2)
            self._generator.send(PlayKey(pitch, 0))
        self._generator.send(ask.Continue())
        self._generator.send(ask.SetMode(Mode.FREE))

    def panic(self) -> None:
        """End every sound."""
        self._generator.send(Panic())

    def kill_player(self) -> None:
        """Kill the process that plays; not so often that it is given up."""
        if self._link.pid is not None and self.done.get("kill_player", 0) * 25 <= len(self.spans):
            os.kill(self._link.pid, signal.SIGKILL)

    def freeze_engine(self) -> None:
        """Let the engine's thread get nothing done for 400 ms."""
        end = time.perf_counter() + 0.4
        while time.perf_counter() < end:
            sum(range(200_000))

    def plug(self) -> None:
        """Plug a synthesizer in and choose it, or pull it out."""
        if self._synth is None:
            self._synth = subprocess.Popen(
                [sys.executable, "-c", _SYNTH], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
            time.sleep(1.0)
            self._generator.send(OpenOutput("soak synth:in"))
        else:
            self.unplug()
            time.sleep(0.5)
            self._generator.send(OpenOutput(None))

    def unplug(self) -> None:
        """Pull the synthesizer out."""
        if self._synth is not None:
            self._synth.kill()
            self._synth.wait()
            self._synth = None


_SYNTH = """
import sys, rtmidi
port = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="soak synth", queue_size_limit=100_000)
port.open_virtual_port("in")
sys.stdin.read()
"""


class Wires:
    """Connects our own port to the witness whenever a player offers it: it listens all the time."""

    def __init__(self) -> None:
        """Begin."""
        self._ended = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Connect no more."""
        self._ended.set()

    def _run(self) -> None:
        lister = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="wires")
        connected: set[str] = set()
        while not self._ended.wait(0.05):
            offered = {name for name in lister.get_ports() if name.startswith(CLIENT_NAME) and name.endswith(":out")}
            for name in offered - connected:
                subprocess.run(["jack_connect", name, f"{WITNESS}:in"], capture_output=True, check=False)
            connected = offered


def live(minutes: float, folder: Path) -> None:
    """Play for so many minutes in real time and do things to the instrument; print what came of it."""
    link = WatchedLink(priority=True)
    link.start()
    generator = play_live(link, ask.Adjust("tempo_bpm", 120.0), ask.Play(), sessions=folder)
    chance = random.Random(1)
    chaos = Chaos(generator, link, chance)
    ear = Ear(device=WITNESS)
    wires = Wires()
    time.sleep(3.0)
    first = Footprint.of(os.getpid()), Footprint.of(link.pid)
    end = time.perf_counter() + 60 * minutes
    while time.perf_counter() < end:
        time.sleep(chance.uniform(3, 8))
        chaos.strike()
    chaos.unplug()
    generator.send(OpenOutput(None))
    generator.send(ask.Play())
    time.sleep(AFTERMATH_SECONDS)
    time.sleep(6.0)
    last = Footprint.of(os.getpid()), Footprint.of(link.pid)
    generator.send(ask.Stop())
    time.sleep(1.0)
    generator.close()
    link.close()
    time.sleep(1.0)
    hung = ear.sounding
    wires.close()
    ear.close()

    begun, done = np.array([*chaos.spans, (np.inf, np.inf)]).T
    late = [(step.actual_seconds - step.desired_seconds) * 1000 for step in link.steps]
    calm = [
        step
        for step in link.steps
        if not ((begun <= step.desired_seconds) & (step.desired_seconds - done < AFTERMATH_SECONDS)).any()
    ]
    calm_late = [(step.actual_seconds - step.desired_seconds) * 1000 for step in calm]
    print(f"{minutes:g} minutes; done to it: {', '.join(f'{name} {n}' for name, n in sorted(chaos.done.items()))}\n")
    print("| steps | p50 | p99 | p99.9 | max, ms | no frame ready |\n|---|---|---|---|---|---|")
    for name, times, steps in (("all", late, link.steps), ("undisturbed", calm_late, calm)):
        print(f"| {name}: {len(steps)} | {percentiles(times)} | {sum(step.revision < 0 for step in steps)} |")
    print(f"\n| process | at first: memory | threads | files | at the end: memory | threads | files |\n|{'---|' * 7}")
    for name, before, after in (("engine", first[0], last[0]), ("player", first[1], last[1])):
        print(f"| {name} | {before} | {after} |")
    (path,) = session_files(folder)
    found = regenerate((record for record, _ in records(path)), lambda name: load_stepper(model_library(), name))
    print(f"\nnotes heard: {len(ear.notes)}, left sounding at the end: {len(hung)}")
    print(
        f"journal: {found.steps} steps by the model, {found.drawn} drawn again, {found.unplanned} heard as they were,"
        f" {len(found.differing)} differ"
    )


def main() -> None:
    """Print what came of it."""
    parser = argparse.ArgumentParser(description="Soak and chaos.")
    parser.add_argument("--hours", type=float, default=8.0, help="of music, offline (default: 8; 0 for none)")
    parser.add_argument("--minutes", type=float, default=30.0, help="in real time (default: 30; 0 for none)")
    arguments = parser.parse_args()
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.hours:
            offline(arguments.hours, Path(folder) / "offline")
            print()
        if arguments.minutes:
            with jack_server() as environment:
                os.environ.update(environment)
                live(arguments.minutes, Path(folder) / "live")


if __name__ == "__main__":
    main()
