"""How models are trained: the tutorial's way, and ours for playing live."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.model.config import ModelConfig

ChainKind = Literal["persistent", "short-run", "data", "none"]

ALL_KEYS = (-6, 6)
"""Semitones by which music is moved, first up to but not including last."""

TUTORIAL_CONFIG = ModelConfig(
    n_hidden=150,
    n_recurrent=100,
    rnn="tanh",
    onsets=False,
    steps_per_beat=2,  # of 0.3 s each at the default tempo
    gibbs_steps=25,
    chain_start="zeros",
    default_tempo_bpm=100,
)


@dataclass(frozen=True)
class TutorialPreset:
    """The deeplearning.net tutorial, faithfully: CD-15, plain SGD, chunks of 100 steps, state reset.

    Chains start at the data. 88 sounding bits on a grid of 0.3 s, 200 epochs. The monitor on Nottingham over
    the first ten epochs, as published: -15.0, -10.5, -10.2, -10.1, -9.7, -8.6, -8.4, -8.3, -8.2, -8.2.
    With this code, seed 0, 694 tunes: -14.9, -10.5, -10.3, -10.2, -9.9, -8.7, -8.5, -8.4, -8.2, -7.9.
    """

    name: str = "tutorial"
    config: ModelConfig = TUTORIAL_CONFIG
    step_seconds: float = 0.3
    epochs: int = 200
    learning_rate: float = 0.001
    training_gibbs_steps: int = 15
    chunk_steps: int = 100
    valid_share: float = 0.0  # the tutorial trains on everything


@dataclass(frozen=True)
class Stage:
    """One part of a staged training.

    Attributes:
        chains: where the negative chains start. ``persistent``: where this frame's chain ended in the last
            epoch. ``short-run``: at the previous frame of the music, as in live playing. ``data``: at the frame itself,
            which is contrastive divergence. ``none``: no chains, but the exact likelihood of a NADE with the RBM's own
            weights, its mean-field cousin (Larochelle & Murray 2011, section 3): a fast start for the recurrence. An
            RNN-NADE is always trained so.
        epochs: passes over the data.
        learning_rate: of the conditional; constant for 40 % of the stage, then falling exponentially to 2 %.
        first_gibbs_steps: sweeps per update at the beginning of the stage,
        last_gibbs_steps: and at its end.
        dropout: of the state that sets the biases; 1 leaves the biases constant, which trains the RBM alone.
        input_dropout: of the notes that the recurrence sees.
        weight_decay: AdamW's.
        transpositions: semitones, first up to but not including last; a new draw per piece and epoch.
        exchanged: share of persistent chains that start where another frame's chain ended instead. A frame's own chain
            stays near its music once the RBM is sharp; a stranger finds the odd modes far from it, which are then
            unlearned.
    """

    chains: ChainKind
    epochs: int
    learning_rate: float
    first_gibbs_steps: int
    last_gibbs_steps: int
    dropout: float = 0.1
    input_dropout: float = 0.05
    weight_decay: float = 0.001
    transpositions: tuple[int, int] = (0, 1)
    exchanged: float = 0.0


@dataclass(frozen=True)
class StagedPreset:
    """Training in stages, pieces side by side, with the state carried along them.

    Attributes:
        name: of the preset.
        config: of the models; its meters and phrases are learned where the data has them. The data also decides most
            notes at once and tempo.
        stages: one after the other, with a fresh optimiser each.
        rnn_rate: learning rate of the recurrent part, as a share of the conditional's.
        intruders: share of chunks in which the model hears keys that do not belong for a while. Short runs never reach
            the odd clusters that a chain may get stuck in; this teaches the model to leave them.
        average: decay of the weight average per update; the average is what is kept.
        lanes: pieces read side by side.
        chunk_steps: steps per lane and update; the state is carried from chunk to chunk.
        chosen_by_likelihood: whether the weights kept are those of the last stage with the best held-out likelihood;
            else the last.
        valid_share: of the pieces, kept out of training where the data set has no split of its own.
    """

    name: str
    config: ModelConfig
    stages: tuple[Stage, ...]
    rnn_rate: float = 0.5
    intruders: float = 0.0
    average: float = 0.99
    lanes: int = 12
    chunk_steps: int = 128
    chosen_by_likelihood: bool = False
    valid_share: float = 0.1

    @property
    def epochs(self) -> int:
        """Passes over the data, all stages."""
        return sum(stage.epochs for stage in self.stages)


LIVE = StagedPreset(
    # A model trained for likelihood has chains that do not mix, and drones when it plays. Short-run training starts
    # the negative chain where the live chain starts and runs it as long, so that what those k sweeps draw is right.
    # Many small updates and a single key: what each frame is given the last must become very sure. A wide recurrence
    # with much dropout keeps chords and cadences better than a narrow one with little.
    name="live",
    config=ModelConfig(
        n_hidden=320, n_recurrent=400, meters=("4/4", "3/4", "6/8", "2/4"), one_key=True, phrase_beats=9
    ),
    stages=(
        Stage("persistent", 5, 5e-3, first_gibbs_steps=10, last_gibbs_steps=20, dropout=0.35, input_dropout=0.1),
        Stage("short-run", 60, 4e-3, first_gibbs_steps=25, last_gibbs_steps=25, dropout=0.35, input_dropout=0.1),
    ),
    intruders=0.1,
    average=0.995,
    lanes=6,
    chunk_steps=64,
)

LIVE_ROLLS = replace(
    LIVE,
    name="live-rolls",
    config=ModelConfig(n_hidden=320, onsets=False, steps_per_beat=2, one_key=True),
    stages=tuple(replace(stage, dropout=0.05, input_dropout=0.02) for stage in LIVE.stages),
)
"""The same for archives, which tell neither repeated notes from held ones nor where bars begin: rows of half as many
bits, which dropout makes worse."""


def _reference(
    name: str,
    *,
    n_hidden: int,
    n_recurrent: int,
    steps_per_beat: int,
    stages: tuple[Stage, ...],
    nade_epochs: tuple[int, int],
    lookback_beats: tuple[int, ...] = (),
) -> dict[str, StagedPreset]:
    """Return the presets of a published data set: for the RNN-RBM's best likelihood, and its RNN-NADE.

    The published sets are small, and moved to C major or minor: the model hears them in all keys first, then as they
    are.
    """
    config = ModelConfig(
        n_hidden=n_hidden,
        n_recurrent=n_recurrent,
        onsets=False,
        steps_per_beat=steps_per_beat,
        lookback_beats=lookback_beats,
        chain_start="zeros",
    )
    rbm = StagedPreset(name, config, stages, rnn_rate=0.3, chosen_by_likelihood=True)
    exact_stages = tuple(  # no third one: it mends what chains get wrong
        replace(stage, chains="none", epochs=epochs, learning_rate=NADE_LEARNING_RATE)
        for stage, epochs in zip(stages, nade_epochs, strict=False)
    )
    nade_config = replace(config, conditional="nade", n_hidden=NADE_HIDDEN)
    nade = replace(rbm, name=f"{name}-nade", config=nade_config, stages=exact_stages, rnn_rate=1.0)
    return {preset.name: preset for preset in (rbm, nade)}


TUNE_BEATS = (8, 12, 16, 24, 32, 48)
"""How long ago a tune's strain may have begun: 2, 4, 8 and 16 bars of three or four beats."""
NADE_HIDDEN = 150
NADE_LEARNING_RATE = 3e-3

