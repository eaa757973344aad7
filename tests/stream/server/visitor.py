"""A browser without a browser: aiortc with a moving picture for a camera."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from av.video.frame import VideoFrame
from tests.stream.server.fakes import ANSWER_S, Page

from bunraku.spec.arrays import Picture
from bunraku.stream.rtc import ice

SIZE_PX = 128


class Camera(VideoStreamTrack):
    """Green pictures that differ from one another."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self.running = asyncio.Event()
        self.running.set()

    async def recv(self) -> VideoFrame:
        await self.running.wait()
        pts, time_base = await self.next_timestamp()
        picture = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
        picture[..., 1] = 200
        picture[: SIZE_PX // 4, : (self.sent * 8) % SIZE_PX] = 0
        self.sent += 1
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Visitor:
    """One WebRTC connection of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.camera = Camera()
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._track: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()
        self.connection.on("track", self._track.set_result)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self.camera.stop()
        self.camera.running.set()
        await self.connection.close()

    async def offer(self) -> str:
        """The SDP with all candidates."""
        self.connection.addTrack(self.camera)
        ice.prepare(self.connection, ["127.0.0.1"])
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def start(self, photo: str | None = None, number: int = 1) -> None:
        """Offer, and take the answer."""
        await self.page.send("offer", id=number, sdp=await self.offer(), photo=photo)
        answer = await self.page.expect("answer", id=number)
        await self.connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    async def picture(self) -> Picture:
        """The next picture that comes back."""
        async with asyncio.timeout(ANSWER_S):
            frame = await (await self._track).recv()
        assert isinstance(frame, VideoFrame)
        return frame.to_ndarray(format="rgb24").astype(np.uint8)

    async def shows(self, red: int, green: int) -> None:
        """Wait until the lower half of what comes back has about this colour."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                picture = await self.picture()
                lower = picture[picture.shape[0] * 5 // 8 :].reshape(-1, 3).mean(0)
                if abs(lower[0] - red) < 25 and abs(lower[1] - green) < 25:
                    return
