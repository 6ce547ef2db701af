"""The sound device (miniaudio): pulls samples, and knows which frame will be heard when."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from typing import Any

import miniaudio
import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.errors import AudioError

BUFFER_MS = 30
LATENCY_SECONDS = 0.02  # from a note's deadline to the block that holds it: covers the jitter of the callbacks
DRIFT = 1e-4  # how fast, in seconds per second, the estimate of the stream's start may move later

_BACKENDS = {
    "linux": [miniaudio.Backend.PULSEAUDIO, miniaudio.Backend.ALSA, miniaudio.Backend.JACK],
    "darwin": [miniaudio.Backend.COREAUDIO],
    "win32": [miniaudio.Backend.WASAPI, miniaudio.Backend.DSOUND],
}

Render = Callable[[int], NDArray[np.float32]]
"""Returns the next (n, 2) samples."""


class AudioOutput:
    """An open stereo output.

    Attributes:
        name: of the sound system.
    """

    def __init__(self, sample_rate: int) -> None:
        """Open the default device.

        Raises:
            AudioError: if there is none. miniaudio's silent device does not count.
        """
        backends = _BACKENDS.get(sys.platform, [])
        try:
            self._device = miniaudio.PlaybackDevice(
                output_format=miniaudio.SampleFormat.FLOAT32,
                nchannels=2,
                sample_rate=sample_rate,
                buffersize_msec=BUFFER_MS,
                backends=backends,
                app_name="RNN-RBM Live",
            )
        except miniaudio.MiniaudioError as err:
            raise AudioError(f"no sound device answers ({err.args[0]}): connect one, or play through MIDI") from err
        self.name = str(self._device.backend)
        self._sample_rate = sample_rate
        self._frames = 0
        self._origin: float | None = None  # when frame 0 was asked for, or would have been
        self._asked_at = 0.0

    def start(self, render: Render) -> None:
        """Begin to play what `render` returns; it is called in the sound system's thread."""
        stream = self._stream(render)
        next(stream)
        self._device.start(stream)

    def frame_at(self, due_seconds: float) -> int:
        """Return the frame for a note that is due then, `LATENCY_SECONDS` later for every note alike."""
        if self._origin is None:
            return 0
        return round((due_seconds + LATENCY_SECONDS - self._origin) * self._sample_rate)

    def close(self) -> None:
        """Stop; may be called twice."""
        self._device.close()

    def _stream(self, render: Render) -> Generator[Any, int, None]:
        n_frames = yield b""
        while True:
            self._follow(time.perf_counter())
            samples = render(n_frames)
            self._frames += n_frames
            n_frames = yield samples

    def _follow(self, now: float) -> None:
        """Track when the stream began: callbacks come late, hardly ever early, and the device's clock drifts."""
        began = now - self._frames / self._sample_rate
        if self._origin is None or abs(began - self._origin) > 0.25:
            self._origin = began
        else:
            self._origin = min(began, self._origin + DRIFT * (now - self._asked_at))
        self._asked_at = now
