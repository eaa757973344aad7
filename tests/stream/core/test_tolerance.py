from __future__ import annotations

import pytest

from bunraku.stream.core.tolerance import INDEXED, LIVE, STREAMED, Tolerance


@pytest.mark.parametrize(
    ("tolerance", "time_s", "jumped"),
    [
        (LIVE, 11.5, True),
        (LIVE, 9.9, True),
        (STREAMED, 13.0, False),  # a pause
        (STREAMED, 15.5, True),
        (STREAMED, 9.95, False),  # rounding
        (STREAMED, 9.0, True),
        (INDEXED, 15.5, False),
        (INDEXED, 610.0, False),
        (INDEXED, 90_000.0, True),
        (INDEXED, 0.0, True),
    ],
)
def test_what_is_still_the_clocks_own(tolerance: Tolerance, time_s: float, jumped: bool) -> None:
    assert tolerance.jumped(time_s, expected_s=10.04, last_s=10.0) is jumped
