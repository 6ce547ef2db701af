"""Training for real: the window's own parts, the process, the model that comes of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import learning as msg
from rnnrbm_live.core.commands import SelectModel
from rnnrbm_live.gui.training import Phase
from rnnrbm_live.gui.training_window import TrainingWindow
from rnnrbm_live.gui.window import MainWindow
from rnnrbm_live.learning.process import Learner, Workshop
from rnnrbm_live.model.library import ModelLibrary
from tests.e2e.servers import wait_for
from tests.gui.fakes import FakeEngine, FakeFiles, MemoryStore, services
from tests.learning.music import TINY, write_music, write_scale

pytestmark = pytest.mark.e2e
PATIENCE_MS = 60_000


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return ModelLibrary((tmp_path / "models",))


@pytest.fixture
def workshop(tmp_path: Path, library: ModelLibrary) -> Workshop:
    return Workshop(tmp_path / "training", tmp_path / "models", lambda: library, TINY)


def test_a_folder_of_music_becomes_a_model_in_the_menu(
    qapp: QApplication,
    qtbot: QtBot,
    workshop: Workshop,
    library: ModelLibrary,
    tmp_path: Path,
) -> None:
    engine = FakeEngine()
    main = MainWindow(engine, services(engine, MemoryStore(), FakeFiles(), tmp_path, workshop=workshop))
    qtbot.addWidget(main)
    main.show()
    main.training_desk.show()
    (dialog,) = main.findChildren(TrainingWindow)
    training = main.training
    dialog.use(write_music(tmp_path / "Scales"))
    qtbot.waitUntil(lambda: training.estimate is not None, timeout=PATIENCE_MS)
    (learner,) = workshop.learners
    assert learner.pid is not None
    if hasattr(os, "SCHED_IDLE"):
        assert os.sched_getscheduler(learner.pid) == os.SCHED_IDLE
    assert os.getpriority(os.PRIO_PROCESS, learner.pid) == 19
    dialog.learn.click()
    dialog.hear.setEnabled(True)
    dialog.hear.click()
    qtbot.waitUntil(lambda: training.phase is Phase.DRAFT, timeout=PATIENCE_MS)
    assert training.trouble == ""
    assert len(dialog.known.values) == len(dialog.unknown.values) == 12
    qtbot.waitUntil(lambda: bool(engine.sent))
    (heard,) = engine.sent[:1]
    assert isinstance(heard, SelectModel)
    library.load(heard.name)
    dialog.name.setText("My scales")
    dialog.keep.click()
    qtbot.waitUntil(lambda: training.phase is Phase.EMPTY)
    assert library.load("My-scales")[0] == "My-scales"
    assert engine.sent[-1] == SelectModel("My-scales")
    main.bridge.look()
    assert "My scales" in [main.toolbar.model.itemText(index) for index in range(main.toolbar.model.count())]
    main.close()
    workshop.close()


def test_closing_saves_what_was_learnt_for_the_next_time(workshop: Workshop, tmp_path: Path) -> None:
    music = tmp_path / "music"
    for index in range(10):
        write_scale(music / f"{index}.mid", 60 + index, bars=40)
    learner = workshop.read(music)
    until(learner, msg.Estimated)
    learner.learn()
    until(learner, msg.Learnt)
    workshop.close()
    assert learner.pid is not None
    assert not Path(f"/proc/{learner.pid}").exists()
    draft = workshop.drafts.draft()
    assert draft is not None
    assert not draft.finished
    assert draft.music == music
    unread = workshop.read(music)
    workshop.close()
    assert unread.poll() == []


def test_a_process_that_dies_is_noticed(workshop: Workshop, tmp_path: Path) -> None:
    learner = workshop.read(write_music(tmp_path / "music"))
    until(learner, msg.Reading)
    assert learner.pid is not None
    os.kill(learner.pid, signal.SIGKILL)
    told = until(learner, msg.Failed)
    assert isinstance(told, msg.Failed)
    assert "ended by itself" in told.reason
    learner.learn()
    learner.stop()
    assert learner.poll() == []
    workshop.close()


def until(learner: Learner, kind: type) -> msg.Told:
    """Return the next thing of a kind that it tells."""
    told: list[msg.Told] = []

    def found() -> bool:
        told.extend(learner.poll())
        return any(isinstance(news, kind) for news in told)

    wait_for(found, PATIENCE_MS / 1000, kind.__name__)
    return next(news for news in told if isinstance(news, kind))
