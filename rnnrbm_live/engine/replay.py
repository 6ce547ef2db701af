"""A session drawn again from its records: the proof that nothing but seed, model, settings and inputs made it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from rnnrbm_live.core import journal as jot
from rnnrbm_live.core.errors import CheckpointError, JournalError
from rnnrbm_live.core.frame import REST, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.roads import Road, Roads
from rnnrbm_live.engine.dynamics import frame_velocities
from rnnrbm_live.engine.history import History
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.model.live import State


@dataclass(frozen=True)
class Regenerated:
    """What came of drawing a session again.

    Attributes:
        steps: steps that a model played.
        drawn: of these, drawn again, notes and velocities.
        unplanned: of these, heard otherwise than last planned (the plan had run dry, or changed too late); the model
            hears them as they were.
        unchecked: of these, those of models that are not there as they were, ascending, by the model's name.
        differing: steps that came out otherwise.
    """

    steps: int
    drawn: int
    unplanned: int
    unchecked: dict[str, list[int]]
    differing: tuple[int, ...]

    @property
    def identical(self) -> bool:
        """Whether every step that was drawn again is the one that sounded."""
        return not self.differing


def regenerate(records: Iterable[jot.Record], load_model: Callable[[str], Stepper]) -> Regenerated:
    """Draw every step that a model played once more, on numpy, and compare.

    Args:
        records: of a session.
        load_model: by name; raises `CheckpointError` for one that is not there, whose steps stay unchecked.

    Raises:
        JournalError: for records that speak of what is not there.
    """
    timeline = bars = Timeline(4)  # of the first road, and of the one that is heard
    roads, history = Roads(), History()
    section, stepper, state = jot.SectionBegun(0), None, None
    steppers: dict[str, Stepper | None] = {}
    previous = PlannedFrame()
    steps = drawn = unplanned = 0
    unchecked: defaultdict[str, list[int]] = defaultdict(list)
    differing = []
    for record in records:
        before = roads.all
        roads.apply(record)
        match record:
            case jot.Begun() | jot.MeterChosen():
                timeline = bars = record.timeline
            case jot.TimeStopped():
                previous = PlannedFrame()
            case jot.SectionBegun():
                section = record
                timeline = replace(timeline, phrase_end_step=record.phrase_end_step)
                stepper = _stepper(record, steppers, load_model)
                bars = timeline.later(roads.shift)
                state = None if stepper is None else _first_state(record, stepper, bars, history, before)
                if stepper is not None and state is None and not unchecked:
                    raise JournalError(f"step {record.step} goes on from where no model played: the session is damaged")
                history.begin(record.step, stepper, state, bars)
                if record.jumps:
                    previous = PlannedFrame()
            case jot.StepHeard():
                if section.model is not None and record.planned.source is Source.MODEL:
                    steps += 1
                    if stepper is None or state is None:
                        unchecked[section.model].append(record.step)
                    elif record.settings is None:
                        unplanned += 1
                    else:
                        drawn += 1
                        if _draw(record, section, stepper, state, previous, bars) != record.planned:
                            differing.append(record.step)
                if stepper is not None and state is not None:
                    state = stepper.listen(state, record.planned.frame, bars, record.step + 1, record.keys)
                history.add(record.step, record.planned.frame, record.keys, state)
                previous = record.planned
            case _:
                pass
    return Regenerated(steps, drawn, unplanned, dict(unchecked), tuple(differing))


def _stepper(
    section: jot.SectionBegun, steppers: dict[str, Stepper | None], load_model: Callable[[str], Stepper]
) -> Stepper | None:
    """Return the model that plays a section; None if none does, or if it is not there with the weights of that time."""
    if section.model is None:
        return None
    if section.model not in steppers:
        try:
            steppers[section.model] = load_model(section.model)
        except CheckpointError:
            steppers[section.model] = None
    stepper = steppers[section.model]
    return stepper if stepper is not None and stepper.fingerprint == section.fingerprint else None


def _first_state(
    section: jot.SectionBegun, stepper: Stepper, timeline: Timeline, history: History, roads: tuple[Road, ...]
) -> State | None:
    """Return the state of a model that begins, given the roads before it did; None if it is to remember a lost one."""
    if section.remembers and section.resumes is not None:
        known = history.before(section.resumes)
        return None if known is None else known[1]
    if section.remembers and section.road is not None:
        known = history.after(roads[section.road].step_at(section.position - 1))
        return None if known is None else known[1]
    if section.heard:
        return stepper.listen_to(
            section.heard, timeline, section.heard_from, then_step=section.step, semitones=section.semitones
        )
    return stepper.begin(timeline, section.step, seed=section.seed, take=section.take)


def _draw(
    record: jot.StepHeard,
    section: jot.SectionBegun,
    stepper: Stepper,
    state: State,
    previous: PlannedFrame,
    timeline: Timeline,
) -> PlannedFrame:
    """Return the step as the planner planned it."""
    assert record.settings is not None
    before = previous.frame if previous.source is Source.MODEL else REST
    frame = stepper.imagine(
        state, before, record.settings, timeline, take=section.take, step=record.step, keys=record.keys
    )
    velocities = frame_velocities(
        frame,
        record.step,
        timeline,
        base=record.keys.velocity or record.settings.velocity,
        seed=record.settings.seed,
        fade_in_from=section.step if section.fade_in else None,
    )
    return PlannedFrame(frame, velocities, Source.MODEL)
