"""What the model is thinking: strips below the roll, each step below its own notes; they fold away."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QWIDGETSIZE_MAX, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.engine.thoughts import Thought, Thoughts
from rnnrbm_live.gui import thinking_painting as paint
from rnnrbm_live.gui.geometry import Geometry, View
from rnnrbm_live.gui.pictures import ScrollingPicture, snap
from rnnrbm_live.gui.theme import DARK, Theme, words
from rnnrbm_live.gui.widgets import SteadyLabel, Switch

MARGIN, GAP = 14, 3  # pixels beside the words; above, below and between the strips
FIGURE_GAP = 10  # pixels before a figure
STRIPS_OF_WINDOW = 28  # a strip is at least this part of the window's height
LATE_STEPS = 8  # so long before the last thought another may still come
CHOICE_STEPS = 64  # so long is the player's last choice told
SUMMARY = "Ctrl+I shows surprise, hidden units and memory of the model as it plays"


class _Line(QWidget):
    """A strip's name, a figure, and what the strip shows, in a line below where there is room."""

    def __init__(self, name: str, meaning: str, tooltip: str, *widest: str) -> None:
        """Leave room for figures as wide as `widest`."""
        super().__init__()
        self.setToolTip(f"{meaning}.\n{tooltip}")
        self.setAccessibleName(f"{name}: {meaning}")
        self._meaning = QLabel(meaning)
        self._meaning.setProperty("kind", "muted")
        self.figures = [SteadyLabel(text) for text in widest]
        self._tall = 0
        above = QHBoxLayout()
        above.setSpacing(FIGURE_GAP)
        self._name = QLabel(name)
        above.addWidget(self._name)
        for figure in self.figures:
            figure.setProperty("kind", "figure")
            figure.setText("")
            above.addWidget(figure)
        above.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(self._meaning)
        layout.addStretch(1)

    def stretch_to(self, pixels: int) -> None:
        """Wish to be at least so tall."""
        if pixels != self._tall:
            self._tall = pixels
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As tall as the words, or taller for the strip's sake."""
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), self._tall))

    def minimumSizeHint(self) -> QSize:
        """No wider than what is left."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Leave out words that have no room; the tooltip has them."""
        super().resizeEvent(event)
        left = self.width() - self._name.sizeHint().width()
        for figure in self.figures:
            left -= figure.sizeHint().width() + FIGURE_GAP
            figure.setMaximumWidth(QWIDGETSIZE_MAX if left >= 0 else 0)
        self._meaning.setVisible(self._meaning.fontMetrics().horizontalAdvance(self._meaning.text()) <= self.width())


class Strips(QWidget):
    """Paints the strips, with the roll's zoom and place in time."""

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("What the model is thinking, step by step")
        self.places = paint.Places((0, 0), (0, 0), (0, 0))
        self._thoughts, self._timeline = Thoughts(), Timeline(4)
        self._geometry: Geometry | None = None
        self._shift = 0.0
        self._theme = DARK
        self._picture = ScrollingPicture()
        self._shown: object = None
        self._seen: object = None  # what `_empty` was found for
        self._empty = True

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show another state of the engine."""
        self._thoughts, self._timeline = snapshot.thoughts, snapshot.timeline

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.update()

    def move_to(self, geometry: Geometry, view: View) -> None:
        """Follow the roll; paint only what would look different."""
        self._geometry, self._shift = geometry, geometry.past_shift(view)
        shown = (geometry, snap(self._shift, self.devicePixelRatioF()), id(self._thoughts), self._thoughts.added)
        if shown != self._shown:
            self._shown = shown
            self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint a frame."""
        painter, geometry, theme, thoughts = QPainter(self), self._geometry, self._theme, self._thoughts
        if geometry is None or self.height() < 1:
            painter.fillRect(self.rect(), theme.colour("ground"))
            return
        zoom, timeline = geometry.pixels_per_step, self._timeline

        def paint_stretch(inside: QPainter, left: float, right: float) -> None:
            found = thoughts.between(int(left / zoom) - 1, int(right / zoom) + 2)
            paint.paint_thoughts(inside, theme, self.places, found, timeline, zoom, left, right)

        area = QRectF(self.rect())
        self._picture.show(
            painter,
            area,
            self._shift,
            self.devicePixelRatioF(),
            (zoom, theme, self.places, timeline, id(thoughts)),
            paint_stretch,
            version=thoughts.added,
            settled=zoom * (thoughts.last.step - LATE_STEPS) if thoughts.last is not None else 0.0,
        )
        first, end = (int((edge - self._shift) / zoom) for edge in (area.left(), area.right()))
        seen = (id(thoughts), thoughts.added, first, end)
        if seen != self._seen:
            self._seen, self._empty = seen, not thoughts.between(first, end + 1)
        if self._empty:
            painter.setFont(words(12 * theme.scale))
            painter.setPen(theme.colour("muted"))
            text = (
                "Here you see it think, as soon as it plays"
                if thoughts.last is None
                else "Nothing is kept of what it thought here"
            )
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        else:
            paint.paint_scale(painter, theme, self.places)


