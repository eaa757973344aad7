from __future__ import annotations

import pytest
from tests.stream.sources.feeds import JumpClock

from bunraku.stream.sources.pacing import MOST_LATE_S, Pacer


async def test_frames_are_due_at_their_times() -> None:
    clock = JumpClock()
    pacer = Pacer(clock)
    for time_s in (7.0, 7.04, 7.3):
        assert await pacer.wait(time_s, time_s + 0.04)
        assert clock.now() == pytest.approx(100 + time_s - 7)


async def test_a_late_frame_is_dropped_once_the_next_is_due_too() -> None:
    clock = JumpClock()
    pacer = Pacer(clock)
    await pacer.wait(0.0, 0.04)
    clock.now_s += 0.13
    assert not await pacer.wait(0.04, 0.08)
    assert not await pacer.wait(0.08, 0.12)
    # Late, but the next has time, or is not there yet.
    assert await pacer.wait(0.12, 0.16)
    assert await pacer.wait(0.125, None)
    assert clock.now() == pytest.approx(100.13)
    assert await pacer.wait(0.16, 0.2)
    assert clock.now() == pytest.approx(100.16)


async def test_after_a_long_sleep_it_plays_on_from_there() -> None:
    clock = JumpClock()
    pacer = Pacer(clock)
    await pacer.wait(0.0, None)
    clock.now_s += 0.04 + MOST_LATE_S + 10
    start_s = clock.now()
    assert await pacer.wait(0.04, 0.08)
    assert clock.now() == start_s
    assert await pacer.wait(0.08, 0.12)
    assert clock.now() == pytest.approx(start_s + 0.04)


async def test_a_pause_is_the_recordings_own() -> None:
    clock = JumpClock()
    pacer = Pacer(clock)
    await pacer.wait(0.0, 0.04)
    assert await pacer.wait(20.0, None)
    assert clock.now() == pytest.approx(120)
