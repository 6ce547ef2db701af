"""The whole session as one thin strip: what sounded, which part of it the roll shows, markers, the selection, now."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QSizePolicy, QWidget

from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.core.recording import Music
from rnnrbm_live.gui.pictures import snap
from rnnrbm_live.gui.roll_painting import SOURCE_COLOURS
from rnnrbm_live.gui.theme import DARK, Theme

HEIGHT = 28  # pixels, times the text's scale
ROOM = 3  # pixels above and below the picture
COLUMNS = 2048  # of the picture, however long the session
FIRST_SPAN = 128  # steps
FEWEST_ROWS = 36  # semitones
LATE_STEPS = 16.0  # how far the ends of two notes may be out of order
MOST_STEPS = 128.0  # to take in at a look, so that a long session that is taken up does not stop the picture
LOOKS_PER_TAKE, LOOKS_PER_PICTURE = 6, 50  # frames
FAINTEST = 0.4  # strength of the colour where anything sounds at all
NARROWEST_FRAME = 10.0  # pixels
SOURCES = tuple(SOURCE_COLOURS)

Steps = tuple[float, float]


class NoteMap:
    """How much sounds where in a session, in a fixed number of columns that stand for twice as much when they are full.

    Attributes:
        span_steps: what all columns stand for.
        low: lowest pitch that has sounded.
        high: highest one, exclusive.
        taken: notes taken in so far, over all sessions.
        halvings: how often the columns were made to stand for twice as much.
        behind: whether notes that have ended were left for the next call.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.taken = self.halvings = 0
        self.behind = False
        self._origin: Hashable = None
        self._reached = 0.0
        self._recent: set[Note] = set()  # taken in, and so near the end that they will be met again
        self._forget()

    def take_in(self, music: Music) -> bool:
        """Take in notes that have ended since the last call; return whether anything changed.

        Each note is taken in once; all of them again only if notes were rewritten, or if this is other music.
        """
        changed = False
        if music.origin != self._origin:
            self._origin = music.origin
            self._forget()
            changed = True
        last = self._reached + MOST_STEPS
        if last >= music.end_steps:
            last = math.inf
        window = music.notes_between(self._reached - LATE_STEPS, last)
        begun = self._reached  # all that were taken in began before it
        fresh = [n for n in window if n.end_steps <= last and (n.start_steps >= begun or n not in self._recent)]
        self._add(fresh)
        self.behind = last < math.inf
        self._reached = last if self.behind else max([self._reached, *(note.end_steps for note in fresh)])
        edge = self._reached - LATE_STEPS
        self._recent = {note for note in [*self._recent, *fresh] if note.end_steps >= edge}
        return changed or bool(fresh)

    def picture(self, rows: int) -> NDArray[np.float32]:
        """Return how much of each column each source sounds, (sources, rows, `COLUMNS`), the highest pitch first.

        Rows stand for the pitches that have sounded; where a row stands for several, the fullest counts.
        """
        low, high = self.low, self.high
        if high - low < FEWEST_ROWS:
            low = min(max((low + high - FEWEST_ROWS) // 2, PIANO.low), PIANO.high - FEWEST_ROWS)
            high = low + FEWEST_ROWS
        used = self._ink[:, low - PIANO.low : high - PIANO.low][:, ::-1]
        edges = np.arange(rows + 1) * (high - low) // rows
        if rows >= high - low:
            return used[:, edges[:-1]]
        return np.stack([used[:, first:end].max(axis=1) for first, end in pairwise(edges)], axis=1)

    def _forget(self) -> None:
        self._ink = np.zeros((len(SOURCES), len(PIANO), COLUMNS), np.float32)  # share of a column that sounds
        self.span_steps = float(FIRST_SPAN)
        self.low = self.high = 0
        self._reached = 0.0
        self._recent = set()

    def _add(self, notes: Sequence[Note]) -> None:
        low, high, n_keys = PIANO.low, PIANO.high, len(PIANO)
        notes = [note for note in notes if low <= note.pitch < high]
        if not notes:
            return
        self.taken += len(notes)
        self._make_room(max(note.end_steps for note in notes))
        lowest, highest = min(note.pitch for note in notes), max(note.pitch for note in notes)
        self.low = min(self.low, lowest) if self.high else lowest
        self.high = max(self.high, highest + 1)
        per_step = COLUMNS / self.span_steps
        rows = np.array([SOURCES.index(note.source) * n_keys + note.pitch - low for note in notes])
        begin = np.maximum([note.start_steps * per_step for note in notes], 0.0)
        end = np.maximum([note.end_steps * per_step for note in notes], begin)
        first = np.minimum(begin.astype(int), COLUMNS - 1)
        last = np.minimum(end.astype(int), COLUMNS - 1)
        ink = self._ink.reshape(-1, COLUMNS)
        np.add.at(ink, (rows, first), np.minimum(end, first + 1) - begin)
        np.add.at(ink, (rows, last), np.where(last > first, end - last, 0.0))
        for index in np.flatnonzero(last > first + 1):
            ink[rows[index], first[index] + 1 : last[index]] += 1.0

    def _make_room(self, end_steps: float) -> None:
        while end_steps > self.span_steps:
            half = (self._ink[..., 0::2] + self._ink[..., 1::2]) / 2
            self._ink = np.zeros_like(self._ink)
            self._ink[..., : COLUMNS // 2] = half
            self.span_steps *= 2
            self.halvings += 1


class OverviewStrip(QWidget):
    """Shows a `NoteMap`; hidden until the session is longer than what the roll shows of it.

    Signals:
        asked: the step that the roll is to show in its middle.
    """

    asked = pyqtSignal(float)

    def __init__(self) -> None:
        """Begin hidden."""
        super().__init__()
        self.map = NoteMap()
        self._theme = DARK
        self._picture: QPixmap | None = None
        self._looks = LOOKS_PER_PICTURE  # since it was painted
        self._fresh = False  # more has been taken in than it shows
        self._pictured: object = None  # what the picture must not be late for
        self._music: Music | None = None
        self._markers: tuple[float, ...] = ()
        self._seen: Steps = (0.0, 0.0)
        self._region: Steps | None = None
        self._now = 0.0
        self._shown: object = None
        self._grabbed: float | None = None  # how far right of the seen part's middle the mouse holds it, steps
        self.setAccessibleName("Overview of the session")
        self.setToolTip("The whole session: click or drag to look there (Home, Page Up, Page Down, End)")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def sizeHint(self) -> QSize:
        """As tall as the text asks."""
        return QSize(200, round(HEIGHT * self._theme.scale))

    def set_theme(self, theme: Theme) -> None:
        """Use other colours and another size."""
        self._theme = theme
        self._picture = None
        self.updateGeometry()
        self.update()

    def take_in(self, music: Music, screen_steps: float) -> None:
        """Take in what has sounded; called a few times a second.

        Args:
            music: what sounded.
            screen_steps: how much of it the roll shows at a time.
        """
        markers = tuple(marker.step for marker in music.markers)
        if markers != self._markers:
            self._markers = markers
            self._repaint()
        self._music = music
        self._take_in()
        if not music.end_steps:
            self.hide()
        elif music.end_steps > screen_steps:
            self.show()  # and there it stays: a strip that comes and goes would move the roll

    def look(self, seen: Steps, now: float, region: Steps | None) -> None:
        """Show which steps the roll shows, where the music is and what is selected; called for every frame."""
        self._looks += 1
        if self.map.behind and self._looks % LOOKS_PER_TAKE == 0:
            self._take_in()
        if self._looks >= LOOKS_PER_PICTURE and self._fresh:
            self._repaint()
        self._seen, self._now, self._region = seen, now, region
        scale = self.devicePixelRatioF()
        shown = [snap(self._x(step), scale) for step in (*seen, now, *(region or ()))]
        if shown != self._shown:
            self._shown = shown
            self.update()

    # --- Qt ----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Show the picture, and what lies over it."""
        theme, height, scale = self._theme, float(self.height()), self.devicePixelRatioF()
        size = self.size() * scale
        if self._picture is None or self._picture.size() != size:
            self._picture = self._paint_picture(size, scale)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._region is not None:
            first, last = (snap(self._x(step), scale) for step in self._region)
            painter.fillRect(QRectF(first, 0, max(2.0, last - first), height - 1), theme.colour("text", 0.16))
            painter.fillRect(QRectF(first, 0, max(2.0, last - first), 2), theme.colour("text"))
        painter.fillRect(QRectF(snap(self._x(self._now), scale), 0, 1, height - 1), theme.colour("text"))
        painter.setPen(QPen(theme.colour("muted"), 1))
        painter.setBrush(theme.colour("text", 0.08))
        painter.drawRoundedRect(self._frame().adjusted(0.5, 0.5, -0.5, -1.5), 3, 3)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Hold the seen part where it is clicked, or bring its middle there."""
        assert event is not None
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, frame = event.position().x(), self._frame()
        middle = (self._seen[0] + self._seen[1]) / 2
        self._grabbed = self._step(x) - middle if frame.left() <= x <= frame.right() else 0.0
        if self._grabbed == 0.0:
            self.asked.emit(self._step(x))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag the seen part along."""
        assert event is not None
        if self._grabbed is not None:
            self.asked.emit(self._step(event.position().x()) - self._grabbed)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go."""
        self._grabbed = None

    # --- inside ------------------------------------------------------------------------------------------

    def _take_in(self) -> None:
        if self._music is None:
            return
        self._fresh |= self.map.take_in(self._music)
        pictured = self.map.span_steps, self._music.origin
        if pictured != self._pictured:
            self._pictured = pictured
            self._repaint()

    def _repaint(self) -> None:
        self._picture, self._looks, self._fresh = None, 0, False
        self.update()

    def _x(self, step: float) -> float:
        return step / self.map.span_steps * self.width()

    def _step(self, x: float) -> float:
        return x / max(1, self.width()) * self.map.span_steps

    def _frame(self) -> QRectF:
        """Where the seen part lies; wide enough to be held."""
        left, right = (min(max(self._x(step), 0.0), float(self.width())) for step in self._seen)
        missing = max(0.0, NARROWEST_FRAME - (right - left))
        return QRectF(max(0.0, left - missing / 2), 0, right - left + missing, self.height())

    def _paint_picture(self, size: QSize, scale: float) -> QPixmap:
        """Paint everything that changes only when a note ends."""
        theme, room = self._theme, round(ROOM * scale)
        rows = max(1, size.height() - 2 * room)
        image = _coloured(self.map.picture(rows), theme)
        picture = QPixmap(size)
        picture.fill(theme.colour("ground"))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRect(0, room, size.width(), rows), image)
        painter.end()
        picture.setDevicePixelRatio(scale)
        painter = QPainter(picture)
        for x in _apart((self._x(step) for step in self._markers), 3.0):
            painter.fillRect(QRectF(snap(x, scale), 0, 2, self.height() - 1), theme.colour("primer"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
        painter.end()
        return picture


def _coloured(sounds: NDArray[np.float32], theme: Theme) -> QImage:
    """Return an image of (sources, rows, columns) shares: the ground, and on it the colour of each source."""
    ground = np.array(theme.colour("ground").getRgb()[:3], np.float32)
    pixels = np.broadcast_to(ground, (*sounds.shape[1:], 3)).copy()
    for source, shares in zip(SOURCES, sounds, strict=True):
        at = shares > 0
        if not at.any():
            continue
        strength = (FAINTEST + (1 - FAINTEST) * np.sqrt(np.minimum(shares[at], 1.0)))[:, None]
        colour = np.array(theme.colour(SOURCE_COLOURS[source]).getRgb()[:3], np.float32)
        pixels[at] += (colour - pixels[at]) * strength
    rgb = np.ascontiguousarray(pixels.astype(np.uint8))
    rows, columns = rgb.shape[:2]
    return QImage(rgb.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()


def _apart(places: Iterable[float], least: float) -> list[float]:
    """Return those of ascending places that are `least` or more beyond the last one kept."""
    kept: list[float] = []
    for place in places:
        if not kept or place - kept[-1] >= least:
            kept.append(place)
    return kept
