"""How far a source's clock may run from where it was expected before it has jumped."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """What is still the clock's own timing; beyond it, the clock is taken up anew where it was
    expected."""

    # Further ahead of the expected time.
    ahead_s: float
    # Further back than the last time: clocks never run backwards, less is a matter of rounding.
    back_s: float

    def jumped(self, time_s: float, expected_s: float, last_s: float) -> bool:
        """Whether a clock that told ``last_s`` and was to tell ``expected_s`` now has jumped."""
        return time_s > expected_s + self.ahead_s or time_s < last_s - self.back_s


# Frames that arrive live: the arrivals tell how much time has passed.
LIVE = Tolerance(ahead_s=1.0, back_s=0.05)
# Clips in formats made for broadcast, whose clock may start anew at any point, so that files may be
# joined end to end: transport and program streams, FLV, Ogg. They repeat their times several times
# a second, so a gap in all tracks is lost signal or a joint, never a pause; only because pauses of
# a few seconds get into them when other clips are put into a transport stream are those kept.
STREAMED = Tolerance(ahead_s=5.0, back_s=0.1)
# Clips with one clock for the whole file, as an index or a header fixes it: MP4, Matroska, AVI.
# What they say is meant, be it a pause of minutes or one picture a minute; an hour in one go is
# damage. Only joining them end to end, or damage, makes them go back.
INDEXED = Tolerance(ahead_s=3600.0, back_s=0.1)
