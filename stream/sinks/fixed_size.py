"""What files, streams and virtual cameras ask of live pictures: one size, and time that goes on."""

from __future__ import annotations

from bunraku.spec.arrays import Picture
from bunraku.stream.core.encoding import even_size, pad_even, size_of
from bunraku.stream.core.frame import to_rgb
from bunraku.stream.core.layout import MAX_RECORDED_SIDE_PX, recordable_size
from bunraku.stream.core.orientation import fit

# A clock that goes back by more than this has been set anew, as when a clip starts over.
_RESTART_S = 0.5


class SizeFitter:
    """One size for all pictures: the first one's, or the one that is given.

    Later pictures of another size are scaled into it, proportions kept, with black bars.
    """

    def __init__(self, size: tuple[int, int] | None = None) -> None:
        """:param size: (width, height) in pixels."""
        self.size = size if size is None else even_size(*size)

    def fit(self, picture: Picture) -> Picture:
        """``[H,W,3]`` uint8 RGB of any size to the one size, which is even; I420 that has it is
        given back as it is."""
        width, height = size_of(picture)
        if self.size is None:
            self.size = even_size(*recordable_size(width, height, MAX_RECORDED_SIDE_PX))
        if self.size == even_size(width, height):
            return pad_even(picture)
        return fit(to_rgb(picture), *self.size)


class OutputTimeline:
    """Whole milliseconds from 0, each later than the one before, from a clock's readings."""

    def __init__(self, frame_ms: int = 33) -> None:
        """:param frame_ms: how long a frame lasts, about; it is left where a clock starts over."""
        self.last_ms = -1
        self._frame_ms = frame_ms
        self._zero_s: float | None = None

    def at_ms(self, time_s: float) -> int:
        """The time of a frame whose clock reads ``time_s`` seconds."""
        if self._zero_s is None:
            self._zero_s = time_s
        time_ms = round((time_s - self._zero_s) * 1000)
        if time_ms < self.last_ms - _RESTART_S * 1000:
            time_ms = self.last_ms + self._frame_ms
            self._zero_s = time_s - time_ms / 1000
        self.last_ms = max(time_ms, self.last_ms + 1)
        return self.last_ms
