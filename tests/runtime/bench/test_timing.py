"""How work is timed."""

from __future__ import annotations

import time

import pytest

from bunraku.runtime.bench.timing import rounded, spread_of


def test_a_sample_is_of_many_short_calls_and_one_wait() -> None:
    calls: list[int] = []
    waits: list[int] = []
    spread = spread_of(
        calls.append, samples=5, budget_s=10.0, finish=lambda: waits.append(len(calls))
    )
    assert spread.count == 5
    assert calls == list(range(len(calls)))
    assert len(waits) == 8  # three before what counts
    assert len(calls) > 5 * 100
    assert 0 < spread.min <= spread.p50 <= spread.p95 < 0.1


def test_the_wait_is_inside_of_the_time() -> None:
    spread = spread_of(lambda _: None, samples=3, budget_s=10.0, finish=lambda: time.sleep(0.004))
    # The calls themselves take nothing, and share the wait.
    assert spread.p50 * 1000 >= 4.0


def test_three_samples_are_always_taken() -> None:
    assert spread_of(lambda _: time.sleep(0.003), samples=50, budget_s=0.0).count == 3


def test_numbers_keep_what_says_something() -> None:
    assert (rounded(12.34567), rounded(0.0123456), rounded(0.0)) == (12.346, 0.01235, 0.0)
    assert rounded(-1.23456) == pytest.approx(-1.235)
