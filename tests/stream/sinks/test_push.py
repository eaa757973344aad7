from __future__ import annotations

import asyncio
import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, cast

import av
import av.error
import numpy as np
import pytest

from bunraku.errors import InputError, OutputError
from bunraku.stream.core.clock import SystemClock
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.sinks import push
from bunraku.stream.sinks.push import PushSink

SIZE = (160, 96)
RATE = 25.0


class HurriedClock(SystemClock):
    """Waits a hundredth as long, and remembers how long it should have."""

    def __init__(self) -> None:
        self.waited_s: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited_s.append(seconds)
        await asyncio.sleep(seconds / 100)


class Receiver:
    """PyAV listening in a thread for one connection; keeps a pixel and the time of each frame."""

    def __init__(self, address: str, options: dict[str, str], *, stop_after: int = 10_000) -> None:
        self.pixels: list[tuple[int, int, int]] = []
        self.times_s: list[float] = []
        self.size = (0, 0)
        self._address, self._options, self._stop_after = address, options, stop_after
        self._thread = threading.Thread(target=self._receive)
        self._thread.start()

    def _receive(self) -> None:
        opened = av.open(self._address, options=self._options, timeout=(20.0, 5.0))
        # How FFmpeg's listeners take the end of a stream.
        with contextlib.suppress(av.error.OSError), opened as container:
            for frame in container.decode(video=0):
                pixel = frame.to_ndarray(format="rgb24")[50, 80]
                self.pixels.append((int(pixel[0]), int(pixel[1]), int(pixel[2])))
                self.times_s.append(np.nan if frame.time is None else frame.time)
                self.size = (frame.width, frame.height)
                if len(self.pixels) >= self._stop_after:
                    break

    async def joined(self) -> None:
        await asyncio.to_thread(self._thread.join, 20)
        assert not self._thread.is_alive()


def _free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return cast(int, probe.getsockname()[1])


async def _listening(port: int) -> None:
    """Wait until somebody listens, without connecting: the listener takes one guest only."""
    wanted = f":{port:04X} 00000000:0000 0A"
    while wanted not in Path("/proc/net/tcp").read_text(encoding="utf-8"):
        await asyncio.sleep(0.01)


def _descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def _level(index: int) -> int:
    return 30 + 8 * (index % 25)


def _frame(index: int, captured_s: float | None = None) -> LiveFrame:
    picture = np.full((SIZE[1], SIZE[0], 3), (200, _level(index), 60), np.uint8)
    time_s = index / RATE if captured_s is None else captured_s
    return LiveFrame(picture, index, Fraction(1, 25), time_s)


async def _push(sink: PushSink, frames: int) -> None:
    await sink.open()
    for index in range(frames):
        await sink.write(_frame(index))
        await asyncio.sleep(0.005)
    await sink.close()


def _sent_in_order(receiver: Receiver, frames: int, *, missing: int) -> None:
    """All but the first or last few arrived, each once, with its time."""
    assert receiver.size == SIZE
    assert frames - missing <= len(receiver.pixels) <= frames
    first = round((receiver.pixels[0][1] - 30) / 8)
    for index, (red, green, blue) in enumerate(receiver.pixels, start=first):
        assert np.allclose((red, green, blue), (200, _level(index), 60), atol=8)
    steps = np.diff(receiver.times_s)[4:]  # RTSP's clocks agree after a few
    assert np.allclose(steps, 1 / RATE, atol=0.002)


async def test_rtmp() -> None:
    port = _free_port()
    address = f"rtmp://127.0.0.1:{port}/live/KEY"
    receiver = Receiver(address, {"listen": "1"})
    await _listening(port)
    sink = PushSink(address, rate=RATE)
    assert sink.name == f"rtmp://127.0.0.1:{port}"
    await _push(sink, 25)
    await receiver.joined()
    _sent_in_order(receiver, 25, missing=0)
    assert sink.notice is None


async def test_rtsp() -> None:
    port = _free_port()
    address = f"rtsp://127.0.0.1:{port}/live"
    receiver = Receiver(address, {"rtsp_flags": "listen", "listen_timeout": "10"})
    await _listening(port)
    await _push(PushSink(address, rate=RATE), 25)
    await receiver.joined()
    _sent_in_order(receiver, 25, missing=2)


async def test_udp() -> None:
    port = _free_port(socket.SOCK_DGRAM)
    receiver = Receiver(f"udp://127.0.0.1:{port}?timeout=4000000", {}, stop_after=48)
    while f":{port:04X} " not in Path("/proc/net/udp").read_text(encoding="utf-8"):
        await asyncio.sleep(0.01)
    await _push(PushSink(f"udp://127.0.0.1:{port}", rate=RATE), 50)
    await receiver.joined()
    _sent_in_order(receiver, 50, missing=2)


async def test_hls_in_a_folder(tmp_path: Path) -> None:
    sink = PushSink(str(tmp_path / "live.m3u8"), rate=RATE)
    await sink.open()
    for index in range(12 * 25):
        await sink.write(_frame(index))
    playlist = (tmp_path / "live.m3u8").read_text(encoding="utf-8")
    await sink.close()
    assert "#EXT-X-MEDIA-SEQUENCE:0" not in playlist  # it moves on
    assert playlist.count("#EXTINF:1.0") == 6
    assert len(list(tmp_path.glob("*.ts"))) <= 8  # and takes the old ones away
    with av.open(str(tmp_path / "live.m3u8")) as container:
        assert len(list(container.decode(video=0))) >= 5 * 25


