"""Steps, beats and bars."""

import pytest

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.grid import Meter, Timeline, step_seconds


def test_sixteenths_at_120_bpm_last_an_eighth_of_a_second() -> None:
    assert step_seconds(120, 4) == 0.125


@pytest.mark.parametrize(("text", "steps", "accent"), [("4/4", 16, 4), ("3/4", 12, 4), ("6/8", 12, 6), ("3/8", 6, 4)])
def test_bar_and_accent_lengths(text: str, steps: int, accent: int) -> None:
    meter = Meter.parse(text)
    assert str(meter) == text
    assert (meter.bar_steps(4), meter.accent_steps(4)) == (steps, accent)


@pytest.mark.parametrize("text", ["", "4", "4/", "0/4", "4/3", "-3/4", "x/4"])
def test_what_is_no_time_signature_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        Meter.parse(text)


def test_a_bar_must_be_whole_steps() -> None:
    with pytest.raises(SettingsError, match="7/8"):
        Meter(7, 8).bar_steps(1)


@pytest.mark.parametrize(("meter", "bars"), [("4/4", 2), ("3/4", 4), ("6/8", 4)])
def test_phrases_end_a_beat_before_a_bar_line(meter: str, bars: int) -> None:
    timeline = Timeline(4, Meter.parse(meter), downbeat_step=3)
    length = bars * timeline.bar_steps
    end = 3 + length - 4
    assert [timeline.beats_to_phrase_end(step) for step in (end - 5, end - 4, end - 1)] == [1, 0, 0]
    assert timeline.beats_to_phrase_end(end) == timeline.beats_to_phrase_end(end - length) == length // 4 - 1
    assert timeline.beats_to_phrase_end(end + length - 1) == 0


def test_bars_count_from_the_downbeat() -> None:
    timeline = Timeline(4, Meter(3, 4), downbeat_step=2)
    assert [timeline.bar(step) for step in (-10, 1, 2, 13, 14)] == [0, 0, 1, 1, 2]
    assert [timeline.step_in_bar(step) for step in (1, 2, 13)] == [11, 0, 11]
    assert [timeline.next_bar_step(step) for step in (2, 3, 14)] == [2, 14, 14]
    assert [timeline.next_beat_step(step) for step in (2, 3, 6, 7)] == [2, 6, 6, 10]
