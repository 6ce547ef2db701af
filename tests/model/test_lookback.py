"""What a model is reminded of: by the definition, and the same from a window as from a whole piece."""

import numpy as np
import pytest

from rnnrbm_live.core.frame import N_PITCHES, Bits
from rnnrbm_live.model.lookback import echoes, likeness

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
    shown = echoes(bits, LAGS, likeness(bits, LAGS, WINDOW)).reshape(41, 3, -1)
    for step in range(41):
        for column, lag in enumerate(LAGS):
            ago = bits[step - lag] if step >= lag else np.zeros_like(bits[0])
            assert np.array_equal(shown[step, column], ago * likeness(bits, LAGS, WINDOW)[step, column])


def test_a_window_of_known_frames_is_enough() -> None:
    """As long as the farthest lookback and the frames compared; and no frame that has not been heard is used."""
    bits = music()
    whole = echoes(bits, LAGS, likeness(bits, LAGS, WINDOW))
    for step in range(41):
        known = bits[max(0, step - max(LAGS) - WINDOW) : step]
        last = likeness(known, LAGS, WINDOW, first=len(known))
        assert np.array_equal(echoes(known, LAGS, last, first=len(known))[0], whole[step])


def test_music_shorter_than_a_lookback_has_no_echo() -> None:
    bits = music()[:2]
    assert not echoes(bits, (6,), likeness(bits, (6,), WINDOW)).any()
    assert echoes(bits, (), likeness(bits, (), WINDOW)).shape == (3, 0)
