"""A piano-roll as a picture, without a window (Pillow)."""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw

from rnnrbm_live.core.errors import MidiFileError
from rnnrbm_live.core.export import EVERYTHING, ExportChoice, chosen_notes, nothing_to_export
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.pitch import is_black, pitch_name
from rnnrbm_live.core.recording import Music
from rnnrbm_live.io.whole_file import whole_file

GROUND, BLACK_ROW, LINE, BAR_LINE, TEXT = "#0d1015", "#11151b", "#1d242e", "#2e3846", "#8792a2"
COLOURS = {Source.MODEL: "#f0b03f", Source.PLAYER: "#56b4e9", Source.PRIMER: "#4cc9a0"}
STEP_PIXELS = 12
ROW_PIXELS = 10
MARGIN_PIXELS = 40
WIDEST_PIXELS = 16_000


def draw_recording(path: Path, recording: Music, choice: ExportChoice = EVERYTHING) -> None:
    """Draw what sounded, one colour for each who played, and write it as PNG.

    Raises:
        MidiFileError: if there is nothing to draw, or the file cannot be written.
    """
    notes = chosen_notes(recording, choice)
    if not notes:
        raise MidiFileError(nothing_to_export(path.name, choice))
    low = max(0, min(note.pitch for note in notes) - 3)
    high = min(128, max(note.pitch for note in notes) + 4)
    first, end = choice.span_steps(recording.timeline) or (0, math.ceil(max(note.end_steps for note in notes)))
    steps = end - first
    scale = min(STEP_PIXELS, (WIDEST_PIXELS - MARGIN_PIXELS) / steps)
    width, height = round(steps * scale) + MARGIN_PIXELS + 8, (high - low) * ROW_PIXELS + MARGIN_PIXELS
    image = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(image)

    def x_at(step: float) -> float:
        return MARGIN_PIXELS + (step - first) * scale

    def y_at(pitch: int) -> int:
        return (high - 1 - pitch) * ROW_PIXELS

    for pitch in range(low, high):
        if is_black(pitch):
            draw.rectangle((MARGIN_PIXELS, y_at(pitch), width, y_at(pitch) + ROW_PIXELS - 1), fill=BLACK_ROW)
        if pitch % 12 == 0:
            draw.line((MARGIN_PIXELS, y_at(pitch) + ROW_PIXELS, width, y_at(pitch) + ROW_PIXELS), fill=BAR_LINE)
            draw.text((8, y_at(pitch) - 1), pitch_name(pitch), fill=TEXT)
    timeline = recording.timeline
    for step in range(first, end + 1, timeline.steps_per_beat):
        downbeat = timeline.step_in_bar(step) == 0
        draw.line((x_at(step), 0, x_at(step), height - MARGIN_PIXELS), fill=BAR_LINE if downbeat else LINE)
        if downbeat:
            draw.text((x_at(step) + 3, height - MARGIN_PIXELS + 6), str(timeline.bar(step)), fill=TEXT)
    for note in notes:
        right = max(x_at(note.start_steps) + 2, x_at(note.end_steps) - 2)
        box = (x_at(note.start_steps), y_at(note.pitch) + 1, right, y_at(note.pitch) + ROW_PIXELS - 2)
        draw.rounded_rectangle(box, radius=2, fill=COLOURS[note.source])
    try:
        with whole_file(path) as place:
            image.save(place, format="PNG")
    except OSError as err:
        raise MidiFileError(f"{path} cannot be written ({err.strerror or err}): choose another place") from err
