"""Settings and tapped tempo."""

import pytest

from rnnrbm_live.core.errors import RNNRBMError, SettingsError
from rnnrbm_live.core.settings import RANGES, Settings
from rnnrbm_live.core.tempo import TapTempo


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("tempo_bpm", 0, "tempo must be from 20 to 300 BPM, not 0"),
        ("temperature", 0.0, "temperature"),
        ("temperature", float("nan"), "temperature"),
        ("gibbs_steps", 2.5, "gibbs steps must be a whole number"),
        ("seed", "abc", "seed must be a whole number, not 'abc'"),
        ("velocity", True, "velocity"),
    ],
)
def test_a_value_out_of_range_is_named(name: str, value: object, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        Settings(**{name: value})  # type: ignore[arg-type]  # that it is wrong is the point
    assert isinstance(caught.value, RNNRBMError)
    assert isinstance(caught.value, ValueError)


def test_both_ends_of_every_range_are_allowed() -> None:
    for name, allowed in RANGES.items():
        kind = type(getattr(Settings(), name))
        for end in (allowed.low, allowed.high):
            assert getattr(Settings(**{name: kind(end)}), name) == end


def test_tapping_gives_the_median_tempo() -> None:
    tapping = TapTempo()
    assert tapping.tap(10.0) is None
    tempi = [tapping.tap(10.0 + 0.5 * beat + (0.05 if beat == 3 else 0.0)) for beat in range(1, 7)]
    assert tempi[-1] == pytest.approx(120.0)


def test_a_pause_starts_a_new_tempo() -> None:
    tapping = TapTempo()
    tapping.tap(0.0)
    tapping.tap(1.0)
    assert tapping.tap(5.0) is None
    assert tapping.tap(5.6) == pytest.approx(100.0)


def test_frantic_tapping_stays_in_range() -> None:
    tapping = TapTempo()
    tapping.tap(0.0)
    assert tapping.tap(0.01) == 300
