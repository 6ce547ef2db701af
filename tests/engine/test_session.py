"""The session, driven by hand: commands in, plans out, and what the player reports taken for true."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.errors import CheckpointError
from rnnrbm_live.core.frame import Source
from rnnrbm_live.core.grid import Meter, Timeline
from rnnrbm_live.core.journal import NoJournal
from rnnrbm_live.core.pianoroll import MeterChange, Note, PianoRoll, TempoChange
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.conductor import LOOKAHEAD_FRAMES, LOOKAHEAD_SECONDS
from rnnrbm_live.engine.generator import run_offline
from rnnrbm_live.engine.performance import TOOK_OVER
from rnnrbm_live.engine.session import Session
from rnnrbm_live.engine.snapshot import PrimerState, Snapshot, Transport
from rnnrbm_live.player.offline import OfflinePlayer
from tests.engine.fakes import EchoStepper

SETTINGS = Settings(tempo_bpm=120.0, seed=0, click=False, takeover_beats=2.0)  # a 16th lasts 0.125 s


class Rig:
    """A session on an offline player, moved on step by step."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.link = OfflinePlayer()

        def load(name: str) -> EchoStepper:
            if name == "echo":
                return EchoStepper()
            if name == "coarse":
                stepper = EchoStepper()
                stepper.name, stepper.steps_per_beat = "coarse", 2
                return stepper
            raise CheckpointError(f"there is no model {name!r}")

        self.session = Session(
            link=self.link,
            clock=self.link.clock,
            model="echo",
            load_model=load,
            settings=settings,  # type: ignore[arg-type]  # a stand-in
        )

    @property
    def now(self) -> Snapshot:
        return self.session.snapshot

    def do(self, *commands: ask.Command) -> None:
        for command in commands:
            self.session.command(command)

    def until(self, done: Callable[[Snapshot], bool]) -> None:
        for _ in range(100_000):
            if done(self.now):
                return
            while self.session.work():
                pass
            for event in self.link.poll(0.02):
                self.session.event(event)
        raise AssertionError("never came")

    def until_step(self, step: int) -> None:
        self.until(lambda snapshot: snapshot.step >= step)


def pitches(snapshot: Snapshot) -> list[int]:
    return [note.pitch for note in snapshot.recording.all_notes() if note.source is Source.MODEL]


def test_play_plays_from_a_bar_on_and_records_what_sounded() -> None:
    rig = Rig()
    rig.do(ask.Play())
    assert rig.now.transport is Transport.PLAYING
    rig.until_step(5)
    rig.do(ask.Stop())
    rig.until(lambda snapshot: not snapshot.recording.playing())
    assert pitches(rig.now) == [61, 62, 63, 64, 65]  # the sixth had only begun
    assert rig.now.transport is Transport.STOPPED


def test_the_plan_reaches_far_enough_ahead() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(3)
    while rig.session.work():
        pass
    ahead = len(rig.now.planned)
    assert ahead >= LOOKAHEAD_FRAMES
    assert ahead * 0.125 >= LOOKAHEAD_SECONDS
    assert rig.now.planned_from == 4
    assert rig.now.timing.steps_dry == 0


def test_a_pause_keeps_the_state_and_strikes_again_what_it_ended() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(5)
    rig.do(ask.Pause())
    rig.until(lambda snapshot: not snapshot.recording.playing())
    assert rig.now.position_steps(1e9) == 6.0
    rig.do(ask.Play())
    rig.until_step(7)
    assert [note.pitch for note in rig.now.recording.playing()] == [68]
    assert pitches(rig.now)[-2:] == [67, 68]


def test_stop_ends_the_take_and_the_next_begins_anew_on_a_bar() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(5)
    rig.do(ask.Stop(), ask.Play())
    rig.until_step(17)
    assert pitches(rig.now)[-1] == 60 + 1 + 2  # one frame heard in this take, the second
    assert rig.now.take == 2
    starts = [note.start_steps for note in rig.now.recording.all_notes()]
    assert [start for start in starts if 5 < start < 16] == []
    assert [(marker.step, marker.text) for marker in rig.now.recording.markers] == [(16, "Take 2")]


