"""Call and response: who plays when, what the model goes on from, and that all of it can be drawn again."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import step_seconds
from rnnrbm_live.core.pianoroll import Note
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.engine.session import Session
from rnnrbm_live.engine.snapshot import Transport, Whose
from rnnrbm_live.engine.turns import ANSWER, CALL, MEMORY_BARS
from tests.engine import test_replay
from tests.engine.test_replay import load

BAR = 16
STEP = step_seconds(120, 4)
TUNE = [(0.0, 3.8, 60), (4.0, 7.9, 64), (8.0, 11.5, 67), (12.0, 15.2, 72)]  # start, end, pitch; steps of a bar


class Rig(test_replay.Rig):
    """A session in Turns mode, one bar each, in which keys are moved at exact places."""

    def __init__(self, **settings: object) -> None:
        super().__init__()
        self.do(ask.SetMode(Mode.TURNS))
        for name, value in ({"turn_bars": 1, "gibbs_steps": 5} | settings).items():
            self.do(ask.Adjust(name, value))  # type: ignore[arg-type]  # any setting

    @property
    def zero_seconds(self) -> float:
        """When step 0 would have been due, from the last step on."""
        return self.session.snapshot.step_seconds_at - self.session.snapshot.step * STEP

    def go_to(self, place: float) -> None:
        """Let time go on to a place in steps."""
        when = self.zero_seconds + place * STEP
        self.until(lambda _: (self.link.player.next_due_seconds() or 1e9) > when)
        self.link.clock.sleep_until(when)
        self.link.player.advance()

    def play(self, notes: list[tuple[float, float, int]], at: float = 0.0) -> None:
        moves = [(start, pitch, 80) for start, _, pitch in notes] + [(end, pitch, 0) for _, end, pitch in notes]
        for place, pitch, velocity in sorted(moves):
            self.go_to(at + place)
            self.link.player.key(pitch, velocity, self.link.clock.now_seconds())
            for event in self.link.poll(0.0):
                self.session.event(event)

    def finish(self, step: int) -> None:
        self.until(lambda snapshot: snapshot.step >= step)

    @property
    def answers(self) -> list[jot.SectionBegun]:
        return [record for record in self.written if isinstance(record, jot.SectionBegun) and record.model]

    def frames(self) -> dict[int, Frame]:
        return {record.step: record.planned.frame for record in self.written if isinstance(record, jot.StepHeard)}

    def sounding_steps(self) -> list[int]:
        return [step for step, frame in self.frames().items() if frame.sounding]


def stretches(steps: list[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of bars in which something sounds."""
    bars = sorted({step // BAR for step in steps})
    runs = [list(run) for _, run in itertools.groupby(enumerate(bars), lambda pair: pair[1] - pair[0])]
    return [(run[0][1] * BAR, run[-1][1] * BAR + BAR) for run in runs]


def conversation(**settings: object) -> Rig:
    rig = Rig(**settings)
    bars = rig.session.snapshot.settings.turn_bars
    rig.do(ask.Play())
    first = BAR if settings.get("count_in") else 0
    for round_ in range(2):
        rig.play(TUNE, first + 2 * bars * BAR * round_)
    rig.finish(first + 4 * bars * BAR + 3)
    return rig


@pytest.mark.parametrize(("bars", "count_in"), [(1, True), (2, False), (4, True)])
def test_the_model_plays_in_its_turns_alone_and_as_long_as_the_player(bars: int, count_in: bool) -> None:
    rig = conversation(turn_bars=bars, count_in=count_in)
    first, turn = BAR * count_in, bars * BAR
    answers = [(first + turn * place, first + turn * (place + 1)) for place in (1, 3)]
    assert stretches(rig.sounding_steps()) == answers
    frames = rig.frames()
    for begin, end in answers:
        assert frames[begin].sounding, "it enters at the bar line"
        assert frames[end - 1].sounding
    notes = [note for note in rig.session.snapshot.recording.notes if note.source is Source.MODEL]
    assert all(any(b <= note.start_steps < note.end_steps <= e for b, e in answers) for note in notes)
    assert max(note.end_steps for note in notes) == answers[-1][1]
    assert rig.session.snapshot.timing.steps_dry == 0
    markers = [(marker.step, marker.text) for marker in rig.session.snapshot.recording.markers]
    assert markers == [(first + turn * place, ANSWER if place % 2 else CALL) for place in range(5)]


def test_the_answers_are_drawn_again_bit_for_bit() -> None:
    first, again = conversation(turn_bars=2), conversation(turn_bars=2)
    found = regenerate(first.written, load)
    assert found.identical
    assert found.drawn == found.steps == 2 * 2 * BAR
    assert first.frames() == again.frames()


def test_a_note_that_is_held_beyond_the_turn_ends_with_it_for_the_model() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.play([(8.0, BAR + 9.0, 60)])
    rig.play(TUNE, 2 * BAR)
    rig.finish(3 * BAR + 1)
    first, second = rig.answers
    assert [sorted(frame.sounding) for frame in first.heard] == [[60]] * 8
    answered = [rig.frames()[step] for step in range(BAR, 2 * BAR)]
    assert list(second.heard[: 8 + BAR]) == [*first.heard, *answered]


def test_an_answer_is_to_what_was_called() -> None:
    rig, other = Rig(), Rig()
    for each, pitch in ((rig, 72), (other, 71)):
        each.do(ask.Play())
        each.play([*TUNE[:3], (12.0, 15.2, pitch)])
        each.finish(2 * BAR)
    assert rig.frames() != other.frames()
    [heard] = [answer.heard for answer in rig.answers]
    assert [sorted(frame.onsets) for frame in heard[::4]] == [[60], [64], [67], [72]]
    assert len(heard) == 15, "trailing silence is not heard"


def test_the_whole_conversation_is_heard_up_to_a_bound() -> None:
    rig = Rig()
    rig.do(ask.Play())
    for round_ in range(8):
        rig.play(TUNE, 2 * BAR * round_)
    rig.finish(16 * BAR)
    frames, last = rig.frames(), rig.answers[-1]
    assert [len(answer.heard) for answer in rig.answers[:3]] == [15, 47, 79]
    assert max(len(answer.heard) for answer in rig.answers) == MEMORY_BARS * BAR + 15
    assert last.heard_from == last.step - len(last.heard) - 1
    for step in range(last.step - 2 * BAR, last.step - BAR):
        assert last.heard[step - last.heard_from] == frames[step], "its own answer"


@pytest.mark.parametrize(("early", "heard_at"), [(0.3, 0), (0.0, 0), (-0.4, 0), (-0.6, 1)])
def test_a_note_that_is_a_little_early_is_on_the_turns_first_step(early: float, heard_at: int) -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.play(TUNE)
    rig.play([(2 * BAR - early, 2 * BAR + 5, 50)])
    rig.finish(4 * BAR)
    heard = rig.answers[-1]
    onsets = [step for step, frame in enumerate(heard.heard, heard.heard_from) if 50 in frame.onsets]
    assert onsets == [2 * BAR + heard_at]


def test_a_late_key_is_the_next_turns_and_playing_along_is_not_heard() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.play([*TUNE, (BAR - 0.3, BAR + 2, 48), (BAR + 4, BAR + 6, 50), (2 * BAR - 3, 2 * BAR + 4, 52)])
    rig.finish(4 * BAR)
    pitches = set().union(*(frame.sounding for frame in rig.answers[0].heard))
    assert pitches == {60, 64, 67, 72}
    second = rig.answers[1]
    heard = [frame for step, frame in enumerate(second.heard, second.heard_from) if step >= 2 * BAR]
    assert heard == [Frame(frozenset({52}), frozenset({52})), *[Frame(frozenset({52}))] * 3], "as it was still held"
    notes = rig.session.snapshot.recording.notes
    assert [note.pitch for note in notes if note.source is Source.PLAYER][-3:] == [48, 50, 52], "it sounds all the same"


def test_a_key_of_the_last_moment_is_answered() -> None:
    for bpm in (60.0, 300.0):
        rig = Rig(tempo_bpm=bpm)
        rig.do(ask.Play())
        rig.until(lambda snapshot: snapshot.step >= BAR - 2)
        until = rig.session.snapshot.step_seconds_at + 1.4 * step_seconds(bpm, 4)
        rig.link.clock.sleep_until(until)
        rig.link.player.advance()
        rig.link.player.key(60, 80, until)
        rig.finish(BAR + 2)
        assert [answer.step for answer in rig.answers] == [BAR]
        assert regenerate(rig.written, load).identical


def test_as_long_as_nothing_was_played_it_stays_the_players_turn() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.finish(3 * BAR + 2)
    assert rig.sounding_steps() == []
    assert (rig.session.snapshot.turn.whose, rig.session.snapshot.turn.begun) == (Whose.PLAYER, False)
    rig.play([(3 * BAR + 4, 3 * BAR + 8, 60)])
    rig.finish(5 * BAR)
    assert stretches(rig.sounding_steps()) == [(4 * BAR, 5 * BAR)]


def test_after_a_silent_call_the_model_goes_on_from_where_it_was() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.play(TUNE)
    rig.finish(6 * BAR + 8)
    assert stretches(rig.sounding_steps()) == [(BAR, 2 * BAR), (3 * BAR, 4 * BAR), (5 * BAR, 6 * BAR)]
    assert [len(answer.heard) for answer in rig.answers] == [15, 2 * BAR, 3 * BAR], "no bar of silence among it"
    assert regenerate(rig.written, load).identical


def test_whose_turn_it_is() -> None:
    rig = Rig(count_in=True, turn_bars=2)
    rig.do(ask.Play())
    seen = []
    rig.finish(4)
    rig.play([(20.0, 30.0, 60)])
    for step in range(31, 120):
        rig.finish(step)
        turn = rig.session.snapshot.turn
        seen.append((step, turn.whose, turn.first_step, turn.end_step))
        assert turn.first_step <= step < turn.end_step
    assert {(whose, begin) for _, whose, begin, _ in seen} == {
        (Whose.PLAYER, 16),
        (Whose.MODEL, 48),
        (Whose.PLAYER, 80),
        (Whose.MODEL, 112),
    }


def test_an_upbeat_in_the_count_in_is_heard() -> None:
    rig = Rig(count_in=True)
    rig.do(ask.Play())
    assert rig.session.snapshot.turn.whose is Whose.NOBODY
    rig.play([(5.0, 6.0, 40), (12.1, 15.9, 55), (16.0, 24.0, 60)])
    rig.finish(4 * BAR)
    heard = rig.answers[0]
    assert heard.heard_from == 12
    assert [sorted(frame.onsets) for frame in heard.heard if frame.onsets] == [[55], [60]]


def test_the_click_sounds_in_both_turns_unless_it_is_switched_off() -> None:
    rig = Rig()
    ticks: list[float] = []
    rig.link.player.set_click_sound(lambda _, due: ticks.append(due))
    rig.do(ask.Play())
    rig.play(TUNE)
    rig.finish(2 * BAR - 1)
    assert len(ticks) in (8, 9)
    rig.do(ask.Adjust("click", False))
    rig.finish(4 * BAR)
    assert len(ticks) in (8, 9)
    assert len(rig.answers) == 2


@pytest.mark.parametrize("paused_at", [BAR + 5, 2 * BAR + 5])
def test_a_pause_lets_the_turn_begin_anew_at_a_bar_line(paused_at: int) -> None:
    """Paused in the model's turn, then in the player's."""
    rig = Rig()
    rig.do(ask.Play())
    rig.play(TUNE)
    rig.finish(paused_at)
    rig.do(ask.Pause())
    rig.until(lambda snapshot: not snapshot.recording.playing())
    rig.do(ask.Play(), msg.PlayKey(40, 80), msg.PlayKey(40, 0))
    begins = -(-paused_at // BAR) * BAR
    if paused_at < 2 * BAR:
        rig.finish(begins + 3)
        assert rig.session.snapshot.turn.whose is Whose.MODEL
        assert rig.answers[-1].step == begins
        assert rig.answers[-1].heard == rig.answers[0].heard
        rig.play(TUNE, begins + BAR)
        rig.finish(begins + 2 * BAR + 4)
        assert rig.answers[-1].heard_from == begins - BAR
        assert [frame.sounding for frame in rig.answers[-1].heard[:15]] == [
            frame.sounding for frame in rig.answers[0].heard
        ], "a key that was struck just as it went on is none of the call's"
    else:
        rig.finish(begins + 3)
        assert rig.session.snapshot.turn.whose is Whose.PLAYER
        rig.play([(begins + 4, begins + 8, 60)])
        rig.finish(begins + BAR + 4)
        assert rig.answers[-1].step == begins + BAR
    assert regenerate(rig.written, load).identical


def test_a_key_that_was_held_through_a_pause_is_forgotten_when_it_is_let_go() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.finish(3)
    rig.do(msg.PlayKey(50, 80))
    rig.finish(5)
    rig.do(ask.Pause(), msg.PlayKey(50, 0), msg.PlayKey(52, 80))
    rig.until(lambda snapshot: [pitch for pitch, _ in snapshot.keys] == [52])
    rig.do(ask.Play())
    rig.finish(2 * BAR + 2)
    assert [sorted(frame.sounding) for frame in rig.answers[0].heard] == [[52]] * BAR


def test_modes_change_in_and_out() -> None:
    rig = Rig()
    rig.do(ask.SetMode(Mode.FREE), ask.Play())
    rig.finish(5)
    rig.do(ask.SetMode(Mode.TURNS))
    rig.play(TUNE, BAR)
    rig.finish(2 * BAR + 6)
    assert not [step for step in rig.sounding_steps() if 7 < step < 2 * BAR]
    rig.do(ask.SetMode(Mode.FREE))
    rig.finish(5 * BAR)
    assert rig.session.snapshot.turn is None
    assert stretches(rig.sounding_steps())[-1] == (2 * BAR, 6 * BAR), "its answer goes on without an end"
    rig.do(ask.SetMode(Mode.TURNS), ask.SetMode(Mode.PRIMER))
    rig.finish(6 * BAR)
    assert rig.session.snapshot.turn is None
    rig.do(ask.SetMode(Mode.TURNS))
    rig.play(TUNE, 7 * BAR)
    rig.finish(9 * BAR + 3)
    rig.do(ask.SetMode(Mode.DUET))
    rig.finish(10 * BAR)
    assert (rig.answers[-1].heard_from, rig.answers[-1].step) == (7 * BAR, 9 * BAR + 4), "from all that was heard"
    assert regenerate(rig.written, load).identical


def test_stop_ends_the_conversation_and_play_begins_another() -> None:
    rig = conversation()
    rig.do(ask.Stop())
    assert (rig.session.snapshot.turn, rig.session.snapshot.transport) == (None, Transport.STOPPED)
    rig.do(ask.Play())
    begins = 5 * BAR
    rig.play(TUNE, begins)
    rig.finish(begins + BAR + 3)
    assert len(rig.answers[-1].heard) == 15
    assert rig.session.snapshot.take == 2


def test_another_model_answers_the_next_call() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.play(TUNE)
    rig.do(ask.SelectModel("second"))
    rig.finish(BAR + 4)
    assert rig.answers[-1].model == "second"
    rig.do(ask.SelectModel("rolls"), ask.Adjust("temperature", 1.2), ask.Adjust("tempo_bpm", 150.0))
    rig.finish(4 * BAR)
    assert [(answer.step, answer.model) for answer in rig.answers] == [(BAR, "second"), (3 * BAR, "rolls")]
    assert regenerate(rig.written, load).identical


def test_another_length_counts_from_the_next_round_on() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.finish(3)
    rig.do(ask.Adjust("turn_bars", 2))  # nothing was played yet: at once
    rig.play(TUNE)
    rig.do(ask.Adjust("turn_bars", 1))
    rig.play(TUNE, 4 * BAR)
    rig.finish(6 * BAR)
    assert stretches(rig.sounding_steps()) == [(2 * BAR, 4 * BAR), (5 * BAR, 6 * BAR)]


def test_a_player_that_died_is_back_in_the_same_turn() -> None:
    rig = Rig()
    rig.do(ask.Play())
    rig.play([(0.0, 4.0, 60)])
    rig.do(msg.PlayKey(64, 80))
    rig.finish(8)
    rig.link.player.handle(msg.StopClock())
    rig.link.poll(0.0)
    rig.session.event(msg.PlayerRestarted("The player stopped and was started again."))
    rig.finish(2 * BAR + 1)
    assert stretches(rig.sounding_steps()) == [(BAR, 2 * BAR)]
    heard = rig.answers[0].heard
    assert [sorted(frame.sounding) for frame in (heard[0], heard[-1])] == [[60], [64]]
    assert len(heard) == 9


def test_a_session_that_is_taken_up_takes_turns_anew() -> None:
    rig = conversation()
    recording, end = rig.session.snapshot.recording, rig.session.snapshot.step + 1
    other = Rig()
    other.do(ask.TakeUpSession(recording, "first", end, 1, lambda _tell: other.written), ask.Play())
    begins = 5 * BAR
    other.play(TUNE, begins)
    other.finish(begins + 2 * BAR)
    assert [(answer.step, len(answer.heard)) for answer in other.answers] == [(begins + BAR, 15)]
    assert other.answers[0].take == 2


def test_a_file_that_is_dropped_ends_the_turns() -> None:
    rig = conversation()
    roll = test_replay.PianoRoll.from_notes([Note(0, 4, 50), Note(4, 16, 52)], 4)
    rig.do(ask.UsePrimer(roll, "two.mid"))
    rig.finish(12 * BAR)
    assert (rig.session.snapshot.mode, rig.session.snapshot.turn) == (Mode.FREE, None)


@pytest.mark.parametrize("tonic", [0, 4, 9])
def test_the_answer_is_in_the_key_of_the_call_and_follows_it(tonic: int) -> None:
    rig = Rig(turn_bars=2)
    rig.do(ask.Play())
    tune = [0, 4, 7, 5, 4, 2, 0, 0]
    for round_, above in enumerate((tonic, tonic + 7, tonic + 7)):
        notes = [(4.0 * beat, 4 * beat + 3.5, 60 + above % 12 + tune[beat]) for beat in range(8)]
        rig.play(notes, 4 * BAR * round_)
    rig.finish(11 * BAR)
    keys = [(answer.semitones or 0) % 12 for answer in rig.answers]
    assert keys[0] == tonic
    assert keys[-1] == (tonic + 7) % 12


def test_turns_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="turn bars must be from 1 to 4 bars, not 0"):
        replace(Settings(), turn_bars=0)


def test_a_session_shows_no_turn_but_in_turns() -> None:
    rig = test_replay.Rig()
    assert isinstance(rig.session, Session)
    for mode in (Mode.FREE, Mode.PRIMER, Mode.DUET):
        rig.do(ask.SetMode(mode), ask.Play())
        assert rig.session.snapshot.turn is None
