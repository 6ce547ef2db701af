"""What stands in the menus Play and View of the main window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.messages import Panic
from rnnrbm_live.core.settings import Mode
from rnnrbm_live.gui.look import Look
from rnnrbm_live.gui.menus import Entry
from rnnrbm_live.gui.requests import Requests
from rnnrbm_live.gui.roll_view import PAN_ROWS, ZOOM_ROWS, RollView


def play_groups(
    send: Callable[[ask.Command], object],
    requests: Requests,
    roll: RollView,
    *,
    name_road: Callable[[], object],
    another_seed: Callable[[], object],
    toggle_bounds: Callable[[], object],
    step_preset: Callable[[int], object],
) -> list[list[Entry]]:
    """Return what can be played, by transport, mode, road, shaping and selection.

    Args:
        send: takes commands that depend on nothing.
        requests: makes those that do.
        roll: what is selected in.
        name_road: asks for the name of the road that is heard.
        another_seed: throws the dice.
        toggle_bounds: shows or hides key and range.
        step_preset: goes on by so many presets.
    """
    earlier, later = partial(roll.move_edge, first=True), partial(roll.move_edge, first=False)
    here = Entry("Continue from the bar looked at", "Ctrl+Return Ctrl+Enter", roll.choose_moment_seen)
    return [
        [
            Entry("Play or pause", "Space", requests.play_or_pause),
            Entry("Stop", "Ctrl+.", partial(send, ask.Stop())),
            Entry("Panic", "Esc", partial(send, Panic())),
        ],
        [
            Entry("Free", "Ctrl+1", partial(send, ask.SetMode(Mode.FREE))),
            Entry("Primer", "Ctrl+2", partial(send, ask.SetMode(Mode.PRIMER))),
            Entry("Duet", "Ctrl+3", partial(send, ask.SetMode(Mode.DUET))),
            Entry("Turns", "Ctrl+4", partial(send, ask.SetMode(Mode.TURNS))),
            Entry("Continue from the primer", "Return Enter", partial(send, ask.Continue())),
        ],
        [
            Entry("This bar again, differently", "Ctrl+Left", partial(send, ask.GoBack(1))),
            Entry("Last four bars again, differently", "Ctrl+Shift+Left", partial(send, ask.GoBack(4))),
            Entry("Loop the marked bars, or the last four", "Ctrl+L", lambda: requests.loop_or_not(roll.region)),
            Entry("Hear the road before", "Ctrl+[", lambda: requests.hear_beside(-1)),
            Entry("Hear the next road", "Ctrl+]", lambda: requests.hear_beside(1)),
            Entry("Name this road", "Ctrl+R", name_road),
        ],
        [
            Entry("Tap tempo", "Ctrl+T", requests.tap),
            Entry("Another seed", "Ctrl+D", another_seed),
            Entry("Key and range", "Ctrl+K", toggle_bounds),
            Entry("No bounds", "Ctrl+Shift+K", requests.lift_bounds),
            Entry("Leave out or always play held keys", "Ctrl+B", requests.bind_held_keys),
            Entry("Next preset", "Ctrl+Shift+Down", lambda: step_preset(1)),
            Entry("Previous preset", "Ctrl+Shift+Up", lambda: step_preset(-1)),
            Entry("Mark this moment", "Ctrl+M", partial(send, ask.AddMarker("Marked"))),
        ],
        [
            Entry("Select the last 4 bars", "Ctrl+Shift+B", roll.select_last_bars),
            Entry("Select an earlier bar too", "Shift+Left", lambda: earlier(bars=-1), roll),
            Entry("Select a later bar too", "Shift+Right", lambda: later(bars=1), roll),
            Entry("Leave the first bar out", "Alt+Shift+Left", lambda: earlier(bars=1), roll),
            Entry("Leave the last bar out", "Alt+Shift+Right", lambda: later(bars=-1), roll),
            Entry("Select nothing", "Delete Backspace", lambda: roll.select(None), roll),
            *([here] if roll.offers_moments else []),
        ],
    ]


def view_groups(roll: RollView, look: Look) -> list[list[Entry]]:
    """Return how the roll can be moved and zoomed, and text be made larger and smaller."""
    navigation = roll.navigation
    return [
        [
            Entry("Back to now", "End", navigation.follow),
            Entry("Start of the session", "Home", navigation.look_at_start),
            Entry("A screenful back", "PgUp", lambda: navigation.pan_screens(1)),
            Entry("A screenful on", "PgDown", lambda: navigation.pan_screens(-1)),
            Entry("A beat back", "Left", lambda: navigation.pan_beats(1), roll),
            Entry("A beat on", "Right", lambda: navigation.pan_beats(-1), roll),
            Entry("Higher", "Up", lambda: navigation.pan_pitch(PAN_ROWS), roll),
            Entry("Lower", "Down", lambda: navigation.pan_pitch(-PAN_ROWS), roll),
        ],
        [
            Entry("Zoom in", "Alt++ Alt+=", lambda: navigation.zoom_time(1.25)),
            Entry("Zoom out", "Alt+-", lambda: navigation.zoom_time(0.8)),
            Entry("Taller rows", "Alt+Up", lambda: navigation.zoom_pitch(-ZOOM_ROWS)),
            Entry("Lower rows", "Alt+Down", lambda: navigation.zoom_pitch(ZOOM_ROWS)),
            Entry("Fit pitch to the notes", "Alt+0", navigation.fit_pitch),
        ],
        [
            Entry("Larger text", "Ctrl++ Ctrl+=", lambda: look.step_text(1)),
            Entry("Smaller text", "Ctrl+-", lambda: look.step_text(-1)),
            Entry("Text as it was", "Ctrl+0", lambda: look.set_text(100)),
        ],
    ]
