"""The pictures in README: the real window and the real engine, on a clock that is moved by hand. The same every time.

python -m scripts.pictures
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PyQt6 import sip
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.messages import ALL_INPUTS, PlayKey, Ports
from rnnrbm_live.core.resources import assets_path
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.gui.application import create_application
from rnnrbm_live.gui.services import ModelChoice
from rnnrbm_live.gui.window import MainWindow
from rnnrbm_live.instrument import load_stepper, make_session, model_settings
from rnnrbm_live.io.preset_file import PresetFolder
from rnnrbm_live.places import DEFAULT_MODEL, model_library
from rnnrbm_live.player.offline import OfflinePlayer
from tests.gui.fakes import FakeFiles, MemoryStore, services

DOCS = Path(__file__).parent.parent / "docs"
SIZE = (1400, 860)
SMALL = (980, 602)
FRAMES_PER_SECOND = 8
FIGURES_EVERY = 4  # frames
QUALITY = 48  # of the animation: words stay sharp, and the file below 1.5 MB
BEGIN_BEATS, DUET_BEATS, END_BEATS = 16.0, 18.0, 27.5
MELODY = ((19.0, 76, 1.9), (21.0, 74, 0.9), (22.0, 72, 0.9), (23.0, 74, 0.9), (24.0, 76, 0.9), (25.0, 79, 2.5))
"""What the player plays: (beat, pitch, beats long)."""
LATE_BEATS = 0.06  # after the beat, as people play
PORTS = Ports(
    inputs=("MIDI keyboard",),
    outputs_open=("RNN-RBM Live",),
    input=ALL_INPUTS,
    inputs_open=("MIDI keyboard",),
    piano=True,
    midi="ALSA",
)


class Stage:
    """The engine as the window sees it, whose time moves only in `play_until`."""

    def __init__(self) -> None:
        """Load the model that plays at the first launch, and press Play."""
        library = model_library()
        stepper = load_stepper(library, DEFAULT_MODEL)
        self._link = OfflinePlayer()
        self.clock = self._link.clock
        self._session = make_session(
            link=self._link,
            clock=self.clock,
            library=library,
            stepper=stepper,
            settings=model_settings(stepper),
            device="cpu",
            watched=True,
        )
        self._seen = self._shown = self._session.snapshot
        self._session.event(PORTS)
        self.send(ask.Play())

    @property
    def snapshot(self) -> Snapshot:
        """The session as it stands; how well time is kept cannot be told from a clock that is moved by hand."""
        snapshot = self._session.snapshot
        if snapshot is not self._seen:
            self._seen = snapshot
            timing = replace(snapshot.timing, late_p99_ms=None, sampling_ms=None)
            self._shown = replace(snapshot, timing=timing)
        return self._shown

    @property
    def beat_seconds(self) -> float:
        """The length of a beat."""
        return 60.0 / self._session.snapshot.tempo_bpm

    def send(self, command: ask.Command) -> None:
        """Act on it at once."""
        self._session.command(command)
        if isinstance(command, PlayKey):
            self._take_events()

    def play_until(self, seconds: float) -> None:
        """Let time run."""
        while True:
            while self._session.work():
                pass
            due = self._link.player.next_due_seconds()
            if due is None or due > seconds:
                break
            self._take_events()
        self.clock.sleep_until(seconds)

    def _take_events(self) -> None:
        for event in self._link.poll(0.0):
            self._session.event(event)


def open_window(stage: Stage, folder: Path) -> MainWindow:
    """Return the window over the stage, at a quiet place."""
    store = MemoryStore({"theme": "dark"})
    given = services(stage, store, FakeFiles(), folder)  # type: ignore[arg-type]  # it has what is asked of a fake
    models = [ModelChoice(model.name, model.summary) for model in model_library().models() if model.usable]
    presets = PresetFolder(assets_path() / "presets", folder)
    window = MainWindow(stage, replace(given, models=models, presets=presets))
    window.bridge.stop()
    window.resize(*SIZE)
    window.folding.set_open(True)
    window.show()
    return window


def duet(stage: Stage) -> Iterator[float]:
    """Play the scene; yield its moments in seconds, after everything that happens at each."""
    beat = stage.beat_seconds
    score: list[tuple[float, ask.Command]] = [(DUET_BEATS, ask.SetMode(Mode.DUET))]
    for start, pitch, length in MELODY:
        score.append((start + LATE_BEATS, PlayKey(pitch, 84)))
        score.append((start + LATE_BEATS + length, PlayKey(pitch, 0)))
    score.sort(key=lambda entry: entry[0])
    n_frames = round((END_BEATS - BEGIN_BEATS) * beat * FRAMES_PER_SECOND)
    for frame in range(n_frames):
        moment = BEGIN_BEATS * beat + frame / FRAMES_PER_SECOND
        while score and score[0][0] * beat <= moment:
            beats, command = score.pop(0)
            stage.play_until(beats * beat)
            stage.send(command)
        stage.play_until(moment)
        yield moment


def picture(window: MainWindow, *, with_figures: bool = True) -> Image.Image:
    """Return what the window shows; its figures are brought up to date if wanted, which only happens now and then."""
    window.bridge._frames = 0 if with_figures else 1
    window.bridge.look()
    QApplication.processEvents()
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    assert bits is not None
    size = (image.width(), image.height())
    return Image.frombytes("RGB", size, bits.asstring(image.sizeInBytes()), "raw", "RGB", image.bytesPerLine())


def write_animation(path: Path, frames: list[Image.Image]) -> None:
    """Write a WebP that repeats."""
    first, *others = [frame.resize(SMALL, Image.Resampling.LANCZOS) for frame in frames]
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=1000 // FRAMES_PER_SECOND,  # milliseconds
        loop=0,
        quality=QUALITY,
        method=4,
        minimize_size=True,
    )


def main() -> None:
    """Write the pictures."""
    application = create_application(["pictures"], assets_path())
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage()
        window = open_window(stage, Path(folder))
        frames = [picture(window, with_figures=n % FIGURES_EVERY == 0) for n, _ in enumerate(duet(stage))]
        frames[-1].save(DOCS / "window.png", optimize=True)
        write_animation(DOCS / "live.webp", frames)
        window.look.set_theme("light")
        window.trouble.hide()
        picture(window).save(DOCS / "window-light.png", optimize=True)
        window.close()
        sip.delete(window)  # before the application goes
    del application
    for path in sorted(DOCS.iterdir()):
        print(f"{path.relative_to(DOCS.parent)}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
