"""``python -m rnnrbm_live``, ``rnnrbm-live`` and ``main.py``."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    # One thread of linear algebra: a frame is too small to share, and the second core belongs to the player.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl+C: silence, close the journal, exit
    from rnnrbm_live.cli import run

    return run(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
