"""A session, through everything that changes it, drawn again from its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.messages import Notice, PlayKey
from rnnrbm_live.core.pianoroll import MeterChange, Note, PianoRoll, TempoChange
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.engine.session import Session
from rnnrbm_live.engine.snapshot import Snapshot
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.model.untrained import SMALL_CONFIG, random_live_model
from rnnrbm_live.player.offline import OfflinePlayer

ONE_KEY = replace(SMALL_CONFIG, one_key=True, phrase_beats=5)
ROLLS = replace(SMALL_CONFIG, onsets=False, meters=(), lookback_beats=(2, 4))


def load(name: str) -> Stepper:
    model = {
        "first": lambda: random_live_model(1, ONE_KEY),
        "second": lambda: random_live_model(2),
        "rolls": lambda: random_live_model(3, ROLLS),
        "first of another day": lambda: random_live_model(4, ONE_KEY),
    }[name]()
    return Stepper(name, model)


class Written(list[jot.Record]):
    """A journal in memory."""

    def open(self, model: str, timeline: Timeline, _tell: Callable[[Notice], None]) -> Written:
        self.append(jot.Begun("2026-01-01", "0", model, timeline))
        return self

    def write(self, record: jot.Record) -> None:
        self.append(record)

    def close(self) -> None: ...


class Rig:
    def __init__(self) -> None:
        self.link = OfflinePlayer()
        self.written = Written()
        self.session = Session(
            link=self.link,
            clock=self.link.clock,
            model="first",
            load_model=load,
            settings=Settings(tempo_bpm=120, seed=5, density=1.0, takeover_beats=2.0, click=True),
            open_journal=self.written.open,
        )

    def do(self, *commands: ask.Command) -> None:
        for command in commands:
            self.session.command(command)

    def until(self, done: Callable[[Snapshot], bool]) -> None:
        for _ in range(10_000):
            if done(self.session.snapshot):
                return
            while self.session.work():
                pass
            for event in self.link.poll(0.02):
                self.session.event(event)
        raise AssertionError("never came")

    def on(self, steps: int) -> None:
        first = self.session.snapshot.step
        self.until(lambda snapshot: snapshot.step >= first + steps)


def eventful_session() -> Rig:
    """Controls, pause, another model, a primer by hand and one from a file in 3/4."""
    rig = Rig()
    roll = PianoRoll.from_notes([Note(step, step + 2, 60 + step % 7) for step in range(0, 24, 2)], 4, n_steps=24)
    roll = replace(roll, meters=(MeterChange(0, Meter(3, 4)),), tempos=(TempoChange(0, 90.0),))
    rig.do(ask.UsePrimer(roll, "waltz.mid"))
    rig.on(40)
    rig.do(ask.Adjust("temperature", 1.3))
    rig.on(9)
    rig.do(ask.Adjust("tempo_bpm", 150.0), ask.Adjust("seed", 99), ask.Adjust("gibbs_steps", 7))
    rig.on(9)
    rig.do(ask.Pause())
    rig.on(0)
    rig.do(ask.Play())
    rig.on(9)
    rig.do(ask.SelectModel("second"))
    rig.on(20)
    rig.do(ask.SetMode(Mode.PRIMER))
    for pitch in (60, 64, 67):
        rig.do(PlayKey(pitch, 80))
        rig.on(3)
        rig.do(PlayKey(pitch, 0))
        rig.on(1)
    rig.on(40)
    rig.do(ask.SetMode(Mode.FREE), ask.SelectModel("rolls"), ask.Adjust("velocity", 100))
    rig.on(40)
    rig.do(ask.Stop())
    rig.until(lambda snapshot: not snapshot.recording.playing())
    rig.do(ask.Play())
    rig.on(30)
    return rig


@pytest.fixture(scope="module")
def rig() -> Rig:
    return eventful_session()


def test_everything_a_model_played_is_drawn_again_bit_for_bit(rig: Rig) -> None:
    found = regenerate(rig.written, load)
    assert found.steps > 150
    assert found.unplanned <= 3, "offline, next to nothing changes too late"
    assert found.unchecked == {}
    assert found.drawn == found.steps - found.unplanned
    assert found.identical, found.differing


def test_the_records_make_the_recording(rig: Rig) -> None:
    recording = Recording(Timeline(4))
    for record in rig.written:
        recording.apply(record)
    shown = rig.session.snapshot.recording
    assert recording.all_notes() == shown.all_notes()
    assert recording.markers == shown.markers
    assert recording.tempos == shown.tempos
    assert recording.timeline == shown.timeline


@pytest.mark.parametrize("what", ["seed", "temperature", "velocity"])
def test_another_setting_is_found_out(rig: Rig, what: str) -> None:
    changed: list[jot.Record] = []
    for record in rig.written:
        if isinstance(record, jot.StepHeard) and record.settings is not None:
            other = {"seed": 123_456, "temperature": 1.5, "velocity": 1}[what]
            record = jot.StepHeard(
                record.step, record.planned, record.tempo_bpm, replace(record.settings, **{what: other})
            )
        changed.append(record)
    assert len(regenerate(changed, load).differing) > 50


def test_steps_of_a_model_that_is_not_as_it_was_are_told_and_all_others_drawn_again(rig: Rig) -> None:
    def load_what_is_left(name: str) -> Stepper:
        if name == "second":
            raise CheckpointError("there is no model 'second'")
        return load("first of another day" if name == "first" else name)

    played: dict[str | None, list[int]] = {}
    model = None
    for record in rig.written:
        if isinstance(record, jot.SectionBegun):
            model = record.model
        elif isinstance(record, jot.StepHeard) and record.planned.source is Source.MODEL:
            played.setdefault(model, []).append(record.step)
    found = regenerate(rig.written, load_what_is_left)
    assert found.identical
    assert found.unchecked == {name: played[name] for name in ("first", "second")}
    assert found.drawn + found.unplanned == len(played["rolls"]) > 40
