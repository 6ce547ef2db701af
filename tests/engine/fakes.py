"""A model with known answers, and the musical ear that tests lend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnrbm_live.core.clamps import NO_KEYS, Keys
from rnnrbm_live.core.frame import REST, Frame, legal_frame
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.stepper import CPU


@dataclass(frozen=True)
class Heard:
    """State of the echo: all frames heard, and the step that comes next."""

    frames: tuple[Frame, ...]
    next_step: int
    previous: Frame = REST
    u: Any = field(default_factory=lambda: np.zeros(1), compare=False)  # a history keeps it


class EchoStepper:
    """Plays one note per step, re-struck: 60 + (number of frames heard + seed + take) mod 12; settings show too.

    A temperature above 1 adds the note an octave up: a change of settings is heard.
    """

    name = "echo"
    device = CPU
    device_trouble: str | None = None
    steps_per_beat = 4
    gibbs_steps = 25
    fingerprint = "echo"
    meter = Meter(4, 4)
    model: Any = None

    def plays_in(self, meter: Meter) -> bool:
        return meter in (Meter(4, 4), Meter(3, 4))

    def begin(self, timeline: Timeline, step: int, *, seed: int = 0, take: int = 0) -> Heard:
        return Heard((), step)

    def listen(self, state: Heard, voice: Frame, timeline: Timeline, next_step: int, keys: Keys = NO_KEYS) -> Heard:
        return Heard((*state.frames, voice), next_step, voice)

    def listen_to(
        self,
        frames: list[Frame],
        timeline: Timeline,
        first_step: int,
        *,
        then_step: int,
        semitones: int | None = None,
    ) -> Heard:
        return Heard(tuple(frames), then_step, frames[-1])

    def imagine(
        self,
        state: Heard,
        previous: Frame,
        settings: Settings,
        timeline: Timeline,
        *,
        take: int,
        step: int,
        keys: Keys = NO_KEYS,
    ) -> Frame:
        assert state.next_step == step, "the model must know where in the bar the coming frame is"
        pitch = 60 + (len(state.frames) + settings.seed + take) % 12
        sounding = {pitch} | ({pitch + 12} if settings.temperature > 1 else set())
        return legal_frame(sounding, sounding, previous)
