"""The entry for the desktop's menu, and what a wheel carries of it."""

from __future__ import annotations

import tomllib
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PyQt6.QtWidgets import QApplication

from rnnrbm_live.core.resources import assets_path

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SHARED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]


@pytest.fixture
def entry() -> dict[str, str]:
    parser = ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # keys are told apart by case
    parser.read(assets_path() / "rnnrbm-live.desktop")
    return dict(parser["Desktop Entry"])


def test_the_entry_starts_what_is_installed(entry: dict[str, str]) -> None:
    assert entry["Type"] == "Application"
    assert entry["Name"] == "RNN-RBM Live"
    assert entry["Exec"] in PROJECT["project"]["scripts"]
    assert entry["Terminal"] == "false"
    assert entry["Categories"].endswith(";")
    assert {"AudioVideo", "Audio"} <= set(entry["Categories"].split(";")), "Audio wants AudioVideo beside it"


def test_the_window_belongs_to_the_entry(qapp: QApplication, entry: dict[str, str]) -> None:
    assert QApplication.desktopFileName() == entry["StartupWMClass"] == "rnnrbm-live"
    assert not qapp.windowIcon().isNull()


def test_a_wheel_carries_entry_and_icon_where_desktops_look(entry: dict[str, str]) -> None:
    places = {Path(source): Path(place) for source, place in SHARED.items()}
    assert all((ROOT / source).is_file() for source in places)
    assert Path("share/applications/rnnrbm-live.desktop") in places.values()
    (icon,) = [place for place in places.values() if place.suffix == ".svg"]
    assert icon == Path("share/icons/hicolor/scalable/apps") / f"{entry['Icon']}.svg"


def test_the_icon_is_a_square_drawing() -> None:
    root = ElementTree.parse(assets_path() / "icon.svg").getroot()
    assert root.attrib["width"] == root.attrib["height"]
