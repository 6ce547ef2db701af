"""What is remembered between runs: one JSON file, written whole or not at all."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnrbm_live.io.whole_file import whole_file

log = logging.getLogger(__name__)


class SettingsFile:
    """A JSON object on disk. Losing it costs comfort, never music: trouble is logged, not raised."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`, which need not exist."""
        self._path = path

    def load(self) -> dict[str, Any]:
        """Return what was saved; empty if there is nothing readable."""
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as err:
            log.warning("%s cannot be read, starting from defaults: %s", self._path, err)
            return {}
        return values if isinstance(values, dict) else {}

    def save(self, values: Mapping[str, Any]) -> None:
        """Write `values`, JSON types only, in place of what was there."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(self._path) as place:
                place.write_text(json.dumps(values, indent=2), encoding="utf-8")
        except OSError as err:
            log.warning("%s cannot be written: %s", self._path, err)


class SettingsSection:
    """One named part of a `SettingsFile`, for one part of the program."""

    def __init__(self, file: SettingsFile, name: str) -> None:
        """Use the part called `name`."""
        self._file = file
        self._name = name

    def load(self) -> dict[str, Any]:
        """Return what was saved; empty if there is nothing."""
        values = self._file.load().get(self._name)
        return values if isinstance(values, dict) else {}

    def save(self, values: Mapping[str, Any]) -> None:
        """Write `values` in place of this part."""
        self._file.save(self._file.load() | {self._name: dict(values)})
