"""The window in which a model is trained: choose music, look at it, watch and hear what is learnt, keep it or not."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QFontMetrics, QPalette
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QProgressBar,
    QSizePolicy,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rnnrbm_live.core import learning as msg
from rnnrbm_live.core.frame import N_PITCHES
from rnnrbm_live.core.grid import Meter
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.gui.curves import Curve
from rnnrbm_live.gui.files import dropped_file
from rnnrbm_live.gui.preview import Preview
from rnnrbm_live.gui.training import Phase, Training
from rnnrbm_live.gui.training_words import CHOOSE_MUSIC, share_done, state_of
from rnnrbm_live.gui.widgets import MIDDLE, Button, Field, Switch, over, repolish, with_the_text

COLUMNS = ("Piece", "Bars", "Meter", "Key")
WIDEST = {1: "1000", 2: "Meter", 3: "B\N{MUSIC FLAT SIGN} / Gm"}  # of a column; the first one takes the rest
CELL_MARGIN = 13  # pixels beside a cell's text
BARS = 1  # column
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
PROGRESS_PARTS = 1000
DROP_MARGINS = (48, 12, 48, 12)  # pixels


class TrainingWindow(QDialog):
    """Shows a `Training`, and hands on what the user wants of it. Closing it stops nothing."""

    def __init__(self, parent: QWidget, training: Training, remembered: MutableMapping[str, Any]) -> None:
        """Build it, and keep the folder that was looked at last in `remembered`."""
        super().__init__(parent)
        self.setWindowTitle("Train a model")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self._training = training
        self._remembered = remembered
        self._listed: msg.MusicRead | None = None
        self._named: msg.Draft | None = None
        self.title = QLabel()
        self.state = QLabel()
        self.trouble = QLabel()
        self.drop = QFrame()
        self.progress = QProgressBar()
        self.table = QTableWidget(0, len(COLUMNS))
        self.preview = Preview()
        self.known = Curve(
            "How well it knows this music",
            "Reconstruction of the music that it learns, in nats per frame: nearer to 0 is better",
            unit="nats",
            role=QPalette.ColorRole.Highlight,
        )
        self.unknown = Curve(
            "How well it guesses what it has not heard",
            "Share of the notes of held-out pieces that one draw hits, given what came before: higher is better, "
            "and half of them is a lot",
            unit="%",
            role=QPalette.ColorRole.Link,
        )
        self.hear = Switch(
            "Hear it", "The live music goes on with what has been learnt so far, and again whenever there is more"
        )
        self.name = Field()
        self.choose = Button("Choose a folder…", CHOOSE_MUSIC, "continue")
        self.learn = Button("Train", "Learn from these pieces, beside the music (Enter)", "continue")
        self.other = Button("Other folder…", "Choose other music")
        self.cancel = Button("Cancel", "Read no further")
        self.stop = Button("Stop", "Stop learning; what was reached is saved, to be gone on with, kept or discarded")
        self.keep = Button("Keep", "Put the model among yours, under this name (Enter)", "continue")
        self.go_on = Button("Go on", "Go on learning where it was stopped")
        self.discard = Button("Discard…", "Delete what was learnt")
        self._build()
        self.resize(over(parent, with_the_text(820, 520)))
        self._follow_user()
        training.changed.connect(self._show)
        self._show()

    # --- assembling --------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.title.setProperty("kind", "title")
        for label, kind in ((self.state, "muted"), (self.trouble, "alarm")):
            label.setProperty("kind", kind)
            label.setWordWrap(True)
        self.title.setWordWrap(True)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress.setRange(0, PROGRESS_PARTS)
        self.progress.setTextVisible(False)
        self.name.setAccessibleName("Name of the model")
        self.name.setToolTip("Name under which the model will be found")
        self.name.setMaxLength(60)
        self._pages = QStackedLayout()
        for page in (self._empty_page(), self._reading_page(), self._music_page(), self._curves_page()):
            self._pages.addWidget(page)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.hear, 0, MIDDLE)
        buttons.addWidget(self.name, 1, MIDDLE)
        for button in (self.keep, self.go_on, self.learn, self.other):
            buttons.addWidget(button, 0, MIDDLE)
        self._push = QWidget()
        buttons.addWidget(self._push, 1)
        for button in (self.stop, self.cancel, self.discard):
            buttons.addWidget(button, 0, MIDDLE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(10)
        layout.addWidget(self.title)
        layout.addWidget(self.state)
        layout.addWidget(self.progress)
        layout.addLayout(self._pages, 1)
        layout.addWidget(self.trouble)
        layout.addLayout(buttons)
        for button in self.findChildren(Button):
            button.setAutoDefault(False)
        self.setMinimumSize(720, 420)

    def _empty_page(self) -> QWidget:
        self.drop.setObjectName("drop")
        words = QLabel("Drop a folder of MIDI files here")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint = QLabel(
            "Twenty pieces or more of one kind are best. Training takes a quarter of an hour or more, beside the "
            "music, which does not stop for it. Nothing leaves this computer."
        )
        hint.setWordWrap(True)
        hint.setProperty("kind", "muted")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self.drop)
        layout.setContentsMargins(*DROP_MARGINS)
        layout.setSpacing(14)
        layout.addStretch(1)
        layout.addWidget(words)
        layout.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(hint)
        layout.addStretch(1)
        return self.drop

    def _reading_page(self) -> QWidget:
        page = QLabel("All tracks of a file become one piece on a grid of 16th notes; drums are left out")
        page.setProperty("kind", "muted")
        page.setWordWrap(True)
        page.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return page

    def _music_page(self) -> QWidget:
        table = self.table
        table.setHorizontalHeaderLabels(COLUMNS)
        table.setAccessibleName("Pieces that were found")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        rows, columns = table.verticalHeader(), table.horizontalHeader()
        heading = table.horizontalHeaderItem(BARS)
        assert rows is not None
        assert columns is not None
        assert heading is not None
        rows.hide()
        rows.setDefaultSectionSize(with_the_text(0, 28).height())
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heading.setTextAlignment(RIGHT)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, text in WIDEST.items():
            advance = QFontMetrics(QApplication.font()).horizontalAdvance(text)
            table.setColumnWidth(column, advance + 2 * CELL_MARGIN)
        page = QWidget()
        layout = QHBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(table, 3)
        layout.addWidget(self.preview, 2)
        return page

    def _curves_page(self) -> QWidget:
        page = QWidget()
        layout = QHBoxLayout(page)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(24)
        layout.addWidget(self.known, 1)
        layout.addWidget(self.unknown, 1)
        return page

    def _follow_user(self) -> None:
        training = self._training
        self.choose.clicked.connect(self._ask_for_music)
        self.other.clicked.connect(self._ask_for_music)
        self.learn.clicked.connect(training.learn)
        self.cancel.clicked.connect(training.give_up)
        self.stop.clicked.connect(training.stop)
        self.go_on.clicked.connect(training.go_on)
        self.keep.clicked.connect(lambda: training.keep(self.name.text()))
        self.discard.clicked.connect(self._ask_before_discarding)
        self.hear.toggled.connect(training.set_hearing)
        self.name.textChanged.connect(self._show_name_trouble)
        self.table.itemSelectionChanged.connect(self._show_preview)
        self.finished.connect(self._take_down)

    def _take_down(self) -> None:
        self._training.changed.disconnect(self._show)
        for curve in (self.known, self.unknown):
            curve.close_plot()

    # --- what the training says --------------------------------------------------------------------------

    def _show(self) -> None:
        training, phase = self._training, self._training.phase
        learning, draft = phase in (Phase.LEARNING, Phase.STOPPING), phase is Phase.DRAFT
        self.title.setText("Train a model on your own music" if phase is Phase.EMPTY else training.name)
        self.state.setText(state_of(training))
        self.trouble.setText(training.trouble[:1].upper() + training.trouble[1:])
        self.trouble.setVisible(bool(training.trouble))
        pages = {Phase.EMPTY: 0, Phase.READING: 1, Phase.FOUND: 2}
        self._pages.setCurrentIndex(pages.get(phase, 3))
        self.progress.setVisible(phase is Phase.READING or learning)
        self.progress.setValue(round(PROGRESS_PARTS * share_done(training)))
        for widget, shown in (
            (self.learn, phase is Phase.FOUND),
            (self.other, phase is Phase.FOUND),
            (self.cancel, phase is Phase.READING),
            (self.stop, learning),
            (self.name, draft),
            (self.keep, draft),
            (self.go_on, draft and training.draft is not None and not training.draft.finished),
            (self.discard, draft),
            (self.hear, learning or draft),
            (self._push, not draft),
        ):
            widget.setVisible(shown)
        self.stop.setEnabled(phase is Phase.LEARNING)
        self.hear.setEnabled(training.hearable)
        self.hear.blockSignals(True)
        self.hear.setChecked(training.hearing)
        self.hear.blockSignals(False)
        self.choose.setDefault(phase is Phase.EMPTY)
        self.learn.setDefault(phase is Phase.FOUND)
        self.keep.setDefault(draft)
        self._list_music(training.music if phase is Phase.FOUND else None)
        self._show_curves()
        if draft and training.draft is not self._named:
            self._named = training.draft
            self.name.setText(training.name)
            self.name.selectAll()
            self.name.setFocus()
        self._show_name_trouble()

    def _show_name_trouble(self) -> None:
        """Say why the name cannot be used, as soon as it cannot."""
        if self._training.phase is Phase.DRAFT:
            trouble = self._training.trouble_with(self.name.text())
            self.keep.setEnabled(not trouble)
            told = self._training.trouble or trouble
            self.trouble.setText(told[:1].upper() + told[1:])
            self.trouble.setVisible(bool(told))

    def _show_curves(self) -> None:
        training = self._training
        shown = training.learnt if training.learnt is not None else training.draft
        shown = shown if shown is not None else msg.Learnt(0, 1, 0.0, (), (), 0.0)
        monitors, accuracies, done, passes = shown.monitors, shown.accuracies, shown.passes_done, shown.passes
        kept = len(monitors) == done  # a finished draft has its last figures only
        begins = "The curve begins after two passes over the music" if kept else "The curve was not saved"
        self.known.show_values(monitors, passes, empty=begins)
        none_held_out = "Too few pieces to hold any out" if done and not accuracies else begins
        self.unknown.show_values([100 * accuracy for accuracy in accuracies], passes, empty=none_held_out)

    def _list_music(self, music: msg.MusicRead | None) -> None:
        if music is self._listed:
            return
        self._listed = music
        pieces, left_out = (music.pieces, music.left_out) if music is not None else ((), ())
        self.table.clearSpans()
        self.table.setRowCount(len(pieces) + len(left_out))
        for row, piece in enumerate(pieces):
            for column, text in enumerate((piece.name, str(piece.bars), piece.meter, piece.key)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if column == BARS:
                    item.setTextAlignment(RIGHT)
                self.table.setItem(row, column, item)
        muted = self.palette().placeholderText()
        for row, left in enumerate(left_out, start=len(pieces)):
            for column, text in enumerate((left.name, f"left out: {left.reason}")):
                item = QTableWidgetItem(text)
                item.setToolTip(left.reason)
                item.setForeground(muted)
                self.table.setItem(row, column, item)
            self.table.setSpan(row, 1, 1, len(COLUMNS) - 1)
        if pieces:
            self.table.selectRow(0)
            self.table.setFocus()

    def _show_preview(self) -> None:
        rows = {item.row() for item in self.table.selectedItems()}
        music = self._listed
        if music is None or not rows:
            self.preview.show_words("")
            return
        row = rows.pop()
        if row >= len(music.pieces):
            reason = music.left_out[row - len(music.pieces)].reason
            self.preview.show_words(f"Left out: {reason}")
            return
        piece = music.pieces[row]
        bits = np.unpackbits(piece.opening, axis=1)  # (T, 176)
        roll = PianoRoll(bits[:, :N_PITCHES], bits[:, N_PITCHES:], music.steps_per_beat)
        self.preview.show_roll(roll, Meter.parse(piece.meter).bar_steps(music.steps_per_beat))

    # --- what the user does ------------------------------------------------------------------------------

    def _ask_for_music(self) -> None:
        known = self._remembered.get("music")
        folder = known if isinstance(known, str) and Path(known).is_dir() else str(Path.home())
        dialog = QFileDialog(self, "Choose a folder of MIDI files", folder)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.use(Path(chosen)))
        dialog.open()

    def use(self, path: Path) -> None:
        """Read a folder of music."""
        if not path.is_dir():
            self._training.refuse(f"{path.name} is a file: choose the folder that it lies in")
            return
        self._remembered["music"] = str(path.parent)
        self._training.choose(path)

    def _ask_before_discarding(self) -> None:
        box = QMessageBox(
            QMessageBox.Icon.NoIcon,
            "Discard the model",
            f"Discard what was learnt from {self._training.name}? It cannot be brought back.",
            QMessageBox.StandardButton.Cancel,
            self,
        )
        discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda button: self._training.discard() if button is discard else None)
        box.open()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Accept a folder or a file, while music can be chosen."""
        assert event is not None
        if dropped_file(event.mimeData()) is not None and not self._training.busy:
            event.acceptProposedAction()
            self._show_dropping(over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:
        """Forget it."""
        self._show_dropping(over=False)

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Read the folder."""
        assert event is not None
        self._show_dropping(over=False)
        path = dropped_file(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.use(path)

    def _show_dropping(self, *, over: bool) -> None:
        self.drop.setProperty("over", "true" if over else "false")
        repolish(self.drop)
