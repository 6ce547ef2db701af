"""Selecting a stretch of the past in whole bars or beats: the arithmetic, and the bar that floats beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.gui.widgets import Button

Region = tuple[int, int]
"""The first step and the one after the last."""


def unit_steps(timeline: Timeline, *, beats: bool) -> int:
    """Return the length of what is selected whole: of a bar or, with `beats`, of a felt beat."""
    return timeline.meter.accent_steps(timeline.steps_per_beat) if beats else timeline.bar_steps


def around(timeline: Timeline, one: float, other: float, *, beats: bool = False) -> Region:
    """Return the whole bars, or beats, in which two places and all between them lie."""
    unit, origin = unit_steps(timeline, beats=beats), timeline.downbeat_step
    low, high = max(0.0, min(one, other)), max(0.0, one, other)
    first = origin + math.floor((low - origin) / unit) * unit
    end = origin + (math.floor((high - origin) / unit) + 1) * unit
    return max(0, first), end


def stretched(timeline: Timeline, fixed: int, place: float, *, beats: bool = False) -> Region:
    """Return a region with one edge at `fixed` and the other at the line nearest to `place`, a bar or beat at least."""
    unit, origin = unit_steps(timeline, beats=beats), timeline.downbeat_step
    moved = max(0, origin + round((place - origin) / unit) * unit)
    if place >= fixed or fixed < unit:
        return fixed, max(moved, fixed + unit)
    return min(moved, fixed - unit), fixed


def last_bars(timeline: Timeline, end_steps: float, bars: int) -> Region:
    """Return the last so many complete bars before `end_steps`; the one that sounds if none is complete."""
    end = timeline.first_step_of_bar(timeline.bar(math.floor(end_steps)))
    first = max(end - bars * timeline.bar_steps, timeline.next_bar_step(0))
    return (first, end) if first < end else around(timeline, end_steps, end_steps)


def bars_in(timeline: Timeline, region: Region) -> tuple[int, int]:
    """Return the first and the last bar of which a region holds anything."""
    return timeline.bar(region[0]), timeline.bar(region[1] - 1)


def named(timeline: Timeline, region: Region) -> str:
    """Return what a region is called, such as "Bars 5 to 8" or "Bar 5, beat 2"."""
    first, last = bars_in(timeline, region)
    beat = unit_steps(timeline, beats=True)
    in_bar = [timeline.step_in_bar(region[0]) // beat + 1, timeline.step_in_bar(region[1] - 1) // beat + 1]
    if in_bar == [1, timeline.bar_steps // beat]:
        return f"Bar {first}" if first == last else f"Bars {first} to {last}"
    if first == last and in_bar[0] == in_bar[1]:
        return f"Beat {first}.{in_bar[0]}"
    return f"Beats {first}.{in_bar[0]} to {last}.{in_bar[1]}"


@dataclass(frozen=True, slots=True)
class RegionDrag:
    """A region being drawn with the mouse.

    Attributes:
        timeline: where bars and beats are.
        anchor: where it began; with `edge`, the edge that stays.
        edge: whether an edge of a region is moved; else a new region is drawn.
    """

    timeline: Timeline
    anchor: float
    edge: bool

    def to(self, place: float, *, beats: bool) -> Region:
        """Return the region when the mouse is at `place`."""
        if self.edge:
            return stretched(self.timeline, int(self.anchor), place, beats=beats)
        return around(self.timeline, self.anchor, place, beats=beats)


class RegionBar(QFrame):
    """What can be done with the selection, beside it.

    Signals:
        export_asked: write it to a file.
        loop_asked: play it again and again.
        cleared: select nothing.
    """

    export_asked = pyqtSignal()
    loop_asked = pyqtSignal()
    cleared = pyqtSignal()

    def __init__(self, parent: QWidget, *, offer_loop: bool) -> None:
        """Begin hidden; without `offer_loop` there is no Loop."""
        super().__init__(parent)
        self.setObjectName("floating")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.title = QLabel()
        self.export = Button("Export…", "Write the selected bars to a file (Ctrl+E)", "small")
        self.loop = Button("Loop", "Play the selected bars again and again", "small")
        self.clear = Button("Clear", "Select nothing (Delete)", "small")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addSpacing(4)
        for button, asked in (
            (self.export, self.export_asked),
            (self.loop, self.loop_asked),
            (self.clear, self.cleared),
        ):
            layout.addWidget(button)
            button.clicked.connect(asked)
        self.loop.setVisible(offer_loop)
        self.hide()

    def show_region(self, text: str) -> None:
        """Show what is selected."""
        if text != self.title.text():
            self.title.setText(text)
        self.adjustSize()
