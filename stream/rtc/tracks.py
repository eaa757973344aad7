"""A browser's camera as a source of frames, and a browser's screen as a sink."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiortc import MediaStreamTrack
from aiortc.mediastreams import VIDEO_CLOCK_RATE, VIDEO_TIME_BASE, MediaStreamError
from av.video.frame import VideoFrame

from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Sink, SinkClosed
from bunraku.stream.core.slot import Slot, SlotFinished
from bunraku.stream.core.tasks import cancel
from bunraku.stream.core.token_bucket import TokenBucket
from bunraku.stream.rtc.pictures import to_i420

NOTICE_AFTER_FRAMES = 15
KEEP_ALIVE_S = 1.0
CLOSE_TIMEOUT_S = 2.0
FRAMES_AT_ONCE = 2
"""Frames that may come together where they bunch up on their way."""
RATE_SLACK = 1.05
"""A camera that runs at the limit itself, by a clock of its own, loses nothing."""

T = TypeVar("T")


class BrowserSource:
    """Frames of a remote video track, the newest first.

    The track is always drained, from when it is known: aiortc's own queue has no end. A frame's
    ``captured_s`` is the clock at its arrival here, its ``pts`` the browser's own. Frames above
    ``max_rate`` a second and frames with a side above ``max_side_px`` are dropped and counted in
    ``missed``; where the latter go on, ``notice`` says so.
    """

    def __init__(
        self,
        track: MediaStreamTrack | None = None,
        *,
        max_side_px: int = 1280,
        max_rate: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        self._track: MediaStreamTrack | None = None
        self._max_side_px = max_side_px
        self._arrivals = TokenBucket(max_rate * RATE_SLACK, FRAMES_AT_ONCE)
        self._clock = clock or SystemClock()
        self._slot: Slot[LiveFrame] = Slot()
        self._count = 0
        self._too_large = 0
        self._missed = 0
        self._notice: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        if track is not None:
            self.attach(track)

    @property
    def name(self) -> str:
        return "browser"

    @property
    def waits(self) -> bool:
        return False

    @property
    def missed(self) -> int:
        """Frames that came and that nobody was given."""
        return self._missed

    @property
    def notice(self) -> str | None:
        """Why no picture of the browser is used, or None."""
        return self._notice

    def attach(self, track: MediaStreamTrack) -> None:
        """Take the frames of this track from now on; once, before or after ``open``."""
        self._track = track
        if not self._closed:
            self._task = asyncio.create_task(self._drain(track), name="browser source")

    async def open(self) -> None:
        """Nothing to do: frames that came before do no harm, only the newest is kept."""

    async def read(self) -> LiveFrame | None:
        """The newest frame; None when the browser sends no more."""
        try:
            return await self._slot.take()
        except SlotFinished:
            return None

    async def close(self) -> None:
        """Stop the track and let whoever reads know."""
        self._closed = True
        self._slot.finish()
        if self._track is not None:
            self._track.stop()
        if self._task is not None:
            await cancel([self._task])

    async def _drain(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                raw = await track.recv()
                if isinstance(raw, VideoFrame):
                    self._take(raw)
        except MediaStreamError:
            pass
        finally:
            self._slot.finish()

    def _take(self, raw: VideoFrame) -> None:
        now = self._clock.now()
        if self._is_too_large(raw) or not self._arrivals.take(1, now):
            self._missed += 1
            return
        frame = LiveFrame(
            raw,
            pts=raw.pts or 0,
            time_base=VIDEO_TIME_BASE if raw.time_base is None else raw.time_base,
            captured_s=now,
            index=self._count,
        )
        self._count += 1
        if self._slot.put(frame) is not None:
            self._missed += 1

    def _is_too_large(self, raw: VideoFrame) -> bool:
        if max(raw.width, raw.height) <= self._max_side_px:
            self._too_large = 0
            self._notice = None
            return False
        self._too_large += 1
        # A browser that adapts its size may overshoot for a moment: that is no news.
        if self._too_large >= NOTICE_AFTER_FRAMES:
            self._notice = (
                f"The camera's picture of {raw.width} × {raw.height} is too large: choose one of "
                f"at most {self._max_side_px} pixels a side."
            )
        return True


class NewestFrameTrack(MediaStreamTrack):
    """What a connection's sender reads: the newest frame, and again after a silent second.

    Frames are stamped when they are shown. A browser takes every variation between stamp and
    arrival for jitter of the network and delays the picture by it; so the time that a frame spent
    in the stages, which varies, is kept out of it.
    """

    kind = "video"

    def __init__(self, clock: Clock | None = None, *, keep_alive_s: float = KEEP_ALIVE_S) -> None:
        super().__init__()
        self._clock = clock or SystemClock()
        self._started_s = self._clock.now()
        self._keep_alive_s = keep_alive_s
        self._frame: VideoFrame | None = None
        self._fresh = asyncio.Event()
        self._last_pts = -1
        self.replaced = 0
        """Frames that a newer one replaced before the sender took them."""

    def show(self, frame: VideoFrame) -> None:
        """Give this frame to the sender, instead of one that still waits."""
        if self._fresh.is_set():
            self.replaced += 1
        self._frame = frame
        self._fresh.set()

    async def recv(self) -> VideoFrame:
        """The next frame to send, in yuv420p.

        :raises MediaStreamError: the track has ended.
        """
        while True:
            # A browser that has lost a keyframe asks for another one: the encoder can only answer
            # with a frame, so the last one goes out again when none comes.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._fresh.wait(), self._keep_alive_s)
            if self.readyState != "live":
                raise MediaStreamError
            if self._frame is not None:
                break
        self._fresh.clear()
        ticks = int((self._clock.now() - self._started_s) * VIDEO_CLOCK_RATE)
        self._last_pts = max(ticks, self._last_pts + 1)
        self._frame.pts, self._frame.time_base = self._last_pts, VIDEO_TIME_BASE
        return self._frame

    def stop(self) -> None:
        """End; also wakes ``recv``."""
        super().stop()
        self._fresh.set()


class BrowserSink(Sink):
    """Shows frames in a browser; ``track`` hands them to the connection's sender.

    One thread of its own converts the pictures, and encodes them where the connection is tuned.
    """

    def __init__(self, *, max_side_px: int = 1280, clock: Clock | None = None) -> None:
        self._max_side_px = max_side_px
        self.executor = ThreadPoolExecutor(1, "webrtc-send")
        self.track = NewestFrameTrack(clock)
        self._closed = False

    @property
    def name(self) -> str:
        return "browser"

    @property
    def replaced(self) -> int:
        """Frames that a newer one replaced before the encoder took them."""
        return self.track.replaced

    @property
    def takes_i420(self) -> bool:
        return True

    async def open(self) -> None:
        """Nothing to do: the track is there from the beginning."""

    async def write(self, frame: LiveFrame) -> None:
        """Convert the frame and hand it to the track.

        :raises SinkClosed: the browser has gone.
        """
        self._check_open()
        picture = await self._in_thread(lambda: to_i420(frame, self._max_side_px))
        self._check_open()
        self.track.show(picture)

    async def close(self) -> None:
        """End the track and the thread."""
        self.track.stop()
        if not self._closed:
            self._closed = True
            # What the thread still does, a conversion or an encoding, takes milliseconds.
            last = self.executor.submit(_nothing)
            self.executor.shutdown(wait=False)
            await asyncio.wait([asyncio.wrap_future(last)], timeout=CLOSE_TIMEOUT_S)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.executor, work)

    def _check_open(self) -> None:
        if self._closed or self.track.readyState != "live":
            raise SinkClosed  # without words: whoever they would be for is who has gone


def _nothing() -> None:
    """The last work of a sink's thread."""
