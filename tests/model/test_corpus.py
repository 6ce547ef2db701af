"""Corpora: encoding, transposition, meters, and a split that keeps copies together."""

from dataclasses import replace

import numpy as np
import pytest

from rnnrbm_live.core.errors import CorpusError, SettingsError
from rnnrbm_live.core.frame import transpose
from rnnrbm_live.core.grid import Meter
from rnnrbm_live.core.pianoroll import MeterChange, Note, PianoRoll, TempoChange
from rnnrbm_live.model.corpus import Piece, build_corpus, encode, split_pieces
from rnnrbm_live.model.presets import LIVE, StagedPreset, TutorialPreset, find_preset, with_epochs


def roll_of(*pitches: int, meter: str = "4/4", tempo: float = 80, pickup_steps: int = 0) -> PianoRoll:
    """Return a roll of quarter notes, one after the other."""
    notes = [Note(4 * index, 4 * index + 4, pitch) for index, pitch in enumerate(pitches)]
    return replace(
        PianoRoll.from_notes(notes, 4),
        meters=(MeterChange(0, Meter.parse(meter)),),
        tempos=(TempoChange(0, tempo),),
        pickup_steps=pickup_steps,
    )


def test_rows_and_bar_positions() -> None:
    rolls = [roll_of(60, 62, 64, pickup_steps=4), roll_of(60, 62, meter="3/4")]
    corpus = build_corpus(rolls, ["a", "b"], replace(LIVE, valid_share=0.0), seed=0)
    assert corpus.config.meters == ("4/4", "3/4")
    assert corpus.config.n_context == 28  # no piece marks its phrases
    marked = [replace(roll, phrase_ends=(len(roll),)) for roll in rolls]
    assert build_corpus(marked, ["a", "b"], LIVE, seed=0).config.n_context == 28 + LIVE.config.phrase_beats
    a, b = corpus.train
    assert a.bits.shape == (12, 176)
    assert a.contexts.tolist() == [12, 13, 14, 15, *range(8)]
    assert b.contexts.tolist() == list(range(16, 24))
    assert a.bits[:5, 88 + 60 - 21].tolist() == [1, 0, 0, 0, 0]
    assert corpus.n_frames == 20


def test_the_config_takes_from_the_data_what_it_must() -> None:
    chord = PianoRoll.from_notes([Note(0, 8, pitch) for pitch in (48, 55, 60, 64, 67)], 4)
    corpus = build_corpus([replace(chord, tempos=(TempoChange(0, 76.0),))], ["a"], LIVE, seed=0)
    assert corpus.config.max_notes == 5
    assert corpus.config.default_tempo_bpm == 76.0
    assert corpus.config.meters == ("4/4",)


def test_the_tutorial_reads_88_bits_and_no_bars() -> None:
    corpus = build_corpus([roll_of(60, 62)], ["a"], TutorialPreset(), seed=0)
    assert corpus.train[0].bits.shape == (8, 88)
    assert not corpus.train[0].contexts.any()
    assert corpus.valid == ()


def test_pieces_that_do_not_fit_are_left_out_with_the_reason() -> None:
    rolls = [roll_of(60), roll_of(60, meter="5/4"), roll_of()]
    corpus = build_corpus(rolls, ["good", "odd", "empty"], LIVE, seed=0)
    assert [piece.name for piece in corpus.train] == ["good"]
    reasons = dict(corpus.skipped)
    assert "5/4" in reasons["odd"]
    assert "no notes" in reasons["empty"]


def test_nothing_left_is_one_clear_error() -> None:
    with pytest.raises(CorpusError, match="odd: meter 5/4"):
        build_corpus([roll_of(60, meter="5/4")], ["odd"], LIVE, seed=0)
    with pytest.raises(CorpusError, match="data set is empty"):
        build_corpus([], [], LIVE, seed=0)


