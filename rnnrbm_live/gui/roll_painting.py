"""How the roll looks: rows, bars, notes, markers, keyboard, legend. Pure functions over a painter.

x is that of the music: pixels from step 0, which the caller's painter has moved to where it belongs.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF

from rnnrbm_live.core.clamps import Clamps
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.pianoroll import DEFAULT_VELOCITY, Note
from rnnrbm_live.core.pitch import PIANO, is_black, pitch_name
from rnnrbm_live.core.recording import Marker
from rnnrbm_live.gui.geometry import KEYBOARD_PIXELS, RULER_PIXELS, Geometry
from rnnrbm_live.gui.pictures import snap
from rnnrbm_live.gui.theme import Theme, figures, words

SOURCE_COLOURS = {Source.MODEL: "model", Source.PLAYER: "player", Source.PRIMER: "primer"}
LEGEND = ((Source.MODEL, "Model"), (Source.PLAYER, "You"), (Source.PRIMER, "Primer"))
LEGEND_SIZE = (308.0, 28.0)  # pixels
SHADES = 8  # of a colour, by velocity
GHOST_STRENGTH = 0.4  # of a key that is sure to sound next and yet is not planned
LEAST_LIKELY = 3  # 255ths, that are drawn
LIKELY_REACH = 0.6  # of the keyboard's width: the bar of a key that is sure to sound next
SOFTEST = 0.6  # strength of the colour at velocity 0
NOTE_GAP, GAP_SHARE = 2.0, 0.25  # pixels at a note's end, and of its length at most
NOTE_MARGIN = 0.1  # of a row's height, above and below a note
NOTE_RADIUS = 3.0  # pixels
NAMED_ROW = 15.0  # pixels: from this height on, notes and white keys bear their names
PALEST_NAMED = 0.7  # strength: what is coming is too faint to write on
NAME_PLACE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RULER_TEXT = 17.0  # pixels, at most
NARROWEST_BEAT = 9.0  # pixels between beat lines
NARROWEST_BAR = 56.0  # pixels between bar numbers
REGION_TINT, RULER_TINT = 0.07, 0.18  # opacity of what lies over a selection
HANDLE_PIXELS = 5.0  # width of its handles
TAG_STRENGTH = 0.15  # of the colour behind a marker's words
MARKER_REACH = 400.0  # pixels a marker's tag may extend


def paint_rows(painter: QPainter, geometry: Geometry, theme: Theme, left: float, right: float) -> None:
    """Paint the ground: rows of black keys, octave lines, the ruler's edge."""
    width, scale = right - left, _scale(painter)
    hair = _hair(scale)
    painter.fillRect(QRectF(left, 0, width, geometry.height), theme.colour("ground"))
    for pitch in range(geometry.low, geometry.high):
        top, bottom = (snap(geometry.y_of(edge), scale) for edge in (pitch, pitch - 1))
        if is_black(pitch):
            painter.fillRect(QRectF(left, top, width, bottom - top), theme.colour("black_row"))
        if pitch % 12 == 0:
            painter.fillRect(QRectF(left, bottom, width, hair), theme.colour("line"))
    painter.fillRect(QRectF(left, 0, width, RULER_PIXELS), theme.colour("ground"))
    painter.fillRect(QRectF(left, RULER_PIXELS - hair, width, hair), theme.colour("line"))


