"""The first sink sees the overlay, and nobody else does; the visible mark is for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bunraku.spec.arrays import Picture
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.layout import draw_mark
from bunraku.stream.core.overlay import draw_overlay
from bunraku.stream.core.protocols import Sink
from bunraku.stream.core.sink_wrapper import SinkWrapper
from bunraku.stream.core.stats import Stats
from bunraku.stream.core.worker import Worker

STATS_EVERY_S = 0.25
"""How often the numbers change: faster, and nobody could read them."""
SAID_S = 4.0
"""How long a message stands in the picture."""


class PreviewSink(SinkWrapper):
    """A sink whose pictures carry the overlay, the keys and messages, as the controls say.

    What goes to other sinks, recordings above all, stays as it is.

    :param stats: asked four times a second while the overlay is on.
    """

    def __init__(
        self, inner: Sink, controls: Controls, stats: Callable[[], Stats], clock: Clock
    ) -> None:
        super().__init__(inner)
        self._controls = controls
        self._ask_stats = stats
        self._clock = clock
        self._worker = Worker("bunraku-overlay")
        self._stats: Stats | None = None
        self._stats_s = 0.0
        self._said = ""
        self._said_until_s = 0.0

    def say(self, text: str) -> None:
        """Show a message for a while, in place of the last one."""
        self._said, self._said_until_s = text, self._clock.now() + SAID_S

    @property
    def takes_i420(self) -> bool:
        return self.inner.takes_i420 and not self._draws

    async def write(self, frame: LiveFrame) -> None:
        if self._draws:
            said = self._said if self._is_said else None
            stats = self._present_stats()
            shown = await self._worker.run(self._draw, frame, stats, said)
            frame = replace(frame, shown=shown)  # others hold the frame too
        await super().write(frame)

    @property
    def _is_said(self) -> bool:
        return bool(self._said) and self._clock.now() < self._said_until_s

    @property
    def _draws(self) -> bool:
        return self._is_said or self._controls.overlay or self._controls.help_shown

    async def close(self) -> None:
        try:
            await super().close()
        finally:
            await self._worker.close()

    def _present_stats(self) -> Stats:
        now_s = self._clock.now()
        if self._stats is None or now_s - self._stats_s >= STATS_EVERY_S:
            self._stats, self._stats_s = self._ask_stats(), now_s
        return self._stats

    def _draw(self, frame: LiveFrame, stats: Stats, said: str | None) -> Picture:
        return draw_overlay(frame.shown_picture(), frame, stats, self._controls, said=said)


class MarkStage:
    """Writes "synthetic" into the corner of what is shown; the last stage."""

    name = "mark"

    def __init__(self) -> None:
        self._worker = Worker("bunraku-mark")

    async def run(self, frame: LiveFrame) -> None:
        frame.shown = await self._worker.run(self._draw, frame)

    async def close(self) -> None:
        await self._worker.close()

    def _draw(self, frame: LiveFrame) -> Picture:
        return draw_mark(frame.shown_picture())
