"""What stands in for a browser: aiortc as it comes, with a numbered test picture as its camera."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from types import TracebackType
from typing import Self

import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from av.video.frame import VideoFrame

from bunraku.spec.arrays import Picture
from bunraku.stream.core.frame import to_rgb
from bunraku.stream.rtc import ice
from bunraku.stream.rtc.ice import LOOPBACK
from bunraku.stream.rtc.options import PeerOptions
from bunraku.stream.sources.barcode import draw_code, read_code

SIDE_PX = 192
LOCAL = (LOOPBACK,)


def local_options(**changes: object) -> PeerOptions:
    """Options of a peer that stays on this machine."""
    return PeerOptions(addresses=LOCAL, **changes)  # type: ignore[arg-type]


def numbered_picture(number: int, side_px: int = SIDE_PX) -> Picture:
    """Red grows to the right, blue is even, and the number is written along the upper edge."""
    picture = np.zeros((side_px, side_px, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 255, side_px)
    picture[..., 2] = 128
    draw_code(picture, number)
    return picture


class Camera(MediaStreamTrack):
    """Numbered pictures at a steady rate; each number's sending time is kept."""

    kind = "video"

    def __init__(self, rate: float = 30.0, side_px: int = SIDE_PX) -> None:
        super().__init__()
        self.rate = rate
        self.side_px = side_px
        self.sent_s: list[float] = []
        self._start_s = time.monotonic()

    async def recv(self) -> VideoFrame:
        number = len(self.sent_s)
        await asyncio.sleep(self._start_s + number / self.rate - time.monotonic())
        picture = numbered_picture(number, self.side_px)
        frame = VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = round(number * 90_000 / self.rate), Fraction(1, 90_000)
        self.sent_s.append(time.monotonic())
        return frame


class Browser:
    """One side of a connection, with a camera and a screen."""

    def __init__(self, camera: Camera | None = None) -> None:
        self.camera = camera or Camera()
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.screen: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()
        self.connection.on("track", self._on_track)
        self.connection.addTrack(self.camera)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def offer(self) -> str:
        """The offer, with its candidates."""
        ice.prepare(self.connection, LOCAL)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """Take the answer: the connection is made after that."""
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def see(self) -> VideoFrame:
        """The next frame on the screen."""
        track = await asyncio.wait_for(asyncio.shield(self.screen), 5)
        frame = await asyncio.wait_for(track.recv(), 5)
        assert isinstance(frame, VideoFrame)
        return frame

    async def close(self) -> None:
        """End it, as a closed tab does."""
        await self.connection.close()

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "video" and not self.screen.done():
            self.screen.set_result(track)


def number_of(frame: VideoFrame) -> int | None:
    """The number written in a frame."""
    return read_code(to_rgb(frame))
