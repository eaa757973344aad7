"""The pipeline under a clock that only the test moves: what is late is dropped, nothing queues."""

from __future__ import annotations

import asyncio
import threading
from typing import cast

import pytest
from tests.stream.fakes import FakeClock, FakeSink, FakeSource, FakeStage
from tests.stream.pipeline_setting import Setting

from bunraku.errors import InputError, OutputError
from bunraku.stream.core.pipeline import Pipeline
from bunraku.stream.core.sink_wrapper import SinkWrapper


async def test_a_fast_pipeline_shows_every_frame_with_the_age_of_its_stages() -> None:
    setting = Setting()
    running = await setting.run(2.0)
    stats = setting.pipeline.stats()
    assert stats.frames_in == 50
    assert setting.sinks[0].indices == list(range(stats.frames_out))
    assert stats.frames_out >= 49
    assert not stats.dropped
    assert stats.age_ms is not None
    assert stats.age_ms.p50 == stats.age_ms.p99 == pytest.approx(30)
    assert stats.fps_in == pytest.approx(25, rel=0.05)
    assert stats.stages_ms["motion"].p95 == pytest.approx(10)
    await setting.end(running)


@pytest.mark.parametrize(
    ("takes", "drawn_on", "expected"),
    [((True, True), False, True), ((True, False), False, False), ((True, True), True, False)],
)
async def test_frames_may_be_i420_where_encoders_alone_show_them(
    takes: tuple[bool, bool], drawn_on: bool, expected: bool
) -> None:
    clock = FakeClock()
    sinks = [
        FakeSink(name, clock, takes_i420=does)
        for name, does in zip(("browser", "file"), takes, strict=True)
    ]
    source = FakeSource(clock, count=1)
    pipeline = Pipeline(source, [], sinks, clock=clock, i420=not drawn_on)
    running = asyncio.create_task(pipeline.run())
    await clock.advance(0.2)
    await running
    assert [frame.i420 for frame in sinks[0].frames] == [expected]


async def test_stages_of_different_frames_overlap() -> None:
    # One after another they would take 105 ms a frame, for 9.5 frames a second of 25.
    setting = Setting((0.035, 0.035, 0.035))
    running = await setting.run(4.0)
    assert setting.pipeline.stats().fps_out == pytest.approx(25, rel=0.05)
    spans = [frame.spans for frame in setting.sinks[0].frames]
    later, earlier = spans[11]["densepose"], spans[10]["motion"]
    assert later.start_s < earlier.end_s, "frame 11 is at DensePose while frame 10 is in motion"
    await setting.end(running)


async def test_an_overloaded_stage_drops_frames_and_their_age_stays_bounded() -> None:
    setting = Setting((0.005, 0.1, 0.005))
    running = await setting.run(30.0)
    sink, stats = setting.sinks[0], setting.pipeline.stats()
    assert stats.fps_out == pytest.approx(10, rel=0.1)
    assert stats.dropped["motion"] == pytest.approx(0.6 * stats.frames_in, rel=0.05)
    # The newest of 25 frames a second waits 40 ms at most for a stage that takes 100.
    assert max(sink.ages_s) <= 0.005 + 0.04 + 0.1 + 0.005 + 1e-6
    assert sink.indices == sorted(set(sink.indices)), "in order, none twice"
    assert max(sink.ages_s[-20:]) <= max(sink.ages_s[:20]) + 0.041, "no slope"
    await setting.end(running)


@pytest.mark.parametrize("in_flight", [1, 2])
async def test_frames_in_flight_are_limited_and_none_is_overtaken(in_flight: int) -> None:
    clock = FakeClock()
    names = ("densepose", "motion", "blend")
    stages = [
        FakeStage(name, clock, took, fails=fails)
        for name, took, fails in zip(names, (0.02, 0.06, 0.08), ([3], [7], [11]), strict=True)
    ]
    sink = FakeSink("window", clock)
    pipeline = Pipeline(FakeSource(clock), stages, [sink], clock=clock, in_flight=in_flight)
    running = asyncio.create_task(pipeline.run())
    await clock.advance(10.0)
    stats = pipeline.stats()
    assert set(stats.dropped) == {"densepose"}, "what has begun is finished"
    assert stats.fps_out == pytest.approx(1 / 0.16 if in_flight == 1 else 1 / 0.08, rel=0.15)
    for frame in sink.frames:
        first, last = frame.spans["densepose"].start_s, frame.spans["blend"].end_s
        others = [f for f in sink.frames if first <= f.spans["densepose"].start_s < last]
        assert len(others) <= in_flight
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("count", [100, None])
async def test_the_numbers_after_the_end_are_of_the_run_without_its_closing(
    count: int | None,
) -> None:
    class Slow(FakeSink):
        async def close(self) -> None:
            await clock.sleep(3.0)
            await super().close()

    clock = FakeClock()
    source = FakeSource(clock, count=count)
    setting = Setting(clock=clock, source=source, sinks=[Slow("window", clock)])
    running = await setting.run(4.1)
    setting.pipeline.stop()
    await clock.advance(3.5)
    await asyncio.wait_for(running, 2)
    stats = setting.pipeline.stats()
    assert stats.elapsed_s == pytest.approx(4, abs=0.1)
    assert (stats.fps_in, stats.fps_out) == pytest.approx((25, 25), rel=0.05)


