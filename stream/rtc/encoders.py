"""FFmpeg's video encoders, opened for a live picture: without delay, and on a GPU where one can.

Whether NVIDIA's encoder works is tried once, with a picture. Where it does not, or no more, as when
a GPU has as many sessions as its driver allows, libx264 takes its place.
"""

from __future__ import annotations

import functools
import logging
from fractions import Fraction

import av
from aiortc.codecs.vpx import number_of_threads
from aiortc.mediastreams import VIDEO_TIME_BASE
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from bunraku.spec.cores import cores

NOMINAL_RATE = 30
KEYFRAME_DISTANCE = 3000
"""Frames: a browser that has lost one asks for a keyframe, so none come unasked."""
NVENC = "h264_nvenc"
PROBE_SIDE_PX = 256

log = logging.getLogger(__name__)


def open_vp8(frame: VideoFrame, bitrate: int) -> VideoCodecContext:
    """libvpx at its fastest.

    :param frame: whose size the pictures have.
    :param bitrate: in bit/s.
    """
    codec = _create("libvpx", frame, bitrate)
    codec.qmin, codec.qmax = 2, 56
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "-10",
        "noise-sensitivity": "0",
        "lag-in-frames": "0",
        # Equal rates mean a constant one; FFmpeg takes the buffer's length from its size.
        "minrate": str(bitrate),
        "maxrate": str(bitrate),
        "bufsize": str(bitrate),
        "undershoot-pct": "100",
        "overshoot-pct": "15",
        # A keyframe takes as long on its way as nine other frames at most.
        "max-intra-rate": "900",
        "partitions": "0",
        "static-thresh": "1",
    }
    return codec


def open_h264(
    frame: VideoFrame, bitrate: int, rate: float, *, on_gpu: bool = False
) -> VideoCodecContext:
    """libx264's superfast preset, or NVIDIA's encoder.

    :param frame: whose size the pictures have.
    :param bitrate: in bit/s.
    :param rate: frames a second, which the bitrate is shared out by.
    :param on_gpu: whether NVIDIA's encoder is to be used, if it opens.
    """
    if on_gpu and (codec := _open_nvenc(frame, bitrate, rate)) is not None:
        return codec
    codec = _create("libx264", frame, bitrate)
    codec.framerate = Fraction(rate).limit_denominator(1000)
    codec.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "level": "31",
        # Half a second's worth: what no frame may exceed.
        "maxrate": str(bitrate),
        "bufsize": str(bitrate // 2),
    }
    codec.profile = "Baseline"
    return codec


@functools.cache
def nvenc_works() -> bool:
    """Whether NVIDIA's encoder gives a packet for a picture here; tried once, with a line in the
    log where it does."""
    picture = VideoFrame(PROBE_SIDE_PX, PROBE_SIDE_PX, "yuv420p")
    picture.pts, picture.time_base = 0, VIDEO_TIME_BASE
    codec = _open_nvenc(picture, 1_000_000, NOMINAL_RATE)
    try:
        works = codec is not None and any(packet.size for packet in codec.encode(picture))
    except FFmpegError:
        works = False
    if works:
        log.info("H.264 is encoded on the GPU (%s)", NVENC)
    return works


def _open_nvenc(frame: VideoFrame, bitrate: int, rate: float) -> VideoCodecContext | None:
    try:
        codec = _create(NVENC, frame, bitrate)
        codec.framerate = Fraction(rate).limit_denominator(1000)
        codec.options = {
            "preset": "p2",
            "tune": "ull",
            "profile": "baseline",
            "rc": "cbr",
            "bufsize": str(bitrate // 2),
            # Each frame's packet comes with it, and a keyframe whenever one is asked for.
            "zerolatency": "1",
            "delay": "0",
            "forced-idr": "1",
        }
        codec.open()
    except (FFmpegError, ValueError) as error:  # not in this build, no GPU, or no more sessions
        log.debug("%s cannot be opened: %s", NVENC, error)
        return None
    return codec


def _create(name: str, frame: VideoFrame, bitrate: int) -> VideoCodecContext:
    codec = av.CodecContext.create(name, "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height = frame.width, frame.height
    codec.pix_fmt = "yuv420p"
    codec.bit_rate = bitrate
    codec.framerate = Fraction(NOMINAL_RATE)
    codec.time_base = VIDEO_TIME_BASE
    codec.gop_size = KEYFRAME_DISTANCE
    codec.thread_count = number_of_threads(frame.width * frame.height, cores())
    return codec
