"""The built-in piano: pre-rendered notes, mixed sample-accurately in numpy, with dampers, room and a limiter.

Events may come from any thread; `render` belongs to the sound thread alone. Frames count samples per channel from 0.
"""

from __future__ import annotations

import json
import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.core.resources import assets_path

SAMPLE_RATE = 48_000  # Hz
MOST_VOICES = 64
STEAL_FRAMES = 240  # 5 ms: fast enough to free a voice, slow enough not to click
SILENCE_FRAMES = 960  # 20 ms
LOUDEST_NOTE = 0.7  # peak of one note at velocity 127, before the room
ROOM_LEVEL = 0.16
CEILING = 0.8  # what the limiter holds peaks to
ATTACK_FRAMES = 48
RELEASE_DB_PER_SECOND = 18.0
CLICK_SECONDS = 0.03
BLOCK_FRAMES, EDGE_FRAMES = 7168, 512  # together with an edge on each side, 8192

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Note:
    """One key's samples, (n,) int16: struck hard, and dulled as a soft hammer would."""

    bright: NDArray[np.int16]
    soft: NDArray[np.int16]
    level: float


class NoteBank:
    """The 88 notes. Those between the rendered ones are shifted by a semitone when first asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        """Map the asset into memory.

        Args:
            folder: that holds ``piano.npy`` and ``piano.json``; ours if None.
        """
        folder = folder or assets_path()
        card: dict[str, Any] = json.loads((folder / "piano.json").read_text(encoding="utf-8"))
        samples = np.load(folder / "piano.npy", mmap_mode="r")
        self._rendered = {
            note["pitch"]: (samples[note["start"] : note["start"] + note["length"]], note["level"])
            for note in card["notes"]
        }
        self._notes: dict[int, _Note] = {}

    def prepare(self) -> None:
        """Make every note ready, from the middle outwards; a second in a thread of its own."""
        for pitch in sorted(range(PIANO.low, PIANO.high), key=lambda pitch: abs(pitch - 62)):
            self.note(pitch)

    def note(self, pitch: int) -> _Note:
        """Return a note of the piano, 21 up to but not including 109."""
        note = self._notes.get(pitch)
        if note is None:
            note = self._notes[pitch] = self._make(pitch)
        return note

    def _make(self, pitch: int) -> _Note:
        nearest = min(self._rendered, key=lambda rendered: abs(rendered - pitch))
        samples, level = self._rendered[nearest]
        bright = np.asarray(samples)
        if nearest != pitch:
            bright = _resampled(bright.astype(np.float32), 2.0 ** ((pitch - nearest) / 12)).astype(np.int16)
        return _Note(bright, _dulled(bright, pitch), level)


class _Voice:
    """A sounding note: where it is in its samples, and how it is dying."""

    __slots__ = ("channel", "damping", "frame", "gains", "level", "note", "pitch", "position", "release_at", "stolen")

    def __init__(self, note: _Note, channel: int, pitch: int, velocity: int, frame: int) -> None:
        self.note = note
        self.channel = channel
        self.pitch = pitch
        self.frame = frame  # when it is struck
        self.position = 0  # in its samples
        self.release_at: int | None = None
        self.damping = 1.0  # gain per frame once released
        self.level = 1.0  # what damping has left of it
        self.stolen = False
        hardness = velocity / 127
        gain = LOUDEST_NOTE / 32_768 * note.level * hardness**1.2
        brightness = hardness**1.3
        pan = (pitch - 62) / 46 * 0.35  # the player's seat: bass to the left
        left, right = np.cos(np.pi / 4 * (1 + pan)), np.sin(np.pi / 4 * (1 + pan))
        side = gain * np.array([[left], [right]])
        self.gains = (side @ [[brightness, 1 - brightness]]).astype(np.float32)  # (left right, bright soft)

    def release(self, frame: int, frames_to_60_db: float) -> None:
        self.release_at = frame
        self.damping = 10.0 ** (-3.0 / frames_to_60_db)


@dataclass(frozen=True, slots=True)
class _Event:
    kind: str  # on, off, silence, click
    frame: int
    channel: int = 0
    pitch: int = 0
    velocity: int = 0


class Piano:
    """Sixty-four voices, a room and a limiter.

    Attributes:
        gain_db: level; changes are smoothed.
    """

    def __init__(self, bank: NoteBank) -> None:
        """Stand silent."""
        self.gain_db = 0.0
        self._gain = 1.0
        self._bank = bank
        self._frame = 0
        self._events: deque[_Event] = deque()
        self._waiting: list[_Event] = []
        self._voices: list[_Voice] = []
        self._room = _Room()
        self._limiter = _Limiter()
        self._segments = np.zeros((2 * MOST_VOICES, 0), np.float32)

    # --- from any thread ---------------------------------------------------------------------------------

    def note_on(self, channel: int, pitch: int, velocity: int, frame: int) -> None:
        """Strike a key at a frame, or at once if that has passed. Keys outside the piano are silent."""
        if pitch in PIANO:
            self._events.append(_Event("on", frame, channel, pitch, velocity))

    def note_off(self, channel: int, pitch: int, frame: int) -> None:
        """Let the damper fall on every sounding note of this channel and pitch."""
        self._events.append(_Event("off", frame, channel, pitch))

    def silence(self) -> None:
        """Fade everything out, at once, and forget what was to come."""
        self._events.append(_Event("silence", 0))

    def click(self, accented: bool, frame: int) -> None:
        """Sound a metronome tick."""
        self._events.append(_Event("click", frame, velocity=127 if accented else 80, pitch=int(accented)))

    # --- in the sound thread -----------------------------------------------------------------------------

    @property
    def voices(self) -> int:
        """Number of sounding voices."""
        return len(self._voices)

    def render(self, n_frames: int) -> Floats:
        """Return the next (n_frames, 2) samples, left and right, all within -1 and 1."""
        end = self._frame + n_frames
        self._take_events(end)
        mix = self._mix(n_frames)  # (2, n)
        target = 10.0 ** (self.gain_db / 20)
        mix *= np.linspace(self._gain, target, n_frames, dtype=np.float32)
        self._gain = target
        self._frame = end
        return np.ascontiguousarray(self._limiter.process(self._room.process(mix)).T)

    def _take_events(self, end: int) -> None:
        while self._events:
            event = self._events.popleft()
            if event.kind == "silence":  # of what was to come by then, and of nothing that was asked for later
                self._waiting = [other for other in self._waiting if other.kind == "off"]
            self._waiting.append(event)
        due = [event for event in self._waiting if event.frame < end or event.kind == "silence"]
        if not due:
            return
        self._waiting = [event for event in self._waiting if event not in due]
        for event in sorted(due, key=lambda event: event.frame):
            frame = max(event.frame, self._frame)
            match event.kind:
                case "on":
                    self._strike(event, frame)
                case "off":
                    self._damp(event.channel, event.pitch, frame)
                case "click":
                    voice = _Voice(_click_note(event.pitch), -1, 62, event.velocity, frame)
                    self._voices.append(voice)
                case "silence":
                    for voice in self._voices:
                        voice.release(frame, SILENCE_FRAMES)

    def _strike(self, event: _Event, frame: int) -> None:
        self._damp(event.channel, event.pitch, frame)
        kept = [voice for voice in self._voices if not voice.stolen]
        if len(kept) >= MOST_VOICES:
            # The one that is missed least: the quietest that is dying anyway, else the oldest.
            dying = [voice for voice in kept if voice.release_at is not None]
            victim = min(dying or kept, key=lambda voice: (voice.level, voice.frame))
            victim.release(frame, STEAL_FRAMES)
            victim.stolen = True
        self._voices.append(_Voice(self._bank.note(event.pitch), event.channel, event.pitch, event.velocity, frame))

    def _damp(self, channel: int, pitch: int, frame: int) -> None:
        for voice in self._voices:
            if (voice.channel, voice.pitch) == (channel, pitch) and voice.release_at is None:
                voice.release(frame, _damper_seconds(pitch) * SAMPLE_RATE)

    def _mix(self, n_frames: int) -> Floats:
        """Sum the voices, (2, n)."""
        if not self._voices:
            return np.zeros((2, n_frames), np.float32)
        rows = 2 * len(self._voices)
        if self._segments.shape[0] < rows or self._segments.shape[1] != n_frames:
            self._segments = np.zeros((max(rows, 2 * MOST_VOICES), n_frames), np.float32)
        segments = self._segments[:rows]
        for row, voice in enumerate(self._voices):
            self._fill(segments[2 * row : 2 * row + 2], voice, n_frames)
        gains = np.concatenate([voice.gains for voice in self._voices], axis=1)  # (2, rows)
        mix = gains @ segments
        self._voices = [
            voice
            for voice in self._voices
            if voice.position < len(voice.note.bright) and voice.level > 1e-4  # -80 dB
        ]
        return mix

    def _fill(self, segment: Floats, voice: _Voice, n_frames: int) -> None:
        """Write a voice's next samples into two rows, bright and soft, its damping applied."""
        first = max(0, voice.frame - self._frame)  # where in the block it begins
        length = min(n_frames - first, len(voice.note.bright) - voice.position)
        last = first + length
        segment[:, :first] = 0
        segment[:, last:] = 0
        segment[0, first:last] = voice.note.bright[voice.position : voice.position + length]
        segment[1, first:last] = voice.note.soft[voice.position : voice.position + length]
        voice.position += length
        if voice.release_at is not None:
            falls = max(first, voice.release_at - self._frame)
            if falls < n_frames:
                count = n_frames - falls
                segment[:, falls:] *= voice.level * np.power(voice.damping, np.arange(count), dtype=np.float32)
                voice.level *= voice.damping**count


