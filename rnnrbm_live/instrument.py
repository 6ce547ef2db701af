"""Model, session and settings wired together: what the window, `play` and `generate` have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from rnnrbm_live.core.clock import Clock
from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.journal import Journal, NoJournal
from rnnrbm_live.core.messages import Notice
from rnnrbm_live.core.protocols import PlayerLink
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.devices import SamplerLoader
from rnnrbm_live.engine.session import Session
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.io.journal import new_journal
from rnnrbm_live.model.devices import Device, resolve_device
from rnnrbm_live.model.library import ModelLibrary
from rnnrbm_live.model.live import LiveModel, Sampler

DEVICE_TITLES = {"cuda": "torch on CUDA", "mps": "torch on Apple GPU"}


def load_stepper(library: ModelLibrary, name: str) -> Stepper:
    """Load a model by name or folder.

    Raises:
        CheckpointError: if there is none, or it is damaged.
    """
    title, model = library.load(name)
    return Stepper(title, model)


def model_settings(stepper: Stepper) -> Settings:
    """Return default settings with the tempo and the Gibbs steps that suit a model."""
    config = stepper.model.config
    return Settings(tempo_bpm=config.default_tempo_bpm, gibbs_steps=config.gibbs_steps)


def restored_settings(base: Settings, remembered: Mapping[str, Any]) -> Settings:
    """Return `base` with what was remembered of an earlier run; values that do not fit are left out."""
    settings = base
    for field in fields(Settings):
        if field.name in remembered:
            value: Any = remembered[field.name]
            if isinstance(value, list):  # JSON knows no tuples
                value = tuple(value)
            change: dict[str, Any] = {field.name: value}
            try:
                settings = replace(settings, **change)
            except SettingsError:
                continue
    return settings


def settings_to_remember(settings: Settings) -> dict[str, Any]:
    """Return plain JSON types for `restored_settings`."""
    return asdict(settings)


def make_session(
    *,
    link: PlayerLink,
    clock: Clock,
    library: ModelLibrary,
    stepper: Stepper,
    settings: Settings,
    device: str,
    sessions: Path | None = None,
    watched: bool = False,
) -> Session:
    """Build a session whose first model is loaded already.

    Args:
        link: the player.
        clock: the player's clock.
        library: where other models come from.
        stepper: the first model.
        settings: to begin with.
        device: as on the command line.
        sessions: folder that it is saved to, if any.
        watched: whether somebody sees the model think.

    Raises:
        DeviceError: for a device that is not known or not there.
    """
    kind = resolve_device(device)
    loaded = {stepper.name: stepper}

    def load(name: str) -> Stepper:
        return loaded.pop(name, None) or load_stepper(library, name)

    def open_journal(model: str, timeline: Timeline, tell: Callable[[Notice], None]) -> Journal:
        return NoJournal() if sessions is None else new_journal(sessions, model, timeline, tell=tell)

    return Session(
        link=link,
        clock=clock,
        model=stepper.name,
        load_model=load,
        settings=settings,
        mode=Mode.FREE,
        gpu=None if kind == "cpu" else _gpu_loader(kind),
        open_journal=open_journal,
        watched=watched,
    )


def _gpu_loader(kind: Device) -> Callable[[LiveModel], SamplerLoader]:
    def build(model: LiveModel) -> Sampler:
        from rnnrbm_live.model.torch_live import make_sampler  # torch takes seconds to import: in the loader's thread

        return make_sampler(model, kind)

    return lambda model: SamplerLoader(model, DEVICE_TITLES[kind], build)
