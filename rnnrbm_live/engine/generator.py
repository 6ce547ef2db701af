"""What drives a session: a thread in real time, or a loop offline at full speed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from rnnrbm_live.core.commands import Command, Stop
from rnnrbm_live.core.protocols import PlayerLink
from rnnrbm_live.engine.session import Session
from rnnrbm_live.engine.snapshot import Snapshot

IDLE_SECONDS = 0.25
WATCHING_SECONDS = 0.02

log = logging.getLogger(__name__)


class Generator:
    """The thread that owns a session: it alone plans, and listens to the player.

    `send` and `snapshot` are for any thread. `start` begins, `close` ends it and the session's journal (twice is fine)
    and leaves the link open.
    """

    def __init__(self, session: Session, link: PlayerLink) -> None:
        """Stand ready."""
        self._session = session
        self._link = link
        self._commands: SimpleQueue[Command] = SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)

    @property
    def snapshot(self) -> Snapshot:
        """The session as it stands."""
        return self._session.snapshot

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Ask for something; it is acted on before the next frame is planned."""
        self._commands.put(command)
        self._link.wake()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._closing.set()
        self._link.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)
        self._session.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._turn()
            except Exception as err:  # the thread's last line of defence: say so, fall silent, stay usable
                log.exception("the generator failed")
                self._session.command(Stop())
                self._session.notify(
                    f"The generator failed ({err}) and stopped; nothing recorded is lost: press Play to go on"
                )

    def _turn(self) -> None:
        busy = self._session.work()
        timeout = 0.0 if busy else WATCHING_SECONDS if self._session.watching else IDLE_SECONDS
        for event in self._link.poll(timeout):
            self._session.event(event)
        while True:
            try:
                self._session.command(self._commands.get_nowait())
            except Empty:
                return


def run_offline(session: Session, link: PlayerLink, finished: Callable[[Snapshot], bool]) -> None:
    """Drive a playing session at full speed until `finished`, then stop it.

    `link` must be an offline player: each `poll` moves its clock to what is due next. The step that is played when
    `finished` says so has begun but has no length yet, so none of its notes are recorded.
    """
    while not finished(session.snapshot):
        while session.work():
            pass
        for event in link.poll(0.0):
            session.event(event)
    session.command(Stop())
    for event in link.poll(0.0):
        session.event(event)