class _Store(http.server.BaseHTTPRequestHandler):
    """Keeps what is put there."""

    kept: ClassVar[dict[str, bytes]]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self.kept[self.path] = body
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_DELETE(self) -> None:
        self.kept.pop(self.path, None)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def store() -> Iterator[tuple[int, dict[str, bytes]]]:
    class Store(_Store):
        kept: ClassVar[dict[str, bytes]] = {}

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, Store.kept
        server.shutdown()
        thread.join()


async def test_hls_over_http(store: tuple[int, dict[str, bytes]], tmp_path: Path) -> None:
    port, kept = store
    await _push(PushSink(f"http://127.0.0.1:{port}/KEY/live.m3u8", rate=RATE), 60)
    assert b"#EXTINF:1.0" in kept["/KEY/live.m3u8"]
    for path, data in kept.items():
        (tmp_path / Path(path).name).write_bytes(data)
    with av.open(str(tmp_path / "live.m3u8")) as container:
        assert len(list(container.decode(video=0))) == 60


async def test_other_sizes_are_fitted_in() -> None:
    port = _free_port()
    address = f"rtmp://127.0.0.1:{port}/live/KEY"
    receiver = Receiver(address, {"listen": "1"})
    await _listening(port)
    sink = PushSink(address, rate=RATE)
    await sink.open()
    await sink.write(_frame(0))
    turned = _frame(1)
    turned.shown = np.full((160, 96, 3), (200, _level(1), 60), np.uint8)
    await sink.write(turned)
    await sink.close()
    await receiver.joined()
    assert np.allclose(receiver.pixels[1], (200, _level(1), 60), atol=8)
    assert receiver.size == SIZE


async def test_a_receiver_that_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    port = _free_port()
    address = f"rtmp://127.0.0.1:{port}/live/KEY"
    clock = HurriedClock()
    sink = PushSink(address, rate=RATE, clock=clock)
    first = Receiver(address, {"listen": "1"}, stop_after=5)
    await _listening(port)
    await sink.open()

    errors: list[OutputError] = []
    index = 0
    while not errors:
        try:
            await sink.write(_frame(index, time.monotonic()))
        except OutputError as error:
            errors.append(error)
        index += 1
        await asyncio.sleep(0.01)
    await first.joined()
    notice = f"rtmp://127.0.0.1:{port} is lost (it hung up) and is being regained."
    assert sink.notice == notice == str(errors[0])
    for _ in range(5):
        with pytest.raises(OutputError, match=r"is lost \(nobody listens there\)"):
            await sink.write(_frame(index, time.monotonic()))
    assert clock.waited_s == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]

    second = Receiver(address, {"listen": "1"})
    await _listening(port)
    for again in range(10):
        await sink.write(_frame(again, time.monotonic()))
        assert sink.notice is None
    await sink.close()
    await second.joined()
    greens = [pixel[1] for pixel in second.pixels]
    assert np.allclose(greens, [_level(index) for index in range(10)], atol=8)
    assert second.times_s[0] < 0.5  # it starts anew
    assert "KEY" not in caplog.text + str(errors)


async def test_nobody_there_at_the_start() -> None:
    port = _free_port()
    sink = PushSink(f"rtmp://127.0.0.1:{port}/live/KEY")
    await sink.open()
    said = rf"rtmp://127\.0\.0\.1:{port} cannot be pushed to: nobody listens there\."
    with pytest.raises(SinkClosed, match=said) as caught:
        await sink.write(_frame(0))
    assert "KEY" not in str(caught.value)
    await sink.close()


async def test_a_receiver_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        sink = PushSink(f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/KEY")
        await sink.open()
        writing = asyncio.ensure_future(sink.write(_frame(0)))
        guest, _ = await asyncio.to_thread(mute.accept)
        with guest:
            began = time.monotonic()
            writing.cancel()
            await sink.close()
            assert time.monotonic() - began < 9
        assert writing.cancelled() or writing.done()


async def test_patience_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        sink = PushSink(f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/KEY", patience_s=1)
        await sink.open()
        with pytest.raises(SinkClosed, match="it does not answer"):
            await sink.write(_frame(0))
        await sink.close()


async def test_hosts_and_protocols_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = PushSink("rtmp://no-such-host.invalid/live/KEY")
    with pytest.raises(OutputError, match="there is no host of this name") as caught:
        await sink.open()
    assert "KEY" not in str(caught.value)
    await sink.close()

    assert push._has_protocol("tcp")
    assert not push._has_protocol("carrierpigeon")
    monkeypatch.setattr(push, "_has_protocol", lambda _: False)
    sink = PushSink("srt://127.0.0.1:9000?passphrase=KEY")
    with pytest.raises(OutputError, match="built without SRT"):
        await sink.open()
    await sink.close()


async def test_a_closed_sink_leaves_nothing_behind() -> None:
    before = _descriptors()
    port = _free_port(socket.SOCK_DGRAM)
    sink = PushSink(f"udp://127.0.0.1:{port}")
    await sink.close()
    await sink.close()
    await _push(PushSink(f"udp://127.0.0.1:{port}"), 3)
    assert _descriptors() <= before
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("push")]


@pytest.mark.parametrize(
    "numbers", [{"rate": 0}, {"bitrate_kbps": 0}, {"rate": float("nan")}, {"patience_s": 0}]
)
def test_numbers_that_make_no_sense(numbers: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be above 0"):
        PushSink("udp://127.0.0.1:5000", **numbers)
