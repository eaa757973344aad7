"""A rate that may be exceeded for a moment: so many a second, and so many at once."""

from __future__ import annotations


class TokenBucket:
    """Full at first; it fills again with time.

    The caller brings the time, so that any clock will do.

    :param per_s: how many come back in a second.
    :param at_once: how many it holds.
    """

    def __init__(self, per_s: float, at_once: int) -> None:
        self._per_s = per_s
        self._at_once = at_once
        self._left = float(at_once)
        self._filled_s: float | None = None

    def take(self, wanted: int, now_s: float) -> int:
        """Take as many of those wanted as there are; returns how many."""
        if self._filled_s is not None:
            self._left += (now_s - self._filled_s) * self._per_s
            self._left = min(self._left, float(self._at_once))
        self._filled_s = now_s
        given = min(wanted, int(self._left))
        self._left -= given
        return given
