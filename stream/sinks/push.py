"""A push: the live picture sent to a server, or into a folder as HLS, and regained when lost."""

from __future__ import annotations

import asyncio
import socket

import av
import av.error

from bunraku.errors import PIP, InputError, OutputError
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.encoding import to_i420
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Sink, SinkClosed
from bunraku.stream.core.worker import Worker
from bunraku.stream.sinks.fixed_size import OutputTimeline, SizeFitter
from bunraku.stream.sinks.push_child import PARTING_S, Order
from bunraku.stream.sinks.push_process import PushLost, PushProcess
from bunraku.stream.sinks.push_target import PushTarget

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 8.0


class PushSink(Sink):
    """Sends H.264 with low delay over RTMP, RTSP, SRT, UDP or HLS.

    A connection that breaks is made anew, after ever longer waits, with a ``notice`` meanwhile. One
    that never came about ends the sink.
    """

    def __init__(
        self,
        url: str,
        *,
        rate: float = 30.0,
        bitrate_kbps: int = 2500,
        patience_s: int = 10,
        name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Choose the place; see :meth:`PushTarget.parse` for what it may be.

        :param rate: frames a second, about.
        :param patience_s: how long the other side may take to connect or to accept a frame.
        :param name: what people are told it is; by default the scheme and host.
        :raises OutputError: the address is not one of those.
        :raises InputError: a number is not above 0.
        """
        if not (rate > 0 and bitrate_kbps > 0 and patience_s > 0):
            raise InputError("Rate, bitrate and patience of a push must be above 0.")
        self._target = PushTarget.parse(url)
        self._name = name or self._target.shown
        self._rate, self._bitrate_kbps, self._patience_s = rate, bitrate_kbps, patience_s
        self._clock = clock or SystemClock()
        self._worker = Worker(f"push {self._name}")
        self._process: PushProcess | None = None
        self._fitter, self._timeline = SizeFitter(), OutputTimeline()
        self.frames = 0
        """How many were sent."""
        self._closed = False
        self._wait_s = _FIRST_WAIT_S
        self._notice: str | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def notice(self) -> str | None:
        return self._notice

    @property
    def takes_i420(self) -> bool:
        return True

    async def open(self) -> None:
        """Look whether it can be done; the connection is made when the first frame tells the size.

        :raises OutputError: there is no such host, or FFmpeg lacks the protocol.
        """
        if self._target.address.startswith("srt:") and not _has_protocol("srt"):
            raise OutputError(
                "This PyAV was built without SRT.",
                f"Install one that has it ({PIP} install --no-binary av av), or push to another "
                "kind of address.",
            )
        if self._target.host is not None:
            try:
                loop = asyncio.get_running_loop()
                await asyncio.wait_for(loop.getaddrinfo(self._target.host, None), 5.0)
            except (socket.gaierror, UnicodeError, TimeoutError):
                raise OutputError(
                    f"{self.name} cannot be pushed to: there is no host of this name.",
                    "Check the address and the connection.",
                ) from None

    async def write(self, frame: LiveFrame) -> None:
        """Send a frame, connecting first where needed.

        :raises SinkClosed: the first connection failed.
        :raises OutputError: the connection is lost, and this frame with it.
        """
        try:
            await self._worker.run(self._send, frame)
        except PushLost as lost:
            if not self.frames:
                raise SinkClosed(f"{self.name} cannot be pushed to: {lost}.") from None
            self._notice = f"{self.name} is lost ({lost}) and is being regained."
            wait_s, self._wait_s = self._wait_s, min(2 * self._wait_s, _LONGEST_WAIT_S)
            await self._clock.sleep(wait_s)
            raise OutputError(self._notice) from None
        self._notice, self._wait_s = None, _FIRST_WAIT_S

    async def close(self) -> None:
        """Say goodbye to the other side, but not for long."""
        if self._closed:
            return
        self._closed = True
        finishing = asyncio.ensure_future(self._worker.run(self._finish))
        try:
            await asyncio.wait([finishing], timeout=PARTING_S)
        finally:
            if self._process is not None:
                self._process.kill()
            await finishing
            await self._worker.close()

    def _send(self, frame: LiveFrame) -> None:
        """In the worker's thread."""
        if self._closed:
            raise PushLost("it is closed")
        planes = to_i420(self._fitter.fit(frame.shown_to_encoder()))
        if self._process is None:
            self._process = self._start()
            self._timeline = OutputTimeline()
        try:
            self._process.send(planes, self._timeline.at_ms(frame.captured_s))
        except PushLost:
            self._finish()
            raise
        self.frames += 1

    def _start(self) -> PushProcess:
        assert self._fitter.size is not None
        target = self._target
        try:
            return PushProcess(
                Order(
                    target.address,
                    target.format,
                    target.options,
                    self._fitter.size,
                    self._rate,
                    self._bitrate_kbps,
                    self._patience_s,
                )
            )
        except OSError as exc:
            raise PushLost(exc.strerror or "no process can be started") from None

    def _finish(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.finish()


def _has_protocol(scheme: str) -> bool:
    """Whether FFmpeg knows the protocol; PyAV has no list of them."""
    try:
        av.open(f"{scheme}://", timeout=1.0).close()
    except av.error.ProtocolNotFoundError:
        return False
    except (av.error.FFmpegError, OSError):
        return True
    return True
