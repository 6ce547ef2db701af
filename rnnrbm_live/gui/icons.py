"""Icons drawn in the theme's colours: no font has to have them."""

from __future__ import annotations

from functools import lru_cache

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF

SIZE = 64  # pixels, drawn large and scaled down
WIDTHS = {"play": 80, "pause": 80, "stop": 64}  # pixels, with what lies between the sign and a word


def transport_icon(kind: str, colour: QColor) -> QIcon:
    """Return the sign for ``play``, ``pause`` or ``stop``."""
    return _icon(kind, colour.name())


@lru_cache(maxsize=32)
def _icon(kind: str, colour: str) -> QIcon:
    pixmap = QPixmap(WIDTHS[kind], SIZE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    if kind == "play":
        painter.drawPolygon(QPolygonF([QPointF(14, 8), QPointF(14, 56), QPointF(56, 32)]))
    elif kind == "pause":
        painter.drawRoundedRect(QRectF(12, 8, 14, 48), 4, 4)
        painter.drawRoundedRect(QRectF(38, 8, 14, 48), 4, 4)
    else:
        painter.drawRoundedRect(QRectF(12, 12, 40, 40), 6, 6)
    painter.end()
    return QIcon(pixmap)
