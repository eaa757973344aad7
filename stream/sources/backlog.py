"""Noticing that frames wait in a socket because decoding is too slow, and what to leave out."""

from __future__ import annotations

from bunraku.stream.core.clock import Clock

# How long reading is watched before it is judged.
WINDOW_S = 2.0
# A reader that keeps up waits for data; one that waits less than this share of the time is behind.
LEAST_WAITING = 0.05
# A read that waited so long has emptied what was there.
EDGE_S = 0.005


class Backlog:
    """Watches how long reads wait.

    No clock of the sender's is needed: data that is always there already has waited itself.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since_s = clock.now()
        self._waited_s = 0.0
        # Leaving out: first all that waits, then up to a picture that needs no other.
        self._behind = False
        self._incomplete = False

    def leaves_out(self, waited_s: float, *, key: bool) -> bool:
        """Whether to leave out the packet whose read waited so long.

        ``key``: whether its picture needs no earlier one.
        """
        self._waited_s += waited_s
        now_s = self._clock.now()
        if self._behind:
            self._behind = waited_s < EDGE_S
        elif not self._incomplete and now_s - self._since_s >= WINDOW_S:
            self._behind = self._waited_s < LEAST_WAITING * (now_s - self._since_s)
            self._incomplete = self._behind
            self._since_s, self._waited_s = now_s, 0.0
        if self._incomplete and key and not self._behind:
            self._incomplete = False
            self._since_s, self._waited_s = now_s, 0.0
        return self._incomplete
