"""How the pipeline begins and ends: all that is opened is closed, in every order."""

from __future__ import annotations

import asyncio

import pytest
from tests.stream.fakes import FakeClock, FakeSink, FakeSource, FakeStage, settle
from tests.stream.pipeline_setting import Setting

from bunraku.errors import OutputError, SourceError


async def test_frames_on_their_way_arrive_after_the_sources_end() -> None:
    clock = FakeClock()
    setting = Setting((0.03, 0.03, 0.03), source=FakeSource(clock, count=5), clock=clock)
    running = await setting.run(2.0)
    await running
    assert setting.sinks[0].indices == [0, 1, 2, 3, 4]
    setting.check_closed()


async def test_a_source_that_is_lost_ends_the_run_after_its_last_frame() -> None:
    clock = FakeClock()
    source = FakeSource(clock, count=3, error=SourceError("The camera was unplugged."))
    setting = Setting((0.03, 0.03, 0.03), source=source, clock=clock)
    running = await setting.run(2.0)
    with pytest.raises(SourceError, match="unplugged"):
        await running
    assert setting.sinks[0].indices == [0, 1, 2]
    setting.check_closed()


async def test_a_source_that_cannot_be_opened_is_loud() -> None:
    clock = FakeClock()
    source = FakeSource(clock, open_error=SourceError("There is no camera 3."))
    setting = Setting(source=source, clock=clock)
    with pytest.raises(SourceError, match="no camera"):
        await setting.pipeline.run()
    setting.check_closed()
    assert not setting.sinks[0].frames


async def test_a_sink_that_cannot_be_opened_is_loud() -> None:
    clock = FakeClock()
    sink = FakeSink("window", clock, open_error=OutputError("There is no display."))
    setting = Setting(sinks=[sink], clock=clock)
    with pytest.raises(OutputError, match="display"):
        await setting.pipeline.run()
    setting.check_closed()


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.04, 0.055, 0.08, 1.0])
async def test_cancelled_at_any_moment_everything_is_closed(after_s: float) -> None:
    setting = Setting((0.02, 0.02, 0.02))
    running = await setting.run(after_s)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    setting.check_closed()


async def test_stopped_before_it_runs_nothing_is_opened() -> None:
    setting = Setting()
    setting.pipeline.stop()
    await asyncio.wait_for(setting.pipeline.run(), 1)
    assert setting.source.opened == 0
    setting.check_closed()


async def test_cancelled_twice_it_still_closes_everything() -> None:
    class Slow(FakeSink):
        async def close(self) -> None:
            await self._clock.sleep(1.0)
            await super().close()

    clock = FakeClock()
    setting = Setting(sinks=[Slow("window", clock)], clock=clock)
    running = await setting.run(0.5)
    running.cancel()
    await settle()
    running.cancel()
    await clock.advance(1.0)
    with pytest.raises(asyncio.CancelledError):
        await running
    setting.check_closed()


async def test_a_part_that_does_not_close_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck(FakeSink):
        async def close(self) -> None:
            self.closed += 1
            await asyncio.Event().wait()

    class Broken(FakeStage):
        async def close(self) -> None:
            await super().close()
            raise RuntimeError("the device is gone")

    monkeypatch.setattr("bunraku.stream.core.tasks.CLOSE_S", 0.02)
    clock = FakeClock()
    setting = Setting(sinks=[Stuck("window", clock)], stages=[Broken("motion", clock)], clock=clock)
    running = await setting.run(0.2)
    await setting.end(running)
    assert "window did not close within" in caplog.text
    assert "motion did not close well: the device is gone" in caplog.text


async def test_a_stage_that_never_returns_does_not_keep_stop_from_working() -> None:
    setting = Setting((0.01, 1e9, 0.01))
    running = await setting.run(3.0)
    assert setting.pipeline.stats().frames_out == 0
    assert setting.pipeline.stats().dropped["motion"] > 60
    await setting.end(running)
