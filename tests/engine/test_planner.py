"""The plan: sections, cuts, and rebasing on what sounded."""

from dataclasses import replace

from rnnrbm_live.core.frame import REST, Frame, Source
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.messages import PlannedFrame
from rnnrbm_live.core.settings import Settings
from rnnrbm_live.engine.planner import Planner, Section
from tests.engine.fakes import EchoStepper

SETTINGS = Settings(seed=0)
TIMELINE = Timeline(4)
ECHO: EchoStepper = EchoStepper()


def model_section(step: int) -> Section:
    return Section(step, ECHO, ECHO.begin(TIMELINE, step), shift=0)  # type: ignore[arg-type]  # a stand-in


def key(pitch: int) -> Frame:
    return Frame(frozenset({pitch}), frozenset({pitch}))


def test_rests_until_something_is_scheduled() -> None:
    planner = Planner(TIMELINE)
    assert planner.extend(SETTINGS) == (0, PlannedFrame())


def test_the_model_plays_from_its_section_on() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(model_section(2))
    frames = [planner.extend(SETTINGS)[1].frame for _ in range(4)]
    assert frames == [REST, REST, key(61), key(62)]


def test_what_sounds_as_planned_changes_nothing() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(model_section(0))
    planned = [planner.extend(SETTINGS)[1] for _ in range(3)]
    assert planner.confirm(0, planned[0]) == model_section(0)
    assert planner.confirm(1, planned[1]) is None
    assert planner.frames == (planned[2],)


def test_what_sounds_otherwise_is_what_the_model_heard() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(model_section(0))
    for _ in range(3):
        planner.extend(SETTINGS)
    planner.confirm(0, PlannedFrame())  # the plan had run dry
    assert planner.frames == ()
    assert planner.extend(SETTINGS) == (1, planner.frames[0])
    assert planner.frames[0].frame == key(62)  # one frame heard, the rest


def test_what_sounds_as_loud_as_planned_before_was_not_planned_so() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(model_section(0))
    _, frozen = planner.extend(SETTINGS)
    planner.cut(0)
    _, louder = planner.extend(replace(SETTINGS, velocity=SETTINGS.velocity + 9))
    assert louder.frame == frozen.frame
    planner.confirm(0, frozen)  # the louder one came too late
    assert planner.heard_settings is None
    assert planner.extend(SETTINGS)[1].frame == key(62)


def test_a_cut_plans_the_same_steps_anew() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(model_section(0))
    before = [planner.extend(SETTINGS)[1] for _ in range(4)]
    planner.cut(2)
    assert planner.tail_step == 2
    assert [planner.extend(SETTINGS)[1] for _ in range(2)] == before[2:]
    planner.cut(2)
    warm = replace(SETTINGS, temperature=1.5)
    assert planner.extend(warm)[1].frame.sounding == {63, 75}


def test_a_script_is_played_on_its_own_voice_and_then_the_model_strikes_anew() -> None:
    planner = Planner(TIMELINE)
    script = (key(40), Frame(frozenset({40}), frozenset()))
    planner.schedule(Section(0, script=[PlannedFrame(frame, (), Source.PRIMER) for frame in script]))
    planner.schedule(model_section(2))
    planned = [planner.extend(SETTINGS)[1] for _ in range(3)]
    assert [entry.source for entry in planned] == [Source.PRIMER, Source.PRIMER, Source.MODEL]
    assert [entry.frame for entry in planned] == [*script, key(61)]


def test_a_later_section_replaces_those_after_it() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(model_section(4))
    planner.schedule(model_section(8))
    planner.schedule(Section(2))
    for _ in range(10):
        planner.extend(SETTINGS)
    assert all(entry.frame == REST for entry in planner.frames)


def test_time_that_jumped_over_steps_is_caught_up_with() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(model_section(0))
    planned = [planner.extend(SETTINGS)[1] for _ in range(8)]
    planner.confirm(0, planned[0])
    planner.confirm(5, PlannedFrame())
    assert planner.next_step == 6
    assert planner.extend(SETTINGS)[0] == 6


def test_after_a_silence_nothing_is_held_over() -> None:
    planner = Planner(TIMELINE)
    planner.schedule(model_section(0))
    planner.confirm(0, planner.extend(SETTINGS)[1])
    planner.silence(1)
    planned = planner.extend(SETTINGS)[1]
    assert planned.frame.onsets == planned.frame.sounding
