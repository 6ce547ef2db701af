"""MIDI ports (python-rtmidi): what there is, and opening it. Never blocks for long, never raises while it plays."""

from __future__ import annotations

import contextlib
import math
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import rtmidi

from rnnrbm_live.core.errors import MidiPortError

CLIENT_NAME = "RNN-RBM Live"
NOTE_OFF, NOTE_ON, CONTROL_CHANGE = 0x80, 0x90, 0xB0
SYSTEM = 0xF0
SUSTAIN, ALL_NOTES_OFF = 64, 123
ENDING_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""After opening: JACK drops some of what is sent while it still misses a client that died."""
ECHO_SECONDS = 0.1  # within which a loop gives back what it was sent
FLUSH_SECONDS = 0.05  # JACK hands messages on in its next cycle, and drops those of a port that is gone by then

# In the order in which they are tried.
_SYSTEMS = {
    "linux": (("ALSA", rtmidi.API_LINUX_ALSA), ("JACK", rtmidi.API_UNIX_JACK)),
    "darwin": (("CoreMIDI", rtmidi.API_MACOSX_CORE), ("JACK", rtmidi.API_UNIX_JACK)),
    "win32": (("WinMM", rtmidi.API_WINDOWS_MM),),
}
_ALSA_NUMBERS = re.compile(r" \d+:\d+$")


class MidiSystem:
    """One MIDI system of the machine, such as ALSA or JACK.

    Attributes:
        name: of the system.
        has_virtual_ports: whether it lets us offer ports of our own.
    """

    def __init__(self, name: str, api: int) -> None:
        """Connect to it.

        Raises:
            MidiPortError: if it does not answer.
        """
        self.name = name
        self.has_virtual_ports = api != rtmidi.API_WINDOWS_MM
        self._api = api
        try:
            self._out = rtmidi.MidiOut(rtapi=api, name=f"{CLIENT_NAME} list")
            self._in = rtmidi.MidiIn(rtapi=api, name=f"{CLIENT_NAME} list")
        except rtmidi.RtMidiError as err:
            raise MidiPortError(f"{name} does not answer ({err}): start it, or do without MIDI") from err

    @classmethod
    def open_first(cls) -> MidiSystem:
        """Connect to the first system that answers.

        Raises:
            MidiPortError: if none does.
        """
        compiled = rtmidi.get_compiled_api()
        tried = [(name, api) for name, api in _SYSTEMS.get(sys.platform, ()) if api in compiled]
        for name, api in tried:
            with contextlib.suppress(MidiPortError):
                return cls(name, api)
        names = " nor ".join(name for name, _ in tried) or "a known one"
        raise MidiPortError(f"no MIDI system answers (neither {names}): connect a MIDI device, or start JACK")

    def output_names(self) -> tuple[str, ...]:
        """Return the outputs there are, without our own; names stay the same when a device is plugged in again."""
        return _names(self._out)

    def input_names(self) -> tuple[str, ...]:
        """Return the inputs there are, without our own."""
        return _names(self._in)

    def open_output(self, name: str) -> MidiOutput:
        """Open an output by name.

        Raises:
            MidiPortError: if it is not there, or is taken.
        """
        port = rtmidi.MidiOut(rtapi=self._api, name=CLIENT_NAME)
        self._open(port, name, "output")
        return MidiOutput(port, name)

    def open_virtual_output(self) -> MidiOutput:
        """Offer an output of our own, that other programs connect to.

        Raises:
            MidiPortError: if the system has no such ports.
        """
        if not self.has_virtual_ports:
            raise MidiPortError(f"{self.name} has no virtual ports: install loopMIDI and choose its port")
        port = rtmidi.MidiOut(rtapi=self._api, name=CLIENT_NAME)
        try:
            port.open_virtual_port("out")
        except rtmidi.RtMidiError as err:
            raise MidiPortError(f"{self.name} gave us no port of our own ({err}): choose an output") from err
        return MidiOutput(port, CLIENT_NAME)

    def open_input(self, name: str) -> MidiInput:
        """Open an input by name.

        Raises:
            MidiPortError: if it is not there, or is taken.
        """
        port = rtmidi.MidiIn(rtapi=self._api, name=CLIENT_NAME)
        self._open(port, name, "input")
        return MidiInput(port, name)

    def close(self) -> None:
        """Let go of the system; ports that were opened stay open."""
        self._out.delete()
        self._in.delete()

    def _open(self, port: Any, name: str, kind: str) -> None:
        names = [_normalised(raw) for raw in port.get_ports()]
        if name not in names:
            port.delete()
            raise MidiPortError(f"there is no MIDI {kind} {name!r}: connect it, or choose one that is listed")
        try:
            port.open_port(names.index(name), kind)
        except rtmidi.RtMidiError as err:
            port.delete()
            raise MidiPortError(
                f"MIDI {kind} {name!r} cannot be opened ({err}): close the program that uses it, or choose another"
            ) from err


class MidiOutput:
    """An open output; a `NoteSink` that is called when a note is due.

    Attributes:
        name: as listed.
    """

    def __init__(self, port: Any, name: str) -> None:
        """Take an open rtmidi port."""
        self.name = name
        self._port = port
        self._channels: set[int] = set()
        self._sent: dict[tuple[int, int], float] = {}  # (pitch, velocity) -> when last
        self._ended: set[tuple[int, int]] = set()  # (channel, pitch) whose end is said again
        self._end_at: list[float] = []  # when that is done, ascending
        self._sent_last = 0.0
        self._open = True

    def note_on(self, channel: int, pitch: int, velocity: int, due_seconds: float) -> None:
        """Send a note-on now."""
        self._channels.add(channel)
        self._sent[pitch, velocity] = time.monotonic()
        self._ended.discard((channel, pitch))
        self._send(NOTE_ON | channel, pitch, velocity)

    def note_off(self, channel: int, pitch: int, due_seconds: float) -> None:
        """Send a note-off now."""
        self._sent[pitch, 0] = time.monotonic()
        if self._end_at:
            self._ended.add((channel, pitch))
        self._send(NOTE_OFF | channel, pitch, 0)

    def has_just_sent(self, message: tuple[int, ...]) -> bool:
        """Return whether a message that arrives now may be the echo of a note that was sent."""
        kind = message[0] & 0xF0
        if len(message) != 3 or kind not in (NOTE_ON, NOTE_OFF):
            return False
        pitch, velocity = message[1], message[2] if kind == NOTE_ON else 0
        return time.monotonic() - self._sent.get((pitch, velocity), -math.inf) < ECHO_SECONDS

    def realtime(self, *message: int) -> None:
        """Send a system message now."""
        self._send(*message)

    def silence(self) -> None:
        """Send sustain off and all-notes-off on every channel that has played."""
        for channel in sorted(self._channels):
            self._send(CONTROL_CHANGE | channel, SUSTAIN, 0)
            self._send(CONTROL_CHANGE | channel, ALL_NOTES_OFF, 0)

    def end_notes(self, notes: frozenset[tuple[int, int]]) -> None:
        """End (channel, pitch) that a player which died may have left sounding.

        Their note-offs, and those of the first seconds, are sent several times, by `end_again`.
        """
        self._channels.update(channel for channel, _ in notes)
        self.silence()
        if notes:
            now = time.monotonic()
            self._end_at = [now + seconds for seconds in ENDING_SECONDS]
            self._ended.update(notes)
            self.end_again()

    def end_again(self) -> None:
        """Send again, if it is time to, the note-offs of what was ended and not struck since."""
        while self._end_at and time.monotonic() >= self._end_at[0]:
            del self._end_at[0]
            for channel, pitch in sorted(self._ended):
                self._send(NOTE_OFF | channel, pitch, 0)

    def close(self) -> None:
        """Close, once what was sent last has gone out; may be called twice."""
        if self._open:
            time.sleep(max(0.0, self._sent_last + FLUSH_SECONDS - time.monotonic()))
            self._open = False
            self._port.close_port()
            self._port.delete()

    def _send(self, *message: int) -> None:
        # A port that vanished is noticed when the list of ports changes, and closed then.
        if self._open:
            self._sent_last = time.monotonic()
            with contextlib.suppress(rtmidi.RtMidiError):
                self._port.send_message(message)


class MidiInput:
    """An open input. It is polled: a Python callback on the system's own thread would disturb its timing.

    Attributes:
        name: as listed.
    """

    def __init__(self, port: Any, name: str) -> None:
        """Take an open rtmidi port."""
        self.name = name
        self._port = port
        port.ignore_types(sysex=False, timing=False)

    def messages(self) -> Iterator[tuple[int, ...]]:
        """Yield every message, its bytes, that has arrived since the last call, in order."""
        while (event := self._port.get_message()) is not None:
            yield tuple(event[0])

    def close(self) -> None:
        """Close; may be called twice."""
        if not self._port.is_deleted:
            self._port.close_port()
            self._port.delete()


def _names(port: Any) -> tuple[str, ...]:
    names = dict.fromkeys(_normalised(raw) for raw in port.get_ports())
    return tuple(name for name in names if not name.startswith(CLIENT_NAME) and not name.startswith("Midi Through"))


def _normalised(raw: str) -> str:
    """Strip ALSA's client and port numbers, which change when a device is plugged in again."""
    return _ALSA_NUMBERS.sub("", raw)
