"""Feeds in memory, for readers and what is built on them."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from fractions import Fraction

from tests.stream.fakes import picture

from bunraku.stream.core.frame import LiveFrame

END = None


def shot(
    number: int, *, captured_s: float = 0.0, time_base: Fraction = Fraction(1, 25)
) -> LiveFrame:
    """Frame ``number`` of a feed of 25 frames a second."""
    return LiveFrame(picture(number), number, time_base, captured_s)


class JumpClock:
    """Whoever sleeps wakes at once, and the time has passed; else it stands still."""

    def __init__(self, now_s: float = 100.0) -> None:
        self.now_s = now_s

    def now(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds)
        await asyncio.sleep(0)


class ScriptedFeed:
    """Gives what a test pushes: frames, exceptions, END; blocks while there is nothing."""

    def __init__(self, *, live: bool = True) -> None:
        self.live = live
        self.unreadable = 0
        self.reads = 0
        self.closed = threading.Event()
        self.thread: threading.Thread | None = None
        self._script: queue.Queue[LiveFrame | Exception | None] = queue.Queue()
        self._taken = threading.Semaphore(0)

    def push(self, *items: LiveFrame | Exception | None) -> ScriptedFeed:
        for item in items:
            self._script.put(item)
        return self

    def read(self) -> LiveFrame | None:
        self.reads += 1
        self.thread = threading.current_thread()
        item = self._script.get(timeout=10)
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        self.closed.set()


def connector(*feeds: ScriptedFeed | Exception) -> Callable[[], ScriptedFeed]:
    """Connects to one feed after the other; the last is an error if there are no more."""
    left = list(feeds)

    def connect() -> ScriptedFeed:
        feed = left.pop(0) if len(left) > 1 or not isinstance(left[0], Exception) else left[0]
        if isinstance(feed, Exception):
            raise feed
        return feed

    return connect
