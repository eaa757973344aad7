"""A clock that only tests move, and sources, stages and sinks in memory."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from bunraku.errors import SourceError
from bunraku.spec.arrays import Picture
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.sources.file import FileSource

_SETTLING = 50
"""Turns of the event loop in which everything that can go on does."""


class FakeClock:
    """Seconds that pass only in ``advance``."""

    def __init__(self, now_s: float = 100.0) -> None:
        self._now_s = now_s
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + seconds, next(self._count), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let so much time pass; who wakes on the way sees the time at which it asked to."""
        until_s = self._now_s + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until_s + 1e-9:
            self._now_s, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
            await settle()
        self._now_s = until_s


async def settle() -> None:
    """Let every task go on until it waits for the clock or for another."""
    for _ in range(_SETTLING):
        await asyncio.sleep(0)


def picture(level: int = 0, size: tuple[int, int] = (16, 12)) -> Picture:
    """A grey picture of (width, height)."""
    return np.full((size[1], size[0], 3), level % 256, np.uint8)


class FakeSource:
    """A frame each ``interval_s`` of the clock, ``count`` of them (None: for ever).

    :param raw: the pictures, over and over.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        interval_s: float = 0.04,
        count: int | None = None,
        waits: bool = False,
        name: str = "camera",
        error: Exception | None = None,
        open_error: Exception | None = None,
        raw: Iterable[Picture] | None = None,
    ) -> None:
        self.name, self.waits = name, waits
        self.missed = 0
        self.notice: str | None = None
        self.opened = self.closed = 0
        self._clock, self._interval_s, self._count = clock, interval_s, count
        self._error, self._open_error = error, open_error
        self._given = 0
        self._raw = itertools.cycle(raw or [picture(level) for level in range(0, 250, 10)])

    async def open(self) -> None:
        self.opened += 1
        if self._open_error is not None:
            raise self._open_error

    async def read(self) -> LiveFrame | None:
        if self._given == self._count:
            if self._error is not None:
                raise self._error
            return None
        await self._clock.sleep(self._interval_s)
        self._given += 1
        now_s = self._clock.now()
        return LiveFrame(next(self._raw), round(now_s * 1e6), MICROSECONDS, now_s)

    async def close(self) -> None:
        self.closed += 1


class FakeStage:
    """Takes ``takes_s`` of the clock for a frame; frames whose index is in ``fails`` fail."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        takes_s: float = 0.0,
        *,
        fails: Iterable[int] = (),
        lost: Iterable[int] = (),
        idle: Iterable[int] = (),
    ) -> None:
        self.name = name
        self._clock, self._takes_s = clock, takes_s
        self._fails, self._lost = frozenset(fails), frozenset(lost)
        self._idle = frozenset(idle)
        self.seen: list[int] = []
        self.closed = 0

    async def run(self, frame: LiveFrame) -> None:
        self.seen.append(frame.index)
        if frame.index in self._idle:
            frame.idle.add(self.name)
        elif self._takes_s:
            await self._clock.sleep(self._takes_s)
        if frame.index in self._fails:
            raise RuntimeError(f"frame {frame.index} is broken")
        frame.lost = frame.lost or frame.index in self._lost
        frame.shown = frame.picture()

    async def close(self) -> None:
        self.closed += 1


class FakeSink:
    """Remembers frames and their ages; closes itself after ``closes_after`` of them."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        takes_s: float = 0.0,
        *,
        fails: Iterable[int] = (),
        closes_after: int | None = None,
        open_error: Exception | None = None,
        keeps_all: bool = False,
        takes_i420: bool = False,
    ) -> None:
        self.name, self.keeps_all, self.takes_i420 = name, keeps_all, takes_i420
        self.notice: str | None = None
        self.gone = False
        self._clock, self._takes_s = clock, takes_s
        self._fails, self._closes_after = frozenset(fails), closes_after
        self._open_error = open_error
        self.frames: list[LiveFrame] = []
        self.ages_s: list[float] = []
        self.opened = self.closed = 0

    @property
    def indices(self) -> list[int]:
        """Of the frames that arrived."""
        return [frame.index for frame in self.frames]

    async def open(self) -> None:
        self.opened += 1
        if self._open_error is not None:
            raise self._open_error

    async def write(self, frame: LiveFrame) -> None:
        if self._takes_s:
            await self._clock.sleep(self._takes_s)
        if frame.index in self._fails:
            raise RuntimeError(f"frame {frame.index} cannot be shown")
        if self._closes_after is not None and len(self.frames) >= self._closes_after:
            raise SinkClosed(f"{self.name} was closed.")
        self.frames.append(frame)
        self.ages_s.append(self._clock.now() - frame.captured_s)

    async def close(self) -> None:
        self.closed += 1


class LostSource(FileSource):
    """A clip that is lost where it should end."""

    async def read(self) -> LiveFrame | None:
        frame = await super().read()
        if frame is None:
            raise SourceError("The camera is gone.", "Plug it in.")
        return frame


def live_frame(level: int = 0, *, index: int = 0, time_s: float = 0.0) -> LiveFrame:
    """A frame outside any pipeline."""
    frame = LiveFrame(picture(level), round(time_s * 1e6), MICROSECONDS, time_s, index)
    assert frame.time_base == Fraction(1, 1_000_000)
    return frame
