"""A player that runs in this process at full speed, on a clock of its own: rendering, replay and tests."""

from __future__ import annotations

from rnnrbm_live.core.clock import ManualClock
from rnnrbm_live.core.messages import PlayerCommand, PlayerEvent
from rnnrbm_live.core.protocols import NoteSink
from rnnrbm_live.player.midi_in import MidiIn
from rnnrbm_live.player.player import Player


class OfflinePlayer:
    """A `PlayerLink` whose time moves only in `poll`, to whatever is due next. Deterministic.

    Attributes:
        clock: its time; the session must use the same.
        player: for tests that press keys or add sinks.
        midi_in: for tests that send messages as a device does.
    """

    def __init__(self, *sinks: NoteSink) -> None:
        """Start at time 0, standing still."""
        self.clock = ManualClock()
        self._events: list[PlayerEvent] = []
        self.player = Player(clock=self.clock, emit=self._events.append)
        self.midi_in = MidiIn(self.player, self._events.append)
        for sink in sinks:
            self.player.add_sink(sink)

    def send(self, command: PlayerCommand) -> None:
        """Act on a command at once."""
        self.player.handle(command)

    def poll(self, timeout_seconds: float) -> list[PlayerEvent]:
        """Return what has happened; if nothing has, first move time to what is due next.

        While the player's clock stands still, time moves by `timeout_seconds`.
        """
        if not self._events:
            due = self.player.next_due_seconds()
            now = self.clock.now_seconds()
            self.clock.sleep_until(now + timeout_seconds if due is None else due)
            self.player.advance()
            self.midi_in.advance(self.clock.now_seconds())
        events = self._events[:]
        self._events.clear()
        return events

    def wake(self) -> None:
        """Do nothing: `poll` never waits."""

    def close(self) -> None:
        """Silence everything."""
        self.player.silence()
