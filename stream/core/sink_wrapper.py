"""A sink around another, for those who add something to it."""

from __future__ import annotations

from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Sink


class SinkWrapper:
    """Does what the inner sink does; subclasses add to it."""

    def __init__(self, inner: Sink) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def notice(self) -> str | None:
        """The inner sink's."""
        notice: str | None = getattr(self.inner, "notice", None)
        return notice

    @property
    def gone(self) -> bool:
        """Whether the inner sink has ended between frames."""
        return bool(getattr(self.inner, "gone", False))

    @property
    def keeps_all(self) -> bool:
        """Whether the inner sink wants every frame of a source that waits."""
        return bool(getattr(self.inner, "keeps_all", False))

    async def open(self) -> None:
        await self.inner.open()

    async def write(self, frame: LiveFrame) -> None:
        await self.inner.write(frame)

    async def close(self) -> None:
        await self.inner.close()
