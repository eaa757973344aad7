"""A moving test pattern that needs no camera: to try sinks, and to measure."""

from __future__ import annotations

import math
from enum import StrEnum
from fractions import Fraction

import cv2
import numpy as np

from bunraku.errors import InputError
from bunraku.spec.arrays import Picture
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources.barcode import CELLS, code_height, draw_code
from bunraku.stream.sources.pacing import Pacer
from bunraku.stream.sources.reader import Reader

_MAX_SIDE_PX = 8192
# A round of the ball takes so many frames: two seconds at 30 a second.
_ROUND = 60
_BARS = ("ebebeb", "ebeb10", "10ebeb", "10eb10", "eb10eb", "eb1010", "1010eb", "101010")


class PatternKind(StrEnum):
    """What lies under the ball."""

    BARS = "bars"
    CHECKER = "checker"


class PatternSource:
    """Colour bars or a checkerboard, a ball that goes round, and the frame's number as a code.

    The number is read by :func:`bunraku.stream.sources.barcode.read_code`.
    """

    waits = False

    def __init__(
        self,
        kind: PatternKind = PatternKind.BARS,
        *,
        size: tuple[int, int] = (640, 480),
        rate: float = 30.0,
        clock: Clock | None = None,
    ) -> None:
        """``size`` is width and height in pixels, ``rate`` in frames a second.

        :raises InputError: too small for the code, too large, or no rate.
        """
        if not (CELLS <= size[0] <= _MAX_SIDE_PX and 16 <= size[1] <= _MAX_SIDE_PX):
            raise InputError(
                f"A test pattern of {size[0]}x{size[1]} pixels cannot be made.",
                f"Ask for {CELLS}x16 to {_MAX_SIDE_PX}x{_MAX_SIDE_PX} pixels.",
            )
        if not (math.isfinite(rate) and 0.1 <= rate <= 1000):
            raise InputError(
                f"A test pattern has no rate of {rate:g} frames a second.", "Ask for 0.1 to 1000."
            )
        self._kind = kind
        self._size = size
        self._rate = Fraction(rate).limit_denominator(1001)
        self._clock = clock or SystemClock()
        self._pacer = Pacer(self._clock)
        self._reader: Reader | None = None
        self._dropped = 0

    @property
    def name(self) -> str:
        return f"test pattern {self._kind}"

    @property
    def missed(self) -> int:
        return self._dropped

    @property
    def notice(self) -> str | None:
        return None

    async def open(self) -> None:
        self._reader = Reader(lambda: PatternFeed(self._kind, self._size, self._rate), self.name)
        await self._reader.start()

    async def read(self) -> LiveFrame | None:
        while self._reader is not None:
            frame = await self._reader.take()
            if frame is None:
                return None
            if await self._pacer.wait(frame.time_s, self._reader.upcoming_s):
                frame.captured_s = self._clock.now()
                return frame
            self._dropped += 1
        return None

    async def close(self) -> None:
        if self._reader is not None:
            await self._reader.close()


class PatternFeed:
    """Draws the pattern, a frame ahead."""

    live = False
    unreadable = 0

    def __init__(self, kind: PatternKind, size: tuple[int, int], rate: Fraction) -> None:
        self._ground = ground(kind, size)
        self._rate = rate
        self._number = 0

    def read(self) -> LiveFrame:
        number, self._number = self._number, self._number + 1
        return LiveFrame(draw(self._ground, number), number, 1 / self._rate, 0.0)

    def close(self) -> None:
        pass


def ground(kind: PatternKind, size: tuple[int, int]) -> Picture:
    """What stands still in the pattern, ``[H,W,3]`` uint8 RGB."""
    width, height = size
    if kind is PatternKind.BARS:
        colours = np.array([list(bytes.fromhex(bar)) for bar in _BARS], np.uint8)
        row = colours[np.arange(width) * len(_BARS) // width]
        return np.broadcast_to(row, (height, width, 3)).copy()
    cell = max(1, min(size) // 8)
    y, x = np.mgrid[:height, :width]
    levels = np.where((x // cell + y // cell) % 2, 180, 60).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


def draw(still: Picture, number: int) -> Picture:
    """Frame ``number`` of the pattern over what :func:`ground` gave."""
    picture = still.copy()
    height, width = picture.shape[:2]
    top = code_height(height)
    radius = max(2, min(width, height - top) // 10)
    angle = 2 * math.pi * number / _ROUND
    x = round(width / 2 + (width / 2 - radius) * 0.8 * math.cos(angle))
    y = round((height + top) / 2 + ((height - top) / 2 - radius) * 0.8 * math.sin(angle))
    cv2.circle(picture, (x, y), radius, (255, 255, 255), -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), max(1, radius // 2), (20, 20, 20), -1, cv2.LINE_AA)
    draw_code(picture, number)
    return picture