def paint_bars(
    painter: QPainter,
    geometry: Geometry,
    theme: Theme,
    timeline: Timeline,
    left: float,
    right: float,
    *,
    numbers_from: int = 0,
) -> None:
    """Paint beat and bar lines, and the numbers of bars that begin at step `numbers_from` or later."""
    zoom, scale = geometry.pixels_per_step, _scale(painter)
    hair = _hair(scale)
    beat = timeline.meter.accent_steps(timeline.steps_per_beat)
    every = max(1, int(NARROWEST_BAR // (timeline.bar_steps * zoom) + 1))  # bars per number
    painter.setFont(figures(min(11 * theme.scale, RULER_TEXT)))
    painter.setPen(theme.colour("muted"))
    for step in range(max(0, int((left - NARROWEST_BAR) / zoom)), int(right / zoom) + 1):
        in_bar, x = timeline.step_in_bar(step), snap(step * zoom, scale)
        if in_bar == 0:
            painter.fillRect(QRectF(x, 0, hair, geometry.height), theme.colour("bar_line"))
            bar = timeline.bar(step)
            if (bar - 1) % every == 0 and step >= numbers_from:
                painter.drawText(QPointF(x + 8, RULER_PIXELS - 7), str(bar))
        elif in_bar % beat == 0 and beat * zoom > NARROWEST_BEAT:
            line = QRectF(x, RULER_PIXELS, hair, geometry.height - RULER_PIXELS)
            painter.fillRect(line, theme.colour("beat_line"))


def paint_notes(painter: QPainter, geometry: Geometry, theme: Theme, notes: Iterable[Note], strength: float) -> int:
    """Paint notes as bars, those of one colour together; return how many.

    Args:
        painter: to paint with.
        geometry: of the roll.
        theme: whose colours.
        notes: their times are the bars' ends.
        strength: 1 for what sounds, less for what did or will.
    """
    bars: defaultdict[tuple[Source, int], list[tuple[QRectF, int]]] = defaultdict(list)
    scale, zoom, height = _scale(painter), geometry.pixels_per_step, geometry.row_height
    least = 1 / scale
    tall = max(least, snap((1 - 2 * NOTE_MARGIN) * height, scale))
    count = 0
    for note in notes:
        if geometry.shows(note.pitch):
            # Edges lie on whole device pixels, so that all bars are equally sharp and all gaps equally wide.
            y = geometry.y_of(note.pitch)
            left, top = snap(note.start_steps * zoom, scale), snap(y + NOTE_MARGIN * height, scale)
            right = snap(note.end_steps * zoom, scale)
            right -= max(least, snap(min(NOTE_GAP, GAP_SHARE * (right - left)), scale))
            box = QRectF(left, top, max(least, right - left), tall)
            bars[note.source, round(SHADES * min(1.0, note.velocity / 100))].append((box, note.pitch))
            count += 1
    named = height >= NAMED_ROW
    if named:
        painter.setFont(figures(min(11.0 * theme.scale, 0.62 * height)))
        metrics = painter.fontMetrics()
    for (source, shade), boxes in sorted(bars.items()):
        painter.setPen(Qt.PenStyle.NoPen)
        colour = theme.on_ground(SOURCE_COLOURS[source], strength * (SOFTEST + (1 - SOFTEST) * shade / SHADES))
        painter.setBrush(colour)
        for box, _ in boxes:
            corner = min(NOTE_RADIUS, 0.3 * box.height(), 0.25 * box.width())
            painter.drawRoundedRect(box, corner, corner)
        if named and strength > PALEST_NAMED:
            painter.setPen(theme.on(colour))
            for box, pitch in boxes:
                name = pitch_name(pitch)
                if metrics.horizontalAdvance(name) + 8 <= box.width():
                    painter.drawText(box.adjusted(4, 0, 0, 0), NAME_PLACE, name)
    return count


def paint_ghosts(
    painter: QPainter,
    geometry: Geometry,
    theme: Theme,
    planned_from: int,
    planned: Sequence[PlannedFrame],
    likely: Sequence[bytes],
) -> None:
    """Paint the keys that might have been chosen for the coming steps as faint cells, the likelier the stronger."""
    zoom, shades = geometry.pixels_per_step, ghost_shades(theme)
    for step, (frame, shares) in enumerate(zip(planned, likely, strict=False), planned_from):
        left, right = round(step * zoom), round((step + 1) * zoom)
        for pitch, share in enumerate(shares, PIANO.low):
            if share >= LEAST_LIKELY and geometry.shows(pitch) and pitch not in frame.frame.sounding:
                cell = QRectF(left, geometry.y_of(pitch), right - left, geometry.row_height)
                painter.fillRect(cell, shades[share])


@lru_cache(maxsize=2)
def ghost_shades(theme: Theme) -> list[QColor]:
    """Return the colour of a key that might have been chosen, by its likelihood in 255ths."""
    return [theme.on_ground("model", GHOST_STRENGTH * math.sqrt(share / 255)) for share in range(256)]


def by_likelihood(notes: Iterable[Note], planned_from: int, likely: Sequence[bytes]) -> dict[float, list[Note]]:
    """Sort planned notes by how likely the model finds them, in quarters from 0 to 1: over their steps, on average."""
    sorted_notes: defaultdict[float, list[Note]] = defaultdict(list)
    for note in notes:
        first, end = (max(0, round(at) - planned_from) for at in (note.start_steps, note.end_steps))
        shares = [
            of_step[note.pitch - PIANO.low] / 255 for of_step in likely[first:end] if of_step and note.pitch in PIANO
        ]
        mean = sum(shares) / len(shares) if shares else 0.0
        sorted_notes[round(4 * mean) / 4].append(note)
    return sorted_notes


def paint_region(painter: QPainter, geometry: Geometry, theme: Theme, region: tuple[int, int], shift: float) -> None:
    """Paint what is selected of the past: a tint, a band in the ruler, and a handle at either edge.

    Args:
        painter: to paint with, in the roll's own coordinates.
        geometry: of the roll.
        theme: whose colours.
        region: the first step and the one after the last.
        shift: where step 0 falls, pixels.
    """
    scale = _scale(painter)
    first, last = (snap(shift + step * geometry.pixels_per_step, scale) for step in region)
    painter.save()
    painter.setClipRect(geometry.past)
    painter.fillRect(QRectF(first, RULER_PIXELS, last - first, geometry.height), theme.colour("text", REGION_TINT))
    painter.fillRect(QRectF(first, 0, last - first, RULER_PIXELS), theme.colour("text", RULER_TINT))
    for edge, side in ((first, 0.0), (last, -1.0)):
        painter.fillRect(QRectF(edge - _hair(scale) / 2, 0, _hair(scale), geometry.height), theme.colour("text", 0.7))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("text"))
        painter.drawRoundedRect(QRectF(edge + side * HANDLE_PIXELS, 0, HANDLE_PIXELS, RULER_PIXELS - 1), 2, 2)
        painter.fillRect(QRectF(edge + side * HANDLE_PIXELS + 2, 8, 1, RULER_PIXELS - 17), theme.colour("ground"))
    painter.restore()


def paint_markers(
    painter: QPainter, geometry: Geometry, theme: Theme, markers: Iterable[Marker], left: float, right: float
) -> None:
    """Paint markers (ascending) as dashed lines with a tag, where a later one does not cover it."""
    painter.setFont(words(11 * theme.scale))
    metrics = painter.fontMetrics()
    edge = float("inf")
    for marker in reversed(list(markers)):
        x = round(marker.step * geometry.pixels_per_step)
        if x > right:
            continue
        if x < left - MARKER_REACH:
            break
        painter.setPen(QPen(theme.colour("primer", 0.8), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x + 0.5, RULER_PIXELS), QPointF(x + 0.5, geometry.height))
        tag = QRectF(x, 0, metrics.horizontalAdvance(marker.text) + 16, 22 * theme.scale)
        tag.moveBottom(geometry.height - 10 - LEGEND_SIZE[1] * theme.scale)
        if tag.right() < edge:
            painter.fillRect(tag, theme.on_ground("primer", TAG_STRENGTH))
            painter.setPen(theme.colour("primer"))
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, marker.text)
        edge = x


