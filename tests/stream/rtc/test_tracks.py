"""The browser's camera never queues, and its screen gets the newest frame or the last one again."""

from __future__ import annotations

import asyncio
import itertools
from fractions import Fraction

import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.video.frame import VideoFrame
from tests.stream.fakes import FakeClock, live_frame, settle

from bunraku.stream.core.protocols import Sink, SinkClosed, Source
from bunraku.stream.rtc.tracks import (
    NOTICE_AFTER_FRAMES,
    BrowserSink,
    BrowserSource,
    NewestFrameTrack,
)


class Remote(MediaStreamTrack):
    """A remote track that the test feeds."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.frames: asyncio.Queue[VideoFrame | None] = asyncio.Queue()
        self._pts = itertools.count(1000, 3000)

    def send(self, side_px: int = 16) -> VideoFrame:
        frame = VideoFrame(side_px, side_px, "yuv420p")
        frame.pts, frame.time_base = next(self._pts), Fraction(1, 90_000)
        self.frames.put_nowait(frame)
        return frame

    async def recv(self) -> VideoFrame:
        frame = await self.frames.get()
        if frame is None:
            raise MediaStreamError
        return frame


async def test_the_newest_frame_is_read_and_the_others_are_counted() -> None:
    clock = FakeClock()
    remote = Remote()
    source: Source = BrowserSource(remote, clock=clock)
    await source.open()
    for _ in range(3):
        newest = remote.send()
        await settle()
        await clock.advance(0.03)
    assert remote.frames.empty()
    await clock.advance(1)
    frame = await source.read()
    assert frame is not None
    assert frame.raw is newest
    assert (frame.pts, frame.time_base, frame.index) == (7000, Fraction(1, 90_000), 2)
    # At its arrival, not when it is read.
    assert frame.captured_s == pytest.approx(clock.now() - 1.03)
    assert source.missed == 2
    assert not source.waits
    await source.close()


async def test_frames_above_the_rate_are_dropped_but_a_jittering_camera_loses_none() -> None:
    rng = np.random.default_rng(3)
    for rate, missed in ((30, 0), (60, 60)):
        clock = FakeClock()
        remote = Remote()
        source = BrowserSource(remote, max_rate=30, clock=clock)
        for _ in range(2 * rate):
            remote.send()
            await settle()
            await source.read() if source._slot._item is not None else None
            await clock.advance((1 + rng.uniform(-0.4, 0.4)) / rate)
        assert source.missed == pytest.approx(missed, abs=6 if missed else 0)
        await source.close()


async def test_too_large_frames_are_skipped_and_told_of_when_they_go_on() -> None:
    remote = Remote()
    source = BrowserSource(remote, max_side_px=32, max_rate=1e6, clock=FakeClock())
    for _ in range(NOTICE_AFTER_FRAMES - 1):
        remote.send(48)
    await settle()
    assert source.notice is None
    remote.send(48)
    await settle()
    assert source.notice is not None
    assert "48 × 48" in source.notice
    assert source.missed == NOTICE_AFTER_FRAMES
    fitting = remote.send(32)
    frame = await source.read()
    assert frame is not None
    assert frame.raw is fitting
    assert source.notice is None
    await source.close()


async def test_the_end_of_the_track_is_the_end_of_the_source() -> None:
    remote = Remote()
    source = BrowserSource(remote, clock=FakeClock())
    remote.send()
    remote.frames.put_nowait(None)
    await settle()
    assert await source.read() is not None
    assert await source.read() is None
    await source.close()


async def test_a_source_may_wait_for_its_track_and_be_closed_at_any_time() -> None:
    source = BrowserSource(clock=FakeClock())
    reading = asyncio.create_task(source.read())
    await settle()
    remote = Remote()
    source.attach(remote)
    sent = remote.send()
    frame = await reading
    assert frame is not None
    assert frame.raw is sent
    reading = asyncio.create_task(source.read())
    await settle()
    await source.close()
    await source.close()
    assert await reading is None
    assert remote.readyState == "ended"
    closed = BrowserSource()
    await closed.close()
    closed.attach(Remote())
    assert await closed.read() is None


async def test_the_track_gives_the_newest_frame_with_rising_stamps() -> None:
    clock = FakeClock()
    track = NewestFrameTrack(clock)
    old, new = VideoFrame(16, 16, "yuv420p"), VideoFrame(16, 16, "yuv420p")
    track.show(old)
    track.show(new)
    assert await track.recv() is new
    assert track.replaced == 1
    stamps = [new.pts]
    for step_s in (0.04, 0.0, 0.1):
        await clock.advance(step_s)
        track.show(old)
        stamps.append((await track.recv()).pts)
    assert stamps == [0, 3600, 3601, 12600]
    waiting = asyncio.create_task(track.recv())
    await settle()
    assert not waiting.done()
    track.stop()
    with pytest.raises(MediaStreamError):
        await waiting


async def test_the_last_frame_goes_out_again_when_none_comes() -> None:
    track = NewestFrameTrack(keep_alive_s=0.01)
    waiting = asyncio.create_task(track.recv())
    await asyncio.sleep(0.03)
    assert not waiting.done()
    frame = VideoFrame(16, 16, "yuv420p")
    track.show(frame)
    first = (await waiting).pts
    again = await asyncio.wait_for(track.recv(), 1)
    assert again is frame
    assert first is not None
    assert again.pts is not None
    assert again.pts > first
    track.stop()


async def test_what_is_written_reaches_the_track_as_yuv() -> None:
    sink = BrowserSink(max_side_px=64, clock=FakeClock())
    typed: Sink = sink
    await typed.open()
    frame = live_frame()
    frame.shown = np.full((50, 101, 3), (200, 30, 30), np.uint8)
    await typed.write(frame)
    got = await asyncio.wait_for(sink.track.recv(), 1)
    assert (got.format.name, got.width, got.height) == ("yuv420p", 64, 32)
    colour = got.to_ndarray(format="rgb24")[16, 32].astype(int)
    assert np.abs(colour - (200, 30, 30)).max() <= 6
    await typed.close()


async def test_a_sink_whose_browser_has_gone_ends_without_a_word() -> None:
    sink = BrowserSink(clock=FakeClock())
    await sink.write(live_frame())
    # The connection's sender stops its track when it ends.
    sink.track.stop()
    with pytest.raises(SinkClosed, match=r"^$"):  # it would be told to the browser itself
        await sink.write(live_frame())
    await sink.close()
    await sink.close()
    with pytest.raises(SinkClosed):
        await sink.write(live_frame())