async def test_frames_of_a_source_that_waits_are_all_kept() -> None:
    clock = FakeClock()
    source = FakeSource(clock, interval_s=0.0, count=40, waits=True)
    sinks = [FakeSink("file", clock, 0.06, keeps_all=True)]
    setting = Setting((0.01, 0.05, 0.02), source=source, sinks=sinks, clock=clock)
    running = await setting.run(10.0)
    await running
    assert sinks[0].indices == list(range(40))
    assert not setting.pipeline.stats().dropped
    setting.check_closed()


async def test_only_who_keeps_all_frames_of_such_a_source_holds_the_others_back() -> None:
    clock = FakeClock()
    source = FakeSource(clock, interval_s=0.0, count=40, waits=True)
    slow = FakeSink("push", clock, 1.0)
    kept = SinkWrapper(FakeSink("file", clock, keeps_all=True))
    pipeline = Pipeline(source, [FakeStage("motion", clock, 0.01)], [slow, kept], clock=clock)
    running = asyncio.create_task(pipeline.run())
    await clock.advance(0.5)
    assert cast(FakeSink, kept.inner).indices == list(range(40))
    await clock.advance(5.0)
    await running
    assert slow.indices[-1] == 39
    assert pipeline.stats().dropped == {"push": 40 - len(slow.frames)}


async def test_a_frame_that_a_stage_gives_up_costs_that_frame_only() -> None:
    clock = FakeClock()
    stages = [
        FakeStage("densepose", clock, 0.01, lost=[2]),
        FakeStage("motion", clock, 0.01, fails=[4, 5, 9]),
    ]
    setting = Setting(stages=stages, clock=clock)
    running = await setting.run(0.9)
    stats = setting.pipeline.stats()
    assert setting.sinks[0].indices[:9] == [0, 1, 2, 3, 6, 7, 8, 10, 11]
    assert stats.faults == {"motion": 3}
    assert stats.lost == 1
    assert setting.seen.told.count(("failed", "motion")) == 3
    await setting.end(running)


