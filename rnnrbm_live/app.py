"""The window's composition root: starts the player, the session and Qt, in this order, and wires them."""

from __future__ import annotations

import logging
import os
import platform
import signal
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from rnnrbm_live import __version__
from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.errors import CheckpointError, RNNRBMError
from rnnrbm_live.core.export import ExportChoice
from rnnrbm_live.core.messages import ALL_INPUTS, Notice
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.engine.generator import Generator
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.gui.services import SessionEntry
from rnnrbm_live.instrument import (
    load_stepper,
    make_session,
    model_settings,
    restored_settings,
    settings_to_remember,
)
from rnnrbm_live.io.midi_file import read_midi
from rnnrbm_live.io.preset_file import PresetFolder
from rnnrbm_live.io.settings_file import SettingsFile, SettingsSection
from rnnrbm_live.learning.process import Workshop
from rnnrbm_live.model.library import ModelLibrary
from rnnrbm_live.places import (
    DEFAULT_MODEL,
    exports_path,
    log_path,
    model_library,
    presets_path,
    sessions_path,
    settings_path,
    training_path,
    user_models_path,
)
from rnnrbm_live.player.process import ProcessLink
from rnnrbm_live.sessions import Shelf, write_recording

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
    cut_off = Shelf(sessions_path()).last_cut_off()
    workshop = Workshop(training_path(), user_models_path(), model_library)
    ports = {"input": ALL_INPUTS} | remembered
    link = ProcessLink(output=_text(ports, "output"), input_name=_text(ports, "input"))
    link.start()
    try:
        session = make_session(
            link=link,
            clock=SystemClock(),
            library=library,
            stepper=stepper,
            settings=restored_settings(model_settings(stepper), _mapping(remembered, "controls")),
            device=device,
            sessions=sessions_path(),
            watched=True,
        )
        if trouble is not None:
            session.notify(trouble)
        generator = Generator(session, link)
        generator.start()
        generator.send(ask.Play())
        try:
            code = _show(generator, link, library, store, cut_off, workshop)
        finally:
            generator.close()
    finally:
        link.close()
        workshop.close()
    return code


def _show(
    generator: Generator,
    link: ProcessLink,
    library: ModelLibrary,
    store: SettingsFile,
    cut_off: SessionEntry | None,
    workshop: Workshop,
) -> int:
    """Run Qt until the window is closed, then remember how things were."""
    from PyQt6.QtCore import QTimer

    from rnnrbm_live.gui.application import create_application, run  # Qt, only now that the player has its process
    from rnnrbm_live.gui.services import ModelChoice, Services
    from rnnrbm_live.gui.window import MainWindow

    def export(path: Path, recording: Recording, choice: ExportChoice) -> None:
        write_recording(path, recording, title=f"{generator.snapshot.model}, RNN-RBM Live", choice=choice)

    shelf = Shelf(sessions_path())
    shelf.output = lambda: link.output
    application = create_application(sys.argv[:1], assets_path())
    services = Services(
        clock=SystemClock(),
        models=[ModelChoice(model.name, model.summary) for model in library.models() if model.usable],
        store=SettingsSection(store, "window"),
        read_primer=read_midi,
        export=export,
        presets=PresetFolder(assets_path() / "presets", presets_path()),
        sessions=shelf,
        cut_off=cut_off,
        workshop=workshop,
        exports_folder=exports_path(),
        diagnostics=lambda: _diagnostics(generator),
    )
    window = MainWindow(generator, services)
    sys.excepthook = _telling(window.bridge.notify)
    for number in (signal.SIGINT, signal.SIGTERM):
        # From the event loop: the handler itself may run in the middle of a paint.
        signal.signal(number, lambda *_: QTimer.singleShot(0, window.close))
    code = run(application, window)
    sys.excepthook = sys.__excepthook__
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it is closing already
    snapshot = generator.snapshot
    kept: dict[str, Any] = {
        "controls": settings_to_remember(snapshot.settings),
        "output": link.output,
        "input": link.input_name,
    }
    if snapshot.model in {model.name for model in library.models()}:
        kept["model"] = snapshot.model
    store.save(store.load() | kept)
    return code


def _telling(notify: Callable[[Notice], None]) -> Callable[..., None]:
    """Return an excepthook that logs what went wrong in the window and says so there, while the music goes on."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("in the window", exc_info=(kind, error, trace))
        notify(Notice(f"Something went wrong in the window ({error}); the music goes on. The log is {log_path()}"))

    return tell


def _diagnostics(generator: Generator) -> str:
    """Return what a bug report should say."""
    snapshot = generator.snapshot
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "PyQt6", "pyqtgraph", "python-rtmidi"))
    lines = [
        f"RNN-RBM Live {__version__}, Python {platform.python_version()}, {platform.platform()}",
        packages,
        f"model {snapshot.model} on {snapshot.device}; piano {snapshot.ports.piano}",
        f"MIDI {snapshot.ports.midi}, outputs {snapshot.ports.outputs_open}, inputs {snapshot.ports.inputs_open}",
        f"step {snapshot.step}, {snapshot.timing}",
        str(snapshot.settings),
        *_log_tail(),
    ]
    return "\n".join(lines)


def _log_tail() -> list[str]:
    try:
        return log_path().read_text(encoding="utf-8").splitlines()[-40:]
    except OSError:
        return []


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
