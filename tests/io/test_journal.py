"""Sessions on disk: whole after any end, cut or damaged anywhere, on a full disk, locked."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.errors import JournalError
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.messages import Notice, PlannedFrame
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.io.journal import (
    HEADER,
    JournalWriter,
    delete_session,
    ended_properly,
    in_use,
    load_session,
    new_journal,
    records,
    session_files,
)

CHORD = Frame(frozenset({60, 64, 67}), frozenset({60}))
RECORDS: list[jot.Record] = [
    jot.Begun("2026-01-02T03:04:05+01:00", "1", "bach", Timeline(4, Meter(3, 4), downbeat_step=2)),
    jot.SectionBegun(0, model="bach", fingerprint="abc", seed=7, take=2, label="Take 2", heard=(CHORD, Frame())),
    jot.StepHeard(0, PlannedFrame(Frame(frozenset({60}), frozenset({60})), ((60, 72),)), 96.0, Settings(seed=3)),
    jot.KeyHeard(0.25, 50, 90, Source.PLAYER),
    jot.StepHeard(1, PlannedFrame(Frame(frozenset({60}))), 97.0),
    jot.KeyHeard(1.75, 50, 0, Source.PLAYER),
    jot.TimeStopped(2.0),
    jot.Marked(1.5, "here"),
    jot.NotesRewritten(Source.PRIMER, 0.0, (Note(0.5, 1.5, 70, 66, Source.PRIMER),)),
]


def silent(_notice: Notice) -> None: ...


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.session"
    writer = JournalWriter(path, tell=silent)
    for record in RECORDS:
        writer.write(record)
    writer.close()
    return path


def test_what_is_written_is_read_back(path: Path) -> None:
    assert [record for record, _ in records(path)] == [*RECORDS, jot.Closed()]
    saved = load_session(path)
    assert saved.closed
    assert saved.begun == RECORDS[0]
    assert saved.last_section == RECORDS[1]
    assert saved.last_step == RECORDS[4]
    assert saved.whole_bytes == path.stat().st_size
    assert saved.recording.timeline.meter == Meter(3, 4)
    assert saved.recording.all_notes() == [
        Note(0, 2.0, 60, 72, Source.MODEL),
        Note(0.25, 1.75, 50, 90, Source.PLAYER),
        Note(0.5, 1.5, 70, 66, Source.PRIMER),
    ]
    assert [(marker.step, marker.text) for marker in saved.recording.markers] == [(0, "Take 2"), (1.5, "here")]


def test_a_file_cut_anywhere_is_whole_up_to_there(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    ends = [end for _, end in records(path)]
    cut = tmp_path / "cut.session"
    for length in range(len(HEADER), len(whole) + 1):
        cut.write_bytes(whole[:length])
        assert sum(1 for _ in records(cut)) == sum(end <= length for end in ends)
    cut.write_bytes(whole[: ends[-2] + 3])
    assert not load_session(cut).closed
    assert load_session(cut).whole_bytes == ends[-2]


def test_a_changed_byte_ends_the_session_before_it_and_raises_nothing_else(path: Path, tmp_path: Path) -> None:
    whole = bytearray(path.read_bytes())
    ends = [end for _, end in records(path)]
    damaged = tmp_path / "damaged.session"
    for place in range(len(whole)):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        if place < len(HEADER):
            with pytest.raises(JournalError, match="damaged"):
                next(records(damaged))
        else:
            assert sum(1 for _ in records(damaged)) == sum(end <= place for end in ends)


@pytest.mark.parametrize(
    "content",
    [b"", b"MThd", HEADER, HEADER + b"\xff" * 8, HEADER + b"\xff\xff\xff\x00\x00\x00\x00\x00" + b"x" * 100],
)
def test_what_is_no_session_is_said_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.session"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"x\.session"):
        load_session(path)
    with pytest.raises(JournalError, match="missing"):
        load_session(tmp_path / "missing.session")


def test_one_program_writes_at_a_time(path: Path) -> None:
    saved = load_session(path)
    assert not saved.in_use
    writer = JournalWriter(path, tell=silent, append_at=saved.whole_bytes)
    try:
        assert in_use(path)
        with pytest.raises(JournalError, match="another program"):
            JournalWriter(path, tell=silent, append_at=saved.whole_bytes)
        with pytest.raises(JournalError, match="another program"):
            delete_session(path)
    finally:
        writer.close()
    delete_session(path)
    assert list(path.parent.iterdir()) == []


def test_a_session_goes_on_where_it_was_cut(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"half a record, and longer than what is written over it" * 20)
    saved = load_session(path)
    writer = JournalWriter(path, tell=silent, append_at=saved.whole_bytes)
    writer.write(jot.Marked(9.0, "again"))
    writer.close()
    assert [record for record, _ in records(path)] == [*RECORDS, jot.Closed(), jot.Marked(9.0, "again"), jot.Closed()]
    assert ended_properly(path)


def test_a_session_in_which_nothing_sounded_leaves_no_file(tmp_path: Path) -> None:
    journal = new_journal(tmp_path, "bach", Timeline(4), tell=silent)
    journal.write(jot.StepHeard(0, PlannedFrame(), 96.0))
    journal.close()
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_sessions_begun_in_one_second_have_files_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "sessions"
    journals = [new_journal(folder, "bach", Timeline(4), tell=silent) for _ in range(3)]
    for journal in journals:
        journal.write(RECORDS[3])
        journal.close()
    assert len(session_files(folder)) == 3
    assert all(load_session(path).begun.model == "bach" for path in session_files(folder))


def test_a_folder_that_cannot_be_written_is_told_and_the_music_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told: list[Notice] = []
    journal = new_journal(tmp_path / "file", "bach", Timeline(4), tell=told.append)
    journal.write(RECORDS[3])
    journal.close()
    assert "not being saved" in told[0].text


WRITE_FOREVER = """
import sys, time
from pathlib import Path
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.io.journal import new_journal
journal = new_journal(Path(sys.argv[1]), "bach", Timeline(4), tell=print)
for step in range(10**6):
    journal.write(jot.StepHeard(step, PlannedFrame(Frame(frozenset({60}))), 96.0))
    print(step, flush=True)
    time.sleep(0.005)
