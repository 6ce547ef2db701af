"""The authority on time and on what sounded. A plain class with an injected clock: no thread, no process, no waiting.

Deadlines are absolute: each is the one before plus a period. A step is frozen a few milliseconds before its deadline;
what comes later no longer changes it. Sinks that can schedule (the built-in piano) get a frozen step at once, with its
deadline; the others get it at the deadline.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from rnnrbm_live.core import messages as msg
from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.frame import REST, Frame, Source, diff
from rnnrbm_live.core.grid import step_seconds
from rnnrbm_live.core.protocols import NoteSink
from rnnrbm_live.player.clock_in import ClockIn
from rnnrbm_live.player.clock_out import CONTINUE, START, STOP, TICK, TICKS_PER_BEAT, ClockOut
from rnnrbm_live.player.pedal import Pedals
from rnnrbm_live.player.voices import Holder, Voices

FREEZE_SECONDS = 0.004
LEISURE = 0.75  # of a step: just after one
TEMPO_TOLERANCE = 0.005  # a master's tempo wavers so much without being told as another
START_SECONDS = 0.03  # from StartClock to the first step: time to freeze it and hand it to the piano
COMPUTER = ""
"""In place of an input's name: keys of the computer keyboard and of the drawn one."""
CHANNELS = {Source.MODEL: msg.MODEL_CHANNEL, Source.PRIMER: msg.PLAYER_CHANNEL, Source.PLAYER: msg.PLAYER_CHANNEL}


