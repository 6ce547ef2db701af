"""The command line. Every job but the window runs without Qt; what is heavy is imported by the job that needs it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rnnrbm_live import __version__
from rnnrbm_live.core.errors import RNNRBMError, SettingsError
from rnnrbm_live.core.messages import ALL_INPUTS
from rnnrbm_live.core.settings import RANGES, WHOLE_NUMBERS, Settings, check_range
from rnnrbm_live.places import DEFAULT_MODEL

BAD_INPUT = 2  # exit code
COMPUTE_HELP = "auto, cpu or cuda: what computes (default: an NVIDIA GPU where there is one)"
DATA_HELP = "a folder of MIDI files, of any depth, an .npz archive of split piano-rolls, or music21:bach"


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for bad input (one sentence on stderr), 130 after Ctrl+C."""
    options = _parser().parse_args(arguments)
    job: Callable[[argparse.Namespace], int] = options.job
    try:
        return job(options)
    except RNNRBMError as err:
        print(f"rnnrbm-live: {err}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rnnrbm-live",
        description="A neural network that improvises polyphonic music live. Without a command: the window.",
    )
    parser.add_argument("--version", action="version", version=f"rnnrbm-live {__version__}")
    _add_live_options(parser)
    parser.set_defaults(job=_window)
    jobs = parser.add_subparsers(title="commands", metavar="COMMAND")

    play = jobs.add_parser("play", help="play live without a window")
    _add_live_options(play)
    _add_music_options(play)
    play.add_argument("--seconds", type=_seconds, help="stop by itself after so long (default: at Ctrl+C)")
    play.add_argument("--output", help="MIDI output to play on (default: a virtual port of our own)")
    play.add_argument("--input", default=ALL_INPUTS, help="MIDI input to play along from (default: all)")
    play.add_argument("--clock", action="store_true", help="send MIDI clock")
    play.add_argument("--follow-clock", action="store_true", help="follow the MIDI clock of the inputs")
    play.add_argument("--no-piano", action="store_true", help="no built-in piano, unless OUTPUT is missing")
    play.add_argument("--save", type=Path, metavar="OUT.mid", help="write what was played when it ends")
    play.set_defaults(job=_play)

    generate = jobs.add_parser("generate", help="write music to a MIDI file, faster than real time")
    generate.add_argument("out", type=Path, metavar="OUT.mid")
    generate.add_argument("--bars", type=_bars, default=16, help="length, a primer not counted (default: 16)")
    generate.add_argument("--picture", type=Path, metavar="ROLL.png", help="also draw the piano-roll")
    generate.add_argument("--model", default=DEFAULT_MODEL, help="name or folder (default: %(default)s)")
    _add_music_options(generate)
    generate.set_defaults(job=_generate)

    train = jobs.add_parser("train", help="train a model on MIDI files")
    train.add_argument("data", metavar="DATA", help=DATA_HELP)
    train.add_argument("--preset", default="live", help="how to train; see README (default: live)")
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write the model")
    train.add_argument("--epochs", type=int, help="passes over the data (default: the preset's)")
    train.add_argument("--seed", type=_setting("seed"), default=0, help="of all that is random (default: 0)")
    train.add_argument("--device", default="auto", help=COMPUTE_HELP)
    train.add_argument("--threads", type=int, choices=range(1, 65), default=1, metavar="N", help="CPU threads")
    train.add_argument("--resume", action="store_true", help="go on with a training that was stopped in DIR")
    train.set_defaults(job=_train)

    judge = jobs.add_parser("evaluate", help="log-likelihood and accuracy of a model on held-out music")
    judge.add_argument("model", metavar="MODEL", help="name or folder")
    judge.add_argument("data", metavar="DATA", help=DATA_HELP)
    judge.add_argument("--split", choices=("train", "valid", "test", "held-out", "all"), help="(default: test)")
    judge.add_argument("--temperatures", type=_temperatures, default=1000, metavar="N", help="fewer are a quick look")
    judge.add_argument("--device", default="auto", help=COMPUTE_HELP)
    judge.add_argument("--threads", type=int, choices=range(1, 65), default=1, metavar="N", help="CPU threads")
    judge.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    judge.set_defaults(job=_evaluate)

    sessions = "a file, the name of a session, or `last`"
    jobs.add_parser("sessions", help="list the sessions that were played").set_defaults(job=_sessions)
    replay = jobs.add_parser(
        "replay",
        help="play a session again, or prove that it can be",
        description="Play a session again as it sounded, or, with --verify, prove that seed, model, settings and keys"
        " are all that made it. It ends with 0 if every step comes out the same, 1 if one does not, 2 if the session"
        " cannot be read, and 3 if steps cannot be checked, since their model is gone or has been trained anew. So it"
        " is with a model that was heard while it was being trained: its weights, megabytes every 20 seconds, are not"
        " kept with a session; the last three that were heard are there until the model is kept or discarded.",
    )
    replay.add_argument("session", metavar="SESSION", help=sessions)
    replay.add_argument("--verify", action="store_true", help="draw every step again instead, and compare")
    replay.add_argument("--output", help="MIDI output to play on (default: a virtual port of our own)")
    replay.set_defaults(job=_replay)
    export = jobs.add_parser("export", help="write a session as MIDI or, through the built-in piano, as sound")
    export.add_argument("session", metavar="SESSION", help=sessions)
    export.add_argument("out", type=Path, metavar="OUT", help="what it ends in decides: .mid, .wav or .png")
    export.add_argument(
        "--road", metavar="NAME", help="which way the music took (default: the last heard; all: as heard)"
    )
    export.set_defaults(job=_export)

    jobs.add_parser("ports", help="list MIDI inputs and outputs").set_defaults(job=_ports)
    jobs.add_parser("models", help="list the models there are").set_defaults(job=_models)
    return parser


