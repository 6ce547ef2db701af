"""Where things lie on this machine: models, settings, logs, exports."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from rnnrbm_live.core.errors import JournalError
from rnnrbm_live.core.resources import models_path
from rnnrbm_live.io.journal import SUFFIX, session_files
from rnnrbm_live.model.library import ModelLibrary

APP_NAME = "rnnrbm-live"
DEFAULT_MODEL = "bach-chorales"


def user_models_path() -> Path:
    """Folder in which a user's own models are looked for by name."""
    return platformdirs.user_data_path(APP_NAME) / "models"


def training_path() -> Path:
    """Folder for the model that the window trains, until it is kept or discarded."""
    return platformdirs.user_data_path(APP_NAME) / "training"


def settings_path() -> Path:
    """File that remembers window, ports, model and controls."""
    return platformdirs.user_config_path(APP_NAME) / "settings.json"


def log_path() -> Path:
    """Log file of the last runs."""
    return platformdirs.user_log_path(APP_NAME) / "rnnrbm-live.log"


def exports_path() -> Path:
    """Folder that exports are offered to be saved in."""
    return platformdirs.user_music_path()


def find_session(name: str) -> Path:
    """Return the file of a session given as a file, by its name in our folder, or as ``last``.

    Raises:
        JournalError: if there is none.
    """
    files = session_files(sessions_path())
    if name == "last" and files:
        return files[0]
    for path in (Path(name).expanduser(), sessions_path() / name, sessions_path() / f"{name}{SUFFIX}"):
        if path.is_file():
            return path
    raise JournalError(f"there is no session {name!r}: `rnnrbm-live sessions` lists them")


def sessions_path() -> Path:
    """Folder that sessions are saved to as they are played."""
    return platformdirs.user_data_path(APP_NAME) / "sessions"


def presets_path() -> Path:
    """Folder of the user's own presets."""
    return platformdirs.user_data_path(APP_NAME) / "presets"


def model_library() -> ModelLibrary:
    """Return the models that come with the program, and the user's own."""
    return ModelLibrary((models_path(), user_models_path()))
