"""Frames of a recording at the times they were taken at."""

from __future__ import annotations

from bunraku.stream.core.clock import Clock

# Beyond this the reader is too slow for the recording, or the machine slept: it then plays on from
# where it is, instead of dropping all frames until it has caught up.
MOST_LATE_S = 0.5


class Pacer:
    """Makes the first frame due at once and the others as far behind it as they were taken.

    Their clock must not jump; see :class:`~bunraku.stream.clip.timeline.ClipTimeline`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # The clock's reading at the recording's time 0.
        self._zero_s: float | None = None

    async def wait(self, time_s: float, next_s: float | None) -> bool:
        """Return when the frame of that time is due; False if it is to be dropped.

        It is where the next one waits already (None: it does not), and is due as well.
        """
        now_s = self._clock.now()
        if self._zero_s is None:
            self._zero_s = now_s - time_s
        late_s = now_s - self._zero_s - time_s
        if late_s > MOST_LATE_S:
            self._zero_s += late_s
            return True
        if late_s < 0:
            await self._clock.sleep(-late_s)
            return True
        return next_s is None or self._zero_s + next_s > now_s
