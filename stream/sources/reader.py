"""A thread of its own for a reader that blocks, and its newest frame handed to asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from bunraku.stream.core.frame import LiveFrame

CLOSE_WAIT_S = 1.0
# Frames that are read ahead where frames wait: one is due, one is ready.
READ_AHEAD = 2

_log = logging.getLogger(__name__)


class FeedLost(Exception):
    """A connection that was there is gone; the text says how, without the address."""


class Feed(Protocol):
    """A connection to a camera, a stream or a file; all its methods may block."""

    @property
    def live(self) -> bool:
        """Whether frames come by themselves, so that the newest wins; else they wait."""

    @property
    def unreadable(self) -> int:
        """Frames so far that could not be decoded."""

    def read(self) -> LiveFrame | None:
        """The next frame, with time base 0 where its time is unknown; None at the end.

        :raises FeedLost: the connection is gone.
        :raises SourceError: the source can never go on.
        """

    def close(self) -> None:
        """Release everything; called once, in the thread that reads."""


class Reader:
    """One connection, made, read and closed in one thread.

    Of a live feed the newest frame waits, and those it replaces are counted in :attr:`missed`; of
    any other a few frames wait and then the thread does. A reader is used once.
    """

    def __init__(self, connect: Callable[[], Feed], name: str) -> None:
        self._connect = connect
        self._name = name
        self._frames: deque[LiveFrame] = deque()
        # Guards all below and wakes the thread when there is room or the reader is closed.
        self._room = threading.Condition()
        self._feed: Feed | None = None
        self._failure: Exception | None = None
        self._closing = False
        self._ended = False
        self._live = False
        self._replaced = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._thread: threading.Thread | None = None

    @property
    def missed(self) -> int:
        """Frames that could not be decoded, or that a newer one replaced."""
        return self._replaced + (0 if self._feed is None else self._feed.unreadable)

    @property
    def upcoming_s(self) -> float | None:
        """The time of the frame that is there to be taken at once, or None."""
        with self._room:
            return self._frames[0].time_s if self._frames else None

    async def start(self) -> bool:
        """Connect; return whether the feed is live.

        :raises SourceError: what connecting raised.
        """
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=f"read {self._name}", daemon=True)
        self._thread.start()
        while not (self._feed or self._ended or self._closing):
            await self._change()
        if self._failure is not None and self._feed is None:
            raise self._failure
        return self._live

    async def take(self, timeout_s: float | None = None) -> LiveFrame | None:
        """The next frame; None at the end, or once the reader is closed.

        ``timeout_s`` is real time, whatever the pipeline's clock: what may hang is a real thread.

        :raises TimeoutError: none came in that time.
        :raises Exception: what the feed raised, after the last frame before it.
        """
        async with asyncio.timeout(timeout_s):
            while True:
                with self._room:
                    if self._frames:
                        self._room.notify()
                        return self._frames.popleft()
                    if self._ended or self._closing:
                        break
                await self._change()
        if self._failure is not None and not self._closing:
            raise self._failure
        return None

    async def close(self) -> None:
        """Stop the thread. One that hangs in a driver is left to end by itself."""
        with self._room:
            self._closing = True
            self._frames.clear()
            self._room.notify()
        self._changed.set()
        thread = self._thread
        if thread is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WAIT_S):
                while not self._ended:
                    await self._change()
                # Its last act was to say so.
                thread.join()
                return
        _log.warning("%s does not answer; its thread is left to end by itself", self._name)

    async def _change(self) -> None:
        # Nothing is missed: what changes after the caller looked wakes it in a later turn.
        self._changed.clear()
        await self._changed.wait()

    def _tell(self) -> None:
        assert self._loop is not None
        # A loop that was closed meanwhile waits for nothing.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._changed.set)

    def _run(self) -> None:
        feed: Feed | None = None
        try:
            feed = self._connect()
            self._live = feed.live
            self._feed = feed
            self._tell()
            while not self._closing and (frame := feed.read()) is not None:
                self._hand_over(frame)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the one who takes shall know
            self._failure = exc
        finally:
            if feed is not None:
                with contextlib.suppress(Exception):
                    feed.close()
            with self._room:
                self._ended = True
            self._tell()

    def _hand_over(self, frame: LiveFrame) -> None:
        with self._room:
            if self._live:
                self._replaced += len(self._frames)
                self._frames.clear()
            else:
                self._room.wait_for(lambda: self._closing or len(self._frames) < READ_AHEAD)
            if not self._closing:
                self._frames.append(frame)
        self._tell()
