"""One step of the model in musical terms: frames in, frames out. No thread, no time; states are values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rnnrbm_live.core.clamps import NO_KEYS, Clamps, Keys, clamps
from rnnrbm_live.core.errors import DeviceError
from rnnrbm_live.core.frame import Frame, frame_to_bits, legal_frame
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.key import followed_key
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.duet import together
from rnnrbm_live.engine.hearing import Hearing
from rnnrbm_live.engine.thoughts import HeardStep, Thought, in_254ths, in_255ths, surprise_bits
from rnnrbm_live.model.live import LiveModel, Mask, NoiseKey, NumpySampler, Reals, Sampler, State

CPU = "numpy on CPU"
CHAINS = 6
"""Gibbs chains, beside the one that chooses, by which it is found how likely each key is."""
MELODY_BEATS = 3.0  # of a player's notes, before their key is guessed
MELODY_FADING = 1 - 2.0**-8  # a step: after 177, eleven bars of 16ths, half is forgotten


class Stepper:
    """A model, asked for frames.

    Attributes:
        name: of the model.
        model: the model.
        device: what runs its Gibbs chain, for the user to read.
        device_trouble: one sentence, once a device has failed and numpy has taken over; else None.
    """

    def __init__(self, name: str, model: LiveModel) -> None:
        """Wrap a loaded model, played by numpy."""
        self.name = name
        self.model = model
        self.device = CPU
        self.device_trouble: str | None = None
        self._hearing = Hearing(model)

    @property
    def fingerprint(self) -> str:
        """Of the model's weights, as they play."""
        return self.model.fingerprint

    @property
    def steps_per_beat(self) -> int:
        """Grid of the model."""
        return self.model.config.steps_per_beat

    @property
    def gibbs_steps(self) -> int:
        """Sweeps of the chain that the model was trained for."""
        return self.model.config.gibbs_steps

    @property
    def meter(self) -> Meter:
        """Meter to start a session in: the first that the model was trained on."""
        meters = self.model.config.meters
        return Meter.parse(meters[0]) if meters else Meter()

    def plays_in(self, meter: Meter) -> bool:
        """Return whether the model has learnt bars of this meter."""
        return str(meter) in self.model.config.meters

    def use(self, sampler: Sampler, device: str) -> None:
        """Run the chain elsewhere from the next frame on; the notes stay the same."""
        self.model.sampler = sampler
        self.device = device

    def begin(self, timeline: Timeline, step: int, *, seed: int, take: int) -> State:
        """Return the initial state u(0) for a first frame at `step`; a model that plays in any key draws one."""
        drawn = np.random.Philox(key=(seed, take), counter=(0, 0, 1, 0)).random_raw()
        semitones = int(drawn) % 12 - 6 if self.model.config.one_key else 0
        return self.model.initial_state(self._context(timeline, step), semitones=semitones)

    def listen(self, state: State, voice: Frame, timeline: Timeline, next_step: int, keys: Keys = NO_KEYS) -> State:
        """Return the state after hearing its own part of a frame and the player's keys.

        In a duet, a model that has one key follows the player's from bar to bar.

        Args:
            state: before the frame.
            voice: what the model played.
            timeline: where bars begin.
            next_step: step of the frame to come.
            keys: what the player held.
        """
        after = self.model.update(state, together(voice, keys), self._context(timeline, next_step))
        if not (keys.held and self.model.config.one_key):
            return after
        melody = np.zeros(12) if after.melody is None else after.melody * MELODY_FADING
        melody[[pitch % 12 for pitch in keys.held]] += 1.0
        semitones = after.semitones
        if timeline.step_in_bar(next_step) == 0 and melody.sum() >= MELODY_BEATS * self.steps_per_beat:
            semitones = followed_key(melody, semitones)
        return replace(after, melody=melody, semitones=semitones)

    def listen_to(
        self,
        frames: Sequence[Frame],
        timeline: Timeline,
        first_step: int,
        *,
        then_step: int,
        semitones: int | None = None,
    ) -> State:
        """Return the state after hearing a primer from u(0); what follows is in its key.

        Args:
            frames: the primer, its first frame at `first_step`; at least one.
            timeline: where bars begin.
            first_step: where the primer began.
            then_step: step of the frame to come. Later than the primer's end if the player left a silence, which
                the model does not hear.
            semitones: how far it lies above C major or A minor, where that is known; else it is heard from the frames.
        """
        next_steps = [*range(first_step + 1, first_step + len(frames)), then_step]
        contexts = [self._context(timeline, step, in_phrase=step == then_step) for step in next_steps]
        first = self._context(timeline, first_step, in_phrase=False)
        if semitones is None or not self.model.config.one_key:
            semitones = self.model.key_of(frames)
        return self._hearing.listen(frames, contexts, first, semitones)

    def imagine(
        self,
        state: State,
        previous: Frame,
        settings: Settings,
        timeline: Timeline,
        *,
        take: int,
        step: int,
        keys: Keys = NO_KEYS,
    ) -> Frame:
        """Draw the model's part of the next frame, the same for the same model and arguments.

        A model without onsets cannot tell a repeated note from a held one; its notes are struck again at bar lines.

        Args:
            state: of the model before it.
            previous: what the model sounds just before it; a rest where time stood still: nothing is held from there.
            settings: temperature, density, Gibbs steps, seed, and what `clamps` makes of them.
            timeline: where bars begin.
            take: with seed and step, the key of the noise.
            step: of the frame.
            keys: what the player holds: part of the draw, not of what is returned.
        """
        frame = self._draw(state, settings, take=take, step=step, keys=keys)
        struck = frame.onsets
        if settings.restrike and keys.struck:
            struck = frame.sounding
        if not self.model.config.onsets and timeline.step_in_bar(step) == 0:
            struck = frame.sounding
        return legal_frame(frame.sounding - keys.held, struck, previous)

    def weigh(self, state: State, settings: Settings, *, take: int, step: int, keys: Keys = NO_KEYS) -> Reals:
        """Return how likely each bit of the next frame is, (n_visible,); arguments are those of `imagine`."""
        settled = clamps(settings, keys)
        on, off = self._masks(settled)
        return self.model.probabilities(
            state,
            NoiseKey(settings.seed, take, step),
            chains=CHAINS,
            gibbs_steps=settings.gibbs_steps,
            temperature=settings.temperature,
            density=settings.density,
            clamped_on=on,
            clamped_off=off,
            most_notes=settled.most,
        )

    def think(self, heard: HeardStep) -> Thought:
        """Return what went on in the model at a step that sounded.

        Where the player struck keys, the model is asked for its own free choice at that step, with the same noise.
        """
        model, before, settings = self.model, heard.before, heard.settings
        surprise = choice = None
        if settings is not None and heard.probabilities is not None:
            bits = frame_to_bits(heard.frame, with_onsets=model.config.onsets)
            surprise = surprise_bits(bits, heard.probabilities)
        if settings is not None and heard.keys.struck:
            free = self._draw(before, settings, take=heard.take, step=heard.step, keys=NO_KEYS)
            nats = [model.free_energy(before, frame, density=settings.density) for frame in (heard.frame, free)]
            choice = (nats[0] - nats[1]) / math.log(2)
        return Thought(
            step=heard.step,
            hidden=in_255ths(model.hidden_probabilities(before, heard.frame)),
            recurrent=in_254ths(heard.after.u),
            surprise_bits=surprise,
            choice_bits=choice,
        )

    def _draw(self, state: State, settings: Settings, *, take: int, step: int, keys: Keys) -> Frame:
        """Return the whole next frame, the player's keys among it; if the device fails, numpy draws it."""
        settled = clamps(settings, keys)
        try:
            return self._sample(state, settings, settled, take, step)
        except DeviceError as err:
            self.use(NumpySampler(self.model.W), CPU)
            self.device_trouble = f"{err}; numpy on the CPU has taken over"
            return self._sample(state, settings, settled, take, step)

    def _sample(self, state: State, settings: Settings, settled: Clamps, take: int, step: int) -> Frame:
        on, off = self._masks(settled)
        return self.model.sample(
            state,
            NoiseKey(settings.seed, take, step),
            gibbs_steps=settings.gibbs_steps,
            temperature=settings.temperature,
            density=settings.density,
            clamped_on=on,
            clamped_off=off,
            most_notes=settled.most,
        ).frame

    def _masks(self, settled: Clamps) -> tuple[Mask | None, Mask | None]:
        """Return the bits that are settled to be on, and those that are settled to be off."""
        on = self.model.clamp(settled.sounding, onsets=settled.struck)
        return on, self.model.clamp(settled.silent, onsets=settled.silent | settled.held)

    def _context(self, timeline: Timeline, step: int, *, in_phrase: bool = True) -> int:
        """Number a step's place; where a player's phrases end is not known."""
        left = timeline.beats_to_phrase_end(step) if in_phrase else None
        return self.model.config.context_index(timeline.meter, timeline.step_in_bar(step), left)
