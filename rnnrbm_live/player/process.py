"""The player in a process of its own, so that nothing else on the machine's Python side can make it late.

`ProcessLink` is the engine's end. The child imports neither torch nor Qt, asks for real-time priority, collects no
garbage while it plays, sleeps until just before what is due next and spins the last stretch.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.errors import PlayerError
from rnnrbm_live.core.frame import Source
from rnnrbm_live.player.child import ChildSetup, run_child
from rnnrbm_live.player.player import CHANNELS

CLOSE_SECONDS = 2.0
RESTARTS = 3
RESTARTS_WITHIN_SECONDS = 60.0


class ProcessLink:
    """A `PlayerLink` to a child process. Start it before Qt is imported.

    A child that dies is replaced; the new one opens the same ports and first ends what the old one left sounding.

    Attributes:
        output: the MIDI output asked for last, whether it is there or not; None for a port of our own.
        input_name: the MIDI input asked for last; None for none.
    """

    def __init__(self, *, output: str | None = None, input_name: str | None = None, priority: bool = True) -> None:
        """Prepare.

        Args:
            output: MIDI output to begin with; None for a port of our own.
            input_name: MIDI input to begin with; None for none.
            priority: whether to ask the system for real-time priority.
        """
        self.output = output
        self.input_name = input_name
        self._priority = priority
        self._context = multiprocessing.get_context("spawn")
        self._wake_receiver, self._wake_sender = self._context.Pipe(duplex=False)
        self._send_lock = threading.Lock()
        self._wake_lock = threading.Lock()  # another: a child that hangs takes nothing in, and a send to it waits
        self._connection: Connection[msg.PlayerCommand, msg.PlayerEvent] | None = None
        self._process: BaseProcess | None = None
        self._plan_notes: frozenset[tuple[int, int]] = frozenset()
        self._key_notes: set[tuple[int, int]] = set()
        self._restarted_at: list[float] = []

    @property
    def pid(self) -> int | None:
        """Process number of the child."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the child.

        Raises:
            PlayerError: if the system does not let us.
        """
        ours, theirs = self._context.Pipe()
        ending = frozenset(self._plan_notes | self._key_notes)
        setup = ChildSetup(self.output, self.input_name, ending, self._priority)
        process = self._context.Process(target=run_child, args=(theirs, setup), name="rnnrbm-player", daemon=True)
        try:
            process.start()
        except OSError as err:
            raise PlayerError(f"the player process could not be started ({err}): close other programs") from err
        theirs.close()
        self._process, self._connection = process, ours

    def send(self, command: msg.PlayerCommand) -> None:
        """Hand over a command. To a child that has died it is lost; `poll` will tell."""
        if isinstance(command, msg.OpenOutput):
            self.output = command.name
        elif isinstance(command, msg.OpenInput):
            self.input_name = command.name
        with self._send_lock, contextlib.suppress(OSError):
            if self._connection is not None:
                self._connection.send(command)

    def poll(self, timeout_seconds: float) -> list[msg.PlayerEvent]:
        """Return what has happened since, waiting at most so long for something to."""
        connection = self._connection
        if connection is None:
            time.sleep(timeout_seconds)
            return []
        ready = wait([connection, self._wake_receiver], timeout_seconds)
        while self._wake_receiver.poll():
            self._wake_receiver.recv_bytes()
        if connection not in ready:
            return []
        events: list[msg.PlayerEvent] = []
        try:
            while connection.poll():
                event = connection.recv()
                self._follow(event)
                events.append(event)
        except (EOFError, OSError):
            if self._process is not None:  # not closed by us
                events.append(self._replace(self._process))
        return events

    def wake(self) -> None:
        """Make a waiting `poll` return."""
        with self._wake_lock, contextlib.suppress(OSError):
            self._wake_sender.send_bytes(b"")

    def close(self) -> None:
        """Silence and end the child; may be called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        self.send(msg.Shutdown())
        with self._send_lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
        process.join(CLOSE_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()

    def _follow(self, event: msg.PlayerEvent) -> None:
        """Keep in mind what sounds, so that another child can end it."""
        if isinstance(event, msg.StepPlayed):
            channel = CHANNELS[event.planned.source]
            self._plan_notes = frozenset((channel, pitch) for pitch in event.planned.frame.sounding)
        elif isinstance(event, msg.ClockStopped):
            self._plan_notes = frozenset()
        elif isinstance(event, msg.KeyPlayed):
            note = (CHANNELS[Source.PLAYER], event.pitch)
            if event.velocity:
                self._key_notes.add(note)
            else:
                self._key_notes.discard(note)

    def _replace(self, dead: BaseProcess) -> msg.PlayerEvent:
        """Start another child in place of one that died."""
        dead.join(CLOSE_SECONDS)
        code = dead.exitcode
        now = time.monotonic()
        self._restarted_at = [at for at in self._restarted_at if now - at < RESTARTS_WITHIN_SECONDS] + [now]
        self._connection = None
        if len(self._restarted_at) > RESTARTS:
            return msg.PlayerLost(
                f"The player process died {RESTARTS + 1} times within a minute (exit code {code}) and stays off:"
                " export the session and start the program again."
            )
        try:
            self.start()
        except PlayerError as err:
            return msg.PlayerLost(f"The player process died and {err}.")
        self._key_notes.clear()
        self._plan_notes = frozenset()
        return msg.PlayerRestarted(f"The player process died (exit code {code}) and was started again.")
