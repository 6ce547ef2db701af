"""One step of the model in musical terms: frames in, frames out. State is a value; no thread, no time."""

from __future__ import annotations

from collections.abc import Sequence

from rnnrbm_live.core.frame import Bits, Frame, frame_from_bits, frame_to_bits
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.model.live import LiveModel, State


class Stepper:
    """A model, asked for frames.

    Attributes:
        name: of the model.
        model: the model; its sampler decides on what device the chain runs.
    """

    def __init__(self, name: str, model: LiveModel) -> None:
        """Wrap a loaded model."""
        self.name = name
        self.model = model

    @property
    def steps_per_beat(self) -> int:
        """Grid of the model."""
        return self.model.config.steps_per_beat

    @property
    def device(self) -> str:
        """What draws the frames, such as "numpy on CPU"."""
        return self.model.sampler.device

    @property
    def meter(self) -> Meter:
        """Meter to start a session in: the first the model was trained on."""
        meters = self.model.config.meters
        return Meter.parse(meters[0]) if meters else Meter()

    def plays_in(self, meter: Meter) -> bool:
        """Return whether the model knows bars of this meter."""
        return str(meter) in self.model.config.meters

    def begin(self, timeline: Timeline, step: int) -> State:
        """Return the initial state u(0) for a first frame at `step`."""
        return self.model.initial_state(self._context(timeline, step))

    def listen(self, state: State, frame: Frame, timeline: Timeline, next_step: int) -> State:
        """Return the state after hearing a frame; `next_step` is the step of the frame to come."""
        return self.model.update(state, self._bits(frame), self._context(timeline, next_step))

    def listen_to(self, frames: Sequence[Frame], timeline: Timeline, first_step: int, *, then_step: int) -> State:
        """Return the state after hearing a primer from u(0).

        Args:
            frames: the primer, the first frame at `first_step`.
            timeline: where bars begin.
            first_step: where the primer began.
            then_step: step of the frame to come; later than the primer's end when the player left a silence, which
                the model does not hear.
        """
        state = self.begin(timeline, first_step)
        last = len(frames) - 1
        for index, frame in enumerate(frames):
            state = self.listen(state, frame, timeline, then_step if index == last else first_step + index + 1)
        return state

    def imagine(self, state: State, previous: Frame, settings: Settings, *, take: int, step: int) -> Frame:
        """Draw the next frame. The same model, state, settings, take and step draw the same frame."""
        bits = self.model.sample(
            state,
            (settings.seed, take, step),
            gibbs_steps=settings.gibbs_steps,
            temperature=settings.temperature,
            density=settings.density,
        )
        return frame_from_bits(bits, previous)

    def _bits(self, frame: Frame) -> Bits:
        return frame_to_bits(frame, with_onsets=self.model.config.onsets)

    def _context(self, timeline: Timeline, step: int) -> int | None:
        return self.model.config.context_index(timeline.meter, timeline.step_in_bar(step))
