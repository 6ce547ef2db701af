"""What the user asks of the engine where the command depends on how things stand; buttons, keys and mouse share it."""

from __future__ import annotations

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.pitch import PIANO
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.core.tempo import TapTempo
from rnnrbm_live.engine.snapshot import Transport
from rnnrbm_live.gui.bounds import BOUNDS
from rnnrbm_live.gui.bridge import Bridge


class Requests:
    """Makes commands of what the user wants, and sends them over a bridge."""

    def __init__(self, bridge: Bridge, clock: Clock) -> None:
        """Send to a bridge; taps are timed by the engine's clock."""
        self._bridge = bridge
        self._clock = clock
        self._tapping = TapTempo()

    def play_or_pause(self) -> None:
        """Pause what plays, or let it play."""
        playing = self._bridge.snapshot.transport is Transport.PLAYING
        self._bridge.send(ask.Pause() if playing else ask.Play())

    def pause(self) -> None:
        """Pause, if anything plays."""
        if self._bridge.snapshot.transport is Transport.PLAYING:
            self._bridge.send(ask.Pause())

    def tap(self) -> None:
        """Tap the tempo now."""
        self.tap_at(self._clock.now_seconds())

    def tap_at(self, seconds: float) -> None:
        """Tap the tempo at a moment on the engine's clock."""
        tempo = self._tapping.tap(seconds)
        if tempo is not None:
            self._bridge.send(ask.Adjust("tempo_bpm", round(tempo, 1)))

    def lift_bounds(self) -> None:
        """Let every key sound again."""
        for name in BOUNDS:
            self._bridge.send(ask.Adjust(name, getattr(Settings(), name)))

    def bind_key(self, *pitches: int) -> None:
        """Mute keys, then force them, then neither."""
        settings = self._bridge.snapshot.settings
        muted, forced = set(settings.muted), set(settings.forced)
        for pitch in pitches:
            if pitch in muted:
                muted.discard(pitch)
                forced.add(pitch)
            elif pitch in forced:
                forced.discard(pitch)
            else:
                muted.add(pitch)
        self._bridge.send(ask.Adjust("muted", tuple(sorted(muted))))
        self._bridge.send(ask.Adjust("forced", tuple(sorted(forced))))

    def bind_held_keys(self) -> None:
        """Do so with the keys that are held."""
        held = [pitch for pitch, _ in self._bridge.snapshot.keys if pitch in PIANO]
        if held:
            self.bind_key(*held)
        else:
            self._bridge.say(
                "Hold keys that the model shall leave out and press Ctrl+B; once more, and it always plays them"
            )

    def continue_from(self, position: float) -> None:
        """Go on from the beat nearest to a position, with another take."""
        snapshot = self._bridge.snapshot
        beat = snapshot.timeline.steps_per_beat
        nearest = round(position / beat) * beat
        if nearest >= snapshot.recording.end_steps:
            nearest -= beat
        self._bridge.send(ask.ContinueFrom(max(0, nearest)))

    def loop(self, region: tuple[int, int] | None) -> None:
        """Loop the bars of a region; None for no loop."""
        self._bridge.send(ask.Loop(region))

    def loop_or_not(self, marked: tuple[int, int] | None) -> None:
        """Loop what is marked or, without that, the present bar and the three before; end a loop that goes on."""
        snapshot = self._bridge.snapshot
        bar, step = snapshot.timeline.bar_steps, max(0, snapshot.step)
        begin = step - snapshot.timeline.step_in_bar(step)
        region = marked or (max(0, begin - 3 * bar), begin + bar)
        self.loop(region if snapshot.loop is None else None)

    def hear_beside(self, by: int) -> None:
        """Hear the next road, or with -1 the one before."""
        snapshot = self._bridge.snapshot
        if self.are_roads():
            from_road = snapshot.road if snapshot.next_road is None else snapshot.next_road
            self._bridge.send(ask.HearRoad((from_road + by) % len(snapshot.roads)))

    def are_roads(self) -> bool:
        """Return whether there is more than one road, and if not, say how another begins."""
        if len(self._bridge.snapshot.roads) > 1:
            return True
        self._bridge.say("There is one road so far: Ctrl+Left plays this bar again, differently, and another begins")
        return False
