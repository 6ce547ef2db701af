"""From the command to a window, and to the first note at another program, under a virtual screen and a private JACK.

python -m benchmarks.launch
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from tests.e2e.servers import jack_server, screen

RUNS = 5
ROOT = Path(__file__).parent.parent
LISTENER = ROOT / "tests" / "e2e" / "listen.py"


def launch(environment: dict[str, str]) -> tuple[float, float]:
    """Start the program; return seconds until its window is visible and until its first note arrives."""
    listen = [sys.executable, str(LISTENER), "RNN-RBM Live:out"]
    with subprocess.Popen(
        listen, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as listener:
        assert listener.stdout is not None
        time.sleep(1.0)
        begun = time.perf_counter()
        program = subprocess.Popen([sys.executable, "main.py"], cwd=ROOT, env=environment)
        try:
            search = ["xdotool", "search", "--onlyvisible", "--name", "^RNN-RBM Live$"]
            while not subprocess.run(search, env=environment, capture_output=True, check=False).stdout:
                time.sleep(0.005)
            window = time.perf_counter() - begun
            note = 0.0
            for line in listener.stdout:
                words = line.split()
                if len(words) == 2 and words[1].startswith("9"):
                    note = float(words[0]) - begun
                    break
        finally:
            program.terminate()
            program.wait()
            listener.kill()
    return window, note


def main() -> None:
    """Print the table."""
    with jack_server() as jack, screen() as display, tempfile.TemporaryDirectory() as home:
        environment = jack | {"DISPLAY": display["DISPLAY"], "HOME": home, "PULSE_SERVER": "unix:/nowhere"}
        launch(environment)  # warm
        runs = [launch(environment) for _ in range(RUNS)]
    print(f"Launch in seconds, warm, {RUNS} runs. {machine()}\n")
    print("| to | median | from | to |\n|---|---|---|---|")
    for title, times in (("window visible", [w for w, _ in runs]), ("first note", [n for _, n in runs])):
        print(f"| {title} | {median(times):.2f} | {min(times):.2f} | {max(times):.2f} |")


if __name__ == "__main__":
    main()
