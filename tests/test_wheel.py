"""A wheel, built as pip builds it: all that the program needs at run time, and nothing of the workshop."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parent.parent


def files_of(folder: str) -> set[Path]:
    return {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"}


def test_a_wheel_carries_models_assets_and_desktop_entry(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    names = {Path(name) for name in ZipFile(wheel).namelist()}
    inside = {"rnnrbm_live": files_of("rnnrbm_live"), "models": files_of("models"), "assets": files_of("assets")}
    assert all(inside.values())
    code = inside.pop("rnnrbm_live")
    data = {Path("rnnrbm_live") / path for files in inside.values() for path in files}
    assert code | data == {path for path in names if path.parts[0] == "rnnrbm_live"}
    shared = {Path(*path.parts[2:]) for path in names if path.parts[0].endswith(".data")}
    assert shared == {
        Path("share/applications/rnnrbm-live.desktop"),
        Path("share/icons/hicolor/scalable/apps/rnnrbm-live.svg"),
    }
    assert {path.parts[0] for path in names if path.parts[0] != "rnnrbm_live"} == {
        f"{wheel.name.removesuffix('-py3-none-any.whl')}.{kind}" for kind in ("data", "dist-info")
    }
