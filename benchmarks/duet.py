"""How well a model harmonises: of held-out pieces it is given the top voice alone, key by key, as in a duet.

    python -m benchmarks.duet bach-chorales

The model hears the top voice and its own harmony, never the true one. Beside it stand the same model without clamps
(it hears the melody but draws as if alone, and the melody is laid over it), chords of another piece at the same place,
and the truth. Accuracy is of the lower voices, frame by frame: notes of both over notes of either, of pitches, and of
pitch classes. Chords and clashes are those of all voices together.

Then keys are pressed at random: offline, as fast as it goes, and live, by another program on JACK, with a core kept
busy. A key is answered if the model's frame at the step that the key belongs to was drawn with it.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.features import chords, clash
from benchmarks.lateness import JACK_FRAMES, WatchedLink, burn, press_keys
from benchmarks.live import play_live
from benchmarks.machine import machine
from benchmarks.music import real_music
from rnnrbm_live.core import commands as ask
from rnnrbm_live.core.clamps import NO_KEYS, Keys
from rnnrbm_live.core.frame import REST, Frame
from rnnrbm_live.core.grid import Timeline
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.core.settings import Mode, Settings
from rnnrbm_live.engine.duet import together
from rnnrbm_live.engine.snapshot import Timing
from rnnrbm_live.engine.stepper import Stepper
from rnnrbm_live.instrument import load_stepper, make_session, model_settings
from rnnrbm_live.model.checkpoint import load_card
from rnnrbm_live.places import model_library
from rnnrbm_live.player.offline import OfflinePlayer
from tests.e2e.servers import jack_server

MOST_STEPS = 400
SEEDS = 5


def melody(roll: PianoRoll) -> list[Keys]:
    """Return the top voice as keys that are held and struck."""
    keys, before = [], None
    for frame in roll.frames()[:MOST_STEPS]:
        top = max(frame.sounding, default=None)
        if top is None:
            keys.append(NO_KEYS)
        else:
            struck = {top} if top != before or top in frame.onsets else set()
            keys.append(Keys(frozenset({top}), frozenset(struck)))
        before = top
    return keys


def harmonise(stepper: Stepper, roll: PianoRoll, settings: Settings, *, clamped: bool, in_key: bool) -> list[Frame]:
    """Return the lower voices that a model adds to a melody."""
    timeline = Timeline(stepper.steps_per_beat, roll.meters[0].meter, roll.pickup_steps)
    keys = melody(roll)
    state = stepper.begin(timeline, 0, seed=settings.seed, take=1)
    if in_key:
        state = replace(state, semitones=stepper.model.key_of([Frame(each.held) for each in keys]))
    voices, previous = [], REST
    for step, held in enumerate(keys):
        voice = stepper.imagine(
            state, previous, settings, timeline, take=1, step=step, keys=held if clamped else NO_KEYS
        )
        if not clamped:  # what lies above the melody cannot be harmony
            below = frozenset(pitch for pitch in voice.sounding if pitch < min(held.held, default=128))
            voice = Frame(below, voice.onsets & below)
        voices.append(voice)
        state = stepper.listen(state, voice, timeline, step + 1, held)
        previous = voice
    return voices


def lower(roll: PianoRoll) -> list[Frame]:
    """Return a piece without its top voice."""
    return [Frame(frame.sounding - held.held) for frame, held in zip(roll.frames(), melody(roll), strict=False)]


def scores(pieces: Sequence[PianoRoll], voices: Sequence[list[Frame]]) -> Iterator[float]:
    """Yield accuracy of pitches and of pitch classes, chords, clashes, and notes added per frame."""
    both, either = np.zeros(2), np.zeros(2)
    rolls = []
    for roll, added in zip(pieces, voices, strict=True):
        for true, guess in zip(lower(roll), added, strict=True):
            for row, size in enumerate((128, 12)):
                first, second = ({pitch % size for pitch in frame.sounding} for frame in (true, guess))
                both[row] += len(first & second)
                either[row] += len(first | second)
        frames = [together(Frame(frame.sounding), keys) for frame, keys in zip(added, melody(roll), strict=True)]
        rolls.append(PianoRoll.from_frames(frames, roll.steps_per_beat))
    yield from both / either
    yield chords(rolls)
    yield clash(rolls)
    yield float(np.mean([len(frame.sounding) for added in voices for frame in added]))


def press_offline(name: str, presses: int) -> Timing:
    """Press and release so many keys at random moments, at full speed."""
    library, link, chance = model_library(), OfflinePlayer(), random.Random(0)
    stepper = load_stepper(library, name)
    session = make_session(
        link=link, clock=link.clock, library=library, stepper=stepper, settings=model_settings(stepper), device="cpu"
    )

    def settle() -> None:
        while session.work():
            pass
        for event in link.poll(0.0):
            session.event(event)

    session.command(ask.SetMode(Mode.DUET))
    session.command(ask.Play())
    held: list[int] = []
    pressed = 0
    while pressed < presses:
        when = link.clock.now_seconds() + chance.uniform(0.0, 0.25)
        while (link.player.next_due_seconds() or when) < when:
            settle()
        link.clock.sleep_until(when)
        if held and (len(held) > 4 or chance.random() < 0.45):
            link.player.key(held.pop(chance.randrange(len(held))), 0, when)
        elif (pitch := chance.randrange(36, 96)) not in held:
            link.player.key(pitch, chance.randrange(1, 128), when)
            held.append(pitch)
            pressed += 1
        settle()
    return session.snapshot.timing


def press_live(name: str, seconds: float) -> Timing:
    """Have another program press keys on JACK for so long."""
    link = WatchedLink(priority=True)
    link.start()
    commands = ask.SetMode(Mode.DUET), ask.Adjust("tempo_bpm", 120.0), ask.Play()
    generator = play_live(link, *commands, model=name, watched=True)
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    context.Process(target=press_keys, args=(theirs,), daemon=True).start()
    theirs.close()
    time.sleep(seconds)
    with contextlib.suppress(OSError, EOFError):  # JACK may have thrown the robot out
        ours.send(None)
        ours.recv()
    timing = generator.snapshot.timing
    generator.close()
    link.close()
    return timing


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How well a model harmonises the top voice of held-out pieces.")
    parser.add_argument("model", help="name or folder")
    library = model_library()
    parser.add_argument("--presses", type=int, default=10_000, help="offline (default: 10,000)")
    parser.add_argument("--seconds", type=float, default=120.0, help="live (default: 120)")
    arguments = parser.parse_args()
    name = arguments.model
    stepper = load_stepper(library, name)
    pieces = real_music(load_card(library.find(name)), None).held_out
    base = replace(model_settings(stepper), duet_place="below", duet_voices=3)

    def model(*, clamped: bool, in_key: bool) -> Callable[[int], list[list[Frame]]]:
        return lambda seed: [
            harmonise(stepper, roll, replace(base, seed=seed), clamped=clamped, in_key=in_key) for roll in pieces
        ]

    def shuffled(seed: int) -> list[list[Frame]]:
        order = np.random.default_rng(seed).permutation(len(pieces))
        others = [lower(pieces[index]) for index in order]
        return [
            [other[step % len(other)] for step in range(len(melody(roll)))]
            for roll, other in zip(pieces, others, strict=True)
        ]

    rows: dict[str, Callable[[int], list[list[Frame]]]] = {
        "the truth": lambda _: [lower(roll) for roll in pieces],
        "duet: clamped, told the melody's key": model(clamped=True, in_key=True),
        "duet: clamped, finds the key itself": model(clamped=True, in_key=False),
        "not clamped, told the melody's key": model(clamped=False, in_key=True),
        "harmony of another piece": shuffled,
    }
    print(f"{name}, {len(pieces)} held-out pieces, {SEEDS} seeds. {machine()}\n")
    print("| harmony | accuracy | of pitch classes | triads and sevenths | semitone clashes | notes added |")
    print("|---|---|---|---|---|---|")
    for title, harmonies in rows.items():
        found = np.mean([list(scores(pieces, harmonies(seed))) for seed in range(SEEDS)], axis=0)
        accuracy, classes, fits, clashes, added = found
        print(f"| {title} | {accuracy:.1%} | {classes:.1%} | {fits:.0%} | {clashes:.1%} | {added:.2f} |", flush=True)
    print()
    _report(f"{arguments.presses} keys pressed offline", press_offline(name, arguments.presses))
    with jack_server(frames=JACK_FRAMES) as environment:
        os.environ.update(environment)
        burner = multiprocessing.get_context("spawn").Process(target=burn, daemon=True)
        burner.start()
        _report(f"live, {arguments.seconds:.0f} s", press_live(name, arguments.seconds))
        burner.kill()


def _report(title: str, timing: Timing) -> None:
    steps = timing.keys_answered + timing.keys_missed
    print(f"{title}: of {steps} steps with keys struck, {timing.keys_answered} were answered at that step", flush=True)


if __name__ == "__main__":
    main()
