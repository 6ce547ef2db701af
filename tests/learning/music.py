"""A little music in MIDI files, and a preset that learns it in a second."""

from dataclasses import replace
from pathlib import Path

import mido

from rnnrbm_live.model import presets
from rnnrbm_live.model.presets import Stage

TINY = replace(
    presets.LIVE,
    config=replace(presets.LIVE.config, n_hidden=16, n_recurrent=12, gibbs_steps=2),
    stages=(Stage("persistent", 1, 5e-3, 2, 2), Stage("short-run", 3, 5e-3, 2, 2)),
    valid_share=0.2,
)
C_MAJOR = (0, 2, 4, 5, 7, 9, 11, 12)


def write_scale(path: Path, tonic: int, *, bars: int = 4, meter: tuple[int, int] = (4, 4)) -> None:
    """Write a rising scale in quarter notes, over and over."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    track.append(mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]))
    for beat in range(bars * meter[0]):
        note = tonic + C_MAJOR[beat % 8]
        track.append(mido.Message("note_on", note=note, velocity=64))
        track.append(mido.Message("note_off", note=note, time=480))
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)


def write_music(folder: Path) -> Path:
    """Fill a folder with five pieces that can be learnt from and two that cannot."""
    for index in range(5):
        write_scale(folder / "scales" / f"{index}.mid", 60 + index, bars=4 + index)
    write_scale(folder / "odd.mid", 60, meter=(5, 4))
    (folder / "broken.mid").write_bytes(b"MThd\x00\x00")
    return folder
