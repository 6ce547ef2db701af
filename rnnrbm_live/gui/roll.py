"""The piano-roll: what sounded, the keyboard at the now-line, what is coming. One item paints what can be seen.

Time runs from left to right, pitch upwards. The picture is drawn in pixels: rows and octave lines come from a cached
picture, notes from the recording by `notes_between`, so a frame costs the same after a minute and after eight hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.pitch import is_black, pitch_name
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.theme import DARK, Theme, figures, words

KEYBOARD_PIXELS = 46.0
NOW_AT = 0.75  # of the width
RULER_PIXELS = 24.0
LOWEST_ROWS = 24  # fewest rows that zooming leaves
SOURCE_COLOURS = {Source.MODEL: "model", Source.PLAYER: "player", Source.PRIMER: "primer"}
LEGEND = ((Source.MODEL, "Model"), (Source.PLAYER, "You"), (Source.PRIMER, "Primer"))


@dataclass(slots=True)
class View:
    """What part of the music is shown.

    Attributes:
        position: of the now-line, in steps.
        pixels_per_step: zoom in time.
        low: lowest pitch shown.
        high: highest pitch shown, exclusive.
        scrolled_steps: how far the past is pulled back under the now-line; 0 follows the music.
    """

    position: float = 0.0
    pixels_per_step: float = 9.2
    low: int = 33
    high: int = 87
    scrolled_steps: float = 0.0


class RollItem(pg.GraphicsWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Paints the roll into its rectangle.

    Attributes:
        view: what is shown; the widget around it changes this and calls `update`.
        painted_notes: notes painted in the last frame.
    """

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self.view = View()
        self.painted_notes = 0
        self._snapshot: Snapshot | None = None
        self._theme = DARK
        self._hint = ""
        self._rows: QPixmap | None = None
        self._rows_key: tuple[object, ...] = ()

    def show_snapshot(self, snapshot: Snapshot, hint: str) -> None:
        """Show another state of the engine, with words for an empty roll."""
        self._snapshot = snapshot
        self._hint = hint

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self._rows_key = ()
        self.update()

    # --- geometry ----------------------------------------------------------------------------------------

    @property
    def now_x(self) -> float:
        """Left edge of the keyboard: what is played now sounds here."""
        return float(round((self.size().width() - KEYBOARD_PIXELS) * NOW_AT))

    @property
    def row_height(self) -> float:
        """Height of a semitone in pixels."""
        return float((self.size().height() - RULER_PIXELS) / (self.view.high - self.view.low))

    def x_of_past(self, step: float) -> float:
        """Where a step of the past is drawn, left of the keyboard."""
        return self.now_x - (self.view.position - self.view.scrolled_steps - step) * self.view.pixels_per_step

    def x_of_future(self, step: float) -> float:
        """Where a coming step is drawn, right of the keyboard."""
        return self.now_x + KEYBOARD_PIXELS + (step - self.view.position) * self.view.pixels_per_step

    def y_of(self, pitch: int) -> float:
        """Upper edge of a pitch's row."""
        return RULER_PIXELS + (self.view.high - 1 - pitch) * self.row_height

    def key_at(self, x: float, y: float) -> int | None:
        """Return the pitch of the drawn key at a point; None beside the keyboard."""
        if not (self.now_x <= x <= self.now_x + KEYBOARD_PIXELS and y >= RULER_PIXELS):
            return None
        pitch = self.view.high - 1 - int((y - RULER_PIXELS) / self.row_height)
        return pitch if self.view.low <= pitch < self.view.high else None

    # --- painting ----------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Paint a frame."""
        width, height = self.size().width(), self.size().height()
        if self._snapshot is None or width < 200 or height < 100:
            painter.fillRect(self.rect(), self._theme.colour("ground"))
            return
        snapshot = self._snapshot
        device = painter.device()
        painter.drawPixmap(0, 0, self._background(device.devicePixelRatioF() if device else 1.0))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        past = QRectF(0, 0, self.now_x, height)
        future = QRectF(self.now_x + KEYBOARD_PIXELS, 0, width - self.now_x - KEYBOARD_PIXELS, height)
        painter.setClipRect(past)
        self._paint_bar_lines(painter, past, self.x_of_past, snapshot)
        self._paint_past(painter, snapshot)
        self._paint_markers(painter, snapshot)
        painter.setClipRect(future)
        self._paint_bar_lines(painter, future, self.x_of_future, snapshot)
        self._paint_plan(painter, snapshot)
        painter.setClipping(False)
        self._paint_keyboard(painter, snapshot)
        self._paint_legend(painter)
        if not snapshot.recording.end_steps and self._hint:
            self._paint_hint(painter, past)

    def _background(self, scale: float) -> QPixmap:
        """Return the rows and octave lines, drawn once for each size, zoom and theme."""
        width, height = int(self.size().width()), int(self.size().height())
        key = (width, height, self.view.low, self.view.high, scale, self._theme.name)
        if self._rows is None or key != self._rows_key:
            self._rows = QPixmap(round(width * scale), round(height * scale))
            self._rows.setDevicePixelRatio(scale)
            self._rows.fill(self._theme.colour("ground"))
            painter = QPainter(self._rows)
            for pitch in range(self.view.low, self.view.high):
                if is_black(pitch):
                    row = QRectF(0, self.y_of(pitch), width, self.row_height)
                    painter.fillRect(row, self._theme.colour("black_row"))
                if pitch % 12 == 0:
                    y = self.y_of(pitch) + self.row_height
                    painter.fillRect(QRectF(0, round(y), width, 1), self._theme.colour("line"))
            painter.fillRect(QRectF(0, 0, width, RULER_PIXELS), self._theme.colour("ground"))
            painter.fillRect(QRectF(0, RULER_PIXELS - 1, width, 1), self._theme.colour("line"))
            painter.end()
            self._rows_key = key
        return self._rows

    def _paint_bar_lines(self, painter: QPainter, area: QRectF, x_of: object, snapshot: Snapshot) -> None:
        assert callable(x_of)
        timeline = snapshot.timeline
        zoom = self.view.pixels_per_step
        first = int((area.left() - x_of(0.0)) / zoom) - 1
        last = int((area.right() - x_of(0.0)) / zoom) + 1
        beat = timeline.meter.accent_steps(timeline.steps_per_beat)
        bar_pixels = timeline.bar_steps * zoom
        every = max(1, int(56 // bar_pixels + 1))  # bars per number
        painter.setFont(figures(11))
        for step in range(max(0, first), last):
            in_bar = timeline.step_in_bar(step)
            x = x_of(float(step))
            if in_bar == 0:
                painter.fillRect(QRectF(x, 0, 1, area.height()), self._theme.colour("bar_line"))
                bar = timeline.bar(step)
                if (bar - 1) % every == 0:
                    painter.setPen(self._theme.colour("muted"))
                    painter.drawText(QPointF(x + 6, RULER_PIXELS - 8), str(bar))
            elif in_bar % beat == 0 and beat * zoom > 9:
                line = QRectF(x, RULER_PIXELS, 1, area.height() - RULER_PIXELS)
                painter.fillRect(line, self._theme.colour("beat_line"))

    def _paint_past(self, painter: QPainter, snapshot: Snapshot) -> None:
        right = self.view.position - self.view.scrolled_steps
        left = right - self.now_x / self.view.pixels_per_step
        ended = snapshot.recording.notes_between(left, right)
        bars = [(note, note.end_steps) for note in ended]
        bars += [(note, self.view.position) for note in snapshot.recording.playing() if note.start_steps < right]
        self.painted_notes = len(bars)
        for note, end in bars:
            self._paint_note(painter, note, self.x_of_past(note.start_steps), self.x_of_past(end), 1.0)

    def _paint_plan(self, painter: QPainter, snapshot: Snapshot) -> None:
        for note in _notes_of_plan(snapshot, self.view.position):
            left = max(self.x_of_future(note.start_steps), self.now_x + KEYBOARD_PIXELS)
            distance = max(0.0, note.start_steps - self.view.position) / (2 * snapshot.timeline.bar_steps)
            self._paint_note(painter, note, left, self.x_of_future(note.end_steps), 0.55 - 0.25 * min(1.0, distance))

    def _paint_note(self, painter: QPainter, note: Note, left: float, right: float, opacity: float) -> None:
        height = self.row_height
        if not self.view.low <= note.pitch < self.view.high:
            return
        gap = 1.5 if right - left > 5 else 0.5
        box = QRectF(left + 0.5, self.y_of(note.pitch) + 0.12 * height, right - left - gap, 0.76 * height)
        if box.width() < 1:
            box.setWidth(1)
        radius = min(3.0, height * 0.3, box.width() / 2)
        loud = 0.62 + 0.38 * min(1.0, note.velocity / 100)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(self._theme.colour(SOURCE_COLOURS[note.source], opacity * loud)))
        painter.drawRoundedRect(box, radius, radius)

    def _paint_markers(self, painter: QPainter, snapshot: Snapshot) -> None:
        painter.setFont(words(11))
        bottom = self.size().height()
        edge = self.now_x
        for marker in reversed(snapshot.recording.markers[-200:]):
            x = self.x_of_past(marker.step)
            if x > self.now_x or x < -400:
                continue
            pen = QPen(self._theme.colour("primer", 0.8), 1, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, RULER_PIXELS), QPointF(x, bottom))
            metrics = painter.fontMetrics()
            width = metrics.horizontalAdvance(marker.text) + 14
            if x + width > edge:
                continue  # it would lie under a later one, or under the keyboard
            edge = x
            tag = QRectF(x, bottom - 56, width, 20)
            painter.fillRect(tag, self._theme.colour("ground", 0.85))
            painter.fillRect(tag, self._theme.colour("primer", 0.18))
            painter.setPen(self._theme.colour("primer"))
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, marker.text)

    def _paint_keyboard(self, painter: QPainter, snapshot: Snapshot) -> None:
        left, bottom = self.now_x, self.size().height()
        height = self.row_height
        area = QRectF(left, RULER_PIXELS, KEYBOARD_PIXELS, bottom - RULER_PIXELS)
        painter.fillRect(QRectF(left, 0, KEYBOARD_PIXELS, RULER_PIXELS), self._theme.colour("bar"))
        painter.fillRect(area, self._theme.colour("white_key"))
        lit = snapshot.sounding()
        for pitch in range(self.view.low, self.view.high):
            y = self.y_of(pitch)
            if is_black(pitch):
                continue
            if pitch in lit:
                painter.fillRect(QRectF(left, y, KEYBOARD_PIXELS, height), self._lit(lit[pitch]))
            if pitch % 12 in (0, 5):  # between B and C, and between E and F
                painter.fillRect(QRectF(left, y + height - 0.5, KEYBOARD_PIXELS, 1), self._theme.colour("muted", 0.5))
        for pitch in range(self.view.low, self.view.high):
            if is_black(pitch):
                y = self.y_of(pitch)
                colour = self._lit(lit[pitch]) if pitch in lit else self._theme.colour("black_key")
                key = QRectF(left, y + 0.08 * height, KEYBOARD_PIXELS * 0.6, 0.84 * height)
                painter.fillRect(key, colour)
                middle = QRectF(key.right(), y + height / 2 - 0.5, KEYBOARD_PIXELS * 0.4, 1)
                painter.fillRect(middle, self._theme.colour("muted", 0.35))
        painter.setFont(figures(min(10.0, height)))
        for pitch in range(self.view.low, self.view.high):
            if pitch % 12 == 0 and height >= 7:
                painter.setPen(QColor("#16110a") if pitch in lit else QColor("#5a6575"))
                name = QRectF(left, self.y_of(pitch), KEYBOARD_PIXELS - 4, height)
                painter.drawText(name, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, pitch_name(pitch))
        painter.fillRect(QRectF(left - 1, 0, 2, bottom), self._theme.colour("text"))

    def _lit(self, source: Source) -> QColor:
        return self._theme.colour(SOURCE_COLOURS[source])

    def _paint_legend(self, painter: QPainter) -> None:
        painter.setFont(words(12))
        metrics = painter.fontMetrics()
        x, y = 14.0, self.size().height() - 14
        back = QRectF(6, y - 17, sum(34 + metrics.horizontalAdvance(name) for _, name in LEGEND) + 8, 25)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("ground", 0.85))
        painter.drawRoundedRect(back, 5, 5)
        for source, name in LEGEND:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._lit(source))
            painter.drawRoundedRect(QRectF(x, y - 9, 10, 10), 2, 2)
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(QPointF(x + 16, y), name)
            x += 34 + metrics.horizontalAdvance(name)

    def _paint_hint(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(words(15))
        painter.setPen(self._theme.colour("muted"))
        inner = area.adjusted(40, 0, -40, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)


def _notes_of_plan(snapshot: Snapshot, position: float) -> Iterable[Note]:
    """Yield the notes of the planned frames, held ones joined, and what is left of those that sound now."""
    keys = {pitch for pitch, _ in snapshot.keys}
    begun = {
        note.pitch: Note(position, position, note.pitch, note.velocity, note.source)
        for note in snapshot.recording.playing()
        if note.source is Source.MODEL or (note.source is Source.PRIMER and note.pitch not in keys)
    }
    step = snapshot.planned_from
    for planned in snapshot.planned:
        velocities = dict(planned.velocities)
        for pitch in list(begun):
            if pitch not in planned.frame.sounding or pitch in planned.frame.onsets:
                note = begun.pop(pitch)
                yield Note(note.start_steps, step, pitch, note.velocity, note.source)
        for pitch in planned.frame.sounding:
            if pitch not in begun:
                begun[pitch] = Note(step, step, pitch, velocities.get(pitch, 72), planned.source)
        step += 1
    for note in begun.values():
        yield Note(note.start_steps, step, note.pitch, note.velocity, note.source)
