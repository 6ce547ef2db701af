"""Which keys the player holds at each step of a duet that can still be changed."""

from __future__ import annotations

from dataclasses import dataclass

from rnnrbm_live.core.clamps import Keys
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.messages import KeyPlayed


@dataclass(slots=True)
class _Press:
    pitch: int
    velocity: int
    step: int  # that it belongs to
    until: int | None = None  # the step at which it is held no more; None while it is


class HeldKeys:
    """Keys by the step that they belong to; one that is let go before its step has come still sounds at it."""

    def __init__(self) -> None:
        """Nothing is held."""
        self._presses: list[_Press] = []  # in the order in which they came

    def hear(self, key: KeyPlayed) -> None:
        """Take in a key; one that is played while time stands still belongs to no step, but is held from then on."""
        step = -1 if key.step is None else key.step
        for press in self._presses:
            if press.pitch == key.pitch and press.until is None:
                press.until = max(step, press.step + 1)
        if key.velocity:
            self._presses.append(_Press(key.pitch, key.velocity, step))

    def at(self, step: int) -> Keys:
        """Return what is held at a step, as far as is known: held keys stay held."""
        begun = [press for press in self._presses if press.step <= step]
        held = frozenset(press.pitch for press in begun if press.until is None or step < press.until)
        struck = frozenset(press.pitch for press in begun if press.step == step)
        return Keys(held, struck, begun[-1].velocity if begun else 0)

    def forget(self, step: int) -> None:
        """Let go of what was over by a step that has sounded; how loud the last of it was is kept in mind."""
        begun = [press for press in self._presses if press.step <= step]
        over = [press for press in begun[:-1] if press.until is not None and press.until <= step]
        self._presses = [press for press in self._presses if press not in over]

    def release_all(self) -> None:
        """Hold nothing any more."""
        self._presses.clear()


def together(voice: Frame, keys: Keys) -> Frame:
    """Return what the model hears of a step: its own notes and the player's."""
    return Frame(voice.sounding | keys.held, voice.onsets | keys.struck)
