"""Which part of the music the roll shows: panned, zoomed, or following the now-line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PyQt6.QtCore import QPoint

from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.gui.geometry import RULER_PIXELS
from rnnrbm_live.gui.roll import RollItem, music_of

NARROWEST, WIDEST = 2.0, 60.0  # pixels per step
FEWEST_ROWS = 24  # that zooming leaves
ROOM_ROWS = 2  # beyond a note for which the view opens
LEAST_SCROLL = 0.001  # steps: the picture stands still, and is where it was


class Navigation:
    """Moves the view of a `RollItem`."""

    def __init__(self, item: RollItem) -> None:
        """Follow the music."""
        self._item = item
        self._own_range = False  # the user chose the pitches, and they stay
        self._rows_due = 0.0  # of a trackpad, less than a semitone

    # --- time --------------------------------------------------------------------------------------------

    def move_to(self, position: float) -> None:
        """Put the now-line at a step; what is looked at stays where it is."""
        view = self._item.view
        if view.scrolled_steps:
            view.scrolled_steps += position - view.position
            if view.scrolled_steps <= 0 or view.scrolled_steps > position + 1:
                view.scrolled_steps = 0.0
        view.position = position

    @property
    def seen(self) -> tuple[float, float]:
        """The first and the last step of the past that can be seen."""
        last = self._item.view.position - self._item.view.scrolled_steps
        return last - self._item.geometry_now().past_steps, last

    @property
    def following(self) -> bool:
        """Whether the picture moves with the music."""
        return self._item.view.scrolled_steps == 0.0

    def follow(self) -> None:
        """Come back to the now-line."""
        self._item.view.scrolled_steps = 0.0

    def hold_still(self) -> None:
        """Follow the music no longer, but let the picture stand where it is."""
        self._item.view.scrolled_steps = max(self._item.view.scrolled_steps, LEAST_SCROLL)

    def scroll_to(self, steps: float) -> None:
        """Look so many steps back: not beyond the beginning, and 0 follows the music."""
        view = self._item.view
        furthest = max(0.0, view.position - self._item.geometry_now().past_steps / 2)
        view.scrolled_steps = min(max(steps, 0.0), furthest)

    def pan(self, steps: float) -> None:
        """Look so many steps further back, or towards now if negative; at now it follows the music again."""
        self.scroll_to(self._item.view.scrolled_steps + steps)

    def pan_beats(self, beats: int) -> None:
        """Look so many beats further back."""
        self.pan(beats * self._item.timeline.steps_per_beat)

    def pan_screens(self, screens: int) -> None:
        """Look nearly so many screenfuls further back."""
        self.pan(0.9 * screens * self._item.geometry_now().past_steps)

    def look_at(self, step: float) -> None:
        """Bring a step of the past to the middle."""
        self.scroll_to(self._item.view.position - step - self._item.geometry_now().past_steps / 2)

    def look_at_start(self) -> None:
        """Bring the beginning of the session to the left edge."""
        self.scroll_to(self._item.view.position - self._item.geometry_now().past_steps)

    def zoom_time(self, factor: float, x: float | None = None) -> None:
        """Make a step `factor` times as wide; what is at `x` stays there, or at the now-line while it follows."""
        view, geometry = self._item.view, self._item.geometry_now()
        fixed_x = geometry.now_x if x is None or x > geometry.now_x or self.following else x
        step = geometry.past_step(fixed_x, view)
        view.pixels_per_step = min(max(view.pixels_per_step * factor, NARROWEST), WIDEST)
        if not self.following:
            back = view.position - step - (geometry.now_x - fixed_x) / view.pixels_per_step
            view.scrolled_steps = max(back, LEAST_SCROLL)

    # --- pitch -------------------------------------------------------------------------------------------

    def pan_pitch(self, rows: int) -> None:
        """Show pitches so many semitones higher."""
        view = self._item.view
        self._own_range = True
        self._set_range(view.low + rows, view.high - view.low)

    def zoom_pitch(self, rows: int, y: float | None = None) -> None:
        """Show `rows` more semitones above and below (fewer if negative); what is at `y`, or in the middle, stays."""
        view, geometry = self._item.view, self._item.geometry_now()
        size = view.high - view.low
        wanted = min(max(size + 2 * rows, FEWEST_ROWS), len(PIANO))
        share = 0.5 if y is None else 1 - (y - RULER_PIXELS) / (geometry.height - RULER_PIXELS)
        self._own_range = True
        self._set_range(view.low + round((size - wanted) * min(max(share, 0.0), 1.0)), wanted)

    def fit_pitch(self) -> None:
        """Show just the pitches of the notes that can be seen, and from then on every one that comes."""
        snapshot = self._item.snapshot
        if snapshot is None:
            return
        music = music_of(snapshot)
        pitches = [note.pitch for note in (*music.notes_between(*self.seen), *music.playing())]
        pitches += [pitch for planned in snapshot.planned for pitch in planned.frame.sounding]
        pitches = [pitch for pitch in pitches if pitch in PIANO]
        self._own_range = False
        if pitches:
            low, high = min(pitches) - ROOM_ROWS, max(pitches) + 1 + ROOM_ROWS
            missing = max(0, FEWEST_ROWS - (high - low))
            low, high = low - missing // 2, high + missing - missing // 2
            self._set_range(low, min(high - low, len(PIANO)))

    def include(self, pitches: Iterable[int]) -> None:
        """Open the view for pitches beyond it, with some room, unless the user has chosen the range."""
        if self._own_range:
            return
        view = self._item.view
        beyond = [pitch for pitch in pitches if pitch in PIANO and not view.low <= pitch < view.high]
        if beyond:
            low = min(view.low, min(beyond) - ROOM_ROWS)
            high = max(view.high, max(beyond) + 1 + ROOM_ROWS)
            low, high = max(low, PIANO.low), min(high, PIANO.high)
            self._set_range(low, high - low)

    def pan_pixels(self, pixels: QPoint) -> None:
        """Move the picture with two fingers, in time and in pitch."""
        if pixels.x():
            self.pan(pixels.x() / self._item.view.pixels_per_step)
        if pixels.y() and (rows := self.whole_rows(pixels.y() / self._item.geometry_now().row_height)):
            self.pan_pitch(rows)

    def whole_rows(self, rows: float) -> int:
        """Return whole semitones of what has been scrolled; the rest is kept for the next call."""
        self._rows_due += rows
        whole = int(self._rows_due)
        self._rows_due -= whole
        return whole

    # --- what is remembered ------------------------------------------------------------------------------

    def to_remember(self) -> dict[str, Any]:
        """Return the zoom, to be restored by `restore`."""
        view = self._item.view
        zoom: dict[str, Any] = {"pixels per step": view.pixels_per_step}
        return zoom | ({"low": view.low, "high": view.high} if self._own_range else {})

    def restore(self, remembered: object) -> None:
        """Zoom as it was; what makes no sense is ignored."""
        if not isinstance(remembered, dict):
            return
        zoom, low, high = (remembered.get(name) for name in ("pixels per step", "low", "high"))
        if isinstance(zoom, int | float) and NARROWEST <= zoom <= WIDEST:
            self._item.view.pixels_per_step = float(zoom)
        if isinstance(low, int) and isinstance(high, int) and low in PIANO and low + FEWEST_ROWS <= high <= PIANO.high:
            self._own_range = True
            self._set_range(low, high - low)

    def _set_range(self, low: int, size: int) -> None:
        view = self._item.view
        view.low = min(max(low, PIANO.low), PIANO.high - size)
        view.high = view.low + size
