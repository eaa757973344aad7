"""How work is timed: warmed up, its device's work finished inside of the time, told as a spread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bunraku.runtime.measure import Spread

LEAST_SAMPLE_S = 0.002
"""A sample is of so many calls that it takes this long, for clocks and waits have a cost too."""
MOST_CALLS = 1000


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def timed_with_cpu(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of one call, and those of processors that all threads took meanwhile: what other
    programs do changes the first far more than the second."""
    cpu = time.process_time()
    elapsed_ms = timed(work)
    return elapsed_ms, (time.process_time() - cpu) * 1e3


def plain(spread: Spread) -> dict[str, float]:
    """A spread as it stands in reports, in milliseconds."""
    return {name: rounded(getattr(spread, name)) for name in ("p50", "p95", "min")}


def rounded(value: float) -> float:
    """To a thousandth; what is below one, to four digits."""
    return round(value, 3) if abs(value) >= 1 else float(f"{value:.4g}")


def spread_of(
    work: Callable[[int], object],
    *,
    samples: int,
    budget_s: float,
    finish: Callable[[], object] = lambda: None,
) -> Spread:
    """How long one call takes.

    :param work: called with 0, 1, 2 …, so that it can take other inputs each time.
    :param samples: so many, or as many as there is time for, but three.
    :param finish: waits until the device is done; inside of each sample, once.
    """
    calls, number = 1, 0

    def sample() -> float:
        nonlocal number
        start = time.perf_counter()
        for _ in range(calls):
            work(number)
            number += 1
        finish()
        return (time.perf_counter() - start) / calls

    sample()  # compiles, fills caches
    calls = min(MOST_CALLS, max(1, round(LEAST_SAMPLE_S / max(sample(), 1e-9))))
    sample()
    taken_ms: list[float] = []
    until_s = time.perf_counter() + budget_s
    while len(taken_ms) < samples and (len(taken_ms) < 3 or time.perf_counter() < until_s):
        taken_ms.append(sample() * 1e3)
    return Spread.of(taken_ms)


def missing(reason: str) -> dict[str, Any]:
    """What stands in a report in place of numbers that could not be had."""
    return {"missing": reason}
