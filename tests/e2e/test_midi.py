"""Real MIDI: the player process on a JACK server, heard by a process that knows nothing of it."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import rtmidi

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.player.process import ProcessLink
from tests.e2e.ear import Ear
from tests.e2e.servers import jack_server, wait_for

pytestmark = pytest.mark.e2e


class Stage:
    """A player process on JACK, with an ear."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.events: list[msg.PlayerEvent] = []
        self.link = ProcessLink()
        self.link.start()
        self.ear = Ear(environment)

    def collect(self, seconds: float = 0.0) -> None:
        end = time.monotonic() + seconds
        while True:
            self.events += self.link.poll(0.02)
            if time.monotonic() >= end:
                return

    def ports(self) -> msg.Ports:
        """What the player said of its ports last."""
        self.collect()
        return next((event for event in reversed(self.events) if isinstance(event, msg.Ports)), msg.Ports())

    def play(self, frames: list[Frame], tempo: float = 240.0) -> None:
        planned = tuple(
            msg.PlannedFrame(frame, tuple((pitch, 80) for pitch in sorted(frame.onsets))) for frame in frames
        )
        self.link.send(msg.SetPlan(0, 0, planned))
        self.link.send(msg.StartClock(0, tempo, 4))

    def until_step(self, step: int) -> None:
        def played() -> bool:
            self.collect()
            return any(isinstance(event, msg.StepPlayed) and event.step >= step for event in self.events)

        wait_for(played, what=f"step {step}")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with jack_server() as environment:
        for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
            monkeypatch.setenv(name, environment[name])
        monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")  # no sound here
        stage = Stage(environment)
        try:
            yield stage
        finally:
            stage.link.close()
            stage.ear.close()


