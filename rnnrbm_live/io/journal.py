"""Sessions on disk: one file each, written as the music plays, readable after any end.

The format, version 1: the line ``RNN-RBM Live journal 1``, then records. A record is the length of its payload and the
payload's CRC-32, both 32-bit little-endian, and the payload: UTF-8 JSON of one of the types in `core.journal`, whose
``type`` says which. A file that was cut off anywhere is whole up to its last complete record. While a session is being
written, a lock file beside it, ``.lock`` after its name, is locked.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec
from filelock import FileLock, Timeout

from rnnrbm_live import __version__
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.errors import JournalError
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import Level, Notice
from rnnrbm_live.core.recording import Recording

SUFFIX = ".session"
HEADER = b"RNN-RBM Live journal 1\n"
HEAD = struct.Struct("<II")
LONGEST_PAYLOAD = 16 << 20
SYNC_SECONDS = 1.0
CLOSE_SECONDS = 5.0
FILES_A_SECOND = 100
_encode_payload = msgspec.json.Encoder(order="deterministic").encode


class JournalWriter:
    """Appends records to a session's file, in a thread of its own.

    Each is with the system at once, and on disk within a second. What cannot be written, on a full disk, is kept and
    tried again each second.
    """

    def __init__(self, path: Path, *, tell: Callable[[Notice], None], append_at: int | None = None) -> None:
        """Lock and open the file.

        Args:
            path: of the session, a new file unless `append_at` is given.
            tell: takes what the user should know, in the writer's thread.
            append_at: length of what is whole of a file that is taken up again; the rest is cut off.

        Raises:
            JournalError: if it cannot be written to, or another program writes to it.
        """
        self.path = path
        self._tell = tell
        self._lock = _lock(path)
        try:
            self._file = FileIO(path, "xb" if append_at is None else "r+b")
        except OSError as err:
            self._lock.release()
            raise JournalError(f"{path} cannot be written to ({err.strerror}): make room or allow it") from err
        self._written = append_at or 0
        self._unwritten = bytearray() if self._written else bytearray(HEADER)
        self._unsynced = False
        self._trouble = False
        self._sounded = append_at is not None
        self._records: SimpleQueue[jot.Record | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, record: jot.Record) -> None:
        """Take down a record; never blocks."""
        self._records.put(record)

    def close(self) -> None:
        """Finish the file, or delete it if nothing has sounded; may be called twice."""
        if self._thread.is_alive():
            self._records.put(jot.Closed())
            self._records.put(None)
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        synced_at = time.monotonic()
        while True:
            try:
                record = self._records.get(timeout=SYNC_SECONDS)
            except Empty:
                self._append()
            else:
                if record is None:
                    break
                self._sounded |= isinstance(record, jot.KeyHeard) or (
                    isinstance(record, jot.StepHeard) and bool(record.planned.frame.sounding)
                )
                self._unwritten += _encode(record)
                self._append()
            if time.monotonic() - synced_at >= SYNC_SECONDS:
                self._sync()
                synced_at = time.monotonic()
        self._sync()
        self._file.close()
        if not self._sounded:
            with contextlib.suppress(OSError):
                self.path.unlink()
        _release(self._lock)

    def _append(self) -> None:
        """Write all that is unwritten, or leave the file as it was."""
        if not self._unwritten:
            return
        try:
            self._file.seek(self._written)
            self._file.truncate()
            done = 0
            while done < len(self._unwritten):
                done += self._file.write(memoryview(self._unwritten)[done:]) or 0
        except OSError as err:
            self._fail(err)
        else:
            self._written += done
            self._unwritten.clear()
            self._unsynced = True
            self._recover()

    def _sync(self) -> None:
        if self._unsynced:
            try:
                os.fsync(self._file.fileno())
            except OSError as err:
                self._fail(err)
            else:
                self._unsynced = False

    def _fail(self, err: OSError) -> None:
        if not self._trouble:
            self._trouble = True
            self._tell(
                Notice(
                    f"The session cannot be saved to {self.path} ({err.strerror}): make room there;"
                    " the music goes on, and what is missing is written as soon as it can be"
                )
            )

    def _recover(self) -> None:
        if self._trouble:
            self._trouble = False
            self._tell(Notice(f"The session is saved to {self.path} again; nothing is missing", Level.INFO))


@dataclass(frozen=True)
class SavedSession:
    """A session read back.

    Attributes:
        path: its file.
        begun: its first record.
        recording: what sounded.
        records: how many there are.
        whole_bytes: length of the file up to its last complete record.
        closed: whether it was ended properly.
        last_section: what played last, if a model did.
        last_step: the last step of a plan, if there was one.
    """

    path: Path
    begun: jot.Begun
    recording: Recording
    records: int
    whole_bytes: int
    closed: bool
    last_section: jot.SectionBegun | None
    last_step: jot.StepHeard | None

    @property
    def in_use(self) -> bool:
        """Whether a program is writing to it."""
        return in_use(self.path)


def new_journal(folder: Path, model: str, timeline: Timeline, *, tell: Callable[[Notice], None]) -> jot.Journal:
    """Open the file of a session that begins now; where that cannot be, say so and forget.

    Args:
        folder: of all sessions; made if it is not there.
        model: name of the first model.
        timeline: where bars begin.
        tell: takes what the user should know, in any thread.
    """
    now = datetime.now().astimezone()
    name = f"{now:%Y-%m-%d %H.%M.%S}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writer = None
        for number in range(1, FILES_A_SECOND):
            path = folder / (f"{name}{SUFFIX}" if number == 1 else f"{name} {number}{SUFFIX}")
            if not path.exists():
                writer = JournalWriter(path, tell=tell)
                break
    except (OSError, JournalError) as err:
        tell(Notice(f"This session is not being saved to {folder} ({err}): export it before you leave"))
        return jot.NoJournal()
    assert writer is not None
    writer.write(jot.Begun(now.isoformat(timespec="seconds"), __version__, model, timeline))
    return writer


def records(path: Path) -> Iterator[tuple[jot.Record, int]]:
    """Yield the whole records of a file, each with the offset at which it ends.

    Raises:
        JournalError: if it cannot be read or is no journal of this version.
    """
    decode = msgspec.json.Decoder(jot.Record).decode
    try:
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                raise JournalError(f"{path} is no session of this program's version: choose another")
            while len(head := file.read(HEAD.size)) == HEAD.size:
                length, checksum = HEAD.unpack(head)
                if length > LONGEST_PAYLOAD or len(payload := file.read(length)) < length:
                    return
                if zlib.crc32(payload) != checksum:
                    return
                try:
                    record: jot.Record = decode(payload)
                except (msgspec.MsgspecError, AssertionError, RecursionError):
                    return
                yield record, file.tell()
    except OSError as err:
        raise JournalError(f"{path} cannot be read ({err.strerror}): choose another session") from err


def load_session(path: Path) -> SavedSession:
    """Read a session back, as far as it is whole.

    Raises:
        JournalError: if it cannot be read, is no journal of this version, or lacks even its beginning.
    """
    begun, recording, section, step = None, None, None, None
    n_records, end, closed = 0, 0, False
    for record, offset in records(path):
        n_records, end = n_records + 1, offset
        closed = isinstance(record, jot.Closed)
        if recording is None:
            if not isinstance(record, jot.Begun):
                break
            begun, recording = record, Recording(record.timeline)
        elif isinstance(record, jot.SectionBegun) and record.model is not None:
            section = record
        elif isinstance(record, jot.StepHeard):
            step = record
        try:
            recording.apply(record)
        except (KeyError, ValueError, OverflowError) as err:
            raise JournalError(f"{path} is damaged in record {n_records}: choose another session") from err
    if begun is None or recording is None:
        raise JournalError(f"{path} holds no session: delete it")
    return SavedSession(path, begun, recording, n_records, end, closed, section, step)


def ended_properly(path: Path) -> bool:
    """Return whether a file ends as one that was closed does, without reading all of it; False if it cannot be read."""
    closing = _encode(jot.Closed())
    try:
        with path.open("rb") as file:
            file.seek(-len(closing), os.SEEK_END)
            return file.read() == closing
    except OSError:
        return False


def session_files(folder: Path) -> list[Path]:
    """Return the sessions of a folder, the latest first."""
    return sorted(folder.glob(f"*{SUFFIX}"), reverse=True)


def in_use(path: Path) -> bool:
    """Return whether a program is writing to a session."""
    try:
        _release(_lock(path))
    except JournalError:
        return True
    return False


def delete_session(path: Path) -> None:
    """Delete a session.

    Raises:
        JournalError: if a program is writing to it, or the system does not let us.
    """
    lock = _lock(path)
    try:
        path.unlink(missing_ok=True)
    except OSError as err:
        raise JournalError(f"{path} cannot be deleted ({err.strerror}): delete it by hand") from err
    finally:
        _release(lock)


def _encode(record: jot.Record) -> bytes:
    payload = _encode_payload(record)
    return HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def _lock(path: Path) -> FileLock:
    lock = FileLock(f"{path}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise JournalError(f"{path} is being written by another program: close that first") from None
    except OSError as err:
        raise JournalError(f"{path} cannot be locked ({err.strerror}): choose another folder") from err
    return lock


def _release(lock: FileLock) -> None:
    lock.release()
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink()
