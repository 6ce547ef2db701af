"""The session: what the musician asks for and what the player reports, turned into plans. No thread, no waiting.

A driver (the generator thread, or the offline runner) hands in commands and events, calls `work` while it returns
True, and lets others read `snapshot`. Only the driver may call, except for `tell`; anyone may read `snapshot` and its
recording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatchmethod
from typing import Any

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core import journal as jot
from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clamps import NO_KEYS, clamps
from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.controllers import Controller, Reading
from rnnrbm_live.core.errors import CheckpointError, MidiFileError, RNNRBMError, SettingsError
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.core.protocols import PlayerLink
from rnnrbm_live.core.recording import Recording
from rnnrbm_live.core.settings import RANGES, Mode, Settings
from rnnrbm_live.core.text import as_text
from rnnrbm_live.engine.devices import ModelInUse, SamplerLoader
from rnnrbm_live.engine.notices import Notices
from rnnrbm_live.engine.performance import Performance
from rnnrbm_live.engine.primer import resample
from rnnrbm_live.engine.snapshot import Snapshot, Transport
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.engine.tape import Tape
from rnnrbm_live.model.live import LiveModel

JournalOpener = Callable[[str, Timeline, Callable[[msg.Notice], None]], jot.Journal]
"""Opens the journal of a session that begins with a model, by name, on a timeline; it tells its troubles."""
PRIMER_BARS = 8  # of a file: enough for key and texture, short enough to wait for
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
        self._given_up = 0  # sessions that the player has not stopped playing yet
        self._model = ModelInUse(load_model(model), gpu, self._notices.warn)
        self._music = self._perform(self._new_tape())
        self._publish()
        self._send_sound()

    # --- for the driver ----------------------------------------------------------------------------------

    @property
    def watching(self) -> bool:
        """Whether `work` must be called often, to notice that a primer is over."""
        return self._music.exchange.begun

    def work(self) -> bool:
        """Do one small piece of what is due, such as planning a frame; return whether there is more."""
        while self._notices.show_next_told():
            self._publish()
        music, conductor = self._music, self._music.conductor
        if music.transport is Transport.PLAYING:
            if music.exchange.is_over(self._clock.now_seconds(), self._settings):
                self._settings = music.take_over(self._settings)
            elif music.exchange.begun and not conductor.running:
                self._publish()
        music.plan_answer(self._settings)
        if not conductor.wants_a_frame():
            return self._watched and conductor.at_leisure and self._think()
        music.extend(self._settings)
        if conductor.wants_a_frame():
            return True
        self._publish()
        return self._watched

    def _think(self) -> bool:
        """Look into the model at one step, since nothing is pressing; return whether there was one."""
        if self._music.think():
            return True
        weighed = self._music.conductor.planner.weigh()
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
        self._music.tape.close()

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
        self._music.play(self._settings, self._mode)

    @_act.register
    def _(self, _command: ask.Pause) -> None:
        self._music.pause()

    @_act.register
    def _(self, _command: ask.Stop) -> None:
        self._music.stop()

    @_act.register
    def _(self, command: ask.ContinueFrom) -> None:
        music, seed = self._music, self._settings.seed
        section = music.jumps.fork(command.position, self._model.stepper, take=music.new_take(), seed=seed)
        music.jump(section, settings=self._settings)
        place = music.jumps.describe(section.first_step - (section.shift or 0))
        self._notices.say(f"From {place}: a new road, {music.tape.recording.roads.next_name}")

    @_act.register
    def _(self, command: ask.GoBack) -> None:
        self._act(ask.ContinueFrom(self._music.jumps.bars_back(command.bars)))

    @_act.register
    def _(self, command: ask.HearRoad) -> None:
        music, jumps, number, roads = self._music, self._music.jumps, command.road, self._music.tape.recording.roads
        position = jumps.ways.bar_on(number, jumps.position if command.position is None else command.position)
        if number == roads.heard and roads.current.grows and music.conductor.running:
            raise SettingsError(f"{roads.current.name} is what you hear: pause to hear it from an earlier bar")
        sections = jumps.hear(number, position, self._model.stepper, take=music.new_take())
        music.jump(*sections, settings=self._settings)
        self._notices.say(f"You hear {roads.all[number].name} from {jumps.describe(position)}")

    @_act.register
    def _(self, command: ask.NameRoad) -> None:
        self._music.jumps.ways.check_name(command.road, command.name)
        self._music.tape.write(jot.RoadNamed(command.road, command.name.strip()))

    @_act.register
    def _(self, command: ask.Loop) -> None:
        music, jumps, seed = self._music, self._music.jumps, self._settings.seed
        if command.region is None:
            jumps.lift_loop()
            self._notices.say("No loop any more: the music goes on from here")
            return
        first, end = jumps.ways.whole_bars(*command.region)
        jumps.lift_loop()
        loop = jumps.loop_over(first, end, self._model.stepper, take=music.new_take(), seed=seed)
        music.jump(loop.coming, settings=self._settings)
        jumps.loop = loop
        bars = music.timeline.bar(first), music.timeline.bar(end - 1)
        self._notices.say(f"Again and again, differently: bar {bars[0]}" + f" to {bars[1]}" * (bars[0] < bars[1]))

    @_act.register
    def _(self, _command: ask.NewSession) -> None:
        self._give_up_session()
        self._change_session(self._new_tape())

    @_act.register
    def _(self, command: ask.TakeUpSession) -> None:
        stepper = self._model_to_go_on(command.model)
        if stepper.steps_per_beat != command.recording.timeline.steps_per_beat:
            raise SettingsError(
                f"{stepper.name} plays {stepper.steps_per_beat} steps per beat and that session has"
                f" {command.recording.timeline.steps_per_beat}: bring back the model that played it"
            )
        journal = command.reopen(self.tell)
        if stepper.name != command.model:
            self._notices.warn(
                f"The model {command.model!r} of that session is gone: {stepper.name} goes on in its place"
            )
        self._give_up_session()
        if stepper is not self._model.stepper:
            self._model.use(stepper)
            self._settings = replace(self._settings, gibbs_steps=stepper.gibbs_steps)
        self._change_session(Tape(command.recording, journal), next_step=command.next_step, take=command.take)
        self._music.tape.end_all(command.next_step)  # it may have been cut off in the middle of a note

    def _model_to_go_on(self, name: str) -> Stepper:
        """Return a model by name or, if it is gone, as a discarded draft is, the one in use."""
        if name == self._model.stepper.name:
            return self._model.stepper
        try:
            return self._load_model(name)
        except CheckpointError:
            return self._model.stepper

    @_act.register
    def _(self, command: ask.SetMode) -> None:
        self._mode = command.mode
        self._music.lead(command.mode, self._settings)

    @_act.register
    def _(self, _command: ask.Continue) -> None:
        if self._music.exchange.begun:
            self._settings = self._music.take_over(self._settings)

    @_act.register
    def _(self, command: ask.UsePrimer) -> None:
        music = self._music
        roll = resample(command.roll, music.timeline.steps_per_beat, longest_bars=PRIMER_BARS)
        if not roll.sounding.any():
            raise MidiFileError(f"{command.name} has no notes on the piano's 88 keys: choose another primer")
        if music.transport is Transport.STOPPED:
            self._adopt(roll)
            music.new_take()
        if self._mode is Mode.TURNS:  # after a file the model plays on alone
            self._mode = Mode.FREE
        music.play_primer(roll, as_text(command.name), self._settings)

    @_act.register
    def _(self, command: ask.Adjust) -> None:
        if command.name not in Settings.__dataclass_fields__:
            raise SettingsError(f"there is no setting called {command.name!r}")
        change: dict[str, Any] = {command.name: command.value}
        self._settings = replace(self._settings, **change)
        music = self._music
        if command.name == "tempo_bpm":
            music.conductor.set_tempo(self._settings.tempo_bpm)
        elif command.name in ("piano", "piano_gain_db", "midi_clock", "follow_clock"):
            self._send_sound()
        elif command.name == "turn_bars":
            if music.exchange.turns is not None:
                music.exchange.turns.use_bars(self._settings.turn_bars)
        elif command.name in ("click", "count_in"):
            music.exchange.send_click(self._settings)
            waiting = music.exchange.listener is not None and not music.exchange.begun
            if waiting and music.transport is Transport.PLAYING:
                music.listen(music.conductor.first_open_step, self._settings)
        elif command.name != "takeover_beats":
            music.conductor.revise()
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
        stepper, music = self._load_model(command.name), self._music
        fresh = music.fresh
        if not fresh and stepper.steps_per_beat != music.timeline.steps_per_beat:
            raise SettingsError(
                f"{stepper.name} plays {stepper.steps_per_beat} steps per beat and this session has"
                f" {music.timeline.steps_per_beat}: start a new session (Ctrl+N), then choose it"
            )
        self._model.use(stepper)
        self._settings = replace(self._settings, gibbs_steps=stepper.gibbs_steps)
        if music.transport is not Transport.STOPPED:
            music.change_model(self._settings)
        elif fresh:
            self._change_session(self._new_tape())

    @_act.register
    def _(self, command: ask.AddMarker) -> None:
        snapshot, place = self._make_snapshot(), command.step
        if place is None:
            place = snapshot.position_steps(self._clock.now_seconds())
        road = snapshot.roads[snapshot.road]
        self._music.tape.write(jot.Marked(place + road.span_at(place).shift, command.text))

    # --- events ------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _take(self, event: msg.PlayerEvent) -> None:
        raise AssertionError(f"unknown event {event!r}")

    @_take.register
    def _(self, event: msg.StepPlayed) -> None:
        if self._given_up:
            return  # of the session before
        if self._settings.follow_clock:
            self._music.conductor.tempo_bpm = event.tempo_bpm
        self._music.confirm(event, self._settings)

    @_take.register
    def _(self, event: msg.KeyPlayed) -> None:
        if event.velocity:
            self._keys[event.pitch] = event.velocity
        else:
            self._keys.pop(event.pitch, None)
        if self._given_up:
            event = replace(event, position_steps=None, step=None)  # those of the session before
        place, source = self._music.hear(event)
        if place is not None and not self._given_up:
            self._music.tape.write(jot.KeyHeard(max(place, 0.0), event.pitch, event.velocity, source))

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
            self._given_up -= 1
        else:
            self._music.stopped(event)

    @_take.register
    def _(self, event: msg.Ports) -> None:
        self._ports = event

    @_take.register
    def _(self, event: msg.Notice) -> None:
        self._notices.show(event)

    @_take.register
    def _(self, event: msg.PlayerRestarted) -> None:
        self._given_up = 0
        self._music.release_all(self._keys)
        self._keys.clear()
        self._send_sound()
        self._music.restart(self._settings)
        self._notices.warn(event.reason)

    @_take.register
    def _(self, event: msg.PlayerLost) -> None:
        self._given_up = 0
        self._music.lose_player()
        self._notices.warn(event.reason)

    # --- beginning and ending ----------------------------------------------------------------------------

    def _new_tape(self) -> Tape:
        stepper = self._model.stepper
        timeline = Timeline(stepper.steps_per_beat, stepper.meter)
        return Tape(Recording(timeline), self._open_journal(stepper.name, timeline, self.tell))

    def _give_up_session(self) -> None:
        """Stop; what the player reports until it has stopped belongs to the session that ends here."""
        self._music.conductor.stop()
        self._given_up += 1

    def _change_session(self, tape: Tape, *, next_step: int = 0, take: int = 0) -> None:
        self._music.tape.close()
        self._music = self._perform(tape, next_step=next_step, take=take)
        self._publish()

    def _perform(self, tape: Tape, *, next_step: int = 0, take: int = 0) -> Performance:
        return Performance(
            self._link, self._clock, self._model, tape, self._settings, mode=self._mode, next_step=next_step, take=take
        )

    def _adopt(self, roll: PianoRoll) -> None:
        """Take tempo and, in a session that has not begun, meter from a primer that is a file."""
        allowed = RANGES["tempo_bpm"]
        tempo = min(max(roll.tempos[0].bpm, allowed.low), allowed.high)
        self._settings = replace(self._settings, tempo_bpm=tempo)
        self._music.conductor.set_tempo(tempo)
        self._music.use_meter_of(roll)

    # --- showing -----------------------------------------------------------------------------------------

    def _send_sound(self) -> None:
        self._link.send(msg.SetPiano(self._settings.piano, self._settings.piano_gain_db))
        self._link.send(msg.SendClock(self._settings.midi_clock))
        self._link.send(msg.FollowClock(self._settings.follow_clock))

    def _publish(self) -> None:
        self.snapshot = self._make_snapshot()

    def _make_snapshot(self) -> Snapshot:
        music, conductor, exchange = self._music, self._music.conductor, self._music.exchange
        step, step_seconds_at, running = exchange.now_line(self._clock.now_seconds())
        recording, shift, loop = music.tape.recording, conductor.planner.shift, music.jumps.loop
        roads = recording.roads
        return Snapshot(
            transport=music.transport,
            mode=self._mode,
            primer=exchange.primer_shown(self._settings),
            settings=self._settings,
            model=self._model.stepper.name,
            device=self._model.stepper.device,
            timeline=music.timeline,
            step=step - shift,
            step_seconds_at=step_seconds_at,
            tempo_bpm=conductor.tempo_bpm,
            planned_from=conductor.next_step - shift,
            planned=conductor.planner.frames,
            keys=tuple(self._keys.items()),
            controls=self._controls,
            take=music.take,
            recording=recording.on_road(roads.heard),
            tape=recording,
            ports=self._ports,
            timing=conductor.timing.summary(),
            notice=self._notices.latest,
            notice_id=self._notices.count,
            running=running,
            turn=exchange.turns.turn().earlier(shift) if exchange.turns is not None else None,
            likely=conductor.planner.likely,
            thoughts=music.thoughts,
            roads=roads.all,
            road=roads.heard,
            next_road=conductor.planner.coming.road if conductor.planner.coming else None,
            shift=shift,
            loop=None if loop is None else (loop.first, loop.end),
        )
