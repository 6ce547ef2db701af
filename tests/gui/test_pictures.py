"""Pictures that are kept: what is painted bit by bit looks as if it were painted whole."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QImage, QPainter
from PyQt6.QtWidgets import QApplication

from rnnrbm_live.core.frame import Source
from rnnrbm_live.engine.thoughts import Thought
from rnnrbm_live.gui.pictures import MARGIN_PIXELS, ScrollingPicture
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine

AREA = QRectF(0, 0, 100, 10)
STEPS = 160


class Ruler:
    """A long picture whose colour tells the place, with a mark that moves, and how much of it was painted."""

    def __init__(self) -> None:
        self.picture = ScrollingPicture()
        self.mark = 0.0
        self.painted: list[tuple[float, float]] = []

    def paint(self, painter: QPainter, left: float, right: float) -> None:
        self.painted.append((left, right))
        for x in range(int(left) - 1, int(right) + 1):
            painter.fillRect(QRectF(x, 0, 1, 10), QColor(x % 256, x // 256 % 256, 0))
        painter.fillRect(QRectF(self.mark, 0, 1, 10), QColor(0, 0, 255))

    def show(self, left: float, **more: object) -> QImage:
        image = QImage(100, 10, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        self.picture.show(painter, AREA, -left, 1.0, "key", self.paint, **more)  # type: ignore[arg-type]
        painter.end()
        return image


def place(image: QImage, x: int) -> int:
    colour = image.pixelColor(x, 5)
    return colour.red() + 256 * colour.green()


def test_what_is_settled_is_painted_once(qapp: QApplication) -> None:
    ruler = Ruler()
    ruler.mark = 50
    image = ruler.show(10, version=1, settled=45.0)
    assert (place(image, 0), place(image, 99)) == (10, 109)
    ruler.mark = 70
    image = ruler.show(20, version=2, settled=70.0)
    assert ruler.painted == [(10, 110 + MARGIN_PIXELS), (45, 110 + MARGIN_PIXELS)]
    assert image.pixelColor(50, 5) == QColor(0, 0, 255)
    assert (place(image, 0), place(image, 30)) == (20, 50), "where the mark was, there is none any more"
    ruler.show(20, version=2, settled=70.0)
    assert len(ruler.painted) == 2


def test_what_is_scrolled_to_is_added(qapp: QApplication) -> None:
    ruler = Ruler()
    ruler.show(0)
    image = ruler.show(MARGIN_PIXELS + 50)
    assert ruler.painted[1:] == [(100 + MARGIN_PIXELS, 150 + 2 * MARGIN_PIXELS)]
    assert [place(image, x) - x for x in (0, 49, 50, 99)] == [MARGIN_PIXELS + 50] * 4
    image = ruler.show(0)
    assert place(image, 5) == 5, "and back"


@pytest.mark.parametrize("zoom", [3.0, 41.7])
def test_the_window_looks_as_if_it_were_painted_whole(window: MainWindow, engine: FakeEngine, zoom: float) -> None:
    window.folding.set_open(True)
    window.roll.item.view.pixels_per_step = zoom
    rng = random.Random(7)
    for step in range(STEPS):
        engine.play(1)
        units = bytes(rng.randrange(255) for _ in range(8))
        engine.snapshot.thoughts.add(Thought(engine.snapshot.step, units, units, rng.uniform(0, 40)))
        if step % 7 == 3:
            engine.snapshot.recording.add_key(engine.snapshot.step + 0.3, 60 + step % 20, 90, Source.PLAYER)
        if step % 31 == 30:
            engine.snapshot.recording.add_key(engine.snapshot.step + 0.6, 60 + (step - 6) % 20, 0, Source.PLAYER)
        if step % 90 == 80:
            engine.snapshot.recording.add_marker(engine.snapshot.step, "Here")
        look(window)
    kept = window.roll.grab().toImage(), window.thinking.strips.grab().toImage()
    item, strips = window.roll.item, window.thinking.strips
    item._past, item._ground, strips._picture = ScrollingPicture(), ScrollingPicture(), ScrollingPicture()
    item._future = ScrollingPicture()
    assert window.roll.grab().toImage() == kept[0]
    assert share_unlike(strips.grab().toImage(), kept[1]) < 0.01, "an edge between steps may be a pixel off"


def share_unlike(first: QImage, second: QImage) -> float:
    """Return the share of pixels that anybody could tell apart."""
    pixels = [
        np.frombuffer(
            image.convertToFormat(QImage.Format.Format_RGBA8888).constBits().asstring(image.sizeInBytes()), np.uint8
        )
        for image in (first, second)
    ]
    unlike = np.abs(pixels[0].astype(int) - pixels[1]).reshape(-1, 4).max(axis=1) > 6
    return float(unlike.mean())


def look(window: MainWindow) -> None:
    window.bridge.look()
    QApplication.processEvents()
