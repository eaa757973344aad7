"""Decoding gets over empty frames, broken ones and too many of them."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
from aiortc.codecs import CODECS, depayload, get_decoder
from aiortc.codecs.base import Decoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import VIDEO_TIME_BASE
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.frame import Frame
from av.video.frame import VideoFrame
from tests.stream.rtc.browser import SIDE_PX, number_of, numbered_picture

from bunraku.stream.rtc import decoding
from bunraku.stream.rtc.codecs import encoder_for
from bunraku.stream.rtc.decoding import (
    ASK_AGAIN_S,
    FAR_TOO_MANY_FRAMES,
    MAX_WAITING_FRAMES,
    Decoding,
    decoder_worker,
    is_keyframe,
    vp8_size,
)
from bunraku.stream.rtc.options import PeerOptions
from bunraku.stream.rtc.receiving import ReadyFrame

VP8 = next(codec for codec in CODECS["video"] if codec.name == "VP8")
H264 = next(codec for codec in CODECS["video"] if codec.name == "H264")
BOTH = pytest.mark.parametrize("codec", [VP8, H264], ids=["vp8", "h264"])


def encoded(
    codec: RTCRtpCodecParameters, count: int, keyframes: tuple[int, ...] = ()
) -> list[JitterFrame]:
    """Numbered frames as a receiver puts them together."""
    encoder = encoder_for(codec.mimeType, PeerOptions())
    assert encoder is not None
    frames = []
    for number in range(count):
        picture = VideoFrame.from_ndarray(numbered_picture(number), format="rgb24")
        picture.pts, picture.time_base = number * 3000, VIDEO_TIME_BASE
        payloads, timestamp = encoder.encode(picture, number in keyframes)
        data = b"".join(depayload(codec, payload) for payload in payloads)
        frames.append(JitterFrame(data, timestamp))
    return frames


@dataclass
class Asked:
    times: int = 0

    def __call__(self) -> None:
        self.times += 1


@dataclass
class Setting:
    """A decoding whose clock stands still unless the test moves it."""

    codec: RTCRtpCodecParameters
    asked: Asked = field(default_factory=Asked)
    made: list[Decoder] = field(default_factory=list)
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.decoding = Decoding(self.codec, self.asked, make=self.make, now=lambda: self.now_s)

    def make(self, codec: RTCRtpCodecParameters) -> Decoder:
        self.made.append(get_decoder(codec))
        return self.made[-1]

    def numbers(self, frames: list[JitterFrame], *, waiting: int = 0) -> list[int | None]:
        return [
            number_of(shown)
            for frame in frames
            for shown in self.decoding.decode(frame, waiting=waiting)
            if isinstance(shown, VideoFrame)
        ]


@BOTH
def test_each_frame_comes_out_at_once(codec: RTCRtpCodecParameters) -> None:
    setting = Setting(codec)
    for number, frame in enumerate(encoded(codec, 8)):
        assert setting.numbers([frame]) == [number]
    assert setting.asked.times == 0


@BOTH
def test_keyframes_are_told_apart(codec: RTCRtpCodecParameters) -> None:
    frames = encoded(codec, 6, keyframes=(0, 4))
    assert [is_keyframe(codec.name, frame.data) for frame in frames] == [
        number in (0, 4) for number in range(6)
    ]


@BOTH
def test_an_empty_frame_does_not_end_decoding(codec: RTCRtpCodecParameters) -> None:
    frames = encoded(codec, 4)
    frames.insert(2, JitterFrame(b"", 5000))
    assert Setting(codec).numbers(frames) == [0, 1, 2, 3]


def test_broken_frames_are_survived_and_a_keyframe_asked_for() -> None:
    setting = Setting(VP8)
    frames = encoded(VP8, 12, keyframes=(0, 8))
    noise = np.random.default_rng(0)
    for number in (3, 4, 5):
        frames[number] = JitterFrame(b"\x01" + noise.bytes(3), frames[number].timestamp)
    numbers = setting.numbers(frames)
    assert numbers[:3] == [0, 1, 2]
    assert numbers[-4:] == [8, 9, 10, 11]
    assert setting.asked.times == 1


class Ended(Decoder):
    """A decoder that has been told that the stream is over."""

    def decode(self, encoded_frame: JitterFrame) -> list[Frame]:
        import av

        raise av.EOFError(-541478725, "End of file")


def test_a_decoder_that_has_ended_is_replaced() -> None:
    asked = Asked()
    decoders: list[Decoder] = [Ended(), get_decoder(VP8)]
    decoding = Decoding(VP8, asked, make=lambda _: decoders.pop(0))
    first, second = encoded(VP8, 2, keyframes=(0, 1))
    assert decoding.decode(first) == []
    assert asked.times == 1
    assert len(decoding.decode(second)) == 1


def test_broken_frames_are_logged_less_and_less_often(caplog: pytest.LogCaptureFixture) -> None:
    decoding = Decoding(VP8, Asked(), make=lambda _: Ended())
    keyframe = encoded(VP8, 1)[0]
    with caplog.at_level(logging.INFO):
        for _ in range(20):
            decoding.decode(keyframe)
    logged = [int(record.getMessage().split()[1]) for record in caplog.records]
    assert logged == [1, 2, 4, 8, 16]


def test_when_too_many_wait_it_goes_on_at_the_next_keyframe() -> None:
    setting = Setting(VP8)
    frames = encoded(VP8, 9, keyframes=(0, 6))
    assert setting.numbers(frames[:2]) == [0, 1]
    assert setting.numbers(frames[2:4], waiting=MAX_WAITING_FRAMES) == []
    assert setting.asked.times == 1
    setting.now_s += ASK_AGAIN_S
    assert setting.numbers(frames[4:6]) == []
    assert setting.asked.times == 2
    assert setting.numbers(frames[6:]) == [6, 7, 8]


def test_when_far_too_many_wait_keyframes_are_skipped_too() -> None:
    setting = Setting(VP8)
    frames = encoded(VP8, 4, keyframes=(0, 1, 2))
    assert setting.numbers(frames[:1], waiting=FAR_TOO_MANY_FRAMES - 1) == [0]
    assert setting.numbers(frames[1:2], waiting=FAR_TOO_MANY_FRAMES) == []
    assert setting.asked.times == 1
    assert setting.numbers(frames[3:]) == []
    assert setting.numbers(frames[2:]) == [2, 3]


def test_vp8_keyframes_state_their_size() -> None:
    first, second = encoded(VP8, 2)
    assert vp8_size(first.data) == (SIDE_PX, SIDE_PX)
    assert vp8_size(second.data) is None
    assert vp8_size(first.data[:9]) is None
    scaled = first.data[:6] + (0x4000 | 16383).to_bytes(2, "little") + first.data[8:]
    assert vp8_size(scaled) == (16383, SIDE_PX)


def test_a_keyframe_that_says_it_is_huge_reaches_no_decoder() -> None:
    setting = Setting(VP8)
    first, second = encoded(VP8, 2)
    huge = JitterFrame(first.data[:6] + b"\xff\x3f\xff\x3f" + first.data[10:], first.timestamp)
    assert setting.numbers([huge, second]) == []
    assert not setting.made
    assert setting.asked.times == 1
    assert setting.numbers([first, second]) == [0, 1]


@BOTH
def test_pictures_above_the_limit_are_not_decoded(
    codec: RTCRtpCodecParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = encoded(codec, 3)
    monkeypatch.setattr(decoding, "MOST_SIDE_PX", SIDE_PX)
    assert Setting(codec).numbers(frames) == [0, 1, 2]
    monkeypatch.setattr(decoding, "MOST_SIDE_PX", SIDE_PX - 16)
    assert Setting(codec).numbers(frames) == []


async def test_the_thread_hands_frames_over_and_ends_with_the_track() -> None:
    waiting: queue.Queue[tuple[RTCRtpCodecParameters, JitterFrame] | None] = queue.Queue()
    track: asyncio.Queue[Frame | None] = asyncio.Queue()
    error = threading.Event()
    frames = encoded(VP8, 3)
    waiting.put((VP8, ReadyFrame(frames[0], frames[1:])))
    waiting.put((VP8, JitterFrame(b"", 9000)))
    thread = threading.Thread(
        target=decoder_worker, args=(asyncio.get_running_loop(), waiting, track, error)
    )
    thread.start()
    got = [await asyncio.wait_for(track.get(), 5) for _ in range(3)]
    assert [number_of(frame) for frame in got if isinstance(frame, VideoFrame)] == [0, 1, 2]
    waiting.put(None)
    assert await asyncio.wait_for(track.get(), 5) is None
    thread.join()
    assert not error.is_set()


async def test_the_thread_decodes_nothing_that_nobody_waits_for() -> None:
    waiting: queue.Queue[tuple[RTCRtpCodecParameters, JitterFrame] | None] = queue.Queue()
    track: asyncio.Queue[Frame | None] = asyncio.Queue()
    for frame in encoded(VP8, 3):
        waiting.put((VP8, frame))
    waiting.put(None)
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(decoder_worker, loop, waiting, track, threading.Event())
    assert await asyncio.wait_for(track.get(), 5) is None
    assert track.empty()


async def test_the_thread_catches_up_when_it_falls_behind() -> None:
    waiting: queue.Queue[tuple[RTCRtpCodecParameters, JitterFrame] | None] = queue.Queue()
    track: asyncio.Queue[Frame | None] = asyncio.Queue()
    error = threading.Event()
    last = 2 * MAX_WAITING_FRAMES
    for frame in encoded(VP8, last + 1, keyframes=(0, last)):
        waiting.put((VP8, frame))
    loop = asyncio.get_running_loop()
    thread = threading.Thread(target=decoder_worker, args=(loop, waiting, track, error))
    thread.start()
    numbers: list[int | None] = []
    async with asyncio.timeout(5):
        while last not in numbers:
            shown = await track.get()
            assert isinstance(shown, VideoFrame)
            numbers.append(number_of(shown))
        waiting.put(None)
        assert await track.get() is None
    thread.join()
    assert numbers == [0, last]
    assert error.is_set()


def test_a_loop_that_has_gone_ends_the_thread_quietly() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    waiting: queue.Queue[tuple[RTCRtpCodecParameters, JitterFrame] | None] = queue.Queue()
    waiting.put((VP8, encoded(VP8, 1)[0]))
    decoder_worker(loop, waiting, asyncio.Queue(), threading.Event())
