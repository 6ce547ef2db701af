"""Windows that explain: keys and mouse, and about. They stay beside the music and stop nothing."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from rnnrbm_live import __version__
from rnnrbm_live.gui.widgets import PlainArea, over

KEYS = (
    (
        "Play",
        (("Space", "Play or pause"), ("Ctrl+.", "Stop"), ("Esc", "Panic: end every sound"), ("F2", "Sound check")),
    ),
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
            ("Ctrl+1, 2, 3, 4", "Free, Primer, Duet, Turns"),
            ("Enter", "Continue from the primer"),
            ("Ctrl+T", "Tap tempo"),
            ("Ctrl+D", "Another seed"),
            ("Ctrl+K, Ctrl+Shift+K", "Key and range; lift all bounds"),
            ("Ctrl+B", "Leave out, or always play, the keys that are held"),
            ("Ctrl+M", "Mark this moment"),
        ),
    ),
    (
        "Go back",
        (
            ("Ctrl+Left", "This bar again, differently: a new road"),
            ("Ctrl+Shift+Left", "The last four bars again"),
            ("Ctrl+[, Ctrl+]", "Hear another road at the same bar"),
            ("Ctrl+L", "Loop the marked bars, or the last four; lift the loop"),
            ("Ctrl+R", "Name the road that is heard"),
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
            ("Ctrl+S, Ctrl+P", "Save a preset, open one from a file"),
            ("Ctrl+Shift+Down, Up", "Next, previous preset"),
        ),
    ),
    (
        "Controls",
        (
            ("Alt+T, D, G, Y", "Temperature, density, Gibbs steps, dynamics"),
            ("Alt+R, S, K", "Preset, seed, when the model takes over"),
            ("Alt+I, O, L, B", "MIDI in, MIDI out, piano level, tempo"),
            ("Alt+N, C, W, M", "Switch piano, sent and followed clock, click"),
            ("Arrows, wheel, drag", "Move; with Shift finely"),
            ("Double-click, Delete", "Back to the default"),
            ("Ctrl+Z, Ctrl+Shift+Z", "Undo, redo"),
            ("Right-click, Ctrl+Shift+L", "Learn a MIDI controller"),
        ),
    ),
    (
        "Roll",
        (
            ("Click a key", "Play it; louder at its right end"),
            ("Right-click a key", "The model leaves it out, always plays it, chooses again"),
            ("Drag, Shift+wheel", "Look back; two fingers on a trackpad, too"),
            ("Left, Right", "A beat back, on"),
            ("Page Up, Page Down", "A screenful back, on"),
            ("Home, End", "Start of the session, back to now"),
            ("Up, Down", "Higher and lower pitches"),
            ("Wheel, Ctrl+wheel", "Zoom in time, in pitch; pinching zooms in time"),
            ("Ctrl+I", "Show or hide what the model is thinking"),
            ("Alt + and -", "Zoom in time"),
            ("Alt+Up, Alt+Down", "Zoom in pitch: taller and lower rows"),
            ("Alt+0", "Fit the pitches to the notes, and follow them"),
            ("Click the strip above", "Look there; drag what is framed"),
            ("Ctrl + and -", "Larger and smaller text"),
        ),
    ),
    (
        "Select",
        (
            ("Drag in the bar numbers", "Select bars; with Alt or Ctrl beats"),
            ("Drag an edge", "More or less of them"),
            ("Double-click there", "One bar"),
            ("Ctrl+Shift+B", "The last 4 bars"),
            ("Shift+Left, Shift+Right", "A bar earlier, a bar later too"),
            ("Alt+Shift+Left, Right", "Without the first bar, without the last"),
            ("Ctrl+E", "Export them"),
            ("Delete, click beside", "Select nothing"),
            ("Right-click the past", "Mark a moment, select its bar"),
        ),
    ),
)
MARGIN = 24  # pixels
ABOUT = f"""<p style="font-size: x-large">RNN-RBM Live {__version__}</p>
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
    inside = QWidget()
    inside.setLayout(grid)
    layout = dialog.layout()
    assert layout is not None
    layout.addWidget(PlainArea(inside))
    return _as_large_as(dialog, inside, parent)


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


def _as_large_as(dialog: QDialog, inside: QWidget, parent: QWidget) -> QDialog:
    """Make a dialog as large as what it holds, and no larger than the window that it explains."""
    inside.ensurePolished()
    dialog.resize(over(parent, inside.sizeHint() + QSize(2 * MARGIN + 24, 2 * MARGIN)))
    return dialog


def _window(parent: QWidget, title: str) -> QDialog:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    QVBoxLayout(dialog).setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
    return dialog
