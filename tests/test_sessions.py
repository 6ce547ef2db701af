"""Saved sessions from the command line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from rnnrbm_live import places, sessions
from rnnrbm_live.cli import run
from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.journal import Closed, StepHeard
from rnnrbm_live.core.messages import Notice, PlannedFrame
from rnnrbm_live.engine.generator import run_offline
from rnnrbm_live.engine.session import Session
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.instrument import load_stepper, make_session, model_settings
from rnnrbm_live.io.journal import JournalWriter, load_session, records, session_files
from rnnrbm_live.io.midi_file import read_midi
from rnnrbm_live.places import DEFAULT_MODEL, model_library
from rnnrbm_live.player.offline import OfflinePlayer


def instrument(folder: Path) -> tuple[Session, OfflinePlayer]:
    """Return a session of the chorale model that is saved to a folder, and its player."""
    stepper, link = load_stepper(model_library(), DEFAULT_MODEL), OfflinePlayer()
    session = make_session(
        link=link,
        clock=link.clock,
        library=model_library(),
        stepper=stepper,
        settings=model_settings(stepper),
        device="cpu",
        sessions=folder,
    )
    return session, link


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the sessions' folder, with 40 steps of the chorale model in it."""
    folder = tmp_path / "sessions"
    for module in (places, sessions):
        monkeypatch.setattr(module, "sessions_path", lambda: folder)
    session, link = instrument(folder)
    session.command(ask.Play())
    run_offline(session, link, lambda snapshot: snapshot.step >= 40)
    session.close()
    return folder


def test_a_session_is_listed_proved_and_exported(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = session_files(folder)
    assert run(["sessions"]) == 0
    assert f"{path.stem}  0:08  {DEFAULT_MODEL}" in capsys.readouterr().out
    assert run(["replay", "last", "--verify"]) == 0
    assert "41 steps by a model, 41 drawn again\nidentical" in capsys.readouterr().out
    for name in ("a.mid", "a.wav", "a.png"):
        assert run(["export", path.stem, str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_size > 300
    written = read_midi(tmp_path / "a.mid", 4)
    assert written.sounding.sum() == sum(
        note.end_steps - note.start_steps for note in load_session(path).recording.all_notes()
    )


def test_a_session_that_was_killed_goes_on_and_is_proved_as_one(folder: Path) -> None:
    (path,) = session_files(folder)
    path.write_bytes(path.read_bytes()[:-100])  # in the middle of the last steps
    saved = load_session(path)
    before = saved.recording.all_notes()
    session, link = instrument(folder)
    session.command(ask.Play())
    for _ in range(10):
        session.work()
        for event in link.poll(0.0):
            session.event(event)
    session.command(sessions.take_up(saved))
    snapshot = session.snapshot
    assert snapshot.notice is None
    assert snapshot.recording.all_notes() == before
    assert not snapshot.recording.playing()
    session.command(ask.Play())
    run_offline(session, link, lambda snapshot: snapshot.step >= 80)
    shown = session.snapshot.recording.all_notes()
    session.close()
    assert shown[: len(before)] == before
    assert 48 <= min(note.start_steps for note in shown[len(before) :]) < 52, "the next bar"
    again = load_session(path)
    assert again.closed
    assert again.recording.all_notes() == shown
    assert run(["replay", path.stem, "--verify"]) == 0
    assert len(session_files(folder)) == 2, "the session that was left is saved, too"


def test_one_changed_note_is_found(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = session_files(folder)
    told: list[Notice] = []
    forged = JournalWriter(tmp_path / "forged.session", tell=told.append)
    for record, _ in records(path):
        if isinstance(record, StepHeard) and record.step == 20:
            record = StepHeard(20, PlannedFrame(), record.tempo_bpm, record.settings)
        if not isinstance(record, Closed):
            forged.write(record)
    forged.close()
    assert run(["replay", str(forged.path), "--verify"]) == 1
    assert "the first is step 20" in capsys.readouterr().err


def test_what_a_draft_played_is_checked_while_it_is_there_and_told_once_it_is_gone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sessions, "training_path", lambda: tmp_path / "training")
    draft = tmp_path / "training" / "heard" / "My-tunes-after-2"
    shutil.copytree(model_library().find(DEFAULT_MODEL), draft)
    before = session_files(folder)
    session, link = instrument(folder)
    session.command(ask.Play())
    coming = {20: str(draft), 60: DEFAULT_MODEL}

    def finished(snapshot: Snapshot) -> bool:
        if snapshot.step in coming:
            session.command(ask.SelectModel(coming.pop(snapshot.step)))
        return snapshot.step >= 99

    run_offline(session, link, finished)
    session.close()
    (path,) = set(session_files(folder)) - set(before)
    assert run(["replay", str(path), "--verify"]) == 0
    assert capsys.readouterr().out.endswith("identical\n")

    shutil.rmtree(draft)
    assert run(["replay", str(path), "--verify"]) == 3
    out, err = capsys.readouterr()
    drawn, steps = (int(word) for word in re.findall(r"(\d+) (?:drawn|steps)", out)[::-1])
    assert 20 < steps - drawn < 50
    assert err.startswith(f"{steps - drawn} of {steps} steps (")
    assert err.endswith(f"My-tunes-after-2 ({steps - drawn} from step 32 on)\n")
    assert err.count("\n") == 1
    assert out.endswith("those are identical\n")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["export", "last", "a.doc"], "a.doc"),
        (["export", "nothing", "a.mid"], "nothing"),
        (["replay", "nothing"], "nothing"),
        (["export", __file__, "a.mid"], __file__),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    folder: Path, arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1


def test_no_sessions_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sessions, "sessions_path", lambda: tmp_path / "none")
    assert run(["sessions"]) == 0
    assert "no session" in capsys.readouterr().out
