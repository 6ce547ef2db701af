"""The model in use, and moving its Gibbs chain to a GPU while the music already plays."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rnnrbm_live.core.errors import DeviceError
from rnnrbm_live.engine.stepper import Stepper
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


class ModelInUse:
    """The model that plays: on numpy at once, on a GPU as soon as it is ready there, and on numpy again if that fails.

    Attributes:
        stepper: asks the model.
    """

    def __init__(
        self, stepper: Stepper, gpu: Callable[[LiveModel], SamplerLoader] | None, warn: Callable[[str], None]
    ) -> None:
        """Play with a first model.

        Args:
            stepper: asks it.
            gpu: makes what moves a model's chain to a GPU; None to stay on numpy.
            warn: takes one sentence for the user, when a device fails.
        """
        self._gpu = gpu
        self._warn = warn
        self.use(stepper)

    def use(self, stepper: Stepper) -> None:
        """Play with another model from now on."""
        self.stepper = stepper
        self._loader = self._gpu(stepper.model) if self._gpu else None
        if self._loader is not None:
            self._loader.start()

    def move_to_gpu(self) -> None:
        """Hand the chain to the GPU at this frame boundary, once it is ready there."""
        if self._loader is None:
            return
        try:
            sampler = self._loader.take()
        except DeviceError as err:
            self._loader = None
            self._warn(f"{err}; numpy on the CPU goes on")
            return
        if sampler is not None:
            self.stepper.use(sampler, self._loader.device)
            self._loader = None

    def tell_trouble(self) -> None:
        """Tell the user, once, that a device has failed and numpy goes on."""
        if self.stepper.device_trouble is not None:
            self._warn(self.stepper.device_trouble)
            self.stepper.device_trouble = None
