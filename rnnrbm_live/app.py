"""The window's composition root: starts the player, the session and Qt, in this order, and wires them."""

from __future__ import annotations

import logging
import os
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from rnnrbm_live import __version__
from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.errors import CheckpointError, RNNRBMError
from rnnrbm_live.engine.generator import Generator
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.instrument import (
    load_stepper,
    make_session,
    model_settings,
    restored_settings,
    settings_to_remember,
)
from rnnrbm_live.io.settings_file import SettingsFile
from rnnrbm_live.model.library import ModelLibrary
from rnnrbm_live.places import DEFAULT_MODEL, log_path, model_library, settings_path
from rnnrbm_live.player.process import ProcessLink

log = logging.getLogger(__name__)


class NoScreenError(RNNRBMError, RuntimeError):
    """There is no screen to show a window on."""


def run_window(*, model: str | None, device: str) -> int:
    """Show the window and play until it is closed; return the exit code.

    Args:
        model: name or folder; None for the one used last.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        RNNRBMError: for a missing screen, or a model or device that cannot be used.
    """
    _need_a_screen()
    _start_log()
    store = SettingsFile(settings_path())
    remembered = store.load()
    library = model_library()
    stepper, trouble = _first_model(library, model, remembered)
    link = ProcessLink(output=_text(remembered, "output"), input_name=_text(remembered, "input"))
    link.start()
    try:
        session = make_session(
            link=link,
            clock=SystemClock(),
            library=library,
            stepper=stepper,
            settings=restored_settings(model_settings(stepper), _mapping(remembered, "controls")),
            device=device,
        )
        if trouble is not None:
            session.notify(trouble)
        generator = Generator(session, link)
        generator.start()
        if remembered.get("launch", True):
            generator.send(ask.Play())
        code = _show(generator, library, store, remembered)
        generator.close()
    finally:
        link.close()
    return code


def _show(generator: Generator, library: ModelLibrary, store: SettingsFile, remembered: dict[str, Any]) -> int:
    """Run Qt until the window is closed, then remember how things were."""
    from rnnrbm_live.gui.application import create_application  # after the player's process has been started
    from rnnrbm_live.gui.services import Services
    from rnnrbm_live.gui.window import MainWindow
    raise NotImplementedError


def _first_model(
    library: ModelLibrary, wanted: str | None, remembered: Mapping[str, Any]
) -> tuple[Stepper, str | None]:
    """Load the model asked for; failing that the one used last; failing that ours, with a word about it."""
    if wanted is not None:
        return load_stepper(library, wanted), None
    last = _text(remembered, "model") or DEFAULT_MODEL
    try:
        return load_stepper(library, last), None
    except CheckpointError as err:
        if last == DEFAULT_MODEL:
            raise
        return load_stepper(library, DEFAULT_MODEL), f"{err}; {DEFAULT_MODEL} plays instead"


def _need_a_screen() -> None:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise NoScreenError(
            "there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): hear it with `rnnrbm-live play`"
        )


def _start_log() -> None:
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=1, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None
