"""How thinking looks: columns of units, and the curve of surprise. Pure functions over a painter.

x is that of the music, as in `roll_painting`: pixels from step 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QImage, QPainter, QPen, QPolygonF

from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.engine.thoughts import Thought
from rnnrbm_live.gui.theme import Theme, figures

MOST_BITS = 64.0  # the curve's upper edge
MARKED_BITS = 16  # by a line
LEAST_ROW = 2.0  # pixels
FILL_STRENGTH = 0.2  # below the curve
DOT_RADIUS = 3.0  # pixels
HIDDEN_SHADES, RECURRENT_SHADES = 256, 255
NOTHING = 127  # the byte of a recurrent unit at 0


@dataclass(frozen=True, slots=True)
class Places:
    """Where the strips are: (upper edge, height) of each, pixels."""

    surprise: tuple[float, float]
    hidden: tuple[float, float]
    recurrent: tuple[float, float]


def rows_shown(units: int, height: float) -> int:
    """Return how many of so many units have a row in a strip of a height."""
    return max(1, min(units, int(height // LEAST_ROW)))


def height_of(bits: float, height: float) -> float:
    """Return how high above the lower edge of a strip so many bits are: a root scale, cut off at both ends."""
    return height * math.sqrt(min(max(bits, 0.0), MOST_BITS) / MOST_BITS)


@lru_cache(maxsize=2)
def hidden_shades(theme: Theme) -> list[int]:
    """Return the colour of each byte of `Thought.hidden`."""
    return [theme.on_ground("model", byte / 255).rgb() for byte in range(HIDDEN_SHADES)]


@lru_cache(maxsize=2)
def recurrent_shades(theme: Theme) -> list[int]:
    """Return the colour of each byte of `Thought.recurrent`: of the player below 0, of the model above.

    Blue and amber are told apart by all eyes; 0 is the ground.
    """
    return [
        theme.on_ground("model" if byte > NOTHING else "player", abs(byte - NOTHING) / NOTHING).rgb()
        for byte in range(RECURRENT_SHADES)
    ]


def paint_thoughts(
    painter: QPainter,
    theme: Theme,
    places: Places,
    thoughts: Sequence[Thought],
    timeline: Timeline,
    zoom: float,
    left: float,
    right: float,
) -> None:
    """Paint all strips, over bar lines.

    Args:
        painter: to paint with.
        theme: whose colours.
        places: of the strips.
        thoughts: ascending.
        timeline: where bars begin.
        zoom: pixels per step.
        left: first x.
        right: last x.
    """
    y, height = places.surprise
    bottom = sum(places.recurrent) + y  # as much room below as above
    painter.fillRect(QRectF(left, 0, right - left, bottom), theme.colour("ground"))
    for step in range(max(0, int(left / zoom)), int(right / zoom) + 1):
        if timeline.step_in_bar(step) == 0:
            painter.fillRect(QRectF(round(step * zoom), 0, 1, bottom), theme.colour("bar_line"))
    for place, values, shades, nothing in (
        (places.hidden, [thought.hidden for thought in thoughts], hidden_shades(theme), 0),
        (places.recurrent, [thought.recurrent for thought in thoughts], recurrent_shades(theme), NOTHING),
    ):
        _paint_units(painter, place, [thought.step for thought in thoughts], values, shades, nothing, zoom)
    line = round(y + height - height_of(MARKED_BITS, height))
    painter.fillRect(QRectF(left, line, right - left, 1), theme.colour("line"))
    painter.fillRect(QRectF(left, round(y + height), right - left, 1), theme.colour("line"))
    _paint_surprise(painter, theme, places.surprise, thoughts, zoom)


def paint_scale(painter: QPainter, theme: Theme, places: Places) -> None:
    """Write how many bits the curve's line is, at the left edge."""
    y, height = places.surprise
    painter.setFont(figures(10 * theme.scale))
    painter.setPen(theme.colour("muted"))
    text = f"{MARKED_BITS} bits"
    baseline = y + height - height_of(MARKED_BITS, height) - 3
    metrics = painter.fontMetrics()
    ground = QRectF(2, baseline - metrics.ascent(), metrics.horizontalAdvance(text) + 8, metrics.height())
    painter.fillRect(ground, theme.colour("ground", 0.85))
    painter.drawText(QPointF(6, baseline), text)


def _paint_units(
    painter: QPainter,
    place: tuple[float, float],
    steps: Sequence[int],
    values: Sequence[bytes],
    shades: list[int],
    nothing: int,
    zoom: float,
) -> None:
    """Paint a column for each step, a row for each of as many units as have room, evenly picked."""
    if not steps:
        return
    y, height = place
    first, columns = steps[0], steps[-1] + 1 - steps[0]
    rows = rows_shown(max(map(len, values)), height)
    picture: NDArray[np.uint8] = np.full((rows, columns), nothing, np.uint8)
    for units, run in groupby(zip(steps, values, strict=True), key=lambda entry: len(entry[1])):
        if units:
            at, of_run = zip(*run, strict=True)
            shown = np.frombuffer(b"".join(of_run), np.uint8).reshape(len(at), units)
            picture[:, np.array(at) - first] = shown[:, np.arange(rows) * units // rows].T
    image = QImage(picture.tobytes(), columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable(shades)
    painter.drawImage(QRectF(first * zoom, y, columns * zoom, height), image)


def _paint_surprise(
    painter: QPainter, theme: Theme, place: tuple[float, float], thoughts: Sequence[Thought], zoom: float
) -> None:
    y, height = place
    bottom = y + height

    def point(step: int, bits: float) -> QPointF:
        return QPointF((step + 0.5) * zoom, bottom - height_of(bits, height))

    stretches: list[list[tuple[int, float]]] = [[]]
    for thought in thoughts:
        if thought.surprise_bits is None or (stretches[-1] and stretches[-1][-1][0] != thought.step - 1):
            stretches.append([])
        if thought.surprise_bits is not None:
            stretches[-1].append((thought.step, thought.surprise_bits))
    for stretch in filter(None, stretches):
        curve = [point(step, bits) for step, bits in stretch]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.on_ground("model", FILL_STRENGTH))
        painter.drawPolygon(QPolygonF([QPointF(curve[0].x(), bottom), *curve, QPointF(curve[-1].x(), bottom)]))
        painter.setPen(QPen(theme.colour("model"), 1.3))
        painter.drawPolyline(QPolygonF(curve))
    for thought in thoughts:
        if thought.choice_bits is not None:
            dot = point(thought.step, thought.choice_bits)
            painter.setPen(QPen(theme.colour("player"), 1.3))
            painter.drawLine(QPointF(dot.x(), bottom), dot)
            painter.setBrush(theme.colour("player"))
            painter.drawEllipse(dot, DOT_RADIUS, DOT_RADIUS)
