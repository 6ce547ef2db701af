"""The export dialog: what it offers, what it hands on, what it remembers, and that it asks before it overwrites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from rnnrbm_live.core.export import ExportChoice
from rnnrbm_live.gui.export_dialog import ExportDialog
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine, FakeFiles, MemoryStore
from tests.gui.test_commands import choose
from tests.gui.test_look import SIZES, clipped


def opened(window: MainWindow, engine: FakeEngine) -> ExportDialog:
    if not engine.snapshot.recording.end_steps:
        engine.play(5 * 16)
    window.bridge.look()
    window.toolbar.export.click()
    return window.findChildren(ExportDialog)[-1]


@pytest.fixture
def dialog(window: MainWindow, engine: FakeEngine, qtbot: QtBot) -> ExportDialog:
    return opened(window, engine)


def test_the_bars_of_the_session_are_offered(dialog: ExportDialog) -> None:
    assert (dialog.first.minimum(), dialog.first.value(), dialog.last.value(), dialog.last.maximum()) == (1, 1, 5, 5)
    assert not dialog.first.isEnabled()
    assert dialog.choice == ExportChoice(road=0)


def test_some_bars_are_a_range_that_cannot_be_turned_over(dialog: ExportDialog) -> None:
    choose(dialog.region, 1)
    dialog.first.setFocus()
    dialog.first.selectAll()
    QTest.keyClicks(dialog.first, "3")
    QTest.keyClick(dialog.first, Qt.Key.Key_Tab)
    assert dialog.choice.bars == (3, 5)
    dialog.last.setValue(2)
    assert dialog.choice.bars == (2, 2)
    dialog.first.setValue(4)
    assert dialog.choice.bars == (4, 4)


def test_kind_and_name_follow_one_another(dialog: ExportDialog, tmp_path: Path) -> None:
    choose(dialog.kind, 1)
    assert dialog.path.text().endswith(".wav")
    assert not dialog.tracks.isEnabled()
    dialog.path.setText(str(tmp_path / "roll.png"))
    assert dialog.kind.currentData() == ".png"
    dialog.path.setText(str(tmp_path / "no 17.40"))
    assert dialog.file == tmp_path / "no 17.40.png"
    choose(dialog.kind, 0)
    assert dialog.file == tmp_path / "no 17.40.mid"
    assert dialog.tracks.isEnabled()
    dialog.path.setText("   ")
    assert not dialog.export.isEnabled()


def test_choices_are_handed_on_and_remembered(
    dialog: ExportDialog,
    window: MainWindow,
    engine: FakeEngine,
    files: FakeFiles,
    store: MemoryStore,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    for box in (dialog.region, dialog.tracks, dialog.timing):
        choose(box, 1)
    dialog.last.setValue(3)
    dialog.path.setText(str(tmp_path / "x.mid"))
    dialog.export.click()
    qtbot.waitUntil(lambda: bool(files.choices))
    wanted = ExportChoice(road=0, bars=(1, 3), together=True, quantised=True)
    assert files.choices == [wanted]
    again = opened(window, engine)
    assert again is not dialog
    assert again.choice == ExportChoice(road=0, bars=(1, 5), together=True, quantised=True), (
        "bars are those of the session"
    )
    again.close()
    window.close()
    assert store.values["export"] == {"kind": ".mid", "some bars": True, "together": True, "quantised": True}


@pytest.mark.parametrize("remembered", [[1], "x", {"kind": 7, "together": "yes", "quantised": None}])
def test_nonsense_that_was_remembered_is_ignored(window: MainWindow, engine: FakeEngine, remembered: Any) -> None:
    window._remembered["export"] = remembered
    dialog = opened(window, engine)
    assert dialog.choice == ExportChoice(road=0)
    assert dialog.kind.currentData() == ".mid"


def test_a_file_that_is_there_is_asked_about(
    dialog: ExportDialog, files: FakeFiles, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "x.mid").write_text("mine")
    dialog.path.setText(str(tmp_path / "x"))
    dialog.export.click()
    assert files.exported == []
    assert dialog.export.text() == "Replace"
    assert "x.mid is there already" in dialog.notice.text()
    assert dialog.isVisible()
    dialog.path.setText(str(tmp_path / "y"))
    assert dialog.export.text() == "Export", "another name is another question"
    dialog.path.setText(str(tmp_path / "x.mid"))
    dialog.export.click()
    dialog.export.click()
    qtbot.waitUntil(lambda: [path for path, _ in files.exported] == [tmp_path / "x.mid"])


def test_a_file_chosen_in_the_other_dialog_is_not_asked_about_twice(
    dialog: ExportDialog, files: FakeFiles, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "x.wav").write_text("mine")
    dialog.browse.click()
    (other,) = dialog.findChildren(QFileDialog)
    other.fileSelected.emit(str(tmp_path / "x.wav"))
    other.close()
    assert dialog.kind.currentData() == ".wav"
    dialog.export.click()
    qtbot.waitUntil(lambda: bool(files.exported))


def test_cancel_and_escape_write_nothing(dialog: ExportDialog, files: FakeFiles, qtbot: QtBot) -> None:
    assert not dialog.isModal()
    QTest.keyClick(dialog.path, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert files.exported == []


@pytest.mark.parametrize("percent", [80, 100, 200])
def test_nothing_is_clipped(window: MainWindow, engine: FakeEngine, percent: int, tmp_path: Path) -> None:
    window.look.set_text(percent)
    dialog = opened(window, engine)
    (tmp_path / "x.mid").write_text("mine")
    dialog.path.setText(str(tmp_path / "x.mid")[-20:])
    assert list(clipped(dialog)) == []


@pytest.mark.parametrize("percent", [80, 100, 200])
def test_it_fits_a_small_window(window: MainWindow, engine: FakeEngine, percent: int) -> None:
    window.look.set_text(percent)
    window.trouble.hide()
    window.resize(*SIZES[0])
    QApplication.processEvents()
    dialog = opened(window, engine)
    dialog.region.setCurrentIndex(1)
    dialog.path.setText("x.mid")
    QApplication.processEvents()
    assert dialog.width() <= SIZES[0][0]
    assert dialog.height() <= SIZES[0][1]
    assert list(clipped(dialog)) == []
    dialog.resize(dialog.width(), 300)  # it scrolls
    QApplication.processEvents()
    for button in (dialog.cancel, dialog.export):
        assert dialog.rect().contains(button.geometry())
        assert button.height() >= button.sizeHint().height()
