"""An independent eye: for each line that it reads it writes the size of the screen, and its pixels as RGBX."""

from __future__ import annotations

import sys

from PyQt6.QtGui import QGuiApplication, QImage

if __name__ == "__main__":
    application = QGuiApplication([])
    screen = QGuiApplication.primaryScreen()
    assert screen is not None
    for _ in sys.stdin:
        image = screen.grabWindow(0).toImage().convertToFormat(QImage.Format.Format_RGBX8888)
        bits = image.constBits()
        assert bits is not None
        sys.stdout.buffer.write(f"{image.width()} {image.height()}\n".encode())
        sys.stdout.buffer.write(bits.asstring(image.sizeInBytes()))
        sys.stdout.buffer.flush()
