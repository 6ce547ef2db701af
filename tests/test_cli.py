"""The command line: what it writes, and bad input in one sentence with exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest

from rnnrbm_live.cli import run
from rnnrbm_live.core.pianoroll import Note, TempoChange
from rnnrbm_live.io.midi_file import Track, read_midi, write_midi
from rnnrbm_live.model.checkpoint import CARD_FILE
from tests.io.test_midi_file import bad_files

ROOT = Path(__file__).parent.parent


@pytest.fixture
def primer(tmp_path: Path) -> Path:
    path = tmp_path / "primer.mid"
    notes = [Note(4 * beat, 4 * beat + 4, pitch) for beat in range(8) for pitch in (60 + beat % 5, 52, 43)]
    write_midi(path, [Track("Primer", notes)], steps_per_beat=4, tempos=(TempoChange(0, 90.0),))
    return path


def generate(out: Path, *options: str) -> bytes:
    assert run(["generate", str(out), "--bars", "4", *options]) == 0
    return out.read_bytes()


def test_the_same_seed_writes_the_same_notes(tmp_path: Path) -> None:
    first = generate(tmp_path / "a.mid", "--seed", "7")
    assert generate(tmp_path / "b.mid", "--seed", "7") == first
    assert generate(tmp_path / "c.mid", "--seed", "8") != first


def test_bars_are_what_was_asked_for(tmp_path: Path) -> None:
    generate(tmp_path / "a.mid", "--seed", "7", "--tempo", "100")
    roll = read_midi(tmp_path / "a.mid", 4)
    assert 3 * 16 < len(roll) <= 4 * 16
    assert roll.tempos[0].bpm == pytest.approx(100.0, abs=0.01)


def test_a_primer_is_written_before_what_follows_from_it(tmp_path: Path, primer: Path) -> None:
    generate(tmp_path / "a.mid", "--primer", str(primer))
    generate(tmp_path / "b.mid", "--primer", str(primer), "--seed", "5")
    rolls = [read_midi(tmp_path / name, 4) for name in ("a.mid", "b.mid")]
    given = read_midi(primer, 4)
    for roll in rolls:
        assert (roll.sounding[:32] == given.sounding).all()
        assert (roll.onsets[:32] == given.onsets).all()
        assert roll.tempos[0].bpm == pytest.approx(90.0, abs=0.01)
    assert rolls[0].notes() != rolls[1].notes()
    marks = [m.text for m in mido.MidiFile(tmp_path / "a.mid").tracks[0] if m.type == "marker"]
    assert marks == ["Primer: primer.mid", "Model took over"]


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    generate(tmp_path / "a.mid", "--picture", str(tmp_path / "roll.png"))
    assert (tmp_path / "roll.png").read_bytes().startswith(b"\x89PNG")


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models"]) == 0
    assert "bach-chorales  16th notes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "x.mid", "--bars", "-1"], "no number of bars"),
        (["generate", "x.mid", "--bars", "many"], "no number of bars"),
        (["generate", "x.mid", "--temperature", "0"], "temperature must be from"),
        (["generate", "x.mid", "--temperature", "nan"], "temperature must be from"),
        (["generate", "x.mid", "--tempo", "0"], "tempo must be from 20 to 300 BPM"),
        (["generate", "x.mid", "--seed", "abc"], "'abc' is not a number"),
        (["generate", "x.mid", "--seed", "-1"], "seed must be from"),
        (["generate", "x.mid", "--model", "nobody"], "there is no model 'nobody'"),
        (["generate", "nowhere/x.mid"], "nowhere/x.mid cannot be written"),
        (["generate", "x.mid", "--primer", "missing.mid"], "missing.mid cannot be read"),
        (["generate"], "OUT.mid"),
        (["train", "nowhere", "--out", "m"], "nowhere does not exist"),
        (["train", "empty", "--out", "m"], "empty holds no MIDI files"),
        (["train", "empty", "--out", "m", "--preset", "best"], "there is no preset 'best'"),
        (["evaluate", "nobody", "empty"], "there is no model 'nobody'"),
        (["evaluate", "bach-chorales", "none.npz"], "none.npz does not exist"),
        (["evaluate", "bach-chorales", "empty"], "empty holds no MIDI files"),
        (["evaluate", "bach-chorales", "empty", "--temperatures", "1"], "no number of temperatures"),
        (["play", "--seconds", "-3"], "no length in seconds"),
        (["play", "--device", "tpu"], "device 'tpu' is not known"),
        (["sing"], "sing"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    try:
        code = run(arguments)
    except SystemExit as ended:  # argparse's way
        code = int(ended.code or 0)
    assert code == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


def test_every_bad_midi_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, words in bad_files(tmp_path).values():
        assert run(["generate", str(tmp_path / "x.mid"), "--primer", str(path)]) == 2
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1


def test_a_damaged_model_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, damage in {
        "empty": {CARD_FILE: b""},
        "not-json": {CARD_FILE: b"{"},
        "list": {CARD_FILE: b"[]"},
        "future": {CARD_FILE: (ROOT / "models/bach-chorales/card.json").read_bytes().replace(b"1", b"9", 1)},
    }.items():
        (tmp_path / name).mkdir()
        for file, data in damage.items():
            (tmp_path / name / file).write_bytes(data)
        assert run(["generate", str(tmp_path / "x.mid"), "--model", str(tmp_path / name)]) == 2
        said = capsys.readouterr().err
        assert str(tmp_path / name) in said
        assert said.count("\n") == 1


def test_without_a_screen_the_window_says_what_to_do_instead() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("QT_QPA_PLATFORM", None)
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "rnnrbm-live play" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_small_training_runs_and_its_model_plays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    songs = tmp_path / "songs" / "deep"
    songs.mkdir(parents=True)
    for song in range(6):
        notes = [Note(4 * beat, 4 * beat + 4, 48 + song + (7 * beat) % 12) for beat in range(24)]
        write_midi(songs / f"{song}.mid", [Track("Song", notes)], steps_per_beat=4)
    (songs / "broken.mid").write_bytes(b"MThd")
    model = tmp_path / "model"
    assert run(["train", str(tmp_path / "songs"), "--preset", "live", "--out", str(model), "--epochs", "2"]) == 0
    said = capsys.readouterr()
    assert "left out deep/broken.mid" in said.err
    assert "epoch 2" in said.err + said.out
    generate(tmp_path / "x.mid", "--model", str(model))


def test_a_small_model_is_trained_on_an_archive_and_evaluated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays = {}
    for split, pieces in (("train", 6), ("valid", 2), ("test", 2)):
        rows = np.zeros((20 * pieces, 88), np.uint8)
        rows[np.arange(len(rows)), 30 + np.arange(len(rows)) % 20] = 1
        arrays |= {f"{split}_bits": np.packbits(rows, axis=1), f"{split}_len": np.full(pieces, 20)}
    np.savez(tmp_path / "scales.npz", **arrays)
    data, models = str(tmp_path / "scales.npz"), {}
    for preset in ("jsb", "jsb-nade"):
        models[preset] = str(tmp_path / preset)
        assert run(["train", data, "--preset", preset, "--out", models[preset], "--epochs", "2"]) == 0
    assert "6 pieces to train on, 2 held out" in capsys.readouterr().out

    assert run(["evaluate", models["jsb-nade"], data, "--json", str(tmp_path / "figures.json")]) == 0
    assert "Quotable: exact." in capsys.readouterr().out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (figures["pieces"], figures["frames"], figures["split"]) == (2, 40, "test pieces")
    assert figures["log_likelihood"]["nats"] < 0

    assert run(["evaluate", models["jsb"], data, "--split", "valid", "--temperatures", "3", "--threads", "2"]) == 0
    said = capsys.readouterr().out
    assert "valid pieces of" in said
    assert "Not quotable: temperatures 3" in said
    assert run(["generate", str(tmp_path / "x.mid"), "--model", models["jsb-nade"]]) == 2
    assert "RNN-NADE" in capsys.readouterr().err
    assert (
        run(["evaluate", models["jsb"], data, "--split", "held-out", "--temperatures", "3"]) == 0
    )  # the card names the valid pieces
