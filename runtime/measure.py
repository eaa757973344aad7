"""How long each step takes: one recorder, over the host's clock or a device's events."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bunraku.runtime.device import Event, HostEvent, HostQueue, Queue
from bunraku.spec.stages import Step

KEPT = 4096
"""Samples kept a step: two minutes at 30 frames a second, whatever the clip's length."""


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
        self._spans: dict[str, deque[tuple[Event, Event]]] = {}

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
        return self._of(lambda start, end: end.ms_since(start) if end.done else None)

    def cpu_spreads(self) -> Mapping[str, Spread]:
        """The same of processor time, of steps on the host; of all threads, so it tells something
        where steps follow each other: not with ``Models.ahead``."""

        def taken_ms(start: Event, end: Event) -> float | None:
            if isinstance(start, HostEvent) and isinstance(end, HostEvent):
                return end.cpu_ms_since(start)
            return None

        return self._of(taken_ms)

    def together(self, steps: Sequence[str], newest: int) -> Spread:
        """The spread of what these steps took of a frame, of the newest frames; each step ran once
        in each, and is done.

        :raises ValueError: one of them has not been seen.
        """
        with self._lock:
            spans = [list(self._spans.get(str(step), ()))[-newest:] for step in steps]
        of_frames = zip(*spans, strict=True)
        return Spread.of([sum(end.ms_since(start) for start, end in one) for one in of_frames])

    def _of(self, taken_ms: Callable[[Event, Event], float | None]) -> Mapping[str, Spread]:
        with self._lock:
            copied = {name: list(spans) for name, spans in self._spans.items()}
        samples = {
            name: [ms for span in spans if (ms := taken_ms(*span)) is not None]
            for name, spans in copied.items()
        }
        order = [*map(str, Step), *sorted(set(samples) - set(Step))]
        return {name: Spread.of(samples[name]) for name in order if samples.get(name)}
