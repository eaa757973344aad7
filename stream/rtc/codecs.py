"""Encoders that cost a frame little time, with bitrates of their own connection.

aiortc's own take twice to six times as long, and their bitrates belong to the whole process.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiortc.codecs.base import Encoder
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import VIDEO_CLOCK_RATE, VIDEO_TIME_BASE, convert_timebase
from av.error import FFmpegError
from av.frame import Frame
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from bunraku.stream.rtc.encoders import NOMINAL_RATE, nvenc_works, open_h264, open_vp8
from bunraku.stream.rtc.options import PeerOptions

log = logging.getLogger(__name__)

# The bitrate of an open encoder cannot be changed: it has to be opened anew, which costs a
# keyframe. So small changes and those that follow closely wait.
FALL = 0.85
FALL_AFTER_S = 1.0
RISE = 1.25
RISE_AFTER_S = 3.0
# Where the encoder starts anew in any case, or a keyframe is due, it comes for nothing.
NOTICEABLE = 0.05


@dataclass
class Bitrate:
    """What the browser says the way to it can carry, and what the encoder is set to; in bit/s."""

    least: int
    largest: int
    target: int
    """The browser's last word, within the limits."""

    now: Callable[[], float] = time.monotonic
    set_to: int = 0
    changed_s: float = 0.0

    @classmethod
    def of(cls, options: PeerOptions) -> Bitrate:
        """As a peer's options say."""
        return cls(options.min_kbps * 1000, options.max_kbps * 1000, options.start_kbps * 1000)

    def ask(self, bitrate: int) -> None:
        """Aim at this one."""
        self.target = max(self.least, min(bitrate, self.largest))

    def wants_change(self, *, free: bool, drift: float = 1.0) -> bool:
        """Whether the encoder should be opened anew.

        :param free: a keyframe is due anyway.
        :param drift: what the encoder should spend on a frame in relation to when it was opened.
        """
        if not self.set_to:
            return True
        ratio = drift * self.target / self.set_to
        if free:
            return abs(ratio - 1) > NOTICEABLE
        age_s = self.now() - self.changed_s
        return (ratio < FALL and age_s >= FALL_AFTER_S) or (ratio > RISE and age_s >= RISE_AFTER_S)

    def settle(self) -> int:
        """The encoder is opened with the target, which is returned."""
        self.set_to, self.changed_s = self.target, self.now()
        return self.set_to


class FrameRate:
    """How many frames a second there are lately, by their timestamps."""

    # A pause says nothing of the rate.
    LONGEST_S = 0.25
    WEIGHT = 0.05

    def __init__(self) -> None:
        self._interval_s = 1 / NOMINAL_RATE
        self._last_s: float | None = None

    def add(self, time_s: float) -> None:
        """A frame came at this time."""
        if self._last_s is not None and 0 < (interval := time_s - self._last_s) < self.LONGEST_S:
            self._interval_s += self.WEIGHT * (interval - self._interval_s)
        self._last_s = time_s

    @property
    def rate(self) -> float:
        return 1 / self._interval_s


class _OwnBitrate:
    """An encoder's bitrate by its connection, in place of one of aiortc's encoders'."""

    _bitrate: Bitrate

    @property
    def target_bitrate(self) -> int:
        return self._bitrate.target

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._bitrate.ask(bitrate)


class LiveVp8Encoder(_OwnBitrate, Vp8Encoder):
    """VP8 at libvpx's fastest, without its noise filter: 2 ms for 512 × 512 instead of 4.6."""

    def __init__(self, bitrate: Bitrate) -> None:
        super().__init__()
        self._bitrate = bitrate

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """One frame as RTP payloads, and its RTP timestamp."""
        picture = _as_yuv420p(frame)
        if _must_open(self.codec, picture, self._bitrate, force_keyframe):
            self.codec = open_vp8(picture, self._bitrate.settle())
        picture.pict_type = PictureType.I if force_keyframe else PictureType.NONE
        assert self.codec is not None
        data = b"".join(bytes(packet) for packet in self.codec.encode(picture))
        payloads = self._packetize(data, self.picture_id)
        self.picture_id = (self.picture_id + 1) % (1 << 15)
        return payloads, _timestamp(picture)


class LiveH264Encoder(_OwnBitrate, H264Encoder):
    """H.264 by NVIDIA's encoder where that works, else by x264's superfast preset: 1.7 ms for
    512 × 512 instead of 9.7."""

    def __init__(self, bitrate: Bitrate) -> None:
        super().__init__()
        self._bitrate = bitrate
        self._frames = FrameRate()
        self._opened_rate = float(NOMINAL_RATE)
        self._on_gpu = nvenc_works()

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """One frame as RTP payloads, and its RTP timestamp."""
        picture = _as_yuv420p(frame)
        return self._packetize(self._encode_frame(picture, force_keyframe)), _timestamp(picture)

    def _encode_frame(self, frame: VideoFrame, force_keyframe: bool) -> Iterator[bytes]:
        # x264 without delay shares the bitrate out by the rate it was told: half the frames would
        # get half of it.
        self._frames.add(_timestamp(frame) / VIDEO_CLOCK_RATE)
        drift = self._opened_rate / self._frames.rate
        if _must_open(self.codec, frame, self._bitrate, force_keyframe, drift):
            self._open(frame)
        frame.pict_type = PictureType.I if force_keyframe else PictureType.NONE
        try:
            data = self._encoded(frame)
        except FFmpegError as error:
            if not self._on_gpu:
                raise
            log.warning("the GPU's encoder has failed, libx264 goes on: %s", error)
            self._on_gpu = False
            self._open(frame)
            data = self._encoded(frame)
        yield from self._split_bitstream(data)

    def _open(self, frame: VideoFrame) -> None:
        self._opened_rate = self._frames.rate
        bitrate = self._bitrate.settle()
        self.codec = open_h264(frame, bitrate, self._opened_rate, on_gpu=self._on_gpu)

    def _encoded(self, frame: VideoFrame) -> bytes:
        assert self.codec is not None
        return b"".join(bytes(packet) for packet in self.codec.encode(frame))


def encoder_for(mime_type: str, options: PeerOptions) -> Encoder | None:
    """The encoder of a negotiated codec; None for one that is aiortc's alone."""
    makers: dict[str, Callable[[Bitrate], Encoder]] = {
        "video/vp8": LiveVp8Encoder,
        "video/h264": LiveH264Encoder,
    }
    maker = makers.get(mime_type.lower())
    return None if maker is None else maker(Bitrate.of(options))


def _must_open(
    codec: VideoCodecContext | None,
    frame: VideoFrame,
    bitrate: Bitrate,
    keyframe: bool,
    drift: float = 1.0,
) -> bool:
    if codec is None or (frame.width, frame.height) != (codec.width, codec.height):
        return True
    return bitrate.wants_change(free=keyframe, drift=drift)


def _as_yuv420p(frame: Frame) -> VideoFrame:
    assert isinstance(frame, VideoFrame)
    return frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")


def _timestamp(frame: VideoFrame) -> int:
    assert frame.pts is not None
    assert frame.time_base is not None
    return convert_timebase(frame.pts, frame.time_base, VIDEO_TIME_BASE)