def test_a_new_session_forgets() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(5)
    rig.do(ask.NewSession())
    assert (rig.now.transport, rig.now.step, rig.now.take) == (Transport.STOPPED, -1, 0)
    for event in rig.link.poll(0.0):
        rig.session.event(event)
    assert rig.now.recording.all_notes() == []
    rig.do(ask.Play())
    rig.until_step(2)
    assert rig.now.recording.all_notes()[0].start_steps == 0


def test_a_control_is_heard_from_the_first_step_that_is_not_frozen() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(8)
    rig.do(ask.Adjust("temperature", 1.5))
    rig.until_step(11)
    octaves = [note.start_steps for note in rig.now.recording.all_notes() if note.pitch >= 72 + 1]
    assert min(octaves) == 9


def test_tempo_moves_the_deadlines_and_not_the_notes() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(8)
    before = rig.now.step_seconds_at
    rig.do(ask.Adjust("tempo_bpm", 60.0))
    rig.until_step(12)
    assert rig.now.step_seconds_at - before == pytest.approx(4 * 0.25)
    assert [(change.step, change.bpm) for change in rig.now.recording.tempos] == [(0, 120.0), (9, 60.0)]


def test_what_cannot_be_done_is_said_and_changes_nothing() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(3)
    for command, words in (
        (ask.Adjust("temperature", 0.0), "temperature must be from"),
        (ask.SelectModel("nothing"), "there is no model 'nothing'"),
        (ask.SelectModel("coarse"), "start a new session"),
        (ask.UsePrimer(PianoRoll.from_notes([], 4, n_steps=4), "silence.mid"), "silence.mid has no notes"),
    ):
        told = rig.now.notice_id
        rig.do(command)
        assert rig.now.notice is not None
        assert words in rig.now.notice.text
        assert rig.now.notice_id == told + 1
    assert (rig.now.settings, rig.now.model, rig.now.transport) == (SETTINGS, "echo", Transport.PLAYING)


def test_a_model_on_another_grid_is_taken_in_a_new_session() -> None:
    rig = Rig()
    rig.do(ask.SelectModel("coarse"), ask.Play())
    rig.until_step(3)
    assert (rig.now.model, rig.now.timeline.steps_per_beat) == ("coarse", 2)


def test_the_players_keys_are_recorded_as_theirs() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(4)
    rig.do(msg.PlayKey(40, 90))
    rig.until_step(6)
    assert rig.now.keys == ((40, 90),)
    rig.do(msg.PlayKey(40, 0))
    rig.until_step(7)
    [note] = [note for note in rig.now.recording.notes if note.source is Source.PLAYER]
    assert (note.pitch, note.velocity) == (40, 90)
    assert 4 <= note.start_steps <= 4.5 < note.end_steps < 7
    assert rig.now.keys == ()


def test_a_key_held_through_a_pause_ends_with_the_music() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(4)
    rig.do(msg.PlayKey(40, 90))
    rig.until_step(6)
    rig.do(ask.Pause(), msg.PlayKey(40, 0))
    rig.until(lambda snapshot: not snapshot.keys)
    [note] = [note for note in rig.now.recording.notes if note.source is Source.PLAYER]
    assert note.end_steps == 7.0
    assert rig.now.recording.playing() == ()


def test_another_model_brings_its_gibbs_steps_and_the_music_goes_on() -> None:
    rig = Rig()
    rig.do(ask.Adjust("gibbs_steps", 7), ask.Play())
    rig.until_step(5)
    rig.do(ask.SelectModel("echo"))
    assert rig.now.settings.gibbs_steps == 25
    rig.until_step(20)
    assert pitches(rig.now)[16:18] == [61, 62]  # from its initial state, on the next bar
    assert rig.now.timing.steps_dry == 0


