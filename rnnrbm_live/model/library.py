"""The models there are: by name in known folders, or anywhere by path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.core.text import as_text
from rnnrbm_live.model.checkpoint import CARD_FILE, load_card, load_live_model
from rnnrbm_live.model.live import LiveModel


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that can be chosen.

    Attributes:
        name: unique; its folder's.
        folder: where it lies.
        summary: grid and data in a few words; for a damaged model, what is wrong with it.
        usable: whether its card could be read.
    """

    name: str
    folder: Path
    summary: str
    usable: bool = True


class ModelLibrary:
    """Folders that hold models, one folder each; an earlier one wins where names meet."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Look in `folders`; those that are not there hold nothing."""
        self._folders = tuple(folders)

    def models(self) -> list[ModelInfo]:
        """Return the models in all folders, by name."""
        found: dict[str, ModelInfo] = {}
        for folder in self._folders:
            for card in sorted(folder.glob(f"*/{CARD_FILE}")):
                found.setdefault(card.parent.name, _describe(card.parent))
        return [found[name] for name in sorted(found)]

    def find(self, name: str) -> Path:
        """Return the folder of a model given by name or by folder.

        Raises:
            CheckpointError: if there is no such model.
        """
        for folder in (*(folder / name for folder in self._folders), Path(name).expanduser()):
            if (folder / CARD_FILE).is_file():
                return folder
        known = ", ".join(model.name for model in self.models()) or "none is installed"
        raise CheckpointError(
            f"there is no model {name!r}: give the name of one ({known}) or a folder that training wrote"
        )

    def load(self, name: str) -> tuple[str, LiveModel]:
        """Load a model by name or by folder; return its name and it.

        Raises:
            CheckpointError: if there is no such model, it is damaged, or it cannot be played.
        """
        folder = self.find(name)
        return as_text(folder.resolve().name), load_live_model(folder)


def _describe(folder: Path) -> ModelInfo:
    try:
        card = load_card(folder)
    except CheckpointError as err:
        return ModelInfo(folder.name, folder, str(err), usable=False)
    grid = {1: "quarter notes", 2: "8th notes", 4: "16th notes", 8: "32nd notes"}
    steps = card.config.steps_per_beat
    return ModelInfo(folder.name, folder, grid.get(steps, f"{steps} steps per beat"))
