"""What becomes of a model that was trained: kept under a name, heard, discarded."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnrbm_live.core.errors import CheckpointError, SettingsError
from rnnrbm_live.core.pianoroll import Note, PianoRoll
from rnnrbm_live.learning.child import lock_of
from rnnrbm_live.learning.curves import CURVES_FILE, save_curves
from rnnrbm_live.learning.drafts import HEARD_KEPT, DraftShelf, file_name
from rnnrbm_live.model.checkpoint import load_card, save_card
from rnnrbm_live.model.corpus import build_corpus
from rnnrbm_live.model.library import ModelLibrary
from rnnrbm_live.model.train import train
from tests.learning.music import TINY


@pytest.fixture
def shelf(tmp_path: Path) -> DraftShelf:
    models = tmp_path / "models"
    return DraftShelf(tmp_path / "training", models, lambda: ModelLibrary((models,)))


def make_draft(shelf: DraftShelf, *, passes: int | None = None) -> None:
    """Train a draft, whole or up to a pass."""
    rolls = [PianoRoll.from_notes([Note(4 * i, 4 * i + 4, 60 + i) for i in range(16)], 4)]
    corpus = build_corpus(rolls, ["a"], TINY, seed=0)
    done: list[int] = []
    train(
        corpus,
        TINY,
        shelf.path,
        name="My tunes",
        data_facts={"source": "music/My tunes"},
        progress=lambda progress: done.append(progress.epoch if progress.epoch_ended else 0),
        should_stop=lambda: done[-1] == passes,
    )


def test_there_is_none_at_first(shelf: DraftShelf) -> None:
    assert shelf.draft() is None
    shelf.discard()


def test_a_stopped_one_says_how_far_it_came(shelf: DraftShelf) -> None:
    make_draft(shelf, passes=2)
    draft = shelf.draft()
    assert draft is not None
    assert (draft.name, draft.music, draft.finished) == ("My tunes", Path("music/My tunes"), False)
    assert (draft.passes_done, draft.passes, len(draft.monitors)) == (2, 4, 2)


def test_a_finished_one_has_its_curves(shelf: DraftShelf) -> None:
    make_draft(shelf)
    save_curves(shelf.path, [-3.0, -2.0, -1.5, -1.25], [0.1, 0.2, 0.25, 0.3])
    draft = shelf.draft()
    assert draft is not None
    assert (draft.finished, draft.passes_done) == (True, 4)
    assert (draft.monitors, draft.accuracies) == ((-3.0, -2.0, -1.5, -1.25), (0.1, 0.2, 0.25, 0.3))


@pytest.mark.parametrize("saved", [None, "", "{}", "[]", '{"monitors": 1, "accuracies": []}'])
def test_without_readable_curves_it_has_its_last_figures(shelf: DraftShelf, saved: str | None) -> None:
    make_draft(shelf)
    if saved is not None:
        (shelf.path / CURVES_FILE).write_text(saved)
    draft = shelf.draft()
    assert draft is not None
    assert (draft.finished, draft.passes_done, len(draft.monitors), draft.accuracies) == (True, 4, 1, ())


def test_while_it_is_being_trained_it_is_not_offered(shelf: DraftShelf) -> None:
    make_draft(shelf, passes=1)
    with lock_of(shelf.path):
        assert shelf.draft() is None
    assert shelf.draft() is not None


def test_a_damaged_one_is_not_offered(shelf: DraftShelf) -> None:
    make_draft(shelf)
    (shelf.path / "card.json").write_text("{")
    assert shelf.draft() is None


@pytest.mark.parametrize("passes", [None, 2], ids=["finished", "stopped"])
def test_keeping_puts_it_among_the_models(shelf: DraftShelf, tmp_path: Path, passes: int | None) -> None:
    make_draft(shelf, passes=passes)
    save_curves(shelf.path, [-1.0], [])
    shelf.copy_to_hear()
    choice = shelf.keep(" My own tunes ")
    assert (choice.name, choice.title, choice.summary) == ("My-own-tunes", "My own tunes", "16th notes")
    kept = tmp_path / "models" / "My-own-tunes"
    assert sorted(path.name for path in kept.iterdir()) == ["card.json", "model.safetensors"]
    assert load_card(kept).name == "My-own-tunes"
    assert ModelLibrary((tmp_path / "models",)).load("My-own-tunes")[0] == "My-own-tunes"
    assert shelf.draft() is None
    assert not (tmp_path / "training" / "heard").exists()


def test_names_that_cannot_be_used_are_told_before(shelf: DraftShelf) -> None:
    make_draft(shelf)
    shelf.keep("jazz")
    make_draft(shelf)
    assert shelf.trouble_with("Jazz") == "There is a model called Jazz already"
    assert shelf.trouble_with(" .. ") == "Give it a name"
    assert shelf.trouble_with("Jazz 2") == ""
    with pytest.raises(SettingsError, match="choose another name"):
        shelf.keep("JAZZ")
    assert shelf.draft() is not None


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Jazz", "Jazz"),
        ("a/b\\c: d?", "a-b-c-d"),
        ("../../x", "x"),
        ("  ", ""),
        ("Übung\n3.", "Übung-3"),
        ("x" * 99, "x" * 60),
    ],
)
def test_names_become_folders_on_any_system(name: str, folder: str) -> None:
    assert file_name(name) == folder


def test_copies_to_hear_say_how_far_it_was_and_are_few(shelf: DraftShelf) -> None:
    make_draft(shelf, passes=2)
    copy = shelf.copy_to_hear()
    assert copy.name == "My-tunes-after-2"
    before = (copy / "model.safetensors").read_bytes()
    (shelf.path / "model.safetensors").write_bytes(b"newer")
    assert (shelf.copy_to_hear() / "model.safetensors").read_bytes() == before, "what may be playing is not changed"
    for epochs in range(3, 9):
        card = load_card(shelf.path)
        save_card(shelf.path, type(card)(card.name, card.config, card.data, {**card.training, "epochs_done": epochs}))
        assert shelf.copy_to_hear().name == f"My-tunes-after-{epochs}"
    copies = sorted(path.name for path in copy.parent.iterdir())
    assert len(copies) == HEARD_KEPT
    assert copies[-1] == "My-tunes-after-8"


def test_discarding_leaves_nothing(shelf: DraftShelf) -> None:
    make_draft(shelf)
    shelf.copy_to_hear()
    shelf.discard()
    assert shelf.draft() is None
    assert [path for path in shelf.path.parent.iterdir() if path.is_dir()] == []


def test_a_place_that_cannot_be_written_is_one_sentence(shelf: DraftShelf, tmp_path: Path) -> None:
    make_draft(shelf, passes=2)
    (tmp_path / "models").write_text("in the way")
    before = shelf.draft()
    with pytest.raises(CheckpointError, match="cannot be written"):
        shelf.keep("jazz")
    assert shelf.draft() == before is not None