def play_primer(rig: Rig, beats: list[tuple[float, float, int]], tempo: float) -> None:
    """Press and release keys, (start, end, pitch) in beats, moving time on as a player would."""
    origin = rig.link.clock.now_seconds()
    moves = sorted([(start, pitch, 80) for start, _, pitch in beats] + [(end, pitch, 0) for _, end, pitch in beats])
    for beat, pitch, velocity in moves:
        when = origin + beat * 60 / tempo
        rig.until(lambda _, when=when: (rig.link.player.next_due_seconds() or math.inf) > when)  # type: ignore[misc]  # bound now
        rig.link.clock.sleep_until(when)
        rig.link.player.advance()
        rig.link.player.key(pitch, velocity, rig.link.clock.now_seconds())
        rig.until(lambda _: True)
        for event in rig.link.poll(0.0):
            rig.session.event(event)


MELODY = [(0.0, 0.9, 60), (1.0, 1.9, 62), (2.0, 2.4, 64), (2.5, 2.9, 65), (3.0, 3.9, 67), (4.0, 4.9, 72)]


def test_without_a_click_the_first_note_sets_the_phase_and_the_tempo_is_heard() -> None:
    rig = Rig(replace(SETTINGS, tempo_bpm=110.0))
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    assert (rig.now.primer, rig.now.running) == (PrimerState.WAITING, False)
    play_primer(rig, MELODY, 96.0)
    assert (rig.now.primer, rig.now.running) == (PrimerState.LISTENING, True)
    rig.until_step(40)
    assert rig.now.primer is PrimerState.CONTINUED
    assert rig.now.tempo_bpm == pytest.approx(96.0, rel=0.01)
    primer = [note for note in rig.now.recording.all_notes() if note.source is Source.PRIMER]
    assert [round(note.start_steps) for note in primer] == [0, 4, 8, 10, 12, 16]
    first = next(note for note in rig.now.recording.all_notes() if note.source is Source.MODEL)
    assert first.start_steps % 4 == 0
    assert first.pitch == 60 + (20 + 1) % 12  # 20 frames heard, trailing silence not among them; take 1
    [marker] = rig.now.recording.markers
    assert (marker.step, marker.text) == (first.start_steps, TOOK_OVER)
    # Two beats of silence after the last release at beat 4.9, then the next beat.
    assert first.start_steps == 28


def test_without_a_click_the_now_line_still_moves_smoothly() -> None:
    rig = Rig()
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    play_primer(rig, [(0.0, 0.5, 60)], 120.0)
    places = []
    for _ in range(50):
        rig.link.clock.sleep_until(rig.link.clock.now_seconds() + 0.01)
        rig.session.work()
        places.append(rig.now.position_steps(rig.link.clock.now_seconds()))
    moved = [after - before for before, after in itertools.pairwise(places)]
    assert moved == pytest.approx([0.08] * 49)  # a 16th lasts 0.125 s


def test_continue_takes_over_at_once() -> None:
    rig = Rig()
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    rig.do(ask.Continue())  # nothing played yet: nothing to go on from
    assert rig.now.primer is PrimerState.WAITING
    play_primer(rig, MELODY, 120.0)
    rig.do(ask.Continue())
    rig.until_step(24)
    first = next(note for note in rig.now.recording.all_notes() if note.source is Source.MODEL)
    assert first.start_steps == 20


def test_with_a_click_onsets_snap_to_its_grid() -> None:
    rig = Rig(replace(SETTINGS, click=True))
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    rig.until_step(3)
    play_primer(rig, [(start + 0.02, end, pitch) for start, end, pitch in MELODY], 120.0)
    rig.until_step(48)
    model = [note for note in rig.now.recording.all_notes() if note.source is Source.MODEL]
    assert model[0].start_steps % 4 == 0
    assert model[0].pitch == 60 + (20 + 1) % 12
    assert rig.now.tempo_bpm == 120.0
    assert rig.now.timing.steps_dry == 0


