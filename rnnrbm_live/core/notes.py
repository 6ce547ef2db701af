"""Notes by the hundred thousand, as a session of hours has them: a few bytes each."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.pianoroll import Note

_NOTE = struct.Struct("<ddBBB")  # start and end, steps; pitch; velocity; source
_SOURCES = tuple(Source)


class NoteList(Sequence[Note]):
    """Notes that are only added to. One thread may add while any reads: a note is there whole, or not yet."""

    def __init__(self, notes: Iterable[Note] = ()) -> None:
        """Begin with some notes."""
        self._packed = bytearray()
        for note in notes:
            self.append(note)

    def append(self, note: Note) -> None:
        """Add a note after the others."""
        self._packed += _NOTE.pack(note.start_steps, note.end_steps, note.pitch, note.velocity, note.source)

    def run(self, begin: int, end: int) -> list[Note]:
        """Return the notes from index `begin` up to but not including `end`, or the last; cheaper than one by one."""
        packed = self._packed[begin * _NOTE.size : end * _NOTE.size]
        return [
            Note(start, end, pitch, velocity, _SOURCES[source])
            for start, end, pitch, velocity, source in _NOTE.iter_unpack(packed)
        ]

    def __len__(self) -> int:
        return len(self._packed) // _NOTE.size

    def __iter__(self) -> Iterator[Note]:
        return iter(self.run(0, len(self)))

    @overload
    def __getitem__(self, index: int) -> Note: ...

    @overload
    def __getitem__(self, index: slice) -> list[Note]: ...

    def __getitem__(self, index: int | slice) -> Note | list[Note]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        [note] = self.run(place, place + 1)
        return note
