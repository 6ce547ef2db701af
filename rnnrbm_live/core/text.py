"""Names that can be written down."""

from __future__ import annotations


def as_text(name: str) -> str:
    """Return a file's name as text: bytes in it that are none (`os.fsdecode` lets them through) become question marks."""
    return name.encode(errors="replace").decode()
