"""A session played again in real time: the player is told what sounded, when it sounded."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.io.journal import JournalWriter
from rnnrbm_live.player.offline import OfflinePlayer
from rnnrbm_live.player.player import START_SECONDS
from rnnrbm_live.sessions import POLL_SECONDS, Playback, _Score
from tests.e2e.ear import Ear
from tests.e2e.servers import jack_server, wait_for
from tests.player.recorder import RecordingSink

BEGUN = jot.Begun("2026-01-01T12:00:00+00:00", "0", "none", Timeline(4))
STEP_SECONDS = 0.125  # a 16th at 120 BPM


def heard(step: int, pitch: int, tempo: float = 120.0, source: Source = Source.MODEL) -> jot.StepHeard:
    frame = Frame(frozenset({pitch}), frozenset({pitch}))
    return jot.StepHeard(step, msg.PlannedFrame(frame, ((pitch, 70),), source), tempo)


def key(place: float, pitch: int, velocity: int, source: Source = Source.PLAYER) -> jot.KeyHeard:
    return jot.KeyHeard(place, pitch, velocity, source)


class PatientPlayer(OfflinePlayer):
    """One whose time moves no further in a poll than it may wait."""

    def poll(self, timeout_seconds: float) -> list[msg.PlayerEvent]:
        soon = self.clock.now_seconds() + timeout_seconds
        due = self.player.next_due_seconds()
        if not self._events and (due is None or due > soon):
            self.clock.sleep_until(soon)
            return []
        return super().poll(timeout_seconds)


def play(*records: jot.Record) -> list[tuple[str, int, int, float]]:
    """Return (on or off, channel, pitch, seconds since step 0 of a session that begins there)."""
    sink = RecordingSink()
    link = PatientPlayer(sink)
    _Score.of([BEGUN, *records]).play(link, link.clock, threading.Event(), lambda text: pytest.fail(text))
    link.close()
    assert sink.sounding == set()
    told = [message for message in sink.messages if message[0] != "silence"]
    return [(kind, channel, pitch, due - START_SECONDS) for kind, channel, pitch, _, due in told]


def test_steps_sound_on_the_clock_and_keys_between_them() -> None:
    told = play(heard(0, 60), heard(1, 62), key(1.5, 72, 90), heard(2, 64), key(2.75, 72, 0), heard(3, 65))
    strikes = {(channel, pitch): at for kind, channel, pitch, at in told if kind == "on"}
    assert [strikes[0, pitch] for pitch in (60, 62, 64, 65)] == pytest.approx([0.0, 0.125, 0.25, 0.375])
    assert strikes[1, 72] == pytest.approx(1.5 * STEP_SECONDS, abs=2 * POLL_SECONDS)
    (released,) = [at for kind, channel, _, at in told if kind == "off" and channel == 1]
    assert released == pytest.approx(2.75 * STEP_SECONDS, abs=2 * POLL_SECONDS)
    assert told[-1] == ("off", 0, 65, pytest.approx(0.5))


def test_the_tempo_changes_where_it_did_and_rests_last_as_long() -> None:
    told = play(heard(0, 60), heard(1, 62, tempo=60.0), heard(4, 64, tempo=60.0))
    strikes = [at for kind, _, _, at in told if kind == "on"]
    assert strikes == pytest.approx([0.0, 0.25, 1.0])


def test_a_session_that_begins_late_is_not_waited_for() -> None:
    told = play(heard(160, 60), heard(161, 62))
    assert [at for kind, _, _, at in told if kind == "on"] == pytest.approx([0.0, 0.125])


def test_more_steps_than_are_sent_at_once() -> None:
    told = play(*(heard(step, 60 + step % 12) for step in range(200)))
    strikes = [at for kind, _, _, at in told if kind == "on"]
    assert strikes == pytest.approx([STEP_SECONDS * step for step in range(200)])


def test_a_primer_in_free_time_lies_where_it_was_moved_to_at_the_tempo_that_was_found() -> None:
    primer = Source.PRIMER
    told = play(
        key(0.0, 60, 80, primer),
        key(3.0, 60, 0, primer),
        key(6.0, 64, 80, primer),
        key(7.0, 64, 0, primer),
        jot.NotesRewritten(primer, 0.0, (Note(0.0, 2.0, 60, 80, primer), Note(4.0, 6.0, 64, 80, primer))),
        heard(8, 67, tempo=60.0),
    )
    strikes = {pitch: at for kind, _, pitch, at in told if kind == "on"}
    assert strikes[64] - strikes[60] == pytest.approx(4 * 0.25, abs=3 * POLL_SECONDS)
    assert strikes[67] - strikes[60] == pytest.approx(8 * 0.25, abs=3 * POLL_SECONDS)


def test_nothing_is_played_of_nothing() -> None:
    assert play() == []


def test_it_ends_when_it_is_told_to() -> None:
    link, ending = PatientPlayer(), threading.Event()
    ending.set()
    _Score.of([BEGUN, *(heard(step, 60) for step in range(100))]).play(link, link.clock, ending, lambda _: None)
    assert link.clock.now_seconds() < STEP_SECONDS


@pytest.mark.e2e
def test_another_program_hears_the_notes_of_the_journal_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.session"
    journal = JournalWriter(path, tell=lambda notice: pytest.fail(notice.text))
    for record in (BEGUN, *(heard(step, 60 + step % 12) for step in range(24)), key(5.5, 84, 90), key(9.25, 84, 0)):
        journal.write(record)
    journal.close()
    with jack_server() as environment:
        for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
            monkeypatch.setenv(name, environment[name])
        monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")  # no sound here
        ear = Ear(environment, device="synth")
        told: list[str] = []
        playback = Playback(path, output="synth:in", tell=told.append)
        try:
            wait_for(lambda: not playback.playing, what="its end")
            wait_for(lambda: not ear.sounding, what="silence")
        finally:
            playback.stop()
            ear.close()
    strikes = [
        ((m[0] & 15, m[1]), at) for m, at in zip(ear.messages, ear.seconds, strict=True) if m[0] & 0xF0 == 0x90 and m[2]
    ]
    score = sorted([*((float(step), (0, 60 + step % 12)) for step in range(24)), (5.5, (1, 84))])
    assert [note for note, _ in strikes] == [note for _, note in score]
    late = [at - place * STEP_SECONDS for (place, _), (_, at) in zip(score, strikes, strict=True)]
    assert max(late) - min(late) < 0.05, "JACK hands messages on every 21 ms here"
