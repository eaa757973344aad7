"""Sinks whose work is done in a thread of their own, from the first call to the last."""

from __future__ import annotations

from abc import ABC, abstractmethod

from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Sink
from bunraku.stream.core.worker import Worker


class ThreadedSink(Sink, ABC):
    """Calls ``_open``, ``_write`` and ``_finish`` in one thread; ``close`` finishes once."""

    def __init__(self, thread_name: str) -> None:
        self._worker = Worker(thread_name)
        self._closed = False

    async def open(self) -> None:
        await self._worker.run(self._open)

    async def write(self, frame: LiveFrame) -> None:
        await self._worker.run(self._write, frame)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._worker.run(self._finish)
        finally:
            await self._worker.close()

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _write(self, frame: LiveFrame) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...
