"""A session driven at random over a line with delays; whatever happens, what is written down is what sounded.

Commands reach the player late, so that it plays older plans or none, and what it reports reaches the engine late. Each
walk is the same every time; `python -m tests.engine.test_random_walk 1000` takes that many.
"""

from __future__ import annotations

import math
import random
import sys
import traceback
from collections import deque
from dataclasses import replace
from functools import lru_cache

import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import ManualClock
from rnnrbm_live.core.grid import Meter
from rnnrbm_live.core.pianoroll import MeterChange, Note, PianoRoll
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.engine.session import Session
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.model.live import LiveModel
from rnnrbm_live.player.midi_in import MidiIn
from rnnrbm_live.player.player import CHANNELS, Player
from tests.engine import test_replay
from tests.engine.test_replay import Written
from tests.player.recorder import RecordingSink

MODELS = ("first", "second", "rolls")
PEDAL, TICK = 0xB0, (0xF8,)


@lru_cache
def _model(name: str) -> LiveModel:
    return test_replay.load(name).model


def load(name: str) -> Stepper:
    return Stepper(name, _model(name))


class DistantPlayer:
    """A `PlayerLink` with delays: what is said reaches the other side in order, but not always at once.

    Attributes:
        clock: its time, which moves in `poll`.
        sink: what sounds.
        silenced: whether all was silenced after the last step: that is written down with the next.
    """

    def __init__(self, chance: random.Random) -> None:
        self.clock = ManualClock()
        self._chance = chance
        self._commands: deque[msg.PlayerCommand] = deque()
        self._events: deque[msg.PlayerEvent] = deque()
        self._begin()

    def _begin(self) -> None:
        self.sink = RecordingSink()
        self.silenced = False
        self.player = Player(clock=self.clock, emit=self._emit)
        self.player.add_sink(self.sink)
        self.midi_in = MidiIn(self.player, self._events.append)

    def send(self, command: msg.PlayerCommand) -> None:
        self._commands.append(command)

    def poll(self, timeout_seconds: float) -> list[msg.PlayerEvent]:
        self._deliver(all_of_them=self._chance.random() < 0.8)
        due = self.player.next_due_seconds()
        now = self.clock.now_seconds()
        until = now + timeout_seconds if due is None else due
        self.clock.sleep_until(now + (until - now) * self._chance.choice((0.0, 0.5, 1.0, 1.0)))
        self.player.advance()
        self.midi_in.advance(self.clock.now_seconds())
        count = len(self._events) if self._chance.random() < 0.8 else self._chance.randint(0, len(self._events))
        return [self._events.popleft() for _ in range(count)]

    def settle(self) -> list[msg.PlayerEvent]:
        """Deliver all that was said, while time stands still."""
        self._deliver(all_of_them=True)
        events = [*self._events]
        self._events.clear()
        return events

    def die(self) -> None:
        """Be replaced by another; what is under way to the player is lost, what it has said is not."""
        self._commands.clear()
        self._begin()
        self._events.append(msg.PlayerRestarted("it died"))

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long, as a laptop that is closed."""
        self.clock.sleep_until(self.clock.now_seconds() + seconds)

    def wake(self) -> None: ...

    def close(self) -> None: ...

    def _deliver(self, *, all_of_them: bool) -> None:
        count = len(self._commands)
        for _ in range(count if all_of_them else self._chance.randint(0, count)):
            command = self._commands.popleft()
            self.silenced |= isinstance(command, msg.Panic)
            self.player.handle(command)

    def _emit(self, event: msg.PlayerEvent) -> None:
        self.silenced &= not isinstance(event, msg.StepPlayed | msg.ClockStopped)
        self._events.append(event)


class Walk:
    """One session after the other, and what happens to them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.link = DistantPlayer(self.chance)
        self.sessions: list[Written] = []
        self.story: list[object] = []
        self.session = Session(
            link=self.link,
            clock=self.link.clock,
            model="first",
            load_model=load,
            settings=Settings(tempo_bpm=200, seed=5, density=1.0, gibbs_steps=5, takeover_beats=2.0),
            open_journal=lambda model, timeline, tell: self._another().open(model, timeline, tell),
            watched=bool(seed % 2),
        )

    def _another(self) -> Written:
        self.sessions.append(Written())
        return self.sessions[-1]

    def go(self, moves: int) -> None:
        self.do(ask.Play())
        for _ in range(moves):
            for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
                self._move()
            for _ in range(self.chance.choice((0, 1, 3, 10, 30))):
                self._turn()
            if self.chance.random() < 0.2:
                self.check()
        self.do(ask.Stop())
        self.check()
        assert {(channel, pitch) for channel, pitch in self.link.sink.sounding if channel == msg.MODEL_CHANNEL} == set()

    def do(self, command: ask.Command) -> None:
        self.story.append(command)
        self.session.command(command)

    def _turn(self) -> None:
        for _ in range(self.chance.choice((0, 1, 100, 100))):
            if not self.session.work():
                break
        for event in self.link.poll(0.02):
            self.session.event(event)

    def _move(self) -> None:
        kinds = {
            self._setting: 8,
            self._key: 8,
            self._transport: 4,
            self._mode: 3,
            self._jump: 5,
            self._model: 1,
            self._primer: 1,
            self._odd: 2,
        }
        [kind] = self.chance.choices([*kinds], [*kinds.values()])
        kind()

    def _setting(self) -> None:
        draw = self.chance
        name, value = draw.choice(
            (
                ("temperature", draw.uniform(0.6, 1.4)),
                ("density", draw.uniform(-1, 2)),
                ("gibbs_steps", draw.randint(5, 9)),
                ("velocity", draw.randint(40, 110)),
                ("tempo_bpm", draw.uniform(60, 300)),
                ("seed", draw.randint(0, 99)),
                ("click", draw.random() < 0.5),
                ("count_in", draw.random() < 0.3),
                ("scale", draw.choice(("any", "major", "blues"))),
                ("tonic", draw.randint(0, 11)),
                ("low_pitch", draw.choice((21, 40, 60))),
                ("high_pitch", draw.choice((64, 80, 108))),
                ("most_notes", draw.choice((1, 3, 20))),
                ("muted", (60,) * draw.randint(0, 1)),
                ("forced", (64,) * draw.randint(0, 1)),
                ("duet_voices", draw.randint(0, 4)),
                ("duet_place", draw.choice(("anywhere", "below", "above"))),
                ("room", draw.randint(0, 3)),
                ("restrike", draw.random() < 0.5),
                ("turn_bars", draw.randint(1, 2)),
                ("takeover_beats", draw.uniform(1, 4)),
            )
        )
        self.do(ask.Adjust(name, value))

    def _key(self) -> None:
        pitch = self.chance.choice((19, 48, 60, 64, 67, 72, 110))
        if self.chance.random() < 0.2:
            message = (PEDAL, 64, self.chance.choice((0, 127)))
            self.story.append(message)
            self.link.midi_in.receive("piano", message, self.link.clock.now_seconds())
        elif self.chance.random() < 0.5:
            message = (0x90, pitch, self.chance.choice((0, 0, 50, 90)))
            self.story.append(message)
            self.link.midi_in.receive("piano", message, self.link.clock.now_seconds())
        else:
            self.do(msg.PlayKey(pitch, self.chance.choice((0, 0, 50, 90))))

    def _transport(self) -> None:
        self.do(self.chance.choice((ask.Play(), ask.Play(), ask.Play(), ask.Pause(), ask.Stop(), ask.Continue())))

    def _mode(self) -> None:
        self.do(ask.SetMode(self.chance.choice((*Mode, Mode.FREE))))

    def _jump(self) -> None:
        draw, snapshot = self.chance, self.session.snapshot
        end = max(1, int(snapshot.recording.end_steps))
        road = draw.randrange(len(snapshot.roads) + 1)
        first = draw.randrange(end)
        self.do(
            draw.choice(
                (
                    ask.ContinueFrom(draw.randrange(end + 8)),
                    ask.GoBack(draw.randint(1, 4)),
                    ask.HearRoad(road, draw.choice((None, draw.randrange(end)))),
                    ask.Loop((first, first + draw.choice((4, 16, 32)))),
                    ask.Loop(None),
                    ask.NameRoad(road, f"Name {draw.randrange(1000)}"),
                    ask.AddMarker("here", draw.choice((None, draw.uniform(0, end)))),
                )
            )
        )

    def _model(self) -> None:
        self.do(ask.SelectModel(self.chance.choice(MODELS)))

    def _primer(self) -> None:
        notes = [Note(step, step + 2, 55 + self.chance.randrange(20)) for step in range(0, 24, 2)]
        meter = self.chance.choice((Meter(4, 4), Meter(3, 4)))
        roll = replace(PianoRoll.from_notes(notes, self.chance.choice((2, 4))), meters=(MeterChange(0, meter),))
        self.do(ask.UsePrimer(roll, "x.mid"))

    def _odd(self) -> None:
        kind = self.chance.choice(("panic", "die", "sleep", "nap", "new", "take up"))
        self.story.append(kind)
        if kind == "panic":
            self.do(msg.Panic())
        elif kind == "die":
            self.link.die()
        elif kind in ("sleep", "nap"):
            self.link.sleep(self.chance.uniform(1, 40) if kind == "sleep" else self.chance.uniform(0.01, 0.4))
        elif kind == "new":
            self.do(ask.NewSession())
        else:
            self._take_up()

    def _take_up(self) -> None:
        """Go on with an earlier session, read back from its records."""
        written = self.chance.choice(self.sessions)
        recording, section, last = Recording(written[0].timeline), None, 0  # type: ignore[union-attr]  # it is `Begun`
        for record in written:
            recording.apply(record)
            if isinstance(record, jot.SectionBegun) and record.model is not None:
                section = record
            elif isinstance(record, jot.StepHeard):
                last = record.step + 1
        self.do(
            ask.TakeUpSession(
                recording=recording,
                model=(section.model if section else None) or "first",
                next_step=math.ceil(max(recording.end_steps, last)),
                take=section.take if section else 0,
                reopen=lambda _tell: written,
            )
        )
        self.sessions.remove(written)
        self.sessions.append(written)

    def check(self) -> None:
        """Compare what sounds, what the engine says that it does, and what the records make of it."""
        while events := self.link.settle():
            for event in events:
                self.session.event(event)
        snapshot, player = self.session.snapshot, self.link.player
        sounding = self.link.sink.sounding
        playing = {(CHANNELS[note.source], note.pitch) for note in snapshot.tape.playing()}
        assert {pitch for pitch, _ in snapshot.keys} == set(player._keys)
        if not self.link.silenced:
            assert playing <= sounding, "what is recorded as sounding sounds"
            of_model = {note for note in sounding if note[0] == msg.MODEL_CHANNEL}
            assert of_model == {note for note in playing if note[0] == msg.MODEL_CHANNEL}
        assert player._running == (snapshot.transport is Transport.PLAYING and self.session._music.conductor.running)
        if snapshot.transport is not Transport.PLAYING:
            assert not player._running
        recording = Recording(self.sessions[-1][0].timeline)  # type: ignore[union-attr]  # it is `Begun`
        for record in self.sessions[-1]:
            recording.apply(record)
        assert recording.all_notes() == snapshot.tape.all_notes()
        assert recording.markers == snapshot.tape.markers
        assert recording.roads.all == snapshot.roads

    def verify(self) -> int:
        """Draw every session again; return how many steps were."""
        drawn = 0
        for written in self.sessions:
            found = regenerate(written, load)
            assert found.identical, found.differing
            drawn += found.drawn
        return drawn


SLEPT_OVER = (80, 60)  # the beginning of a loop's round is


@pytest.mark.parametrize(("seed", "moves"), [*((seed, 40) for seed in range(5)), SLEPT_OVER])
def test_whatever_happens_what_is_written_down_is_what_sounded(seed: int, moves: int) -> None:
    walk = Walk(seed)
    walk.go(moves)
    walk.verify()


def main() -> None:
    """Take as many walks as asked for; print those that fail."""
    count = int(sys.argv[1])
    drawn = failed = 0
    for seed in range(count):
        walk = Walk(seed)
        try:
            walk.go(60)
            drawn += walk.verify()
        except Exception:  # the others are worth taking all the same
            failed += 1
            print(f"walk {seed}:")
            traceback.print_exc(file=sys.stdout)
    print(f"{count} walks, {failed} failed, {drawn} steps drawn again")


if __name__ == "__main__":
    main()