class Thinking(QWidget):
    """The strips with their names, or folded away, a line that tells how to see them.

    Signals:
        toggled: whether the user wants to see them.
    """

    toggled = pyqtSignal(bool)

    def __init__(self) -> None:
        """Begin folded."""
        super().__init__()
        self.setObjectName("thinking")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.switch = Switch("Thinking", "See what goes on in the model at each step (Ctrl+I)")
        self.switch.toggled.connect(self.toggled)
        self.strips = Strips()
        self.surprise = _Line(
            "Surprise",
            "How unlikely what just sounded was",
            "Bits, by how often other draws had each key on or off: an estimate that takes keys for independent.\n"
            "A dot is your choice in a duet: how much likelier the model finds what it would have played by itself;\n"
            "0 or below means that it likes yours as well or better",
            "100.0 bits",
            "you +100.0",
        )
        self.surprise.figures[1].setProperty("kind", "player")
        self.hidden = _Line(
            "Hidden units",
            "Patterns it knows, bright when found",
            "Each row is a hidden unit of the RBM, bright where it is likely to be on, given what sounds at that step",
            "1000 of 1000",
        )
        self.recurrent = _Line(
            "Recurrent state",
            "Its memory: blue below 0, amber above",
            "Each row is a unit of the recurrent network, from \N{MINUS SIGN}1 to 1 after that step: all that it knows"
            " of the music so far",
            "1000 of 1000",
        )
        self._summary = QLabel(SUMMARY)
        self._summary.setProperty("kind", "muted")
        self._build()
        self._open = False
        self.unfold(open=False)

    def _build(self) -> None:
        self._lines = (self.surprise, self.hidden, self.recurrent)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(MARGIN, GAP, MARGIN, GAP)
        self._column.setSpacing(GAP)
        self._column.addWidget(self.switch)
        for line in self._lines:
            self._column.addWidget(line, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 1, 0, 0)  # below the upper edge
        layout.setSpacing(0)
        layout.addWidget(self.strips)
        layout.addWidget(self._summary)
        layout.addLayout(self._column, 1)
        self._summary.setContentsMargins(MARGIN, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def is_open(self) -> bool:
        """Whether the strips are seen."""
        return self._open

    def folded_away(self) -> int:
        """Return how many pixels of height opening it adds."""
        return sum(line.sizeHint().height() + GAP for line in self._lines)

    def unfold(self, *, open: bool) -> None:
        """Show the strips, or the line alone; nothing is emitted."""
        self._open = open
        self.strips.setVisible(open)
        self._summary.setVisible(not open)
        for line in self._lines:
            line.setVisible(open)
        self.switch.blockSignals(True)
        self.switch.setChecked(open)
        self.switch.blockSignals(False)

    def stretch_to(self, window_height: int) -> None:
        """Take a fair part of a tall window."""
        for line in self._lines:
            line.stretch_to(window_height // STRIPS_OF_WINDOW)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self.strips.set_theme(theme)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show another state of the engine."""
        self.strips.show_snapshot(snapshot)
        self.surprise.figures[1].setVisible(snapshot.mode is Mode.DUET)

    def show_figures(self, snapshot: Snapshot) -> None:
        """Show the figures of a moment."""
        thought = snapshot.thoughts.last
        if not self._open or thought is None:
            return
        known = thought.surprise_bits is not None
        self.surprise.figures[0].setText(f"{thought.surprise_bits:.1f} bits" if known else "-")
        self.surprise.figures[1].setText(_choice(snapshot.thoughts, thought))
        for line, units, place in (
            (self.hidden, len(thought.hidden), self.strips.places.hidden),
            (self.recurrent, len(thought.recurrent), self.strips.places.recurrent),
        ):
            shown = paint.rows_shown(units, place[1])
            line.figures[0].setText(f"{shown} of {units}" if shown < units else str(units))

    def move_to(self, geometry: Geometry, view: View) -> None:
        """Follow the roll, whose past has the same places."""
        for widget in (self.strips, self._summary):
            widget.setFixedWidth(int(geometry.now_x))
        fits = self._summary.fontMetrics().horizontalAdvance(SUMMARY) <= geometry.now_x - 2 * MARGIN
        self._summary.setText(SUMMARY if fits else "")
        if self._open:
            self._place()
            self.strips.move_to(geometry, view)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put the strips beside their names."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        surprise, hidden, recurrent = (line.geometry().translated(0, -self.strips.y()) for line in self._lines)
        self.strips.places = paint.Places(
            (2 * GAP, surprise.bottom() + 1 - 2 * GAP),
            (hidden.top(), hidden.height()),
            (recurrent.top(), recurrent.height()),
        )


def _choice(thoughts: Thoughts, last: Thought) -> str:
    """Return what the player chose last, if that is not long ago."""
    for thought in reversed(thoughts.between(last.step - CHOICE_STEPS, last.step + 1)):
        if thought.choice_bits is not None:
            return f"you {thought.choice_bits:+.1f}".replace("-", "\N{MINUS SIGN}")
    return ""