def test_a_bar_of_clicks_counts_the_player_in_and_an_upbeat_is_heard() -> None:
    rig = Rig(replace(SETTINGS, click=True, count_in=True))
    clicks: list[tuple[bool, float]] = []
    rig.link.player.set_click_sound(lambda accented, due: clicks.append((accented, due)))
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    assert rig.now.primer is PrimerState.COUNTING_IN
    rig.until_step(2)
    play_primer(rig, [(0.0, 0.5, 50)], 120.0)  # finding the keys
    assert rig.now.primer is PrimerState.COUNTING_IN
    rig.until_step(12)
    play_primer(rig, [(0.02, 0.5, 55), (1.02, 1.9, 60), (2.02, 2.9, 62)], 120.0)  # from step 12 on
    assert rig.now.primer is PrimerState.LISTENING
    assert [accented for accented, _ in clicks[:5]] == [True, False, False, False, True]
    rig.until_step(48)
    notes = rig.now.recording.all_notes()
    assert [note.pitch for note in notes if note.source is Source.PLAYER] == [50]
    assert [note.pitch for note in notes if note.source is Source.PRIMER] == [55, 60, 62]
    assert rig.now.primer is PrimerState.CONTINUED


def test_after_the_count_in_it_is_the_players_turn() -> None:
    rig = Rig(replace(SETTINGS, click=True, count_in=True))
    rig.do(ask.Play())
    rig.until_step(5)
    rig.do(ask.SetMode(Mode.PRIMER))
    states = []
    for step in range(6, 34):
        rig.until_step(step)
        states.append(rig.now.primer)
    turn = states.index(PrimerState.WAITING)
    assert states == [PrimerState.COUNTING_IN] * turn + [PrimerState.WAITING] * (len(states) - turn)
    assert turn + 6 == 31, "a whole bar, from bar line to bar line"


def test_entering_primer_while_the_model_plays_silences_it() -> None:
    for click in (False, True):
        rig = Rig(replace(SETTINGS, click=click))
        rig.do(ask.Play())
        rig.until_step(6)
        rig.do(ask.SetMode(Mode.PRIMER))
        for _ in range(20):
            rig.session.work()
            for event in rig.link.poll(0.02):
                rig.session.event(event)
        assert rig.now.recording.playing() == ()
        rig.do(ask.SetMode(Mode.FREE))
        played = len(pitches(rig.now))
        rig.until(lambda snapshot, played=played: len(pitches(snapshot)) > played + 3)  # type: ignore[misc]  # bound now


def test_a_file_is_played_first_and_then_gone_on_from() -> None:
    roll = PianoRoll.from_notes([Note(beat, beat + 1, 50 + beat) for beat in range(6)], 1)
    roll = replace(roll, tempos=(TempoChange(0, 80.0),), meters=(MeterChange(0, Meter(3, 4)),))
    rig = Rig()
    rig.do(ask.UsePrimer(roll, "six.mid"))
    rig.until_step(30)
    notes = rig.now.recording.all_notes()
    assert [(note.start_steps, note.pitch) for note in notes[:6]] == [(4 * beat, 50 + beat) for beat in range(6)]
    assert {note.source for note in notes[:6]} == {Source.PRIMER}
    assert (notes[6].start_steps, notes[6].pitch, notes[6].source) == (24, 60 + (24 + 1) % 12, Source.MODEL)
    assert (rig.now.tempo_bpm, rig.now.timeline.meter) == (80.0, Meter(3, 4))
    assert [(m.step, m.text) for m in rig.now.recording.markers] == [(0, "Primer: six.mid"), (24, TOOK_OVER)]


def test_a_file_dropped_while_it_plays_begins_at_the_next_bar() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(20)
    rig.do(ask.UsePrimer(PianoRoll.from_notes([Note(0, 4, 50)], 4), "one.mid"))
    rig.until_step(40)
    [primer] = [note for note in rig.now.recording.all_notes() if note.source is Source.PRIMER]
    assert (primer.start_steps, primer.end_steps) == (32, 36)
    assert [note.start_steps for note in rig.now.recording.notes if note.end_steps == 32] == [31]


