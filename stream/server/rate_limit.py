"""How often something may happen, and how many may be at it at once."""

from __future__ import annotations

import contextlib
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator

from bunraku.stream.core.clock import Clock

MINUTE_S = 60.0
MOST_KEYS = 4096
"""Addresses remembered; the oldest is forgotten first, so that memory stays bounded."""


class RateLimit:
    """At most ``most`` events in any ``window_s`` seconds."""

    def __init__(self, most: int, window_s: float, clock: Clock) -> None:
        self._most = most
        self._window_s = window_s
        self._clock = clock
        self._times_s: deque[float] = deque()

    def wait_s(self) -> float:
        """Seconds until the next event may happen; 0 when it may happen now."""
        now_s = self._clock.now()
        while self._times_s and self._times_s[0] <= now_s - self._window_s:
            self._times_s.popleft()
        if len(self._times_s) < self._most:
            return 0.0
        return self._times_s[0] + self._window_s - now_s

    def count(self) -> None:
        """One has happened; more than ``most`` of them need not be remembered."""
        self._times_s.append(self._clock.now())
        if len(self._times_s) > self._most:
            self._times_s.popleft()

    def take(self) -> bool:
        """Count one if it may happen now."""
        if self.wait_s() > 0.0:
            return False
        self.count()
        return True


class RateLimits:
    """One ``RateLimit`` for each key, such as an address."""

    def __init__(self, most: int, window_s: float, clock: Clock) -> None:
        self._most = most
        self._window_s = window_s
        self._clock = clock
        self._limits: OrderedDict[str, RateLimit] = OrderedDict()

    def of(self, key: str) -> RateLimit:
        """The limit of this key."""
        limit = self._limits.get(key)
        if limit is None:
            limit = self._limits[key] = RateLimit(self._most, self._window_s, self._clock)
            if len(self._limits) > MOST_KEYS:
                self._limits.popitem(last=False)
        self._limits.move_to_end(key)
        return limit

    def wait_s(self, key: str) -> float:
        """Seconds until this key may go on; a key never counted is not remembered."""
        limit = self._limits.get(key)
        return 0.0 if limit is None else limit.wait_s()


class ConcurrencyLimit:
    """Who is at something at the same time: at most ``most`` in all, ``most_each`` of one key."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._inside: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._inside.total()

    def admits(self, key: str, *, shared: bool = False) -> bool:
        """Whether there is room for one more of this key; one that many share has no limit of its
        own.
        """
        return len(self) < self._most and (shared or self._inside[key] < self._most_each)

    @contextlib.contextmanager
    def joined(self, key: str) -> Iterator[None]:
        """Be one of them meanwhile."""
        self._inside[key] += 1
        try:
            yield
        finally:
            self._inside[key] -= 1
            self._inside += Counter()  # which forgets the keys of nobody
