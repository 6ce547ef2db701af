"""The one model that was trained and is neither kept nor discarded yet: an ordinary model folder, beside the others."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import Timeout

from rnnrbm_live.core.errors import CheckpointError, SettingsError
from rnnrbm_live.core.learning import HEARD_FOLDER, Draft
from rnnrbm_live.gui.services import ModelChoice
from rnnrbm_live.learning.child import lock_of
from rnnrbm_live.learning.curves import delete_curves, load_curves
from rnnrbm_live.model.checkpoint import (
    CARD_FILE,
    WEIGHTS_FILE,
    Card,
    end_training,
    load_card,
    load_training_facts,
    save_card,
)
from rnnrbm_live.model.library import ModelLibrary

HEARD_KEPT = 3
"""Copies that were listened to: the last is being loaded while the one before it plays."""
LONGEST_NAME = 60
_NOT_IN_FILE_NAMES = re.compile(r'[\s\x00-\x1f<>:"/\\|?*]+')


class DraftShelf:
    """Keeps, discards, and makes copies to listen to.

    Attributes:
        path: folder of the draft, there or not.
    """

    def __init__(self, folder: Path, models: Path, library: Callable[[], ModelLibrary]) -> None:
        """Use `folder`; what is kept goes to `models`, under a name that `library` does not know yet."""
        self.path = folder / "draft"
        self._heard = folder / HEARD_FOLDER
        self._models = models
        self._library = library

    def draft(self) -> Draft | None:
        """Return the draft, if there is one and no process is training it."""
        if not (self.path / CARD_FILE).is_file():
            return None
        try:
            with lock_of(self.path).acquire(timeout=0):
                return self._read()
        except (CheckpointError, OSError, Timeout):
            return None

    def copy_to_hear(self) -> Path:
        """Return the folder of a copy of the draft as it is now, named by how far it has come.

        A session that plays it so writes down which of the models on the way it was. A copy is never changed.

        Raises:
            CheckpointError: if it cannot be copied.
        """
        try:
            card = load_card(self.path)
            copy = self._heard / f"{file_name(card.name) or 'draft'}-after-{card.training['epochs_done']}"
            if (copy / CARD_FILE).is_file():
                return copy
            copy.mkdir(parents=True, exist_ok=True)
            for name in (WEIGHTS_FILE, CARD_FILE):
                shutil.copyfile(self.path / name, copy / name)
            others = sorted(self._heard.iterdir(), key=lambda folder: folder.stat().st_mtime)
            for old in [folder for folder in others if folder != copy][: -HEARD_KEPT + 1]:
                shutil.rmtree(old, ignore_errors=True)
        except OSError as err:
            raise CheckpointError(f"{self._heard} cannot be written to ({err.strerror}): make room there") from err
        return copy

    def trouble_with(self, name: str) -> str:
        """Return why a model cannot be kept under a name, in a few words, or nothing."""
        wanted = file_name(name)
        if not wanted:
            return "Give it a name"
        taken = {model.name.casefold() for model in self._library().models()}
        return f"There is a model called {wanted} already" if wanted.casefold() in taken else ""

    def keep(self, name: str) -> ModelChoice:
        """Put the draft among the user's models; return it as it is found there.

        Raises:
            SettingsError: if the name cannot be used.
            CheckpointError: if the system does not let us.
        """
        if trouble := self.trouble_with(name):
            raise SettingsError(f"{trouble}: choose another name")
        kept = file_name(name)
        card = load_card(self.path)
        try:
            self._models.mkdir(parents=True, exist_ok=True)
            self.path.rename(self._models / kept)
            end_training(self._models / kept)
            delete_curves(self._models / kept)
            save_card(self._models / kept, replace(card, name=kept))
        except OSError as err:
            raise CheckpointError(f"{self._models / kept} cannot be written ({err.strerror}): make room there") from err
        shutil.rmtree(self._heard, ignore_errors=True)
        found = next(model for model in self._library().models() if model.name == kept)
        return ModelChoice(found.name, found.summary)

    def discard(self) -> None:
        """Delete the draft, if there is one.

        Raises:
            CheckpointError: if the system does not let us.
        """
        shutil.rmtree(self._heard, ignore_errors=True)
        try:
            with suppress(FileNotFoundError):
                shutil.rmtree(self.path)
        except OSError as err:
            raise CheckpointError(f"{self.path} cannot be deleted ({err.strerror}): delete it by hand") from err

    def _read(self) -> Draft:
        card = load_card(self.path)
        try:
            facts = load_training_facts(self.path)["run"]
        except CheckpointError:
            facts = None
        if facts is not None:
            curves = tuple(facts["monitors"]), tuple(facts["accuracies"])
        else:
            curves = load_curves(self.path) or (_figures(card, "monitor"), _figures(card, "sampled_accuracy"))
        monitors, accuracies = curves
        return Draft(
            card.name,
            Path(str(card.data.get("source", ""))),
            passes_done=int(card.training["epochs_done"]),
            passes=sum(stage["epochs"] for stage in card.training["preset"]["stages"]),
            finished=facts is None,
            monitors=monitors,
            accuracies=accuracies,
        )


def file_name(name: str) -> str:
    """Return a name as a folder can have it on any system: hyphens for spaces and for what is not allowed there."""
    return _NOT_IN_FILE_NAMES.sub("-", name.strip())[:LONGEST_NAME].strip("-. ")


def _figures(card: Card, name: str) -> tuple[float, ...]:
    metric: Any = card.metrics.get(name)
    return (float(metric["value"]),) if metric else ()
