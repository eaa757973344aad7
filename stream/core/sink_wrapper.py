"""A sink around another, for those who add something to it."""

from __future__ import annotations

from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Sink


class SinkWrapper(Sink):
    """Does what the inner sink does; subclasses add to it."""

    def __init__(self, inner: Sink) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def notice(self) -> str | None:
        return self.inner.notice

    @property
    def gone(self) -> bool:
        return self.inner.gone

    @property
    def keeps_all(self) -> bool:
        return self.inner.keeps_all

    @property
    def takes_i420(self) -> bool:
        return self.inner.takes_i420

    async def open(self) -> None:
        await self.inner.open()

    async def write(self, frame: LiveFrame) -> None:
        await self.inner.write(frame)

    async def close(self) -> None:
        await self.inner.close()
