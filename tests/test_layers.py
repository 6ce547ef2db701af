"""The code's own rules, as tests: layers, types, lint, and what the way to the first note may import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def tool(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output


def test_layers_know_only_those_below() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_are_strict() -> None:
    tool("mypy")


def test_lint() -> None:
    tool("ruff", "check", ".")


def test_format() -> None:
    tool("ruff", "format", "--check", ".")


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("rnnrbm_live.player.child", {"torch", "PyQt6", "rnnrbm_live.engine", "rnnrbm_live.model"}),
        ("rnnrbm_live.engine.generator", {"torch", "PyQt6", "mido", "rtmidi"}),
        ("rnnrbm_live.headless", {"torch", "PyQt6"}),
        ("rnnrbm_live.learning.process", {"torch", "PyQt6", "mido"}),
        ("rnnrbm_live.app", {"torch", "PyQt6"}),
        ("rnnrbm_live.gui.window", {"torch", "mido", "rtmidi", "miniaudio"}),
    ],
)
def test_what_importing_brings_in(module: str, forbidden: set[str]) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert forbidden.isdisjoint(done.stdout.split())


def test_the_project_speaks_of_no_machine_but_the_users() -> None:
    """No absolute paths of a developer's machine in anything that is tracked."""
    words = [f"/{top}/" for top in ("work", "home", "Users", "root")]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    texts = [
        ROOT / name for name in listed.stdout.split("\0") if name.endswith((".py", ".md", ".toml", ".json", ".sh"))
    ]
    found = [
        path.name
        for path in texts
        if path.exists() and path != Path(__file__) and any(word in path.read_text(encoding="utf-8") for word in words)
    ]
    assert found == []
