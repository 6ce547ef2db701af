"""Pedal, controllers and transport buttons, from the device's messages to what the session makes of them."""

from __future__ import annotations

import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.controllers import Controller, Reading
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.engine.snapshot import PrimerState, Transport
from tests.engine.test_replay import Rig, load

DOWN, UP = (0xB0, 64, 127), (0xB0, 64, 0)


def send(rig: Rig, *messages: tuple[int, ...]) -> None:
    for message in messages:
        rig.link.midi_in.receive("piano", message, rig.link.clock.now_seconds())
    for event in rig.link.poll(0.0):
        rig.session.event(event)


def test_a_primers_notes_are_as_long_as_the_pedal_makes_them() -> None:
    rig = Rig()
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    rig.on(4)
    send(rig, DOWN, (0x90, 60, 90))
    rig.on(1)
    send(rig, (0x80, 60, 0))
    rig.on(7)
    send(rig, UP)
    rig.until(lambda snapshot: snapshot.primer is PrimerState.CONTINUED)
    [note] = [note for note in rig.session.snapshot.recording.notes if note.source is Source.PRIMER]
    assert note.end_steps - note.start_steps == pytest.approx(8, abs=0.2)
    rig.on(8)
    heard = next(r for r in rig.written if isinstance(r, jot.SectionBegun) and r.heard)
    assert sum(60 in frame.sounding for frame in heard.heard) == 8, "the model hears it so long, too"


def test_the_model_does_not_take_over_while_the_pedal_holds_notes() -> None:
    rig = Rig()
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    rig.on(4)
    send(rig, DOWN, (0x90, 60, 90), (0x80, 60, 0))
    rig.on(30)
    assert rig.session.snapshot.primer is PrimerState.LISTENING
    assert rig.session.snapshot.keys == ((60, 90),)
    send(rig, UP)
    rig.until(lambda snapshot: snapshot.primer is PrimerState.CONTINUED)


def test_in_a_duet_keys_stay_clamped_while_the_pedal_is_down() -> None:
    rig = Rig()
    rig.do(ask.SetMode(Mode.DUET), ask.Adjust("gibbs_steps", 5), ask.Play())
    rig.on(4)
    first = rig.session.snapshot.step + 1
    send(rig, DOWN, (0x90, 60, 90), (0x90, 64, 90), (0x80, 60, 0), (0x80, 64, 0))
    rig.on(10)
    send(rig, UP)
    rig.on(6)
    steps = [record for record in rig.written if isinstance(record, jot.StepHeard)]
    held = [step.step for step in steps if step.keys.held == {60, 64}]
    assert held[0] in (first, first + 1)
    assert len(held) in (10, 11)
    assert held == list(range(held[0], held[-1] + 1))
    assert steps[-1].keys.held == frozenset()
    assert regenerate(rig.written, load).identical


def test_controllers_are_shown_where_they_stand() -> None:
    rig = Rig()
    assert rig.session.snapshot.controls == {}
    send(rig, (0xB0, 74, 100), (0xB3, 20, 127), (0xB3, 20, 0), (0xB3, 20, 127))
    now = rig.link.clock.now_seconds()
    before = rig.session.snapshot.controls
    assert before == {Controller(0, 74): Reading(100, 1, before[Controller(0, 74)].pressed_seconds),
                      Controller(3, 20): Reading(127, 2, before[Controller(3, 20)].pressed_seconds)}  # fmt: skip
    assert all(0 <= reading.pressed_seconds <= now for reading in before.values())
    send(rig, (0xB0, 74, 1))
    rig.on(0)
    assert before[Controller(0, 74)].value == 100, "a snapshot stays what it is"


def test_the_transport_buttons_of_a_device() -> None:
    rig = Rig()
    seen = []
    for command in (0x02, 0x09, 0x03, 0x01):
        send(rig, (0xF0, 0x7F, 0x7F, 0x06, command, 0xF7))
        seen.append(rig.session.snapshot.transport)
    assert seen == [Transport.PLAYING, Transport.PAUSED, Transport.PLAYING, Transport.STOPPED]


def test_keys_that_the_pedal_holds_end_when_the_player_dies() -> None:
    rig = Rig()
    send(rig, DOWN, (0x90, 60, 90), (0x80, 60, 0))
    assert rig.session.snapshot.keys == ((60, 90),)
    rig.session.event(msg.PlayerRestarted("it died"))
    assert rig.session.snapshot.keys == ()
