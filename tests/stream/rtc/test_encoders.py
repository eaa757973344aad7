"""The choice between the encoders of a GPU and of the processor, with a fake of the first."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from av.error import ExternalError
from av.video.frame import VideoFrame
from tests.stream.rtc.test_codecs import Time, make_rate, pan, sizes

from bunraku.stream.rtc import encoders
from bunraku.stream.rtc.codecs import LiveH264Encoder
from bunraku.stream.rtc.encoders import NVENC, nvenc_works, open_h264

create = encoders._create


class Gpu:
    """NVIDIA's encoder as FFmpeg gives it; its packets are libx264's."""

    def __init__(self) -> None:
        self.opens, self.fails, self.silent = True, False, False
        self.opened: list[Any] = []  # of FakeNvenc, which stands for FFmpeg's

    def create(self, name: str, frame: VideoFrame, bitrate: int) -> Any:
        return FakeNvenc(self, frame, bitrate) if name == NVENC else create(name, frame, bitrate)


class FakeNvenc:
    name = NVENC

    def __init__(self, gpu: Gpu, frame: VideoFrame, bitrate: int) -> None:
        self._gpu, self._inner = gpu, create("libx264", frame, bitrate)
        self._inner.options = {"preset": "superfast", "tune": "zerolatency"}
        self.width, self.height, self.bit_rate = frame.width, frame.height, bitrate
        self.options: dict[str, str] = {}
        self.framerate: Any = None

    def open(self) -> None:
        if not self._gpu.opens:
            raise ExternalError(1, "No capable devices found", NVENC)
        self._gpu.opened.append(self)

    def encode(self, frame: VideoFrame) -> list[Any]:
        if self._gpu.fails:
            raise ExternalError(1, "device lost", NVENC)
        return [] if self._gpu.silent else list(self._inner.encode(frame))


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpu]:
    made = Gpu()
    monkeypatch.setattr(encoders, "_create", made.create)
    nvenc_works.cache_clear()
    yield made
    nvenc_works.cache_clear()


def test_what_gives_a_packet_for_a_picture_is_taken(
    gpu: Gpu, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert nvenc_works()
        assert nvenc_works()
    assert [record.message for record in caplog.records] == [
        "H.264 is encoded on the GPU (h264_nvenc)"
    ]
    assert len(gpu.opened) == 1, "it is tried once"


@pytest.mark.parametrize("how", ["opens not", "fails", "is silent"])
def test_what_does_not_is_not(gpu: Gpu, how: str) -> None:
    gpu.opens = how != "opens not"
    gpu.fails, gpu.silent = how == "fails", how == "is silent"
    assert not nvenc_works()
    time = Time()
    encoder = LiveH264Encoder(make_rate(time))
    gpu.opened.clear()
    assert min(sizes(encoder, time, 30, range(3))) > 0
    assert gpu.opened == []


def test_this_machine_s_own_encoder_is_asked_without_harm() -> None:
    nvenc_works.cache_clear()
    assert nvenc_works() in (True, False)


def test_frames_go_through_the_gpu_s_encoder_without_delay(gpu: Gpu) -> None:
    time = Time()
    encoder = LiveH264Encoder(make_rate(time))
    assert min(sizes(encoder, time, 30, range(5))) > 0
    taken = gpu.opened[-1]
    assert [encoder.codec] == [taken]
    told = taken.options
    assert (told["delay"], told["zerolatency"], told["forced-idr"]) == ("0", "1", "1")
    assert taken.bit_rate == 400_000


def test_a_gpu_without_a_session_left_is_passed_by(gpu: Gpu) -> None:
    time = Time()
    first, second = (LiveH264Encoder(make_rate(time)) for _ in range(2))
    sizes(first, time, 30, range(2))
    gpu.opens = False
    assert min(sizes(second, time, 30, range(2))) > 0
    assert second.codec is not None
    assert second.codec.name == "libx264"
    assert [first.codec] == gpu.opened[-1:]


def test_a_gpu_that_is_lost_costs_no_frame(gpu: Gpu, caplog: pytest.LogCaptureFixture) -> None:
    time = Time()
    encoder = LiveH264Encoder(make_rate(time))
    before = sizes(encoder, time, 30, range(8))
    gpu.fails = True
    after = sizes(encoder, time, 30, range(8, 16))
    assert after[0] > 2 * before[-1], "the picture begins anew, with a keyframe"
    assert min(after) > 0
    assert encoder.codec is not None
    assert encoder.codec.name == "libx264"
    assert caplog.text.count("the GPU's encoder has failed, libx264 goes on") == 1


def test_the_processor_s_encoder_is_the_default(gpu: Gpu) -> None:
    assert open_h264(pan(0), 400_000, 30.0).name == "libx264"
    assert gpu.opened == []
