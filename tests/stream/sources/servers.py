"""Streams on loopback whose frames tell their numbers, for sources that read from the network."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from aiohttp import web
from av.video.frame import VideoFrame
from PIL import Image

from bunraku.spec.arrays import Picture
from bunraku.stream.sources.barcode import draw_code

RATE = 50
SIZE = (192, 128)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def numbered(number: int, size: tuple[int, int] = SIZE) -> Picture:
    """A grey picture with its number as a code."""
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    draw_code(picture, number)
    return picture


def jpeg(number: int) -> bytes:
    """A numbered picture as JPEG."""
    file = io.BytesIO()
    Image.fromarray(numbered(number)).save(file, "JPEG", quality=90)
    return file.getvalue()


class _Pieces(io.RawIOBase):
    """Collects what a muxer writes since it was last asked."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self.written += piece
        return len(piece)

    def take(self) -> bytes:
        piece, self.written = self.written, b""
        return piece


def transport_stream(
    frames: int, size: tuple[int, int] = SIZE, *, first: int = 0, key_every: int = 10
) -> Iterator[bytes]:
    """An MPEG transport stream of frames from number ``first`` on, in one piece a frame."""
    pieces = _Pieces()
    with av.open(pieces, "w", format="mpegts", options={"flush_packets": "1"}) as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(key_every)}
        for number in range(first, first + frames):
            frame = VideoFrame.from_ndarray(numbered(number, size), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
            yield pieces.take()
        container.mux(video.encode())
    yield pieces.take()


@contextlib.asynccontextmanager
async def http(handlers: Mapping[str, Handler]) -> AsyncIterator[int]:
    """An HTTP server; each handler answers at /NAME. Gives the port."""
    app = web.Application()
    for name, handler in handlers.items():
        app.router.add_get(f"/{name}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def streaming(pieces: Callable[[], Iterator[bytes]], content_type: str) -> Handler:
    """A handler that sends a piece each frame, in real time; what ends starts over."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                for piece in pieces():
                    await response.write(piece)
                    await asyncio.sleep(1 / RATE)
        return response

    return handle


def mjpeg_pieces(frames: int = 1000) -> Iterator[bytes]:
    """Motion JPEG as web cameras send it."""
    for number in range(frames):
        picture = jpeg(number)
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        yield head.encode() + picture + b"\r\n"


class UdpSender:
    """Sends transport streams of the given sizes to a port, in real time, one after the other."""

    def __init__(self, port: int, *sizes: tuple[int, int], frames: int = 25) -> None:
        self._port, self._sizes, self._frames = port, sizes or (SIZE,), frames
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> UdpSender:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _send(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not self._stopped.is_set():
                for size in self._sizes:
                    for piece in transport_stream(self._frames, size):
                        for start in range(0, len(piece), 1316):
                            out.sendto(piece[start : start + 1316], ("127.0.0.1", self._port))
                        if self._stopped.wait(1 / RATE):
                            return


def free_udp_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


RTSP_SCRIPT = Path(__file__).with_name("rtsp_server.py")


def access_units(folder: Path, frames: int, *, key_every: int = 10) -> Path:
    """Write numbered pictures as H.264, one file each, as cameras send it; return the folder."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 25)
    # One slice a picture: GStreamer's "good" plugins alone do not keep several together.
    encoder.thread_count = 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(key_every)}
    packets = []
    for number in range(frames):
        frame = VideoFrame.from_ndarray(numbered(number), format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    for number, packet in enumerate([*packets, *encoder.encode()]):
        (folder / f"{number:05}").write_bytes(bytes(packet))
    return folder


class RtspServer:
    """GStreamer's RTSP server in a process of its own, with /h264 and /mjpeg."""

    def __init__(self, units: Path, port: int = 0, *, password: str = "") -> None:
        # Debian's Python has GStreamer's bindings; the one of a virtual environment has not.
        command = ["/usr/bin/python3", str(RTSP_SCRIPT), str(port), password, str(units)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        """End it as a camera whose plug is pulled."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
