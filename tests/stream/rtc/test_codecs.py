"""The encoders: readable by aiortc's decoders, keyframes when asked, bitrates kept."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
import pytest
from aiortc.codecs.base import Encoder
from aiortc.mediastreams import VIDEO_TIME_BASE
from av.video.frame import VideoFrame

from bunraku.stream.rtc.codecs import (
    FALL_AFTER_S,
    RISE_AFTER_S,
    Bitrate,
    LiveH264Encoder,
    LiveVp8Encoder,
    encoder_for,
)
from bunraku.stream.rtc.options import PeerOptions

Make = Callable[[Bitrate], LiveVp8Encoder | LiveH264Encoder]
BOTH = pytest.mark.parametrize("make", [LiveVp8Encoder, LiveH264Encoder])
SIDE_PX = 256


class Time:
    s = 0.0

    def __call__(self) -> float:
        return self.s


def pan(index: int) -> VideoFrame:
    """A window that moves to and fro over a soft random picture."""
    coarse = np.random.default_rng(1).integers(0, 255, (40, 40, 3), np.uint8)
    whole = cv2.resize(coarse, (SIDE_PX + 64, SIDE_PX + 64), interpolation=cv2.INTER_CUBIC)
    place = round(32 + 31 * np.sin(index / 9))
    part = np.ascontiguousarray(whole[place : place + SIDE_PX, place // 2 : place // 2 + SIDE_PX])
    planes = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2YUV_I420), np.uint8)
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def sizes(
    encoder: Encoder, time: Time, rate: int, frames: range, keyframes: tuple[int, ...] = ()
) -> list[int]:
    """Bytes of each frame at this rate."""
    found = []
    for index in frames:
        frame = pan(index)
        time.s = index / rate
        frame.pts, frame.time_base = index * 90_000 // rate, VIDEO_TIME_BASE
        payloads, timestamp = encoder.encode(frame, index in keyframes)
        assert timestamp == frame.pts
        assert all(0 < len(payload) <= 1300 for payload in payloads)
        found.append(sum(map(len, payloads)))
    return found


def make_rate(time: Time, target: int = 400_000) -> Bitrate:
    return Bitrate(100_000, 2_000_000, target, now=time)


@BOTH
@pytest.mark.parametrize("rate", [30, 12])
def test_the_bitrate_is_kept_at_any_frame_rate(make: Make, rate: int) -> None:
    time = Time()
    got = sizes(make(make_rate(time, 150_000)), time, rate, range(rate * 9))
    kbps = sum(got[rate * 5 :]) * 8 / 4 / 1000
    assert 110 < kbps < 190


@BOTH
def test_a_keyframe_comes_when_asked_for_and_only_then(make: Make) -> None:
    time = Time()
    encoder = make(make_rate(time))
    got = sizes(encoder, time, 30, range(40), keyframes=(30,))
    usual = np.median(got[10:30])
    assert got[0] > 2.5 * usual
    assert got[30] > 2 * usual
    assert max(got[10:30]) < 2.5 * usual


@BOTH
def test_a_new_bitrate_is_taken_soon_but_not_at_every_whim(make: Make) -> None:
    time = Time()
    encoder = make(make_rate(time))
    sizes(encoder, time, 30, range(10))
    opened = encoder.codec
    encoder.target_bitrate = 380_000
    sizes(encoder, time, 30, range(10, 60))
    assert encoder.codec is opened
    encoder.target_bitrate = 200_000
    sizes(encoder, time, 30, range(60, 62))
    assert encoder.codec is not opened
    assert encoder.codec is not None
    assert encoder.codec.bit_rate == 200_000


@BOTH
def test_a_picture_of_another_size_opens_the_encoder_anew(make: Make) -> None:
    encoder = make(make_rate(Time()))
    for index, side_px in enumerate((64, 128, 66)):
        frame = VideoFrame(side_px, side_px, "rgb24")
        frame.pts, frame.time_base = index, Fraction(1, 30)
        payloads, timestamp = encoder.encode(frame)
        assert payloads
        assert timestamp == index * 3000
        assert encoder.codec is not None
        assert encoder.codec.width == side_px


def test_the_target_stays_within_the_limits() -> None:
    encoder = encoder_for("video/VP8", PeerOptions(min_kbps=200, start_kbps=500, max_kbps=900))
    assert isinstance(encoder, LiveVp8Encoder)
    assert encoder.target_bitrate == 500_000
    for asked, taken in ((50_000, 200_000), (700_000, 700_000), (5_000_000, 900_000)):
        encoder.target_bitrate = asked
        assert encoder.target_bitrate == taken


def test_when_the_bitrate_changes() -> None:
    time = Time()
    bitrate = make_rate(time, 1_000_000)
    assert bitrate.wants_change(free=False)
    bitrate.settle()
    assert not bitrate.wants_change(free=True)
    bitrate.ask(500_000)
    assert not bitrate.wants_change(free=False)
    assert bitrate.wants_change(free=True)
    time.s = FALL_AFTER_S
    assert bitrate.wants_change(free=False)
    bitrate.ask(1_500_000)
    assert not bitrate.wants_change(free=False)
    time.s = RISE_AFTER_S
    assert bitrate.wants_change(free=False)
    bitrate.settle()
    assert not bitrate.wants_change(free=False)


def test_other_codecs_are_left_to_aiortc() -> None:
    assert encoder_for("audio/opus", PeerOptions()) is None
