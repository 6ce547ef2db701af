"""What the live trainer reads: lanes, transposition, intruders, legality; what it keeps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rnnrbm_live.core.frame import REST, frame_from_bits, frame_to_bits, transpose
from rnnrbm_live.core.pianoroll import Note, PianoRoll
from rnnrbm_live.model.corpus import Corpus, build_corpus
from rnnrbm_live.model.lookback import echoes
from rnnrbm_live.model.presets import ALL_KEYS, LIVE, Stage
from rnnrbm_live.model.staged_trainer import StagedTrainer, _exchange, _legal
from rnnrbm_live.model.training_step import keyed_generator

PRESET = replace(
    LIVE,
    config=replace(LIVE.config, n_hidden=8, n_recurrent=8),
    stages=(
        Stage("persistent", 1, 5e-3, 2, 2, transpositions=ALL_KEYS),
        Stage("short-run", 1, 4e-3, 2, 2, transpositions=ALL_KEYS),
    ),
    intruders=0.3,
    lanes=3,
    chunk_steps=16,
    valid_share=0.0,
)


@pytest.fixture
def corpus() -> Corpus:
    random = np.random.default_rng(0)
    rolls = []
    for length in (5, 16, 17, 40, 64, 33):
        notes = [Note(step, step + 3, int(random.integers(40, 80))) for step in range(0, length - 3, 2)]
        rolls.append(PianoRoll.from_notes(notes, 4, n_steps=length))
    return build_corpus(rolls, [str(index) for index in range(6)], PRESET, seed=0)


def test_an_epoch_reads_every_step_once_and_in_order(corpus: Corpus) -> None:
    trainer = StagedTrainer(corpus, PRESET, seed=1)
    batches = trainer.plan_epoch(0)
    for index, piece in enumerate(corpus.train):
        chunks = [chunk for batch in batches for chunk in batch if chunk.piece == index]
        assert [chunk.first for chunk in chunks] == list(range(0, len(piece), 16))
        assert [chunk.last for chunk in chunks] == [*(chunk.first for chunk in chunks[1:]), len(piece)]
        assert len({(chunk.lane, chunk.semitones) for chunk in chunks}) == 1
    for batch in batches:
        assert len({chunk.lane for chunk in batch}) == len(batch) <= 3
    assert trainer.plan_epoch(0) == batches
    assert trainer.plan_epoch(1) != batches


def test_padding_is_told_from_music(corpus: Corpus) -> None:
    trainer = StagedTrainer(corpus, PRESET, seed=1)
    for batch in trainer.plan_epoch(0):
        real, contexts, v = trainer._read(batch)
        for row, chunk in enumerate(batch):
            length = chunk.last - chunk.first
            piece = corpus.train[chunk.piece]
            assert real[row].tolist() == [True] * length + [False] * (real.shape[1] - length)
            expected = transpose(piece.bits[chunk.first : chunk.last], chunk.semitones)
            assert np.array_equal(v[row, :length].numpy(), expected)
            after = piece.contexts[chunk.first + 1 : chunk.last + 1]
            assert contexts[row, : len(after)].tolist() == after.tolist()


def test_the_frame_before_a_chunk_is_that_of_the_piece(corpus: Corpus) -> None:
    trainer = StagedTrainer(corpus, PRESET, seed=1)
    for batch in trainer.plan_epoch(0):
        _, _, v = trainer._read(batch)
        previous = trainer._previous_frames(batch, v)
        assert torch.equal(previous[:, 1:], v[:, :-1])
        for row, chunk in enumerate(batch):
            bits = corpus.train[chunk.piece].bits
            before = bits[chunk.first - 1 : chunk.first] if chunk.first else np.zeros_like(bits[:1])
            assert np.array_equal(previous[row, :1].numpy(), transpose(before, chunk.semitones))


def test_rows_are_made_legal_as_frames_are() -> None:
    random = np.random.default_rng(0)
    rows = (random.random((1, 200, 176)) < 0.3).astype(np.float32)
    previous = np.concatenate((np.zeros((1, 1, 176), np.float32), rows[:, :-1]), axis=1)
    legal = _legal(torch.from_numpy(rows), torch.from_numpy(previous))[0].numpy().astype(np.uint8)
    frame = REST
    for row, expected_row in zip(rows[0].astype(np.uint8), legal, strict=True):
        frame = frame_from_bits(row, frame)
        assert np.array_equal(frame_to_bits(frame, with_onsets=True), expected_row)
    plain = torch.ones(1, 3, 88)
    assert _legal(plain, plain) is plain


def test_intruders_are_rare_and_the_rest_is_the_music(corpus: Corpus) -> None:
    v = torch.zeros(400, 100, 176)
    v[:, :, 30] = 1
    heard = StagedTrainer(corpus, PRESET, seed=1)._with_intruders(v, keyed_generator(0))
    changed = (heard != v).any(2)  # (lanes, T)
    # Binomial, n = 400, p = 0.3: within 5 standard errors.
    assert changed.any(1).float().mean().item() == pytest.approx(0.3, abs=0.115)
    assert changed.sum(1).max() <= 32
    keys = heard[..., :88].clone()
    keys[..., 30] = 0
    assert keys.sum(2).max() <= 4
    untouched = StagedTrainer(corpus, replace(PRESET, intruders=0.0), seed=1)._with_intruders(v, keyed_generator(0))
    assert torch.equal(untouched, v)


def test_persistent_chains_move_and_short_runs_leave_them(corpus: Corpus) -> None:
    trainer = StagedTrainer(corpus, PRESET, seed=1)
    for epoch, moves in ((0, True), (1, False)):
        before = trainer.state()["chains"]
        trainer.begin_epoch(epoch)
        for index, batch in enumerate(trainer.plan_epoch(epoch)):
            trainer.update(batch, epoch=epoch, index=index, progress=0.5)
        assert torch.equal(trainer.state()["chains"], before) is not moves


def test_a_share_of_chains_starts_where_others_ended() -> None:
    start = torch.arange(2000.0)[:, None].expand(-1, 3)
    exchanged = _exchange(start, 0.2, keyed_generator(1))
    moved = exchanged[:, 0] != start[:, 0]
    assert 0.15 < moved.float().mean() < 0.25
    assert torch.equal(exchanged[~moved], start[~moved])
    assert bool((exchanged == exchanged[:, :1]).all()), "whole rows are exchanged"
    assert set(exchanged[:, 0].tolist()) <= set(start[:, 0].tolist())


def test_some_pieces_are_read_without_their_phrases() -> None:
    """Binomial, n = 400, p = 0.15: within 5 standard errors."""
    preset = replace(PRESET, config=replace(PRESET.config, phrase_beats=3))
    roll = replace(PianoRoll.from_notes([Note(0, 16, 60)], 4), phrase_ends=(8, 16))
    corpus = build_corpus([roll] * 400, [str(index) for index in range(400)], preset, seed=0)
    trainer = StagedTrainer(corpus, preset, seed=1)
    chunks = [chunk for batch in trainer.plan_epoch(0) for chunk in batch]
    told = [chunk for chunk in chunks if chunk.in_phrase]
    assert 1 - len(told) / 400 == pytest.approx(0.15, abs=0.09)
    (untold,) = {tuple(trainer._contexts(chunk).tolist()) for chunk in chunks if not chunk.in_phrase}
    n_bar = corpus.config.n_bar_positions
    assert [context // n_bar for context in untold] == [2] * 16
    assert [context // n_bar for context in trainer._contexts(told[0])] == ([1] * 4 + [0] * 4) * 2
    assert [context % n_bar for context in untold] == list(range(16))


def test_the_average_is_what_is_kept(corpus: Corpus) -> None:
    trainer = StagedTrainer(corpus, replace(PRESET, average=0.5), seed=1)
    start = trainer.weights()["W"]
    trainer.update(trainer.plan_epoch(0)[0], epoch=0, index=0, progress=0.0)
    torch.testing.assert_close(trainer.weights()["W"], (start + trainer.model.W.detach()) / 2)


def test_echoes_are_those_of_the_whole_piece_in_its_key(corpus: Corpus) -> None:
    config = replace(corpus.config, lookback_beats=(1, 3))
    looking_back = replace(corpus, config=config)
    trainer = StagedTrainer(looking_back, replace(PRESET, config=config), seed=1)
    found = 0.0
    for batch in trainer.plan_epoch(0):
        shown = trainer._echoes(batch)
        for row, chunk in enumerate(batch):
            piece = corpus.train[chunk.piece]
            whole = echoes(transpose(piece.bits, chunk.semitones), config.lookback_steps, piece.likeness(config))
            length = chunk.last - chunk.first
            assert np.array_equal(shown[row, :length].numpy(), whole[chunk.first + 1 : chunk.last + 1])
            assert not shown[row, length:].any()
            found += float(shown.sum())
    assert found > 0