def paint_keyboard(
    painter: QPainter,
    geometry: Geometry,
    theme: Theme,
    lit: Mapping[int, Source],
    bounds: Clamps,
    likely: bytes = b"",
) -> None:
    """Paint the keyboard and the now-line, with the keyboard's left edge at x = 0, under the ruler.

    Keys that the model may not play are dimmed; those that it always plays have a dot. A bar on a key is as long as the
    key is likely at the coming step, in 255ths; one that is sure is as long as a black key.
    """
    height, bottom, scale = geometry.row_height, float(geometry.height), _scale(painter)
    hair = _hair(scale)
    painter.fillRect(QRectF(0, 0, KEYBOARD_PIXELS, RULER_PIXELS), theme.colour("bar"))
    painter.fillRect(QRectF(0, RULER_PIXELS, KEYBOARD_PIXELS, bottom), theme.colour("white_key"))
    edge = theme.colour("key_edge")
    pitches = range(geometry.low, geometry.high)
    for pitch in (pitch for pitch in pitches if not is_black(pitch)):
        top, below = (snap(geometry.y_of(row), scale) for row in (pitch, pitch - 1))
        if pitch in lit:
            painter.fillRect(QRectF(0, top, KEYBOARD_PIXELS, below - top), theme.colour(SOURCE_COLOURS[lit[pitch]]))
        if pitch % 12 in (0, 5):  # between B and C, and between E and F
            painter.fillRect(QRectF(0, below, KEYBOARD_PIXELS, hair), edge)
    for pitch in (pitch for pitch in pitches if is_black(pitch)):
        y, length = geometry.y_of(pitch), round(KEYBOARD_PIXELS * 0.6)
        top, below = snap(y + 0.06 * height, scale), snap(y + 0.94 * height, scale)
        colour = theme.colour(SOURCE_COLOURS[lit[pitch]] if pitch in lit else "black_key")
        painter.fillRect(QRectF(length, snap(y + height / 2, scale), KEYBOARD_PIXELS - length, hair), edge)
        painter.fillRect(QRectF(0, top, length, below - top), colour)
    for pitch, share in enumerate(likely, PIANO.low):
        if share >= LEAST_LIKELY and geometry.shows(pitch):
            length = max(2, round(KEYBOARD_PIXELS * LIKELY_REACH * share / 255))
            thick = max(2, round(0.4 * height))
            painter.fillRect(
                QRectF(2, round(geometry.y_of(pitch) + (height - thick) / 2), length, thick), theme.colour("likely")
            )
    for pitch in pitches:
        if pitch in bounds.silent:
            painter.fillRect(QRectF(0, geometry.y_of(pitch), KEYBOARD_PIXELS, height), theme.colour("ground", 0.6))
        elif pitch in bounds.sounding:
            painter.setBrush(theme.colour("alarm"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(KEYBOARD_PIXELS * 0.3, geometry.y_of(pitch) + height / 2), 3, 3)
    if height >= 7:
        painter.setFont(figures(min(10.0 * theme.scale, height)))
        named = (pitch for pitch in pitches if pitch % 12 == 0 or (height >= NAMED_ROW and not is_black(pitch)))
        for pitch in named:
            painter.setPen(theme.colour(f"on_{SOURCE_COLOURS[lit[pitch]]}" if pitch in lit else "key_name"))
            name = QRectF(0, geometry.y_of(pitch), KEYBOARD_PIXELS - 4, height)
            painter.drawText(name, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, pitch_name(pitch))
    _point_beyond(painter, theme, lit, geometry)
    painter.fillRect(QRectF(KEYBOARD_PIXELS - 1, 0, 1, bottom), theme.colour("edge"))
    painter.fillRect(QRectF(0, 0, 2, bottom), theme.colour("text"))


def _point_beyond(painter: QPainter, theme: Theme, lit: Mapping[int, Source], geometry: Geometry) -> None:
    """Point up and down, above the keyboard, to what sounds beyond the pitches that are shown."""
    middle = KEYBOARD_PIXELS / 2
    painter.setPen(Qt.PenStyle.NoPen)
    for beyond, x, tip, base in (
        ([pitch for pitch in lit if pitch >= geometry.high], middle - 8, 8.0, 15.0),
        ([pitch for pitch in lit if pitch < geometry.low], middle + 8, 15.0, 8.0),
    ):
        if beyond:
            painter.setBrush(theme.colour(SOURCE_COLOURS[lit[beyond[0]]]))
            painter.drawPolygon(QPolygonF([QPointF(x - 5, base), QPointF(x + 5, base), QPointF(x, tip)]))


def paint_legend(painter: QPainter, theme: Theme) -> None:
    """Paint which colour is who, in `LEGEND_SIZE` pixels times the theme's scale."""
    width, height = LEGEND_SIZE
    painter.scale(theme.scale, theme.scale)
    painter.setFont(words(12))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("ground", 0.85))
    painter.drawRoundedRect(QRectF(0, 0, width, height), 5, 5)
    metrics, x, baseline = painter.fontMetrics(), 8.0, height - 9
    entries = [(theme.colour(SOURCE_COLOURS[source]), name) for source, name in LEGEND]
    for colour, name in [*entries, (theme.on_ground("model", GHOST_STRENGTH), "Considered")]:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(x, baseline - 9, 10, 10), 2, 2)
        painter.setPen(theme.colour("muted"))
        painter.drawText(QPointF(x + 16, baseline), name)
        x += 34 + metrics.horizontalAdvance(name)


