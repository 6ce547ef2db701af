"""The live step: exactness, noise, clamps, legality; equal to the training model's mathematics."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from rnnrbm_live.core.errors import SettingsError
from rnnrbm_live.core.frame import REST, Frame, frame_to_bits, legal_frame, transpose
from rnnrbm_live.model.checkpoint import weight_shapes
from rnnrbm_live.model.config import ModelConfig
from rnnrbm_live.model.corpus import Piece
from rnnrbm_live.model.live import LiveModel, Mask, NoiseKey, Sample, logistic_noise, sigmoid
from rnnrbm_live.model.lookback import echoes
from rnnrbm_live.model.rnnrbm import RNNRBM, free_energy, hidden_probabilities
from rnnrbm_live.model.untrained import SMALL_CONFIG, random_live_model


def play(model: LiveModel, n_steps: int, seed: int = 1, **settings: object) -> list[Sample]:
    state = model.initial_state(0)
    samples = []
    for step in range(n_steps):
        samples.append(model.sample(state, NoiseKey(seed, 0, step), **settings))  # type: ignore[arg-type]
        state = model.update(state, samples[-1].frame, (step + 1) % 16)
    return samples


def silent_model(b_v: float = 0.0, config: ModelConfig = SMALL_CONFIG) -> LiveModel:
    """Return a model whose bits are independent with bias `b_v`, whatever came before."""
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights["b_v"] += b_v
    return LiveModel(config, weights)


def test_importing_it_imports_no_torch() -> None:
    code = "import sys, rnnrbm_live.model.live, rnnrbm_live.model.checkpoint; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "config",
    [
        SMALL_CONFIG,
        ModelConfig(n_hidden=20, n_recurrent=12, rnn="tanh", onsets=False, chain_start="zeros"),
        replace(SMALL_CONFIG, steps_per_beat=1, lookback_beats=(4, 1, 9)),
    ],
)
def test_states_and_biases_are_those_of_the_training_model(config: ModelConfig) -> None:
    """Up to the rounding of the weights: 2^-13 each, in sums of a few hundred terms."""
    random = np.random.default_rng(2)
    weights = {name: random.normal(0, 0.2, shape).astype(np.float32) for name, shape in weight_shapes(config).items()}
    live, trained = LiveModel(config, weights), RNNRBM(config)
    trained.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    bits = np.tile((random.random((4, 88)) < 0.05).astype(np.uint8), (6, 1))
    bits[9] = bits[17] = 0
    frames = [legal_frame(np.flatnonzero(row) + 21, [], REST) for row in bits]
    rows = torch.from_numpy(np.stack([frame_to_bits(frame, with_onsets=config.onsets) for frame in frames])).float()
    contexts = [0] * 24 if not config.n_context else [int(context) for context in random.integers(0, 28, 24)]
    with torch.no_grad():
        first = trained.initial_state(torch.tensor([3 if config.n_context else 0]))
        known = Piece("", rows.byte().numpy(), np.array(contexts))
        alike = known.likeness(config)
        new = 1 - alike.max(1, initial=0)
        for column, lag in enumerate(config.lookback_steps):  # while playing, only what was new is shown
            alike[lag:, column] *= new[:-lag]
        shown = echoes(known.bits, config.lookback_steps, alike[1:], first=1)
        states = trained.recur(rows[None], torch.tensor([contexts]), first, echoes=torch.from_numpy(shown)[None])
        b_v, b_h = trained.biases(states[0, -1])
    state = live.listen(live.initial_state(3 if config.n_context else 0), frames, contexts)
    np.testing.assert_allclose(state.u, states[0, -1].numpy(), atol=2e-3)
    live_b_v, live_b_h = live._biases(state.u, 0.0)
    np.testing.assert_allclose(live_b_v, b_v.numpy(), atol=5e-3)
    np.testing.assert_allclose(live_b_h, b_h.numpy(), atol=5e-3)


def test_everything_the_chain_adds_up_is_on_the_grid() -> None:
    """Multiples of 2^-12 below 2^12: float32 adds them exactly in any order."""
    model = random_live_model(4)
    state = model.update(model.initial_state(3), Frame(frozenset({60, 64}), frozenset({60})), 5)
    assert (state.u * 2**20 % 1 == 0).all()
    for values in (model.W, *model._biases(state.u, 0.123), logistic_noise(NoiseKey(1, 2, 3), (4, 50), 0.87)):
        assert (values.astype(np.float64) * 2**12 % 1 == 0).all()
    random = np.random.default_rng(0)
    h = (random.random(len(model.W.T)) < 0.5).astype(np.float32)
    exact = model.W.astype(np.float64) @ h
    for _ in range(20):
        order = random.permutation(len(h))
        assert np.array_equal(model.W[:, order] @ h[order], exact)


def test_noise_depends_on_the_key_alone() -> None:
    shape = (25, 432)
    noise = logistic_noise(NoiseKey(1, 2, 3), shape, 1.0)
    assert np.array_equal(noise, logistic_noise(NoiseKey(1, 2, 3), shape, 1.0))
    for other in (NoiseKey(0, 2, 3), NoiseKey(1, 3, 3), NoiseKey(1, 2, 4)):
        assert not np.array_equal(noise, logistic_noise(other, shape, 1.0))
    assert np.array_equal(noise[:10], logistic_noise(NoiseKey(1, 2, 3), (10, 432), 1.0))
    assert logistic_noise(NoiseKey(2**64 - 1, 2**64 - 1, 2**63), shape, 1.0).shape == shape


def test_noise_is_logistic() -> None:
    """P(x > noise) = sigmoid(x / T): 200,000 draws, 6 standard errors of at most 0.0011."""
    for temperature in (0.5, 1.0, 2.0):
        noise = logistic_noise(NoiseKey(9, 0, 0), (1, 200_000), temperature)
        for x in (-2.0, 0.0, 1.0):
            assert (noise < x).mean() == pytest.approx(1 / (1 + np.exp(-x / temperature)), abs=0.007)


def test_neighbouring_steps_share_no_noise() -> None:
    first, second = (logistic_noise(NoiseKey(1, 0, step), (1, 40_000), 1.0)[0] for step in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03  # 6 standard errors
    places = np.lib.stride_tricks.sliding_window_view(first, 16)
    assert not (places == second[:16]).all(axis=1).any()


def test_sigmoid_never_overflows() -> None:
    with np.errstate(all="raise"):
        assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]


def test_replanning_draws_the_same_frames() -> None:
    model = random_live_model()
    whole = play(model, 40)
    state = model.initial_state(0)
    for step in range(20):
        state = model.update(state, whole[step].frame, (step + 1) % 16)
    again = model.sample(state, NoiseKey(1, 0, 20))
    assert again.frame == whole[20].frame
    assert np.array_equal(again.probabilities, whole[20].probabilities)


def test_frames_are_legal_and_never_above_max_notes() -> None:
    model = random_live_model(3)
    previous = REST
    samples = play(model, 300, temperature=1.5)
    for sample in samples:
        assert sample.frame.onsets <= sample.frame.sounding
        assert sample.frame.sounding - previous.sounding <= sample.frame.onsets
        previous = sample.frame
    counts = [len(sample.frame.sounding) for sample in samples]
    assert max(counts) == model.config.max_notes
    assert min(counts) < model.config.max_notes


def test_the_sample_has_the_conditionals_probability() -> None:
    """Independent bits, so that one sweep is an exact draw: 88 bits x 400 frames, 6 standard errors."""
    model = silent_model(-1.0, ModelConfig(n_hidden=3, n_recurrent=3, onsets=False, max_notes=88))
    for temperature, density in ((1.0, 0.0), (0.5, 0.0), (1.0, 1.5)):
        state = model.initial_state()
        samples = [
            model.sample(state, NoiseKey(0, 0, step), gibbs_steps=1, temperature=temperature, density=density)
            for step in range(400)
        ]
        expected = 1 / (1 + np.exp((1.0 - density) / temperature))
        rate = sum(len(sample.frame.sounding) for sample in samples) / (400 * 88)
        assert rate == pytest.approx(expected, abs=6 * 0.5 / np.sqrt(400 * 88))
        np.testing.assert_allclose(samples[0].probabilities, expected, atol=1e-3)


def test_density_leaves_onset_bits_alone() -> None:
    model = silent_model(0.0)
    state = model.initial_state(0)
    sample = model.sample(state, NoiseKey(0, 0, 0), density=2.0)
    np.testing.assert_allclose(sample.probabilities[:88], sigmoid(np.array(2.0)), atol=1e-3)
    np.testing.assert_allclose(sample.probabilities[88:], 0.5, atol=1e-6)


def bits_of(model: LiveModel, pitches: range) -> Mask:
    """Return the sounding and onset bits of keys."""
    mask = model.clamp(pitches, onsets=pitches)
    assert mask is not None
    return mask


def test_clamped_bits_hold_throughout() -> None:
    model = random_live_model(5)
    on, off = bits_of(model, range(60, 61)), ~bits_of(model, range(48, 72))  # middle C sounds and is struck
    for sample in play(model, 50, clamped_on=on, clamped_off=off, temperature=1.3):
        assert 60 in sample.frame.onsets
        assert all(48 <= pitch < 72 for pitch in sample.frame.sounding)
        assert sample.probabilities[60 - 21] == 1
        assert not sample.probabilities[off].any()


def test_keys_that_must_sound_take_no_voice_from_the_model() -> None:
    model = silent_model(3.0)
    on = bits_of(model, range(60, 63))
    sample = model.sample(model.initial_state(), NoiseKey(0, 0, 0), clamped_on=on)
    assert len(sample.frame.sounding) == 3 + model.config.max_notes


@pytest.mark.parametrize("most", [1, 2, 5])
def test_no_more_notes_than_allowed_and_the_likeliest_of_them(most: int) -> None:
    model = silent_model(1.0)
    on = bits_of(model, range(60, 61))
    counts = []
    for step in range(40):
        sample = model.sample(model.initial_state(), NoiseKey(0, 0, step), clamped_on=on, most_notes=most)
        assert 60 in sample.frame.sounding
        counts.append(len(sample.frame.sounding))
    assert max(counts) == most
    assert np.mean(counts) > 0.9 * most


@pytest.mark.parametrize("semitones", [-5, 6])
def test_a_model_plays_the_same_in_every_key(semitones: int) -> None:
    """Moved by so many semitones, with what it heard, its clamps and its probabilities."""
    model = random_live_model(0, replace(SMALL_CONFIG, one_key=True))
    heard = Frame(frozenset({60, 64}), frozenset({60}))
    moved = Frame(frozenset({60 + semitones, 64 + semitones}), frozenset({60 + semitones}))
    on = np.zeros(model.config.n_visible, bool)
    on[62 - 21] = True
    at_home = model.update(model.initial_state(), heard)
    away = model.update(model.initial_state(semitones=semitones), moved)
    assert np.array_equal(at_home.u, away.u)
    key = NoiseKey(5, 0, 0)
    here = model.sample(at_home, key, clamped_on=on)
    there = model.sample(away, key, clamped_on=transpose(on, semitones))
    middle = {pitch for pitch in here.frame.sounding if 27 <= pitch < 102}
    assert {pitch + semitones for pitch in middle} <= there.frame.sounding
    assert 62 + semitones in there.frame.sounding
    assert np.array_equal(transpose(here.probabilities, semitones)[10:70], there.probabilities[10:70])
    chord = [Frame(frozenset({48 + n, 64 + n, 67 + n, 72 + n}), frozenset()) for n in (2, 7, 9, 2)]
    assert model.key_of(chord) == 2
    assert random_live_model().key_of(chord) == 0


def test_a_clamp_changes_what_is_sampled_with_it() -> None:
    """One hidden unit ties two keys together: clamping one brings the other."""
    config = ModelConfig(n_hidden=1, n_recurrent=1, onsets=False, chain_start="zeros", max_notes=88)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights["b_v"] -= 6.0
    weights["b_h"] -= 6.0
    weights["W"][[60 - 21, 64 - 21], 0] = 12.0
    model = LiveModel(config, weights)
    on = bits_of(model, range(60, 61))
    state = model.initial_state()
    with_clamp = [model.sample(state, NoiseKey(0, 0, step), clamped_on=on).frame for step in range(50)]
    without = [model.sample(state, NoiseKey(0, 0, step)).frame for step in range(50)]
    assert sum(64 in frame.sounding for frame in with_clamp) > 45
    assert sum(64 in frame.sounding for frame in without) < 10


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.0])
def test_temperature_tempers_the_joint_distribution_of_both_layers(temperature: float) -> None:
    """Four free keys, three hidden units, 6,000 draws: rates of all 16 frames within 5 standard errors."""
    random = np.random.default_rng(6)
    config = ModelConfig(n_hidden=3, n_recurrent=1, onsets=False, chain_start="zeros")
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights["b_v"][:] = -100
    weights["b_v"][:4] = random.normal(0, 1, 4)
    weights["W"][:4] = random.normal(0, 2, (4, 3))
    weights["b_h"][:] = random.normal(0, 1, 3)
    model = LiveModel(config, weights)
    v = np.arange(16)[:, None] >> np.arange(4) & 1
    h = np.arange(8)[:, None] >> np.arange(3) & 1
    energy = -(v @ weights["b_v"][:4])[:, None] - h @ weights["b_h"] - v @ weights["W"][:4] @ h.T  # (16, 8)
    expected = np.exp(-energy / temperature).sum(axis=1)
    expected /= expected.sum()
    counts = np.zeros(16)
    for seed in range(6000):
        sample = model.sample(model.initial_state(0), NoiseKey(seed, 0, 0), gibbs_steps=40, temperature=temperature)
        counts[sum(1 << (pitch - 21) for pitch in sample.frame.sounding)] += 1
    errors = np.sqrt(expected * (1 - expected) / 6000)
    assert (np.abs(counts / 6000 - expected) < 5 * errors + 1e-4).all()


@pytest.mark.parametrize("settings", [{"gibbs_steps": 0}, {"temperature": 0.0}, {"temperature": float("nan")}])
def test_impossible_settings_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        play(random_live_model(), 1, **settings)


USUAL = replace(SMALL_CONFIG, usual_notes=4.0)


@pytest.mark.parametrize(
    ("notes", "density", "leans"),
    [
        (4.0, 0.0, 0.0),
        (6.3, 0.0, 0.0),
        (1.5, 0.0, 0.0),
        (12.8, 0.0, -2.0 * np.log(2)),
        (0.7, 0.0, 2.0 * np.log(2)),
        (0.0, 0.0, 3.0),
        (80.0, 0.0, -3.0),
        (12.8, 2.0, 0.0),  # asked for
        (0.7, -2.0, 0.0),
        (0.7, 2.0, 2.0 * np.log(2)),
    ],
)
def test_the_model_leans_back_only_where_the_music_has_strayed(notes: float, density: float, leans: float) -> None:
    model = random_live_model(config=USUAL)
    state = replace(model.initial_state(0), notes=notes)
    drawn = model.sample(state, NoiseKey(1, 0, 0), density=density)
    plain = random_live_model().sample(replace(state, notes=0.0), NoiseKey(1, 0, 0), density=density + leans)
    assert np.array_equal(drawn.probabilities, plain.probabilities)


def test_notes_of_late_are_an_exponential_mean_that_begins_at_the_usual() -> None:
    model = random_live_model(config=USUAL)
    state = model.initial_state(3)
    assert state.notes == 4.0
    for _ in range(16):
        state = model.update(state, REST, 0)
    assert state.notes == pytest.approx(4.0 * (1 - 1 / 16) ** 16)
    chord = Frame(frozenset({60, 64}), frozenset())
    assert model.update(state, chord, 0).notes == pytest.approx(state.notes * 15 / 16 + 2 / 16)


def test_music_that_would_die_goes_on() -> None:
    """Bits with P = 4e-4 each: next to silence, unless something is usual."""

    def notes(config: ModelConfig) -> float:
        model = silent_model(-8.0, config)
        return float(np.mean([len(sample.frame.sounding) for sample in play(model, 400)][100:]))

    assert notes(SMALL_CONFIG) < 0.1
    assert notes(replace(SMALL_CONFIG, usual_notes=2.0)) > 0.2


def random_frames(n: int, seed: int = 3) -> list[Frame]:
    random = np.random.default_rng(seed)
    return [legal_frame(np.flatnonzero(random.random(88) < 0.05) + 21, [], REST) for _ in range(n)]


@pytest.mark.parametrize("onsets", [True, False])
def test_free_energy_and_hidden_units_are_those_of_the_training_model(onsets: bool) -> None:
    """The same float32 biases and weights, so equal but for the order in which torch adds them up."""
    model = random_live_model(4, replace(SMALL_CONFIG, onsets=onsets))
    state = model.listen(model.initial_state(3), random_frames(5), [0] * 5)
    b_v, b_h = (torch.from_numpy(bias) for bias in model._biases(state.u, 0.7))
    W = torch.from_numpy(model.W)
    for frame in random_frames(20, seed=9):
        v = torch.from_numpy(frame_to_bits(frame, with_onsets=onsets)).float()
        expected = free_energy(v, W, b_v, b_h)
        assert model.free_energy(state, frame, density=0.7) == pytest.approx(float(expected), rel=1e-5)
        hidden = hidden_probabilities(v, W, b_h).numpy()
        np.testing.assert_allclose(model.hidden_probabilities(state, frame), hidden, atol=1e-6)


def test_free_energy_is_what_is_left_when_hidden_units_are_summed_out() -> None:
    """exp(-F(v)) against the explicit sum of exp(-E(v, h)) over all states of six hidden units."""
    config = ModelConfig(n_hidden=6, n_recurrent=4, onsets=False)
    model = random_live_model(2, config)
    state = model.initial_state()
    b_v, b_h = (bias.astype(np.float64) for bias in model._biases(state.u, 0.0))
    h = np.arange(64)[:, None] >> np.arange(6) & 1  # (64, 6)
    for frame in random_frames(10):
        v = frame_to_bits(frame, with_onsets=False)
        energies = -v @ b_v - h @ b_h - h @ (v @ model.W.astype(np.float64))  # (64,)
        assert model.free_energy(state, frame) == pytest.approx(-np.log(np.exp(-energies).sum()))


def test_free_energy_moves_with_the_key_and_leans_as_sampling_does() -> None:
    model = random_live_model(0, replace(SMALL_CONFIG, one_key=True, usual_notes=4.0))
    state = model.initial_state()
    here, there = (Frame(frozenset({60 + n, 64 + n}), frozenset({60 + n})) for n in (0, 3))
    assert model.free_energy(state, here) == model.free_energy(replace(state, semitones=3), there)
    strayed = replace(state, notes=0.7)  # 2 ln 2 nats for each of two notes
    leans = model.free_energy(state, here) - model.free_energy(strayed, here)
    assert leans == pytest.approx(4 * np.log(2), abs=1e-3)


def test_probabilities_are_how_often_other_chains_set_a_bit() -> None:
    """Four free keys, three hidden units, 400 x 5 chains: rates of the exact marginals within 5 standard errors."""
    random = np.random.default_rng(6)
    config = ModelConfig(n_hidden=3, n_recurrent=1, onsets=False, chain_start="zeros")
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    weights["b_v"][:] = -100
    weights["b_v"][:4] = random.normal(0, 1, 4)
    weights["W"][:4] = random.normal(0, 2, (4, 3))
    model = LiveModel(config, weights)
    v = np.arange(16)[:, None] >> np.arange(4) & 1
    frames = [Frame(frozenset((np.flatnonzero(row) + 21).tolist())) for row in v]
    state = model.initial_state()
    masses = np.exp([-model.free_energy(state, frame) for frame in frames])
    expected = masses @ v / masses.sum()
    found = np.mean(
        [model.probabilities(state, NoiseKey(seed, 0, 0), chains=5, gibbs_steps=40) for seed in range(400)], axis=0
    )
    assert (np.abs(found[:4] - expected) < 5 * 0.5 / np.sqrt(400 * 5)).all()
    assert not found[4:].any()


def test_probabilities_keep_to_clamps_and_key_and_to_the_number_of_notes() -> None:
    model = random_live_model(0, replace(SMALL_CONFIG, one_key=True))
    on, off = bits_of(model, range(62, 63)), bits_of(model, range(64, 66))
    keep = {"chains": 3, "gibbs_steps": 5, "temperature": 1.2}
    here, there = model.initial_state(), model.initial_state(semitones=5)
    plain = model.probabilities(here, NoiseKey(5, 0, 0), clamped_on=on, clamped_off=off, **keep)  # type: ignore[arg-type]
    moved = model.probabilities(
        there,
        NoiseKey(5, 0, 0),
        clamped_on=transpose(on, 5),
        clamped_off=transpose(off, 5),
        **keep,  # type: ignore[arg-type]  # of mixed types
    )
    assert plain[62 - 21] == 1
    assert not plain[64 - 21 : 66 - 21].any()
    assert np.array_equal(transpose(plain, 5)[10:70], moved[10:70])
    full = silent_model(1.0)
    few = full.probabilities(full.initial_state(), NoiseKey(0, 0, 0), chains=4, gibbs_steps=5, most_notes=2)
    np.testing.assert_allclose(few, sigmoid(np.array(1.0)), atol=1e-3)  # what each key would like by itself
