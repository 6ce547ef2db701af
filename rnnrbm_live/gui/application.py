"""The QApplication: style, fonts, icon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6 import sip
from PyQt6.QtGui import QFontDatabase, QIcon
from PyQt6.QtWidgets import QApplication, QWidget

from rnnrbm_live.gui.theme import Theme, palette, style_sheet, words


def create_application(arguments: Sequence[str], assets: Path) -> QApplication:
    """Create the application, with our fonts and icon from `assets`."""
    QApplication.setApplicationName("rnnrbm-live")
    QApplication.setApplicationDisplayName("RNN-RBM Live")
    QApplication.setDesktopFileName("rnnrbm-live")
    application = QApplication(list(arguments))
    application.setStyle("Fusion")
    for path in sorted((assets / "fonts").glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(path))
    application.setFont(words())
    application.setWindowIcon(QIcon(str(assets / "icon.svg")))
    return application


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Give every widget a theme's colours."""
    application.setPalette(palette(theme))
    application.setStyleSheet(style_sheet(theme))


def run(application: QApplication, window: QWidget) -> int:
    """Show a window until it is closed, and return the exit code; the window is gone before the application is."""
    window.show()
    code = application.exec()
    sip.delete(window)
    return code
