"""The music of one session: who leads, what plays next, and what is written down of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.protocols import PlayerLink
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.conductor import Conductor
from rnnrbm_live.engine.devices import ModelInUse
from rnnrbm_live.engine.exchange import Exchange
from rnnrbm_live.engine.jumps import Jumps
from rnnrbm_live.engine.planner import Section
from rnnrbm_live.engine.snapshot import PrimerState, Transport
from rnnrbm_live.engine.tape import Tape
from rnnrbm_live.engine.thoughts import Thoughts

TOOK_OVER = "Model took over"


class Performance:
    """The music of one session, from its first step to its last; another session is another performance.

    Settings are the session's, as they are at each call.

    Attributes:
        tape: what sounded.
        conductor: time and plan.
        jumps: ways back, and the loop.
        exchange: with the player.
        thoughts: what went on in the model; safe to read from any thread.
        transport: whether time runs.
        take: number of the last take.
    """

    def __init__(
        self,
        link: PlayerLink,
        clock: Clock,
        model: ModelInUse,
        tape: Tape,
        settings: Settings,
        *,
        mode: Mode,
        next_step: int = 0,
        take: int = 0,
    ) -> None:
        """Stand ready, stopped before `next_step`, with the takes up to `take` on the tape."""
        self._clock = clock
        self._model = model
        self.tape = tape
        self.conductor = Conductor(
            link, clock, self.timeline, settings.tempo_bpm, next_step=next_step, shift=tape.recording.roads.shift
        )
        self.conductor.duet = mode is Mode.DUET
        self.jumps = Jumps(self.conductor, tape.recording, next_step)
        self.exchange = Exchange(link, self.conductor)
        self.exchange.end()
        self.thoughts = Thoughts()
        self.transport = Transport.STOPPED
        self.take = take

    @property
    def timeline(self) -> Timeline:
        """Where bars begin on the tape's first road."""
        return self.tape.recording.timeline

    @property
    def fresh(self) -> bool:
        """Whether nothing has sounded yet."""
        return self.conductor.last_step < 0

    @property
    def _next_beat(self) -> int:
        return self.timeline.next_beat_step(self.conductor.first_open_step)

    def new_take(self) -> int:
        """Return the number of a take that begins."""
        self.take += 1
        return self.take

    # --- transport ---------------------------------------------------------------------------------------

    def play(self, settings: Settings, mode: Mode) -> None:
        """Begin a take, or go on after a pause."""
        if self.transport is Transport.STOPPED:
            self._begin_take(settings, mode)
        elif self.transport is Transport.PAUSED:
            self._resume(settings)

    def pause(self) -> None:
        """Let time stand still; what led goes on leading."""
        if self.transport is Transport.PLAYING:
            self.conductor.stop()
            self.transport = Transport.PAUSED

    def stop(self) -> None:
        """End the take."""
        self.jumps.lift_loop()
        self.conductor.stop()
        self.conductor.planner.call_off_all()
        self.exchange.end()
        self.transport = Transport.STOPPED

    def lose_player(self) -> None:
        """Stop, as the player has gone for good."""
        self.conductor.running = False
        self.exchange.end()
        self.transport = Transport.STOPPED

    def restart(self, settings: Settings) -> None:
        """Tell a player that has been started anew what it must know, and let time run if it did."""
        self.exchange.send_click(settings)
        self.conductor.restart(settings)

    def _begin_take(self, settings: Settings, mode: Mode) -> None:
        take = self.new_take()
        self.transport = Transport.PLAYING
        first = self.timeline.next_bar_step(self.conductor.next_step)
        if mode is Mode.PRIMER:
            self.listen(first, settings)
        elif mode is Mode.TURNS:
            self._take_turns(settings)
        else:
            label = f"Take {take}" if take > 1 else ""
            self._enter(replace(self._from_the_start(first, settings), fade_in=True, label=label), settings=settings)

    def _resume(self, settings: Settings) -> None:
        self.transport = Transport.PLAYING
        turns, listener = self.exchange.turns, self.exchange.listener
        if turns is not None:
            turns.resume(self._model.stepper, settings, self.take)
        elif listener is None or listener.to_click:
            self.conductor.start(settings)
        else:
            self.listen(self.conductor.next_step, settings)

    # --- who leads ---------------------------------------------------------------------------------------

    def lead(self, mode: Mode, settings: Settings) -> None:
        """Change who leads; a pause ends there."""
        listening, turns = self.exchange.listener is not None, self.exchange.turns
        self.conductor.duet = mode is Mode.DUET
        if self.transport is Transport.PAUSED:
            self.stop()
        if self.transport is Transport.STOPPED:
            return
        if mode is Mode.TURNS:
            if turns is None:
                self._take_turns(settings)
        elif mode is Mode.PRIMER and not listening:
            self.listen(self.conductor.first_open_step, settings)
        elif turns is not None:
            on = turns.going_on(self._model.stepper, self.take)
            self._enter(on or self._from_the_start(self._next_beat, settings), settings=settings)
        elif mode is not Mode.PRIMER and listening:
            self._enter(self._from_the_start(self._next_beat, settings), settings=settings)
        else:
            self.conductor.revise()

    def change_model(self, settings: Settings) -> None:
        """Play on, from the next bar, with the model that is in use now; a pause goes on."""
        if self.exchange.turns is not None:
            self.exchange.turns.answer_anew()
        elif self.exchange.listener is None:
            first = self.timeline.next_bar_step(self.conductor.first_open_step)
            section = self._from_the_start(first, settings)
            if self.transport is Transport.PLAYING:
                self._enter(section, settings=settings)
            else:
                self.jumps.loop = None
                self.conductor.schedule(section)

    def listen(self, from_step: int, settings: Settings) -> None:
        """Fall silent and wait for the player's notes, to a click or, without one, with time standing still."""
        if settings.click:
            self._enter(Section(from_step), settings=settings)
        else:
            self.jumps.loop = None
            self.conductor.planner.call_off_all()
        self.exchange.listen(from_step, settings)

    def take_over(self, settings: Settings) -> Settings:
        """Condition the model on what was played and let it go on, on the next beat; return settings in its tempo."""
        entry = self.exchange.take_over(self._clock.now_seconds())
        heard = entry.heard
        if entry.at_seconds is not None:  # the player's tempo was found only now
            self.conductor.tempo_bpm = heard.tempo_bpm
            settings = replace(settings, tempo_bpm=round(heard.tempo_bpm, 1))
            self.tape.write(jot.NotesRewritten(Source.PRIMER, heard.first_step, heard.notes))
        section = self._after_primer(entry.step, heard.roll.frames(), heard.first_step, enter_at=entry.step)
        self._enter(section, settings=settings, at_seconds=entry.at_seconds)
        self.exchange.primer = PrimerState.CONTINUED
        return settings

    def play_primer(self, roll: PianoRoll, name: str, settings: Settings) -> None:
        """Play a roll on the model's grid from the next bar on, then let the model go on from it."""
        pickup = roll.pickup_steps
        start = self.timeline.next_bar_step(self.conductor.first_open_step + pickup) - pickup
        frames = roll.frames()
        script = [msg.PlannedFrame(frame, (), Source.PRIMER) for frame in frames]
        self._enter(
            Section(start, script=script, label=f"Primer: {name}"),
            self._after_primer(start + len(roll), frames, start, enter_at=start),
            settings=settings,
        )
        self.exchange.primer = PrimerState.CONTINUED

    def use_meter_of(self, roll: PianoRoll) -> None:
        """Take the meter from a primer, as long as nothing has sounded and if the model knows it."""
        meter = roll.meters[0].meter
        if self.fresh and self._model.stepper.plays_in(meter):
            self.tape.write(jot.MeterChosen(replace(self.timeline, meter=meter)))
            self.conductor.use_timeline(self.timeline)

    def jump(self, *sections: Section, settings: Settings) -> None:
        """Enter sections and let time run; what a primer had begun is over."""
        self.exchange.primer = PrimerState.CONTINUED
        self._enter(*sections, settings=settings)

    def _take_turns(self, settings: Settings) -> None:
        self.jumps.loop = None
        self.exchange.take_turns(settings)

    def _enter(self, *sections: Section, settings: Settings, at_seconds: float | None = None) -> None:
        """Let time run and play sections, in order; neither listen nor take turns nor loop any more."""
        self.transport = Transport.PLAYING
        self.jumps.loop = None
        self.exchange.end()
        self.conductor.enter(*sections, settings=settings, at_seconds=at_seconds)
        self._model.tell_trouble()

    def _from_the_start(self, step: int, settings: Settings) -> Section:
        """Let the model play from a step on, in its initial state."""
        stepper, timeline = self._model.stepper, self.conductor.planner.timeline_before(step)
        state = stepper.begin(timeline, step, seed=settings.seed, take=self.take)
        return Section(step, stepper, state, take=self.take, seed=settings.seed)

    def _after_primer(self, step: int, frames: Sequence[Frame], heard_from: int, *, enter_at: int) -> Section:
        """Let the model play from a step on, after a primer that it heard from `heard_from` on.

        `enter_at` is the first step of all that is entered, in place of whatever was to come from there.
        """
        stepper, timeline = self._model.stepper, self.conductor.planner.timeline_before(enter_at)
        state = stepper.listen_to(frames, timeline, heard_from, then_step=step)
        return Section(
            step, stepper, state, take=self.take, label=TOOK_OVER, heard=tuple(frames), heard_from=heard_from
        )

    # --- step by step ------------------------------------------------------------------------------------

    def confirm(self, event: msg.StepPlayed, settings: Settings) -> None:
        """Take note of a step that sounded."""
        if self.conductor.overtaken:
            return
        begun = self.conductor.confirm(event)
        planner, history = self.conductor.planner, self.jumps.ways.history
        if begun is not None:
            self.tape.begin(begun)
            history.begin(begun.first_step, begun.stepper, begun.state, begun.timeline(self.timeline))
            loop = self.jumps.loop
            if loop is not None and begun is loop.coming:
                self.jumps.go_round(loop, self._model.stepper, take=self.new_take(), seed=settings.seed)
        history.add(event.step, event.planned.frame, planner.heard_keys, planner.state)
        if self.exchange.turns is not None:
            self.exchange.turns.confirm(event.step, event.planned.frame, settings)
        self.tape.write(
            jot.StepHeard(event.step, event.planned, event.tempo_bpm, planner.heard_settings, planner.heard_keys)
        )

    def stopped(self, event: msg.ClockStopped) -> None:
        """Take note that time stands still, or stood still for a moment."""
        self.conductor.take_stopped()
        self.tape.write(jot.TimeStopped(min(event.position_steps, float(self.conductor.next_step))))

    def hear(self, event: msg.KeyPlayed) -> tuple[float | None, Source]:
        """Take in a key of the player's; return its place in steps, None if it has none, and what it is part of."""
        self.conductor.hear(event)
        place, source = self.exchange.hear(event, playing=self.transport is Transport.PLAYING)
        if place is not None:
            self.conductor.pass_over(math.ceil(place))
        elif not event.velocity:
            place = self.tape.recording.end_steps  # time stands still: a held key ends where the music does
        return place, source

    def release_all(self, pitches: Iterable[int]) -> None:
        """End what sounds and let go of the player's keys: the player went away."""
        end = self.conductor.next_step
        self.tape.write(jot.TimeStopped(end))
        for pitch in pitches:
            self.tape.write(jot.KeyHeard(end, pitch, 0, Source.PLAYER))
        self.conductor.held.release_all()
        self.exchange.release_all(self._clock.now_seconds())

    def plan_answer(self, settings: Settings) -> None:
        """In a conversation, plan the answer if its call has changed."""
        if self.exchange.turns is not None:
            self.exchange.turns.work(self._model.stepper, settings, self.take)

    def extend(self, settings: Settings) -> None:
        """Plan one frame more, on the GPU as soon as it is ready."""
        self._model.move_to_gpu()
        self.conductor.extend(settings)
        self._model.tell_trouble()

    def think(self) -> bool:
        """Look into the model at one step that has sounded; return whether there was one."""
        thought = self.conductor.planner.think()
        if thought is None:
            return False
        self.thoughts.add(thought)
        self._model.tell_trouble()
        return True
