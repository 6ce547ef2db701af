"""What sounds on one sink, and who holds it: the one place that knows, so that no note is left hanging."""

from __future__ import annotations

from enum import Enum

from rnnrbm_live.core.protocols import NoteSink


class Holder(Enum):
    """Why a note sounds: the plan and a key of the player's may hold the same one."""

    PLAN = "plan"
    KEY = "key"


class Voices:
    """A sink with its sounding notes, each belonging to a channel and pitch and held by one or both holders."""

    def __init__(self, sink: NoteSink) -> None:
        """Nothing sounds yet."""
        self.sink = sink
        self._holders: dict[tuple[int, int], set[Holder]] = {}

    @property
    def sounding(self) -> frozenset[tuple[int, int]]:
        """(channel, pitch) of every sounding note."""
        return frozenset(self._holders)

    def strike(self, holder: Holder, channel: int, pitch: int, velocity: int, due_seconds: float) -> None:
        """Start a note, or start it anew."""
        holders = self._holders.setdefault((channel, pitch), set())
        if holders:
            self.sink.note_off(channel, pitch, due_seconds)
        holders.add(holder)
        self.sink.note_on(channel, pitch, velocity, due_seconds)

    def release(self, holder: Holder, channel: int, pitch: int, due_seconds: float) -> None:
        """Let go of a note; it ends when nobody holds it any more. A note that does not sound is left alone."""
        holders = self._holders.get((channel, pitch))
        if holders is None or holder not in holders:
            return
        holders.discard(holder)
        if not holders:
            del self._holders[channel, pitch]
            self.sink.note_off(channel, pitch, due_seconds)

    def release_all(self, holder: Holder, due_seconds: float) -> None:
        """Let go of everything one holder holds."""
        for channel, pitch in sorted(self._holders):
            self.release(holder, channel, pitch, due_seconds)

    def silence(self, due_seconds: float) -> None:
        """End every note, one by one and then by the sink's own means."""
        for channel, pitch in sorted(self._holders):
            self.sink.note_off(channel, pitch, due_seconds)
        self._holders.clear()
        self.sink.silence()
