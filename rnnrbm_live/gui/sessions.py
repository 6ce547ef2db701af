"""The window of saved sessions: listen, go on, export, delete. The music never stops for it, except to listen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.messages import Level, Notice
from rnnrbm_live.gui.export_dialog import EXPORT_FILTERS, follow_kind, with_suffix
from rnnrbm_live.gui.services import Playback, SessionEntry, SessionShelf
from rnnrbm_live.gui.widgets import Button, over, with_the_text
from rnnrbm_live.gui.work import Tasks

COLUMNS = ("Began", "Length", "Model", "Notes", "")
NUMBERS = (1, 3)
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LOOK_MS = 200


class SessionsWindow(QDialog):
    """Lists what was played, the latest first.

    Signals:
        asked: a `Command` for the engine.
        said: a `Notice`: what was saved, or what went wrong.
        listening: another player is about to sound; the engine should fall silent.
    """

    asked = pyqtSignal(object)
    said = pyqtSignal(object)
    listening = pyqtSignal()

    def __init__(self, parent: QWidget, shelf: SessionShelf, exports_folder: Callable[[], str]) -> None:
        """Build it; `show` it, and it reads the sessions."""
        super().__init__(parent)
        self.setWindowTitle("Sessions")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._shelf = shelf
        self._exports_folder = exports_folder
        self._entries: list[SessionEntry] = []
        self._work = Tasks(lambda sentence: self.said.emit(Notice(sentence))).run
        self._playback: Playback | None = None
        self._closed = False
        self.table = QTableWidget(0, len(COLUMNS))
        self.empty = QLabel("Reading…")
        self.go_on = Button("Go on with it", "Take it up where it ended; the present session stays saved", "continue")
        self.listen = Button("Listen", "Hear it as it sounded; the live music pauses")
        self.export = Button("Export…", "Write it as MIDI, sound or picture")
        self.delete = Button("Delete…", "Delete it for good")
        self._build()
        self.resize(over(parent, with_the_text(860, 440)))
        self._watch = QTimer(self)
        self._watch.timeout.connect(self._show_playback)
        self._read()

    def _build(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(COLUMNS)
        table.setAccessibleName("Saved sessions")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        rows, columns = table.verticalHeader(), table.horizontalHeader()
        assert rows is not None
        assert columns is not None
        rows.hide()
        rows.setDefaultSectionSize(with_the_text(0, 30).height())
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in NUMBERS:
            heading = table.horizontalHeaderItem(column)
            assert heading is not None
            heading.setTextAlignment(RIGHT)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        table.itemSelectionChanged.connect(self._show_choice)
        table.itemActivated.connect(lambda _: self.go_on.click())
        self.empty.setProperty("kind", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(table)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.go_on, self.listen, self.export):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.delete)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(12)
        layout.addLayout(self._stack, 1)
        layout.addLayout(buttons)
        self.go_on.clicked.connect(self._take_up)
        self.listen.clicked.connect(self._listen_or_stop)
        self.export.clicked.connect(self._ask_where_to_export)
        self.delete.clicked.connect(self._ask_before_deleting)
        self._show_choice()

    # --- the list ----------------------------------------------------------------------------------------

    @property
    def chosen(self) -> SessionEntry | None:
        """The session that is selected."""
        rows = {item.row() for item in self.table.selectedItems()}
        return self._entries[rows.pop()] if rows else None

    def _read(self) -> None:
        self._work(self._shelf.entries, self._show)

    def _show(self, entries: list[SessionEntry]) -> None:
        chosen = self.chosen
        self._entries = entries
        self.table.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            number = f"{entry.notes:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if entry.length else ""
            for column, text in enumerate((entry.title, entry.length, entry.model, number, entry.state)):
                item = QTableWidgetItem(text)
                item.setToolTip(text if column == len(COLUMNS) - 1 else str(entry.path))
                if column in NUMBERS:
                    item.setTextAlignment(RIGHT)
                self.table.setItem(row, column, item)
        self.empty.setText("No sessions yet: all that you play is saved here by itself")
        self._stack.setCurrentWidget(self.table if entries else self.empty)
        kept = [row for row, entry in enumerate(entries) if chosen is not None and entry.path == chosen.path]
        if entries:
            self.table.selectRow(kept[0] if kept else 0)
        self._show_choice()

    def _show_choice(self) -> None:
        chosen, playing = self.chosen, self._playback is not None
        usable = chosen is not None and chosen.usable
        self.go_on.setEnabled(usable and not playing)
        self.export.setEnabled(usable)
        self.listen.setEnabled(usable or playing)
        self.listen.setText("Stop" if playing else "Listen")
        self.delete.setEnabled(chosen is not None and chosen.deletable and not playing)

    # --- what the user does ------------------------------------------------------------------------------

    def _take_up(self) -> None:
        if (chosen := self.chosen) is not None and chosen.usable and self._playback is None:
            self._work(lambda: self._shelf.take_up(chosen.path), self._took_up)

    def _took_up(self, command: ask.Command) -> None:
        self.asked.emit(command)
        self.close()

    def _listen_or_stop(self) -> None:
        if self._playback is not None:
            self._playback.stop()
            self._show_playback()
        elif (chosen := self.chosen) is not None:
            self.listening.emit()
            self._work(lambda: self._shelf.listen(chosen.path), self._began)

    def _began(self, playback: Playback) -> None:
        if self._closed:
            playback.stop()
            return
        self._playback = playback
        self._watch.start(LOOK_MS)
        self._show_choice()

    def _show_playback(self) -> None:
        if self._playback is not None and not self._playback.playing:
            self._playback = None
            self._watch.stop()
        self._show_choice()

    def _ask_where_to_export(self) -> None:
        if (chosen := self.chosen) is None:
            return
        dialog = QFileDialog(self, "Export the session", self._exports_folder(), EXPORT_FILTERS)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        follow_kind(dialog)
        dialog.selectFile(f"{chosen.path.stem}.mid")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(
            lambda name: self.export_to(with_suffix(Path(name), dialog.selectedNameFilter()), chosen)
        )
        dialog.open()

    def export_to(self, out: Path, entry: SessionEntry) -> None:
        """Write a session to a file; `said` tells how that went."""
        self._work(
            lambda: self._shelf.export(entry.path, out),
            lambda _: self.said.emit(Notice(f"Saved {out.name} in {out.parent}", Level.INFO)),
        )

    def _ask_before_deleting(self) -> None:
        if (chosen := self.chosen) is None:
            return
        box = QMessageBox(
            QMessageBox.Icon.NoIcon,
            "Delete the session",
            f"Delete the session of {chosen.title}? It cannot be brought back.",
            QMessageBox.StandardButton.Cancel,
            self,
        )
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda button: self.delete_now(chosen) if button is delete else None)
        box.open()

    def delete_now(self, entry: SessionEntry) -> None:
        """Delete a session; `said` tells if that fails."""
        self._work(lambda: self._shelf.delete(entry.path), lambda _: self._read())

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Fall silent."""
        self._closed = True
        self._watch.stop()
        if self._playback is not None:
            self._playback.stop()
            self._playback = None
        super().closeEvent(event)
