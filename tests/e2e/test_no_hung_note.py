"""No hung note, ever: whatever happens to the instrument, a process that knows nothing of it hears every note end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.generator import Generator
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.instrument import load_stepper, make_session, model_settings
from rnnrbm_live.io.journal import load_session, session_files
from rnnrbm_live.io.session_export import export_recording
from rnnrbm_live.places import model_library
from rnnrbm_live.player.process import ProcessLink
from tests.e2e.ear import Ear
from tests.e2e.servers import jack_server, wait_for

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parent.parent.parent
FAST_BPM = 240.0
SILENCED = {"b04000", "b07b00"}  # sustain off, all notes off, on the model's channel


class Band:
    """The instrument without its window, heard on its own port and on a device that it plays on."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.folder = folder
        self.device = Ear(environment, device="synth")
        self.link = ProcessLink()
        self.link.start()
        library = model_library()
        stepper = load_stepper(library, "folk-tunes")
        self.session = make_session(
            link=self.link,
            clock=SystemClock(),
            library=library,
            stepper=stepper,
            settings=model_settings(stepper),
            device="cpu",
        )
        self.generator = Generator(self.session, self.link)
        self.generator.start()
        self.own = Ear(environment)

    def ask(self, *commands: ask.Command) -> None:
        for command in commands:
            self.generator.send(command)

    def play(self) -> None:
        """Play fast, until both ears hear a chord."""
        self.ask(ask.SetMode(Mode.FREE), ask.Adjust("tempo_bpm", FAST_BPM))
        if "synth:in" not in self.generator.snapshot.ports.outputs_open:
            self.ask(msg.OpenOutput("synth:in"))
        self.ask(ask.Play())
        wait_for(lambda: all(len(ear.sounding) >= 3 for ear in (self.own, self.device)), what="a chord")

    def happen(self, what: str) -> None:
        match what:
            case "stop":
                self.ask(ask.Stop())
            case "pause":
                self.ask(ask.Pause())
            case "panic":
                self.ask(msg.Panic())
            case "mode":
                self.ask(ask.SetMode(Mode.PRIMER))
            case "tempo":
                self.ask(ask.Adjust("tempo_bpm", 90.0))
            case "model":
                self.ask(ask.SelectModel("piano"))
            case "output":
                self.ask(msg.OpenOutput(None))
            case "export":
                export_recording(self.folder / "x.mid", self.generator.snapshot.recording, title="x")
            case "exception":
                self.session.work = self._fail  # type: ignore[method-assign]  # it breaks
                self.link.wake()
            case "exit":
                self.generator.close()
                self.link.close()

    def close(self) -> None:
        self.generator.close()
        self.link.close()
        self.own.close()
        self.device.close()

    def _fail(self) -> bool:
        del self.session.work  # type: ignore[method-assign]  # and heals
        raise RuntimeError("out of ideas")


@pytest.fixture(scope="module")
def band(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Band]:
    """One instrument for all that may happen; what ends it comes last."""
    with jack_server() as environment, pytest.MonkeyPatch.context() as patch:
        for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
            patch.setenv(name, environment[name])
        patch.setenv("PULSE_SERVER", "unix:/nowhere")  # no sound here
        band = Band(environment, tmp_path_factory.mktemp("band"))
        try:
            yield band
        finally:
            band.close()


@pytest.mark.parametrize(
    "what", ["stop", "pause", "panic", "mode", "tempo", "model", "output", "export", "exception", "exit"]
)
def test_all_that_sounds_ends(band: Band, what: str) -> None:
    band.play()
    ears = (band.own, band.device)
    marks = [len(ear.messages) for ear in ears]
    band.happen(what)
    for ear, mark in zip(ears, marks, strict=True):
        wait_for(lambda ear=ear, mark=mark: ear.ended_since(mark), what="a note-off for each note")
    if what in ("stop", "pause", "mode", "exception", "exit"):
        wait_for(lambda: all(ear.silent_for(0.3) for ear in ears), what="silence")
    if what in ("panic", "exit"):
        assert all(ear.controls_since(mark) >= SILENCED for ear, mark in zip(ears, marks, strict=True))
    if what == "output":
        wait_for(lambda: band.device.silent_for(0.3), what="silence of the one that was left")
        assert band.device.controls_since(marks[1]) >= SILENCED
    if what == "exception":
        assert band.generator.snapshot.transport is Transport.STOPPED
        assert band.generator.snapshot.notice is not None
        assert "out of ideas" in band.generator.snapshot.notice.text
    if what == "model":
        wait_for(lambda: band.generator.snapshot.model == "piano", what="the other model")
    if what != "exit":
        band.ask(ask.Stop())
        wait_for(lambda: all(ear.silent_for(0.2) for ear in ears), what="silence after stop")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Ear]]:
    """The program as a user runs it, and what is heard of it."""
    with jack_server() as environment:
        places = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
        environment |= places | {"HOME": str(tmp_path), "PULSE_SERVER": "unix:/nowhere"}
        command = [sys.executable, "main.py", "play", "--tempo", f"{FAST_BPM:g}"]
        program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        ear = Ear(environment)
        try:
            yield program, ear
        finally:
            program.kill()
            program.wait()
            ear.close()


def test_an_engine_that_stalls_falls_silent_goes_on_and_ends_at_sigterm(
    program: tuple[subprocess.Popen[bytes], Ear], tmp_path: Path
) -> None:
    process, ear = program
    wait_for(lambda: len(ear.notes) > 5, 20, "music")
    process.send_signal(signal.SIGSTOP)  # the whole engine; the player has three seconds of music, and a beat
    wait_for(lambda: ear.silent_for(0.5), what="silence")
    before = len(ear.notes)
    process.send_signal(signal.SIGCONT)
    wait_for(lambda: len(ear.notes) > before + 5, what="its going on")
    mark = len(ear.messages)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    wait_for(lambda: ear.silent_for(0.2), what="silence")
    assert ear.ended_since(mark)
    assert ear.controls_since(mark) >= SILENCED
    (path,) = session_files(tmp_path / "XDG_DATA_HOME" / "rnnrbm-live" / "sessions")
    assert load_session(path).closed, "nothing was cut off"


def test_a_program_that_is_killed_leaves_nothing_sounding(program: tuple[subprocess.Popen[bytes], Ear]) -> None:
    process, ear = program
    wait_for(lambda: len(ear.notes) > 5 and ear.sounding, 20, "music")
    children = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    assert children
    mark = len(ear.messages)
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: ear.silent_for(0.2), what="silence")
    assert ear.ended_since(mark)
    assert ear.controls_since(mark) >= SILENCED
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), what="the end of its player")
