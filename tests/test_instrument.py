"""Settings that outlive a run."""

import json

from rnnrbm_live.core.settings import Settings
from rnnrbm_live.instrument import restored_settings, settings_to_remember


def test_every_setting_comes_back_from_the_file() -> None:
    settings = Settings(tempo_bpm=77.5, scale="blues", muted=(60, 61), forced=(72,), restrike=True, duet_place="below")
    assert restored_settings(Settings(), json.loads(json.dumps(settings_to_remember(settings)))) == settings


def test_what_does_not_fit_is_left_out() -> None:
    remembered = {"tempo_bpm": 1e9, "muted": [[]], "forced": ["C"], "scale": [], "velocity": 33}
    assert restored_settings(Settings(), remembered) == Settings(velocity=33)
