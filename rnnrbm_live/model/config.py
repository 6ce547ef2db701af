"""What a model is, apart from its weights: sizes, grid, inputs and how its chain is meant to be run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Literal, Self, get_args

from rnnrbm_live.core.errors import CheckpointError, RNNRBMError
from rnnrbm_live.core.frame import N_PITCHES
from rnnrbm_live.core.grid import Meter
from rnnrbm_live.model.lookback import LIKENESS_BEATS

RnnKind = Literal["tanh", "gru"]
Conditional = Literal["rbm", "nade"]
ChainStart = Literal["zeros", "previous"]

MOST_LOOKBACK_BEATS = 256

_ADDED_LATER: Mapping[str, Any] = {"lookback_beats": ()}
"""What models of earlier versions leave out."""
_LEAST = {
    "n_hidden": 1,
    "n_recurrent": 1,
    "steps_per_beat": 1,
    "phrase_beats": 0,
    "gibbs_steps": 1,
    "max_notes": 1,
}


@dataclass(frozen=True)
class ModelConfig:
    """An RNN-RBM's sizes and conventions.

    Attributes:
        n_hidden: hidden units of the RBM.
        n_recurrent: recurrent units.
        conditional: P(frame | past): an ``rbm``, or the ``nade`` that serves as a reference with an exact likelihood.
        rnn: the recurrence, ``tanh`` (the paper's) or ``gru``.
        onsets: whether rows are 176 bits, sounding and struck, or 88 sounding bits.
        steps_per_beat: grid, steps per quarter note.
        meters: time signatures whose bar positions are an input; none means the model does not know the bar.
        one_key: whether the model knows music in C major and A minor only, where all its training music was moved; it
            plays in every key by moving what it hears and what it plays.
        lookback_beats: how many beats ago the recurrence is reminded of, at each of these; see `lookback`.
        phrase_beats: how many distances to the end of a phrase are an input, in whole beats, the last of them standing
            for any longer one and for not knowing; 0 means the model does not know of phrases.
        gibbs_steps: k, the sweeps of the chain that training used and sampling should use.
        chain_start: where that chain starts, at ``zeros`` or at the ``previous`` frame.
        max_notes: sounding bits that may be 1 in each sweep of that chain, those that are clamped on aside: voices
            compete, which no RBM can express (see `live.Sampler.gibbs`). 88 is no limit.
        usual_notes: notes per frame of the music it learned from; the live model leans towards it when it strays far
            (see `LiveModel.sample`). 0 means that it never leans.
        default_tempo_bpm: the pace that suits the music, quarter notes per minute.

    Raises:
        CheckpointError: for a value that no model can have.
    """

    n_hidden: int = 256
    n_recurrent: int = 256
    conditional: Conditional = "rbm"
    rnn: RnnKind = "gru"
    onsets: bool = True
    steps_per_beat: int = 4
    meters: tuple[str, ...] = ()
    one_key: bool = False
    phrase_beats: int = 0
    lookback_beats: tuple[int, ...] = ()
    gibbs_steps: int = 25
    chain_start: ChainStart = "previous"
    max_notes: int = N_PITCHES
    usual_notes: float = 0.0
    default_tempo_bpm: float = 96.0

    def __post_init__(self) -> None:
        """Check types and ranges: a config may come from a file."""
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise CheckpointError(f"model config: {name} must be a whole number from {least} up, not {value!r}")
        for name, kind in (("conditional", Conditional), ("rnn", RnnKind), ("chain_start", ChainStart)):
            if getattr(self, name) not in get_args(kind):
                choices = get_args(kind)
                raise CheckpointError(f"model config: {name} must be one of {choices}, not {getattr(self, name)!r}")
        for name in ("onsets", "one_key"):
            if type(getattr(self, name)) is not bool:
                raise CheckpointError(f"model config: {name} must be true or false, not {getattr(self, name)!r}")
        for name in ("default_tempo_bpm", "usual_notes"):
            value = getattr(self, name)
            if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
                raise CheckpointError(f"model config: {name} must be a number from 0 up, not {value!r}")
        if self.default_tempo_bpm == 0:
            raise CheckpointError("model config: default_tempo_bpm must be above 0")
        beats = self.lookback_beats
        if any(type(beat) is not int or not 1 <= beat <= MOST_LOOKBACK_BEATS for beat in beats):
            raise CheckpointError(
                f"model config: lookback_beats must be whole numbers from 1 to {MOST_LOOKBACK_BEATS}, not {beats!r}"
            )
        try:
            bars = self._bar_steps
        except (RNNRBMError, TypeError, AttributeError) as err:
            raise CheckpointError(f"model config: meters {self.meters!r} do not fit the grid: {err}") from err
        if len(bars) != len(self.meters):
            raise CheckpointError(f"model config: meters {self.meters!r} name one twice")
        if self.phrase_beats and not bars:
            raise CheckpointError(f"model config: phrase_beats {self.phrase_beats} needs meters: phrases end in bars")

    @cached_property
    def _bar_steps(self) -> dict[str, int]:
        return {str(Meter.parse(text)): Meter.parse(text).bar_steps(self.steps_per_beat) for text in self.meters}

    @property
    def n_visible(self) -> int:
        """Bits of a row: 176 with onsets, else 88."""
        return 2 * N_PITCHES if self.onsets else N_PITCHES

    @cached_property
    def n_bar_positions(self) -> int:
        """Bar positions told apart: the bar lengths of all meters, in steps; 0 if the bar is no input."""
        return sum(self._bar_steps.values())

    @property
    def n_context(self) -> int:
        """Inputs of the recurrence that say where the music is: one for each bar position and phrase distance."""
        return self.n_bar_positions + self.phrase_beats

    @cached_property
    def lookback_steps(self) -> tuple[int, ...]:
        """The lookbacks in steps."""
        return tuple(beats * self.steps_per_beat for beats in self.lookback_beats)

    @property
    def likeness_steps(self) -> int:
        """How many steps are compared with those a lookback before."""
        return LIKENESS_BEATS * self.steps_per_beat

    @property
    def n_input(self) -> int:
        """Inputs of the recurrence: a frame, its place, and one more frame for each lookback."""
        return self.n_visible * (1 + len(self.lookback_beats)) + self.n_context

    def context_index(self, meter: Meter, step_in_bar: int, beats_to_phrase_end: int | None = None) -> int:
        """Number a place in bar and phrase; `context_columns` says which inputs it switches on.

        Args:
            meter: one that the model does not know counts as its first.
            step_in_bar: wraps at the bar's end.
            beats_to_phrase_end: whole beats of the phrase that come after the step; None if that is not known.

        Returns:
            A number from 0 up; always 0, which means nothing, where the bar is no input.
        """
        if not self._bar_steps:
            return 0
        wanted = str(meter) if str(meter) in self._bar_steps else next(iter(self._bar_steps))
        first = 0
        for name, bar_steps in self._bar_steps.items():
            if name == wanted:
                break
            first += bar_steps
        in_bar = first + step_in_bar % self._bar_steps[wanted]
        farthest = max(0, self.phrase_beats - 1)
        left = farthest if beats_to_phrase_end is None else min(beats_to_phrase_end, farthest)
        return in_bar + left * self.n_bar_positions

    def context_columns(self, context: int) -> list[int]:
        """Return which of the `n_context` inputs are on at a place."""
        if not self.n_context:
            return []
        left, in_bar = divmod(context, self.n_bar_positions)
        return [in_bar, self.n_bar_positions + left] if self.phrase_beats else [in_bar]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; `from_json` takes them back."""
        return {**asdict(self), "meters": list(self.meters), "lookback_beats": list(self.lookback_beats)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned, strictly.

        Raises:
            CheckpointError: for unknown, missing or impossible entries.
        """
        if not isinstance(values, Mapping):
            raise CheckpointError(f"model config: expected named values, found {values!r}")
        names = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - names):
            raise CheckpointError(f"model config: {', '.join(unknown)} not known to this version")
        values = {**_ADDED_LATER, **values}
        if missing := sorted(names - set(values)):
            raise CheckpointError(f"model config: {', '.join(missing)} missing")
        lists = {name: values[name] for name in ("meters", "lookback_beats")}
        for name, value in lists.items():
            if not isinstance(value, list | tuple):
                raise CheckpointError(f"model config: {name} must be a list, not {value!r}")
        return cls(**{**values, **{name: tuple(value) for name, value in lists.items()}})
