"""Which frame of the result shows which frame of the camera, and how much later."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.live.clip import RATE


@dataclass(frozen=True)
class Mark:
    """A frame number read from a video, and when: ``performance.now`` of the page, in ms."""

    number: int
    at_ms: float


@dataclass(frozen=True)
class Delay:
    """A frame of the result that was recognised."""

    at_ms: float
    """When it was shown, on the page's clock."""
    delay_ms: float
    """How long after the same frame of the camera."""


@dataclass(frozen=True)
class Matching:
    """All that two lists of marks tell."""

    delays: tuple[Delay, ...]
    unmatched: int
    """Frames of the result whose own picture the page never showed."""
    repeated: int
    """Marks of a number that was already shown, or of an older one."""


def match(
    own: Sequence[Mark], result: Sequence[Mark], *, period: int, rate: float = RATE
) -> Matching:
    """Find each frame of the result among those of the camera; both in order of time.

    The clip has ``period`` frames and is played over and over. The numbers are counted on through
    the repetitions on both sides, so that delays longer than the clip come out right as well,
    provided that the first one is shorter. The camera gives ``rate`` frames a second, also those
    that the page had no time to show.
    """
    if not own or not result:
        return Matching((), len(result), 0)
    shown_ms: dict[int, float] = {}
    turning: list[tuple[float, int]] = []
    count = own[0].number
    for mark in own:
        count += _step(count, mark.number, period)
        # The first time counts: a frame that stays on the screen is reported once.
        shown_ms.setdefault(count, mark.at_ms)
        turning.append((mark.at_ms, count))

    delays: list[Delay] = []
    unmatched = repeated = 0
    last: int | None = None
    for mark in result:
        newest = _newest(turning, mark.at_ms, rate)
        if newest is None:
            unmatched += 1
            continue
        if last is None:
            # The newest frame of that number which the camera has shown by now.
            number = newest - (newest - mark.number) % period
        else:
            number = last + _step(last, mark.number, period)
            if number <= last or number > newest:
                # From the past, or from a future that no camera has seen: shown twice or misread.
                repeated += 1
                continue
        last = number
        if number in shown_ms:
            delays.append(Delay(mark.at_ms, mark.at_ms - shown_ms[number]))
        else:
            unmatched += 1
    return Matching(tuple(delays), unmatched, repeated)


def _step(count: int, number: int, period: int) -> int:
    """The least way from one number to the next, backwards where that is nearer."""
    ahead = (number - count) % period
    return ahead if ahead <= period // 2 else ahead - period


def _newest(turning: list[tuple[float, int]], at_ms: float, rate: float) -> int | None:
    """The largest count the camera can have come to by then; None before its first frame."""
    place = bisect.bisect_right(turning, at_ms, key=lambda pair: pair[0])
    if not place:
        return None
    since_ms, count = turning[place - 1]
    return count + int((at_ms - since_ms) * rate / 1e3)
