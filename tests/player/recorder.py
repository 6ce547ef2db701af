"""A sink that writes down what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class RecordingSink:
    """Every message as (kind, channel, pitch, velocity, due seconds), and whether notes are matched."""

    messages: list[tuple[str, int, int, int, float]] = field(default_factory=list)
    closed: bool = False

    def note_on(self, channel: int, pitch: int, velocity: int, due_seconds: float) -> None:
        assert (channel, pitch) not in self.sounding, "struck twice without a release"
        self.messages.append(("on", channel, pitch, velocity, due_seconds))

    def note_off(self, channel: int, pitch: int, due_seconds: float) -> None:
        assert (channel, pitch) in self.sounding, "released without having been struck"
        self.messages.append(("off", channel, pitch, 0, due_seconds))

    def silence(self) -> None:
        self.messages.append(("silence", -1, -1, 0, 0.0))

    def close(self) -> None:
        self.closed = True

    @property
    def sounding(self) -> set[tuple[int, int]]:
        held: set[tuple[int, int]] = set()
        for kind, channel, pitch, *_ in self.messages:
            if kind == "on":
                held.add((channel, pitch))
            elif kind == "off":
                held.discard((channel, pitch))
        return held

    @property
    def brief(self) -> list[tuple[str, int, int]]:
        return [(kind, channel, pitch) for kind, channel, pitch, *_ in self.messages]