class _Room:
    """A small room: eight delay lines that feed one another (Jot & Chaigne, 1991), damped in the treble."""

    LENGTHS = (1109, 1303, 1493, 1699, 1931, 2129, 2339, 2521)  # frames, primes: 23 to 53 ms
    SECONDS_TO_60_DB = 0.9

    def __init__(self) -> None:
        lengths = np.array(self.LENGTHS)
        self._buffer = np.zeros((8, 4096), np.float32)  # each line's past, a ring
        self._at = 0
        self._feedback = 10.0 ** (-3.0 * lengths / (self.SECONDS_TO_60_DB * SAMPLE_RATE))
        hadamard = np.array([[1.0]])
        for _ in range(3):
            hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
        self._mixing = (hadamard / np.sqrt(8) * self._feedback[:, None]).astype(np.float32)
        self._spread = np.array([[1, -1, 1, 1, -1, 1, -1, -1], [1, 1, -1, 1, 1, -1, -1, 1]], np.float32) / np.sqrt(8)
        self._before = np.zeros((8, 2), np.float32)

    def process(self, dry: Floats) -> Floats:
        """Return the sound with its room, (2, n)."""
        wet = np.empty_like(dry)
        for start in range(0, dry.shape[1], 960):  # no longer than the shortest line
            part = dry[:, start : start + 960]
            wet[:, start : start + 960] = self._process_part(part)
        return dry + np.float32(ROOM_LEVEL) * wet

    def _process_part(self, dry: Floats) -> Floats:
        n = dry.shape[1]
        size = self._buffer.shape[1]
        columns = (self._at + np.arange(n)) % size
        past = (columns[None, :] - np.array(self.LENGTHS)[:, None]) % size
        out = self._buffer[np.arange(8)[:, None], past]  # (8, n)
        framed = np.concatenate((self._before, out), axis=1)
        damped = 0.25 * framed[:, :-2] + 0.5 * framed[:, 1:-1] + 0.25 * framed[:, 2:]
        self._before = framed[:, -2:]
        self._buffer[:, columns] = self._mixing @ damped + self._spread.T @ dry
        self._at = (self._at + n) % size
        wet: Floats = self._spread @ out
        return wet


