"""What the live pipeline counts and times, and a snapshot of it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bunraku.runtime.measure import nearest_rank
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.frame import LiveFrame, Span

KEPT = 1024
"""Durations kept of each stage: the last half minute at 30 frames a second."""
RATE_WINDOW_S = 2.0
"""Time over which frames a second are counted."""


@dataclass(frozen=True)
class Percentiles:
    """A distribution of the newest durations, in milliseconds; by nearest rank."""

    p50: float
    p95: float
    p99: float
    count: int

    @classmethod
    def of(cls, samples_ms: Iterable[float]) -> Percentiles | None:
        """None of no samples."""
        ordered = sorted(samples_ms)
        if not ordered:
            return None
        p50, p95, p99 = (nearest_rank(ordered, share) for share in (0.50, 0.95, 0.99))
        return cls(p50, p95, p99, len(ordered))


@dataclass(frozen=True)
class Stats:
    """The pipeline at one moment. Rates are of the last two seconds, and of the whole time once the
    source has ended; durations of about the last thousand frames, counts of the whole time.
    """

    elapsed_s: float
    """From the first frame on, until the source had ended and the last frame was delivered."""
    fps_in: float
    fps_out: float
    """At the first sink."""
    frames_in: int
    frames_out: int
    """At the first sink."""
    dropped: Mapping[str, int]
    """Frames replaced by a newer one before this stage or sink took them; "source": those that
    were unreadable, or that nobody came to read.
    """
    lost: int
    """Frames in which nobody was found."""
    faults: Mapping[str, int]
    """Frames given up, by stage or sink."""
    stages_ms: Mapping[str, Percentiles]
    """Of frames on which the stage had something to do."""
    age_ms: Percentiles | None
    """From a frame's capture to when the first sink had taken it; None before the first."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for :func:`json.dumps`, durations and rates to a hundredth."""
        plain: dict[str, Any] = _rounded(asdict(self))
        return plain


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    return value


class Rate:
    """Events a second, over the last ``RATE_WINDOW_S``."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque()
        self._since_s: float | None = None

    def count(self, now_s: float) -> None:
        """One event, now."""
        if self._since_s is None:
            self._since_s = now_s
        self._times_s.append(now_s)
        self._forget(now_s)

    def value(self, now_s: float) -> float:
        """Events a second; 0 before the second one."""
        self._forget(now_s)
        if self._since_s is None or now_s <= self._since_s:
            return 0.0
        window_s = min(RATE_WINDOW_S, now_s - self._since_s)
        events = len(self._times_s)
        if window_s < RATE_WINDOW_S:
            events -= 1  # the first one opened the window
        return events / window_s

    def _forget(self, now_s: float) -> None:
        while self._times_s and self._times_s[0] <= now_s - RATE_WINDOW_S:
            self._times_s.popleft()


class Meter:
    """Counts and times of one pipeline, kept in its event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start_s = clock.now()
        self._end_s: float | None = None
        self._in, self._out = Rate(), Rate()
        self.frames_in = self.frames_out = self.lost = 0
        self.dropped: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._stages_ms: dict[str, deque[float]] = {}
        self._ages_ms: deque[float] = deque(maxlen=KEPT)

    def arrived(self) -> None:
        if not self.frames_in:
            self._start_s = self._clock.now()  # opening cameras and windows does not count
        self.frames_in += 1
        self._in.count(self._clock.now())

    def worked(self, stage: str, span: Span) -> None:
        self._stages_ms.setdefault(stage, deque(maxlen=KEPT)).append(span.ms)

    def finished(self, frame: LiveFrame) -> None:
        """The last stage is done with it."""
        self.lost += frame.lost

    def delivered(self, age_s: float) -> None:
        """The first sink has taken a frame; some are on their way when the source ends."""
        self.frames_out += 1
        self._out.count(self._clock.now())
        self._ages_ms.append(age_s * 1e3)
        if self._end_s is not None:
            self.end()

    def end(self) -> None:
        """The source has ended: the time that all takes to close does not count."""
        self._end_s = self._clock.now()

    def snapshot(self, missed: int) -> Stats:
        """:param missed: frames that the source lost."""
        now_s = self._clock.now() if self._end_s is None else self._end_s
        elapsed_s = now_s - self._start_s if self.frames_in else 0.0
        fps_in, fps_out = self._in.value(now_s), self._out.value(now_s)
        if self._end_s is not None:
            fps_in, fps_out = (
                count / elapsed_s if elapsed_s > 0 else 0.0
                for count in (self.frames_in, self.frames_out)
            )
        dropped = dict(self.dropped)
        if missed:
            dropped["source"] = missed
        times = {name: Percentiles.of(samples) for name, samples in self._stages_ms.items()}
        return Stats(
            elapsed_s=elapsed_s,
            fps_in=fps_in,
            fps_out=fps_out,
            frames_in=self.frames_in,
            frames_out=self.frames_out,
            dropped=dropped,
            lost=self.lost,
            faults=dict(self.faults),
            stages_ms={name: spread for name, spread in times.items() if spread is not None},
            age_ms=Percentiles.of(self._ages_ms),
        )
