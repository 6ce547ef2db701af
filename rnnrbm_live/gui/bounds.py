"""What the model must keep to: strips of choices for the key and range of all it plays, and for a duet."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from rnnrbm_live.core.key import SCALES
from rnnrbm_live.core.pitch import NOTE_NAMES, PIANO, pitch_name
from rnnrbm_live.core.settings import RANGES, Mode, Settings
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.flow import Flow
from rnnrbm_live.gui.widgets import Choice, Strip, Switch, muted

Entries = Sequence[tuple[str, object]]
BOUNDS = ("tonic", "scale", "low_pitch", "high_pitch", "most_notes", "muted", "forced")
"""The fields of `Settings` that every draw keeps to."""
BESIDE_TEXT = 54  # pixels of a choice that its text does not get
PITCHES: Entries = [(pitch_name(pitch), pitch) for pitch in range(PIANO.low, PIANO.high)]


class _SnugChoice(Choice):
    """As wide as the widest of its texts, so that a strip of them has one row in a small window."""

    def sizeHint(self) -> QSize:
        """Room for every text and the arrow."""
        texts = (self.itemText(index) for index in range(self.count()))
        widest = max((self.fontMetrics().horizontalAdvance(text) for text in texts), default=0)
        return QSize(widest + BESIDE_TEXT, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()


class _ChoiceStrip(Strip):
    """A row of choices, each for one field of `Settings`; it breaks where there is little width.

    Signals:
        adjusted: (field of `Settings`, value).
    """

    adjusted = pyqtSignal(str, object)

    def __init__(self) -> None:
        super().__init__("primer")
        self.choices: dict[str, Choice] = {}
        self._entries: dict[str, Entries] = {}
        self._flow = Flow(across=16, down=6)
        self._flow.setContentsMargins(14, 6, 14, 6)
        self.setLayout(self._flow)
        self.hide()

    def _add(self, title: str, tooltip: str, **fields: Entries) -> None:
        """Add a titled group of choices, by field."""
        group = self._group([muted(title)])
        for name, entries in fields.items():
            choice = _SnugChoice(f"{title}: {name.replace('_', ' ')}", tooltip)
            choice.offer(entries, None)
            choice.activated.connect(lambda _, name=name, choice=choice: self.adjusted.emit(name, choice.currentData()))
            group.addWidget(choice)
            self.choices[name], self._entries[name] = choice, entries

    def _group(self, widgets: Sequence[QWidget]) -> QHBoxLayout:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in widgets:
            row.addWidget(widget)
        self._flow.addWidget(box)
        return row

    def _show_settings(self, settings: Settings) -> None:
        for name, choice in self.choices.items():
            choice.offer(self._entries[name], getattr(settings, name))


class BoundsStrip(_ChoiceStrip):
    """Key, range and number of notes: every draw of the model keeps to them."""

    def __init__(self) -> None:
        """Hide until it is asked for, or something in it is set."""
        super().__init__()
        self.wanted = False
        self._add(
            "Key",
            "The model plays the notes of this scale alone; they are settled before it chooses, not filtered after",
            tonic=[(name, number) for number, name in enumerate(NOTE_NAMES)],
            scale=[(name.capitalize(), name) for name in SCALES],
        )
        self._add("Range", "The lowest and the highest key that the model plays", low_pitch=PITCHES, high_pitch=PITCHES)
        self._add(
            "At most",
            "How many keys may sound at once, yours of a duet among them",
            most_notes=[
                (f"{count} note" if count == 1 else f"{count} notes", count)
                for count in range(int(RANGES["most_notes"].low), int(RANGES["most_notes"].high) + 1)
            ],
        )
        self._keys = QLabel()
        self._keys.setProperty("kind", "muted")
        self._keys.setToolTip(
            "Right-click a key at the now-line, or hold it and press Ctrl+B:\n"
            "the model leaves it out, then always plays it, then is free again"
        )
        self._group([self._keys])

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the engine's state; nothing is emitted."""
        settings, default = snapshot.settings, Settings()
        self._show_settings(settings)
        self._keys.setText(_single_keys(settings))
        self.setVisible(self.wanted or any(getattr(settings, name) != getattr(default, name) for name in BOUNDS))


class DuetStrip(_ChoiceStrip):
    """In a duet: what the model adds to the keys that are held."""

    def __init__(self) -> None:
        """Hide until Duet mode."""
        super().__init__()
        self._add(
            "The model adds",
            "How many notes it may add to the keys that you hold, and where",
            duet_voices=[
                ("no note" if not count else f"{count} note" if count == 1 else f"{count} notes", count)
                for count in range(int(RANGES["duet_voices"].low), int(RANGES["duet_voices"].high) + 1)
            ],
            duet_place=[("anywhere", "anywhere"), ("below your highest", "below"), ("above your lowest", "above")],
        )
        self._add(
            "Room around",
            "Semitones on both sides of each of your keys that it leaves free",
            room=[("none", 0), *((f"{count} semitone{'s' * (count > 1)}", count) for count in range(1, 13))],
        )
        self.restrike = Switch(
            "Strike with me", "It strikes all its notes anew with each key of yours; else it holds some over"
        )
        self.restrike.toggled.connect(lambda on: self.adjusted.emit("restrike", on))
        self._group([self.restrike])
        self._answered = QLabel()
        self._answered.setProperty("kind", "muted")
        self._answered.setToolTip("How many of the steps with new keys of yours it played with at that very step")
        self._group([self._answered])

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the engine's state; nothing is emitted."""
        self.setVisible(snapshot.mode is Mode.DUET)
        if snapshot.mode is not Mode.DUET:
            return
        self._show_settings(snapshot.settings)
        self.restrike.blockSignals(True)
        self.restrike.setChecked(snapshot.settings.restrike)
        self.restrike.blockSignals(False)
        timing = snapshot.timing
        steps = timing.keys_answered + timing.keys_missed
        self._answered.setText(f"in step {100 * timing.keys_answered // steps} %" if steps else "Play: it joins in")


def _single_keys(settings: Settings) -> str:
    parts = []
    for pitches, word in ((settings.muted, "without"), (settings.forced, "always")):
        if pitches:
            parts.append(f"{word} {' '.join(pitch_name(pitch) for pitch in pitches)}")
    return ", ".join(parts) or "Right-click a key to mute it"
