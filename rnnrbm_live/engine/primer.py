"""From what a person played to what the model listens to: tempo, quantising, resampling. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.messages import KeyPlayed
from rnnrbm_live.core.pianoroll import Note, PianoRoll
from rnnrbm_live.core.settings import RANGES

TEMPO_SEARCH_OCTAVES = 1.0  # how far from the prior a tempo is looked for
TEMPO_PRIOR_OCTAVES = 0.35  # standard deviation of a player's tempo around the one that is set
TEMPO_RESOLUTION = 0.001  # relative spacing of candidate tempi: 0.1 % is 1/32 of a 16th after 8 bars
FEWEST_ONSETS = 4  # fewer say too little about a tempo
CHORD_SECONDS = 0.04  # onsets closer than this are one chord


def notes_of_keys(keys: Sequence[KeyPlayed], places_steps: Sequence[float], end_steps: float) -> list[Note]:
    """Pair presses with releases, in ascending order of start.

    Args:
        keys: presses and releases in the order played; a second press of a held key ends the first.
        places_steps: where each key falls, in steps, unquantised.
        end_steps: where a key that is still held ends.
    """
    held: dict[int, Note] = {}
    notes: list[Note] = []
    for key, place in zip(keys, places_steps, strict=True):
        if (note := held.pop(key.pitch, None)) is not None:
            notes.append(replace(note, end_steps=place))
        if key.velocity:
            held[key.pitch] = Note(place, end_steps, key.pitch, key.velocity, Source.PRIMER)
    return sorted([*notes, *held.values()], key=lambda note: (note.start_steps, note.pitch))


def estimate_tempo(onset_seconds: Sequence[float], prior_bpm: float) -> float:
    """Estimate the tempo in BPM at which onsets, the first of which is on a beat, fall on a grid.

    Each candidate tempo is scored by how well the onsets' phases gather at the beat, its half and its quarter
    (mean cosine), plus a log-normal prior around `prior_bpm`: without it, twice and half a tempo fit equally well.
    Fewer than four distinct onsets return the prior.
    """
    times = np.sort(np.asarray(onset_seconds, np.float64))
    times = times[np.concatenate(([True], np.diff(times) > CHORD_SECONDS))] if len(times) else times
    if len(times) < FEWEST_ONSETS:
        return prior_bpm
    octaves = np.arange(-TEMPO_SEARCH_OCTAVES, TEMPO_SEARCH_OCTAVES, TEMPO_RESOLUTION / np.log(2))
    bpm = prior_bpm * 2.0**octaves  # (C,)
    beats = (times[1:] - times[0]) * bpm[:, None] / 60.0  # (C, N-1)
    fit = sum(weight * np.cos(2 * np.pi * beats * parts).mean(axis=1) for weight, parts in ((1, 1), (1, 2), (2, 4)))
    score = fit - 0.5 * (octaves / TEMPO_PRIOR_OCTAVES) ** 2
    allowed = RANGES["tempo_bpm"]
    return float(np.clip(bpm[np.argmax(score)], allowed.low, allowed.high))


def quantise(notes: Sequence[Note], steps_per_beat: int) -> PianoRoll:
    """Quantise a primer: a note before step 0 by less than half a step belongs to it; trailing silence is not there."""
    on_grid = [replace(note, start_steps=max(note.start_steps, 0.0)) for note in notes if note.start_steps > -0.5]
    return PianoRoll.from_notes(on_grid, steps_per_beat)


def resample(roll: PianoRoll, steps_per_beat: int, *, longest_bars: int) -> PianoRoll:
    """Bring a roll to another grid, without leading empty bars and cut after `longest_bars` bars.

    Velocities are not kept (a roll has none); tempo and first meter are.
    """
    meter = roll.meters[0].meter
    bar_steps = meter.bar_steps(roll.steps_per_beat)
    sounding_steps = np.flatnonzero(roll.sounding.any(axis=1))
    if len(sounding_steps) and sounding_steps[0] >= roll.pickup_steps:
        empty_bars = (int(sounding_steps[0]) - roll.pickup_steps) // bar_steps
        first = roll.pickup_steps + empty_bars * bar_steps if empty_bars else 0
        roll = roll.slice(first, len(roll))
    roll = roll.slice(0, min(len(roll), roll.pickup_steps + longest_bars * bar_steps))
    ratio = steps_per_beat / roll.steps_per_beat
    if ratio == 1:
        return roll
    scaled = [
        replace(note, start_steps=note.start_steps * ratio, end_steps=note.end_steps * ratio) for note in roll.notes()
    ]
    resampled = PianoRoll.from_notes(scaled, steps_per_beat, n_steps=round(len(roll) * ratio))
    tempos = tuple(replace(change, step=change.step * ratio) for change in roll.tempos)
    meters = tuple(replace(change, step=round(change.step * ratio)) for change in roll.meters)
    return replace(resampled, tempos=tempos, meters=meters, pickup_steps=round(roll.pickup_steps * ratio))
