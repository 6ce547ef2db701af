"""The window in which models are trained, over a workshop that tells what a test says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import learning as msg
from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.gui.training import Phase, Training
from rnnrbm_live.gui.training_window import TrainingWindow
from rnnrbm_live.gui.widgets import Button
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine, FakeFiles, FakeLearner, FakeWorkshop, MemoryStore, chorale, services
from tests.gui.test_look import SIZES, clipped, overlapping

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
MONITORS, ACCURACIES = (-20.0, -9.0, -5.5), (0.05, 0.2, 0.3125)


@pytest.fixture
def workshop() -> FakeWorkshop:
    return FakeWorkshop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Waltzes"
    folder.mkdir()
    return folder


@pytest.fixture
def main(
    qapp: QApplication, qtbot: QtBot, engine: FakeEngine, store: MemoryStore, workshop: FakeWorkshop, tmp_path: Path
) -> MainWindow:
    window = MainWindow(engine, services(engine, store, FakeFiles(), tmp_path, workshop=workshop))
    window.bridge.stop()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window


@pytest.fixture
def dialog(main: MainWindow) -> TrainingWindow:
    return opened(main)


def opened(main: MainWindow) -> TrainingWindow:
    main.training_desk.show()
    (dialog,) = main.findChildren(TrainingWindow)
    return dialog


def found(folder: Path, *, left_out: tuple[msg.LeftOut, ...] = (), pieces: int = 3, bars: int = 90) -> msg.MusicRead:
    music = chorale()
    opening = PianoRoll.from_frames([next(music).frame for _ in range(64)], 4)
    bits = np.packbits(opening.bits(with_onsets=True), axis=1)
    keys = ("G / Em", "G / Em", "D / Bm")
    return msg.MusicRead(
        folder,
        tuple(msg.PieceRead(f"{index}.mid", bars, "3/4", keys[index % 3], bits) for index in range(pieces)),
        left_out,
        held_out=1,
        steps_per_beat=4,
    )


def draft(folder: Path, *, finished: bool = False) -> msg.Draft:
    if finished:
        return msg.Draft(folder.name, folder, 65, 65, True, MONITORS[-1:], ACCURACIES[-1:])
    return msg.Draft(folder.name, folder, 3, 65, False, MONITORS, ACCURACIES)


def tell(main: MainWindow, workshop: FakeWorkshop, *news: msg.Told) -> FakeLearner:
    learner = workshop.learners[-1]
    learner.news = list(news)
    main.training.look()
    return learner


def learning(main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path) -> FakeLearner:
    dialog.use(folder)
    tell(main, workshop, found(folder), msg.Estimated(65, 780.0))
    dialog.learn.click()
    return tell(main, workshop, msg.Written(0), msg.Learnt(3, 65, 0.05, MONITORS, ACCURACIES, 540.0))


def shown(dialog: TrainingWindow) -> set[str]:
    names = ("choose", "learn", "other", "cancel", "stop", "keep", "go_on", "discard", "hear", "name", "progress")
    return {name for name in names if getattr(dialog, name).isVisible()}


def test_it_opens_by_menu_and_toolbar_once(main: MainWindow) -> None:
    QTest.keyClick(main.roll, Qt.Key.Key_T, CONTROL_SHIFT)
    main.toolbar.train.click()
    assert len(main.findChildren(TrainingWindow)) == 1
    (dialog,) = main.findChildren(TrainingWindow)
    assert not dialog.isModal()
    assert shown(dialog) == {"choose"}
    assert "folder of MIDI files" in dialog.state.text()


def test_from_a_folder_to_a_model_that_is_kept(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path, qtbot: QtBot
) -> None:
    dialog.use(folder)
    assert workshop.read_folders == [folder]
    assert shown(dialog) == {"cancel", "progress"}
    tell(main, workshop, msg.Reading(12, 48))
    assert dialog.state.text() == "Reading 12 of 48 files"
    assert dialog.progress.value() == 250

    tell(main, workshop, found(folder, left_out=(msg.LeftOut("bad.mid", "bad.mid is cut short: export it again"),)))
    assert shown(dialog) == {"learn", "other"}
    first, second = dialog.state.text().split("\n")
    assert first == ("3 pieces, 270 bars; 2 in G / Em, 1 other key; 1 held out to test it; 1 file left out, see below")
    assert second == "Finding out how long it would take…"
    tell(main, workshop, msg.Estimated(65, 780.0))
    assert "about 13 minutes" in dialog.state.text()

    QTest.keyClick(dialog.table, Qt.Key.Key_Return)  # nothing needs to be decided but this
    assert workshop.learners[-1].asked == ["learn"]
    assert shown(dialog) == {"stop", "hear", "progress"}
    tell(main, workshop, msg.Written(0), msg.Learnt(3, 65, 0.05, MONITORS, ACCURACIES, 540.0))
    assert dialog.state.text() == "Pass 4 of 65 over the music, about 9 minutes left"
    assert dialog.known.values == MONITORS
    assert dialog.known.last == "\N{MINUS SIGN}5.50 nats"
    assert dialog.unknown.values == pytest.approx([5, 20, 31.25])
    assert main.toolbar.train.text() == "5 %"

    workshop.waiting = draft(folder, finished=True)
    tell(main, workshop, msg.Learnt(65, 65, 1.0, MONITORS, ACCURACIES, 0.0), msg.Ended())
    assert shown(dialog) == {"keep", "discard", "hear", "name"}
    assert dialog.name.text() == "Waltzes"
    assert dialog.name.hasFocus()
    assert main.toolbar.train.text() == "Train…"
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: main.training.phase is Phase.EMPTY)
    assert shown(dialog) == {"choose"}
    assert "Waltzes is kept" in main.trouble.text
    assert "Waltzes" in [main.toolbar.model.itemText(index) for index in range(main.toolbar.model.count())]


def test_the_table_shows_pieces_and_why_others_are_left_out(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path
) -> None:
    dialog.use(folder)
    tell(main, workshop, found(folder, left_out=(msg.LeftOut("bad.mid", "bad.mid is cut short"),)))
    cells = [[item.text() if (item := dialog.table.item(row, c)) else "" for c in range(4)] for row in range(4)]
    assert cells[0] == ["0.mid", "90", "3/4", "G / Em"]
    assert cells[3] == ["bad.mid", "left out: bad.mid is cut short", "", ""]
    assert len(dialog.preview.notes) > 10
    dialog.table.selectRow(3)
    assert dialog.preview.notes == []
    assert dialog.preview.words == "Left out: bad.mid is cut short"


def test_trouble_is_one_line_and_another_folder_can_be_chosen(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path, tmp_path: Path
) -> None:
    dialog.use(folder)
    tell(main, workshop, msg.Failed("Waltzes holds no MIDI files (.mid): give another folder"))
    assert dialog.trouble.text() == "Waltzes holds no MIDI files (.mid): give another folder"
    assert shown(dialog) == {"choose"}
    (tmp_path / "a.mid").write_bytes(b"")
    dialog.use(tmp_path / "a.mid")
    assert dialog.trouble.text() == "A.mid is a file: choose the folder that it lies in"
    dialog.use(folder)
    assert not dialog.trouble.isVisible()
    workshop.trouble = CheckpointError("no process can be started: close other programs")
    main.training.give_up()
    dialog.use(folder)
    assert dialog.trouble.text() == "No process can be started: close other programs"


def test_cancelling_and_choosing_again_let_go_of_the_process(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path
) -> None:
    dialog.use(folder)
    dialog.cancel.click()
    assert workshop.learners[-1].asked == ["let go"]
    assert main.training.phase is Phase.EMPTY
    dialog.use(folder)
    tell(main, workshop, found(folder))
    dialog.use(folder)
    assert workshop.learners[1].asked == ["let go"]
    assert main.training.phase is Phase.READING


def test_stopping_leaves_a_draft_to_go_on_with(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path
) -> None:
    learner = learning(main, dialog, workshop, folder)
    dialog.stop.click()
    assert learner.asked == ["learn", "stop"]
    assert dialog.state.text() == "Saving what was learnt"
    assert not dialog.stop.isEnabled()
    workshop.waiting = draft(folder)
    tell(main, workshop, msg.Ended())
    assert shown(dialog) == {"keep", "go_on", "discard", "hear", "name"}
    assert dialog.state.text() == "Stopped after 3 of 65 passes: go on, or keep it as it is"
    dialog.go_on.click()
    assert [gone_on.passes_done for gone_on in workshop.gone_on] == [3]
    tell(main, workshop, found(folder))
    assert main.training.phase is Phase.LEARNING, "unasked: it was asked before"
    assert workshop.learners[-1].asked == []


def test_a_draft_is_not_lost_to_other_music(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path
) -> None:
    learning(main, dialog, workshop, folder)
    dialog.use(folder)
    assert main.training.phase is Phase.LEARNING
    workshop.waiting = draft(folder)
    tell(main, workshop, msg.Failed("the disk is full: make room"))
    assert main.training.phase is Phase.DRAFT
    assert dialog.trouble.text() == "The disk is full: make room"
    dialog.use(folder)
    assert len(workshop.learners) == 1


def test_a_name_that_is_taken_is_told_before(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path, qtbot: QtBot
) -> None:
    learning(main, dialog, workshop, folder)
    workshop.waiting = draft(folder)
    tell(main, workshop, msg.Ended())
    dialog.name.setText("bach-chorales")
    assert dialog.trouble.text() == "There is a model called bach-chorales already"
    assert not dialog.keep.isEnabled()
    dialog.name.setText("mine")
    assert not dialog.trouble.isVisible()
    workshop.trouble = CheckpointError("models cannot be written: make room there")
    dialog.keep.click()
    qtbot.waitUntil(dialog.trouble.isVisible)
    assert dialog.trouble.text() == "Models cannot be written: make room there"
    assert main.training.phase is Phase.DRAFT


def test_discarding_asks_without_stopping_anything(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path, qtbot: QtBot
) -> None:
    learning(main, dialog, workshop, folder)
    workshop.waiting = draft(folder)
    tell(main, workshop, msg.Ended())
    dialog.discard.click()
    (box,) = dialog.findChildren(QMessageBox)
    assert box.windowModality() is not Qt.WindowModality.ApplicationModal
    next(button for button in box.buttons() if button.text() == "Discard").click()
    qtbot.waitUntil(lambda: main.training.phase is Phase.EMPTY)
    assert workshop.waiting is None
    assert dialog.known.values == ()


def test_it_is_heard_as_it_learns_and_what_played_comes_back(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, engine: FakeEngine, folder: Path, qtbot: QtBot
) -> None:
    def sent() -> list[str]:
        return [command.name for command in engine.sent if isinstance(command, ask.SelectModel)]

    dialog.use(folder)
    tell(main, workshop, found(folder))
    dialog.learn.click()
    assert not dialog.hear.isEnabled()
    tell(main, workshop, msg.Written(0))
    dialog.hear.click()
    qtbot.waitUntil(lambda: sent() == ["heard-1"])
    engine.change(model="heard-1")
    tell(main, workshop, msg.Written(2))
    qtbot.waitUntil(lambda: sent() == ["heard-1", "heard-2"])
    tell(main, workshop, msg.Written(2))  # within the same pass: not again
    dialog.hear.click()
    assert sent() == ["heard-1", "heard-2", "bach-chorales"]
    tell(main, workshop, msg.Written(3))
    assert workshop.copies == 2

    dialog.hear.click()
    qtbot.waitUntil(lambda: len(sent()) == 4)
    main.toolbar.model_chosen.emit("folk-tunes")
    assert not dialog.hear.isChecked(), "the user has chosen something else"
    assert sent()[-1] == "folk-tunes"


def test_a_copy_that_comes_too_late_is_not_heard(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, engine: FakeEngine, folder: Path, qtbot: QtBot
) -> None:
    learning(main, dialog, workshop, folder)
    dialog.hear.click()
    dialog.hear.click()
    qtbot.waitUntil(lambda: workshop.copies == 1)
    qtbot.wait(50)
    assert engine.sent == []


@pytest.mark.parametrize("end", ["keep", "discard"])
def test_what_is_heard_at_the_end(
    main: MainWindow,
    dialog: TrainingWindow,
    workshop: FakeWorkshop,
    engine: FakeEngine,
    folder: Path,
    qtbot: QtBot,
    end: str,
) -> None:
    learning(main, dialog, workshop, folder)
    dialog.hear.click()
    qtbot.waitUntil(lambda: engine.sent == [ask.SelectModel("heard-1")])
    workshop.waiting = draft(folder, finished=True)
    tell(main, workshop, msg.Ended())
    if end == "keep":
        dialog.keep.click()
    else:
        main.training.discard()
    qtbot.waitUntil(lambda: main.training.phase is Phase.EMPTY)
    assert engine.sent[1:] == [ask.SelectModel("Waltzes" if end == "keep" else "bach-chorales")]
    assert not main.training.hearing


def test_it_goes_on_while_its_window_is_closed(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path, qtbot: QtBot
) -> None:
    learner = learning(main, dialog, workshop, folder)
    dialog.close()
    qtbot.waitUntil(lambda: not main.findChildren(TrainingWindow))
    assert "let go" not in learner.asked
    tell(main, workshop, msg.Learnt(30, 65, 0.46, MONITORS, ACCURACIES, 300.0))
    assert main.toolbar.train.text() == "46 %"
    workshop.waiting = draft(folder, finished=True)
    tell(main, workshop, msg.Ended())
    assert main.trouble.text == "Waltzes is learnt; the model waits to be kept"
    main.trouble.act.click()
    assert shown(opened(main)) == {"keep", "discard", "hear", "name"}
    assert not main.trouble.isVisible()


def test_closing_the_program_lets_go_and_asks_nothing(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path
) -> None:
    learner = learning(main, dialog, workshop, folder)
    main.close()
    assert not main.isVisible()
    assert not dialog.isVisible()
    assert learner.asked == ["learn", "let go"]


def test_what_an_earlier_run_left_is_offered(
    qapp: QApplication, qtbot: QtBot, engine: FakeEngine, workshop: FakeWorkshop, folder: Path, tmp_path: Path
) -> None:
    workshop.waiting = draft(folder)
    main = MainWindow(engine, services(engine, MemoryStore(), FakeFiles(), tmp_path, workshop=workshop))
    main.bridge.stop()
    qtbot.addWidget(main)
    main.show()
    assert main.trouble.text == "Waltzes is learnt up to pass 3 of 65; the model waits to be kept"
    main.trouble.act.click()
    (dialog,) = main.findChildren(TrainingWindow)
    assert shown(dialog) == {"keep", "go_on", "discard", "hear", "name"}
    assert dialog.known.values == MONITORS
    assert dialog.hear.isEnabled()


def drop(window: QWidget, path: Path) -> bool:
    """Drop a path; return whether the window takes it."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(9, 9), copy, mime, LEFT, NO_KEYS)
    enter.ignore()
    window.dragEnterEvent(enter)
    window.dropEvent(QDropEvent(QPointF(9, 9), copy, mime, LEFT, NO_KEYS))
    return enter.isAccepted()


