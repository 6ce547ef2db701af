"""What a frame must have and must not have: the player's keys, and what the musician has set."""

from __future__ import annotations

from dataclasses import dataclass

from rnnrbm_live.core.key import SCALES
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Keys:
    """What the player holds at one step of a duet.

    Attributes:
        held: MIDI pitches.
        struck: those that were pressed at this step.
        velocity: of the key pressed last, which the model's loudness follows; 0 before the first.
    """

    held: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    velocity: int = 0


NO_KEYS = Keys()


@dataclass(frozen=True, slots=True)
class Clamps:
    """Keys of the piano that are settled before a frame is drawn.

    Attributes:
        struck: sound, and are struck.
        held: sound, and are not struck.
        sounding: sound, struck or not.
        silent: do not sound.
        most: how many may sound, those that must among them.
    """

    struck: frozenset[int]
    held: frozenset[int]
    sounding: frozenset[int]
    silent: frozenset[int]
    most: int


def clamps(settings: Settings, keys: Keys) -> Clamps:
    """Return what settings and the player's keys leave no choice about; what must sound wins over what must not."""
    demanded = keys.held | frozenset(settings.forced)
    silent = frozenset(pitch for pitch in range(PIANO.low, PIANO.high) if not _may_sound(pitch, settings, keys))
    most = max(settings.most_notes, len(demanded))
    if keys.held:
        most = min(most, len(demanded) + settings.duet_voices)
    return Clamps(
        struck=keys.struck,
        held=keys.held - keys.struck,
        sounding=demanded,
        silent=silent - demanded,
        most=most,
    )


def _may_sound(pitch: int, settings: Settings, keys: Keys) -> bool:
    """Return whether the model may play a key."""
    if not settings.low_pitch <= pitch <= settings.high_pitch or pitch in settings.muted:
        return False
    if (pitch - settings.tonic) % 12 not in SCALES[settings.scale]:
        return False
    if not keys.held:
        return True
    if any(abs(pitch - key) <= settings.room for key in keys.held):
        return False
    if settings.duet_place == "below":
        return pitch < max(keys.held)
    return settings.duet_place != "above" or pitch > min(keys.held)
