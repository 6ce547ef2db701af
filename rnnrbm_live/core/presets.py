"""Presets: settings of the music under a name, to be shared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from rnnrbm_live.core.errors import PresetError, SettingsError
from rnnrbm_live.core.settings import Settings

OF_THE_PLACE = frozenset(
    {
        "seed",
        "click",
        "count_in",
        "takeover_beats",
        "turn_bars",
        "piano",
        "piano_gain_db",
        "midi_clock",
        "follow_clock",
        "muted",
        "forced",
    }
)
"""Settings that belong to a room or to one session, and so to no preset."""
PRESET_FIELDS = tuple(field.name for field in fields(Settings) if field.name not in OF_THE_PLACE)
LONGEST_NAME = 40  # characters


@dataclass(frozen=True)
class Preset:
    """Settings of the music under a name.

    Attributes:
        name: for people.
        values: some or all of `PRESET_FIELDS`.

    Raises:
        PresetError: for a name that is empty or too long, no values, or one that `Settings` does not take.
    """

    name: str
    values: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Check name and values."""
        if not 1 <= len(self.name.strip()) <= LONGEST_NAME or not self.name.isprintable():
            raise PresetError(f"a preset needs a name of 1 to {LONGEST_NAME} letters, not {self.name[:60]!r}")
        if not self.values:
            raise PresetError(f"the preset {self.name} sets nothing")
        unknown = sorted(set(self.values) - set(PRESET_FIELDS))
        if unknown:
            raise PresetError(f"the preset {self.name} sets {unknown[0]!r}, which this version does not know")
        try:
            replace(Settings(), **self.values)
        except (SettingsError, TypeError) as err:
            raise PresetError(f"the preset {self.name} does not fit: {err}") from err

    @classmethod
    def of(cls, name: str, settings: Settings) -> Preset:
        """Return the settings of the music as they are now, under a name."""
        return cls(name.strip(), {field: getattr(settings, field) for field in PRESET_FIELDS})

    def matches(self, settings: Settings) -> bool:
        """Return whether these are the settings in force."""
        return all(_same(value, getattr(settings, name)) for name, value in self.values.items())


def _same(first: object, second: object) -> bool:
    if isinstance(first, int | float) and isinstance(second, int | float):
        return math.isclose(first, second, abs_tol=1e-6)
    return first == second
