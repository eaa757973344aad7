"""A source whose frames are turned by right angles: a camera that is mounted on its side."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bunraku.spec.arrays import Picture
from bunraku.stream.core.frame import LiveFrame, to_rgb
from bunraku.stream.core.orientation import Turn
from bunraku.stream.core.protocols import Source


def turned(source: Source, degrees: int | None) -> Source:
    """The source, its frames turned clockwise by 90, 180 or 270 degrees; itself for 0 and None."""
    return TurnedSource(source, Turn.from_degrees(-degrees)) if degrees else source


class TurnedSource:
    """Gives the inner source's frames, each turned in a thread."""

    def __init__(self, inner: Source, turn: Turn) -> None:
        self._inner = inner
        self._turn = turn

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def waits(self) -> bool:
        return self._inner.waits

    @property
    def missed(self) -> int:
        return self._inner.missed

    @property
    def notice(self) -> str | None:
        return self._inner.notice

    async def open(self) -> None:
        await self._inner.open()

    async def read(self) -> LiveFrame | None:
        frame = await self._inner.read()
        if frame is None:
            return None
        return replace(frame, raw=await asyncio.to_thread(self._turned, frame))

    async def close(self) -> None:
        await self._inner.close()

    def _turned(self, frame: LiveFrame) -> Picture:
        return self._turn.apply(to_rgb(frame.raw))
