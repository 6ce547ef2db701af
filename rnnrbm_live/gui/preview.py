"""A small roll: the first bars of a piece that may be learnt from."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import QSizePolicy, QWidget

from rnnrbm_live.core.pianoroll import Note, PianoRoll

LEAST_PITCHES = 24  # two octaves


class Preview(QWidget):
    """The first bars of a piece, small."""

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self.setAccessibleName("The piece's first bars")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 140)
        self._notes: list[Note] = []
        self._words = ""
        self._steps, self._bar_steps = 0, 0

    @property
    def words(self) -> str:
        """What stands in place of notes."""
        return self._words

    @property
    def notes(self) -> list[Note]:
        """What it shows."""
        return self._notes

    def show_roll(self, roll: PianoRoll, bar_steps: int) -> None:
        """Show a roll with lines at its bars."""
        self._notes, self._words = roll.notes(), ""
        self._steps, self._bar_steps = len(roll), bar_steps
        self.update()

    def show_words(self, words: str) -> None:
        """Show some words, or nothing."""
        self._notes, self._words = [], words
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint ground, bar lines and notes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, frame = self.palette(), QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.setBrush(palette.base())
        painter.drawRoundedRect(frame, 7, 7)
        inside = frame.adjusted(10, 10, -10, -10)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(inside, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)
        if not self._notes:
            return
        low, high = min(note.pitch for note in self._notes), max(note.pitch for note in self._notes) + 1
        spare = max(0, LEAST_PITCHES - (high - low))
        low, high = low - spare // 2, high + spare - spare // 2
        zoom, row = inside.width() / self._steps, inside.height() / (high - low)
        line = QColor(palette.color(QPalette.ColorRole.Mid))
        line.setAlphaF(0.6)
        painter.setPen(line)
        for step in range(0, self._steps + 1, max(1, self._bar_steps)):
            x = inside.left() + step * zoom
            painter.drawLine(QPointF(x, inside.top()), QPointF(x, inside.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.highlight())
        for note in self._notes:
            width = max(1.0, (note.end_steps - note.start_steps) * zoom - 1)
            top = inside.top() + (high - 1 - note.pitch) * row
            box = QRectF(inside.left() + note.start_steps * zoom, top + 0.1 * row, width, max(1.5, 0.8 * row))
            corner = min(2.0, box.width() / 2, box.height() / 2)
            painter.drawRoundedRect(box, corner, corner)