REFERENCES = {
    **_reference(
        "jsb",
        n_hidden=200,
        n_recurrent=200,
        steps_per_beat=1,
        stages=(
            Stage("persistent", 200, 6e-3, 8, 12, 0.2, 0.05, 0.01, ALL_KEYS),
            Stage("persistent", 150, 4e-3, 12, 20, 0.5, 0.1, 0.02),
        ),
        nade_epochs=(100, 75),
    ),
    **_reference(
        "nottingham",
        n_hidden=200,
        n_recurrent=256,
        steps_per_beat=2,
        stages=(
            Stage("persistent", 28, 6e-3, 5, 10, 0.2, 0.05, 0.01, ALL_KEYS),
            Stage("persistent", 30, 5e-3, 12, 30, 0.5, 0.1, 0.04),
            Stage("persistent", 16, 2e-3, 50, 100, 0.5, 0.1, 0.04, exchanged=0.05),
        ),
        nade_epochs=(14, 24),
    ),
    **_reference(
        "nottingham-lookback",
        n_hidden=200,
        n_recurrent=256,
        steps_per_beat=2,
        stages=(
            Stage("persistent", 16, 6e-3, 5, 10, 0.2, 0.05, 0.01, ALL_KEYS),
            Stage("persistent", 26, 5e-3, 12, 30, 0.5, 0.1, 0.06),
            Stage("persistent", 14, 2e-3, 50, 100, 0.5, 0.1, 0.06, exchanged=0.05),
        ),
        nade_epochs=(14, 24),
        lookback_beats=TUNE_BEATS,
    ),
    **_reference(
        "musedata",
        n_hidden=200,
        n_recurrent=256,
        steps_per_beat=2,
        stages=(
            Stage("persistent", 8, 5e-3, 5, 10, 0.1, 0.03, 0.01, ALL_KEYS),
            Stage("persistent", 44, 5e-3, 12, 25, 0.4, 0.05, 0.02),
        ),
        nade_epochs=(4, 22),
    ),
    **_reference(
        "piano-midi",
        n_hidden=150,
        n_recurrent=200,
        steps_per_beat=2,
        stages=(
            Stage("persistent", 20, 5e-3, 5, 10, 0.2, 0.05, 0.01, ALL_KEYS),
            Stage("persistent", 60, 5e-3, 12, 25, 0.4, 0.1, 0.02),
        ),
        nade_epochs=(10, 30),
    ),
}
"""One pair for each set of the 2012 paper, and one more for the tunes, whose strains come back."""

