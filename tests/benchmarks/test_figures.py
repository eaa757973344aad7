from __future__ import annotations

import numpy as np
import pytest
from benchmarks.live.figures import at_even_speed, slope, spread, with_slope

MINUTE = np.arange(0, 60, 1 / 30)


def test_spread_is_by_nearest_rank() -> None:
    assert spread([float(n) for n in range(1, 101)]) == {
        "p50": 50.0,
        "p95": 95.0,
        "p99": 99.0,
        "max": 100.0,
        "count": 100,
    }


def test_spread_of_nothing() -> None:
    assert spread([]) == {"count": 0}


def test_slope_finds_growth_through_noise_and_bursts() -> None:
    random = np.random.default_rng(0)
    delays = 40 + MINUTE / 60 * 7 + random.normal(0, 4, len(MINUTE))
    delays[::97] += 200
    found = slope(list(MINUTE), list(delays))
    assert found is not None
    assert found.per_min == pytest.approx(7, abs=1)
    assert found.low < found.per_min < found.high
    assert found.low > 0


def test_slope_of_noise_is_none_for_sure() -> None:
    random = np.random.default_rng(1)
    found = slope(list(MINUTE), list(40 + random.normal(0, 4, len(MINUTE))))
    assert found is not None
    assert found.low <= 0 <= found.high


def test_slope_counts_a_second_once() -> None:
    # A hundred frames in one second weigh no more than three in another.
    times = [0.1] * 100 + [1.1, 2.1, 3.1]
    found = slope(times, [10.0] * 100 + [11.0, 12.0, 13.0])
    assert found is not None
    assert found.per_min == pytest.approx(60)


@pytest.mark.parametrize("times", [[], [0.0], [0.0, 0.5, 1.5]])
def test_slope_needs_three_seconds(times: list[float]) -> None:
    assert slope(times, [1.0] * len(times)) is None
    assert with_slope(times, [1.0] * len(times))["slope_ms_per_min"] is None


def test_with_slope_has_all_keys() -> None:
    found = with_slope([0.0, 1.0, 2.0, 3.0], [5.0, 5.0, 5.0, 5.0])
    assert found["slope_ms_per_min"] == 0
    assert found["slope_95"] == [0, 0]
    assert found["p95"] == 5


def test_a_machine_that_slows_down_is_told_from_delays_that_grow() -> None:
    random = np.random.default_rng(2)
    taken = np.arange(0, 60, 1.0)
    slower = 1 + 0.2 * MINUTE / 60
    yardstick = 10 * (1 + 0.2 * taken / 60) + random.normal(0, 0.3, len(taken))
    yardstick[::9] *= 3  # one that was interrupted
    busy = 100 * slower + random.normal(0, 4, len(MINUTE))
    raw = slope(list(MINUTE), list(busy))
    assert raw is not None
    assert raw.per_min == pytest.approx(20, abs=2)
    even = slope(list(MINUTE), at_even_speed(MINUTE, busy, taken, yardstick))
    assert even is not None
    assert even.per_min == pytest.approx(0, abs=2)
    growing = busy + 10 * MINUTE / 60
    found = slope(list(MINUTE), at_even_speed(MINUTE, growing, taken, yardstick))
    assert found is not None
    assert found.per_min == pytest.approx(9.5, abs=2)


def test_an_even_machine_changes_nothing() -> None:
    assert at_even_speed([0.0, 1.0, 2.0], [5.0, 6.0, 7.0], [0.5, 1.5], [9.0, 9.0]) == [5, 6, 7]
