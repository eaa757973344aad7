"""A camera or a stream that PyAV reads, frame by frame, with the least delay."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction

import av.error
from av.codec.context import Flags
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bunraku.stream.clip.timeline import AnyPacket, packets_of
from bunraku.stream.clip.times import FrameTimes
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.orientation import as_shown
from bunraku.stream.sources.backlog import Backlog
from bunraku.stream.sources.reader import FeedLost

# Packets in a row that cannot be decoded after which the connection is made anew.
_MAX_FAILURES = 250
_UNKNOWN = Fraction(0)


class AvFeed:
    """A video stream of an open container.

    A live one is never behind: where decoding is too slow, it leaves out what waits and goes on
    with the next picture that needs no other. Of a recording, times go on where its clock jumps; of
    a live one, the arrivals will tell.
    """

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        clock: Clock,
        *,
        live: bool = True,
        timed: bool = True,
        capture: Callable[[float, float], float] | None = None,
    ) -> None:
        """Take over an open container.

        ``timed``: whether the times it gives mean something. ``capture`` makes the moment of
        capture from a frame's time and the present; without it, that is its arrival.
        """
        self.live = live
        self.unreadable = 0
        self._container = container
        self._clock = clock
        self._timed = timed
        self._capture = capture
        self._stream = stream
        # Frame threads and reordering hold frames back.
        self._stream.thread_type = "SLICE"
        if live:
            self._stream.codec_context.flags |= Flags.low_delay
        self._times = None if live else FrameTimes(container, self._stream)
        self._backlog = Backlog(clock)
        self._frames = self._decode()

    def read(self) -> LiveFrame | None:
        failure: str
        try:
            frame = next(self._frames, None)
            return None if frame is None else self._taken(frame)
        except av.error.ExitError:
            failure = "it went silent"
        except (av.error.FFmpegError, OSError) as exc:
            failure = exc.strerror or type(exc).__name__
        # Outside of the handler: PyAV's error has the address, with its password, in its text.
        raise FeedLost(failure[:1].lower() + failure[1:])

    def close(self) -> None:
        self._frames.close()
        self._container.close()

    def _decode(self) -> Generator[VideoFrame]:
        failures = 0
        for packet in self._packets():
            try:
                frames = packet.decode()
            except av.error.FFmpegError as exc:
                self.unreadable += 1
                failures += 1
                if failures >= _MAX_FAILURES:
                    raise FeedLost("its pictures cannot be decoded") from exc
                continue
            for frame in frames:
                failures = 0
                yield frame

    def _packets(self) -> Iterator[AnyPacket]:
        return self._newest() if self.live else packets_of(self._container, self._stream)

    def _newest(self) -> Generator[AnyPacket]:
        """Yield packets to decode, without those that are left out to keep up."""
        packets = self._container.demux(self._stream)
        while True:
            asked_s = self._clock.now()
            packet = next(packets, None)
            if packet is None:
                return
            waited_s = self._clock.now() - asked_s
            if self._backlog.leaves_out(waited_s, key=packet.is_keyframe):
                self.unreadable += 1
                continue
            yield packet

    def _taken(self, frame: VideoFrame) -> LiveFrame:
        now_s = self._clock.now()
        raw = as_shown(frame, self._stream.sample_aspect_ratio)
        if self._times is not None:
            return LiveFrame(raw, self._times.stamp(frame)[0], self._times.time_base, now_s)
        pts, time_base = frame.pts, frame.time_base
        if pts is None or not time_base or not self._timed:
            return LiveFrame(raw, 0, _UNKNOWN, now_s)
        capture = self._capture
        at_s = now_s if capture is None else capture(float(pts * time_base), now_s)
        return LiveFrame(raw, pts, time_base, at_s)
