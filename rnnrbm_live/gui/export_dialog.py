"""What to export and where to: a window beside the music, that stops nothing and remembers the last choices."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QFileDialog, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from rnnrbm_live.core.export import ExportChoice, bars_of
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.gui.widgets import MIDDLE, Button, Choice, Field, PlainArea, WholeBox, muted, over

EXPORT_KINDS = {".mid": "MIDI file", ".wav": "Sound of the built-in piano", ".png": "Picture of the roll"}
EXPORT_FILTERS = ";;".join(f"{title} (*{suffix})" for suffix, title in EXPORT_KINDS.items())
KIND_OF_SUFFIX = {suffix: suffix for suffix in EXPORT_KINDS} | {".midi": ".mid"}
LABELS = ("Kind", "Road", "What", "Tracks", "Your notes", "File")
ALL_ROADS = -1


class ExportDialog(QDialog):
    """Asks for kind, road (where there are several), bars, tracks, timing and file.

    Signals:
        chosen: (`Path`, `ExportChoice`).
    """

    chosen = pyqtSignal(object, object)

    def __init__(
        self,
        parent: QWidget,
        recording: Recording,
        road: int,
        folder: Path,
        remembered: MutableMapping[str, Any],
        bars: tuple[int, int] | None = None,
    ) -> None:
        """Ask about a recording, and a road of it first, in the way that was chosen last.

        Args:
            parent: the window that it lies over.
            recording: what sounded.
            road: of it, to begin with.
            folder: where to write, to begin with.
            remembered: what was chosen last, and what is chosen now.
            bars: the first and the last one that are selected; None for no selection.
        """
        super().__init__(parent)
        self.setWindowTitle("Export the session")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._recording = recording
        self._remembered = remembered
        self._asked_about: Path | None = None
        self.kind = Choice("Kind", "What to write; the name's ending says it too")
        self.road = Choice("Road", "Which way the music took, from its beginning, or all of them one after the other")
        self.region = Choice("What", "Everything that was played, or some bars of it")
        self.first, self.last = WholeBox("First bar", 1, 1), WholeBox("Last bar", 1, 1)
        self.tracks = Choice("Tracks", "Whether the model's notes and yours are apart, in a MIDI file")
        self.timing = Choice("Your notes", "Whether what you played stays as it was, or moves to the grid")
        self.path = Field()
        self.path.setAccessibleName("File")
        self.path.setToolTip("Where to write; .mid, .wav or .png says what")
        self.browse = Button("Browse…", "Choose the place")
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.export = Button("Export", "Write the file; the music goes on meanwhile (Enter)", "default")
        self.cancel = Button("Cancel", "Write nothing (Esc)")
        self._offer(remembered)
        self._offer_roads(road)
        if bars:
            self.first.setValue(bars[0])
            self.last.setValue(bars[1])
            self.region.setCurrentIndex(self.region.findData(True))
        name = f"RNN-RBM Live {datetime.now():%Y-%m-%d %H.%M}{self.kind.currentData()}"
        self.path.setText(str(folder / name))
        self._build()
        self._follow()
        self._show_what_matters()
        self.ensurePolished()
        self.resize(over(parent, self.sizeHint()))

    def _offer(self, remembered: MutableMapping[str, Any]) -> None:
        kind = remembered.get("kind")
        self.kind.offer(
            [(f"{title} ({suffix})", suffix) for suffix, title in EXPORT_KINDS.items()],
            kind if kind in EXPORT_KINDS else ".mid",
        )
        self.region.offer([("Everything", False), ("Some bars", True)], remembered.get("some bars") is True)
        self.tracks.offer(
            [("Model and you on two tracks", False), ("All on one track", True)], remembered.get("together") is True
        )
        self.timing.offer([("As you played them", False), ("On the grid", True)], remembered.get("quantised") is True)

    def _offer_roads(self, road: int) -> None:
        roads = self._recording.roads.all
        entries = [(known.name, number) for number, known in enumerate(roads)]
        self.road.offer([*entries, ("All, as they were heard", ALL_ROADS)], road)
        self._offer_bars()

    def _offer_bars(self) -> None:
        number = self.road.currentData()
        first, last = bars_of(self._recording if number == ALL_ROADS else self._recording.on_road(number))
        for box, value in ((self.first, first), (self.last, last)):
            box.setRange(first, last)
            box.setValue(value)

    def _build(self) -> None:
        self.path.setMinimumWidth(360)
        bars = QHBoxLayout()
        bars.setSpacing(8)
        bars.addWidget(self.region, 1, MIDDLE)
        self._between = [muted("bars"), muted("to")]
        for widget in (self._between[0], self.first, self._between[1], self.last):
            bars.addWidget(widget, 0, MIDDLE)
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self.path, 1, MIDDLE)
        place.addWidget(self.browse, 0, MIDDLE)
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        rows: list[QWidget | QHBoxLayout] = [self.kind, self.road, bars, self.tracks, self.timing, place]
        for row, (title, answer) in enumerate(zip(LABELS, rows, strict=True)):
            if answer is self.road and len(self._recording.roads.all) == 1:
                continue
            grid.addWidget(muted(title), row, 0)
            if isinstance(answer, QWidget):
                grid.addWidget(answer, row, 1)
            else:
                grid.addLayout(answer, row, 1)
        grid.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.notice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        buttons.addWidget(self.notice, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 22, 18)
        layout.setSpacing(16)
        layout.addWidget(PlainArea(inside), 1)
        layout.addLayout(buttons)
        self.export.setDefault(True)
        self.path.setFocus()
        self.path.selectAll()

    def _follow(self) -> None:
        self.kind.activated.connect(self._kind_chosen)
        self.road.activated.connect(self._offer_bars)
        self.region.activated.connect(self._show_what_matters)
        self.first.valueChanged.connect(lambda bar: self.last.setValue(max(bar, self.last.value())))
        self.last.valueChanged.connect(lambda bar: self.first.setValue(min(bar, self.first.value())))
        self.path.textChanged.connect(self._path_changed)
        self.browse.clicked.connect(self._browse)
        self.cancel.clicked.connect(self.reject)
        self.export.clicked.connect(self._export)

    # --- what the user does ------------------------------------------------------------------------------

    @property
    def file(self) -> Path:
        """The file to write, with the ending of the kind that is chosen where the name has none of its own."""
        return with_suffix(Path(self.path.text().strip()).expanduser(), self.kind.currentData())

    @property
    def choice(self) -> ExportChoice:
        """What is chosen."""
        number = self.road.currentData()
        return ExportChoice(
            road=None if number == ALL_ROADS else number,
            bars=(self.first.value(), self.last.value()) if self.region.currentData() else None,
            together=self.tracks.currentData(),
            quantised=self.timing.currentData(),
        )

    def _kind_chosen(self) -> None:
        path = self.path.text().strip()
        self.path.setText(str(with_suffix(_without_suffix(Path(path)), self.kind.currentData())))
        self._show_what_matters()

    def _path_changed(self, text: str) -> None:
        kind = KIND_OF_SUFFIX.get(Path(text.strip()).suffix.lower())
        if kind is not None and kind != self.kind.currentData():
            self.kind.setCurrentIndex(self.kind.findData(kind))
            self._show_what_matters()
        self._ask_about(None)
        self.export.setEnabled(bool(text.strip()))

    def _show_what_matters(self) -> None:
        some = bool(self.region.currentData())
        for widget in (*self._between, self.first, self.last):
            widget.setEnabled(some)
        self.tracks.setEnabled(self.kind.currentData() == ".mid")

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Export to", str(self.file), EXPORT_FILTERS)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        follow_kind(dialog)
        dialog.selectNameFilter(next(f for f in dialog.nameFilters() if self.kind.currentData() in f))
        dialog.selectFile(str(self.file))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._browsed)
        dialog.open()

    def _browsed(self, name: str) -> None:
        self.path.setText(name)
        if self.file.exists():
            self._ask_about(self.file)  # the other dialog has asked already

    def _ask_about(self, path: Path | None) -> None:
        """Ask whether a file may be replaced; None for no question."""
        self._asked_about = path
        self.export.setText("Export" if path is None else "Replace")
        self.notice.setText("" if path is None else f"{path.name} is there already: Replace writes over it")

    def _export(self) -> None:
        path = self.file
        if path.exists() and path != self._asked_about:
            self._ask_about(path)
            return
        choice = self.choice
        self._remembered.update(
            {
                "kind": self.kind.currentData(),
                "some bars": choice.bars is not None,
                "together": choice.together,
                "quantised": choice.quantised,
            }
        )
        self.chosen.emit(path, choice)
        self.accept()


def follow_kind(dialog: QFileDialog) -> None:
    """Let a dialog add the suffix of the kind that is chosen, and so ask before it overwrites that file."""
    dialog.setDefaultSuffix("mid")
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(with_suffix(Path("x"), chosen).suffix))


def with_suffix(path: Path, kind: str) -> Path:
    """Return the file to write: as named if that says a kind, else with the suffix that `kind`, or a filter, names."""
    if path.suffix.lower() in KIND_OF_SUFFIX:
        return path
    chosen = next((suffix for suffix in EXPORT_KINDS if suffix in kind), ".mid")
    return path.with_name(path.name + chosen) if path.name else path


def _without_suffix(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() in KIND_OF_SUFFIX else path
