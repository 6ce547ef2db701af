"""The player process itself: what runs in the child. Light to import."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import FrameType

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.errors import AudioError
from rnnrbm_live.io.c_stderr import mute_c_libraries
from rnnrbm_live.player.midi_in import MidiIn
from rnnrbm_live.player.piano_sink import PianoSink
from rnnrbm_live.player.player import Player
from rnnrbm_live.player.ports import PortKeeper

SPIN_SECONDS = 0.0015  # waking from a sleep is late by less than this, nearly always
INPUT_SECONDS = 0.0005  # how often keys are looked for
IDLE_SECONDS = 0.05  # how often the rest is, when nothing is due
SWITCH_SECONDS = 0.0005  # the sound thread must get Python's lock soon while we spin
FADE_SECONDS = 0.06  # the last notes die away before the device is closed
WINDOWS_HIGH_PRIORITY_CLASS = 0x80
PRIORITY = 20  # above everything ordinary, below what the system itself runs in real time


@dataclass(frozen=True, slots=True)
class ChildSetup:
    """What a child begins with.

    Attributes:
        output: MIDI output; None for a port of our own.
        input: MIDI input; None for none.
        ending: (channel, pitch) that a child before this one may have left sounding.
        priority: whether to ask for real-time priority.
    """

    output: str | None
    input: str | None
    ending: frozenset[tuple[int, int]]
    priority: bool


def run_child(connection: Connection[msg.PlayerEvent, msg.PlayerCommand], setup: ChildSetup) -> None:
    """Play until told to stop, until the parent is gone, or until SIGTERM; then silence everything."""
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to act on
    signal.signal(signal.SIGTERM, end)
    mute_c_libraries()
    sys.setswitchinterval(SWITCH_SECONDS)
    if setup.priority:
        _ask_for_priority()
    child = _Child(connection, setup)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        while not ended.is_set() and child.turn():
            pass
    except (EOFError, ConnectionError):
        pass  # the parent is gone
    finally:
        child.close()


def _ask_for_priority() -> None:
    """Ask the system for real-time priority, and go on quietly without it.

    Threads that begin later inherit it, and must: one that another program preempts while it holds Python's lock holds
    up all others.
    """
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    elif sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), WINDOWS_HIGH_PRIORITY_CLASS)


class _Child:
    """Player, ports and sound of one process, and the loop's body."""

    def __init__(self, connection: Connection[msg.PlayerEvent, msg.PlayerCommand], setup: ChildSetup) -> None:
        self._connection = connection
        self._clock = SystemClock(spin_seconds=SPIN_SECONDS)
        self._player = Player(clock=self._clock, emit=self._emit)
        self._midi_in = MidiIn(self._player, self._emit)
        self._ports = PortKeeper(self._player, self._emit, ending=setup.ending)
        self._ports.open_output(setup.output)
        if setup.input is not None:
            self._ports.open_input(setup.input)
        while self._ports.work():
            pass
        self._ports.start()
        self._piano: PianoSink | None = None
        self._opened: PianoSink | AudioError | None = None
        threading.Thread(target=self._open_piano, name="sound-open", daemon=True).start()

    def turn(self) -> bool:
        """Wait for what is due next, or for news, and act; return False when told to stop."""
        due = self._player.next_due_seconds()
        patience = INPUT_SECONDS if self._ports.has_input else IDLE_SECONDS
        if due is not None:
            patience = min(patience, due - self._clock.now_seconds() - SPIN_SECONDS)
        while self._connection.poll(max(0.0, patience)):
            command = self._connection.recv()
            if isinstance(command, msg.Shutdown):
                return False
            self._handle(command)
            patience = 0.0
        for source, message in self._ports.messages():
            self._midi_in.receive(source, message, self._clock.now_seconds())
        self._midi_in.advance(self._clock.now_seconds())
        due = self._player.next_due_seconds()
        if due is not None and due - self._clock.now_seconds() <= SPIN_SECONDS:
            self._clock.sleep_until(due)
            self._player.advance()
        self._ports.follow_changes()
        if self._player.at_leisure:
            self._ports.work()
        self._use_opened_piano()
        return True

    def close(self) -> None:
        """Silence and let go of everything."""
        self._player.silence()
        self._ports.close()
        if self._piano is not None:
            self._clock.sleep_until(self._clock.now_seconds() + FADE_SECONDS)
            self._piano.close()

    def _handle(self, command: msg.PlayerCommand) -> None:
        match command:
            case msg.OpenOutput():
                self._ports.open_output(command.name)
            case msg.OpenInput():
                self._ports.open_input(command.name)
            case msg.SetPiano():
                self._ports.set_piano(command)
            case _:
                self._player.handle(command)

    def _emit(self, event: msg.PlayerEvent) -> None:
        # When the parent is gone there is nobody to tell; the next look at the pipe ends the loop.
        with contextlib.suppress(OSError):
            self._connection.send(event)

    def _open_piano(self) -> None:
        """Open the sound device, which may take a while, without holding up the first note on MIDI."""
        try:
            self._opened = PianoSink.open()
        except AudioError as err:
            self._opened = err

    def _use_opened_piano(self) -> None:
        """Take over what `_open_piano` has brought."""
        opened, self._opened = self._opened, None
        if isinstance(opened, PianoSink):
            self._piano = opened
            self._player.add_sink(opened, schedules=True)
            self._player.set_click_sound(opened.click)
            self._ports.add_piano(opened)
        elif opened is not None:
            self._emit(msg.Notice(str(opened)))
