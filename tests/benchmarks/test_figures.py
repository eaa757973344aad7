from __future__ import annotations

import numpy as np
import pytest
from benchmarks.live.figures import slope, spread, with_slope

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
