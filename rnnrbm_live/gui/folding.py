"""What is folded away where the window is low, so that nothing covers anything else: the roll comes first."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QWIDGETSIZE_MAX, QApplication, QWidget

from rnnrbm_live.gui.controls import Controls
from rnnrbm_live.gui.look import Look
from rnnrbm_live.gui.overview import OverviewStrip
from rnnrbm_live.gui.roll_view import RollView
from rnnrbm_live.gui.strips import StatusStrip, TroubleStrip
from rnnrbm_live.gui.thinking import Thinking

LEAST_PIXELS = 560  # of the window's height
LEAST_ROLL_PIXELS = 150  # where the window is low, the controls scroll
ROLL_BESIDE_THINKING = 104  # pixels, where the window is low
ROOMY_PIXELS = 400  # of height, for text as it usually is
ROLL_SHARE = 0.54  # of the window's height, that must be left for thinking to be shown without being asked for


class Folding(QObject):
    """Opens and folds the panel: as the user has said or else, as the window's height allows.

    Signals:
        unfolded: whether the panel is open now.
    """

    unfolded = pyqtSignal(bool)

    def __init__(
        self,
        middle: QWidget,
        thinking: Thinking,
        roll: RollView,
        overview: OverviewStrip,
        trouble: TroubleStrip,
        controls: Controls,
        status: StatusStrip,
        look: Look,
        remembered: MutableMapping[str, Any],
    ) -> None:
        """Share the height of `middle`, which holds all other parts; keep what the user says in `remembered`."""
        super().__init__(middle)
        self._middle = middle
        middle.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._give_way)
        self._thinking = thinking
        self._roll = roll
        self._overview = overview
        self._trouble = trouble
        self._controls = controls
        self._status = status
        self._look = look
        self._remembered = remembered
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.timeout.connect(self._unfold_by_default)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Fold anew whenever a part comes, goes or grows."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.show_line()
        return super().eventFilter(watched, event)

    def restore(self) -> None:
        """Open or fold it as remembered."""
        shown = self._remembered.get("thinking")
        if isinstance(shown, bool):
            self._unfold(shown)

    def set_open(self, shown: bool) -> None:
        """Show what the model is thinking, or fold it away, from now on."""
        self._remembered["thinking"] = shown
        self._unfold(shown)

    def share(self) -> None:
        """Share the height anew, once the controls have found theirs."""
        self._thinking.stretch_to(self._window().height())
        self.show_line()
        self.settle()

    def settle(self) -> None:
        """See whether it fits unasked, once everything has found its height."""
        self._settled.start(0)

    def show_line(self) -> None:
        """Where the window is low, overview and folded panel leave their lines to the roll; Ctrl+I still opens it.

        Where that is not enough, the figures, then the controls and at last the panel go until there is room again.
        """
        percent, is_open = self._look.percent, self._thinking.is_open
        roomy = self._window().height() * 100 >= ROOMY_PIXELS * percent
        self._overview.setMaximumHeight(QWIDGETSIZE_MAX if roomy else 0)
        self._roll.setMinimumHeight(LEAST_ROLL_PIXELS if roomy or not is_open else ROLL_BESIDE_THINKING)
        foldable: list[QWidget] = [self._status, self._controls, *([self._thinking] if roomy or is_open else [])]
        others = self._middle.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        needed = sum(self._least(part) for part in others if not part.isHidden() and part not in foldable)
        needed += sum(map(self._least, foldable))
        while foldable and needed > self._middle.height():
            needed -= self._least(foldable.pop(0))
        self._status.setVisible(self._status in foldable)
        spare = self._middle.height() - needed
        self._controls.show_whole_rows(self._least(self._controls) + spare if self._controls in foldable else 0)
        self._thinking.setVisible(self._thinking in foldable)

    def _give_way(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Close the panel that stands in the controls' place when the keyboard goes to one of them."""
        if now is not None and self._controls.isAncestorOf(now) and self._controls.maximumHeight() == 0:
            self.set_open(False)

    def _least(self, part: QWidget) -> int:
        """Return the least height of a part, in pixels, whether it is folded or not."""
        if part is self._overview:
            return min(part.sizeHint().height(), part.maximumHeight())
        if part.hasHeightForWidth():
            return part.heightForWidth(self._middle.width())
        return max(part.minimumHeight(), part.minimumSizeHint().height())

    def _window(self) -> QWidget:
        window = self._middle.window()
        assert window is not None
        return window

    def _unfold(self, shown: bool) -> None:
        self._thinking.unfold(open=shown)
        self.show_line()
        self.unfolded.emit(shown)

    def _unfold_by_default(self) -> None:
        """Show it unasked where that leaves the roll its share."""
        thinking = self._thinking
        if not isinstance(self._remembered.get("thinking"), bool):
            trouble = 0 if self._trouble.isHidden() else self._trouble.height()  # it goes
            left = self._roll.height() + trouble - (0 if thinking.is_open else thinking.folded_away())
            self._unfold(left >= ROLL_SHARE * self._window().height())
