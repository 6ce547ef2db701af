"""The strips above the roll, one below another: they scroll where the window is low."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

LEAST_SHARE = 6  # of the window's height, the part that it has in any case if it needs it


class StripArea(QScrollArea):
    """As tall as those of its strips that are shown, or at least a share of the window."""

    def __init__(self, strips: Sequence[QWidget]) -> None:
        """Show `strips` from the top down; each hides and shows itself."""
        super().__init__()
        self.setObjectName("plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
        self._strips = strips
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for strip in strips:
            layout.addWidget(strip)
        self.setWidget(inside)

    def sizeHint(self) -> QSize:
        """All of them."""
        return QSize(self.width(), sum(self._tall(strip) for strip in self._shown()))

    def minimumSizeHint(self) -> QSize:
        """All of them if that is little of the window; else this share of it, and it scrolls."""
        window = self.window()
        assert window is not None
        return QSize(0, min(self.sizeHint().height(), window.height() // LEAST_SHARE))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Ask for another height at another width: rows may break."""
        super().resizeEvent(event)
        self.updateGeometry()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow strips that come, go or grow."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def _shown(self) -> list[QWidget]:
        return [strip for strip in self._strips if not strip.isHidden()]

    def _tall(self, strip: QWidget) -> int:
        return strip.heightForWidth(self.width()) if strip.hasHeightForWidth() else strip.sizeHint().height()