class _Limiter:
    """Turns loud passages down rather than bending them: quickly down, slowly up, with a soft stop for the rest."""

    def __init__(self) -> None:
        self._gain = 1.0

    def process(self, sound: Floats) -> Floats:
        """Return the sound, (2, n), with every sample between -1 and 1."""
        n = sound.shape[1]
        peak = float(np.abs(sound).max(initial=0.0))
        risen = min(1.0, self._gain * 10.0 ** (RELEASE_DB_PER_SECOND / 20 * n / SAMPLE_RATE))
        wanted = min(risen, CEILING / peak) if peak > 0 else risen
        if wanted == self._gain == 1.0:
            return sound
        ramp = ATTACK_FRAMES if wanted < self._gain else n
        gains = np.full(n, wanted, np.float32)
        gains[:ramp] = np.linspace(self._gain, wanted, min(ramp, n), dtype=np.float32)
        self._gain = wanted
        held: Floats = sound * gains
        over = np.abs(held) > CEILING  # only while the gain comes down
        room = 0.99 - CEILING
        held[over] = np.copysign(CEILING + room * np.tanh((np.abs(held[over]) - CEILING) / room), held[over])
        return held


def _damper_seconds(pitch: int) -> float:
    """Seconds in which a falling damper takes a note down by 60 dB: long in the bass, none above E6."""
    return float(np.interp(pitch, [21, 48, 72, 88, 89, 108], [0.55, 0.32, 0.22, 0.2, 1.2, 0.8]))


