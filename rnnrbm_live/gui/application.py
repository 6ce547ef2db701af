"""The QApplication: style, fonts, icon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontDatabase, QGuiApplication, QIcon
from PyQt6.QtWidgets import QApplication, QWidget

from rnnrbm_live.gui.theme import BASE_PIXELS, Theme, palette, style_sheet, words


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
    """Give every widget a theme's colours and text size."""
    sheet = style_sheet(theme)
    if application.styleSheet() == sheet:
        return  # they have them
    application.setPalette(palette(theme))
    application.setFont(words(BASE_PIXELS * theme.scale))
    application.setStyleSheet(sheet)


def system_reduces_motion() -> bool:
    """Return whether the system asks for little motion; Qt tells from version 6.12 on."""
    hints = QGuiApplication.styleHints()
    accessibility = getattr(hints, "accessibility", None)  # from Qt 6.10 on
    preference = accessibility().property("motionPreference") if accessibility is not None else None
    return bool(getattr(preference, "value", preference))


def animate_widgets(animated: bool) -> None:
    """Let menus, lists and tooltips open with a movement, or at once."""
    for effect in (Qt.UIEffect.UI_AnimateMenu, Qt.UIEffect.UI_AnimateCombo, Qt.UIEffect.UI_AnimateTooltip):
        QApplication.setEffectEnabled(effect, animated)


def run(application: QApplication, window: QWidget) -> int:
    """Show a window until it is closed, and return the exit code; the window is gone before the application is."""
    window.show()
    code = application.exec()
    sip.delete(window)
    return code
