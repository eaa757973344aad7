"""Work that is done late, and out of order between streams: what a GPU may do, on a CPU.

Each stream does its work in the order in which it was queued. A hurried stream does it as soon as
its events let it; any other not before somebody waits for it, or, with a seed, now and then a
little of it. So what one stream makes is there for another, and what it still reads is left alone,
only where an event says so.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(eq=False)
class LateEvent:
    """A point in a stream, once it was recorded."""

    stream: LateStream | None = None
    at: int | None = None
    """When it was passed, by the count of all that was done; None before."""


@dataclass(eq=False)
class LateStream:
    """What is queued, first to last: work, points to pass, and events to come after."""

    hurried: bool
    priority: int = 0
    queued: deque[Callable[[], None] | LateEvent | _Wait] = field(default_factory=deque)


@dataclass(frozen=True)
class _Wait:
    event: LateEvent


class LateWork:
    """The streams of one device; for several threads at once.

    :param hurried: numbers of the streams, in the order of their making, that never tarry.
    :param seed: of what the others do by chance; None for nothing.
    """

    def __init__(self, hurried: Collection[int] = (), seed: int | None = None) -> None:
        self._chance = None if seed is None else random.Random(seed)
        self._hurried = hurried
        self._lock = threading.RLock()
        self._thread = threading.local()
        self.streams: list[LateStream] = []
        self.done = 0
        self.host_waits = 0
        """How often somebody waited for a point in a stream."""

    def stream(self, priority: int = 0) -> LateStream:
        """A new one."""
        self.streams.append(LateStream(len(self.streams) in self._hurried, priority))
        return self.streams[-1]

    @property
    def current(self) -> LateStream | None:
        """Where this thread's work goes; None for work that is done at once."""
        stream: LateStream | None = getattr(self._thread, "stream", None)
        return stream

    @contextmanager
    def entered(self, stream: LateStream) -> Iterator[None]:
        """This thread's work goes there meanwhile."""
        before, self._thread.stream = self.current, stream
        try:
            yield
        finally:
            self._thread.stream = before

    @contextmanager
    def captured(self, kept: list[Callable[[], None]]) -> Iterator[None]:
        """This thread's work is kept meanwhile, and not done."""
        self._thread.kept = kept
        try:
            yield
        finally:
            self._thread.kept = None

    @property
    def place(self) -> int:
        """Whose memory is freed and taken again: a capture's, or a stream's."""
        kept = getattr(self._thread, "kept", None)
        return id(self.current) if kept is None else id(kept)

    def queue(self, work: Callable[[], None]) -> None:
        """Let the current stream do something."""
        stream, kept = self.current, getattr(self._thread, "kept", None)
        if kept is not None:
            kept.append(work)
        elif stream is None:
            work()
        else:
            self._add(stream, work)

    def record(self, event: LateEvent, stream: LateStream) -> None:
        """The point after all that the stream was given so far."""
        event.stream, event.at = stream, None
        self._add(stream, event)

    def wait(self, stream: LateStream, event: LateEvent) -> None:
        """The stream does nothing more before the event; one never recorded is no event."""
        if event.stream is not None:
            self._add(stream, _Wait(event))

    def finish(self, event: LateEvent) -> None:
        """Do what has to be done before an event, and no more."""
        with self._lock:
            self.host_waits += 1
            self._reach(event)
            self._hurry()

    def finish_all(self) -> None:
        """Do all that was queued."""
        for stream in list(self.streams):
            end = LateEvent()
            self.record(end, stream)
            self.finish(end)

    def _add(self, stream: LateStream, item: Callable[[], None] | LateEvent | _Wait) -> None:
        with self._lock:
            stream.queued.append(item)
            self._hurry()

    def _hurry(self) -> None:
        before = -1
        while before != self.done:
            before = self.done
            for stream in self.streams:
                while stream.hurried and stream.queued and self._may_go_on(stream):
                    self._next(stream)
        for _ in range(0 if self._chance is None else self._chance.randrange(3)):
            self._stroll()

    def _stroll(self) -> None:
        ready = [s for s in self.streams if s.queued and self._may_go_on(s)]
        if ready and self._chance is not None:
            self._next(self._chance.choice(ready))

    def _may_go_on(self, stream: LateStream) -> bool:
        first = stream.queued[0]
        return not isinstance(first, _Wait) or first.event.at is not None

    def _reach(self, event: LateEvent) -> None:
        assert event.stream is not None, "an event is recorded before it is waited for"
        while event.at is None:
            if self._chance is not None:
                self._stroll()
            if event.at is not None:
                return
            first = event.stream.queued[0]
            if isinstance(first, _Wait):
                self._reach(first.event)
            self._next(event.stream)

    def _next(self, stream: LateStream) -> None:
        item = stream.queued.popleft()
        self.done += 1
        if isinstance(item, LateEvent):
            item.at = self.done
        elif not isinstance(item, _Wait):
            item()