def test_folders_can_be_dropped_on_either_window(
    main: MainWindow, workshop: FakeWorkshop, folder: Path, store: MemoryStore
) -> None:
    assert drop(main, folder)
    (dialog,) = main.findChildren(TrainingWindow)
    tell(main, workshop, found(folder))
    assert drop(dialog, folder)
    assert workshop.read_folders == [folder, folder]
    tell(main, workshop, found(folder))
    dialog.learn.click()
    assert not drop(dialog, folder)
    assert len(workshop.learners) == 2
    main.close()
    assert store.values["music"] == str(folder.parent)


def test_the_dialog_for_a_folder_stops_nothing(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path
) -> None:
    dialog.choose.click()
    (chooser,) = dialog.findChildren(QFileDialog)
    assert chooser.windowModality() is not Qt.WindowModality.ApplicationModal
    chooser.fileSelected.emit(str(folder))
    assert workshop.read_folders == [folder]
    chooser.close()


@pytest.mark.parametrize("percent", [80, 100, 200])
@pytest.mark.parametrize("phase", ["empty", "reading", "found", "learning", "draft", "finished"])
def test_nothing_is_clipped(main: MainWindow, workshop: FakeWorkshop, folder: Path, phase: str, percent: int) -> None:
    main.look.set_text(percent)
    main.resize(*SIZES[0])
    QApplication.processEvents()
    dialog = opened(main)
    long = msg.LeftOut("a file with a long name.mid", "meter 17/16 is not among " + "4/4, " * 30)
    if phase in ("reading", "found"):
        dialog.use(folder)
        tell(main, workshop, msg.Reading(1234, 12345))
    if phase == "found":
        tell(main, workshop, found(folder, left_out=(long,) * 3, pieces=30), msg.Estimated(65, 60000.0))
    if phase in ("learning", "draft", "finished"):
        learning(main, dialog, workshop, folder)
    if phase in ("draft", "finished"):
        workshop.waiting = draft(folder, finished=phase == "finished")
        tell(main, workshop, msg.Ended())
        dialog.name.setText("bach-chorales")
    if percent == 200:
        assert dialog.width() <= SIZES[0][0]
        assert dialog.height() <= SIZES[0][1]
    else:
        dialog.resize(dialog.minimumSize())
    for _ in range(3):
        QApplication.processEvents()
    assert list(clipped(dialog)) == []
    assert list(overlapping(dialog)) == []
    for button in dialog.findChildren(Button):
        if button.isVisible():
            assert button.height() >= button.sizeHint().height(), button.text()
            assert dialog.rect().contains(button.rect().translated(button.mapTo(dialog, QPoint(0, 0))))
    for button in dialog.findChildren(QWidget):
        if button.isVisible() and button.focusPolicy() & Qt.FocusPolicy.TabFocus and button.accessibleName():
            assert button.toolTip() or button is dialog.table


@pytest.mark.parametrize("size", SIZES[:2], ids=str)
def test_the_toolbar_has_room_for_it(
    main: MainWindow, dialog: TrainingWindow, workshop: FakeWorkshop, folder: Path, size: tuple[int, int]
) -> None:
    main.resize(*size)
    learning(main, dialog, workshop, folder)
    tell(main, workshop, msg.Learnt(65, 65, 1.0, MONITORS, ACCURACIES, 0.0))
    QApplication.processEvents()
    assert list(clipped(main.toolbar)) == []
    assert list(overlapping(main.toolbar)) == []


def test_a_training_object_looks_at_its_process_by_itself(
    qtbot: QtBot, main: MainWindow, workshop: FakeWorkshop, folder: Path
) -> None:
    training = Training(workshop, main)
    training.choose(folder)
    workshop.learners[-1].news = [msg.Reading(1, 2)]
    qtbot.waitUntil(lambda: training.reading == msg.Reading(1, 2))
