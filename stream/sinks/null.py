"""A sink that shows nothing: for measuring, and for sessions that only other sinks watch."""

from __future__ import annotations

from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Sink


class NullSink(Sink):
    """Takes every frame and counts it."""

    def __init__(self) -> None:
        self.frames = 0

    @property
    def name(self) -> str:
        return "null"

    @property
    def keeps_all(self) -> bool:
        return True

    @property
    def takes_i420(self) -> bool:
        return True

    async def open(self) -> None:
        pass

    async def write(self, frame: LiveFrame) -> None:  # noqa: ARG002 - that is its point
        self.frames += 1

    async def close(self) -> None:
        pass
