"""Rates over a window, percentiles by nearest rank, plain JSON."""

from __future__ import annotations

import json

import pytest
from tests.stream.fakes import FakeClock, live_frame

from bunraku.stream.core.frame import Span
from bunraku.stream.core.stats import KEPT, RATE_WINDOW_S, Meter, Percentiles, Rate


def test_percentiles_are_by_nearest_rank() -> None:
    assert Percentiles.of(range(1, 101)) == Percentiles(50, 95, 99, 100)
    assert Percentiles.of([7.0]) == Percentiles(7.0, 7.0, 7.0, 1)
    assert Percentiles.of([]) is None


@pytest.mark.parametrize("fps", [10, 25, 30])
def test_a_rate_is_right_at_once_and_later(fps: int) -> None:
    rate = Rate()
    for index in range(fps * 10 + 1):
        now_s = 50 + index / fps
        rate.count(now_s)
        if index in (1, 5, fps * 10):
            assert rate.value(now_s) == pytest.approx(fps, rel=0.06)
    assert rate.value(now_s + RATE_WINDOW_S) == 0


def test_a_rate_of_nothing_or_of_one_event_is_zero() -> None:
    rate = Rate()
    assert rate.value(3.0) == 0
    rate.count(3.0)
    assert rate.value(3.0) == 0


async def test_the_meter_gives_a_snapshot_as_json() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    for index in range(11):
        meter.arrived()
        meter.worked("motion", Span(0.0, 0.010 + index / 1000))
        frame = live_frame(index=index)
        frame.lost = index == 3
        meter.finished(frame)
        meter.delivered(0.05)
        await clock.advance(0.1)
    meter.dropped["motion"] += 2
    meter.faults["blend"] += 1
    stats = meter.snapshot(missed=4)
    assert stats.frames_in == stats.frames_out == 11
    assert stats.lost == 1
    assert stats.fps_out == pytest.approx(10, rel=0.1)
    assert stats.stages_ms["motion"].p50 == pytest.approx(15)
    assert stats.age_ms == Percentiles(50, 50, 50, 11)
    plain = json.loads(json.dumps(stats.as_json()))
    assert plain["dropped"] == {"motion": 2, "source": 4}
    assert plain["faults"] == {"blend": 1}
    assert plain["stages_ms"]["motion"]["p99"] == pytest.approx(20)


async def test_time_counts_from_the_first_frame() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    await clock.advance(10.0)  # cameras and windows open
    assert meter.snapshot(0).elapsed_s == 0
    meter.arrived()
    await clock.advance(2.0)
    assert meter.snapshot(0).elapsed_s == pytest.approx(2)


async def test_once_ended_rates_are_of_the_whole_run_and_closing_does_not_count() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    for _ in range(40):
        meter.arrived()
        await clock.advance(0.1)
        meter.delivered(0.1)
    meter.end()
    await clock.advance(1.0)
    assert meter.snapshot(0).elapsed_s == pytest.approx(4)
    meter.delivered(1.0)  # it was on its way when the source ended
    await clock.advance(RATE_WINDOW_S)
    stats = meter.snapshot(0)
    assert stats.elapsed_s == pytest.approx(5)
    assert (stats.fps_in, stats.fps_out) == pytest.approx((8, 8.2))


async def test_a_run_without_a_frame_has_rates_of_zero() -> None:
    meter = Meter(FakeClock())
    meter.end()
    stats = meter.snapshot(0)
    assert (stats.elapsed_s, stats.fps_in, stats.fps_out) == (0, 0, 0)


def test_only_the_newest_durations_are_kept() -> None:
    meter = Meter(FakeClock())
    for _ in range(KEPT):
        meter.worked("motion", Span(0.0, 1.0))
    for _ in range(KEPT):
        meter.worked("motion", Span(0.0, 0.001))
    spread = meter.snapshot(0).stages_ms["motion"]
    assert spread.count == KEPT
    assert spread.p99 == pytest.approx(1.0)
