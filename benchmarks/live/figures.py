"""What many samples come to: percentiles, and how fast they grow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bunraku.stream.core.stats import Percentiles

BIN_S = 1.0
"""A slope goes through the medians of bins so long, so that a burst counts once."""
SPEED_S = 7.5
"""The machine's speed at a moment is the median of what was taken so near to it."""


@dataclass(frozen=True)
class Slope:
    """Growth in milliseconds a minute (Theil and Sen), with its 95 % interval."""

    per_min: float
    low: float
    high: float


def spread(samples_ms: Sequence[float]) -> dict[str, float | int]:
    """p50, p95, p99 by nearest rank, the largest and the number; only the number where there is
    none.
    """
    found = Percentiles.of(samples_ms)
    if found is None:
        return {"count": 0}
    return {
        "p50": round(found.p50, 2),
        "p95": round(found.p95, 2),
        "p99": round(found.p99, 2),
        "max": round(max(samples_ms), 2),
        "count": found.count,
    }


def slope(times_s: Sequence[float], values_ms: Sequence[float]) -> Slope | None:
    """The median of the slopes through every two of the bins' medians; None below three bins.

    The interval is Sen's (1968): order statistics of those slopes, at the normal approximation of
    Kendall's variance.
    """
    at_s, medians_ms = _bins(np.asarray(times_s, float), np.asarray(values_ms, float))
    count = len(at_s)
    if count < 3:
        return None
    first, second = np.triu_indices(count, 1)
    rises = (medians_ms[second] - medians_ms[first]) / (at_s[second] - at_s[first])
    slopes = np.sort(rises) * 60
    half = 1.96 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18) / 2
    middle = (len(slopes) - 1) / 2
    low = slopes[max(0, math.floor(middle - half))]
    high = slopes[min(len(slopes) - 1, math.ceil(middle + half))]
    return Slope(float(np.median(slopes)), float(low), float(high))


def with_slope(times_s: Sequence[float], values_ms: Sequence[float]) -> dict[str, Any]:
    """``spread`` with ``slope_ms_per_min`` and ``slope_95``, None where too few were measured."""
    found = slope(times_s, values_ms)
    return {
        **spread(values_ms),
        "slope_ms_per_min": None if found is None else round(found.per_min, 3),
        "slope_95": None if found is None else [round(found.low, 3), round(found.high, 3)],
    }


def is_flat(delay_ms: Mapping[str, Any], most_per_min: float, which: str = "") -> bool:
    """Whether what ``with_slope`` found grows by no more than this, or not for certain.

    :param which: what stands before the names of the slope and its interval.
    """
    found, sure = delay_ms.get(f"{which}slope_ms_per_min"), delay_ms.get(f"{which}slope_95")
    return found is not None and sure is not None and (found <= most_per_min or sure[0] <= 0)


def at_even_speed(
    times_s: ArrayLike, values_ms: ArrayLike, taken_at_s: ArrayLike, yardstick_ms: ArrayLike
) -> list[float]:
    """What the values would be had the machine kept its median speed throughout.

    Each is divided by the time that the yardstick took around its moment; a delay is work and
    waiting for work, and both are as long as the machine is slow.
    """
    times, taken = np.asarray(times_s, float), np.asarray(taken_at_s, float)
    yardsticks = np.asarray(yardstick_ms, float)
    smooth = np.array([np.median(yardsticks[np.abs(taken - at) <= SPEED_S]) for at in taken])
    around = np.interp(times, taken, smooth)
    return list(np.asarray(values_ms, float) * np.median(yardsticks) / around)


def _bins(
    times_s: NDArray[np.float64], values_ms: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median time and median value of each bin that has any."""
    if not len(times_s):
        return times_s, values_ms
    number = np.floor((times_s - times_s.min()) / BIN_S).astype(int)
    groups = [number == n for n in np.unique(number)]
    return (
        np.array([np.median(times_s[group]) for group in groups]),
        np.array([np.median(values_ms[group]) for group in groups]),
    )
