"""Which IUV image belongs to which frame: by the order of the frames, not by their rate."""

from __future__ import annotations


class FrameOrder:
    """Numbers frames as they come, one image each.

    Rates vary and timestamps have gaps, so times are only compared: a later one is the next frame,
    the same one the same frame again, and an earlier one starts anew.

    :param first: the number of the first frame, where the clip is not played from its beginning.
    """

    def __init__(self, first: int = 0) -> None:
        self.restart(first)

    def restart(self, first: int = 0) -> None:
        """The next frame is number ``first``."""
        self._first = first
        self._last: tuple[float, int] | None = None

    def __call__(self, time_s: float) -> int:
        """The number of the frame at this time."""
        if self._last is None or time_s < self._last[0]:
            index = self._first
        elif time_s == self._last[0]:
            index = self._last[1]
        else:
            index = self._last[1] + 1
        self._last = (time_s, index)
        return index


class ToldOrder:
    """Numbers frames as whoever reads the clip tells them, before each is followed."""

    def __init__(self) -> None:
        self._number = 0

    def tell(self, number: int) -> None:
        """The frame that is followed next, counted from 0."""
        self._number = number

    def __call__(self, time_s: float) -> int:  # noqa: ARG002 - the number has been told
        """The number of the frame at hand."""
        return self._number
