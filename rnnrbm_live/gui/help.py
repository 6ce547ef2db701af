"""Windows that explain: keys and mouse, and about. They stay beside the music and stop nothing."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from rnnrbm_live import __version__

KEYS = (
    ("Play", (("Space", "Play or pause"), ("Ctrl+.", "Stop"), ("Esc", "Panic: end every sound"))),
    (
        "Notes",
        (
            ("A S D F G H J K L ; '", "White keys, from C"),
            ("W E   T Y U   O P", "Black keys"),
            ("Z, X", "Octave down, up"),
        ),
    ),
    (
        "Lead",
        (
            ("Ctrl+1, Ctrl+2", "Free, Primer"),
            ("Enter", "Continue from the primer"),
            ("Ctrl+T", "Tap tempo"),
            ("Ctrl+D", "Another seed"),
            ("Ctrl+M", "Mark this moment"),
        ),
    ),
    (
        "Files",
        (
            ("Ctrl+O", "Open a primer"),
            ("Ctrl+E", "Export"),
            ("Ctrl+N", "New session"),
            ("Ctrl+Shift+O", "Sessions that were saved"),
            ("Ctrl+Shift+T", "Train a model on your own music"),
        ),
    ),
    (
        "Roll",
        (
            ("Click a key", "Play it; louder at its right end"),
            ("Drag, Shift+wheel", "Look back"),
            ("End", "Back to now"),
            ("Wheel, Ctrl+wheel", "Zoom in time, in pitch"),
        ),
    ),
)
ABOUT = f"""<p style="font-size: 20px">RNN-RBM Live {__version__}</p>
<p>A neural network improvises; you lead it.</p>
<p>The RNN-RBM is by Boulanger-Lewandowski, Bengio and Vincent (ICML 2012).</p>
<p>Free software under the GNU General Public License, version 3 or later; it comes with no warranty.<br>
Inter and JetBrains Mono are under the SIL Open Font License.</p>"""


def keys_window(parent: QWidget) -> QDialog:
    """Return a window that lists keys and mouse."""
    dialog = _window(parent, "Keys and mouse")
    grid = QGridLayout()
    grid.setHorizontalSpacing(28)
    grid.setVerticalSpacing(5)
    row = 0
    for title, entries in KEYS:
        heading = QLabel(title)
        heading.setProperty("kind", "muted")
        grid.addWidget(heading, row, 0)
        for keys, meaning in entries:
            shortcut = QLabel(keys)
            shortcut.setProperty("kind", "figure")
            grid.addWidget(shortcut, row, 1)
            grid.addWidget(QLabel(meaning), row, 2)
            row += 1
        grid.setRowMinimumHeight(row, 8)
        row += 1
    layout = dialog.layout()
    assert isinstance(layout, QVBoxLayout)
    layout.addLayout(grid)
    return dialog


def about_window(parent: QWidget) -> QDialog:
    """Return a window that says what this is."""
    dialog = _window(parent, "About RNN-RBM Live")
    text = QLabel(ABOUT)
    text.setTextFormat(Qt.TextFormat.RichText)
    text.setWordWrap(True)
    text.setMinimumWidth(420)
    layout = dialog.layout()
    assert layout is not None
    layout.addWidget(text)
    return dialog


def _window(parent: QWidget, title: str) -> QDialog:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    QVBoxLayout(dialog).setContentsMargins(26, 22, 26, 22)
    return dialog
