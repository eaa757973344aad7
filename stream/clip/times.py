"""When a clip's frames are shown, also where its container says it badly or not at all."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from av.container import InputContainer
from av.format import Flags
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bunraku.stream.core.frame import MICROSECONDS

_FALLBACK_RATE = Fraction(25)
# No camera takes more a second, but units of clocks are taken for frames.
_MAX_RATE = 960
# A unit that is so many frames long cannot tell them apart.
_COARSE_FRAMES = 1.1


class FrameTimes:
    """Gives each decoded frame its time and length, in :attr:`time_base` on the clip's clock."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._untimed = is_untimed(container)
        # Frames a second, about.
        self.rate, finest = _rates(stream, untimed=self._untimed)
        base = stream.time_base or 1 / self.rate
        # In a unit longer than a frame, several have the same time, and are spread over it.
        self._coarse = base * self.rate > _COARSE_FRAMES
        self.time_base = MICROSECONDS if self._coarse else base
        self._step = max(1, round(1 / (finest * self.time_base)))
        # AVI knows only when frames are decoded; what it gives as pts is a guess.
        self._by_dts = "avi" in container.format.name
        start = None if self._untimed else stream.start_time
        self._first = 0 if start is None else round(start * base / self.time_base)
        self._last: int | None = None

    def stamp(self, frame: VideoFrame) -> tuple[int, int]:
        """Return the frame's pts, which strictly increases, and its duration, 0 if unknown."""
        pts = self._told(frame)
        if self._last is None:
            pts = self._first if pts is None else pts
        elif pts is None:
            pts = self._last + self._step
        elif pts <= self._last:
            # Elsewhere less, lest one frame too many moves all that follow.
            pts = self._last + (self._step if self._coarse else max(1, self._step // 2))
        self._last = pts
        if self._untimed or self._coarse:
            return pts, self._step
        return pts, frame.duration or 0

    def told_s(self, frame: VideoFrame) -> float | None:
        """Return when a frame is shown, in seconds as packets say it; None where it is a guess."""
        if self._untimed or self._by_dts or frame.pts is None or not frame.time_base:
            return None
        return float(frame.pts * frame.time_base)

    def _told(self, frame: VideoFrame) -> int | None:
        pts = frame.dts if self._by_dts else frame.pts
        if pts is None or not frame.time_base or self._untimed:
            return None
        return round(pts * frame.time_base / self.time_base)


def is_untimed(container: InputContainer) -> bool:
    """Whether the container is a bare row of frames, whose times FFmpeg counts by a guess."""
    return bool(container.format.flags & cast(int, Flags.no_timestamps.value))


def _rates(stream: VideoStream, *, untimed: bool) -> tuple[Fraction, Fraction]:
    """Return how many frames a second there are, about, and how close together they come.

    Some of what FFmpeg tells are the units of the clock instead: 60000 for raw DV.
    """
    told = (stream.average_rate, stream.guessed_rate, stream.codec_context.framerate)
    average, guessed, coded = (rate if rate and rate <= _MAX_RATE else None for rate in told)
    finest = guessed or coded or average or _FALLBACK_RATE
    # Where the rate varies, the average is below; above, it cannot be.
    return (finest if untimed else min(average or finest, finest)), finest