def test_a_player_that_died_is_given_the_plan_again() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(9)
    rig.link.player.handle(msg.StopClock())
    rig.link.poll(0.0)  # what the dead one knew is lost
    rig.session.event(msg.PlayerRestarted("The player stopped and was started again."))
    rig.until_step(15)
    notes = rig.now.recording.all_notes()
    assert [note.start_steps for note in notes] == list(range(16))
    assert rig.now.notice is not None


def test_the_same_seed_plays_the_same_session() -> None:
    def play(seed: int) -> list[tuple[float, int, int]]:
        rig = Rig(replace(SETTINGS, seed=seed))
        rig.do(ask.Play())
        run_offline(rig.session, rig.link, lambda snapshot: snapshot.step >= 64)
        return [(note.start_steps, note.pitch, note.velocity) for note in rig.now.recording.all_notes()]

    assert play(1) == play(1)
    assert play(1) != play(2)


def test_a_key_that_a_dying_player_held_is_ended() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(4)
    rig.do(msg.PlayKey(40, 90))
    rig.until_step(6)
    rig.session.event(msg.PlayerRestarted("The player stopped and was started again."))
    assert rig.now.keys == ()
    assert [note.pitch for note in rig.now.recording.playing() if note.source is Source.PLAYER] == []


def test_the_now_line_does_not_jump_when_the_model_takes_over() -> None:
    rig = Rig()
    rig.do(ask.SetMode(Mode.PRIMER), ask.Play())
    play_primer(rig, [*MELODY[:-1], (4.0, 4.1, 72)], 120.0)
    before = rig.now.position_steps(rig.link.clock.now_seconds())
    rig.do(ask.Continue())  # the model enters at beat 5: 3.6 steps to go
    assert rig.now.position_steps(rig.link.clock.now_seconds()) == pytest.approx(before, abs=0.1)
    rig.until_step(20)
    assert rig.now.recording.markers[0].step == 20


def test_what_still_sounded_when_a_session_was_given_up_is_not_the_next_ones() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.until_step(5)
    rig.link.clock.sleep_until(rig.link.clock.now_seconds() + 0.3)
    rig.link.player.advance()  # two more steps sound, and nobody has heard of them yet
    rig.link.player.key(60, 90, rig.link.clock.now_seconds())
    rig.do(ask.NewSession())
    for event in rig.link.poll(0.0):
        rig.session.event(event)
    assert rig.now.recording.all_notes() == []
    assert rig.now.recording.end_steps == 0
    rig.do(ask.Play())
    rig.until_step(3)
    assert pitches(rig.now)[:3] == [61, 62, 63]


def test_a_master_starts_pauses_and_sets_the_tempo() -> None:
    rig = Rig(replace(SETTINGS, follow_clock=True))
    rig.session.event(msg.MasterMoved(running=True))
    assert rig.now.transport is Transport.PLAYING
    rig.until_step(5)
    rig.link.player.handle(msg.SetTempo(150.0))  # as the player does when a master says so
    rig.until_step(9)
    assert rig.now.tempo_bpm == 150.0
    rig.session.event(msg.MasterMoved(running=False))
    assert rig.now.transport is Transport.PAUSED
    rig.session.event(msg.MasterMoved(running=True))
    assert rig.now.transport is Transport.PLAYING


def test_a_session_whose_model_is_gone_goes_on_with_the_one_in_use() -> None:
    rig = Rig()
    rig.do(ask.TakeUpSession(Recording(Timeline(4)), "a discarded draft", 8, 1, lambda _tell: NoJournal()))
    assert rig.now.model == "echo"
    assert rig.now.notice is not None
    assert rig.now.notice.text == "The model 'a discarded draft' of that session is gone: echo goes on in its place"
    rig.do(ask.Play())
    rig.until(lambda snapshot: snapshot.step > 20)
    rig.do(ask.TakeUpSession(Recording(Timeline(2)), "a discarded draft", 8, 1, lambda _tell: NoJournal()))
    assert rig.now.notice.text.endswith("bring back the model that played it")
