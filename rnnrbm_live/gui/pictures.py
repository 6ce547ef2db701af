"""Pictures that are painted once and shown many times: what makes sixty frames a second cheap."""

from __future__ import annotations

import math
from collections.abc import Callable

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPixmap

MARGIN_PIXELS = 256  # painted beyond what is seen, to scroll into


class Picture:
    """A picture that is painted again only when its key changes."""

    def __init__(self, *, opaque: bool) -> None:
        """Begin with none; an opaque one must fill its area and is shown faster."""
        self._opaque = opaque
        self._key: object = None
        self._pixmap = QPixmap()

    def show(
        self, painter: QPainter, area: QRectF, scale: float, key: object, paint: Callable[[QPainter], None]
    ) -> None:
        """Show the picture in `area`; `paint` draws it with the area's upper left corner at (0, 0).

        Args:
            painter: to show it with.
            area: in pixels.
            scale: device pixels per pixel.
            key: what the picture depends on beside its size.
            paint: called only if it is needed.
        """
        wanted = (area.width(), area.height(), scale, key)
        if wanted != self._key:
            self._pixmap = _paint(area.width(), area.height(), scale, paint, opaque=self._opaque)
            self._key = wanted
        painter.drawPixmap(area.topLeft(), self._pixmap)


class ScrollingPicture:
    """An opaque picture of a stretch of something long, shown at any place in it; painted again when it is left.

    What grows at its end is painted again only where it is not settled yet.
    """

    def __init__(self, margin: float = MARGIN_PIXELS) -> None:
        """Begin with none; `margin` is what is painted beyond what is seen, to scroll into, pixels."""
        self._margin = margin
        self._key: object = None
        self._version: object = None
        self._settled = math.inf
        self._origin = 0.0
        self._pixmap = QPixmap()

    def show(
        self,
        painter: QPainter,
        area: QRectF,
        shift: float,
        scale: float,
        key: object,
        paint: Callable[[QPainter, float, float], None],
        *,
        version: object = None,
        settled: float = math.inf,
    ) -> None:
        """Show in `area` the part that a shift brings there.

        Args:
            painter: to show it with.
            area: in pixels.
            shift: where the long picture's 0 falls on the surface, pixels; rounded to whole device pixels.
            scale: device pixels per pixel.
            key: what the picture depends on beside its place and size.
            paint: given a painter whose x is that of the long picture, and the first and last x to paint.
            version: what it depends on beyond the x that was `settled` when it was painted last.
            settled: x up to which no later version will look different from this one.
        """
        left = area.left() - snap(shift, scale)
        width = area.width() + self._margin
        wanted = (area.width(), area.height(), scale, key)
        if wanted != self._key or not self._origin <= left < self._origin + width:
            origin = math.floor(left * scale) / scale

            def paint_from_origin(inside: QPainter) -> None:
                inside.translate(-origin, 0)
                paint(inside, origin, origin + width)

            self._pixmap = _paint(width, area.height(), scale, paint_from_origin, opaque=True)
            self._origin, self._key = origin, wanted
        else:
            stale = self._settled if version != self._version else math.inf
            if left > self._origin + self._margin:
                stale = min(stale, self._origin + width)
                self._move_to(left, scale)
            if stale < self._origin + width:
                first = max(self._origin, math.floor(stale * scale) / scale)
                self._paint_from(first, self._origin + width, area.height(), paint)
        self._version, self._settled = version, settled
        part = QRectF((left - self._origin) * scale, 0, area.width() * scale, area.height() * scale)
        painter.drawPixmap(area, self._pixmap, part)

    def _move_to(self, left: float, scale: float) -> None:
        """Keep what is painted from `left` on; what comes after it is to be painted."""
        origin = math.floor(left * scale) / scale
        self._pixmap.scroll(round((self._origin - origin) * scale), 0, self._pixmap.rect())
        self._origin = origin

    def _paint_from(
        self, first: float, last: float, height: float, paint: Callable[[QPainter, float, float], None]
    ) -> None:
        painter = QPainter(self._pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-self._origin, 0)
        painter.setClipRect(QRectF(first, 0, last - first, height))
        paint(painter, first, last)
        painter.end()


def snap(x: float, scale: float) -> float:
    """Return the nearest whole device pixel, in pixels."""
    return round(x * scale) / scale


def _paint(width: float, height: float, scale: float, paint: Callable[[QPainter], None], *, opaque: bool) -> QPixmap:
    pixmap = QPixmap(max(1, round(width * scale)), max(1, round(height * scale)))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.black if opaque else Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter)
    painter.end()
    return pixmap
