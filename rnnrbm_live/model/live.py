"""The live step in numpy: state, noise, Gibbs chain, legal frame. Imports no torch.

Exactness. Weights, each step's biases and the logistic noise are whole multiples of 2^-12, so that every sum
in the chain is exact in float32, in whatever order a library or a device adds it up; the recurrent state is
computed in float64 from multiples of 2^-12 and 2^-20 and rounded to 2^-20. Noise depends on (seed, take,
step) alone. The same settings therefore draw the same frames with numpy and with torch, now or when a
session is replayed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.frame import (
    N_PITCHES,
    REST,
    Bits,
    Frame,
    frame_from_bits,
    frame_to_bits,
    transpose,
)
from rnnrbm_live.core.key import semitones_above_white_keys
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.lookback import Memory

WEIGHT_GRID = 2.0**12
"""Weights, biases and noise are multiples of 1 / WEIGHT_GRID."""
STATE_GRID = 2.0**20
"""Recurrent states are multiples of 1 / STATE_GRID."""
NOISE_LEVELS = 1 << 16
NOTES_BEATS = 4.0
FEW, MANY = 0.35, 1.6
"""Of what is usual: between these the model is left alone."""
LEANING = 2.0  # nats per e-fold of straying
MOST_LEANING = 3.0  # nats

Mask = NDArray[np.bool_]
Reals = NDArray[np.float32]


class NoiseKey(NamedTuple):
    """What noise depends on: the same key gives the same numbers."""

    seed: int  # 0 up to but not including 2^64
    take: int  # 0 up to but not including 2^64
    step: int  # 0 up to but not including 2^63


@dataclass(frozen=True, eq=False)
class State:
    """What the model remembers before a step.

    Attributes:
        u: (n_recurrent,) float64, multiples of 2^-20.
        previous: the frame before.
        semitones: how far the music lies above the model's own key.
        notes: per frame, of late: an exponential mean over `NOTES_BEATS`.
        memory: of the last frames, for a model that looks back; None before the first, and for any other model.
        melody: (12,) how many steps each pitch class of a duet's player has sounded, of late; None before the first.
    """

    u: NDArray[np.float64]
    previous: Frame
    semitones: int = 0
    notes: float = 0.0
    memory: Memory | None = None
    melody: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Sample:
    """One sampled step.

    Attributes:
        frame: legal after the state's previous frame.
        probabilities: (n_visible,) float32, P(bit = 1) averaged over the last half of the chain's sweeps.
    """

    frame: Frame
    probabilities: Reals


class Sampler(Protocol):
    """Runs the Gibbs chain on some device."""

    def gibbs(self, start: Bits, hidden_thresholds: Reals, visible_thresholds: Reals, most_notes: int) -> Reals:
        """Run k sweeps: h = 1 where v W exceeds its threshold, then v = 1 where h W' exceeds its threshold.

        A threshold is temperature times logistic noise minus bias, or infinite where a bit is clamped: this
        makes P(bit = 1) the tempered sigmoid of the conditional. Of the sounding bits only the `most_notes` that exceed
        theirs by most are 1 (none of those that tie for the last place).

        Args:
            start: (n_visible,) bits.
            hidden_thresholds: (k, n_hidden), one row per sweep.
            visible_thresholds: (k, n_visible).
            most_notes: sounding bits that may be 1; 88 is no limit.

        Returns:
            (k, n_visible): h W' of each sweep; the sample is the last row compared with its threshold.
        """
        ...


class NumpySampler:
    """The Gibbs chain on the CPU.

    Few visible units are on at once, so v W is the sum of a few rows; about half the hidden units are, so h
    W' is a matrix product. Both are exact.
    """

    def __init__(self, W: Reals) -> None:
        """Take the rounded (n_visible, n_hidden) weights."""
        self._W = np.ascontiguousarray(W)

    def gibbs(self, start: Bits, hidden_thresholds: Reals, visible_thresholds: Reals, most_notes: int) -> Reals:
        """See `Sampler.gibbs`."""
        n_visible, n_hidden = self._W.shape
        h = np.empty(n_hidden, np.float32)
        visible_drives = np.empty((len(visible_thresholds), n_visible), np.float32)
        (active,) = start.nonzero()  # visible units that are on
        sweeps = zip(hidden_thresholds, visible_thresholds, visible_drives, strict=True)
        for hidden_threshold, visible_threshold, visible_drive in sweeps:
            h[:] = np.add.reduce(self._W.take(active, axis=0), axis=0) > hidden_threshold
            np.dot(self._W, h, out=visible_drive)
            (active,) = _visible(visible_drive, visible_threshold, most_notes).nonzero()
        return visible_drives


class LiveModel:
    """A model ready to play: rounded weights, and the step from state to state.

    Attributes:
        config: sizes and conventions.
        W: (n_visible, n_hidden) float32, the RBM's rounded weights.
        sampler: runs the Gibbs chain; replace it between two steps to move to another device.
        fingerprint: 16 hexadecimal digits of the rounded weights' SHA-256.
    """

    def __init__(self, config: ModelConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        """Round the weights, named and shaped as `checkpoint.weight_shapes` says."""
        self.config = config
        rounded = {name: _round(array.astype(np.float64), WEIGHT_GRID) for name, array in weights.items()}
        digest = hashlib.sha256(b"".join(rounded[name].astype("<f8").tobytes() for name in sorted(rounded)))
        self.fingerprint = digest.hexdigest()[:16]
        self.W: Reals = rounded["W"].astype(np.float32)
        self._b_v, self._b_h = rounded["b_v"], rounded["b_h"]  # (V,), (H,)
        self._W_uvh = np.concatenate((rounded["W_uv"], rounded["W_uh"]), axis=1)  # (R, V + H)
        self._u0 = rounded["u0"]  # (R,)
        inputs = rounded["recurrence.weight_ih_l0"].T  # (V + L V + C, gates)
        n_visible, n_echoed = config.n_visible, config.n_visible * (1 + len(config.lookback_beats))
        self._W_input = np.concatenate((inputs[:n_visible], inputs[n_echoed:]))  # (V + C, gates)
        self._W_echo = np.ascontiguousarray(inputs[n_visible:n_echoed])  # (L V, gates)
        self._W_state = np.ascontiguousarray(rounded["recurrence.weight_hh_l0"].T)  # (R, gates)
        self._b_input = rounded["recurrence.bias_ih_l0"]  # (gates,)
        self._b_state = rounded["recurrence.bias_hh_l0"]  # (gates,)
        self.sampler: Sampler = NumpySampler(self.W)

    # State

    def initial_state(self, context: int = 0, *, semitones: int = 0) -> State:
        """Return the state before any music.

        Args:
            context: place of the first step (`config.context_index`); not read where places are no input.
            semitones: how far the music will lie above the model's key: `key_of` known music, or any number.
        """
        state = State(_round(self._u0, STATE_GRID), REST, semitones, self.config.usual_notes)
        if not self.config.n_context:
            return state
        return replace(self.update(state, REST, context), notes=state.notes, memory=None)

    def update(self, state: State, frame: Frame, next_context: int = 0) -> State:
        """Return the state after `frame` was heard.

        Args:
            state: before it.
            frame: what sounded, sampled or played.
            next_context: place of the step after it (`config.context_index`).
        """
        columns = np.flatnonzero(self._bits(frame, state)).tolist()
        columns += [self.config.n_visible + column for column in self.config.context_columns(next_context)]
        from_input = self._W_input[columns].sum(axis=0) + self._b_input  # (gates,)
        memory = None
        if lags := self.config.lookback_steps:
            bits = frame_to_bits(frame, with_onsets=self.config.onsets)
            memory = Memory.of(state.memory, bits, lags, self.config.likeness_steps)
            echo = memory.echo(lags, self.config.n_visible, -state.semitones).astype(float)  # multiples of 2^-16
            shown = np.flatnonzero(echo)
            from_input += echo[shown] @ self._W_echo[shown]
        from_state = state.u @ self._W_state + self._b_state  # (gates,)
        u = _gru(from_input, from_state, state.u) if self.config.rnn == "gru" else np.tanh(from_input + from_state)
        notes = state.notes + (len(frame.sounding) - state.notes) / (NOTES_BEATS * self.config.steps_per_beat)
        return State(_round(u, STATE_GRID), frame, state.semitones, notes, memory, state.melody)

    def listen(self, state: State, frames: Sequence[Frame], next_contexts: Sequence[int]) -> State:
        """Return the state after known frames: a primer, or recorded music on rewind.

        Args:
            state: before the first.
            frames: T frames.
            next_contexts: T places, each of the step after its frame.
        """
        for frame, next_context in zip(frames, next_contexts, strict=True):
            state = self.update(state, frame, next_context)
        return state

    def key_of(self, frames: Sequence[Frame]) -> int:
        """Return how many semitones known frames lie above the model's key; 0 for a model that knows all keys."""
        if not self.config.one_key or not frames:
            return 0
        return semitones_above_white_keys(np.array([frame_to_bits(frame, with_onsets=False) for frame in frames]))

    # Sampling

    def sample(
        self,
        state: State,
        key: NoiseKey,
        *,
        gibbs_steps: int | None = None,
        temperature: float = 1.0,
        density: float = 0.0,
        clamped_on: Mask | None = None,
        clamped_off: Mask | None = None,
        most_notes: int = N_PITCHES,
    ) -> Sample:
        """Draw the frame that follows `state`. A pure function of its arguments.

        Where the music has strayed far from how many notes are usual, for the density asked for, the biases of the
        sounding bits lean back, so that it neither dies away nor runs away: by `LEANING` nats per e-fold beyond
        `FEW` or `MANY` times the usual. In between, this is the model as trained.

        Args:
            state: from `initial_state`, `update` or `listen`.
            key: of the noise.
            gibbs_steps: k; None means what the model was trained for.
            temperature: T. What is tempered is the joint distribution of visible and hidden units: every conditional
                probability in the chain is sigmoid(a / T) in place of sigmoid(a), which makes P(v, h)^(1/T),
                normalised, the distribution that long chains reach. This is not the marginal P(v)^(1/T), and 25
                sweeps are no long chain; T = 1 is the model as trained.
            density: nats added to the bias of the sounding bits alone. An onset bit says how a key that
                sounds
                began: raising it too would count a struck note twice and re-strike held ones.
            clamped_on: (n_visible,) bits that are 1 throughout the chain.
            clamped_off: (n_visible,) bits that are 0 throughout the chain; wins over `clamped_on`.
            most_notes: how many keys may sound, in every sweep; at least as many as `clamped_on` demands. Of those
                that it does not demand, at most `config.max_notes` sound.

        Raises:
            SettingsError: if k is below 1, or T is not above 0.
        """
        steps = self.config.gibbs_steps if gibbs_steps is None else gibbs_steps
        if steps < 1:
            raise SettingsError(f"Gibbs steps must be 1 or more, not {steps!r}")
        n_visible, n_hidden = self.W.shape
        b_v, b_h = self._biases(state.u, density + self._leaning(state.notes, density))  # (V,), (H,)
        noise = logistic_noise(key, (steps, n_hidden + n_visible), temperature)
        hidden_thresholds = noise[:, :n_hidden] - b_h  # (k, H)
        visible_thresholds = noise[:, n_hidden:] - b_v  # (k, V)
        start = self._start(state)
        on, off = (None if mask is None else transpose(mask, -state.semitones) for mask in (clamped_on, clamped_off))
        _clamp(visible_thresholds, on, -np.inf, off, np.inf)
        _clamp(start, on, 1, off, 0)

        most_notes = self._most(most_notes, on)
        drives = self.sampler.gibbs(start, hidden_thresholds, visible_thresholds, most_notes)  # (k, V)
        bits = _visible(drives[-1], visible_thresholds[-1], most_notes).astype(np.uint8)  # (V,)
        probabilities = sigmoid((drives[steps // 2 :] + b_v) / np.float32(temperature)).mean(axis=0)
        _clamp(probabilities, on, 1, off, 0)

        frame = frame_from_bits(transpose(bits, state.semitones), state.previous)
        return Sample(frame, transpose(probabilities, state.semitones))

    def probabilities(
        self,
        state: State,
        key: NoiseKey,
        *,
        chains: int,
        gibbs_steps: int,
        temperature: float = 1.0,
        density: float = 0.0,
        clamped_on: Mask | None = None,
        clamped_off: Mask | None = None,
        most_notes: int = N_PITCHES,
    ) -> Reals:
        """Return P(bit = 1), (n_visible,), of the frame that follows `state`, averaged over several Gibbs chains.

        The chains are run as `sample` runs its own, side by side and on the CPU, with noise of the same key that comes
        after that of `sample`: so they know nothing of the chain that chooses the frame. That one's own average would
        flatter the choice: chains seldom leave what they have settled on. Like the sample, this is no equilibrium.

        Args:
            state: as in `sample`, like all that is not said here.
            key: of the noise.
            chains: how many.
            gibbs_steps: k, of which the last half is averaged.
            temperature: T.
            density: nats.
            clamped_on: (n_visible,) bits that are 1.
            clamped_off: (n_visible,) bits that are 0.
            most_notes: how many keys may sound.
        """
        n_visible, n_hidden = self.W.shape
        b_v, b_h = self._biases(state.u, density + self._leaning(state.notes, density))
        noise = logistic_noise(key, ((1 + chains) * gibbs_steps, n_hidden + n_visible), temperature)
        noise = noise[gibbs_steps:].reshape(chains, gibbs_steps, -1)
        hidden_thresholds = noise[..., :n_hidden] - b_h  # (C, k, H)
        visible_thresholds = noise[..., n_hidden:] - b_v  # (C, k, V)
        start = self._start(state)
        on, off = (None if mask is None else transpose(mask, -state.semitones) for mask in (clamped_on, clamped_off))
        _clamp(visible_thresholds, on, -np.inf, off, np.inf)
        _clamp(start, on, 1, off, 0)
        most_notes = self._most(most_notes, on)
        v = np.repeat(start[None].astype(np.float32), chains, axis=0)  # (C, V)
        mean = np.zeros(n_visible, np.float32)
        for sweep in range(gibbs_steps):
            h = (v @ self.W > hidden_thresholds[:, sweep]).astype(np.float32)  # (C, H)
            drive = h @ self.W.T  # (C, V)
            if sweep >= gibbs_steps // 2:
                mean += sigmoid((drive + b_v) / np.float32(temperature)).mean(axis=0)
            v = _visible(drive, visible_thresholds[:, sweep], most_notes).astype(np.float32)
        mean /= gibbs_steps - gibbs_steps // 2
        _clamp(mean, on, 1, off, 0)
        moved: Reals = transpose(mean, state.semitones)
        return moved

    def clamp(self, sounding: Collection[int], *, onsets: Collection[int]) -> Mask | None:
        """Return the mask, (n_visible,), of the sounding and onset bits of MIDI pitches; None if that is none."""
        if not sounding and not onsets:
            return None
        halves = (sounding, onsets) if self.config.onsets else (sounding,)
        return np.array([pitch in half for half in halves for pitch in range(PIANO.low, PIANO.high)])

    # What it thinks of a frame

    def hidden_probabilities(self, state: State, frame: Frame) -> Reals:
        """Return P(h = 1 | v) = sigmoid(b_h + v W), (H,), for any frame at the step that follows `state`.

        This is the model as trained, at temperature 1 ([BL] eq. 2; see `model.rnnrbm`).
        """
        _, b_h = self._biases(state.u, 0.0)
        hidden: Reals = sigmoid(self._hidden_drive(state, frame) + b_h)
        return hidden

    def free_energy(self, state: State, frame: Frame, *, density: float = 0.0) -> float:
        """Return F(v) = -b_v.v - sum softplus(b_h + v W), nats, of any frame at the step that follows `state`.

        P(v) is proportional to exp(-F(v)) ([BL] eq. 4), so that between two frames at one step F(v) - F(w) is the
        log-odds log P(w) / P(v), exactly; across steps it means nothing, since each has a normaliser of its own. The
        biases are those that `sample` uses, density and leaning included, at temperature 1.

        Args:
            state: from `initial_state`, `update` or `listen`.
            frame: what sounds and is struck; what leaves the piano in the model's own key is left out.
            density: as in `sample`.
        """
        b_v, b_h = self._biases(state.u, density + self._leaning(state.notes, density))
        of_visible = b_v[self._bits(frame, state) > 0].sum(dtype=np.float64)
        of_hidden = np.logaddexp(0.0, (self._hidden_drive(state, frame) + b_h).astype(np.float64)).sum()
        return float(-of_visible - of_hidden)

    def _hidden_drive(self, state: State, frame: Frame) -> Reals:
        """Return v W, (H,)."""
        drive: Reals = self.W[self._bits(frame, state) > 0].sum(axis=0)
        return drive

    # Inside

    def _most(self, most_notes: int, demanded: Mask | None) -> int:
        """Return how many keys may sound: of those that are not demanded, no more than in the music it learned."""
        n_demanded = 0 if demanded is None else int(demanded[:N_PITCHES].sum())
        return min(most_notes, n_demanded + self.config.max_notes)

    def _leaning(self, notes: float, density: float) -> float:
        """Return what is added to the biases of the sounding bits, nats, after so many notes per frame of late."""
        few = FEW * self.config.usual_notes * math.exp(min(density, 0.0))
        many = MANY * self.config.usual_notes * math.exp(max(density, 0.0))
        if not many or few <= notes <= many:
            return 0.0
        bound = few if notes < few else many
        return max(-MOST_LEANING, min(MOST_LEANING, LEANING * math.log(bound / max(notes, 1e-3))))

    def _biases(self, u: NDArray[np.float64], density: float) -> tuple[Reals, Reals]:
        """Return b_v(t), (V,), density included, and b_h(t), (H,): multiples of 2^-12."""
        both = u @ self._W_uvh
        b_v = self._b_v + both[: self.config.n_visible]
        b_v[:N_PITCHES] += density
        b_h = self._b_h + both[self.config.n_visible :]
        return _round(b_v, WEIGHT_GRID).astype(np.float32), _round(b_h, WEIGHT_GRID).astype(np.float32)

    def _start(self, state: State) -> Bits:
        """Return where the chain starts, (V,)."""
        if self.config.chain_start == "previous":
            return self._bits(state.previous, state)
        return np.zeros(self.config.n_visible, np.uint8)

    def _bits(self, frame: Frame, state: State) -> Bits:
        """Return a frame as the model knows it, (V,): in its own key."""
        return transpose(frame_to_bits(frame, with_onsets=self.config.onsets), -state.semitones)


def logistic_noise(key: NoiseKey, shape: tuple[int, int], temperature: float) -> Reals:
    """Draw `temperature` times standard logistic noise, rounded to 2^-12: x > noise has P = sigmoid(x / T).

    Noise has 65,536 levels: probabilities below 2^-17 or above 1 - 2^-17 count as 0 and 1. Philox (Salmon et
    al., SC 2011) runs in counter mode: nothing is remembered between draws, and a longer draw begins with
    the shorter.

    Args:
        key: the same key gives the same numbers.
        shape: of the result.
        temperature: T.

    Raises:
        SettingsError: if T is not above 0.
    """
    n_values = shape[0] * shape[1]
    words = np.random.Philox(key=key[:2], counter=(0, key.step, 0, 0)).random_raw(-(-n_values // 4))
    levels = words.astype("<u8", copy=False).view("<u2")[:n_values]
    return _noise_table(temperature).take(levels).reshape(shape)


@lru_cache(maxsize=8)
def _noise_table(temperature: float) -> Reals:
    """Return (65536,) float32: T logit((i + 0.5) / 65536), rounded to 2^-12."""
    if not temperature > 0:
        raise SettingsError(f"temperature must be above 0, not {temperature!r}")
    table: Reals = _round(temperature * _logit_table(), WEIGHT_GRID).astype(np.float32)
    return table


@lru_cache(maxsize=1)
def _logit_table() -> NDArray[np.float64]:
    """Return (65536,): logit((i + 0.5) / 65536)."""
    levels = (np.arange(NOISE_LEVELS) + 0.5) / NOISE_LEVELS
    table: NDArray[np.float64] = np.log(levels) - np.log1p(-levels)
    return table


def sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + exp(-x)), written so that no x overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def _gru(
    from_input: NDArray[np.float64], from_state: NDArray[np.float64], u: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the next state as torch.nn.GRU defines it, with gates r, z, n of R units each."""
    n = len(u)
    gates = sigmoid(from_input[: 2 * n] + from_state[: 2 * n])
    r, z = gates[:n], gates[n:]
    candidate = np.tanh(from_input[2 * n :] + r * from_state[2 * n :])
    return (1 - z) * candidate + z * u


def _round(values: NDArray[np.float64], grid: float) -> NDArray[np.float64]:
    return np.rint(values * grid) / grid


def _clamp(values: NDArray[Any], on: Mask | None, on_value: float, off: Mask | None, off_value: float) -> None:
    """Set clamped columns of (..., n_visible) values in place; `off` wins."""
    if on is not None:
        values[..., on] = on_value
    if off is not None:
        values[..., off] = off_value


def _visible(drive: Reals, threshold: Reals, most_notes: int) -> Mask:
    """Return the visible bits of a sweep, (..., V)."""
    visible = drive > threshold
    if most_notes < N_PITCHES and np.count_nonzero(visible[..., :N_PITCHES]) > most_notes:
        margin = drive - threshold
        sounding = margin[..., :N_PITCHES]
        level = np.partition(sounding, -most_notes - 1, axis=-1)[..., -most_notes - 1, np.newaxis]
        sounding -= np.maximum(level, 0.0)
        visible = margin > 0
    return visible
