"""Where things are in the roll: steps and pitches against pixels."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QRectF

KEYBOARD_PIXELS = 46.0
NOW_AT = 0.75  # of the width
RULER_PIXELS = 24.0


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


@dataclass(frozen=True, slots=True)
class Geometry:
    """The roll's measures at one size and zoom; unlike a `View` it does not change while music scrolls by.

    Attributes:
        width: of the whole roll, pixels.
        height: of the whole roll, pixels.
        pixels_per_step: zoom in time.
        low: lowest pitch shown.
        high: highest pitch shown, exclusive.
    """

    width: int
    height: int
    pixels_per_step: float
    low: int
    high: int

    @classmethod
    def of(cls, width: float, height: float, view: View) -> Geometry:
        """Measure a view on a surface."""
        return cls(int(width), int(height), view.pixels_per_step, view.low, view.high)

    @property
    def now_x(self) -> float:
        """Left edge of the keyboard: what is played now sounds here."""
        return float(round((self.width - KEYBOARD_PIXELS) * NOW_AT))

    @property
    def row_height(self) -> float:
        """Height of a semitone in pixels."""
        return (self.height - RULER_PIXELS) / (self.high - self.low)

    @property
    def past(self) -> QRectF:
        """Where what sounded is drawn: left of the keyboard."""
        return QRectF(0, 0, self.now_x, self.height)

    @property
    def keyboard(self) -> QRectF:
        """Where the keyboard is drawn, without the ruler above it."""
        return QRectF(self.now_x, RULER_PIXELS, KEYBOARD_PIXELS, self.height - RULER_PIXELS)

    @property
    def future(self) -> QRectF:
        """Where what is coming is drawn: right of the keyboard."""
        left = self.now_x + KEYBOARD_PIXELS
        return QRectF(left, 0, self.width - left, self.height)

    def past_shift(self, view: View) -> float:
        """Where step 0 falls in the past's drawing, pixels."""
        return self.now_x - (view.position - view.scrolled_steps) * self.pixels_per_step

    def past_step(self, x: float, view: View) -> float:
        """Return the step that is drawn at an x of the past."""
        return (x - self.past_shift(view)) / self.pixels_per_step

    @property
    def past_steps(self) -> float:
        """How many steps of the past can be seen at a time."""
        return self.now_x / self.pixels_per_step

    def future_shift(self, view: View) -> float:
        """Where step 0 falls in the drawing of what is coming, pixels."""
        return self.now_x + KEYBOARD_PIXELS - view.position * self.pixels_per_step

    def y_of(self, pitch: int) -> float:
        """Upper edge of a pitch's row."""
        return RULER_PIXELS + (self.high - 1 - pitch) * self.row_height

    def shows(self, pitch: int) -> bool:
        """Return whether a pitch has a row."""
        return self.low <= pitch < self.high

    def key_at(self, x: float, y: float) -> int | None:
        """Return the pitch of the drawn key at a point; None beside the keyboard."""
        if not self.keyboard.contains(x, y):
            return None
        pitch = self.high - 1 - int((y - RULER_PIXELS) / self.row_height)
        return pitch if self.shows(pitch) else None