def chords(n: int) -> list[Frame]:
    """A chord of three, one voice of which is held from each step to the next."""
    frames, before = [], frozenset[int]()
    for step in range(n):
        sounding = frozenset({48 + step % 12, 60 + (step // 2) % 12, 72 + step % 7})
        frames.append(Frame(sounding, (sounding - before) | {48 + step % 12}))
        before = sounding
    return frames


def test_what_is_heard_is_what_the_session_says_it_played(stage: Stage) -> None:
    frames = chords(48)
    stage.play(frames)
    stage.until_step(47)
    stage.link.send(msg.StopClock())
    wait_for(lambda: not stage.ear.sounding, what="silence")
    stage.collect(0.1)
    steps = [event for event in stage.events if isinstance(event, msg.StepPlayed) and event.step < 48]
    assert [event.planned.frame for event in steps] == frames
    said = [(0, pitch) for event in steps for pitch in sorted(event.planned.frame.onsets)]
    assert stage.ear.notes == said
    late = sorted(event.actual_seconds - event.desired_seconds for event in steps)
    assert late[0] >= 0


def test_a_follower_of_the_clock_knows_where_the_music_is(stage: Stage) -> None:
    stage.link.send(msg.SendClock(True))
    stage.play(chords(40))
    stage.until_step(31)
    stage.link.send(msg.StopClock())
    wait_for(lambda: b"\xfc" in stage.ear.messages, what="stop")
    stage.collect(0.1)
    system = [message for message in stage.ear.messages if message[0] >= 0xF0]
    assert system[0] == b"\xfa"
    assert system[-1] == b"\xfc"
    assert set(system[1:-1]) == {b"\xf8"}
    steps = [event for event in stage.events if isinstance(event, msg.StepPlayed)]
    assert 6 * (len(steps) - 1) <= len(system) - 2 <= 6 * len(steps)
    stage.link.send(msg.StartClock(64, 240.0, 4))
    wait_for(lambda: b"\xfb" in stage.ear.messages, what="continue")
    assert b"\xf2\x40\x00" in stage.ear.messages


def test_keys_sound_at_once_and_are_told(stage: Stage) -> None:
    stage.collect(0.2)
    sender = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="keyboard")
    sender.open_virtual_port("keys")

    def listed() -> list[str]:
        return [name for name in stage.ports().inputs if "keyboard" in name]

    wait_for(listed, what="the keyboard being noticed")
    [name] = listed()
    stage.link.send(msg.OpenInput(name))
    wait_for(lambda: stage.ports().inputs_open, what="the keyboard being opened")

    def told(kind: type[msg.PlayerEvent]) -> list[msg.PlayerEvent]:
        stage.collect()
        return [event for event in stage.events if isinstance(event, kind)]

    for message in ([0x90, 64, 99], [0x90, 67, 99], [0x80, 64, 0], [0x90, 67, 0]):
        sender.send_message(message)
        time.sleep(0.05)
    wait_for(lambda: len(told(msg.KeyPlayed)) >= 4 and len(stage.ear.messages) >= 4, what="the keys")
    keys = [(event.pitch, event.velocity) for event in stage.events if isinstance(event, msg.KeyPlayed)]
    assert keys == [(64, 99), (67, 99), (64, 0), (67, 0)]
    assert [message.hex() for message in stage.ear.messages][-4:] == ["914063", "914363", "814000", "814300"]
    for message in ([0xB0, 74, 11], [0xB0, 20, 127], [0xB0, 20, 0], [0xF0, 0x7F, 0x7F, 0x06, 0x02, 0xF7]):
        sender.send_message(message)
    wait_for(lambda: told(msg.MachineAsked), what="the knob and the button")
    moved = [(event.controller.number, event.value) for event in stage.events if isinstance(event, msg.ControlMoved)]
    assert moved == [(74, 11), (20, 127), (20, 0)]
    assert [event.what for event in stage.events if isinstance(event, msg.MachineAsked)] == [msg.Machine.PLAY]
    # Unplugged with a key held, and another one by the pedal alone: both are released.
    for message in ([0x90, 70, 99], [0xB0, 64, 127], [0x90, 72, 99], [0x80, 72, 0]):
        sender.send_message(message)
    wait_for(lambda: {(1, 70), (1, 72)} <= stage.ear.sounding, what="the keys")
    stage.collect(0.2)
    assert (1, 72) in stage.ear.sounding, "the pedal holds it"
    sender.close_port()
    sender.delete()
    wait_for(lambda: not stage.ear.sounding, what="its release")


def test_a_master_on_another_port_is_followed(stage: Stage) -> None:
    master = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="master")
    master.open_virtual_port("clock")
    stage.link.send(msg.FollowClock(True))
    stage.link.send(msg.OpenInput(msg.ALL_INPUTS))
    wait_for(lambda: stage.ports().inputs_open, what="the master being heard")
    frames = chords(400)
    stage.link.send(
        msg.SetPlan(0, 0, tuple(msg.PlannedFrame(f, tuple((p, 80) for p in sorted(f.onsets))) for f in frames))
    )
    began = time.perf_counter()
    master.send_message([0xFA])
    for tick in range(24 * 8):  # four seconds at 120 BPM
        master.send_message([0xF8])
        stage.collect()
        if tick == 0:
            wait_for(lambda: stage.collect() or msg.MasterMoved(running=True) in stage.events, what="its start")
            stage.link.send(msg.StartClock(0, 100.0, 4))
        time.sleep(max(0.0, began + (tick + 1) / 48 - time.perf_counter()))
    steps = [event for event in stage.events if isinstance(event, msg.StepPlayed)][-12:]
    gaps = [b.desired_seconds - a.desired_seconds for a, b in itertools.pairwise(steps)]
    assert sum(gaps) / len(gaps) == pytest.approx(0.125, rel=0.05)
    assert steps[-1].tempo_bpm == pytest.approx(120.0, rel=0.05)
    master.close_port()
    master.delete()


def test_all_keyboards_are_heard_also_one_that_comes_later(stage: Stage) -> None:
    def keyboard(name: str) -> rtmidi.MidiOut:
        port = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name=name)
        port.open_virtual_port("keys")
        return port

    def listening() -> int:
        return len(stage.ports().inputs_open)

    stage.collect(0.3)
    first = keyboard("first")
    stage.link.send(msg.OpenInput(msg.ALL_INPUTS))
    wait_for(lambda: listening() == 1, what="the first keyboard")
    second = keyboard("second")
    wait_for(lambda: listening() == 2, what="the second keyboard")
    for port, pitch in ((first, 60), (second, 64)):
        port.send_message([0x90, pitch, 90])
    wait_for(lambda: stage.ear.sounding == {(1, 60), (1, 64)}, what="both")
    second.close_port()
    second.delete()
    wait_for(lambda: listening() == 1, what="its loss")
    wait_for(lambda: not stage.ear.sounding, what="the release of its key")
    told = [event.text for event in stage.events if isinstance(event, msg.Notice)]
    assert "MIDI input 'second:keys' went away: it is used again on return" in told
    first.close_port()
    first.delete()


