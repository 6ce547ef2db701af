"""Where the layers meet: what each side needs of the other, and no more."""

from __future__ import annotations

from typing import Protocol

from rnnrbm_live.core.messages import PlayerCommand, PlayerEvent


class NoteSink(Protocol):
    """Something that notes are sent to: a MIDI port, the built-in piano, a list in a test.

    `due_seconds` is when the note should sound, on the player's clock: a sink that can schedule (the piano) places
    it there; one that cannot is called at that moment.
    """

    def note_on(self, channel: int, pitch: int, velocity: int, due_seconds: float) -> None:
        """Strike a note; channel 0..15, velocity 1..127."""
        ...

    def note_off(self, channel: int, pitch: int, due_seconds: float) -> None:
        """Release a note."""
        ...

    def silence(self) -> None:
        """End every sound at once."""
        ...

    def close(self) -> None:
        """Silence and let go of the device; may be called twice."""
        ...


class RealtimeSink(Protocol):
    """Something that MIDI clock is sent to."""

    def realtime(self, *message: int) -> None:
        """Send a system message, its bytes, now."""
        ...


class PlayerLink(Protocol):
    """The engine's end of the line to a player, which may be a process, or run offline in this one.

    Events arrive in the order in which they happened.
    """

    def send(self, command: PlayerCommand) -> None:
        """Hand over a command; never blocks for long."""
        ...

    def poll(self, timeout_seconds: float) -> list[PlayerEvent]:
        """Return what has happened since the last call, waiting at most `timeout_seconds` for something to."""
        ...

    def wake(self) -> None:
        """Make a waiting `poll` return now; safe from any thread."""
        ...

    def close(self) -> None:
        """Silence and end the player; may be called twice."""
        ...