def paint_words(painter: QPainter, theme: Theme, area: QRectF, title: str, text: str) -> None:
    """Paint a large line and a smaller one below it in the middle of an area."""
    middle = area.center().y()
    inner = area.adjusted(32, 0, -32, 0)
    wrap = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    above = QRectF(inner.left(), area.top(), inner.width(), middle - 6 - area.top())
    painter.setFont(words(20 * theme.scale))
    painter.setPen(theme.colour("text"))
    painter.drawText(above, wrap | Qt.AlignmentFlag.AlignBottom, title)
    painter.setFont(words(14 * theme.scale))
    painter.setPen(theme.colour("muted"))
    below = QRectF(inner.left(), middle + 6, inner.width(), area.bottom() - middle - 6)
    painter.drawText(below, wrap | Qt.AlignmentFlag.AlignTop, text)


def _scale(painter: QPainter) -> float:
    device = painter.device()
    return device.devicePixelRatioF() if device else 1.0


def _hair(scale: float) -> float:
    """Return the width of a thin line in pixels: a whole number of device pixels, at least one."""
    return max(1, int(scale)) / scale


def notes_of_plan(planned_from: int, planned: Iterable[PlannedFrame], playing: Iterable[Note]) -> list[Note]:
    """Return the notes of planned frames, held ones joined, and what is left of those that sound now."""
    begun = {note.pitch: replace(note, start_steps=planned_from - 1.0) for note in playing}
    notes = []
    step = planned_from
    for frame in planned:
        velocities = dict(frame.velocities)
        for pitch in list(begun):
            if pitch not in frame.frame.sounding or pitch in frame.frame.onsets:
                notes.append(replace(begun.pop(pitch), end_steps=step))
        for pitch in frame.frame.sounding - begun.keys():
            begun[pitch] = Note(step, step, pitch, velocities.get(pitch, DEFAULT_VELOCITY), frame.source)
        step += 1
    return notes + [replace(note, end_steps=step) for note in begun.values()]