# In blocks, since numpy keeps Python's lock while it works on one.


def _resampled(samples: Floats, ratio: float) -> Floats:
    """Read samples `ratio` times as fast, by cubic (Catmull-Rom) interpolation."""
    padded = np.concatenate((samples[:1], samples))
    n_read = max(0, math.ceil((len(samples) - 3) / ratio))
    curved = np.empty(n_read, np.float32)
    for begin in range(0, n_read, BLOCK_FRAMES):
        places = np.arange(begin, min(begin + BLOCK_FRAMES, n_read)) * ratio
        whole = places.astype(np.int64)
        x = (places - whole).astype(np.float32)
        a, b, c, d = (padded[whole + offset] for offset in range(4))
        curve = b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))
        np.clip(curve, -32_768, 32_767, out=curved[begin : begin + len(x)])
    return curved


def _dulled(samples: NDArray[np.int16], pitch: int) -> NDArray[np.int16]:
    """Take the upper partials off, as a softly thrown hammer does: -12 dB per octave above a cutoff.

    The filter's response falls by e every `SAMPLE_RATE` / (2 pi cutoff) frames, 18 at most: blocks lose nothing at
    their edges.
    """
    fundamental = 440.0 * 2.0 ** ((pitch - 69) / 12)
    cutoff = max(420.0, 1.6 * fundamental)
    size = BLOCK_FRAMES + 2 * EDGE_FRAMES
    response = 1 / (1 + (np.fft.rfftfreq(size, 1 / SAMPLE_RATE) / cutoff) ** 2)
    padded = np.pad(samples, (EDGE_FRAMES, size))
    dulled = np.empty(len(samples), np.int16)
    for begin in range(0, len(samples), BLOCK_FRAMES):
        spectrum = np.fft.rfft(padded[begin : begin + size].astype(np.float32))
        dull = np.fft.irfft(spectrum * response, size)[EDGE_FRAMES:-EDGE_FRAMES]
        block = dulled[begin : begin + BLOCK_FRAMES]
        block[:] = np.clip(dull[: len(block)], -32_768, 32_767)
    return dulled


@lru_cache(maxsize=2)
def _click_note(accented: int) -> _Note:
    """A wood block, 1.6 kHz, or 2.2 kHz where accented."""
    t = np.arange(round(CLICK_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 2200.0 if accented else 1600.0
    tick = np.sin(2 * np.pi * pitch * t) + 0.4 * np.sin(2 * np.pi * 2.71 * pitch * t)
    tick *= np.exp(-t / 0.004) * np.minimum(1, t / 0.0005) * np.clip((CLICK_SECONDS - t) / 0.005, 0, 1)
    samples = np.rint(tick / np.abs(tick).max() * 20_000).astype(np.int16)
    return _Note(samples, samples, 1.0)
