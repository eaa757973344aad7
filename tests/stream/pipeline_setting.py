"""A pipeline of fakes to test with."""

from __future__ import annotations

import asyncio

from tests.stream.fakes import FakeClock, FakeSink, FakeSource, FakeStage

from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.pipeline import Pipeline


class Setting:
    """A pipeline of fakes: a camera of 25 frames a second, three stages, one sink."""

    def __init__(
        self,
        takes_s: tuple[float, ...] = (0.01, 0.01, 0.01),
        *,
        source: FakeSource | None = None,
        sinks: list[FakeSink] | None = None,
        stages: list[FakeStage] | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.source = source or FakeSource(self.clock)
        names = ("densepose", "motion", "blend")
        self.stages = stages or [
            FakeStage(name, self.clock, took) for name, took in zip(names, takes_s, strict=True)
        ]
        self.sinks = sinks or [FakeSink("window", self.clock)]
        self.notices: list[str] = []
        self.seen = Seen()
        self.pipeline = Pipeline(
            self.source,
            self.stages,
            self.sinks,
            clock=self.clock,
            observers=[self.seen],
            on_notice=self.notices.append,
        )

    async def run(self, seconds: float) -> asyncio.Task[None]:
        running = asyncio.create_task(self.pipeline.run())
        await self.clock.advance(seconds)
        return running

    async def end(self, running: asyncio.Task[None]) -> None:
        self.pipeline.stop()
        await asyncio.wait_for(running, 2)
        self.check_closed()

    def check_closed(self) -> None:
        parts: list[FakeSource | FakeStage | FakeSink] = [self.source, *self.stages, *self.sinks]
        assert all(part.closed for part in parts)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, "a task was left behind"


class Seen:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def arrived(self, frame: LiveFrame) -> None:
        self.told.append(("arrived", str(frame.index)))

    def dropped(self, where: str) -> None:
        self.told.append(("dropped", where))

    def failed(self, where: str, error: Exception) -> None:
        self.told.append(("failed", where))

    def delivered(self, frame: LiveFrame, sink: str, age_s: float) -> None:
        self.told.append(("delivered", sink))
