"""Presets on disk: a small JSON object each, those that ship and those that the user has kept."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

from rnnrbm_live.core.errors import PresetError
from rnnrbm_live.core.presets import Preset
from rnnrbm_live.io.whole_file import whole_file

FORMAT = "rnnrbm-live preset"
VERSION = 1
SUFFIX = ".json"
LARGEST_BYTES = 65_536

log = logging.getLogger(__name__)


def read_preset(path: Path) -> Preset:
    """Read one.

    Raises:
        PresetError: if it cannot be read, is no preset, comes from a later version, or holds a value out of range.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as err:
        raise PresetError(f"{path} cannot be read ({err.strerror}): check its name and place") from err
    try:
        written = json.loads(data) if len(data) <= LARGEST_BYTES else None
    except (ValueError, RecursionError):
        written = None
    if not isinstance(written, dict) or written.get("format") != FORMAT:
        raise PresetError(f"{path.name} is not a preset of RNN-RBM Live: choose one that was saved from it")
    if written.get("version") != VERSION:
        raise PresetError(f"{path.name} comes from a later version of RNN-RBM Live: update, then open it again")
    name, values = written.get("name"), written.get("settings")
    if not isinstance(name, str) or not isinstance(values, dict):
        raise PresetError(f"{path.name} lacks its name or its settings: save it again")
    return Preset(name, values)


def write_preset(path: Path, preset: Preset) -> None:
    """Write one, whole or not at all.

    Raises:
        PresetError: if it cannot be written.
    """
    written = {"format": FORMAT, "version": VERSION, "name": preset.name, "settings": dict(preset.values)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as place:
            place.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as err:
        raise PresetError(f"{path} cannot be written ({err.strerror or err}): choose another place") from err


class PresetFolder:
    """The presets that ship, and the user's own."""

    def __init__(self, shipped: Path, own: Path) -> None:
        """Use two folders, neither of which need exist."""
        self._shipped = shipped
        self._own = own

    def presets(self) -> list[Preset]:
        """Return those that ship, then the user's own, each by name; what cannot be read is logged and left out."""
        return [*_presets_in(self._shipped), *_presets_in(self._own)]

    def keep(self, preset: Preset) -> None:
        """Save one among the user's own, in place of one of the same name.

        Raises:
            PresetError: if it cannot be written, or has the name of one that ships.
        """
        if preset.name.casefold() in {known.name.casefold() for known in _presets_in(self._shipped)}:
            raise PresetError(f"{preset.name} comes with the program: choose another name")
        write_preset(self._own / f"{_file_name(preset.name)}{SUFFIX}", preset)

    def read(self, path: Path) -> Preset:
        """Read a file, as `read_preset` does."""
        return read_preset(path)

    def write(self, path: Path, preset: Preset) -> None:
        """Write a file, as `write_preset` does."""
        write_preset(path, preset)


def _presets_in(folder: Path) -> list[Preset]:
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        try:
            found.append(read_preset(path))
        except PresetError as err:
            log.warning("%s", err)
    return sorted(found, key=lambda preset: preset.name.casefold())


def _file_name(name: str) -> str:
    """Return a name that every file system takes."""
    return re.sub(r"[^\w-]+", "-", name.casefold()).strip("-") or "preset"
