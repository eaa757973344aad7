"""One unbroken clock out of those of several connections."""

from __future__ import annotations

from bunraku.stream.core.tolerance import LIVE


class Timeline:
    """Turns times of a source's clock into microseconds that always increase, from 0.

    The source's clock is followed where it can be, since it knows the true distance between frames,
    which arrivals blur. Where it is missing or jumps, the arrivals say how much time has passed.

    Recordings have no arrivals to go by, but packets of all tracks that can wait at a jump until
    its length is known: :class:`bunraku.stream.clip.timeline.ClipTimeline`, which those from a web
    server go through first. What counts as a jump stands for both in
    :mod:`bunraku.stream.core.tolerance`.
    """

    def __init__(self) -> None:
        # What to add to the source's clock; None: find it anew with the next frame.
        self._shift_s: float | None = None
        self._last_us = -1
        self._last_arrival_s = 0.0

    def restart(self) -> None:
        """The next frame comes from another connection, whose clock starts anywhere."""
        self._shift_s = None

    def stamp(self, time_s: float | None, arrived_s: float) -> int:
        """Return the time of the frame that the source puts at ``time_s``, in microseconds.

        ``arrived_s`` is the pipeline's clock.
        """
        first = self._last_us < 0
        passed_s = 0.0 if first else max(0.0, arrived_s - self._last_arrival_s)
        expected_s = 0.0 if first else self._last_us / 1e6 + passed_s
        if time_s is None:
            stamp_s = expected_s
        else:
            if self._shift_s is None or self._jumped(time_s + self._shift_s, expected_s):
                self._shift_s = expected_s - time_s
            stamp_s = time_s + self._shift_s
        self._last_us = max(self._last_us + 1, round(stamp_s * 1e6))
        self._last_arrival_s = arrived_s
        return self._last_us

    def _jumped(self, stamp_s: float, expected_s: float) -> bool:
        # One that falls behind the arrivals would make the pipeline late for good.
        slow = stamp_s < expected_s - LIVE.ahead_s
        return slow or LIVE.jumped(stamp_s, expected_s, self._last_us / 1e6)
