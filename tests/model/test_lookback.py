"""What a model is reminded of: by the definition, and the same from a window as from a whole piece."""

import numpy as np
import pytest

from rnnrbm_live.core.frame import N_PITCHES, Bits, transpose
from rnnrbm_live.model.lookback import Memory, echoes, likeness

LAGS, WINDOW = (6, 2, 11), 4


def music(n_steps: int = 40, n_visible: int = 2 * N_PITCHES) -> Bits:
    """Return music that repeats itself every six steps, nearly."""
    random = np.random.default_rng(1)
    bits = np.tile((random.random((6, n_visible)) < 0.05).astype(np.uint8), (n_steps // 6 + 1, 1))[:n_steps]
    bits[[3, 17, 18, 30]] = 0
    bits[25] = random.random(n_visible) < 0.05
    return bits


def alike(bits: Bits, step: int, lag: int) -> float:
    """Compare a frame with an earlier one, note by note."""
    if step < lag:
        return 0.0
    now, then = (set(np.flatnonzero(bits[at, :N_PITCHES]).tolist()) for at in (step, step - lag))
    return len(now & then) / len(now | then) if now | then else 1.0


def test_likeness_is_the_mean_over_the_last_frames() -> None:
    bits = music()
    found = likeness(bits, LAGS, WINDOW)
    assert found.shape == (41, 3)
    for step in range(41):
        for column, lag in enumerate(LAGS):
            of_each = [alike(bits, earlier, lag) for earlier in range(max(0, step - WINDOW), step)]
            assert found[step, column] == pytest.approx(sum(of_each) / WINDOW, abs=1.01 / 256)
    assert set(np.unique(found * 256 % 1)) == {0.0}
    assert found[29, 0] < found[17, 0] == 1.0


def test_an_echo_is_the_frame_a_lookback_ago() -> None:
    bits = music()
    repeated = likeness(bits, LAGS, WINDOW)
    shown = echoes(bits, LAGS, repeated).reshape(41, 3, -1)
    for step in range(41):
        for column, lag in enumerate(LAGS):
            ago = bits[step - lag] if step >= lag else np.zeros_like(bits[0])
            assert np.array_equal(shown[step, column], ago * repeated[step, column])


def test_a_part_of_a_piece_is_shown_as_in_the_whole() -> None:
    bits, first = music(), 20
    whole = echoes(bits, LAGS, likeness(bits, LAGS, WINDOW))
    assert np.array_equal(echoes(bits, LAGS, likeness(bits, LAGS, WINDOW, first=first), first=first), whole[first:])


def test_a_memory_shows_what_was_new() -> None:
    """It knows as many frames as can be looked back to or compared, and none that has not been heard."""
    bits = music()
    repeated = likeness(bits, LAGS, WINDOW)
    memory = None
    for step, row in enumerate(bits, 1):
        memory = Memory.of(memory, row, LAGS, WINDOW)
        assert len(memory.packed) == len(memory.new) - 1 == min(step, max(LAGS) + WINDOW)
        shown = memory.echo(LAGS, bits.shape[1], 0).reshape(3, -1)
        for column, lag in enumerate(LAGS):
            ago = bits[step - lag] if step >= lag else np.zeros_like(row)
            new = 1 - repeated[step - lag].max() if step >= lag else 0.0
            assert np.array_equal(shown[column], ago * repeated[step, column] * new)
    assert memory is not None
    moved = memory.echo(LAGS, bits.shape[1], 5).reshape(3, -1)
    assert np.array_equal(moved, transpose(memory.echo(LAGS, bits.shape[1], 0).reshape(3, -1), 5))


def test_what_is_repeated_for_ever_is_shown_no_more() -> None:
    memory, shown = None, []
    for row in np.tile((np.random.default_rng(2).random((6, 88)) < 0.1).astype(np.uint8), (9, 1)):
        memory = Memory.of(memory, row, (6,), WINDOW)
        shown.append(memory.echo((6,), 88, 0).any())
    assert all(shown[9:11])  # the second time, once some of it has been heard
    assert not any(shown[15:])


def test_music_shorter_than_a_lookback_has_no_echo() -> None:
    bits = music()[:2]
    assert not echoes(bits, (6,), likeness(bits, (6,), WINDOW)).any()
    assert echoes(bits, (), likeness(bits, (), WINDOW)).shape == (3, 0)
