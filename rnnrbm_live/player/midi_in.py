"""What the player's MIDI devices send, message by message: keys and their pedal, controllers, transport (MIDI 1.0).

A fader sends hundreds of messages a second. Of these a few are told, the latest always among them, and each that
presses or lets go of a button.
"""

from __future__ import annotations

from collections.abc import Callable

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.controllers import FIRST_MODE, PRESSED, Controller
from rnnrbm_live.io.midi_ports import ALL_NOTES_OFF, CONTROL_CHANGE, NOTE_OFF, NOTE_ON, SUSTAIN, SYSTEM
from rnnrbm_live.player.player import Player

TELL_SECONDS = 0.02  # between two values of one controller that moves on
ALL_SOUND_OFF, RESET_CONTROLLERS = 120, 121
MACHINE_CONTROL = (0xF0, 0x7F, 0x06)  # F0 7F (any device) 06 (command) F7
MACHINE = {
    0x01: msg.Machine.STOP,
    0x02: msg.Machine.PLAY,
    0x03: msg.Machine.PLAY,  # deferred: once it is there, and we always are
    0x09: msg.Machine.PAUSE,
}


class MidiIn:
    """Sorts messages: keys and pedals to the player, controllers and machine control to whoever listens."""

    def __init__(self, player: Player, emit: Callable[[msg.PlayerEvent], None]) -> None:
        """Nothing has come yet."""
        self._player = player
        self._emit = emit
        self._values: dict[Controller, int] = {}
        self._told_at: dict[Controller, float] = {}
        self._waiting: dict[Controller, msg.ControlMoved] = {}

    def receive(self, source: str, message: tuple[int, ...], seconds: float) -> None:
        """Take a message from the input called `source`."""
        match message:
            case (status, kind, _, what, command, *_) if (status, kind, what) == MACHINE_CONTROL:
                if command in MACHINE:
                    self._emit(msg.MachineAsked(MACHINE[command]))
            case (status, *_) if status >= SYSTEM:
                self._player.follow(message, seconds)
            case (status, pitch, velocity) if status & 0xF0 == NOTE_ON:
                self._player.key(pitch, velocity, seconds, source)
            case (status, pitch, _) if status & 0xF0 == NOTE_OFF:
                self._player.key(pitch, 0, seconds, source)
            case (status, number, value) if status & 0xF0 == CONTROL_CHANGE:
                self._control(source, Controller(status & 0x0F, number), value, seconds)

    def advance(self, seconds: float) -> None:
        """Tell where controllers stand that have moved on since they were told last."""
        for controller, moved in tuple(self._waiting.items()):
            if seconds - self._told_at[controller] >= TELL_SECONDS:
                self._tell(controller, moved, seconds)

    def _control(self, source: str, controller: Controller, value: int, seconds: float) -> None:
        if controller.number == SUSTAIN:
            self._player.pedal(source, down=value >= PRESSED, seconds=seconds)
        elif controller.number == RESET_CONTROLLERS:
            self._player.pedal(source, down=False, seconds=seconds)
        elif controller.number in (ALL_SOUND_OFF, ALL_NOTES_OFF):
            self._player.release_keys()
        elif controller.number < FIRST_MODE:
            before = self._values.get(controller, 0)
            self._values[controller] = value
            moved = msg.ControlMoved(controller, value, seconds)
            pressed_or_let_go = (value >= PRESSED) != (before >= PRESSED)
            last = self._told_at.get(controller)
            if pressed_or_let_go or last is None or seconds - last >= TELL_SECONDS:
                self._tell(controller, moved, seconds)
            else:
                self._waiting[controller] = moved

    def _tell(self, controller: Controller, moved: msg.ControlMoved, seconds: float) -> None:
        self._waiting.pop(controller, None)
        self._told_at[controller] = seconds
        self._emit(moved)
