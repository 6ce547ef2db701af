"""Music as a model reads it: rows of bits and bar positions, split into training and held-out pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnnrbm_live.core.errors import CorpusError, SettingsError
from rnnrbm_live.core.frame import N_PITCHES, Bits, transpose
from rnnrbm_live.core.key import semitones_above_white_keys
from rnnrbm_live.core.pianoroll import PianoRoll
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.lookback import likeness
from rnnrbm_live.model.presets import Preset, StagedPreset


@dataclass(frozen=True)
class Piece:
    """One piece.

    Attributes:
        name: where it came from.
        bits: (T, n_visible) uint8.
        contexts: (T,) int64 place of each step, as `ModelConfig.context_index` numbers them.
    """

    name: str
    bits: Bits
    contexts: NDArray[np.int64]

    def __len__(self) -> int:
        """Return T, the number of steps."""
        return len(self.bits)

    def likeness(self, config: ModelConfig) -> NDArray[np.float32]:
        """Return how far it repeats itself before each frame and after the last, (T + 1, L): see `lookback`."""
        return likeness(self.bits, config.lookback_steps, config.likeness_steps)


@dataclass(frozen=True)
class Corpus:
    """What a model is trained on.

    Attributes:
        config: of the models that fit this data.
        train: pieces to learn from.
        valid: held-out pieces.
        skipped: pieces left out, name and reason.
        split_as_published: whether the data came split.
    """

    config: ModelConfig
    train: tuple[Piece, ...]
    valid: tuple[Piece, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    split_as_published: bool = False

    @property
    def n_frames(self) -> int:
        """Training frames."""
        return sum(len(piece) for piece in self.train)


def build_corpus(
    rolls: Sequence[PianoRoll], names: Sequence[str], preset: Preset, *, seed: int, splits: Sequence[str] = ()
) -> Corpus:
    """Encode pieces for a preset and split them.

    Args:
        rolls: on the preset's grid.
        names: one per roll.
        preset: decides rows, meters and the held-out share.
        seed: of the split; the same seed and pieces give the same split.
        splits: ``train``, ``valid`` or ``test`` for each roll, where the data comes split: then `valid_share` is not
            used, and test pieces are not looked at.

    Raises:
        CorpusError: if no piece is left to train on.
    """
    if splits:
        chosen = [index for index, split in enumerate(splits) if split != "test"]
        rolls, names = [rolls[index] for index in chosen], [names[index] for index in chosen]
        splits = [splits[index] for index in chosen]
    config = fitted_config(rolls, preset) if isinstance(preset, StagedPreset) else preset.config
    pieces, sides, skipped = [], [], []
    for name, roll, side in zip(names, rolls, splits or [""] * len(rolls), strict=True):
        if strange := [str(change.meter) for change in roll.meters if not _knows(config, str(change.meter))]:
            skipped.append((name, f"meter {strange[0]} is not among {', '.join(config.meters)}"))
        elif not roll.sounding.any():
            skipped.append((name, "no notes in the piano's range"))
        else:
            pieces.append(encode(roll, name, config))
            sides.append(side)
    if not pieces:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped[:3])
        raise CorpusError(f"no piece is left to train on ({reasons or 'the data set is empty'}): give other music")
    if splits:
        train, valid = (
            [p for p, side in zip(pieces, sides, strict=True) if side == name] for name in ("train", "valid")
        )
    else:
        train, valid = split_pieces(pieces, preset.valid_share, seed=seed)
    return Corpus(config, tuple(train), tuple(valid), tuple(skipped), bool(splits))


def fitted_config(rolls: Sequence[PianoRoll], preset: StagedPreset) -> ModelConfig:
    """Choose what the preset leaves to the data: meters, whether phrases are known, notes at once, tempo."""
    config = preset.config
    if not rolls:
        return config
    found = Counter(str(change.meter) for roll in rolls for change in roll.meters)
    counts = np.concatenate([roll.sounding.sum(axis=1) for roll in rolls])  # notes per frame
    most = int(np.quantile(counts, 0.999, method="lower")) if counts.size else 0
    return replace(
        config,
        meters=tuple(meter for meter in config.meters if meter in found) or config.meters[:1],
        phrase_beats=config.phrase_beats if any(roll.phrase_ends for roll in rolls) else 0,
        max_notes=max(1, most),
        usual_notes=round(float(counts.mean()), 2) if counts.size else 0.0,
        default_tempo_bpm=round(float(np.median([roll.tempos[0].bpm for roll in rolls])), 1),
    )


def encode(roll: PianoRoll, name: str, config: ModelConfig) -> Piece:
    """Turn a roll into a model's rows, in its key if it has one, and places.

    Raises:
        CorpusError: if the roll is on another grid.
    """
    if config.n_context and roll.steps_per_beat != config.steps_per_beat:
        raise CorpusError(
            f"{name} has {roll.steps_per_beat} steps per beat where the model has {config.steps_per_beat}: "
            "load it on the model's grid"
        )
    contexts = [0] * len(roll)
    if config.n_context:
        places = zip(roll.bar_positions(), roll.beats_to_phrase_end(), strict=True)
        contexts = [config.context_index(meter, step, left) for (meter, step), left in places]
    bits = roll.bits(with_onsets=config.onsets)
    if config.one_key:
        bits = transpose(bits, -semitones_above_white_keys(roll.sounding))
    return Piece(name, bits, np.array(contexts, np.int64))


def split_pieces(pieces: Sequence[Piece], valid_share: float, *, seed: int) -> tuple[list[Piece], list[Piece]]:
    """Split into training and held-out pieces, each in the given order.

    Copies of a piece, in any key, stay on one side. With one group of pieces nothing is held out.

    Raises:
        SettingsError: if `valid_share` is not a share from 0 up to but not including 1.
    """
    if not 0 <= valid_share < 1:
        raise SettingsError(f"held-out share must be from 0 up to but not including 1, not {valid_share!r}")
    groups: dict[bytes, list[int]] = {}
    for index, piece in enumerate(pieces):
        lowest = int(np.flatnonzero(piece.bits[:, :N_PITCHES].any(axis=0))[0])
        groups.setdefault(transpose(piece.bits, -lowest).tobytes(), []).append(index)
    order = np.random.default_rng(seed).permutation(len(groups))
    n_valid = min(round(valid_share * len(groups)), len(groups) - 1)
    members = list(groups.values())
    held_out = {index for group in order[:n_valid] for index in members[group]}
    train = [piece for index, piece in enumerate(pieces) if index not in held_out]
    return train, [pieces[index] for index in sorted(held_out)]


def _knows(config: ModelConfig, meter: str) -> bool:
    return not config.meters or meter in config.meters
