"""What a training shows of itself: one curve each of how well it knows its music, and other music."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from rnnrbm_live.gui.theme import figures

TICK_SHARE = 0.85  # of the size of text


class Curve(QWidget):
    """A figure that changes from pass to pass, with its name and its last value."""

    def __init__(self, name: str, tooltip: str, *, unit: str, role: QPalette.ColorRole) -> None:
        """Show nothing yet.

        Args:
            name: in a few words.
            tooltip: what it is, and which way is good.
            unit: follows the last value.
            role: of the palette, whose colour the curve has.
        """
        super().__init__()
        self._unit, self._role = unit, role
        self._values: tuple[float, ...] = ()
        self.setToolTip(tooltip)
        self.setAccessibleName(name)
        heading = QLabel(name)
        heading.setProperty("kind", "muted")
        heading.setWordWrap(True)
        self._last = QLabel()
        self._last.setProperty("kind", "figure")
        self._empty = QLabel()
        self._empty.setProperty("kind", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._plot = pg.PlotWidget(background=None)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._line = self._plot.plot([], [], antialias=True)
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self._last)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._plot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addLayout(self._stack, 1)
        self._use_look()

    @property
    def values(self) -> tuple[float, ...]:
        """What it shows, one value for each pass."""
        return self._values

    @property
    def last(self) -> str:
        """The last value, as written."""
        return self._last.text()

    def show_values(self, values: Sequence[float], passes: int, *, empty: str) -> None:
        """Show a value for each pass so far, of so many in all; or, where that makes no curve yet, some words."""
        self._empty.setText(empty)
        self._stack.setCurrentIndex(1 if len(values) > 1 else 0)
        if self._values == tuple(values):
            return
        self._values = tuple(values)
        self._last.setText(f"{values[-1]:.2f} {self._unit}".replace("-", "\N{MINUS SIGN}") if values else "")
        self._line.setData(range(1, len(values) + 1), list(values))
        self._plot.setXRange(1, max(2, passes), padding=0.02)

    def changeEvent(self, event: QEvent | None) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event is not None and event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._use_look()

    def close_plot(self) -> None:
        """Take the scene down in pyqtgraph's own order; left to the garbage collector it can crash."""
        self._plot.close()

    def _use_look(self) -> None:
        palette = self.palette()
        self._line.setPen(pg.mkPen(palette.color(self._role), width=2))
        ticks = figures(TICK_SHARE * self.fontInfo().pixelSize())
        self._plot.getPlotItem().setContentsMargins(0, ticks.pixelSize() / 2, 0, 0)  # half of the topmost one
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(palette.color(QPalette.ColorRole.Mid))
            axis.setTextPen(palette.color(QPalette.ColorRole.PlaceholderText))
            axis.setStyle(tickFont=ticks, tickLength=-4)
