"""Call and response: the player and the model take turns of so many bars, on a grid that never waits.

A round is the player's turn, the call, and the model's, the answer, as long as the call. A key belongs to the turn that
its nearest step is in: a note that is a little early is on the turn's first step. What the player still holds when
their turn begins counts as struck there. Whatever else they play in the model's turn sounds, but is not heard.

The model is told that a phrase ends with its turn, so it closes there. Its answer is planned as if no key were to be
moved any more, and planned anew with each one that is. So it is ready before its bar line, and as keys of the last half
step before that line are the next turn's, none of the call is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.frame import REST, Frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.key import PITCH_CLASSES, class_durations, followed_key, semitones_above_white_keys
from rnnrbm_live.core.messages import KeyPlayed
from rnnrbm_live.core.pianoroll import Note, PianoRoll
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.conductor import Conductor
from rnnrbm_live.engine.planner import Section
from rnnrbm_live.engine.primer import notes_of_keys
from rnnrbm_live.engine.snapshot import Turn, Whose
from rnnrbm_live.engine.stepper import Stepper

CALL, ANSWER = "Call", "Answer"
MEMORY_BARS = 12  # of the conversation before a call, that its answer goes on from
CALL_FADING = 0.5  # of what was called before, with each call: the key follows the player's
BEFORE, AFTER = -1.0, 1e9  # steps: places of a press and of a release while time stands still


class Turns:
    """One conversation, in a conductor's time.

    `begin` begins it. Then take in what the player reports, and call `work` before each frame is planned.
    """

    def __init__(self, conductor: Conductor, timeline: Timeline) -> None:
        """Stand ready."""
        self._conductor = conductor
        self._timeline = timeline
        self._memory: list[tuple[Frame, ...]] = []  # calls and answers before this round; silent calls left out
        self._durations = np.zeros(PITCH_CLASSES)  # of the calls among them
        self._semitones: int | None = None  # that these lie above C major or A minor
        self._keys: list[KeyPlayed] = []  # of this round, and those that are held from before
        self._bars = 1
        self._first_step = 0  # of the player's turn
        self._upbeat = 0  # steps before it that are heard, too
        self._call: tuple[Frame, ...] = ()  # all of upbeat and turn; what is held now is held to the end
        self._answer: list[Frame] = []  # as far as it has sounded
        self._section: Section | None = None  # the answer as it is planned
        self._changed = False  # whether it is to be planned anew
        self._closed = False  # whether the call is over

    @property
    def _turn_steps(self) -> int:
        return self._bars * self._timeline.bar_steps

    @property
    def _answer_step(self) -> int:
        return self._first_step + self._turn_steps

    @property
    def _end_step(self) -> int:
        """End of the round; as long as there is nothing to answer, that of the player's turn: another one follows."""
        return self._answer_step + self._turn_steps if self._begun else self._answer_step

    @property
    def _begun(self) -> bool:
        return any(map(_sounds, (*self._memory, self._call)))

    def turn(self) -> Turn:
        """Return whose turn it is, at the last step that sounded."""
        step = self._conductor.last_step
        if step + 1 < self._first_step:
            return Turn(Whose.NOBODY, self._first_step - self._timeline.bar_steps, self._first_step, self._begun)
        if step < self._answer_step:
            return Turn(Whose.PLAYER, self._first_step, self._answer_step, self._begun)
        return Turn(Whose.MODEL, self._answer_step, self._answer_step + self._turn_steps, self._begun)

    def begin(self, settings: Settings) -> None:
        """Fall silent. It is the player's turn from the next bar line on or, counted in, a bar later."""
        conductor, timeline = self._conductor, self._timeline
        silent_from = conductor.first_open_step
        if not conductor.running:
            silent_from = timeline.next_bar_step(silent_from)
        first_step = timeline.next_bar_step(silent_from) + settings.count_in * timeline.bar_steps
        upbeat = timeline.steps_per_beat if settings.count_in and not self._memory else 0
        self._begin_round(first_step, settings.turn_bars, upbeat=upbeat)
        conductor.enter(Section(silent_from), Section(first_step, label=CALL), settings=settings)

    def resume(self, stepper: Stepper, settings: Settings, take: int) -> None:
        """After a pause, begin the turn that it interrupted anew, at a bar line."""
        next_step = self._conductor.next_step
        if self._section is None or next_step < self._answer_step:
            self.begin(settings)
            return
        self._first_step += self._timeline.next_bar_step(next_step) - self._answer_step
        self._answer = []
        self._closed = True
        self._plan_answer(self._answer_step, stepper, settings, take)

    def hear(self, key: KeyPlayed) -> None:
        """Take in a key of the player's."""
        if key.position_steps is None:
            key = replace(key, position_steps=BEFORE if key.velocity else AFTER)
        self._keys.append(key)
        self._hear_call()

    def release_all(self, step: int) -> None:
        """Let go of every key: their player went away."""
        for pitch in {key.pitch for key in self._keys}:
            self._keys.append(KeyPlayed(pitch, 0, 0.0, float(step)))
        self._hear_call()

    def use_bars(self, bars: int) -> None:
        """Take turns of so many bars from the next round on, or at once if nothing has been played yet."""
        if not self._begun and self._conductor.next_step < self._first_step + bars * self._timeline.bar_steps:
            self._begin_round(self._first_step, bars, upbeat=self._upbeat)

    def answer_anew(self) -> None:
        """Plan an answer that has not begun once more: by another model."""
        self._changed = True

    def confirm(self, step: int, frame: Frame, settings: Settings) -> None:
        """Take note of a step that sounded."""
        while step >= self._end_step:
            self._remember()
            self._begin_round(self._end_step, settings.turn_bars)
        if step >= self._answer_step:
            self._closed = True
            missing = step - self._answer_step - len(self._answer)
            self._answer += [*[REST] * missing, frame]

    def work(self, stepper: Stepper, settings: Settings, take: int) -> None:
        """Plan the answer, if the plan has come to it and the call has changed."""
        conductor = self._conductor
        if not (self._changed and conductor.running and conductor.planner.tail_step >= self._answer_step):
            return
        self._changed = False
        entry = max(self._answer_step, conductor.first_open_step)
        too_late = entry > self._answer_step and self._section is not None
        if entry < self._end_step and not too_late:
            self._plan_answer(entry, stepper, settings, take)

    def going_on(self, stepper: Stepper, take: int) -> Section | None:
        """Return what the model plays if turns end here: its answer, without an end, or on from all that was heard.

        None if there has been nothing to go on from.
        """
        open_step = self._conductor.first_open_step
        if self._section is not None and self._section.first_step < open_step <= self._end_step:
            return self._section
        entry = self._timeline.next_beat_step(open_step)
        return self._answer_from(entry, stepper, take) if _sounds(self._heard_until(entry)) else None

    # --- inside ------------------------------------------------------------------------------------------

    def _begin_round(self, first_step: int, bars: int, *, upbeat: int = 0) -> None:
        self._first_step, self._bars, self._upbeat = first_step, bars, upbeat
        self._keys = _keys_from(self._keys, first_step - upbeat - 0.5)
        self._call = self._heard_call()
        self._answer = []
        self._section = None
        self._changed = True
        self._closed = False

    def _remember(self) -> None:
        """Keep in mind what was played in this round."""
        if _sounds(self._call):
            self._durations, self._semitones = self._followed()
            self._memory.append(self._call)
        if self._section is not None:
            missing = self._turn_steps - len(self._answer)
            self._memory.append((*self._answer, *[REST] * missing))
        while sum(map(len, self._memory)) > MEMORY_BARS * self._timeline.bar_steps:
            del self._memory[0]

    def _hear_call(self) -> None:
        if not self._closed and (call := self._heard_call()) != self._call:
            self._call = call
            self._changed = True

    def _heard_call(self) -> tuple[Frame, ...]:
        """Return what of the keys is in the player's turn, on the grid."""
        first, last = self._first_step - self._upbeat, self._answer_step
        places = [key.position_steps or 0.0 for key in self._keys]
        notes = [_inside(note, first, last) for note in notes_of_keys(self._keys, places, last)]
        heard = [note for note in notes if note.start_steps < note.end_steps]
        return tuple(PianoRoll.from_notes(heard, self._timeline.steps_per_beat, n_steps=last - first).frames())

    def _followed(self) -> tuple[NDArray[np.float64], int | None]:
        """Return durations and key with this round's call."""
        if not _sounds(self._call):
            return self._durations, self._semitones
        sounding = PianoRoll.from_frames(self._call, self._timeline.steps_per_beat).sounding
        durations = CALL_FADING * self._durations + class_durations(sounding)
        if self._semitones is None:
            return durations, semitones_above_white_keys(sounding)
        return durations, followed_key(durations, self._semitones)

    def _plan_answer(self, entry: int, stepper: Stepper, settings: Settings, take: int) -> None:
        self._section = replace(self._answer_from(entry, stepper, take), label=ANSWER)
        self._conductor.enter(self._section, Section(self._end_step, label=CALL), settings=settings)

    def _heard_until(self, entry: int) -> list[Frame]:
        """Return the conversation before a step, its last frame that of the step before."""
        return [*chain.from_iterable(self._memory), *self._call[: max(0, entry - self._first_step + self._upbeat)]]

    def _answer_from(self, entry: int, stepper: Stepper, take: int) -> Section:
        """Return what the model plays from a step on, having heard the conversation; silence at its ends is not heard.

        A silent call is left out, as if the model's turns had followed each other: bars are whole, so every frame
        keeps its place in the bar.
        """
        frames = self._heard_until(entry)
        heard_from = self._first_step - self._upbeat - sum(map(len, self._memory))
        sounding = [index for index, frame in enumerate(frames) if frame.sounding]
        heard = tuple(frames[sounding[0] : sounding[-1] + 1])
        heard_from += sounding[0]
        _, semitones = self._followed()
        timeline = replace(self._timeline, phrase_end_step=self._end_step)
        state = stepper.listen_to(heard, timeline, heard_from, then_step=entry, semitones=semitones)
        return Section(
            entry,
            stepper,
            state,
            take=take,
            heard=heard,
            heard_from=heard_from,
            semitones=semitones,
            phrase_end_step=timeline.phrase_end_step,
            shift=self._conductor.planner.section_at(entry).shift,
        )


def _sounds(frames: Sequence[Frame]) -> bool:
    return any(frame.sounding for frame in frames)


def _inside(note: Note, first_step: int, last_step: int) -> Note:
    """Put a note on the grid and cut it to a turn, counted from that; it is empty if it lies outside."""
    start, end = round(note.start_steps), round(note.end_steps)
    start, end = max(start, first_step), min(max(end, start + 1), last_step)
    return replace(note, start_steps=start - first_step, end_steps=end - first_step)


def _keys_from(keys: Sequence[KeyPlayed], place: float) -> list[KeyPlayed]:
    """Return the keys from a place on, and the presses before it of what is still held."""
    last = {key.pitch: key for key in keys}
    return [key for key in keys if (key.position_steps or 0.0) >= place or (key.velocity and last[key.pitch] is key)]