def _add_live_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=None, help=f"name or folder (default: the last one, or {DEFAULT_MODEL})")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps: what computes the frames")


def _add_music_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--primer", type=Path, metavar="X.mid", help="play this first, then go on from it")
    for name, flag, text in (
        ("seed", "--seed", "the same seed plays the same notes"),
        ("tempo_bpm", "--tempo", "quarter notes per minute (default: the primer's, or the model's)"),
        ("temperature", "--temperature", "1 is the model as trained (default), higher is wilder"),
        ("density", "--density", "nats added to every key: above 0 more notes"),
        ("gibbs_steps", "--gibbs-steps", "sweeps of the Gibbs chain per frame (default: the model's)"),
    ):
        ends = f"{RANGES[name].low:g} to {RANGES[name].high:g}"
        parser.add_argument(flag, dest=name, type=_setting(name), help=f"{text} ({ends})")


def _setting(name: str) -> Callable[[str], float]:
    """Return a converter that accepts what `Settings` does."""

    def convert(text: str) -> float:
        try:
            value = int(text) if name in WHOLE_NUMBERS else float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        try:
            check_range(name, value)
        except SettingsError as err:
            raise argparse.ArgumentTypeError(str(err)) from None
        return value

    return convert


def _bars(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of bars: give 1 to 100000")
    return int(text)


def _temperatures(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of temperatures: give 2 to 1000000")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no length in seconds: give a number above 0")
    return seconds


def _chosen_settings(options: argparse.Namespace, base: Settings) -> Settings:
    names = ("seed", "tempo_bpm", "temperature", "density", "gibbs_steps")
    return replace(base, **{name: value for name in names if (value := getattr(options, name)) is not None})


def _window(options: argparse.Namespace) -> int:
    from rnnrbm_live.app import run_window

    return run_window(model=options.model, device=options.device)


def _play(options: argparse.Namespace) -> int:
    from rnnrbm_live.headless import play_live

    return play_live(
        model=options.model or DEFAULT_MODEL,
        device=options.device,
        settings=lambda base: _chosen_settings(options, base),
        tempo_bpm=options.tempo_bpm,
        primer=options.primer,
        seconds=options.seconds,
        output=options.output,
        input_name=options.input,
        piano=not options.no_piano,
        midi_clock=options.clock,
        follow_clock=options.follow_clock,
        save=options.save,
    )


def _generate(options: argparse.Namespace) -> int:
    from rnnrbm_live.headless import generate

    recording = generate(
        options.out,
        bars=options.bars,
        model=options.model,
        primer=options.primer,
        picture=options.picture,
        settings=lambda base: _chosen_settings(options, base),
        tempo_bpm=options.tempo_bpm,
    )
    print(f"{options.out}: {options.bars} bars, {len(recording.all_notes())} notes")
    return 0


def _train(options: argparse.Namespace) -> int:
    from rnnrbm_live.training import train_from_command

    return train_from_command(
        options.data,
        preset_name=options.preset,
        folder=options.out,
        epochs=options.epochs,
        seed=int(options.seed),
        device=options.device,
        threads=options.threads,
        resume=options.resume,
    )


def _evaluate(options: argparse.Namespace) -> int:
    from rnnrbm_live.evaluation import evaluate_from_command

    return evaluate_from_command(
        options.model,
        options.data,
        split=options.split,
        temperatures=options.temperatures,
        device=options.device,
        threads=options.threads,
        json_path=options.json,
    )


def _sessions(_options: argparse.Namespace) -> int:
    from rnnrbm_live.sessions import list_sessions

    return list_sessions()


def _replay(options: argparse.Namespace) -> int:
    from rnnrbm_live.sessions import play_again, verify

    return verify(options.session) if options.verify else play_again(options.session, output=options.output)


def _export(options: argparse.Namespace) -> int:
    from rnnrbm_live.sessions import export_session

    return export_session(options.session, options.out, road=options.road)


def _ports(_options: argparse.Namespace) -> int:
    from rnnrbm_live.io.c_stderr import mute_c_libraries
    from rnnrbm_live.io.midi_ports import MidiSystem

    mute_c_libraries()
    system = MidiSystem.open_first()
    print(f"MIDI system: {system.name}")
    for title, names in (("outputs", system.output_names()), ("inputs", system.input_names())):
        print(f"{title}:" + "".join(f"\n  {name}" for name in names) if names else f"{title}: none")
    return 0


def _models(_options: argparse.Namespace) -> int:
    from rnnrbm_live.places import model_library

    for model in model_library().models():
        print(f"{model.name}  {model.summary}  {model.folder}" if model.usable else f"{model.name}  {model.summary}")
    return 0
