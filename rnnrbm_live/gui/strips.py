"""The status strip, and the strip that tells of trouble without interrupting sound."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from rnnrbm_live.core.messages import Level, Notice
from rnnrbm_live.engine.snapshot import Snapshot

INFO_SHOWN_MS = 8000


class StatusStrip(QWidget):
    """One line of figures, each of fixed width."""

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._left = QLabel()
        self._left.setToolTip(
            "Place in bars and beats; frames so far; how late notes left in 99 of 100 cases;"
            " time to think of a frame; notes recorded; seed"
        )
        self._left.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._right = QLabel()
        self._right.setToolTip("What computes the frames, and the MIDI system")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 5, 14, 5)
        layout.setSpacing(24)
        layout.addWidget(self._left, 1)
        layout.addWidget(self._right)

    def show_figures(self, snapshot: Snapshot) -> None:
        """Show the figures of a moment."""
        step, timeline, timing = max(snapshot.step, 0), snapshot.timeline, snapshot.timing
        beat = timeline.step_in_bar(step) // timeline.steps_per_beat + 1
        late = "-" if timing.late_p99_ms is None else f"{timing.late_p99_ms:.2f}"
        sampling = "-" if timing.sampling_ms is None else f"{timing.sampling_ms:.2f}"
        missed = f"   missed {timing.steps_dry}" if timing.steps_dry else ""
        self._left.setText(
            f"bar {timeline.bar(step):>4}.{beat}   frame {step + 1 if snapshot.step >= 0 else 0:>6}"
            f"   late p99 {late:>5} ms   sampling {sampling:>5} ms   notes {len(snapshot.recording.notes):>6}"
            f"   seed {snapshot.settings.seed}{missed}"
        )
        self._right.setText(f"{snapshot.device}  ·  MIDI {snapshot.ports.midi or 'none'}")


class TroubleStrip(QWidget):
    """One sentence and a way to dismiss it; information goes by itself."""

    def __init__(self) -> None:
        """Hide until there is something to say."""
        super().__init__()
        self.setObjectName("trouble")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        dismiss = QPushButton("Dismiss")
        dismiss.clicked.connect(self.hide)
        dismiss.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 6)
        layout.addWidget(self._text, 1)
        layout.addWidget(dismiss)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def show_notice(self, notice: Notice) -> None:
        """Say it."""
        self._text.setText(notice.text)
        self.setProperty("level", notice.level.value)
        style = self.style()
        assert style is not None
        style.polish(self)
        self._timer.stop()
        if notice.level is Level.INFO:
            self._timer.start(INFO_SHOWN_MS)
        self.show()