class Player:
    """Plays a plan on time, and the player's keys at once.

    Attributes:
        clock_out: MIDI clock, for sinks that are added to it.
    """

    def __init__(self, *, clock: Clock, emit: Callable[[msg.PlayerEvent], None]) -> None:
        """Stand still, with no sinks.

        Args:
            clock: the only source of time.
            emit: takes each event, in order.
        """
        self._clock = clock
        self._emit = emit
        self._scheduled: list[Voices] = []
        self._immediate: list[Voices] = []
        self._on_click: Callable[[bool, float], None] | None = None
        self._click = msg.SetClick(False)
        self._keys: dict[int, int] = {}  # pitch -> velocity
        self._pedals = Pedals()
        self._plan: dict[int, msg.PlannedFrame] = {}
        self._plan_revision = -1
        self._running = False
        self._step = 0  # the next to sound
        self._deadline = 0.0  # of it
        self._last_deadline: float | None = None
        self._tempo_bpm = 120.0
        self._steps_per_beat = 4
        self._last = msg.PlannedFrame()  # what sounds since the step before
        self._dry_steps = 0
        self._frozen: tuple[msg.PlannedFrame, int] | None = None  # what the next step will be, and its revision
        self.clock_out = ClockOut()
        self._tick_late: float | None = None  # the most since the step before
        self._clock_in = ClockIn()
        self._following = False
        self._led = False  # whether a master keeps the time
        self._joining = False  # whether one will as soon as its tempo is known
        self._anchor: tuple[int, float] = (0, 0.0)  # a step, and the master's tick that it falls on

    # --- sinks -------------------------------------------------------------------------------------------

    def add_sink(self, sink: NoteSink, *, schedules: bool = False) -> None:
        """Play on a sink too, from the next note on; `schedules` if it places notes at their due time itself."""
        (self._scheduled if schedules else self._immediate).append(Voices(sink))

    def remove_sink(self, sink: NoteSink) -> None:
        """Silence a sink and play on it no more; the caller closes it."""
        for voices in (*self._scheduled, *self._immediate):
            if voices.sink is sink:
                voices.silence(self._clock.now_seconds())
        self._scheduled = [voices for voices in self._scheduled if voices.sink is not sink]
        self._immediate = [voices for voices in self._immediate if voices.sink is not sink]

    def set_click_sound(self, click: Callable[[bool, float], None] | None) -> None:
        """Sound metronome ticks by ``click(accented, due_seconds)``; None where nothing can."""
        self._on_click = click

    # --- commands ----------------------------------------------------------------------------------------

    def handle(self, command: msg.PlayerCommand) -> None:
        """Act on a command; those about ports and sound devices belong to whoever owns these."""
        match command:
            case msg.SetPlan():
                self._set_plan(command)
            case msg.StartClock():
                self._start_clock(command)
            case msg.StopClock():
                self._stop_clock()
            case msg.SetTempo():
                self._set_tempo(command.tempo_bpm)
            case msg.SetClick():
                self._click = command
            case msg.SendClock():
                now = self._clock.now_seconds()
                self.clock_out.switch(on=command.on, position_steps=self._step - (self._deadline - now) / self._period)
            case msg.FollowClock():
                self._following = command.on
                self._led = False
            case msg.PlayKey():
                self.key(command.pitch, command.velocity, self._clock.now_seconds())
            case msg.Panic():
                self.silence()

    def follow(self, message: tuple[int, ...], seconds: float) -> None:
        """Take note of a system message that an input has brought."""
        self._clock_in.receive(message, seconds)
        if not self._following:
            return
        if message[0] in (START, CONTINUE):
            self._emit(msg.MasterMoved(running=True))
        elif message[0] == STOP:
            self._emit(msg.MasterMoved(running=False))
        elif message[0] == TICK and self._running and self._frozen is None:
            self._keep_time_with_master(seconds)

    def key(self, pitch: int, velocity: int, seconds: float, source: str = COMPUTER) -> None:
        """Sound or release (velocity 0) a key of the player's at once, and report it with its place in time.

        A key that is released while the sustain pedal of the same input is down is released with the pedal.
        """
        if velocity:
            if self._pedals.give_up(pitch):
                self._move_key(pitch, 0, seconds)
            self._move_key(pitch, velocity, seconds)
        elif pitch in self._keys and not self._pedals.catch(source, pitch):
            self._pedals.give_up(pitch)  # another keyboard's pedal may have caught it
            self._move_key(pitch, 0, seconds)

    def pedal(self, source: str, *, down: bool, seconds: float) -> None:
        """Press or lift the sustain pedal of an input."""
        for pitch in self._pedals.move(source, down=down):
            self._move_key(pitch, 0, seconds)

    def release_keys(self) -> None:
        """Release every key of the player's, and every pedal: their keyboard went away."""
        self._pedals.lift_all()
        for pitch in sorted(self._keys):
            self.key(pitch, 0, self._clock.now_seconds())

    def silence(self) -> None:
        """End every sound on every sink. Time goes on; what the plan strikes next sounds again."""
        now = self._clock.now_seconds()
        self.release_keys()
        for voices in self._voices():
            voices.silence(now)
        self._last = msg.PlannedFrame()
        if self._frozen is not None:  # its step is still to come
            self._plan[self._step] = self._frozen[0]
            self._frozen = None

    # --- time --------------------------------------------------------------------------------------------

    def next_due_seconds(self) -> float | None:
        """Return when `advance` has something to do next; None while time stands still."""
        if not self._running:
            return None
        due = self._deadline if self._frozen else self._deadline - FREEZE_SECONDS
        tick = self._tick_seconds()
        return due if tick is None else min(due, tick)

    @property
    def at_leisure(self) -> bool:
        """Whether no step is due for most of its period: the moment for what may block."""
        return not self._running or self._deadline - self._clock.now_seconds() > LEISURE * self._period

    def advance(self) -> None:
        """Send every tick, and freeze and play every step, that is due."""
        while self._running:
            now = self._clock.now_seconds()
            tick = self._tick_seconds()
            if now - self._deadline > self._period * self._steps_per_beat and self._frozen is None:
                self._skip_missed(now)
            elif tick is not None and tick <= min(now, self._deadline):
                self.clock_out.tick()
                self._tick_late = max(self._tick_late or 0.0, now - tick)
            elif self._frozen is None:
                if now < self._deadline - FREEZE_SECONDS:
                    return
                self._freeze()
            elif now < self._deadline:
                return
            else:
                self._play()

    # --- inside ------------------------------------------------------------------------------------------

    @property
    def _period(self) -> float:
        return step_seconds(self._tempo_bpm, self._steps_per_beat)

    def _voices(self) -> Iterable[Voices]:
        yield from self._scheduled
        yield from self._immediate

    def _move_key(self, pitch: int, velocity: int, seconds: float) -> None:
        now = self._clock.now_seconds()
        for voices in self._voices():
            if velocity:
                voices.strike(Holder.KEY, msg.PLAYER_CHANNEL, pitch, velocity, now)
            else:
                voices.release(Holder.KEY, msg.PLAYER_CHANNEL, pitch, now)
        if velocity:
            self._keys[pitch] = velocity
        else:
            del self._keys[pitch]
        if self._running:
            place = self._step - (self._deadline - seconds) / self._period
            self._emit(msg.KeyPlayed(pitch, velocity, seconds, place, self._step + (self._frozen is not None)))
        else:
            self._emit(msg.KeyPlayed(pitch, velocity, seconds))

    def _set_plan(self, plan: msg.SetPlan) -> None:
        self._plan = {step: frame for step, frame in self._plan.items() if step < plan.first_step}
        self._plan.update(enumerate(plan.frames, plan.first_step))
        self._plan_revision = plan.revision

    def _start_clock(self, start: msg.StartClock) -> None:
        self._step = start.step
        self._plan = {step: frame for step, frame in self._plan.items() if step >= start.step}
        self._tempo_bpm, self._steps_per_beat = start.tempo_bpm, start.steps_per_beat
        now = self._clock.now_seconds()
        self._deadline = now + START_SECONDS if start.at_seconds is None else start.at_seconds
        self._last_deadline = None
        self._frozen = None
        self._dry_steps = 0
        self._running = True
        self._led = False
        self._joining = self._following and self._clock_in.running
        if self._joining and self._clock_in.locked(now):
            self._join_master(now)
        self.clock_out.start(self._step, self._steps_per_beat)

    def _stop_clock(self) -> None:
        now = self._clock.now_seconds()
        if not self._running:
            self._emit(msg.ClockStopped(self._step, float(self._step)))
            return
        place = min(self._step - (self._deadline - now) / self._period, float(self._step))
        for voices in self._scheduled:  # a frozen step is with them already and must end after it begins
            voices.release_all(Holder.PLAN, max(now, self._deadline) if self._frozen else now)
        for voices in self._immediate:
            voices.release_all(Holder.PLAN, now)
        self._running = False
        self.clock_out.stop()
        self._frozen = None
        self._last = msg.PlannedFrame()
        self._plan.clear()
        self._emit(msg.ClockStopped(self._step, place))

    # A master

    @property
    def _ticks_per_step(self) -> float:
        return TICKS_PER_BEAT / self._steps_per_beat

    def _join_master(self, now: float) -> None:
        """Come in at the next step of the master's, in its bar, as if we had played since that began."""
        bar = self._click.bar_steps * self._ticks_per_step
        place = (self._step - self._click.downbeat_step) * self._ticks_per_step
        tick = self._clock_in.tick_at(now + START_SECONDS)
        self._anchor = self._step, tick - (tick - place) % bar
        self._led, self._joining = True, False
        self._step += math.ceil((tick - self._anchor[1]) / self._ticks_per_step - 1e-6)
        self._deadline = self._master_seconds(self._step)
        self._tempo_bpm = round(self._clock_in.tempo_bpm, 1)

    def _keep_time_with_master(self, now: float) -> None:
        """Move the deadline of the next step to where the master will be."""
        if not self._clock_in.locked(now):
            return
        if self._joining:
            self._join_master(now)
            self.clock_out.jump(self._step)
            return
        if not self._led:  # it has come back, or time ran before it was followed
            tick = self._clock_in.tick_at(self._deadline)
            self._anchor = self._step, round(tick / self._ticks_per_step) * self._ticks_per_step
            self._led = True
        self._deadline = max(self._master_seconds(self._step), now + FREEZE_SECONDS)
        if abs(self._clock_in.tempo_bpm - self._tempo_bpm) > TEMPO_TOLERANCE * self._tempo_bpm:
            self._tempo_bpm = round(self._clock_in.tempo_bpm, 1)

    def _master_seconds(self, step: int) -> float:
        first, tick = self._anchor
        return self._clock_in.seconds_at(tick + (step - first) * self._ticks_per_step)

    def _notice_a_lost_master(self, now: float) -> None:
        if self._led and not self._clock_in.locked(now):
            self._led = False
            text = "The MIDI clock is gone: the music goes on at its tempo, and follows it again on return"
            self._emit(msg.Notice(text))

    def _set_tempo(self, tempo_bpm: float) -> None:
        if self._led:
            return
        self._tempo_bpm = tempo_bpm
        if self._running and self._frozen is None and self._last_deadline is not None:
            earliest = self._clock.now_seconds() + FREEZE_SECONDS
            self._deadline = max(self._last_deadline + self._period, earliest)

    def _tick_seconds(self) -> float | None:
        """Return when the next tick of the MIDI clock is due; None if none is."""
        position = self.clock_out.position_steps
        return None if position is None else self._deadline - (self._step - position) * self._period

    def _skip_missed(self, now: float) -> None:
        """Let time jump, after more than a beat was missed (a laptop that slept): no hail of missed steps."""
        missed = math.ceil((now - self._deadline) / self._period)
        self._step += missed
        self._deadline += missed * self._period
        self.clock_out.jump(self._step)

    def _freeze(self) -> None:
        planned = self._plan.pop(self._step, None)
        revision = self._plan_revision
        if planned is None:
            planned, revision = self._dry_frame(), -1
        else:
            self._dry_steps = 0
            planned = self._playable(planned)
        self._frozen = planned, revision
        self._send(self._scheduled, planned, self._deadline)
        if self._click.on and self._on_click is not None:
            place = self._step - self._click.downbeat_step
            if place % self._click.beat_steps == 0:
                self._on_click(place % self._click.bar_steps == 0, self._deadline)

    def _play(self) -> None:
        assert self._frozen is not None
        planned, revision = self._frozen
        actual = self._clock.now_seconds()
        self._send(self._immediate, planned, self._deadline)
        late, self._tick_late = self._tick_late, None
        self._emit(msg.StepPlayed(self._step, planned, revision, self._tempo_bpm, self._deadline, actual, late))
        self._notice_a_lost_master(actual)
        self._last = planned
        self._frozen = None
        self._last_deadline = self._deadline
        self._step += 1
        self._deadline += self._period

    def _send(self, sinks: list[Voices], planned: msg.PlannedFrame, due_seconds: float) -> None:
        """Send the note-offs and then the note-ons between what sounds and a frame."""
        before = self._last
        if before.source is planned.source:
            offs, ons = diff(before.frame, planned.frame)
        else:
            offs, ons = sorted(before.frame.sounding), sorted(planned.frame.onsets)
        velocities = dict(planned.velocities)
        for voices in sinks:
            for pitch in offs:
                voices.release(Holder.PLAN, CHANNELS[before.source], pitch, due_seconds)
            for pitch in ons:
                voices.strike(Holder.PLAN, CHANNELS[planned.source], pitch, velocities[pitch], due_seconds)

    def _playable(self, planned: msg.PlannedFrame) -> msg.PlannedFrame:
        """Leave out what would be held but does not sound: it was silenced, or another voice's."""
        held = self._last.frame.sounding if self._last.source is planned.source else frozenset()
        frame = planned.frame
        sounding = frame.sounding & (frame.onsets | held)
        if sounding == frame.sounding:
            return planned
        return msg.PlannedFrame(Frame(sounding, frame.onsets), planned.velocities, planned.source)

    def _dry_frame(self) -> msg.PlannedFrame:
        """Hold what sounds for a beat at most, then rest: no frame is there."""
        self._dry_steps += 1
        held = self._last.frame.sounding if self._dry_steps <= self._steps_per_beat else REST.sounding
        return msg.PlannedFrame(Frame(held), (), self._last.source)
