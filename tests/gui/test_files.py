"""Opening, dropping and exporting: through the dialogs, beside the window, with trouble in one line."""

from __future__ import annotations

import threading
from pathlib import Path

from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from rnnrbm_live.core.commands import UsePrimer
from rnnrbm_live.core.errors import MidiFileError
from rnnrbm_live.core.export import ExportChoice
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.gui.export_dialog import ExportDialog
from rnnrbm_live.gui.window import MainWindow
from tests.gui.fakes import FakeEngine, FakeFiles, MemoryStore

LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def dialog_of(window: MainWindow, qtbot: QtBot) -> QFileDialog:
    qtbot.waitUntil(lambda: bool(window.findChildren(QFileDialog)))
    (dialog,) = window.findChildren(QFileDialog)
    return dialog


def drop(window: MainWindow, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy = Qt.DropAction.CopyAction
    window.dragEnterEvent(QDragEnterEvent(QPointF(9, 9).toPoint(), copy, mime, LEFT, NO_KEYS))
    assert window.roll.item.dropping
    window.dropEvent(QDropEvent(QPointF(9, 9), copy, mime, LEFT, NO_KEYS))
    assert not window.roll.item.dropping


def test_export_through_the_dialog(
    qtbot: QtBot, window: MainWindow, engine: FakeEngine, files: FakeFiles, store: MemoryStore, tmp_path: Path
) -> None:
    engine.play(8)
    window.bridge.look()
    QTest.keyClick(window.roll, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = window.findChildren(ExportDialog)
    assert dialog.file.parent == tmp_path
    assert dialog.file.name.startswith("RNN-RBM Live ")
    assert dialog.file.suffix == ".mid"
    assert not dialog.isModal()
    qtbot.waitUntil(dialog.path.hasFocus)
    target = tmp_path / "mine.mid"
    dialog.path.selectAll()
    QTest.keyClicks(dialog.path, str(target))
    QTest.keyClick(dialog.path, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Saved" in window.trouble.text)
    assert files.exported == [(target, engine.snapshot.recording)]
    assert files.choices == [ExportChoice(road=0)]
    assert window.trouble.text == f"Saved mine.mid in {tmp_path}"
    window.close()
    assert store.values["exports"] == str(tmp_path)


def test_nothing_to_export_is_said(window: MainWindow, engine: FakeEngine) -> None:
    window.bridge.look()
    assert not window.toolbar.export.isEnabled()
    QTest.keyClick(window.roll, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert "nothing to export" in window.trouble.text
    assert not window.findChildren(ExportDialog)


def test_export_that_fails_is_one_line(
    qtbot: QtBot, window: MainWindow, engine: FakeEngine, files: FakeFiles, tmp_path: Path
) -> None:
    files.trouble = MidiFileError("mine.mid cannot be written: the disk is full")
    window.files.export_to(tmp_path / "mine.mid", engine.snapshot.recording)
    qtbot.waitUntil(window.trouble.isVisible)
    assert window.trouble.text == "Mine.mid cannot be written: the disk is full"
    assert window.trouble.property("level") == "warning"
    window.trouble.dismiss.click()
    assert not window.trouble.isVisible()


def test_export_does_not_hold_up_the_window(
    qtbot: QtBot, window: MainWindow, engine: FakeEngine, files: FakeFiles, tmp_path: Path
) -> None:
    go_on = threading.Event()

    class SlowFiles(FakeFiles):
        def export(self, path: Path, recording: Recording, choice: ExportChoice) -> None:
            assert go_on.wait(10)
            files.export(path, recording, choice)

    object.__setattr__(window.files._services, "export", SlowFiles().export)
    window.files.export_to(tmp_path / "slow.mid", engine.snapshot.recording)
    engine.play(2)
    window.bridge.look()
    assert window.toolbar.play.text() == "Pause"
    assert files.exported == []
    go_on.set()
    qtbot.waitUntil(lambda: bool(files.exported))


def test_primer_through_the_dialog(
    qtbot: QtBot, window: MainWindow, engine: FakeEngine, files: FakeFiles, tmp_path: Path
) -> None:
    QTest.keyClick(window.roll, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    dialog_of(window, qtbot).fileSelected.emit(str(tmp_path / "tune.mid"))
    qtbot.waitUntil(lambda: bool(engine.sent))
    (command,) = engine.sent
    assert isinstance(command, UsePrimer)
    assert (command.name, len(command.roll)) == ("tune.mid", 8)
    assert files.read == [(tmp_path / "tune.mid", 4)]


def test_dropped_file_is_a_primer(qtbot: QtBot, window: MainWindow, engine: FakeEngine, tmp_path: Path) -> None:
    drop(window, tmp_path / "dropped.MID")
    qtbot.waitUntil(lambda: bool(engine.sent))
    assert isinstance(engine.sent[0], UsePrimer)


def test_dropped_picture_is_refused_with_a_word(window: MainWindow, engine: FakeEngine, tmp_path: Path) -> None:
    drop(window, tmp_path / "cat.png")
    assert window.trouble.text == "Cat.png is not a MIDI file: choose one that ends in .mid"
    assert engine.sent == []


def test_broken_primer_is_one_line(
    qtbot: QtBot, window: MainWindow, engine: FakeEngine, files: FakeFiles, tmp_path: Path
) -> None:
    files.trouble = MidiFileError("tune.mid is cut short: export it again")
    window.use_primer(tmp_path / "tune.mid")
    qtbot.waitUntil(window.trouble.isVisible)
    assert "is cut short" in window.trouble.text
    assert engine.sent == []
