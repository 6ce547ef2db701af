"""Files that come with the program: beside the package in a checkout, inside it when installed from a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def models_path() -> Path:
    """Folder of the models that come with the program."""
    return _bundled("models")


def assets_path() -> Path:
    """Folder of sounds, fonts and icons."""
    return _bundled("assets")


def _bundled(name: str) -> Path:
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
