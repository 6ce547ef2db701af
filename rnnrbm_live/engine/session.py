"""The session: what the musician asks for and what the player reports, turned into plans. No thread, no waiting.

A driver (the generator thread, or the offline runner) hands in commands and events, calls `work` while it returns
True, and lets others read `snapshot`. Only the driver may call, except for `tell`; anyone may read `snapshot` and its
recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import singledispatchmethod
from typing import Any

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clamps import NO_KEYS, clamps
from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.controllers import Controller, Reading
from rnnrbm_live.core.errors import MidiFileError, RNNRBMError, SettingsError
from rnnrbm_live.core.frame import Frame, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.core.protocols import PlayerLink
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.settings import RANGES, Mode, Settings
from rnnrbm_live.engine.conductor import Conductor
from rnnrbm_live.engine.devices import ModelInUse, SamplerLoader
from rnnrbm_live.engine.exchange import Exchange
from rnnrbm_live.engine.jumps import Jumps
from rnnrbm_live.engine.notices import Notices
from rnnrbm_live.engine.planner import Section
from rnnrbm_live.engine.primer import resample
from rnnrbm_live.engine.snapshot import PrimerState, Snapshot, Transport
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.engine.tape import Tape
from rnnrbm_live.engine.thoughts import Thoughts
from rnnrbm_live.engine.turns import Turns
from rnnrbm_live.model.live import LiveModel

JournalOpener = Callable[[str, Timeline, Callable[[msg.Notice], None]], jot.Journal]
"""Opens the journal of a session that begins with a model, by name, on a timeline; it tells its troubles."""
PRIMER_BARS = 8  # of a file: enough for key and texture, short enough to wait for
TOOK_OVER = "Model took over"
MACHINE: dict[msg.Machine, ask.Command] = {
    msg.Machine.PLAY: ask.Play(),
    msg.Machine.PAUSE: ask.Pause(),
    msg.Machine.STOP: ask.Stop(),
}


class Session:
    """One sitting with the instrument, from the first step to the last.

    Attributes:
        snapshot: what to show; replaced whole after every change.
    """

    snapshot: Snapshot
    _transport: Transport
    _conductor: Conductor
    _take_number: int

    def __init__(
        self,
        *,
        link: PlayerLink,
        clock: Clock,
        model: str,
        load_model: Callable[[str], Stepper],
        settings: Settings,
        mode: Mode = Mode.FREE,
        gpu: Callable[[LiveModel], SamplerLoader] | None = None,
        open_journal: JournalOpener = lambda _model, _timeline, _tell: jot.NoJournal(),
        watched: bool = False,
    ) -> None:
        """Load the model and stand ready, stopped.

        Args:
            link: the player.
            clock: the player's clock.
            model: name or folder of the first model.
            load_model: loads a model by name.
            settings: to begin with.
            mode: to begin with.
            gpu: makes what moves a model's chain to a GPU; None to stay on numpy.
            open_journal: what takes down each session; by default nothing.
            watched: whether to find out, whenever nothing presses, what goes on in the model; the notes stay the same.

        Raises:
            CheckpointError: from `load_model`.
        """
        self._link = link
        self._clock = clock
        self._load_model = load_model
        self._settings = settings
        self._mode = mode
        self._ports = msg.Ports()
        self._keys: dict[int, int] = {}  # pitch -> velocity, held by the player
        self._controls: dict[Controller, Reading] = {}
        self._notices = Notices(link.wake)
        self._open_journal = open_journal
        self._watched = watched
        self._given_up = False
        self._model = ModelInUse(load_model(model), gpu, self._notices.warn)
        self._tape = self._new_tape()
        self._stand_ready(next_step=0, take=0)
        self._send_sound()

    # --- for the driver ----------------------------------------------------------------------------------

    @property
    def watching(self) -> bool:
        """Whether `work` must be called often, to notice that a primer is over."""
        return self._exchange.begun

    def work(self) -> bool:
        """Do one small piece of what is due, such as planning a frame; return whether there is more."""
        while self._notices.show_next_told():
            self._publish()
        exchange = self._exchange
        if self._transport is Transport.PLAYING:
            if exchange.is_over(self._clock.now_seconds(), self._settings):
                self._take_over()
            elif exchange.begun and not self._conductor.running:
                self._publish()
        if exchange.turns is not None:
            exchange.turns.work(self._model.stepper, self._settings, self._take_number)
        if not self._conductor.wants_a_frame():
            return self._watched and self._think()
        self._model.move_to_gpu()
        self._conductor.extend(self._settings)
        self._model.tell_trouble()
        if self._conductor.wants_a_frame():
            return True
        self._publish()
        return self._watched

    def _think(self) -> bool:
        """Look into the model at one step, since nothing is pressing; return whether there was one."""
        planner = self._conductor.planner
        thought = planner.think()
        if thought is not None:
            self._thoughts.add(thought)
            self._model.tell_trouble()
            return True
        weighed = planner.weigh()
        if weighed:
            self._publish()
        return weighed

    def command(self, command: ask.Command) -> None:
        """Act on a command. What cannot be done is told in the snapshot's notice, and nothing changes."""
        try:
            self._act(command)
        except RNNRBMError as err:
            self._notices.warn(str(err))
        self._publish()

    def event(self, event: msg.PlayerEvent) -> None:
        """Take note of what the player reports."""
        self._take(event)
        self._publish()

    def close(self) -> None:
        """Finish the journal; nothing may be asked of the session afterwards."""
        self._tape.close()

    def tell(self, notice: msg.Notice) -> None:
        """Show one sentence to the user; for any thread."""
        self._notices.tell(notice)

    def notify(self, text: str, level: msg.Level = msg.Level.WARNING) -> None:
        """Show one sentence to the user."""
        self._notices.show(msg.Notice(text, level))
        self._publish()

    # --- commands ----------------------------------------------------------------------------------------

    @singledispatchmethod
    def _act(self, command: ask.Command) -> None:
        """Pass on what the player alone decides."""
        assert isinstance(command, msg.OpenOutput | msg.OpenInput | msg.PlayKey | msg.Panic)
        self._link.send(command)

    @_act.register
    def _(self, _command: ask.Play) -> None:
        if self._transport is Transport.STOPPED:
            self._begin_take()
        elif self._transport is Transport.PAUSED:
            self._transport = Transport.PLAYING
            turns, listener = self._exchange.turns, self._exchange.listener
            if turns is not None:
                turns.resume(self._model.stepper, self._settings, self._take_number)
            elif listener is None or listener.to_click:
                self._conductor.start(self._settings)
            else:
                self._listen(listener.first_step)

    @_act.register
    def _(self, _command: ask.Pause) -> None:
        if self._transport is Transport.PLAYING:
            self._conductor.stop()
            self._transport = Transport.PAUSED

    @_act.register
    def _(self, _command: ask.Stop) -> None:
        self._jumps.lift_loop()
        self._conductor.stop()
        self._exchange.end()
        self._transport = Transport.STOPPED

    @_act.register
    def _(self, command: ask.ContinueFrom) -> None:
        seed, take = self._settings.seed, self._new_take()
        section = self._jumps.fork(command.position, self._model.stepper, take=take, seed=seed)
        self._jump(section)
        place = self._jumps.describe(section.first_step - (section.shift or 0))
        self._notices.say(f"From {place}: a new road, {self._tape.recording.roads.next_name}")

    @_act.register
    def _(self, command: ask.GoBack) -> None:
        self._act(ask.ContinueFrom(self._jumps.bars_back(command.bars)))

    @_act.register
    def _(self, command: ask.HearRoad) -> None:
        jumps, number, roads = self._jumps, command.road, self._tape.recording.roads
        position = jumps.ways.bar_on(number, jumps.position if command.position is None else command.position)
        if number == roads.heard and roads.current.grows and self._conductor.running:
            raise SettingsError(f"{roads.current.name} is what you hear: pause to hear it from an earlier bar")
        self._jump(*jumps.hear(number, position, self._model.stepper, take=self._new_take()))
        self._notices.say(f"You hear {roads.all[number].name} from {jumps.describe(position)}")

    @_act.register
    def _(self, command: ask.NameRoad) -> None:
        self._jumps.ways.check_name(command.road, command.name)
        self._tape.write(jot.RoadNamed(command.road, command.name.strip()))

    @_act.register
    def _(self, command: ask.Loop) -> None:
        jumps = self._jumps
        jumps.lift_loop()
        if command.region is None:
            self._notices.say("No loop any more: the music goes on from here")
            return
        first, end = jumps.ways.whole_bars(*command.region)
        seed, take = self._settings.seed, self._new_take()
        loop = jumps.loop_over(first, end, self._model.stepper, take=take, seed=seed)
        self._jump(loop.coming)
        jumps.loop = loop
        bars = self._timeline.bar(first), self._timeline.bar(end - 1)
        self._notices.say(f"Again and again, differently: bar {bars[0]}" + f" to {bars[1]}" * (bars[0] < bars[1]))

    @_act.register
    def _(self, _command: ask.NewSession) -> None:
        self._give_up_session()
        self._change_session(self._new_tape())

    @_act.register
    def _(self, command: ask.TakeUpSession) -> None:
        stepper = self._model.stepper if command.model == self._model.stepper.name else self._load_model(command.model)
        if stepper.steps_per_beat != command.recording.timeline.steps_per_beat:
            raise SettingsError(
                f"{stepper.name} plays {stepper.steps_per_beat} steps per beat and that session has"
                f" {command.recording.timeline.steps_per_beat}: bring back the model that played it"
            )
        journal = command.reopen(self.tell)
        self._give_up_session()
        if stepper is not self._model.stepper:
            self._model.use(stepper)
            self._settings = replace(self._settings, gibbs_steps=stepper.gibbs_steps)
        self._change_session(Tape(command.recording, journal), next_step=command.next_step, take=command.take)
        self._tape.end_all(command.next_step)  # it may have been cut off in the middle of a note

    @_act.register
    def _(self, command: ask.SetMode) -> None:
        was_listening = self._exchange.listener is not None
        self._mode = command.mode
        self._conductor.duet = command.mode is Mode.DUET
        if self._transport is Transport.PAUSED:
            self._act(ask.Stop())
        if self._transport is Transport.STOPPED:
            return
        if self._mode is Mode.TURNS:
            if self._exchange.turns is None:
                self._take_turns()
        elif self._mode is Mode.PRIMER and not was_listening:
            self._listen(self._conductor.first_open_step)
        elif self._exchange.turns is not None:
            self._end_turns(self._exchange.turns)
        elif self._mode is not Mode.PRIMER and was_listening:
            self._enter(self._model_section(self._timeline.next_beat_step(self._conductor.first_open_step)))
        else:
            self._conductor.revise()

    @_act.register
    def _(self, _command: ask.Continue) -> None:
        if self._exchange.begun:
            self._take_over()

    @_act.register
    def _(self, command: ask.UsePrimer) -> None:
        roll = resample(command.roll, self._timeline.steps_per_beat, longest_bars=PRIMER_BARS)
        if not roll.sounding.any():
            raise MidiFileError(f"{command.name} has no notes on the piano's 88 keys: choose another primer")
        if self._transport is Transport.STOPPED:
            self._adopt(roll)
            self._take_number += 1
            self._transport = Transport.PLAYING
        elif self._transport is Transport.PAUSED:
            self._transport = Transport.PLAYING
        if self._mode is Mode.TURNS:  # after a file the model plays on alone
            self._mode = Mode.FREE
        pickup = roll.pickup_steps
        start = self._timeline.next_bar_step(self._conductor.first_open_step + pickup) - pickup
        entry = start + len(roll)
        frames = roll.frames()
        self._enter(
            Section(
                start,
                script=[msg.PlannedFrame(frame, (), Source.PRIMER) for frame in frames],
                label=f"Primer: {command.name}",
            ),
            self._model_section(entry, after=frames, heard_from=start),
        )
        self._exchange.primer = PrimerState.CONTINUED

    @_act.register
    def _(self, command: ask.Adjust) -> None:
        if command.name not in Settings.__dataclass_fields__:
            raise SettingsError(f"there is no setting called {command.name!r}")
        change: dict[str, Any] = {command.name: command.value}
        self._settings = replace(self._settings, **change)
        if command.name == "tempo_bpm":
            self._conductor.set_tempo(self._settings.tempo_bpm)
        elif command.name in ("piano", "piano_gain_db", "midi_clock", "follow_clock"):
            self._send_sound()
        elif command.name == "turn_bars":
            if self._exchange.turns is not None:
                self._exchange.turns.use_bars(self._settings.turn_bars)
        elif command.name in ("click", "count_in"):
            self._exchange.send_click(self._settings)
            listening = self._exchange.listener is not None and not self._exchange.begun
            if listening and self._transport is Transport.PLAYING:
                self._listen(self._conductor.first_open_step)
        elif command.name != "takeover_beats":
            self._conductor.revise()
            self._tell_tight_bounds()

    def _tell_tight_bounds(self) -> None:
        """Say so when the bounds leave no choice."""
        bounds = clamps(self._settings, NO_KEYS)
        if len(bounds.silent) + len(bounds.sounding) == len(PIANO):
            text = "No key is left to choose from: widen key, range or single keys (Ctrl+Shift+K lifts them all)"
            self._notices.warn(text)
        elif len(bounds.sounding) > self._settings.most_notes:
            count = len(bounds.sounding)
            text = f"{count} keys always sound, more than the {self._settings.most_notes} allowed: the model adds none"
            self._notices.warn(text)

    @_act.register
    def _(self, command: ask.SelectModel) -> None:
        stepper = self._load_model(command.name)
        fresh = self._fresh
        if not fresh and stepper.steps_per_beat != self._timeline.steps_per_beat:
            raise SettingsError(
                f"{stepper.name} plays {stepper.steps_per_beat} steps per beat and this session has"
                f" {self._timeline.steps_per_beat}: start a new session (Ctrl+N), then choose it"
            )
        self._model.use(stepper)
        self._settings = replace(self._settings, gibbs_steps=stepper.gibbs_steps)
        if self._transport is Transport.STOPPED:
            if fresh:
                self._change_session(self._new_tape())
        elif self._exchange.turns is not None:
            self._exchange.turns.answer_anew()
        elif self._exchange.listener is None:
            self._enter(self._model_section(self._timeline.next_bar_step(self._conductor.first_open_step)))

    @_act.register
    def _(self, command: ask.AddMarker) -> None:
        snapshot, place = self._make_snapshot(), command.step
        if place is None:
            place = snapshot.position_steps(self._clock.now_seconds())
        road = self._tape.recording.roads.all[snapshot.road]
        self._tape.write(jot.Marked(place + road.span_at(place).shift, command.text))

    # --- events ------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _take(self, event: msg.PlayerEvent) -> None:
        raise AssertionError(f"unknown event {event!r}")

    @_take.register
    def _(self, event: msg.StepPlayed) -> None:
        if self._given_up:
            return  # of the session before
        if self._settings.follow_clock:
            self._conductor.tempo_bpm = event.tempo_bpm
        begun = self._conductor.confirm(event)
        planner, history = self._conductor.planner, self._jumps.ways.history
        if begun is not None:
            self._tape.begin(begun)
            history.begin(begun.first_step, begun.stepper, begun.state, begun.timeline(self._timeline))
            loop = self._jumps.loop
            if loop is not None and begun is loop.coming:
                self._jumps.go_round(loop, self._model.stepper, take=self._new_take(), seed=self._settings.seed)
        history.add(event.step, event.planned.frame, planner.heard_keys, planner.state)
        if self._exchange.turns is not None:
            self._exchange.turns.confirm(event.step, event.planned.frame, self._settings)
        self._tape.write(
            jot.StepHeard(event.step, event.planned, event.tempo_bpm, planner.heard_settings, planner.heard_keys)
        )

    @_take.register
    def _(self, event: msg.KeyPlayed) -> None:
        if event.velocity:
            self._keys[event.pitch] = event.velocity
        else:
            self._keys.pop(event.pitch, None)
        self._conductor.hear(event)
        place, source = self._exchange.hear(event, playing=self._transport is Transport.PLAYING)
        if place is None and not event.velocity:
            place = self._tape.recording.end_steps  # time stands still: a held key ends where the music does
        if place is not None and not self._given_up:
            self._tape.write(jot.KeyHeard(max(place, 0.0), event.pitch, event.velocity, source))

    @_take.register
    def _(self, event: msg.ControlMoved) -> None:
        before = self._controls.get(event.controller, Reading())
        self._controls = {**self._controls, event.controller: before.moved(event.value, event.seconds)}

    @_take.register
    def _(self, event: msg.MachineAsked) -> None:
        self.command(MACHINE[event.what])

    @_take.register
    def _(self, event: msg.MasterMoved) -> None:
        self.command(ask.Play() if event.running else ask.Pause())

    @_take.register
    def _(self, event: msg.ClockStopped) -> None:
        if self._given_up:
            self._given_up = False
            return
        self._tape.write(jot.TimeStopped(event.position_steps))

    @_take.register
    def _(self, event: msg.Ports) -> None:
        self._ports = event

    @_take.register
    def _(self, event: msg.Notice) -> None:
        self._notices.show(event)

    @_take.register
    def _(self, event: msg.PlayerRestarted) -> None:
        self._given_up = False
        end = self._conductor.next_step
        self._tape.write(jot.TimeStopped(end))
        for pitch in self._keys:
            self._tape.write(jot.KeyHeard(end, pitch, 0, Source.PLAYER))
        self._keys.clear()
        self._conductor.held.release_all()
        if self._exchange.turns is not None:
            self._exchange.turns.release_all(end)
        self._send_sound()
        self._exchange.send_click(self._settings)
        if self._conductor.running:
            self._conductor.start(self._settings)
        self._notices.warn(event.reason)

    @_take.register
    def _(self, event: msg.PlayerLost) -> None:
        self._given_up = False
        self._conductor.running = False
        self._exchange.end()
        self._transport = Transport.STOPPED
        self._notices.warn(event.reason)

    # --- beginning and ending ----------------------------------------------------------------------------

    def _new_tape(self) -> Tape:
        stepper = self._model.stepper
        timeline = Timeline(stepper.steps_per_beat, stepper.meter)
        return Tape(Recording(timeline), self._open_journal(stepper.name, timeline, self.tell))

    def _give_up_session(self) -> None:
        """Stop; what the player reports until it has stopped belongs to the session that ends here."""
        self._conductor.stop()
        self._given_up = True

    def _change_session(self, tape: Tape, *, next_step: int = 0, take: int = 0) -> None:
        self._tape.close()
        self._tape = tape
        self._stand_ready(next_step=next_step, take=take)

    def _stand_ready(self, *, next_step: int, take: int) -> None:
        recording = self._tape.recording
        self._thoughts = Thoughts()
        self._conductor = Conductor(
            self._link,
            self._clock,
            self._timeline,
            self._settings.tempo_bpm,
            next_step=next_step,
            shift=recording.roads.shift,
        )
        self._conductor.duet = self._mode is Mode.DUET
        self._jumps = Jumps(self._conductor, recording, next_step)
        self._transport = Transport.STOPPED
        self._take_number = take
        self._exchange = Exchange(self._link, self._conductor)
        self._exchange.end()
        self._publish()

    def _begin_take(self) -> None:
        self._take_number += 1
        self._transport = Transport.PLAYING
        first = self._timeline.next_bar_step(self._conductor.next_step)
        if self._mode is Mode.PRIMER:
            self._listen(first)
            return
        if self._mode is Mode.TURNS:
            self._take_turns()
            return
        label = f"Take {self._take_number}" if self._take_number > 1 else ""
        self._enter(replace(self._model_section(first), fade_in=True, label=label))

    def _adopt(self, roll: PianoRoll) -> None:
        """Take tempo and, in a session that has not begun, meter from a primer that is a file."""
        allowed = RANGES["tempo_bpm"]
        tempo = min(max(roll.tempos[0].bpm, allowed.low), allowed.high)
        self._settings = replace(self._settings, tempo_bpm=tempo)
        self._conductor.set_tempo(tempo)
        meter = roll.meters[0].meter
        if self._fresh and self._model.stepper.plays_in(meter):
            self._tape.write(jot.MeterChosen(replace(self._timeline, meter=meter)))
            self._conductor.use_timeline(self._timeline)

    def _model_section(self, step: int, *, after: Sequence[Frame] = (), heard_from: int = 0) -> Section:
        """Let the model play from `step` on: from its initial state, or after a primer heard from `heard_from` on."""
        if not after:
            seed = self._settings.seed
            timeline = self._conductor.planner.timeline_at(step)
            state = self._model.stepper.begin(timeline, step, seed=seed, take=self._take_number)
            return Section(step, self._model.stepper, state, take=self._take_number, seed=seed)
        timeline = self._conductor.planner.timeline_at(step)
        state = self._model.stepper.listen_to(after, timeline, heard_from, then_step=step)
        heard = tuple(after)
        return Section(
            step,
            self._model.stepper,
            state,
            take=self._take_number,
            label=TOOK_OVER,
            heard=heard,
            heard_from=heard_from,
        )

    @property
    def _timeline(self) -> Timeline:
        return self._tape.recording.timeline

    @property
    def _fresh(self) -> bool:
        """Whether nothing has sounded in this session."""
        return self._conductor.last_step < 0

    def _enter(self, *sections: Section, at_seconds: float | None = None) -> None:
        """Play sections, in order, and neither listen nor take turns nor loop any more."""
        self._jumps.loop = None
        self._exchange.end()
        self._conductor.enter(*sections, settings=self._settings, at_seconds=at_seconds)
        self._model.tell_trouble()

    def _jump(self, *sections: Section) -> None:
        """Enter sections and let time run; what a primer had begun is over."""
        self._transport = Transport.PLAYING
        self._exchange.primer = PrimerState.CONTINUED
        self._enter(*sections)

    def _new_take(self) -> int:
        self._take_number += 1
        return self._take_number

    # --- with the player, see `engine/exchange.py` -------------------------------------------------------

    def _listen(self, from_step: int) -> None:
        """Fall silent and wait for the player's notes, to a click or, without one, with time standing still."""
        if self._settings.click:
            self._enter(Section(from_step))
        self._exchange.listen(from_step, self._settings)

    def _take_over(self) -> None:
        """Condition the model on what was played and let it go on, on the next beat."""
        entry = self._exchange.take_over(self._clock.now_seconds())
        heard = entry.heard
        if entry.at_seconds is not None:  # the player's tempo was found only now
            self._conductor.tempo_bpm = heard.tempo_bpm
            self._settings = replace(self._settings, tempo_bpm=round(heard.tempo_bpm, 1))
            self._tape.write(jot.NotesRewritten(Source.PRIMER, heard.first_step, heard.notes))
        section = self._model_section(entry.step, after=heard.roll.frames(), heard_from=heard.first_step)
        self._enter(section, at_seconds=entry.at_seconds)
        self._exchange.primer = PrimerState.CONTINUED

    def _take_turns(self) -> None:
        """Fall silent and begin a conversation with the player."""
        self._jumps.loop = None
        self._exchange.take_turns(self._settings)

    def _end_turns(self, turns: Turns) -> None:
        """Let the model play on from the conversation, without an end."""
        on = turns.going_on(self._model.stepper, self._take_number)
        self._enter(on or self._model_section(self._timeline.next_beat_step(self._conductor.first_open_step)))

    # --- showing -----------------------------------------------------------------------------------------

    def _send_sound(self) -> None:
        self._link.send(msg.SetPiano(self._settings.piano, self._settings.piano_gain_db))
        self._link.send(msg.SendClock(self._settings.midi_clock))
        self._link.send(msg.FollowClock(self._settings.follow_clock))

    def _publish(self) -> None:
        self.snapshot = self._make_snapshot()

    def _make_snapshot(self) -> Snapshot:
        conductor, exchange = self._conductor, self._exchange
        step, step_seconds_at, running = exchange.now_line(self._clock.now_seconds())
        roads, shift, loop = self._tape.recording.roads, conductor.planner.shift, self._jumps.loop
        return Snapshot(
            transport=self._transport,
            mode=self._mode,
            primer=exchange.primer_shown(self._settings),
            settings=self._settings,
            model=self._model.stepper.name,
            device=self._model.stepper.device,
            timeline=self._timeline,
            step=step - shift,
            step_seconds_at=step_seconds_at,
            tempo_bpm=conductor.tempo_bpm,
            planned_from=conductor.next_step - shift,
            planned=conductor.planner.frames,
            keys=tuple(self._keys.items()),
            controls=self._controls,
            take=self._take_number,
            recording=self._tape.recording.on_road(roads.heard),
            tape=self._tape.recording,
            ports=self._ports,
            timing=conductor.timing.summary(),
            notice=self._notices.latest,
            notice_id=self._notices.count,
            running=running,
            turn=exchange.turns.turn().earlier(shift) if exchange.turns is not None else None,
            likely=conductor.planner.likely,
            thoughts=self._thoughts,
            roads=roads.all,
            road=roads.heard,
            next_road=conductor.planner.coming.road if conductor.planner.coming else None,
            shift=shift,
            loop=None if loop is None else (loop.first, loop.end),
        )
