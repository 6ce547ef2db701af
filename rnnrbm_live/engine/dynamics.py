"""How loud each note is: a base, the meter, the melody, and a little seeded life."""

from __future__ import annotations

from zlib import crc32

from rnnrbm_live.core.frame import Frame
from rnnrbm_live.core.grid import Timeline

DOWNBEAT_ACCENT = 7
BEAT_ACCENT = 3
MELODY_ACCENT = 5  # the highest voice
VARIATION = 4  # up or down
FADE_IN_BEATS = 4.0
FADE_IN_FROM = 0.5


def frame_velocities(
    frame: Frame, step: int, timeline: Timeline, *, base: int, seed: int, fade_in_from: int | None = None
) -> tuple[tuple[int, int], ...]:
    """Return the MIDI velocity of each onset of a frame, as (pitch, 1..127), ascending by pitch.

    Args:
        frame: what is struck.
        step: where it falls; bar lines and beats are accented.
        timeline: where bars begin.
        base: velocity of an unaccented inner note.
        seed: of the variation: the same seed, step and pitch give the same velocity.
        fade_in_from: step from which the music fades in; None: it does not.
    """
    in_bar = timeline.step_in_bar(step)
    accent = 0
    if in_bar == 0:
        accent = DOWNBEAT_ACCENT
    elif in_bar % timeline.meter.accent_steps(timeline.steps_per_beat) == 0:
        accent = BEAT_ACCENT
    gain = 1.0
    if fade_in_from is not None:
        progress = (step - fade_in_from) / (FADE_IN_BEATS * timeline.steps_per_beat)
        gain = min(1.0, FADE_IN_FROM + (1.0 - FADE_IN_FROM) * max(progress, 0.0))
    top = max(frame.sounding, default=0)

    def velocity(pitch: int) -> int:
        melody = MELODY_ACCENT if pitch == top else 0
        return min(127, max(1, round(gain * (base + accent + melody + _variation(seed, step, pitch)))))

    return tuple((pitch, velocity(pitch)) for pitch in sorted(frame.onsets))


def _variation(seed: int, step: int, pitch: int) -> int:
    return crc32(f"{seed}/{step}/{pitch}".encode()) % (2 * VARIATION + 1) - VARIATION
