"""Training as the main window has it: its window, the draft that waits, and the model that is heard meanwhile."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from rnnrbm_live.core.commands import SelectModel
from rnnrbm_live.gui.bridge import Bridge
from rnnrbm_live.gui.services import ModelChoice
from rnnrbm_live.gui.strips import TroubleStrip
from rnnrbm_live.gui.toolbar import Toolbar
from rnnrbm_live.gui.training import Training
from rnnrbm_live.gui.training_window import TrainingWindow
from rnnrbm_live.gui.training_words import percent


class TrainingDesk(QObject):
    """Joins a `Training` to the main window: at most one training window, and one model that a draft stands in for."""

    def __init__(
        self,
        window: QWidget,
        training: Training,
        bridge: Bridge,
        toolbar: Toolbar,
        trouble: TroubleStrip,
        remembered: MutableMapping[str, Any],
    ) -> None:
        """Follow training; models are chosen and added in the toolbar, a draft that waits is offered in `trouble`."""
        super().__init__(window)
        self._window = window
        self._training = training
        self._bridge = bridge
        self._toolbar = toolbar
        self._trouble = trouble
        self._remembered = remembered
        self._shown: TrainingWindow | None = None
        self._before_hearing = ""  # the model that played
        training.changed.connect(lambda: toolbar.train.setText(percent(training) or "Train…"))
        training.ended.connect(self.offer_draft)
        training.heard.connect(self._hear_draft)
        training.unheard.connect(self._unhear_draft)
        training.kept.connect(self._add_model)
        toolbar.model_chosen.connect(self._choose_model)
        toolbar.train_requested.connect(self.show)

    def show(self) -> None:
        """Show the window in which models are trained."""
        self._trouble.withdraw(self.show)
        if self._shown is None:
            self._shown = TrainingWindow(self._window, self._training, self._remembered)
            self._shown.finished.connect(self._closed)
            self._shown.show()
        self._shown.activateWindow()

    def train_on(self, folder: Path) -> None:
        """Show it with a folder of music chosen."""
        self.show()
        self._training.choose(folder)

    def close(self) -> None:
        """Close it, if it is shown; training goes on."""
        if self._shown is not None:
            self._shown.close()

    def offer_draft(self) -> None:
        """Say that a trained model waits, where the window that shows it is closed."""
        draft = self._training.draft
        if draft is not None and self._shown is None:
            state = "is learnt" if draft.finished else f"is learnt up to pass {draft.passes_done} of {draft.passes}"
            self._trouble.offer(
                f"{draft.name} {state}; the model waits to be kept", "Look at it", "Keep it, or not", self.show
            )

    def _closed(self) -> None:
        self._shown = None
        self.offer_draft()

    def _hear_draft(self, folder: str) -> None:
        if not self._before_hearing:
            self._before_hearing = self._bridge.snapshot.model
        self._bridge.send(SelectModel(folder))

    def _unhear_draft(self) -> None:
        if self._before_hearing:
            self._bridge.send(SelectModel(self._before_hearing))
            self._before_hearing = ""

    def _choose_model(self, name: str) -> None:
        self._before_hearing = ""
        self._training.hear_no_more()
        self._bridge.send(SelectModel(name))

    def _add_model(self, model: ModelChoice) -> None:
        self._toolbar.add_model(model)
        self._toolbar.show_snapshot(self._bridge.snapshot)
        if self._training.hearing:
            self._choose_model(model.name)
        self._bridge.say(f"{model.title} is kept: choose it beside the tempo, whenever you like")
