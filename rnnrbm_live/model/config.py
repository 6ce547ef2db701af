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

RnnKind = Literal["tanh", "gru"]
Conditional = Literal["rbm", "nade"]
ChainStart = Literal["zeros", "previous"]

_LEAST = {"n_hidden": 1, "n_recurrent": 1, "steps_per_beat": 1, "gibbs_steps": 1, "max_notes": 1}


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
        gibbs_steps: k, the sweeps of the chain that training used and sampling should use.
        chain_start: where that chain starts, at ``zeros`` or at the ``previous`` frame.
        max_notes: a sampled frame with more sounding notes is replaced by holding the previous frame (a rule
            beside the model, which keeps a rare bad sample from feeding on itself).
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
    gibbs_steps: int = 25
    chain_start: ChainStart = "previous"
    max_notes: int = N_PITCHES
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
        if type(self.onsets) is not bool:
            raise CheckpointError(f"model config: onsets must be true or false, not {self.onsets!r}")
        tempo = self.default_tempo_bpm
        if type(tempo) not in (int, float) or not math.isfinite(tempo) or tempo <= 0:
            raise CheckpointError(f"model config: default_tempo_bpm must be a number above 0, not {tempo!r}")
        try:
            bars = self._bar_steps
        except (RNNRBMError, TypeError, AttributeError) as err:
            raise CheckpointError(f"model config: meters {self.meters!r} do not fit the grid: {err}") from err
        if len(bars) != len(self.meters):
            raise CheckpointError(f"model config: meters {self.meters!r} name one twice")

    @cached_property
    def _bar_steps(self) -> dict[str, int]:
        return {str(Meter.parse(text)): Meter.parse(text).bar_steps(self.steps_per_beat) for text in self.meters}

    @property
    def n_visible(self) -> int:
        """Bits of a row: 176 with onsets, else 88."""
        return 2 * N_PITCHES if self.onsets else N_PITCHES

    @cached_property
    def n_context(self) -> int:
        """Bar positions told apart: the bar lengths of all meters, in steps; 0 if the bar is no input."""
        return sum(self._bar_steps.values())

    def context_index(self, meter: Meter, step_in_bar: int) -> int:
        """Number a bar position, 0 up to but not including `n_context`.

        A meter that the model does not know counts as its first one; the position wraps at the bar's end.
        Without bar positions the answer is always 0 and means nothing.
        """
        if not self._bar_steps:
            return 0
        wanted = str(meter) if str(meter) in self._bar_steps else next(iter(self._bar_steps))
        first = 0
        for name, bar_steps in self._bar_steps.items():
            if name == wanted:
                return first + step_in_bar % bar_steps
            first += bar_steps
        raise AssertionError("the meter was just found")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; `from_json` takes them back."""
        return {**asdict(self), "meters": list(self.meters)}

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
        if missing := sorted(names - set(values)):
            raise CheckpointError(f"model config: {', '.join(missing)} missing")
        if not isinstance(values["meters"], list | tuple):
            raise CheckpointError(f"model config: meters must be a list, not {values['meters']!r}")
        return cls(**{**values, "meters": tuple(values["meters"])})