def test_a_roll_on_another_grid_is_refused() -> None:
    corpus = build_corpus([roll_of(60)], ["a"], LIVE, seed=0)
    with pytest.raises(CorpusError, match="8 steps per beat"):
        encode(PianoRoll.from_notes([Note(0, 1, 60)], 8), "fine", corpus.config)


@pytest.mark.parametrize("semitones", [-6, 0, 5])
def test_transposition_moves_both_halves(semitones: int) -> None:
    bits = roll_of(60, 64).bits(with_onsets=True)
    moved = roll_of(60 + semitones, 64 + semitones).bits(with_onsets=True)
    assert np.array_equal(transpose(bits, semitones), moved)
    assert np.array_equal(transpose(moved, -semitones), bits)


def test_notes_that_leave_the_piano_are_dropped() -> None:
    bits = roll_of(21, 108).bits(with_onsets=True)
    assert transpose(bits, 1).sum() == transpose(bits, -1).sum() == bits.sum() / 2


def piece_of(name: str, *pitches: int) -> Piece:
    roll = roll_of(*pitches)
    return Piece(name, roll.bits(with_onsets=True), np.zeros(len(roll), np.int64))


def test_the_split_is_repeatable_and_keeps_copies_together() -> None:
    random = np.random.default_rng(0)
    pieces = [piece_of(f"{index}", *random.integers(40, 80, 6).tolist()) for index in range(18)]
    pieces += [piece_of("copy", 60, 65, 61), piece_of("transposed copy", 67, 72, 68)]
    sides = []
    for seed in range(10):
        train, valid = split_pieces(pieces, 0.2, seed=seed)
        assert (train, valid) == split_pieces(pieces, 0.2, seed=seed)
        assert sorted(piece.name for piece in [*train, *valid]) == sorted(piece.name for piece in pieces)
        assert 4 <= len(valid) <= 5
        names = {piece.name for piece in valid}
        assert ("copy" in names) == ("transposed copy" in names)
        sides.append(frozenset(names))
    assert len(set(sides)) > 5


def test_a_single_piece_is_trained_on() -> None:
    train, valid = split_pieces([piece_of("only", 60)], 0.5, seed=0)
    assert (len(train), len(valid)) == (1, 0)


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="held-out share"):
        split_pieces([piece_of("a", 60)], 1.0, seed=0)


def test_presets_by_name() -> None:
    assert find_preset("live") == LIVE
    assert find_preset("tutorial") == TutorialPreset()
    with pytest.raises(SettingsError, match="jsb, jsb-nade, live"):
        find_preset("fast")


@pytest.mark.parametrize("epochs", [2, 3, 10, 80, 1000])
def test_a_shorter_preset_keeps_its_stages_proportions(epochs: int) -> None:
    preset = with_epochs(LIVE, epochs)
    assert isinstance(preset, StagedPreset)
    assert preset.epochs == epochs
    shares = [stage.epochs / epochs for stage in preset.stages]
    wanted = [stage.epochs / LIVE.epochs for stage in LIVE.stages]
    assert all(abs(share - want) <= 1 / epochs for share, want in zip(shares, wanted, strict=True))
    assert with_epochs(TutorialPreset(), epochs).epochs == epochs


@pytest.mark.parametrize(("preset", "epochs"), [(LIVE, 1), (TutorialPreset(), 0)])
def test_too_few_epochs_are_refused(preset: StagedPreset | TutorialPreset, epochs: int) -> None:
    with pytest.raises(SettingsError, match="epochs"):
        with_epochs(preset, epochs)


def test_given_splits_are_kept_and_test_pieces_are_not_looked_at() -> None:
    rolls = [roll_of(60 + index, tempo=80 + index) for index in range(4)]
    corpus = build_corpus(rolls, list("abcd"), LIVE, seed=0, splits=("valid", "train", "test", "train"))
    assert [piece.name for piece in corpus.train] == ["b", "d"]
    assert [piece.name for piece in corpus.valid] == ["a"]
    assert corpus.config.default_tempo_bpm == 81
