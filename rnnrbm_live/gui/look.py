"""How the window looks: its theme, the size of all text, and whether things move."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QApplication

from rnnrbm_live.gui.application import animate_widgets, apply_theme, system_reduces_motion
from rnnrbm_live.gui.theme import TEXT_PERCENTS, THEMES


class Look(QObject):
    """What the user has chosen of it, and remembers.

    Signals:
        themed: the `Theme` that every widget has now, at the present size of text.
        resized: the size of text that the user has chosen, in percent of the usual one.
        stilled: whether motion is reduced now.

    Attributes:
        percent: size of all text, in percent of the usual one.
        still: whether motion is reduced.
    """

    themed = pyqtSignal(object)
    resized = pyqtSignal(int)
    stilled = pyqtSignal(bool)

    def __init__(self, remembered: MutableMapping[str, Any], parent: QObject) -> None:
        """Keep what is chosen in `remembered`; `restore` brings it into force."""
        super().__init__(parent)
        self._remembered = remembered
        self.percent = 100
        self.still = False

    def restore(self) -> None:
        """Look as remembered; what was never chosen, as the system wants it."""
        percent = self._remembered.get("text")
        self.percent = percent if percent in TEXT_PERCENTS else 100
        still = self._remembered.get("still")
        if isinstance(still, bool):
            self.set_still(still)
        elif system_reduces_motion():
            self.set_still(True)
            del self._remembered["still"]  # the system goes on to say
        theme = self._remembered.get("theme")
        self.set_theme(theme if isinstance(theme, str) else "dark")

    def set_theme(self, name: str) -> None:
        """Change to the ``dark`` or the ``light`` theme."""
        theme = replace(THEMES.get(name, THEMES["dark"]), scale=self.percent / 100)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, theme)
        self._remembered["theme"] = theme.name
        self.themed.emit(theme)

    def set_text(self, percent: int) -> None:
        """Write everything larger or smaller; 100 is the usual size."""
        self.percent = self._remembered["text"] = percent
        self.set_theme(self._remembered["theme"])
        self.resized.emit(percent)

    def step_text(self, steps: int) -> None:
        """Write larger by so many steps, smaller if negative."""
        index = TEXT_PERCENTS.index(self.percent) + steps
        self.set_text(TEXT_PERCENTS[min(max(index, 0), len(TEXT_PERCENTS) - 1)])

    def set_still(self, still: bool) -> None:
        """Let the roll move once a beat and menus open at once, or everything move smoothly."""
        self.still = self._remembered["still"] = still
        animate_widgets(not still)
        self.stilled.emit(still)
