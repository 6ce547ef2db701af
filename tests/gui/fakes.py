"""An engine that does what a test says, and services that remember what they were asked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from rnnrbm_live.core.clock import ManualClock
from rnnrbm_live.core.commands import Command, TakeUpSession
from rnnrbm_live.core.errors import JournalError, MidiFileError, PresetError, RNNRBMError
from rnnrbm_live.core.export import ExportChoice
from rnnrbm_live.core.frame import REST, Frame, Source
from rnnrbm_live.core.grid import Timeline, step_seconds
from rnnrbm_live.core.journal import NoJournal
from rnnrbm_live.core.learning import Draft, Told
from rnnrbm_live.core.messages import Level, Notice, PlannedFrame, Ports
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.presets import Preset
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.snapshot import PrimerState, Snapshot, Timing, Transport
from rnnrbm_live.gui.services import ModelChoice, Services, SessionEntry

PLANNED_STEPS = 16
CALM = Preset("Calm", {"tempo_bpm": 63.0, "temperature": 0.8, "velocity": 58})
WILD = Preset("Wild", {"tempo_bpm": 152.0, "temperature": 1.25, "density": 0.75})
PORTS = Ports(
    outputs=("Synth A", "Synth B"),
    inputs=("Launchkey Mini MK3",),
    outputs_open=("RNN-RBM Live",),
    input="Launchkey Mini MK3",
    inputs_open=("Launchkey Mini MK3",),
    piano=True,
    midi="ALSA",
)


def chorale(seed: int = 1) -> Iterator[PlannedFrame]:
    """Yield frames of four voices that move on the beat and now and then between."""
    draw = random.Random(seed)
    scale = [pitch for pitch in range(36, 84) if pitch % 12 in (0, 2, 4, 5, 7, 9, 11)]
    voices = [4, 11, 16, 22]
    step = 0
    while True:
        onsets = set()
        for index in range(4):
            if step == 0 or draw.random() < (0.85 if step % 4 == 0 else 0.12 if step % 2 == 0 else 0.03):
                lowest, highest = index * 5, index * 5 + 11
                voices[index] = min(max(voices[index] + draw.choice((-2, -1, -1, 0, 1, 1, 2)), lowest), highest)
                onsets.add(scale[voices[index]])
        sounding = frozenset(scale[voice] for voice in voices)
        struck = frozenset(onsets) & sounding
        velocities = tuple((pitch, draw.randint(50, 100)) for pitch in sorted(struck))
        yield PlannedFrame(Frame(sounding, struck), velocities)
        step += 1


class FakeEngine:
    """Plays `chorale` step by step when told, and writes down what it is sent."""

    def __init__(self, **fields: Any) -> None:
        self.clock = ManualClock(100.0)
        self.sent: list[Command] = []
        self._music = chorale()
        self._coming = list(islice(self._music, PLANNED_STEPS))
        snapshot = Snapshot(
            transport=Transport.STOPPED,
            mode=Mode.FREE,
            primer=PrimerState.WAITING,
            settings=Settings(),
            model="bach-chorales",
            device="numpy on CPU",
            timeline=Timeline(4),
            step=-1,
            step_seconds_at=0.0,
            tempo_bpm=96.0,
            planned_from=0,
            planned=(),
            keys=(),
            take=1,
            recording=(tape := Recording(Timeline(4))),
            tape=tape,
            ports=PORTS,
            timing=Timing(),
        )
        self.snapshot = replace(snapshot, **fields)

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def change(self, **fields: Any) -> None:
        """Replace fields of the snapshot."""
        self.snapshot = replace(self.snapshot, **fields)

    def notice(self, text: str, level: Level = Level.WARNING) -> None:
        self.change(notice=Notice(text, level), notice_id=self.snapshot.notice_id + 1)

    def play(self, steps: int) -> None:
        """Let so many steps sound."""
        recording, step = self.snapshot.recording, self.snapshot.step
        for _ in range(steps):
            step += 1
            recording.add_step(step, self._coming.pop(0), self.snapshot.tempo_bpm)
            self._coming.append(next(self._music))
        self.clock.sleep_until(self.clock.now_seconds() + steps * step_seconds(self.snapshot.tempo_bpm, 4))
        self.change(
            transport=Transport.PLAYING,
            step=step,
            step_seconds_at=self.clock.now_seconds(),
            planned_from=step + 1,
            planned=tuple(self._coming),
            timing=Timing(0.02, 0.14),
        )

    def play_primer(self, pitches: list[int], steps_each: float = 2.0) -> None:
        """Let the player play a tune, and the model take over after it."""
        recording, start = self.snapshot.recording, self.snapshot.step + 1.0
        for index, pitch in enumerate(pitches):
            at = start + index * steps_each
            recording.add_key(at, pitch, 80, Source.PRIMER)
            recording.add_key(at + 0.9 * steps_each, pitch, 0, Source.PRIMER)
        end = int(start + len(pitches) * steps_each)
        recording.add_marker(end, "Model took over")
        self.change(step=end - 1, primer=PrimerState.CONTINUED, mode=Mode.PRIMER)


class MemoryStore:
    """Remembers in memory."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values = dict(values or {})

    def load(self) -> dict[str, Any]:
        return dict(self.values)

    def save(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)


