"""How well time was kept: the last steps' lateness and the cost of their frames."""

from __future__ import annotations

from collections import deque
from statistics import median

import numpy as np

from rnnrbm_live.core.messages import StepPlayed
from rnnrbm_live.engine.snapshot import Timing

LATE_MS = 6.0
STEPS_KEPT = 512


class TimingLog:
    """Running figures of one session; see `Timing` for what they mean."""

    def __init__(self) -> None:
        """Begin with none."""
        self._late_ms: deque[float] = deque(maxlen=STEPS_KEPT)
        self._sampling_ms: deque[float] = deque(maxlen=STEPS_KEPT)
        self._steps_late = 0
        self._steps_dry = 0
        self._keys_answered = 0
        self._keys_missed = 0

    def add_step(self, event: StepPlayed) -> None:
        """Take note of a step that sounded."""
        late_ms = (event.actual_seconds - event.desired_seconds) * 1000
        self._late_ms.append(late_ms)
        self._steps_late += late_ms > LATE_MS
        self._steps_dry += event.revision < 0

    def add_answer(self, *, in_time: bool) -> None:
        """Take note of a step at which the player struck keys: whether the model had them in its frame."""
        self._keys_answered += in_time
        self._keys_missed += not in_time

    def add_sampling(self, seconds: float) -> None:
        """Take note of the time that one frame cost."""
        self._sampling_ms.append(seconds * 1000)

    def summary(self) -> Timing:
        """Return the figures as they stand."""
        return Timing(
            late_p99_ms=float(np.percentile(self._late_ms, 99)) if self._late_ms else None,
            sampling_ms=median(self._sampling_ms) if self._sampling_ms else None,
            steps_late=self._steps_late,
            steps_dry=self._steps_dry,
            keys_answered=self._keys_answered,
            keys_missed=self._keys_missed,
        )