"""


def test_what_was_written_before_a_kill_is_there(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITE_FOREVER, tmp_path], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(100):
            last = int(child.stdout.readline())
        time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
    (path,) = session_files(tmp_path)
    saved = load_session(path)
    assert not saved.closed
    assert not saved.in_use, "the dead hold no lock"
    assert saved.last_step is not None
    assert saved.last_step.step >= last


FILL_THE_DISK = """
import resource, signal, sys, time
from pathlib import Path
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.io.journal import new_journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
told = []
journal = new_journal(Path(sys.argv[1]), "bach", Timeline(4), tell=told.append)
for step in range(200):
    journal.write(jot.StepHeard(step, PlannedFrame(Frame(frozenset({60}))), 96.0))
while not told:
    time.sleep(0.01)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
while len(told) < 2:
    time.sleep(0.01)
journal.close()
print(*(notice.text for notice in told), sep="\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits a file's size as only POSIX can")
def test_a_full_disk_is_told_once_and_nothing_is_missing_after(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, tmp_path], capture_output=True, text=True, check=True, timeout=30
    )
    told = done.stdout.splitlines()
    assert len(told) == 2, done.stdout
    assert "cannot be saved" in told[0]
    assert "nothing is missing" in told[1]
    (path,) = session_files(tmp_path)
    steps = [record.step for record, _ in records(path) if isinstance(record, jot.StepHeard)]
    assert steps == list(range(200))
    assert load_session(path).closed


def test_settings_out_of_range_end_the_session_before_them(path: Path) -> None:
    """A file whose checksums are right and whose content is not."""
    forged = replace(Settings(), seed=3)
    object.__setattr__(forged, "temperature", 99.0)
    saved = load_session(path)
    writer = JournalWriter(path, tell=silent, append_at=saved.whole_bytes)
    writer.write(jot.StepHeard(5, PlannedFrame(), 96.0, forged))
    writer.close()
    assert load_session(path).records == saved.records