async def test_faults_are_logged_less_and_less(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    stages = [FakeStage("motion", clock, fails=range(1000))]
    setting = Setting(stages=stages, clock=clock)
    running = await setting.run(5.0)
    lines = [r for r in caplog.records if "gave up a frame" in r.getMessage()]
    assert setting.pipeline.stats().faults["motion"] > 100
    assert len(lines) == 7  # the 1st, 2nd, 4th ... 64th
    await setting.end(running)


async def test_a_slow_sink_drops_its_own_frames_only() -> None:
    clock = FakeClock()
    sinks = [FakeSink("window", clock), FakeSink("push", clock, 0.2)]
    setting = Setting(sinks=sinks, clock=clock)
    running = await setting.run(4.0)
    stats = setting.pipeline.stats()
    assert len(sinks[0].frames) >= 98
    assert len(sinks[1].frames) == pytest.approx(20, abs=2)
    assert set(stats.dropped) == {"push"}
    assert stats.age_ms is not None
    assert stats.age_ms.p99 == pytest.approx(30), "measured at the first sink"
    await setting.end(running)


async def test_a_sink_that_fails_on_a_frame_goes_on() -> None:
    clock = FakeClock()
    setting = Setting(sinks=[FakeSink("file", clock, fails=[3])], clock=clock)
    running = await setting.run(1.0)
    assert setting.sinks[0].indices[:5] == [0, 1, 2, 4, 5]
    assert setting.pipeline.stats().faults == {"file": 1}
    await setting.end(running)


async def test_a_sink_that_closes_is_told_of_and_the_rest_goes_on() -> None:
    clock = FakeClock()
    sinks = [FakeSink("window", clock, closes_after=3), FakeSink("file", clock)]
    setting = Setting(sinks=sinks, clock=clock)
    running = await setting.run(1.0)
    assert setting.notices == ["window was closed."]
    assert sinks[0].closed == 1
    assert [sink.name for sink in setting.pipeline.sinks] == ["file"]
    assert len(sinks[1].frames) > 20
    await setting.end(running)


async def test_the_last_sink_that_closes_ends_the_run() -> None:
    clock = FakeClock()
    setting = Setting(sinks=[FakeSink("window", clock, closes_after=3)], clock=clock)
    running = await setting.run(1.0)
    await asyncio.wait_for(running, 2)
    setting.check_closed()


async def test_sinks_come_and_go_while_it_runs() -> None:
    setting = Setting()
    running = await setting.run(1.0)
    extra = FakeSink("recording", setting.clock)
    await setting.pipeline.add_sink(extra)
    await setting.clock.advance(1.0)
    await setting.pipeline.remove_sink(extra)
    assert extra.closed == 1
    count = len(extra.frames)
    assert count == pytest.approx(25, abs=2)
    await setting.clock.advance(1.0)
    assert len(extra.frames) == count
    await setting.pipeline.add_sink(extra)  # the name is free again
    await setting.end(running)
    assert extra.closed == 2


async def test_a_sink_that_cannot_be_added_changes_nothing() -> None:
    setting = Setting()
    running = await setting.run(0.5)
    bad = FakeSink("recording", setting.clock, open_error=OutputError("The disk is full."))
    with pytest.raises(OutputError, match="disk"):
        await setting.pipeline.add_sink(bad)
    assert bad.closed == 1
    with pytest.raises(InputError, match="already"):
        await setting.pipeline.add_sink(FakeSink("window", setting.clock))
    await setting.clock.advance(0.5)
    assert len(setting.sinks[0].frames) > 20
    await setting.end(running)


async def test_notices_of_the_parts_are_told_once_each() -> None:
    setting = Setting()
    running = await setting.run(1.0)
    setting.source.notice = "The connection to the camera is being regained."
    await setting.clock.advance(2.0)
    setting.source.notice = None
    await setting.clock.advance(1.0)
    assert setting.notices == [
        "The connection to the camera is being regained.",
        "camera: all is well again.",
    ]
    await setting.end(running)


async def test_a_browser_is_source_and_sink_under_one_name() -> None:
    clock = FakeClock()
    sink = FakeSink("browser", clock)
    setting = Setting(source=FakeSource(clock, name="browser"), sinks=[sink], clock=clock)
    setting.source.notice = "The pictures are too large."
    running = await setting.run(3.0)
    assert setting.notices == ["The pictures are too large."]
    await setting.end(running)


async def test_a_recording_does_not_outlive_the_window_that_could_end_it() -> None:
    clock = FakeClock()
    setting = Setting(sinks=[FakeSink("window", clock, closes_after=10)], clock=clock)
    running = await setting.run(0.2)
    recording = FakeSink("recording", clock)
    await setting.pipeline.add_sink(recording)
    await clock.advance(1.0)
    await asyncio.wait_for(running, 2)
    assert recording.closed == 1
    assert recording.frames
    setting.check_closed()


async def test_a_sink_that_is_gone_is_noticed_while_no_frame_comes() -> None:
    clock = FakeClock()
    source = FakeSource(clock, interval_s=1000.0)
    setting = Setting(source=source, clock=clock)
    running = await setting.run(1.0)
    setting.sinks[0].gone = True
    await clock.advance(1.0)
    await asyncio.wait_for(running, 2)
    setting.check_closed()


async def test_times_of_stages_that_had_nothing_to_do_are_left_out() -> None:
    clock = FakeClock()
    stages = [FakeStage("motion", clock, 0.01, idle=range(20, 1000))]
    setting = Setting(stages=stages, clock=clock)
    running = await setting.run(10.0)
    stats = setting.pipeline.stats()
    assert stats.stages_ms["motion"].p50 == pytest.approx(10)
    assert stats.stages_ms["motion"].count == 20
    assert stats.frames_out > 200
    await setting.end(running)


async def test_what_the_source_missed_is_counted() -> None:
    setting = Setting()
    running = await setting.run(0.5)
    setting.source.missed = 3
    assert setting.pipeline.stats().dropped == {"source": 3}
    await setting.end(running)


async def test_names_are_unique_and_there_is_a_sink() -> None:
    clock = FakeClock()
    with pytest.raises(InputError, match="nowhere"):
        Pipeline(FakeSource(clock), [], [])
    with pytest.raises(InputError, match="one name"):
        Pipeline(FakeSource(clock), [], [FakeSink("file", clock), FakeSink("file", clock)])


async def test_without_stages_the_source_goes_straight_to_the_sinks() -> None:
    clock = FakeClock()
    sink = FakeSink("null", clock)
    source = FakeSource(clock, count=4)
    running = asyncio.create_task(Pipeline(source, [], [sink], clock=clock).run())
    await clock.advance(1.0)
    await running
    assert sink.indices == [0, 1, 2, 3]


async def test_it_starts_no_thread_of_its_own() -> None:
    before = threading.active_count()
    setting = Setting()
    running = await setting.run(0.5)
    assert threading.active_count() == before
    await setting.end(running)