class FakeFiles:
    """Reads and writes no file, but remembers which; `trouble` is raised instead if it is set."""

    def __init__(self) -> None:
        self.exported: list[tuple[Path, Recording]] = []
        self.choices: list[ExportChoice] = []
        self.read: list[tuple[Path, int]] = []
        self.trouble: MidiFileError | None = None

    def read_primer(self, path: Path, steps_per_beat: int) -> PianoRoll:
        if self.trouble is not None:
            raise self.trouble
        self.read.append((path, steps_per_beat))
        return PianoRoll.from_frames([REST] * 8, steps_per_beat)

    def export(self, path: Path, recording: Recording, choice: ExportChoice) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.exported.append((path, recording))
        self.choices.append(choice)


class FakePresets:
    """Two presets that ship, and what was kept and written; `trouble` is raised instead if it is set."""

    def __init__(self) -> None:
        self.there = [CALM, WILD]
        self.written: list[tuple[Path, Preset]] = []
        self.trouble: PresetError | None = None

    def presets(self) -> list[Preset]:
        return list(self.there)

    def keep(self, preset: Preset) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.there.append(preset)

    def read(self, path: Path) -> Preset:
        if self.trouble is not None:
            raise self.trouble
        return Preset(path.stem, {"temperature": 1.1, "density": -1.0})

    def write(self, path: Path, preset: Preset) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.written.append((path, preset))


class FakePlayback:
    def __init__(self) -> None:
        self.playing = True

    def stop(self) -> None:
        self.playing = False


class FakeShelf:
    """Saved sessions that a test puts here, and what was done to them; `trouble` is raised instead if it is set."""

    def __init__(self) -> None:
        self.shown: list[SessionEntry] = []
        self.exported: list[tuple[Path, Path]] = []
        self.heard: list[FakePlayback] = []
        self.trouble: JournalError | None = None

    def entries(self) -> list[SessionEntry]:
        return list(self.shown)

    def take_up(self, path: Path) -> TakeUpSession:
        if self.trouble is not None:
            raise self.trouble
        return TakeUpSession(Recording(Timeline(4)), path.stem, 0, 1, lambda _tell: NoJournal())

    def export(self, path: Path, out: Path) -> None:
        self.exported.append((path, out))

    def delete(self, path: Path) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.shown = [entry for entry in self.shown if entry.path != path]

    def listen(self, path: Path) -> FakePlayback:
        self.heard.append(FakePlayback())
        return self.heard[-1]


class FakeLearner:
    """Tells what a test has put into `news`, and writes down what it is asked."""

    def __init__(self) -> None:
        self.news: list[Told] = []
        self.asked: list[str] = []

    def poll(self) -> list[Told]:
        news, self.news = self.news, []
        return news

    def learn(self) -> None:
        self.asked.append("learn")

    def stop(self) -> None:
        self.asked.append("stop")

    def let_go(self) -> None:
        self.asked.append("let go")


class FakeWorkshop:
    """Trains nothing; what its learners tell, and which draft there is, a test says. It is its own `drafts`."""

    def __init__(self) -> None:
        self.learners: list[FakeLearner] = []
        self.read_folders: list[Path] = []
        self.gone_on: list[Draft] = []
        self.waiting: Draft | None = None
        self.taken = {"bach-chorales"}
        self.copies = 0
        self.trouble: RNNRBMError | None = None

    @property
    def drafts(self) -> FakeWorkshop:
        return self

    def read(self, music: Path) -> FakeLearner:
        self.read_folders.append(music)
        return self._learner()

    def go_on(self, draft: Draft) -> FakeLearner:
        self.gone_on.append(draft)
        self.waiting = None
        return self._learner()

    def draft(self) -> Draft | None:
        return self.waiting

    def copy_to_hear(self) -> Path:
        self.copies += 1
        return Path(f"heard-{self.copies}")

    def trouble_with(self, name: str) -> str:
        return f"There is a model called {name} already" if name in self.taken else "" if name else "Give it a name"

    def keep(self, name: str) -> ModelChoice:
        if self.trouble is not None:
            raise self.trouble
        self.waiting = None
        self.taken.add(name)
        return ModelChoice(name, "16th notes")

    def discard(self) -> None:
        self.waiting = None

    def _learner(self) -> FakeLearner:
        if self.trouble is not None:
            raise self.trouble
        self.learners.append(FakeLearner())
        return self.learners[-1]


def services(
    engine: FakeEngine,
    store: MemoryStore,
    files: FakeFiles,
    folder: Path,
    shelf: FakeShelf | None = None,
    cut_off: SessionEntry | None = None,
    workshop: FakeWorkshop | None = None,
    presets: FakePresets | None = None,
) -> Services:
    return Services(
        clock=engine.clock,
        models=[
            ModelChoice("bach-chorales", "16th notes"),
            ModelChoice("folk-tunes", "8th notes"),
        ],
        store=store,
        read_primer=files.read_primer,
        export=files.export,
        presets=presets or FakePresets(),
        sessions=shelf or FakeShelf(),
        cut_off=cut_off,
        workshop=workshop or FakeWorkshop(),
        exports_folder=folder,
        diagnostics=lambda: "diagnostics of a test",
    )
