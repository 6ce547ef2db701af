"""The model's state before any step that sounded: kept every 256 steps, computed again in between."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from rnnrbm_live.core.clamps import Keys
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.model.live import State

KEPT_EVERY = 256
FRAME_BYTES = 11  # 88 keys of the piano
KEYS_BYTES = 16  # 128 keys of the player's
ROW_BYTES = 1 + 2 * FRAME_BYTES + 2 * KEYS_BYTES
BLOCK_ROWS = KEPT_EVERY


@dataclass(frozen=True)
class Played:
    """Who plays from `step` on: a model, in a state and with bars where `timeline` says, or none."""

    step: int
    stepper: Stepper | None
    state: State | None
    timeline: Timeline


class History:
    """What a session's models have heard, step by step, and enough of their states to find every other one.

    A step costs about 10 bytes for frame and keys, once packed, and 5 for its share of a state of 256 units.
    """

    def __init__(self, first_step: int = 0) -> None:
        """Begin with a step; what was before it is not known."""
        self._first = first_step
        self._blocks: list[bytes] = []  # of `BLOCK_ROWS` rows each, packed
        self._rows = bytearray()  # those after them, fewer than a block
        self._sections: list[Played] = []
        self._kept: dict[int, State] = {}  # by the step that they come before
        self._steppers: dict[tuple[str, str], Stepper] = {}  # one for each model, however often it was loaded

    def begin(self, step: int, stepper: Stepper | None, state: State | None, timeline: Timeline) -> None:
        """Take note of who plays from a step on."""
        if stepper is not None:
            stepper = self._steppers.setdefault((stepper.name, stepper.fingerprint), stepper)
        self._sections.append(Played(step, stepper, state, timeline))

    def add(self, step: int, frame: Frame, keys: Keys, after: State | None) -> None:
        """Take note of a step that sounded: the planned voice, the player's keys, and the state that they led to."""
        row = step - self._first
        while row < len(self._blocks) * BLOCK_ROWS:
            self._rows = bytearray(zlib.decompress(self._blocks.pop()))
        begin = (row - len(self._blocks) * BLOCK_ROWS) * ROW_BYTES
        del self._rows[begin:]
        self._rows.extend(bytes(begin - len(self._rows)))
        self._rows += b"\x01" + b"".join(
            (
                _packed(frame.sounding & _PIANO, PIANO.low, FRAME_BYTES),
                _packed(frame.onsets & _PIANO, PIANO.low, FRAME_BYTES),
                _packed(keys.held, 0, KEYS_BYTES),
                _packed(keys.struck, 0, KEYS_BYTES),
            )
        )
        size = BLOCK_ROWS * ROW_BYTES
        while len(self._rows) >= size:
            self._blocks.append(zlib.compress(self._rows[:size]))
            del self._rows[:size]
        if after is not None and (step + 1) % KEPT_EVERY == 0:
            self._kept[step + 1] = replace(after, u=after.u.astype(np.float32))  # 20 bits and a sign: exact

    def heard_at_or_after(self, step: int) -> int | None:
        """Return the first step from here on that sounded, or that is older than what is known; None if none did."""
        if step < self._first:
            return step
        end = self._first + len(self._blocks) * BLOCK_ROWS + len(self._rows) // ROW_BYTES
        return next((later for later, _ in self._rows_between(step, end)), None)

    def before(self, step: int) -> tuple[Stepper, State] | None:
        """Return the model that played a step and its state just before; None if none did, or that is not known."""
        return self._state(step, end=step)

    def after(self, step: int) -> tuple[Stepper, State] | None:
        """Return the model that played a step and its state just after; None if none did, or that is not known."""
        return self._state(step, end=step + 1)

    def _state(self, step: int, *, end: int) -> tuple[Stepper, State] | None:
        """Return the state of the model that played `step` before `end`."""
        index = bisect_right(self._sections, step, key=lambda section: section.step) - 1
        if step < self._first or index < 0:
            return None
        section = self._sections[index]
        stepper, state, first = section.stepper, section.state, section.step
        if stepper is None or state is None:
            return None
        kept = end // KEPT_EVERY * KEPT_EVERY
        while kept > first and kept not in self._kept:  # time stood still there
            kept -= KEPT_EVERY
        if kept > first:
            state, first = replace(self._kept[kept], u=self._kept[kept].u.astype(np.float64)), kept
        for heard, frame, keys in self._heard(first, end):
            state = stepper.listen(state, frame, section.timeline, heard + 1, keys)
        return stepper, state

    def _heard(self, first: int, end: int) -> Iterator[tuple[int, Frame, Keys]]:
        for step, row in self._rows_between(first, end):
            fields, at = [], 1
            for low, size in ((PIANO.low, FRAME_BYTES),) * 2 + ((0, KEYS_BYTES),) * 2:
                fields.append(_unpacked(row[at : at + size], low))
                at += size
            sounding, onsets, held, struck = fields
            yield step, Frame(sounding, onsets), Keys(held, struck)

    def _rows_between(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield the rows of those steps that sounded."""
        for index in range((first - self._first) // BLOCK_ROWS, -(-(end - self._first) // BLOCK_ROWS)):
            block, begins = self._block(index), self._first + index * BLOCK_ROWS
            for step in range(max(first, begins), min(end, begins + len(block) // ROW_BYTES)):
                at = (step - begins) * ROW_BYTES
                if block[at]:
                    yield step, block[at : at + ROW_BYTES]

    def _block(self, index: int) -> bytes:
        if index < len(self._blocks):
            return zlib.decompress(self._blocks[index])
        return bytes(self._rows) if index == len(self._blocks) else b""


_PIANO = frozenset(range(PIANO.low, PIANO.high))


def _packed(pitches: frozenset[int], low: int, size: int) -> bytes:
    return sum(1 << (pitch - low) for pitch in pitches).to_bytes(size, "little")


def _unpacked(packed: bytes, low: int) -> frozenset[int]:
    bits = int.from_bytes(packed, "little")
    return frozenset(low + bit for bit in range(bits.bit_length()) if bits >> bit & 1)
