"""Sources whose connection is made again when it is lost."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bunraku.errors import SourceError
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.sources.pacing import Pacer
from bunraku.stream.sources.reader import Feed, FeedLost, Reader
from bunraku.stream.sources.timeline import Timeline

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retry:
    """How a lost connection is made again."""

    # Before the first attempt.
    first_s: float = 0.5
    # Each wait is so many times the last one.
    factor: float = 2.0
    # No wait is longer.
    longest_s: float = 10.0
    # A wait is shortened by up to this share, so that many clients do not come back at once.
    jitter: float = 0.25
    # Without a frame for so long, the source is lost for good.
    give_up_s: float = 300.0

    def waits_s(self, chance: random.Random) -> Iterator[float]:
        """Yield the waits before each attempt, without end."""
        wait_s = self.first_s
        while True:
            yield wait_s * (1 - self.jitter * chance.random())
            wait_s = min(self.longest_s, wait_s * self.factor)


class ReconnectingSource:
    """A source of frames from one connection after another.

    A loss is told by :attr:`notice` while the connection is being regained. Connections that are
    not live (a clip that a web server keeps) are played at their own pace, and end.
    """

    waits = False

    def __init__(
        self,
        connect: Callable[[], Feed],
        *,
        name: str,
        retry: Retry,
        frame_timeout_s: float,
        clock: Clock | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._connect = connect
        self._name = name
        self._retry = retry
        self._frame_timeout_s = frame_timeout_s
        self._clock = clock or SystemClock()
        self._chance = chance or random.Random()
        self._timeline = Timeline()
        self._pacer = Pacer(self._clock)
        self._reader: Reader | None = None
        self._live = True
        self._missed = 0
        self._notice: str | None = None
        # When the connection was lost, and the waits that are left; None while there are frames.
        self._lost_s: float | None = None
        self._waits: Iterator[float] | None = None
        self._closed = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def missed(self) -> int:
        return self._missed + (0 if self._reader is None else self._reader.missed)

    @property
    def notice(self) -> str | None:
        return self._notice

    async def open(self) -> None:
        await self._make_reader()

    async def read(self) -> LiveFrame | None:
        while not self._closed:
            if self._reader is None and not await self._reconnect():
                continue
            reader = self._reader
            if reader is None:
                break
            try:
                frame = await reader.take(self._frame_timeout_s)
            except FeedLost as exc:
                await self._lose(str(exc))
            except TimeoutError:
                await self._lose(f"no picture for {self._frame_timeout_s:g} s")
            else:
                if frame is not None:
                    if await self._due(frame, reader):
                        return self._stamped(frame)
                elif self._live and not self._closed:
                    await self._lose("it ended")
                else:
                    break
        return None

    async def close(self) -> None:
        self._closed = True
        await self._drop_reader()

    async def _make_reader(self) -> None:
        self._timeline.restart()
        self._pacer = Pacer(self._clock)
        # Kept before it starts, so that a close meanwhile finds it.
        self._reader = reader = Reader(self._connect, self._name)
        self._live = await reader.start()

    async def _drop_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            try:
                await reader.close()
            finally:
                self._missed += reader.missed

    async def _lose(self, how: str) -> None:
        if self._lost_s is None:
            self._lost_s = self._clock.now()
            self._waits = self._retry.waits_s(self._chance)
        self._notice = f"The connection to {self._name} is lost ({how}); it is being regained."
        _log.info("%s", self._notice)  # the notice is told to users
        await self._drop_reader()

    async def _reconnect(self) -> bool:
        """Wait and try once; whether there is a connection."""
        if self._lost_s is None or self._waits is None:
            return True
        gone_s = self._clock.now() - self._lost_s
        left_s = self._retry.give_up_s - gone_s
        if left_s <= 0:
            raise SourceError(
                f"The connection to {self._name} was lost and could not be regained for "
                f"{gone_s:.0f} s.",
                "Check that it is switched on and plugged in, and start again.",
            )
        await self._clock.sleep(min(next(self._waits), left_s))
        if self._closed:
            return False
        try:
            await self._make_reader()
        except SourceError as exc:
            _log.info("%s is not back yet: %s", self._name, exc.message)
            await self._drop_reader()
            return False
        except asyncio.CancelledError:
            await self._drop_reader()
            raise
        return True

    async def _due(self, frame: LiveFrame, reader: Reader) -> bool:
        if self._live:
            return True
        due = await self._pacer.wait(frame.time_s, reader.upcoming_s)
        self._missed += not due
        frame.captured_s = self._clock.now()
        return due

    def _stamped(self, frame: LiveFrame) -> LiveFrame:
        if self._lost_s is not None:
            _log.info("%s is back", self._name)
        self._lost_s = self._waits = self._notice = None
        time_s = frame.time_s if frame.time_base else None
        frame.pts = self._timeline.stamp(time_s, frame.captured_s)
        frame.time_base = MICROSECONDS
        return frame
