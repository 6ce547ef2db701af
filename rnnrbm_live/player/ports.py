"""Keeps the chosen MIDI ports open: opens them, notices when they vanish, takes them up again when they return.

While a chosen output is not there, the built-in piano plays, even if it is switched off: on a stage silence is worse.

To open or close a port of JACK's takes some 40 ms, in which Python's lock is held. So that no note is late for it, such
things wait until they are let, and are done one at a time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.errors import MidiPortError
from rnnrbm_live.io.midi_ports import CLIENT_NAME, MidiInput, MidiOutput, MidiSystem
from rnnrbm_live.player.player import Player

SCAN_SECONDS = 1.0


class PianoSwitch(Protocol):
    """The built-in piano, as far as it is switched here."""

    def set(self, *, on: bool, gain_db: float) -> None:
        """Switch it and set its level."""
        ...


class PortKeeper:
    """MIDI inputs and outputs of one player: our own port, where the system has such, and a chosen output beside it.

    Called from the player's own thread; only listing runs elsewhere. What may block is left to `work`.
    """

    def __init__(
        self, player: Player, emit: Callable[[msg.PlayerEvent], None], *, ending: frozenset[tuple[int, int]]
    ) -> None:
        """Connect to the MIDI system, if there is one.

        Args:
            player: is given the output as a sink.
            emit: takes `Ports` and `Notice`.
            ending: (channel, pitch) that a player which died may have left sounding: ended on the first outputs.
        """
        self._player = player
        self._emit = emit
        self._ending = ending
        self._own: MidiOutput | None = None
        self._output: MidiOutput | None = None
        self._inputs: dict[str, MidiInput] = {}
        self._wanted_output: str | None = None
        self._wanted_input: str | None = None
        self._names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._scanned: tuple[tuple[str, ...], tuple[str, ...]] = self._names
        self._piano: PianoSwitch | None = None
        self._piano_wanted = msg.SetPiano(True, 0.0)
        self._stands_in = False
        self._closing: deque[MidiOutput | MidiInput] = deque()  # silent already
        self._waiting: deque[Callable[[], None]] = deque()  # what else may block
        self._stopping = threading.Event()
        self._system: MidiSystem | None = None
        try:
            self._system = MidiSystem.open_first()
        except MidiPortError as err:
            self._emit(msg.Notice(str(err), msg.Level.INFO))
        if self._system is not None:
            self._scan(self._system)
            self._offer_own_output(self._system)

    def start(self) -> None:
        """Watch for ports that come and go, in a thread of its own: listing may block."""
        if self._system is not None:
            threading.Thread(target=self._watch, args=(self._system,), name="port-watch", daemon=True).start()

    def open_output(self, name: str | None) -> None:
        """Play on the output of this name too, or on our own port alone; say so if that cannot be."""
        self._wanted_output = name if name != CLIENT_NAME else None
        self._leave_output()
        self._waiting.append(self._use_wanted_output)

    def open_input(self, name: str | None) -> None:
        """Listen to the input of this name, to all, or to none; say so if that cannot be."""
        self._wanted_input = name
        self._close_inputs(self._inputs)
        if name is not None and name != msg.ALL_INPUTS:
            self._open_inputs((name,))
        else:
            self._listen_to_what_is_there()
        self._waiting.append(self.report)

    def work(self) -> bool:
        """Do one of the things that wait, if one does, and return whether one did."""
        if self._closing:
            self._closing.popleft().close()
        elif self._waiting:
            self._waiting.popleft()()
        else:
            return False
        return True

    @property
    def has_input(self) -> bool:
        """Whether keys may arrive."""
        return bool(self._inputs)

    def messages(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the messages that have arrived, each after the name of its input.

        What a device gives back of the notes that we have just sent to it is left out: a loop would never end.
        """
        for name, port in self._inputs.items():
            output = self._output if self._output is not None and self._output.name == name else None
            for message in port.messages():
                if output is None or not output.has_just_sent(message):
                    yield name, message

    def add_piano(self, piano: PianoSwitch) -> None:
        """Take charge of the built-in piano, which has found a sound device."""
        self._piano = piano
        self._switch_piano()
        self.report()

    def set_piano(self, wanted: msg.SetPiano) -> None:
        """Switch the built-in piano, once it is there, and set its level."""
        self._piano_wanted = wanted
        if self._switch_piano():
            self.report()

    def follow_changes(self) -> None:
        """Act on what the watching thread has seen."""
        for opened in (self._own, self._output):
            if opened is not None:
                opened.end_again()
        if self._scanned is self._names:
            return
        self._names = self._scanned
        outputs, inputs = self._names
        if self._wanted_output is not None:
            if self._output is not None and self._wanted_output not in outputs:
                self._leave_output()
                self._emit(msg.Notice(f"MIDI output {self._wanted_output!r} went away: it is used again on return"))
            elif self._output is None and self._wanted_output in outputs:
                self._waiting.append(self._use_wanted_output)
        gone = [name for name in self._inputs if name not in inputs]
        if gone:
            self._close_inputs(gone)
            self._emit(msg.Notice(f"MIDI input {', '.join(map(repr, gone))} went away: it is used again on return"))
        self._listen_to_what_is_there()
        self._switch_piano()
        self._waiting.append(self.report)

    def report(self) -> None:
        """Tell what there is and what is in use."""
        self._emit(
            msg.Ports(
                outputs=self._names[0],
                inputs=self._names[1],
                output=self._wanted_output,
                outputs_open=tuple(output.name for output in (self._own, self._output) if output is not None),
                input=self._wanted_input,
                inputs_open=tuple(self._inputs),
                piano=self._piano is not None,
                piano_stands_in=self._stands_in,
                midi=self._system.name if self._system else None,
            )
        )

    def close(self) -> None:
        """Silence and close everything."""
        self._stopping.set()
        self._waiting.clear()
        for output in (self._own, self._output):
            if output is not None:
                self._leave(output)
        self._own = self._output = None
        self._close_inputs(self._inputs)
        while self.work():
            pass

    def _offer_own_output(self, system: MidiSystem) -> None:
        if system.has_virtual_ports:
            try:
                self._own = system.open_virtual_output()
            except MidiPortError as err:
                self._emit(msg.Notice(str(err)))
            else:
                self._use_output(self._own)

    def _use_output(self, output: MidiOutput) -> None:
        output.end_notes(self._ending)
        self._player.add_sink(output)
        self._player.clock_out.add(output)

    def _use_wanted_output(self) -> None:
        if self._system is not None and self._wanted_output is not None and self._output is None:
            try:
                self._output = self._system.open_output(self._wanted_output)
            except MidiPortError as err:
                self._emit(msg.Notice(str(err)))
            else:
                self._use_output(self._output)
                self._ending = frozenset()
        elif self._system is not None and not self._system.has_virtual_ports and self._wanted_output is None:
            self._emit(
                msg.Notice(
                    f"{self._system.name} lets us offer no port of our own: to be heard in other programs, install"
                    " loopMIDI and choose its port",
                    msg.Level.INFO,
                )
            )
        self._switch_piano()
        self.report()

    def _leave_output(self) -> None:
        """Play no more on the chosen output; it is silent at once, and closed later."""
        if self._output is not None:
            self._leave(self._output)
            self._output = None

    def _leave(self, output: MidiOutput) -> None:
        self._player.remove_sink(output)
        self._player.clock_out.remove(output)
        self._closing.append(output)

    def _switch_piano(self) -> bool:
        """Let the piano sound if it is to, or has to stand in for an output; return whether that is news."""
        if self._piano is None:
            return False
        on, gain_db = self._piano_wanted.on, self._piano_wanted.gain_db
        stood_in = self._stands_in
        missing = (
            self._wanted_output is not None and self._output is None and self._use_wanted_output not in self._waiting
        )
        self._stands_in = missing and not on
        self._piano.set(on=on or self._stands_in, gain_db=gain_db)
        if self._stands_in and not stood_in:
            text = f"MIDI output {self._wanted_output!r} is not there: the built-in piano plays until it is"
            self._emit(msg.Notice(text))
        return self._stands_in is not stood_in

    def _listen_to_what_is_there(self) -> None:
        """Open the inputs that are wanted, there, and not open yet."""
        names = self._names[1]
        if self._wanted_input != msg.ALL_INPUTS:
            names = tuple(name for name in names if name == self._wanted_input)
        self._open_inputs(tuple(name for name in names if name not in self._inputs))

    def _open_inputs(self, names: Iterable[str]) -> None:
        self._waiting.extend(partial(self._open_input, name) for name in names)

    def _open_input(self, name: str) -> None:
        if self._system is not None and name not in self._inputs and self._wanted_input in (name, msg.ALL_INPUTS):
            try:
                self._inputs[name] = self._system.open_input(name)
            except MidiPortError as err:
                self._emit(msg.Notice(str(err)))

    def _close_inputs(self, names: Iterable[str]) -> None:
        if closing := list(names):
            self._player.release_keys()
        self._closing.extend(self._inputs.pop(name) for name in closing)

    def _scan(self, system: MidiSystem) -> None:
        names = (system.output_names(), system.input_names())
        if names != self._scanned:
            self._scanned = names

    def _watch(self, system: MidiSystem) -> None:
        while not self._stopping.wait(SCAN_SECONDS):
            self._scan(system)
