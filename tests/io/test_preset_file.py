"""Presets on disk: those that ship, what is written and read again, and files that are none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnrbm_live.core.errors import PresetError
from rnnrbm_live.core.presets import OF_THE_PLACE, PRESET_FIELDS, Preset
from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.io.preset_file import FORMAT, PresetFolder, read_preset, write_preset


def test_three_ship_and_differ(tmp_path: Path) -> None:
    shipped = PresetFolder(assets_path() / "presets", tmp_path / "none").presets()
    assert [preset.name for preset in shipped] == ["Calm chorale", "Folk dance", "Wild"]
    calm, folk, wild = (replace(Settings(), **preset.values) for preset in shipped)
    assert calm.temperature < folk.temperature < wild.temperature
    assert calm.tempo_bpm < folk.tempo_bpm < wild.tempo_bpm
    for preset in shipped:
        assert set(preset.values) == {"tempo_bpm", "temperature", "density", "gibbs_steps", "velocity"}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    settings = Settings(tempo_bpm=71.5, temperature=1.07, gibbs_steps=40)
    preset = Preset.of("Ä quiet night", settings)
    write_preset(tmp_path / "new" / "x.json", preset)
    assert read_preset(tmp_path / "new" / "x.json") == preset
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.json"]
    assert preset.matches(settings)
    assert preset.matches(replace(settings, seed=5, piano=False))
    assert not preset.matches(replace(settings, temperature=1.08))


def test_what_belongs_to_the_place_is_in_none() -> None:
    assert {"temperature", "density", "tempo_bpm", "gibbs_steps", "velocity"} <= set(PRESET_FIELDS)
    assert not OF_THE_PLACE & set(PRESET_FIELDS)
    assert set(Settings.__dataclass_fields__) >= OF_THE_PLACE
    with pytest.raises(PresetError, match="'seed'"):
        Preset("X", {"seed": 3})


def test_ones_own_come_after_and_replace_one_of_the_same_name(tmp_path: Path) -> None:
    folder = PresetFolder(assets_path() / "presets", tmp_path)
    folder.keep(Preset("Mine", {"density": 1.0}))
    folder.keep(Preset("Another", {"density": 0.5}))
    folder.keep(Preset("mine", {"density": 2.0}))
    (tmp_path / "broken.json").write_text("{")
    names = [preset.name for preset in folder.presets()]
    assert names == ["Calm chorale", "Folk dance", "Wild", "Another", "mine"]
    assert folder.presets()[-1].values == {"density": 2.0}
    with pytest.raises(PresetError, match="comes with the program"):
        folder.keep(Preset("WILD", {"density": 2.0}))


def written(**changes: Any) -> str:
    return json.dumps({"format": FORMAT, "version": 1, "name": "X", "settings": {"density": 1.0}} | changes)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not a preset"),
        ("MThd\0\0", "is not a preset"),
        ("[1, 2]", "is not a preset"),
        ("[" * 5000, "is not a preset"),
        (" " * 70_000 + written(), "is not a preset"),
        (written(format="other"), "is not a preset"),
        (written(version=2), "later version"),
        (written(name=None), "lacks its name"),
        (written(name=""), "needs a name"),
        (written(name="X" * 41), "needs a name"),
        (written(name="two\nlines"), "needs a name"),
        (written(settings=[]), "lacks its name or its settings"),
        (written(settings={}), "sets nothing"),
        (written(settings={"wobble": 1}), "'wobble'"),
        (written(settings={"density": 99}), "density must be from -4 to 4"),
        (written(settings={"temperature": "hot"}), "temperature must be a number"),
        (written(settings={"gibbs_steps": 2.5}), "gibbs steps must be a whole number"),
        (written(settings={"temperature": float("nan")}), "temperature must be from"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "theirs.json"
    path.write_text(text)
    with pytest.raises(PresetError, match=sentence) as err:
        read_preset(path)
    assert "\n" not in str(err.value)
    assert len(str(err.value)) < 200


def test_places_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="cannot be read"):
        read_preset(tmp_path / "none.json")
    with pytest.raises(PresetError, match="cannot be read"):
        read_preset(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(PresetError, match="cannot be written"):
        write_preset(tmp_path / "file" / "x.json", Preset("X", {"density": 1.0}))