USUAL_UPDATES = 14_000
"""As many as the chorales got, whose sound is known."""
SHORTEST, LONGEST = 8, 3

Preset = TutorialPreset | StagedPreset

_ALL_PRESETS: tuple[Preset, ...] = (TutorialPreset(), LIVE, LIVE_ROLLS, *REFERENCES.values())
PRESETS = {preset.name: preset for preset in _ALL_PRESETS}


def find_preset(name: str) -> Preset:
    """Return the preset of that name.

    Raises:
        SettingsError: if there is none.
    """
    if name not in PRESETS:
        raise SettingsError(f"there is no preset {name!r}: use one of {', '.join(sorted(PRESETS))}")
    return PRESETS[name]


def with_epochs(preset: Preset, epochs: int) -> Preset:
    """Return the preset with another length; a staged preset's stages keep their proportions.

    Raises:
        SettingsError: if it is shorter than one epoch per stage.
    """
    if isinstance(preset, TutorialPreset):
        if epochs < 1:
            raise SettingsError(f"{epochs} epochs: give 1 or more")
        return replace(preset, epochs=epochs)
    return _staged_with_epochs(preset, epochs)


def _staged_with_epochs(preset: StagedPreset, epochs: int) -> StagedPreset:
    if epochs < len(preset.stages):
        raise SettingsError(f"{epochs} epochs: this preset has {len(preset.stages)} stages, so give that many or more")
    stages, left, total = [], epochs, preset.epochs
    for index, stage in enumerate(preset.stages):
        to_come = len(preset.stages) - index - 1
        share = left if not to_come else min(left - to_come, max(1, round(epochs * stage.epochs / total)))
        stages.append(replace(stage, epochs=share))
        left -= share
    return replace(preset, stages=tuple(stages))


def with_length_for(preset: StagedPreset, lengths: Sequence[int]) -> StagedPreset:
    """Return the preset with as many epochs as suit pieces of so many steps.

    Little music is read more often and much music less often, so that there are about `USUAL_UPDATES`; between a
    `SHORTEST`th and `LONGEST` times the preset's own epochs.
    """
    chunks = [math.ceil(length / preset.chunk_steps) for length in lengths]
    updates = max(max(chunks), math.ceil(sum(chunks) / preset.lanes))  # per epoch
    least, most = max(len(preset.stages), preset.epochs // SHORTEST), LONGEST * preset.epochs
    return _staged_with_epochs(preset, min(max(round(USUAL_UPDATES / updates), least), most))
