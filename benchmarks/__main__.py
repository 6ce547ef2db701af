"""Every measurement of this machine, one after the other: ``make bench``."""

from __future__ import annotations

import subprocess
import sys

for name in ("speed", "launch", "lateness"):
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
    print()
