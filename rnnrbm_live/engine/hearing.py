"""What a model remembers while it listens: hearing the same beginning again costs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rnnrbm_live.core.frame import Frame
from rnnrbm_live.model.live import LiveModel, State


class Hearing:
    """A model's states after each frame of what it heard last.

    States are values, so those of a beginning that is heard again are the ones that it would be heard to. A player's
    call grows key by key, and each key then costs the frames since the one before, not the whole conversation.
    """

    def __init__(self, model: LiveModel) -> None:
        """Begin with nothing heard."""
        self._model = model
        self._begun: tuple[int, int] | None = None  # context and semitones
        self._heard: list[tuple[Frame, int]] = []  # each frame, and the context of the step after it
        self._states: list[State] = []  # before the first frame, and after each

    def listen(self, frames: Sequence[Frame], next_contexts: Sequence[int], context: int, semitones: int) -> State:
        """Return the state after frames, from u(0).

        Args:
            frames: T frames.
            next_contexts: T places, each of the step after its frame.
            context: place of the first frame.
            semitones: how far the music lies above the model's key.
        """
        if self._begun != (context, semitones):
            self._begun = context, semitones
            self._heard = []
            self._states = [self._model.initial_state(context, semitones=semitones)]
        wanted = list(zip(frames, next_contexts, strict=True))
        alike = 0
        while alike < min(len(wanted), len(self._heard)) and wanted[alike] == self._heard[alike]:
            alike += 1
        del self._heard[alike:], self._states[alike + 1 :]
        for frame, next_context in wanted[alike:]:
            self._states.append(self._model.update(self._states[-1], frame, next_context))
            self._heard.append((frame, next_context))
        return self._states[-1]
