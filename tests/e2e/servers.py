"""Real servers, private to one test: JACK with its dummy driver, PulseAudio with a null sink, a virtual screen.

They are Debian packages that `make test` installs. Where one is missing, or a container forbids what it needs, the
test says which and why.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock, Timeout
from numpy.typing import NDArray

RATE = 48_000
MOST_SERVERS = 4


def need(*programs: str) -> None:
    """Fail if a program that `make test` installs is not there."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.fail(f"{', '.join(missing)} not found: run `make test`, which installs what the tests need")


@contextlib.contextmanager
def running(*command: str, **more: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in the background and end it, hard if need be; it also ends, gently, if this process is killed."""
    if shutil.which("setpriv"):
        command = ("setpriv", "--pdeathsig", "TERM", *command)
    quiet: dict[str, object] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    process = subprocess.Popen(command, **(quiet | more))  # type: ignore[call-overload]  # of mixed types
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(done: object, seconds: float = 15.0, what: str = "it") -> None:
    """Wait until a callable is true."""
    assert callable(done)
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.02)


@contextlib.contextmanager
def jack_server(frames: int = 1024) -> Iterator[dict[str, str]]:
    """Run a JACK server without a sound card, so many frames a cycle; yield the environment that its clients need.

    It runs in real time where that is allowed, as musicians run it: otherwise it loses messages on a busy machine.
    """
    need("jackd", "jack_lsp")
    with _free_name() as name:
        environment = os.environ | {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
        priority = "--realtime" if _may_be_real_time() else "--no-realtime"
        command = ["jackd", priority, "-n", name, "-d", "dummy", "-r", str(RATE), "-p", str(frames)]
        with running(*command) as server:
            _wait_for_jack(server, environment)
            yield environment


def _may_be_real_time() -> bool:
    """Return whether the system gives this process real-time priority."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


@contextlib.contextmanager
def _free_name() -> Iterator[str]:
    """Take one of a few names for a server, until it has ended.

    JACK keeps a list of at most eight servers, and one that was killed stays on it until another of its name begins:
    with new names all the time the list would fill up.
    """
    for number in range(1, MOST_SERVERS + 1):
        name = f"rnnrbm-test-{number}"
        lock = FileLock(Path(tempfile.gettempdir()) / f"{name}-{getpass.getuser()}.lock")
        with contextlib.suppress(Timeout), lock.acquire(blocking=False):
            yield name
            return
    pytest.fail(f"{MOST_SERVERS} JACK servers of our tests run already: let those tests end first")


def _wait_for_jack(server: subprocess.Popen[bytes], environment: dict[str, str]) -> None:
    end = time.monotonic() + 10
    while subprocess.run(["jack_lsp"], env=environment, capture_output=True, check=False).returncode:
        if server.poll() is not None:
            pytest.skip(f"jackd ends at once here (exit code {server.returncode}): no shared memory, or too many")
        if time.monotonic() > end:
            pytest.fail("jackd does not answer")
        time.sleep(0.05)


@dataclass
class Sound:
    """A private PulseAudio server.

    Attributes:
        environment: that its clients need.
    """

    environment: dict[str, str]
    _chunks: list[NDArray[np.float32]] = field(default_factory=list)

    def record(self, seconds: float) -> NDArray[np.float32]:
        """Return what sounds during so many seconds, (n, 2) from -1 to 1."""
        n_bytes = int(seconds * RATE) * 4
        command = ["parec", "-d", "test.monitor", "--raw", "--format=s16le", f"--rate={RATE}", "--channels=2"]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE) as recorder:
            assert recorder.stdout is not None
            data = recorder.stdout.read(n_bytes)
            recorder.terminate()
        return np.frombuffer(data, "<i2").reshape(-1, 2).astype(np.float32) / 32_768


@contextlib.contextmanager
def pulse_server() -> Iterator[Sound]:
    """Run a PulseAudio server whose only output is a null sink that can be recorded."""
    need("pulseaudio", "parec", "pactl")
    with tempfile.TemporaryDirectory(prefix="rl") as folder:  # a socket's path must be short
        socket = Path(folder) / "p"
        environment = os.environ | {
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_COOKIE": f"{folder}/cookie",
            "HOME": folder,
            "XDG_RUNTIME_DIR": folder,
        }
        server = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-F", "/dev/null"]
        server += ["-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
        server += ["-L", f"module-null-sink sink_name=test rate={RATE}"]
        with running(*server, env=environment) as process:

            def answers() -> bool:
                if process.poll() is not None:
                    pytest.skip(f"pulseaudio ends at once here (exit code {process.returncode})")
                asked = subprocess.run(["pactl", "info"], env=environment, capture_output=True, check=False)
                return asked.returncode == 0

            wait_for(answers, what="pulseaudio's answer")
            yield Sound(environment)


@contextlib.contextmanager
def screen(width: int = 1600, height: int = 1000) -> Iterator[dict[str, str]]:
    """Run a virtual X screen; yield the environment that shows windows on it."""
    need("Xvfb", "xdotool")
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    command += ["-noreset"]  # else it starts over when xdotool, for a moment its only client, leaves
    with running(*command, pass_fds=(writer,)) as server:
        os.close(writer)
        with os.fdopen(reader) as numbers:
            number = numbers.readline().strip()
        if not number:
            pytest.fail(f"Xvfb ended at once (exit code {server.wait()})")
        environment = os.environ | {"DISPLAY": f":{number}"}
        for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            environment.pop(name, None)
        yield environment
