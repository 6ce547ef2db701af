"""What the process that trains tells, run in a thread of the test: reading, learning, stopping, going on, trouble."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from rnnrbm_live.core import learning as msg
from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.learning import child
from rnnrbm_live.learning.child import ChildSetup, lock_of, teach
from rnnrbm_live.learning.curves import load_curves
from rnnrbm_live.model.checkpoint import TRAINING_FILE, load_card, load_live_model, load_weights
from rnnrbm_live.model.presets import with_length_for
from tests.learning.music import TINY, write_music, write_scale

SECONDS = 30.0


class Pupil:
    """The other end of `teach`."""

    def __init__(self, music: Path, draft: Path, *, resume: bool = False) -> None:
        ours, theirs = multiprocessing.Pipe()
        self.pipe: Connection[msg.Asked, msg.Told] = ours
        self.told: list[msg.Told] = []
        setup = ChildSetup(music, draft, TINY, resume)
        self._thread = threading.Thread(target=teach, args=(theirs, setup), daemon=True)
        self._thread.start()

    def until(self, *kinds: type) -> msg.Told:
        """Return the next thing of a kind that it tells."""
        while self.pipe.poll(SECONDS):
            self.told.append(self.pipe.recv())
            if isinstance(self.told[-1], kinds):
                return self.told[-1]
        raise AssertionError(f"{kinds} was not told, but {self.told}")

    def of_kind(self, kind: type) -> list[msg.Told]:
        return [told for told in self.told if isinstance(told, kind)]

    def join(self) -> None:
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    return write_music(tmp_path / "Scales of mine")


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    return tmp_path / "training" / "draft"


@pytest.fixture
def pupils() -> Iterator[Callable[..., Pupil]]:
    """Makes pupils, and sees that all of them end."""
    made: list[Pupil] = []

    def make(music: Path, draft: Path, *, resume: bool = False) -> Pupil:
        made.append(Pupil(music, draft, resume=resume))
        return made[-1]

    yield make
    for pupil in made:
        pupil.pipe.close()
        pupil.join()


def test_it_tells_what_it_found(pupils: Callable[..., Pupil], music: Path, draft: Path) -> None:
    pupil = pupils(music, draft)
    found = pupil.until(msg.MusicRead)
    assert isinstance(found, msg.MusicRead)
    assert pupil.of_kind(msg.Reading)[-1] == msg.Reading(7, 7)
    assert [piece.name for piece in found.pieces] == [f"scales/{index}.mid" for index in range(5)]
    assert [piece.bars for piece in found.pieces] == [4, 5, 6, 7, 8]
    assert found.bars == 30
    assert [(piece.key, piece.meter) for piece in found.pieces[:2]] == [("C / Am", "4/4"), ("D♭ / B♭m", "4/4")]
    assert found.held_out == 1
    assert [left.name for left in found.left_out] == ["broken.mid", "odd.mid"]
    assert "5/4" in found.left_out[1].reason
    bits = np.unpackbits(found.pieces[0].opening, axis=1)
    assert bits.shape == (64, 176)
    assert (np.flatnonzero(bits[0]) - [0, 88]).tolist() == [39, 39]  # C4 sounds and is struck
    estimated = pupil.until(msg.Estimated)
    assert isinstance(estimated, msg.Estimated)
    assert estimated.passes == 12  # little music is read three times as often as the preset says
    assert estimated.seconds > 0
    assert not draft.exists()


def test_it_learns_and_leaves_a_model(pupils: Callable[..., Pupil], music: Path, draft: Path) -> None:
    pupil = pupils(music, draft)
    pupil.until(msg.Estimated)
    pupil.pipe.send(msg.Learn())
    assert pupil.until(msg.Written) == msg.Written(0)
    pupil.until(msg.Ended)
    learnt = [told for told in pupil.told if isinstance(told, msg.Learnt)]
    assert [told.passes_done for told in learnt] == sorted(told.passes_done for told in learnt)
    assert (learnt[-1].passes_done, learnt[-1].passes, learnt[-1].done) == (12, 12, 1.0)
    assert len(learnt[-1].monitors) == len(learnt[-1].accuracies) == 12
    assert pupil.of_kind(msg.Written)[-1] == msg.Written(12)
    load_live_model(draft).initial_state(0)
    card = load_card(draft)
    assert (card.name, card.data["source"]) == ("Scales of mine", str(music))
    assert not (draft / TRAINING_FILE).exists()
    assert load_curves(draft) == (learnt[-1].monitors, learnt[-1].accuracies)


@pytest.mark.parametrize("how", ["asked", "left alone"])
def test_it_saves_when_it_is_stopped_and_goes_on_as_if_it_had_not(
    pupils: Callable[..., Pupil], music: Path, draft: Path, tmp_path: Path, how: str
) -> None:
    whole = pupils(music, tmp_path / "whole")
    whole.until(msg.Estimated)
    whole.pipe.send(msg.Learn())
    whole.until(msg.Ended)

    pupil = pupils(music, draft)
    pupil.until(msg.Estimated)
    pupil.pipe.send(msg.Learn())
    pupil.until(msg.Learnt)
    if how == "asked":
        pupil.pipe.send(msg.StopLearning())
        pupil.until(msg.Ended)
    pupil.pipe.close()
    pupil.join()
    assert (draft / TRAINING_FILE).exists()
    done = load_card(draft).training["epochs_done"]
    assert done < 12

    again = pupils(music, draft, resume=True)
    again.until(msg.Ended)
    assert again.of_kind(msg.Estimated) == []
    last = again.of_kind(msg.Learnt)[-1]
    assert isinstance(last, msg.Learnt)
    assert len(last.monitors) == 12
    config = load_card(draft).config
    first, second = load_weights(tmp_path / "whole", config), load_weights(draft, config)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_it_reads_no_further_when_nobody_waits(pupils: Callable[..., Pupil], music: Path, draft: Path) -> None:
    pupil = pupils(music, draft)
    pupil.pipe.close()
    pupil.join()
    assert not draft.exists()


@pytest.mark.parametrize("case", ["empty", "short", "only odd meters", "gone"])
def test_music_that_gives_nothing_is_one_sentence(
    pupils: Callable[..., Pupil], tmp_path: Path, draft: Path, case: str
) -> None:
    folder = tmp_path / "music"
    match case:
        case "empty":
            folder.mkdir()
        case "short":
            write_scale(folder / "a.mid", 60, bars=3)
        case "only odd meters":
            write_scale(folder / "a.mid", 60, bars=30, meter=(7, 4))
    told = pupils(folder, draft).until(msg.Failed)
    assert isinstance(told, msg.Failed)
    expected = {
        "empty": "holds no MIDI files",
        "short": "holds 3 bars of music that can be learnt, which is too little: 16 are the least",
        "only odd meters": "no piece is left to train on .*7/4",
        "gone": "does not exist",
    }
    assert np.size(told.reason.splitlines()) == 1
    with pytest.raises(CheckpointError, match=expected[case]):
        raise CheckpointError(told.reason)


def test_a_full_disk_in_the_middle_is_one_sentence_and_leaves_what_was_saved(
    pupils: Callable[..., Pupil], music: Path, draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rnnrbm_live.model.checkpoint as checkpoint

    saved, real = [0], checkpoint.save_file

    def save_file(arrays: dict[str, np.ndarray], path: Path, metadata: dict[str, str]) -> None:
        saved[0] += 1
        if saved[0] > 4:  # two files at the beginning and after the first update
            path.write_bytes(b"half")
            raise checkpoint.SafetensorError("I/O error: No space left on device (os error 28)")
        real(arrays, path, metadata=metadata)

    monkeypatch.setattr(checkpoint, "save_file", save_file)
    monkeypatch.setattr(child, "SECONDS_BETWEEN_SAVES", 0.0)
    pupil = pupils(music, draft)
    pupil.until(msg.Estimated)
    pupil.pipe.send(msg.Learn())
    told = pupil.until(msg.Failed, msg.Ended)
    assert isinstance(told, msg.Failed)
    assert "No space left on device" in told.reason
    assert sorted(path.name for path in draft.iterdir()) == ["card.json", "model.safetensors", TRAINING_FILE]
    load_live_model(draft)


def test_only_one_program_trains_at_a_time(pupils: Callable[..., Pupil], music: Path, draft: Path) -> None:
    draft.parent.mkdir()
    with lock_of(draft):
        pupil = pupils(music, draft)
        pupil.until(msg.Estimated)
        pupil.pipe.send(msg.Learn())
        told = pupil.until(msg.Failed)
    assert isinstance(told, msg.Failed)
    assert "another window" in told.reason


def test_the_length_suits_the_amount_of_music() -> None:
    from rnnrbm_live.model.presets import LIVE, StagedPreset

    def passes(preset: StagedPreset, *lengths: int) -> int:
        return with_length_for(preset, lengths).epochs

    chorales = [219] * 328
    assert passes(LIVE, *chorales) == pytest.approx(LIVE.epochs, rel=0.05)
    assert passes(LIVE, *chorales * 2) == pytest.approx(LIVE.epochs / 2, rel=0.05)
    assert passes(LIVE, 300) == 3 * LIVE.epochs
    assert passes(LIVE, *chorales * 100) == LIVE.epochs // 8
    assert passes(LIVE, 64 * 1400) == 10  # a single piece is read on a single lane
