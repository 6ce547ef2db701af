"""Playing with the real window: keys come from another program on JACK, commands from the computer's keys and mouse.

What is heard, another process hears; what is kept, the session's file says; what is seen, another process looks at.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtGui import QColor

from rnnrbm_live.core import journal as jot
from rnnrbm_live.engine.replay import regenerate
from rnnrbm_live.gui.roll_painting import LEAST_LIKELY, ghost_shades
from rnnrbm_live.gui.theme import DARK
from rnnrbm_live.instrument import load_stepper
from rnnrbm_live.places import model_library
from tests.e2e.desk import Desk, Keyboard
from tests.e2e.ear import Ear
from tests.e2e.servers import wait_for

pytestmark = pytest.mark.e2e
BAR = 16  # steps


def of_the_model(ear: Ear, first: int = 0) -> list[int]:
    """Return the pitches of the model's notes, from a note on."""
    return [pitch for channel, pitch in ear.notes[first:] if channel == 0]


def check_that_it_can_be_drawn_again(desk: Desk) -> None:
    assert regenerate(desk.written(), lambda name: load_stepper(model_library(), name)).identical


def test_duet_thinking_and_turns(desk: Desk, ear: Ear, keyboard: Keyboard) -> None:
    chord = (60, 64, 67)
    desk.set_tempo(240)
    desk.key("ctrl+3")  # Duet

    wait_for(lambda: Seen(desk.look()).considers, what="cells ahead of the now-line, and bars on keys")
    seen = [Seen(desk.look())]
    while len(seen) < 3 or seen[-1].bottom > seen[-2].bottom:  # open in the end, as it may be from the beginning
        desk.key("ctrl+i")
        wait_for(lambda: abs(Seen(desk.look()).bottom - seen[-1].bottom) > 40, what="folding or unfolding")
        seen.append(Seen(desk.look()))
    assert seen[-1].below_the_past("model") > seen[-2].below_the_past("model"), "thinking"
    assert not Seen(desk.look()).choice_told
    keyboard.press(*chord)
    wait_for(lambda: {(1, pitch) for pitch in chord} <= ear.sounding, what="the chord")
    wait_for(lambda: not {(0, pitch) for pitch in chord} & ear.sounding, what="the model's leaving it to the player")
    begun, heard = len(ear.messages), len(ear.notes)
    wait_for(lambda: len(of_the_model(ear, heard)) > 8, what="the model's playing along")
    assert not set(of_the_model(ear, heard)) & set(chord), "never doubled"
    assert not [m for m in ear.messages[begun:] if m[0] in (0x81, 0x91)], "never ended, never struck"

    def choice_told() -> bool:
        """Strike once more if not: a chord that is answered a step late is no choice that can be compared."""
        told = Seen(desk.look()).choice_told
        if not told:
            keyboard.release(*chord)
            keyboard.press(*chord)
        return told

    wait_for(choice_told, what="how surprising the player's choice was")
    keyboard.release(*chord)
    wait_for(lambda: not {(1, pitch) for pitch in chord} & ear.sounding, what="the chord's end")

    desk.key("ctrl+4")  # Turns, of two bars: two seconds
    wait_for(lambda: not ear.sounding, what="the model's silence")
    heard = len(ear.notes)
    for pitch in (*chord, 72):
        keyboard.press(pitch)
        time.sleep(0.2)
        keyboard.release(pitch)
    wait_for(lambda: of_the_model(ear, heard), what="the answer")
    begins = ear.seconds[-1]
    wait_for(lambda: not ear.sounding, what="the answer's end")
    assert ear.seconds[-1] - begins < 2.1
    time.sleep(0.5)
    assert not ear.sounding, "the player's turn"
    desk.quit()
    together = [step.planned.frame.sounding for step in desk.steps() if step.keys.held == set(chord)]
    assert together
    assert not any(sounding & set(chord) for sounding in together)
    assert any(section.label == "Answer" for section in desk.sections())
    check_that_it_can_be_drawn_again(desk)


