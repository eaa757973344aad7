from __future__ import annotations

import threading

import pytest

from bunraku.runtime.stages import KEPT, Spread, Stage, StageTimer


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_stage_is_timed_by_the_clock() -> None:
    clock = Clock()
    timer = StageTimer(clock)
    for duration_s in (0.010, 0.030, 0.020):
        with timer.measure(Stage.BLEND):
            clock.now_s += duration_s
    spread = timer.spreads()["blend"]
    assert spread.count == 3
    assert (spread.min, spread.p50, spread.p95) == pytest.approx((10.0, 20.0, 30.0))


def test_a_stage_that_raises_is_not_counted() -> None:
    timer = StageTimer(Clock())
    with pytest.raises(KeyError), timer.measure(Stage.POSE):
        raise KeyError
    assert not timer.spreads()


def test_stages_come_in_their_order_and_others_after() -> None:
    timer = StageTimer()
    for name in ("paste", "encode", "pose", "decode"):
        timer.add(name, 1.0)
    assert list(timer.spreads()) == ["pose", "paste", "decode", "encode"]
    timer.clear()
    assert not timer.spreads()


def test_percentiles_are_of_the_nearest_rank() -> None:
    spread = Spread.of([float(i) for i in range(100, 0, -1)])
    assert (spread.p50, spread.p95, spread.min) == (50.0, 95.0, 1.0)
    with pytest.raises(ValueError, match="at least one"):
        Spread.of([])


def test_memory_does_not_grow_and_threads_may_share() -> None:
    timer = StageTimer()

    def work() -> None:
        for _ in range(KEPT):
            timer.add("pose", 2.0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert timer.spreads()["pose"].count == KEPT
