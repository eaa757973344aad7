"""How long each stage takes: a small recorder, and the p50 and p95 that reports show."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

KEPT = 4096
"""Samples kept a stage: two minutes at 30 frames a second, whatever the clip's length."""


class Stage(StrEnum):
    """The stages of a frame, in order."""

    POSE = "pose"
    """Tracking: the frame to landmarks."""
    IUV = "iuv"
    """Landmarks to the IUV map."""
    MOTION = "motion"
    """The geometric prior and the motion engine."""
    SEAM = "seam"
    """The gather kernels between motion and blend."""
    BLEND = "blend"
    """The blend engine."""
    PASTE = "paste"
    """The person back into the photo."""


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


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """A percentile of sorted samples: the one below or at which such a share of them lies."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class StageTimer:
    """Durations by stage, the newest ``KEPT`` of each; stages may run in different threads.

    :param clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._samples_ms: dict[str, deque[float]] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Time the block; a block that raises is not counted."""
        start = self._clock()
        yield
        self.add(stage, (self._clock() - start) * 1e3)

    def add(self, stage: str, duration_ms: float) -> None:
        with self._lock:
            self._samples_ms.setdefault(str(stage), deque(maxlen=KEPT)).append(duration_ms)

    def clear(self) -> None:
        with self._lock:
            self._samples_ms.clear()

    def spreads(self) -> Mapping[str, Spread]:
        """The spread of each stage seen so far, in the order of ``Stage``, others after."""
        with self._lock:
            copied = {name: list(samples) for name, samples in self._samples_ms.items()}
        order = [str(s) for s in Stage] + sorted(set(copied) - set(Stage))
        return {name: Spread.of(copied[name]) for name in order if name in copied}
