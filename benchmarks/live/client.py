"""A page without a browser: aiortc and aiohttp talking to the server as the page does."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from av.video.frame import VideoFrame
from benchmarks.live.errors import BenchError

from bunraku.stream.rtc.ice import prepare
from bunraku.stream.sources.barcode import draw_code

ANSWER_S = 20.0
SIZE = (320, 240)


class CodeTrack(VideoStreamTrack):
    """A grey picture with a bar code, 30 times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._number = 0

    async def recv(self) -> VideoFrame:
        """The next one, when its time has come."""
        pts, time_base = await self.next_timestamp()
        picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
        draw_code(picture, self._number)
        self._number += 1
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


async def visit(url: str, *, frames: int) -> None:
    """One session: say hello, start, take so many pictures, leave without a word.

    :raises BenchError: the server refuses, or the pictures do not come.
    """
    try:
        async with (
            aiohttp.ClientSession() as web,
            web.ws_connect(f"{url}ws", heartbeat=5.0) as socket,
        ):
            await socket.send_json({"type": "hello"})
            await _message(socket, "welcome")
            await asyncio.wait_for(_stream(socket, frames), ANSWER_S)
    except (OSError, aiohttp.ClientError, TimeoutError, MediaStreamError) as error:
        raise BenchError(f"An aiortc client was not served: {error!r}") from error


async def _stream(socket: aiohttp.ClientWebSocketResponse, frames: int) -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    received: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()

    @peer.on("track")
    def on_track(track: MediaStreamTrack) -> None:
        if not received.done():
            received.set_result(track)

    try:
        peer.addTrack(CodeTrack())
        prepare(peer)
        await peer.setLocalDescription(await peer.createOffer())
        offer = {"type": "offer", "id": 1, "sdp": peer.localDescription.sdp, "photo": None}
        await socket.send_json(offer)
        answer = await _message(socket, "answer")
        await peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        track = await received
        for _ in range(frames):
            await track.recv()
    finally:
        await peer.close()


async def _message(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message of this kind; those of others are passed over."""
    while True:
        message: dict[str, Any] = await socket.receive_json(timeout=ANSWER_S)
        if message["type"] == kind:
            return message
        if message["type"] in ("error", "bye"):
            raise BenchError(f"The server answers: {message.get('text')}")