def test_bounds_single_keys_undo_and_room_in_a_duet(desk: Desk, ear: Ear, keyboard: Keyboard) -> None:
    def held(pitch: int) -> None:
        keyboard.press(pitch)
        wait_for(lambda: (1, pitch) in ear.sounding, what="the key")
        time.sleep(0.2)  # until the window knows it

    def let_go(pitch: int) -> None:
        keyboard.release(pitch)
        wait_for(lambda: (1, pitch) not in ear.sounding, what="its end")

    def plays(notes: int) -> set[int]:
        first = len(ear.notes)
        wait_for(lambda: len(of_the_model(ear, first)) >= notes, what="the model's playing")
        return set(of_the_model(ear, first))

    desk.set_tempo(300)
    desk.key("ctrl+k", "alt+b", *["Tab"] * 7, "Down", "Tab", "c", "3", "Tab", "c", "5")
    wait_for(lambda: desk.settings().high_pitch == 72, what="C major, from C3 to C5")
    white = {48, 50, 52, 53, 55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72}
    assert plays(12) <= white

    held(55)
    desk.key("ctrl+b")
    wait_for(lambda: desk.settings().muted == (55,), what="its being left out")
    let_go(55)
    held(62)
    desk.key("ctrl+b")
    wait_for(lambda: desk.settings().muted == (55, 62), what="its being left out")
    desk.key("ctrl+b")
    wait_for(lambda: desk.settings().forced == (62,), what="its being forced")
    let_go(62)
    wait_for(lambda: (0, 62) in ear.sounding, what="the forced key")
    assert plays(12) <= white - {55}
    desk.key("ctrl+z")
    wait_for(lambda: (0, 62) not in ear.sounding and not desk.settings().forced, what="its being undone")
    assert plays(12) <= white - {55, 62}
    desk.key("ctrl+shift+z")
    wait_for(lambda: (0, 62) in ear.sounding, what="its being done again")

    desk.key("ctrl+3")
    keyboard.press(60, 67)
    wait_for(lambda: desk.steps()[-1].keys.held == {60, 67}, what="the duet")
    desk.key("alt+b", *["Tab"] * 7, "Down", "Tab", "Down", "Down")
    wait_for(lambda: desk.settings().room == 2, what="room around the two keys, and below the highest")
    assert plays(9) <= {48, 50, 52, 53, 57, 62, 64}, "below the highest, two semitones away, but for the forced one"
    keyboard.release(60, 67)
    desk.quit()
    in_room = [s.planned.frame.sounding for s in desk.steps() if s.keys.held and s.settings and s.settings.room == 2]
    assert all(62 in sounding for sounding in in_room)
    check_that_it_can_be_drawn_again(desk)


