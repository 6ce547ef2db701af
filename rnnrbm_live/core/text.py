"""Names that can be written down."""

from __future__ import annotations


def as_text(name: str) -> str:
    """Return a file's name as text: what `os.fsdecode` lets through and no text can hold becomes question marks."""
    return name.encode(errors="replace").decode()
