"""The yardsticks: aiortc as it comes, sending the browser's picture back.

`echo` adds the received track as it is. `naive` does what examples show: it works on each frame
inside ``recv``, in an executor even, so that only the queue in front of it is to blame.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

import aioice.ice
from aiohttp import web
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from av.frame import Frame
from av.video.frame import VideoFrame
from benchmarks.live import control

PAGE = Path(__file__).with_name("echo.html")


class NaiveTrack(MediaStreamTrack):
    """Frames of another track, each held for ``delay_s`` where it is asked for."""

    kind = "video"

    def __init__(self, track: MediaStreamTrack, delay_s: float) -> None:
        super().__init__()
        self._track = track
        self._delay_s = delay_s

    async def recv(self) -> Frame:
        """The next frame of the queue, however old."""
        frame = await self._track.recv()
        assert isinstance(frame, VideoFrame)
        return await asyncio.get_running_loop().run_in_executor(None, self._work, frame)

    def _work(self, frame: VideoFrame) -> VideoFrame:
        time.sleep(self._delay_s)
        made = VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24"), format="rgb24")
        made.pts, made.time_base = frame.pts, frame.time_base
        return made


def make_app(delay_s: float | None) -> web.Application:
    """A page and its signalling; no delay: the echo."""
    peers: set[RTCPeerConnection] = set()

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE)

    async def offer(request: web.Request) -> web.Response:
        given = await request.json()
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.add(peer)

        @peer.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            peer.addTrack(track if delay_s is None else NaiveTrack(track, delay_s))

        await peer.setRemoteDescription(RTCSessionDescription(given["sdp"], given["type"]))
        await peer.setLocalDescription(await peer.createAnswer())
        local = peer.localDescription
        return web.json_response({"sdp": local.sdp, "type": local.type})

    async def stop(_: web.Application) -> None:
        await asyncio.gather(*(peer.close() for peer in peers))

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/offer", offer)])
    app.on_shutdown.append(stop)
    return app


async def main() -> None:
    """Serve on loopback until the parent goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay-ms", type=float, help="work inside recv; without it, an echo")
    delay_ms = parser.parse_args().delay_ms
    if not aioice.ice.get_host_addresses(True, False):
        # The one change to what is installed: a machine with loopback only offers no address.
        aioice.ice.get_host_addresses = lambda *_: ["127.0.0.1"]
    runner = web.AppRunner(make_app(None if delay_ms is None else delay_ms / 1e3))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=1)
        await site.start()
        await control.answer(f"http://127.0.0.1:{runner.addresses[0][1]}/", {})
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
