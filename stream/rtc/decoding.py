"""The thread in which a receiver's frames are decoded, in place of aiortc's.

It never falls behind for long, and gets over whatever a frame does to the decoder.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable

import av
from aiortc.codecs import get_decoder
from aiortc.codecs.base import Decoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.codec.context import Flags
from av.frame import Frame

from bunraku.stream.core.log_lines import has_doubled
from bunraku.stream.rtc.receiving import ReadyFrame

MAX_WAITING_FRAMES = 15
"""When so many wait, all are skipped up to the next keyframe,"""
FAR_TOO_MANY_FRAMES = 4 * MAX_WAITING_FRAMES
"""and when so many wait, keyframes too: they may be all that comes."""
MOST_SIDE_PX = 4096
"""Larger pictures are not even decoded: a few bytes may stand for half a gigabyte."""
FAILURES_IN_A_ROW = 3
ASK_AGAIN_S = 0.25

Task = tuple[RTCRtpCodecParameters, JitterFrame] | None

log = logging.getLogger(__name__)


def decoder_worker(
    loop: asyncio.AbstractEventLoop,
    input_q: queue.Queue[Task],
    output_q: asyncio.Queue[Frame | None],
    decode_error: threading.Event,
) -> None:
    """Decode until None comes; the receiver asks the sender for a keyframe at ``decode_error``.

    Whoever put None waits for this thread, in the event loop: what is before it is left alone.
    """
    decoding: Decoding | None = None
    codec_name = ""
    try:
        while (task := input_q.get()) is not None:
            codec, encoded = task
            if decoding is None or codec.name != codec_name:
                codec_name = codec.name
                decoding = Decoding(codec, decode_error.set)
            ready = encoded.unpack() if isinstance(encoded, ReadyFrame) else [encoded]
            for one in ready:
                if _has_ended(input_q):
                    break
                for frame in decoding.decode(one, waiting=input_q.qsize()):
                    loop.call_soon_threadsafe(output_q.put_nowait, frame)
        # The track has ended.
        loop.call_soon_threadsafe(output_q.put_nowait, None)
    except RuntimeError:
        if not loop.is_closed():
            raise


class Decoding:
    """One decoder after another, each used until it fails for good.

    :param ask: called when only a keyframe helps; now and then again until one comes.
    """

    def __init__(
        self,
        codec: RTCRtpCodecParameters,
        ask: Callable[[], None],
        *,
        make: Callable[[RTCRtpCodecParameters], Decoder] = get_decoder,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._codec = codec
        self._ask = ask
        self._make = make
        self._now = now
        self._asked_s = -ASK_AGAIN_S
        self._decoder: Decoder | None = None
        self._failures = 0
        self._all_failures = 0
        self._waits_for_keyframe = False

    def decode(self, encoded: JitterFrame, *, waiting: int = 0) -> list[Frame]:
        """The frames that come out: one, or none where it is skipped or fails.

        :param waiting: how many frames wait behind it.
        """
        if not encoded.data:
            # To a decoder, no data means the end: it would never decode again.
            return []
        keyframe = is_keyframe(self._codec.name, encoded.data)
        if keyframe and waiting < FAR_TOO_MANY_FRAMES and not self._is_too_large(encoded.data):
            self._waits_for_keyframe = False
        elif keyframe or waiting >= MAX_WAITING_FRAMES or self._waits_for_keyframe:
            self._waits_for_keyframe = True
            self._ask_for_keyframe()
            return []
        if self._decoder is None:
            self._decoder = _without_delay(self._make(self._codec))
        try:
            frames = self._decoder.decode(encoded)
        except (av.FFmpegError, ValueError) as exc:
            self._fail(exc)
            return []
        self._failures = 0
        return frames

    def _is_too_large(self, data: bytes) -> bool:
        """Whether a keyframe says so itself; H.264's decoder looks for us."""
        size = vp8_size(data) if self._codec.name.upper() == "VP8" else None
        return size is not None and max(size) > MOST_SIDE_PX

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        self._all_failures += 1
        if has_doubled(self._all_failures):
            log.info(
                "Frame %d of %s that could not be decoded: %s",
                self._all_failures,
                self._codec.name,
                error,
            )
        if isinstance(error, EOFError) or self._failures >= FAILURES_IN_A_ROW:
            # Before that it stays: what it knows of earlier frames makes the next ones usable.
            self._decoder = None
            self._failures = 0
        self._ask_for_keyframe()

    def _ask_for_keyframe(self) -> None:
        now = self._now()
        if now - self._asked_s >= ASK_AGAIN_S:
            self._asked_s = now
            self._ask()


def is_keyframe(codec_name: str, data: bytes) -> bool:
    """Whether an encoded frame, VP8 or H.264 with start codes, needs no other one."""
    if codec_name.upper() == "VP8":
        return not data[0] & 1
    units = data.split(b"\x00\x00\x01")[1:]
    return any(unit and unit[0] & 0x1F == 5 for unit in units)


def vp8_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that a VP8 keyframe states (RFC 6386, 9.1); None if it is none."""
    if len(data) < 10 or data[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return width, height


def _has_ended(input_q: queue.Queue[Task]) -> bool:
    with input_q.mutex:
        return bool(input_q.queue) and input_q.queue[-1] is None


def _without_delay(decoder: Decoder) -> Decoder:
    codec = getattr(decoder, "codec", None)
    if isinstance(codec, av.CodecContext):
        # Each frame at once, and not a thread for every core that a large machine has.
        codec.flags |= Flags.low_delay
        codec.thread_count = 2
        codec.options = {**codec.options, "max_pixels": str(MOST_SIDE_PX**2)}
    return decoder
