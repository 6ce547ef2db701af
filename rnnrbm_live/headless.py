"""`play` and `generate`: the instrument without a window."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.errors import MidiFileError
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.recording import Music
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.generator import Generator, run_offline
from rnnrbm_live.engine.performance import TOOK_OVER
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from rnnrbm_live.instrument import load_stepper, make_session, model_settings
from rnnrbm_live.io.midi_file import read_midi
from rnnrbm_live.io.picture import draw_recording
from rnnrbm_live.io.session_export import export_recording
from rnnrbm_live.places import model_library, sessions_path
from rnnrbm_live.player.offline import OfflinePlayer
from rnnrbm_live.player.process import ProcessLink

TURN_SECONDS = 0.1

SettingsChoice = Callable[[Settings], Settings]
"""Turns a model's default settings into those asked for."""


def generate(
    out: Path,
    *,
    bars: int,
    model: str,
    settings: SettingsChoice = lambda base: base,
    tempo_bpm: float | None = None,
    primer: Path | None = None,
    picture: Path | None = None,
) -> Music:
    """Write music to a MIDI file, after a primer if there is one. The same seed writes the same notes.

    Args:
        out: MIDI file to write.
        bars: how many bars the model plays.
        model: name or folder.
        settings: turns the model's default settings into those asked for.
        tempo_bpm: overrides the primer's tempo.
        primer: MIDI file of which the first bars are played first; the model goes on from them.
        picture: PNG file to draw the piano-roll to.

    Returns:
        What was played.

    Raises:
        RNNRBMError: for a model, primer or place that cannot be used.
    """
    library = model_library()
    stepper = load_stepper(library, model)
    link = OfflinePlayer()
    session = make_session(
        link=link,
        clock=link.clock,
        library=library,
        stepper=stepper,
        settings=settings(model_settings(stepper)),
        device="cpu",
    )
    roll = read_midi(primer, stepper.steps_per_beat) if primer else None
    for command in _opening(roll, primer, tempo_bpm):
        session.command(command)
    if session.snapshot.transport is not Transport.PLAYING:
        raise MidiFileError(session.snapshot.notice.text if session.snapshot.notice else "the primer was not played")

    def finished(snapshot: Snapshot) -> bool:
        begun = [0.0] if roll is None else [m.step for m in snapshot.recording.markers if m.text == TOOK_OVER]
        return bool(begun) and snapshot.step >= begun[0] + bars * snapshot.timeline.bar_steps

    run_offline(session, link, finished)
    recording = session.snapshot.recording
    export_recording(out, recording, title=f"{stepper.name}, seed {session.snapshot.settings.seed}")
    if picture is not None:
        draw_recording(picture, recording)
    return recording


def play_live(
    *,
    model: str,
    device: str,
    settings: SettingsChoice,
    tempo_bpm: float | None,
    primer: Path | None,
    seconds: float | None,
    output: str | None,
    input_name: str | None,
    piano: bool,
    midi_clock: bool,
    follow_clock: bool,
    save: Path | None,
) -> int:
    """Play live until Ctrl+C, or for `seconds`; return the exit code.

    Raises:
        RNNRBMError: for a model, primer, device or place that cannot be used.
    """
    library = model_library()
    stepper = load_stepper(library, model)
    roll = read_midi(primer, stepper.steps_per_beat) if primer else None
    link = ProcessLink(output=output, input_name=input_name)
    link.start()
    try:
        session = make_session(
            link=link,
            clock=SystemClock(),
            library=library,
            stepper=stepper,
            settings=settings(model_settings(stepper)),
            device=device,
            sessions=sessions_path(),
        )
        generator = Generator(session, link)
        generator.start()
        try:
            generator.send(ask.Adjust("piano", piano))
            generator.send(ask.Adjust("midi_clock", midi_clock))
            generator.send(ask.Adjust("follow_clock", follow_clock))
            for command in _opening(roll, primer, tempo_bpm):
                generator.send(command)
            print(f"{stepper.name} plays. Ctrl+C ends it.", flush=True)
            _wait(generator, seconds)
            generator.send(ask.Stop())
            while generator.snapshot.transport is not Transport.STOPPED:
                time.sleep(TURN_SECONDS / 10)
        finally:
            generator.close()
    finally:
        link.close()
    if save is not None:
        export_recording(save, generator.snapshot.recording, title=stepper.name)
        print(f"{save}: {len(generator.snapshot.recording.all_notes())} notes")
    return 0


def _opening(roll: PianoRoll | None, primer: Path | None, tempo_bpm: float | None) -> list[ask.Command]:
    if roll is None or primer is None:
        return [ask.Play()]
    tempo: list[ask.Command] = [] if tempo_bpm is None else [ask.Adjust("tempo_bpm", tempo_bpm)]
    return [ask.UsePrimer(roll, primer.name), *tempo]


def _wait(generator: Generator, seconds: float | None) -> None:
    """Let it play, telling what there is to tell, until the time is up or Ctrl+C."""
    end = float("inf") if seconds is None else time.monotonic() + seconds
    told = 0
    heard_on: tuple[str, ...] = ()
    try:
        while time.monotonic() < end:
            snapshot = generator.snapshot
            if snapshot.notice is not None and snapshot.notice_id != told:
                told = snapshot.notice_id
                print(snapshot.notice.text, file=sys.stderr, flush=True)
            ports = snapshot.ports
            sinks = (*ports.outputs_open, *(["the built-in piano"] if ports.piano else []))
            if sinks != heard_on:
                heard_on = sinks
                print("heard on " + " and ".join(sinks) if sinks else "silent", flush=True)
            time.sleep(TURN_SECONDS)
    except KeyboardInterrupt:
        print()
