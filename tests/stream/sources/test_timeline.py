from __future__ import annotations

import pytest

from bunraku.stream.sources.timeline import Timeline


def test_follows_the_sources_clock_not_the_arrivals() -> None:
    timeline = Timeline()
    arrivals_s = [50.0, 50.09, 50.091, 50.13]
    stamps = [timeline.stamp(3.0 + 0.04 * i, at_s) for i, at_s in enumerate(arrivals_s)]
    assert stamps == [0, 40_000, 80_000, 120_000]


def test_without_a_clock_the_arrivals_count() -> None:
    timeline = Timeline()
    assert [timeline.stamp(None, at_s) for at_s in (9.0, 9.5, 9.6)] == [0, 500_000, 600_000]


@pytest.mark.parametrize("jump_s", [-1000.0, -3.0, -0.2, 3.0, 1e6])
def test_a_clock_that_jumps_is_taken_up_anew(jump_s: float) -> None:
    timeline = Timeline()
    timeline.stamp(10.0, 1.0)
    timeline.stamp(10.04, 1.04)
    assert timeline.stamp(10.08 + jump_s, 1.08) == pytest.approx(80_000, abs=2)
    assert timeline.stamp(10.12 + jump_s, 1.13) == pytest.approx(120_000, abs=2)


def test_another_connection_goes_on_after_the_time_between() -> None:
    timeline = Timeline()
    timeline.stamp(70.0, 1.0)
    timeline.restart()
    # Near enough to the last one to be mistaken for the same clock.
    assert timeline.stamp(70.3, 6.0) == 5_000_000
    assert timeline.stamp(70.34, 6.01) == 5_040_000


def test_always_increases() -> None:
    timeline = Timeline()
    stamps = [timeline.stamp(time_s, 1.0) for time_s in (5.0, 5.04, 5.04, 5.02, 5.08)]
    assert stamps == sorted(set(stamps))


def test_frames_that_waited_come_at_once_and_keep_their_distances() -> None:
    timeline = Timeline()
    timeline.stamp(0.0, 10.0)
    stamps = [timeline.stamp(0.04 * i, 10.5) for i in range(1, 13)]
    assert stamps == [40_000 * i for i in range(1, 13)]
