"""The piano-roll: what sounded, the keyboard at the now-line, what is coming. One item paints what can be seen.

Time runs from left to right, pitch upwards. Past, future and keyboard are pictures that are painted again only when
a note ends, the plan changes or a key is struck; in between a frame is three copies and the notes that still sound.
Notes come from the recording by `notes_between`, so all this costs the same after a minute and after eight hours.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

import pyqtgraph as pg
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from rnnrbm_live.core.clamps import NO_KEYS, clamps
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.recording import Marker, Music
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui import roll_painting as paint
from rnnrbm_live.gui.geometry import KEYBOARD_PIXELS, RULER_PIXELS, Geometry, View
from rnnrbm_live.gui.pictures import Picture, ScrollingPicture, snap
from rnnrbm_live.gui.theme import DARK, Theme

PAST_STRENGTH, PLAN_STRENGTH, SURE_STRENGTH = 0.9, 0.5, 0.7
"""Of notes: those that sounded, planned ones that the model finds unlikely, and those that it is sure of."""
FUTURE_MARGIN = 64.0  # pixels: it is painted anew at each step
LATE_STEPS = 16.0  # how long before the end of what sounded a note may still begin
LEGEND_SHARE = 5  # the legend goes where it would cover more than this part of the height
Hint = tuple[str, str]  # a title and a sentence


class RollItem(pg.GraphicsWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Paints the roll into its rectangle.

    Attributes:
        view: what is shown; the widget around it changes this.
        dropping: whether a file is held over the roll.
        ringed: whether a ring shows that the keyboard has come to the roll.
        region: what is selected, the first step and the one after the last; None for nothing.
        painted_notes: notes painted since the item was made.
    """

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self.view = View()
        self.dropping = False
        self.ringed = False
        self.region: tuple[int, int] | None = None
        self.painted_notes = 0
        self._snapshot: Snapshot | None = None
        self._theme = DARK
        self._hint: Hint | None = None
        self._past, self._ground = ScrollingPicture(), ScrollingPicture()
        self._future = ScrollingPicture(FUTURE_MARGIN)
        self._origin: Hashable = None
        self._markers: Sequence[Marker] = ()
        self._playing: tuple[Note, ...] = ()
        self._going_on: tuple[Note, ...] = ()
        self._lit: dict[int, Source] = {}
        self._bounds = clamps(Settings(), NO_KEYS)
        self._keyboard, self._legend = Picture(opaque=True), Picture(opaque=False)
        self._shown: tuple[object, ...] = ()

    def show_snapshot(self, snapshot: Snapshot, hint: Hint | None) -> None:
        """Show another state of the engine, with words for an empty roll."""
        if self._snapshot is None or self._snapshot.settings != snapshot.settings:
            self._bounds = clamps(snapshot.settings, NO_KEYS)
        self._snapshot = snapshot
        music = music_of(snapshot)
        self._origin, self._markers = music.origin, music.markers
        self._playing, self._lit = music.playing(), snapshot.sounding()
        self._going_on = _going_on(snapshot, self._playing)
        self._hint = hint

    @property
    def snapshot(self) -> Snapshot | None:
        """What is shown; None before the first."""
        return self._snapshot

    @property
    def timeline(self) -> Timeline:
        """Where bars begin in what is shown."""
        return self._snapshot.timeline if self._snapshot is not None else Timeline(4)

    def set_theme(self, theme: Theme) -> None:
        """Use other colours."""
        self._theme = theme
        self.update()

    def geometry_now(self) -> Geometry:
        """Return the present measures."""
        return Geometry.of(self.size().width(), self.size().height(), self.view)

    def refresh(self, scale: float) -> None:
        """Ask for a frame if it would look different from the last one."""
        geometry = self.geometry_now()
        shown = (
            self._snapshot,
            geometry,
            snap(geometry.past_shift(self.view), scale),
            snap(geometry.future_shift(self.view), scale),
            self.dropping,
            self.ringed,
            self.region,
        )
        if len(shown) != len(self._shown) or shown[0] is not self._shown[0] or shown[1:] != self._shown[1:]:
            self._shown = shown
            self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Paint a frame."""
        geometry, snapshot, theme = self.geometry_now(), self._snapshot, self._theme
        if snapshot is None or geometry.width < 200 or geometry.height < 100:
            painter.fillRect(self.rect(), theme.colour("ground"))
            return
        device = painter.device()
        scale = device.devicePixelRatioF() if device else 1.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_past(painter, geometry, snapshot, scale)
        if self.region is not None:
            paint.paint_region(painter, geometry, theme, self.region, snap(geometry.past_shift(self.view), scale))
        self._paint_future(painter, geometry, snapshot, scale)
        lit, bounds = self._lit, self._bounds
        likely = snapshot.likely[0] if snapshot.likely else b""
        self._keyboard.show(
            painter,
            QRectF(geometry.now_x, 0, KEYBOARD_PIXELS, geometry.height),
            scale,
            (geometry, theme, lit, bounds, likely),
            lambda inside: paint.paint_keyboard(inside, geometry, theme, lit, bounds, likely),
        )
        legend_width, legend_height = (side * theme.scale for side in paint.LEGEND_SIZE)
        if geometry.height > LEGEND_SHARE * legend_height:
            self._legend.show(
                painter,
                QRectF(6, geometry.height - 6 - legend_height, legend_width, legend_height),
                scale,
                theme,
                lambda inside: paint.paint_legend(inside, theme),
            )
        if self._hint and not music_of(snapshot).end_steps:
            paint.paint_words(painter, theme, geometry.past.adjusted(0, RULER_PIXELS, 0, 0), *self._hint)
        if self.dropping or self.ringed:
            painter.setPen(QPen(theme.colour("primer" if self.dropping else "player"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 4, -4, -4), 8, 8)

    def _paint_past(self, painter: QPainter, geometry: Geometry, snapshot: Snapshot, scale: float) -> None:
        music, theme, zoom = music_of(snapshot), self._theme, geometry.pixels_per_step
        shift, markers = geometry.past_shift(self.view), self._markers

        def paint_stretch(inside: QPainter, left: float, right: float) -> None:
            paint.paint_rows(inside, geometry, theme, left, right)
            paint.paint_bars(inside, geometry, theme, snapshot.timeline, left, right)
            ended = music.notes_between(left / zoom, right / zoom)
            self.painted_notes += paint.paint_notes(inside, geometry, theme, ended, PAST_STRENGTH)
            paint.paint_markers(inside, geometry, theme, markers, left, right)

        key = (geometry, theme, snapshot.timeline, self._origin, len(markers))
        first_playing = min((note.start_steps for note in self._playing), default=music.end_steps)
        painter.setClipRect(geometry.past)
        self._past.show(
            painter,
            geometry.past,
            shift,
            scale,
            key,
            paint_stretch,
            version=music.edition,
            settled=(min(first_playing, music.end_steps) - LATE_STEPS) * zoom,
        )
        now = self.view.position
        beyond = now + 1  # what sounds reaches the now-line, where the picture ends
        playing = [replace(note, end_steps=beyond) for note in self._playing if note.start_steps < now]
        painter.save()
        painter.translate(snap(shift, scale), 0)
        self.painted_notes += paint.paint_notes(painter, geometry, theme, playing, 1.0)
        painter.restore()
        painter.setClipping(False)

    def _paint_future(self, painter: QPainter, geometry: Geometry, snapshot: Snapshot, scale: float) -> None:
        theme, timeline, going_on = self._theme, snapshot.timeline, self._going_on
        numbers_from = timeline.next_bar_step(snapshot.step + 1)

        def paint_ground(inside: QPainter, left: float, right: float) -> None:
            paint.paint_rows(inside, geometry, theme, left, right)
            paint.paint_bars(inside, geometry, theme, timeline, left, right, numbers_from=numbers_from)

        def paint_stretch(inside: QPainter, left: float, right: float) -> None:
            ground = QRectF(left, 0, right - left, geometry.height)
            self._ground.show(inside, ground, 0.0, scale, (geometry, theme, timeline, numbers_from), paint_ground)
            first, likely = snapshot.planned_from, snapshot.likely
            paint.paint_ghosts(inside, geometry, theme, first, snapshot.planned, likely)
            coming = paint.notes_of_plan(first, snapshot.planned, going_on)
            for share, notes in paint.by_likelihood(coming, first, likely).items():
                strength = PLAN_STRENGTH + (SURE_STRENGTH - PLAN_STRENGTH) * share
                self.painted_notes += paint.paint_notes(inside, geometry, theme, notes, strength)

        key = (geometry, theme, timeline, snapshot.step, snapshot.planned, snapshot.likely, going_on)
        self._future.show(painter, geometry.future, geometry.future_shift(self.view), scale, key, paint_stretch)


def music_of(snapshot: Snapshot) -> Music:
    """Return what sounded, as the roll and the overview show it."""
    return snapshot.recording


def _going_on(snapshot: Snapshot, playing: Iterable[Note]) -> tuple[Note, ...]:
    """Return the sounding notes that the plan will end: not those of keys that are held down."""
    keys = {pitch for pitch, _ in snapshot.keys}
    return tuple(
        note
        for note in playing
        if note.source is Source.MODEL or (note.source is Source.PRIMER and note.pitch not in keys)
    )