def test_pedal_learnt_knob_roads_loop_and_machine_control(desk: Desk, ear: Ear, keyboard: Keyboard) -> None:
    def last_step() -> int:
        return desk.steps()[-1].step

    def jumps() -> list[jot.SectionBegun]:
        return [section for section in desk.sections() if section.jumps]

    def next_jump(*keys: str) -> jot.SectionBegun:
        """Press keys; return where that has led to."""
        before = len(jumps())
        desk.key(*keys)
        wait_for(lambda: len(jumps()) > before, what="the jump")
        return jumps()[before]

    desk.set_tempo(300)
    keyboard.send(0xB0, 64, 127)
    keyboard.press(60)
    keyboard.release(60)
    time.sleep(0.3)
    assert (1, 60) in ear.sounding, "the pedal holds it"
    keyboard.send(0xB0, 64, 0)
    wait_for(lambda: (1, 60) not in ear.sounding, what="the pedal's letting go")

    desk.key("alt+t", "ctrl+shift+l")
    time.sleep(0.3)
    for value in range(128):
        keyboard.send(0xB0, 74, value)
        time.sleep(0.01)
    wait_for(lambda: desk.settings().temperature == 1.5, what="the temperature that the knob asks for")

    wait_for(lambda: last_step() > 4 * BAR, what="four bars")
    other = next_jump("ctrl+shift+Left")  # the last four bars again, differently
    assert other.resumes is not None
    wait_for(lambda: last_step() > other.step + BAR, what="a bar of the other road")
    first = next_jump("ctrl+bracketleft")
    second = next_jump("ctrl+bracketright")
    assert (first.road, second.road) == (0, 1)
    wait_for(lambda: last_step() >= second.step + BAR // 2, what="the other road again")

    desk.click(300, 400)  # the roll
    time.sleep(0.3)
    desk.key("shift+Left")  # selects the last bar
    rounds = [next_jump("ctrl+l"), next_jump(), next_jump()]
    wait_for(lambda: last_step() >= rounds[-1].step + BAR - 1, what="the third round")
    desk.key("ctrl+l")
    wait_for(lambda: last_step() > jumps()[-1].step + 2 * BAR, what="going on beyond the loop")

    keyboard.send(0xF0, 0x7F, 0x7F, 0x06, 0x01, 0xF7)  # MIDI machine control: stop
    wait_for(lambda: not ear.sounding, what="silence")
    time.sleep(0.5)
    assert not ear.sounding
    desk.quit()

    tape = {r.step: r.planned.frame for r in desk.written() if isinstance(r, jot.StepHeard)}
    bars = [[tape[section.step + i].sounding for i in range(BAR)] for section in (other, first, *rounds)]
    before = [tape[first.position + i].sounding for i in range(BAR)]
    shift = other.step - other.resumes
    assert bars[1] == before, "the first road as it was"
    assert 0 < first.step - shift - first.position <= BAR, "from the bar on that was playing"
    again = range(second.step, min(second.step + BAR, second.step - second.position - shift + first.step))
    assert len(again) > BAR // 2
    assert all(tape[step].sounding == tape[step - second.step + second.position + shift].sounding for step in again)
    assert bars[0] != [tape[other.resumes + i].sounding for i in range(BAR)], "another road"
    assert len({r.resumes for r in rounds}) == 1
    assert [r.step - rounds[0].step for r in rounds] == [0, BAR, 2 * BAR]
    assert [r.label for r in rounds] == ["Round 2", "Round 3", "Round 4"]
    assert len({tuple(bar) for bar in bars[2:]}) == 3, "each differs"
    anew = {section.step for section in jumps()}
    heard = of_the_model(ear)
    for section in (first, *rounds):
        bar = [(step, tape[step]) for step in range(section.step, section.step + BAR)]
        played = [pitch for step, frame in bar for pitch in sorted(frame.sounding if step in anew else frame.onsets)]
        assert any(heard[i : i + len(played)] == played for i in range(len(heard))), "what is kept is what was heard"
    check_that_it_can_be_drawn_again(desk)


class Seen:
    """The window, as its colours tell it.

    Attributes:
        bottom: of the roll, pixels from the top.
        choice_told: whether the panel says how likely the player's choice was.
        considers: whether there are cells ahead of the now-line, and bars on keys, that are considered.
    """

    def __init__(self, screen: NDArray[np.uint8]) -> None:
        self._screen = screen
        keys = self._pixels("white_key")
        columns = np.flatnonzero(keys.sum(0) > keys.sum(0).max() // 2)
        self._now, self._ahead = int(columns[0]), int(columns[-1]) + 1
        rows = np.flatnonzero(keys[:, columns].sum(1) > len(columns) // 2)
        self._top, self.bottom = int(rows[0]), int(rows[-1]) + 1
        self.choice_told = bool(self._pixels("player")[self.bottom :, self._now :].any())
        self.considers = self._considered_cells() > 0 and bool(self._pixels("likely")[:, self._now : self._ahead].any())

    def below_the_past(self, colour: str) -> int:
        """Return how many pixels below the roll, up to the now-line, have a colour."""
        return int(self._pixels(colour)[self.bottom :, : self._now].sum())

    def _considered_cells(self) -> int:
        """Return in how many places nine pixels have one shade that only cells which are considered have."""
        roll = self._screen[self._top : self.bottom, self._ahead :].astype(np.int64) @ (65_536, 256, 1)
        shades = {shade.rgb() & 0xFFFFFF for shade in ghost_shades(DARK)[LEAST_LIKELY:]}
        even = np.ones(tuple(side - 2 for side in roll.shape), bool)
        for y in range(3):
            for x in range(3):
                even &= roll[1:-1, 1:-1] == roll[y : y + even.shape[0], x : x + even.shape[1]]
        return int((even & np.isin(roll[1:-1, 1:-1], list(shades))).sum())

    def _pixels(self, colour: str) -> NDArray[np.bool_]:
        wanted = QColor(getattr(DARK, colour))
        same: NDArray[np.bool_] = (self._screen == (wanted.red(), wanted.green(), wanted.blue())).all(-1)
        return same
