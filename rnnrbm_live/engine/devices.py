"""Moving the Gibbs chain to a GPU while the music already plays."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rnnrbm_live.core.errors import DeviceError
from rnnrbm_live.model.live import LiveModel, Sampler


class SamplerLoader:
    """Builds a sampler in a thread of its own, since importing torch takes seconds.

    Attributes:
        device: name of the device, for the user to read.
    """

    def __init__(self, model: LiveModel, device: str, build: Callable[[LiveModel], Sampler]) -> None:
        """Stand ready; `build` makes the sampler and may raise `DeviceError`."""
        self.device = device
        self._model = model
        self._build = build
        self._sampler: Sampler | None = None
        self._error: DeviceError | None = None
        self._done = threading.Event()

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="sampler-loader", daemon=True).start()

    def take(self) -> Sampler | None:
        """Return the sampler once, when it is ready; None before and after.

        Raises:
            DeviceError: once, if it could not be built.
        """
        if not self._done.is_set():
            return None
        sampler, error = self._sampler, self._error
        self._sampler = self._error = None
        if error is not None:
            raise error
        return sampler

    def _run(self) -> None:
        try:
            self._sampler = self._build(self._model)
        except DeviceError as err:
            self._error = err
        self._done.set()