@pytest.mark.parametrize("how", ["stop", "panic", "close", "terminate", "abandon"])
def test_nothing_is_left_sounding(stage: Stage, how: str) -> None:
    held = Frame(frozenset({60, 64, 67}), frozenset({60, 64, 67}))
    stage.play([held, *[Frame(held.sounding)] * 400])
    stage.link.send(msg.PlayKey(72, 90))
    wait_for(lambda: stage.ear.sounding == {(0, 60), (0, 64), (0, 67), (1, 72)}, what="four notes")
    pid = stage.link.pid
    assert pid is not None
    match how:
        case "stop":
            stage.link.send(msg.PlayKey(72, 0))
            stage.link.send(msg.StopClock())
        case "panic":
            stage.link.send(msg.Panic())
        case "close":
            stage.link.close()
        case "terminate":
            os.kill(pid, signal.SIGTERM)
        case "abandon":
            connection = stage.link._connection
            assert connection is not None
            connection.close()  # as if this process had died
    wait_for(lambda: not stage.ear.sounding, what="silence")
    if how in ("panic", "close", "terminate", "abandon"):
        controls = {message.hex() for message in stage.ear.messages if message[0] & 0xF0 == 0xB0}
        assert {"b04000", "b07b00", "b14000", "b17b00"} <= controls
    if how == "abandon":
        stage.link._process = None
        wait_for(lambda: not Path(f"/proc/{pid}/cmdline").read_bytes() if Path(f"/proc/{pid}").exists() else True)


def test_a_player_that_is_killed_is_replaced_and_ends_what_it_left(stage: Stage) -> None:
    hardware = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="synth", queue_size_limit=4096)
    hardware.open_virtual_port("in")
    stage.link.send(msg.OpenOutput("synth:in"))
    held = Frame(frozenset({60, 64}), frozenset({60, 64}))
    stage.play([held, *[Frame(held.sounding)] * 400])
    stage.until_step(2)
    pid = stage.link.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    def restarted() -> bool:
        stage.collect()
        return any(isinstance(event, msg.PlayerRestarted) for event in stage.events)

    wait_for(restarted, what="a new player")
    heard: list[list[int]] = []

    def ended() -> bool:
        while (event := hardware.get_message()) is not None:
            heard.append(event[0])
        return [0x80, 60, 0] in heard and [0x80, 64, 0] in heard

    wait_for(ended, what="note-offs from the new player")
    assert stage.link.pid != pid
    hardware.close_port()
    hardware.delete()


def test_the_child_is_light(stage: Stage) -> None:
    """The live child's own modules, asked for by a signal-free route: its mapped files."""
    maps = Path(f"/proc/{stage.link.pid}/maps").read_text(encoding="utf-8")
    assert "_rtmidi" in maps
    assert "libtorch" not in maps
    assert "QtCore" not in maps


def test_no_midi_system_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    if Path("/dev/snd/seq").exists():
        pytest.skip("this machine has ALSA's sequencer, so there is a MIDI system")
    link = ProcessLink()
    link.start()
    events: list[msg.PlayerEvent] = []
    try:
        wait_for(lambda: events.extend(link.poll(0.1)) or len([e for e in events if isinstance(e, msg.Notice)]) == 2)
        texts = [event.text for event in events if isinstance(event, msg.Notice)]
        assert any(text.startswith("no MIDI system answers") for text in texts)
        assert any(text.startswith("no sound device answers") for text in texts)
        link.send(msg.SetPlan(0, 0, (msg.PlannedFrame(Frame(frozenset({60}), frozenset({60})), ((60, 80),)),)))
        link.send(msg.StartClock(0, 120.0, 4))
        wait_for(lambda: events.extend(link.poll(0.1)) or any(isinstance(e, msg.StepPlayed) for e in events))
    finally:
        link.close()
    assert multiprocessing.active_children() == []


def test_an_output_that_vanishes_is_told_and_taken_up_again(stage: Stage) -> None:
    def synth() -> rtmidi.MidiIn:
        port = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="synth")
        port.open_virtual_port("in")
        return port

    def output() -> str | None:
        return next((name for name in stage.ports().outputs_open if name != "RNN-RBM Live"), None)

    first = synth()
    stage.link.send(msg.OpenOutput("synth:in"))
    wait_for(lambda: output() == "synth:in", what="the output")
    stage.play(chords(400))
    stage.until_step(2)
    first.close_port()
    first.delete()
    wait_for(lambda: output() is None, what="its loss being noticed")
    told = [event.text for event in stage.events if isinstance(event, msg.Notice)]
    assert "MIDI output 'synth:in' went away: it is used again on return" in told
    second = synth()
    wait_for(lambda: output() == "synth:in", what="its return")
    wait_for(lambda: second.get_message() is not None, what="music on it")
    steps = [event.step for event in stage.events if isinstance(event, msg.StepPlayed)]
    assert steps == list(range(len(steps)))  # time went on all the while
    second.close_port()
    second.delete()
