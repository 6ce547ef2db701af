"""The instrument in real time, as the application plays it, without its window."""

from __future__ import annotations

from pathlib import Path

from rnnrbm_live.core.clock import SystemClock
from rnnrbm_live.core.commands import Command
from rnnrbm_live.engine.generator import Generator
from rnnrbm_live.instrument import load_stepper, make_session, model_settings
from rnnrbm_live.places import DEFAULT_MODEL, model_library
from rnnrbm_live.player.process import ProcessLink


def play_live(
    link: ProcessLink,
    *commands: Command,
    model: str = DEFAULT_MODEL,
    sessions: Path | None = None,
    watched: bool = False,
) -> Generator:
    """Play on a player that has been started, with a model on the CPU.

    Args:
        link: the player.
        commands: to begin with.
        model: its name or folder.
        sessions: folder that the session is saved to, if any.
        watched: whether somebody sees the model think.
    """
    library = model_library()
    stepper = load_stepper(library, model)
    session = make_session(
        link=link,
        clock=SystemClock(),
        library=library,
        stepper=stepper,
        settings=model_settings(stepper),
        device="cpu",
        sessions=sessions,
        watched=watched,
    )
    generator = Generator(session, link)
    generator.start()
    for command in commands:
        generator.send(command)
    return generator
