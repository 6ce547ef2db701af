"""Tempo from what a person does: taps, and the onsets of a free primer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import median

from rnnrbm_live.core.settings import RANGES

TAP_TIMEOUT_SECONDS = 2.5  # a longer pause starts a new tempo
TAPS_KEPT = 8


class TapTempo:
    """Tempo of a tapping finger: the median interval of the last taps."""

    def __init__(self) -> None:
        """Begin with no taps."""
        self._taps: list[float] = []

    def tap(self, seconds: float) -> float | None:
        """Add a tap at a time and return the tempo in BPM; None until there are two."""
        if self._taps and seconds - self._taps[-1] > TAP_TIMEOUT_SECONDS:
            self._taps.clear()
        self._taps = [*self._taps[-(TAPS_KEPT - 1) :], seconds]
        intervals = _differences(self._taps)
        if not intervals or median(intervals) <= 0:
            return None
        allowed = RANGES["tempo_bpm"]
        return min(max(60.0 / median(intervals), allowed.low), allowed.high)


def _differences(times: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]
