"""The window of MIDI controllers: everything that one can move, and which one does."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rnnrbm_live.gui.midi_learn import MidiLearn
from rnnrbm_live.gui.widgets import Button, over, with_the_text

COLUMNS = ("What it moves", "MIDI controller")
WORDS = (
    "Choose a line, press Learn, and move a knob or press a button of any MIDI device that is listened to. A knob takes"
    " over once it has come to where the control stands. The sustain pedal, CC 64, always holds notes."
)


class MidiWindow(QDialog):
    """Lists what can be moved; the music goes on beside it."""

    def __init__(self, parent: QWidget, learn: MidiLearn) -> None:
        """Build it."""
        super().__init__(parent)
        self.setWindowTitle("MIDI controllers")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._midi = learn
        self._names = list(learn.targets)
        self.table = QTableWidget(len(self._names), len(COLUMNS))
        self.words = QLabel(WORDS)
        self.learn = Button("Learn", "The next controller that you move or press is the one (Enter)", "continue")
        self.forget = Button("Forget", "Its controller moves it no more (Delete)")
        self.clear = Button("Forget all", "No controller moves anything any more")
        self._build()
        self.resize(over(parent, with_the_text(520, 560)))
        learn.bound.connect(self._show)
        learn.learning_changed.connect(self._show)
        self._show()

    def _build(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(COLUMNS)
        table.setAccessibleName("MIDI controllers")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        rows, columns = table.verticalHeader(), table.horizontalHeader()
        assert rows is not None
        assert columns is not None
        rows.hide()
        rows.setDefaultSectionSize(with_the_text(0, 30).height())
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(len(COLUMNS)):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for row, name in enumerate(self._names):
            for column, text in enumerate((self._midi.title(name), "")):
                table.setItem(row, column, QTableWidgetItem(text))
        table.selectRow(0)
        table.itemSelectionChanged.connect(self._show)
        table.itemActivated.connect(lambda _: self.learn.click())
        self.words.setWordWrap(True)
        self.words.setProperty("kind", "muted")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.learn, self.forget, self.clear):
            button.setAutoDefault(False)  # Enter in the table would press it a second time
        buttons.addWidget(self.learn)
        buttons.addWidget(self.forget)
        buttons.addStretch(1)
        buttons.addWidget(self.clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(12)
        layout.addWidget(table, 1)
        layout.addWidget(self.words)
        layout.addLayout(buttons)
        self.learn.clicked.connect(self._learn)
        self.forget.clicked.connect(lambda: self._midi.forget(self.chosen))
        self.clear.clicked.connect(self._midi.forget_all)
        QShortcut(QKeySequence(Qt.Key.Key_Delete), table).activated.connect(self.forget.click)

    @property
    def chosen(self) -> str:
        """Name of what is selected."""
        return self._names[self.table.currentRow()]

    def _learn(self) -> None:
        if self._midi.learning is not None:
            self._midi.cancel()
        else:
            self._midi.learn(self.chosen)

    def _show(self) -> None:
        learning, bindings = self._midi.learning, self._midi.bindings
        for row, name in enumerate(self._names):
            controller = bindings.controller(name)
            item = self.table.item(row, 1)
            assert item is not None
            words = controller.words if controller is not None else ""
            item.setText("Move or press it\N{HORIZONTAL ELLIPSIS}" if name == learning else words)
        self.words.setText(self._midi.prompt or WORDS)
        self.learn.setText("Cancel" if learning is not None else "Learn")
        self.forget.setEnabled(bindings.controller(self.chosen) is not None)
        self.clear.setEnabled(any(bindings.controller(name) is not None for name in self._names))
