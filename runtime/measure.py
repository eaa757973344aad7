"""How long each step takes: one recorder, over the host's clock or a device's events."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from bunraku.runtime.device import Event, HostEvent, HostQueue, Queue
from bunraku.spec.stages import Step

KEPT = 4096
"""Samples kept a step: two minutes at 30 frames a second, whatever the clip's length."""

_Span: TypeAlias = tuple[Event, Event]


@dataclass(frozen=True)
class Spread:
    """A distribution of durations, in milliseconds."""

    p50: float
    p95: float
    min: float
    count: int
    """How many samples it is made of."""

    @classmethod
    def of(cls, samples_ms: Sequence[float]) -> Spread:
        """The spread of at least one sample; percentiles by nearest rank."""
        ordered = sorted(samples_ms)
        if not ordered:
            raise ValueError("a spread needs at least one sample")
        p50, p95 = (nearest_rank(ordered, share) for share in (0.50, 0.95))
        return cls(p50, p95, ordered[0], len(ordered))

    def divided(self, calls: int) -> Spread:
        """Of one call, where each sample was of so many."""
        return Spread(self.p50 / calls, self.p95 / calls, self.min / calls, self.count)


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """A percentile of sorted samples: the one below or at which such a share of them lies."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Recorder:
    """Durations by step, the newest ``KEPT`` of each; steps may run in different threads.

    Events of a device are read when the durations are asked for: measuring waits for nothing.

    :param host: whose clock times what has no queue of its own.
    """

    def __init__(self, host: Queue | None = None) -> None:
        self._host = host or HostQueue()
        self._lock = threading.Lock()
        self._spans: dict[str, deque[_Span]] = {}

    @contextmanager
    def measure(self, step: str, queue: Queue | None = None) -> Iterator[None]:
        """Time the block, on its queue where it has one; a block that raises is not counted."""
        on = queue or self._host
        start = on.record()
        yield
        end = on.record()
        with self._lock:
            self._spans.setdefault(str(step), deque(maxlen=KEPT)).append((start, end))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._spans.clear()

    def spreads(self) -> Mapping[str, Spread]:
        """The spread of each step seen so far, in the order of ``Step``, others after."""
        return self._of(
            lambda start, end: end.ms_since(start) if end.done else None, self._copied()
        )

    def cpu_spreads(self) -> Mapping[str, Spread]:
        """The same of processor time, of steps on the host beside which no other step was done: it
        is all threads' (see ``plan.FrameShares``)."""
        copied = self._copied()
        apart = _apart([span for spans in copied.values() for span in spans])

        def taken_ms(start: Event, end: Event) -> float | None:
            if start in apart and isinstance(start, HostEvent) and isinstance(end, HostEvent):
                return end.cpu_ms_since(start)
            return None

        return self._of(taken_ms, copied)

    def together(self, steps: Sequence[str], newest: int) -> Spread:
        """The spread of what these steps took of a frame, of the newest frames; each step ran once
        in each, and is done.

        :raises ValueError: one of them has not been seen.
        """
        with self._lock:
            spans = [list(self._spans.get(str(step), ()))[-newest:] for step in steps]
        of_frames = zip(*spans, strict=True)
        return Spread.of([sum(end.ms_since(start) for start, end in one) for one in of_frames])

    def _copied(self) -> dict[str, list[_Span]]:
        with self._lock:
            return {name: list(spans) for name, spans in self._spans.items()}

    def _of(
        self,
        taken_ms: Callable[[Event, Event], float | None],
        copied: dict[str, list[_Span]],
    ) -> Mapping[str, Spread]:
        samples = {
            name: [ms for span in spans if (ms := taken_ms(*span)) is not None]
            for name, spans in copied.items()
        }
        order = [*map(str, Step), *sorted(set(samples) - set(Step))]
        return {name: Spread.of(samples[name]) for name in order if samples.get(name)}


def _apart(spans: Sequence[_Span]) -> set[Event]:
    """Where those on the host begin that lie in time before or after every other."""
    known = [(a, b) for a, b in spans if isinstance(a, HostEvent) and isinstance(b, HostEvent)]
    known.sort(key=lambda span: span[0].at_s)
    result: set[Event] = {start for start, _ in known}
    for k, (start, end) in enumerate(known):
        for later, its_end in known[k + 1 :]:
            if later.at_s >= end.at_s:
                break
            if its_end.at_s > start.at_s:  # the clock may not tell them from one another
                result -= {start, later}
    return result
