from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from bunraku.runtime.pose.one_euro import OneEuro, OneEuroOptions
from bunraku.runtime.pose.smoothing import LANDMARK_OPTIONS

STEP_S = 1 / 30


def run(filter_: OneEuro, values: np.ndarray, times_s: np.ndarray, scale: float = 1) -> np.ndarray:
    return np.stack([filter_(v, float(t), scale) for v, t in zip(values, times_s, strict=True)])


def test_what_stands_still_trembles_less() -> None:
    random = np.random.default_rng(0)
    side = 500.0
    noise = random.normal(scale=0.0015 * side, size=(300, 33, 3))  # as measured on filmed people
    out = run(OneEuro(LANDMARK_OPTIONS), noise, np.arange(300) * STEP_S, side)
    assert out[60:].std() < 0.5 * noise.std()
    trembling = np.abs(np.diff(out[60:], axis=0)).mean() / np.abs(np.diff(noise, axis=0)).mean()
    assert trembling < 0.3


@pytest.mark.parametrize("speed", [0.2, 1.0, 4.0])
def test_the_lag_of_steady_motion_is_bounded(speed: float) -> None:
    """At any speed it tends to 1 / (2 pi beta) of the scale, plus what one frame moves."""
    times_s = np.arange(120) * STEP_S
    position = speed * 500 * times_s[:, None]
    out = run(OneEuro(LANDMARK_OPTIONS), position, times_s, 500)
    lag = (position - out)[60:] / 500
    assert lag.max() <= 1 / (2 * math.pi * LANDMARK_OPTIONS.beta)
    assert lag.min() >= 0


def test_a_sudden_move_is_followed_within_three_frames() -> None:
    times_s = np.arange(60) * STEP_S
    position = np.where(times_s < 1, 0.0, 100.0)[:, None]
    out = run(OneEuro(LANDMARK_OPTIONS), position, times_s, 500)
    start = int(np.argmax(position[:, 0] > 0))
    assert out[start, 0] > 50
    assert out[start + 2, 0] > 95


def test_a_point_is_smoothed_by_its_speed_and_not_by_its_coordinates() -> None:
    """Where a hand turns back one of them stands still for a moment, and the hand does not."""
    times_s, side = np.arange(120) * STEP_S, 500.0
    angle = 2 * math.pi * times_s
    circle = 0.1 * side * np.stack([np.cos(angle), np.sin(angle)], -1)[:, None]
    lags = []
    for together in (False, True):
        options = replace(LANDMARK_OPTIONS, together=together, leap=None)
        off = np.linalg.norm(run(OneEuro(options), circle, times_s, side) - circle, axis=-1)
        lags.append(off[30:].max() / side)
    assert lags[1] < 0.75 * lags[0]


@pytest.mark.parametrize("together", [False, True])
def test_what_is_off_by_more_than_noise_is_followed_at_once(together: bool) -> None:
    options = OneEuroOptions(0.01, beta=0, together=together, leap=(0.01, 0.03))
    for away, share in ((4.0, 0.0), (10.0, 0.5), (15.0, 1.0), (200.0, 1.0)):
        filter_ = OneEuro(options)
        filter_(np.zeros((2, 2)), 0.0, 500.0)
        out = filter_(np.array([[away, 0.0], [0.0, 0.0]]), STEP_S, 500.0)
        assert out[0] == pytest.approx([share * away, 0.0], abs=0.01 * away)
        assert np.array_equal(out[1], [0.0, 0.0])


def test_the_result_follows_time_and_not_the_number_of_frames() -> None:
    """The same motion at 15, 30 and 60 frames a second, and at irregular times, ends alike."""
    random = np.random.default_rng(1)
    options = OneEuroOptions(cutoff_hz=1, beta=5)
    ends = []
    for times_s in (
        np.arange(0, 2, 1 / 15),
        np.arange(0, 2, 1 / 30),
        np.arange(0, 2, 1 / 60),
        np.cumsum(random.uniform(0.01, 0.06, 57)),
    ):
        out = run(OneEuro(options), np.minimum(times_s, 1.0)[:, None], times_s)
        ends.append(np.interp([0.5, 0.9, 1.3], times_s, out[:, 0]))
    np.testing.assert_allclose(ends, np.tile(ends[2], (4, 1)), atol=0.02)


def test_the_first_value_passes_and_inputs_stay_untouched() -> None:
    filter_ = OneEuro(OneEuroOptions(1, 1))
    first = np.array([1.0, 2.0])
    np.testing.assert_array_equal(filter_(first, 0.0), first)
    out = filter_(np.array([2.0, 2.0]), 0.03)
    out[:] = 99
    assert np.all(filter_(np.array([2.0, 2.0]), 0.06) < 3)
    np.testing.assert_array_equal(first, [1.0, 2.0])


@pytest.mark.parametrize("time_s", [-1.0, 0.0, 10.0])
def test_starts_anew_after_a_gap_or_a_step_back(time_s: float) -> None:
    filter_ = OneEuro(OneEuroOptions(0.01, 0))
    filter_(np.zeros(3), 0.0)
    np.testing.assert_array_equal(filter_(np.ones(3), time_s), np.ones(3))


def test_starts_anew_with_another_shape_or_after_reset() -> None:
    filter_ = OneEuro(OneEuroOptions(0.01, 0))
    filter_(np.zeros(3), 0.0)
    np.testing.assert_array_equal(filter_(np.ones(4), 0.03), np.ones(4))
    filter_.reset()
    np.testing.assert_array_equal(filter_(np.full(4, 5.0), 0.06), np.full(4, 5.0))
