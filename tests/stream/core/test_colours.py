"""Frames to RGB: SDR as FFmpeg has it, HDR mapped to SDR, whatever the container told."""

from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc, VideoReformatter

from bunraku.stream.clip.reader import ClipReader
from bunraku.stream.core import colours
from bunraku.stream.core.colours import frame_to_rgb, is_hdr
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.rtc.pictures import to_i420

BT2020, UNTOLD = 9, 2
# Of 10 bits, limited range: the light of an SDR screen's grey of 191.
STORED = {ColorTrc.SMPTE2084: 510, ColorTrc.ARIB_STD_B67: 618}
HDR = list(STORED)


def _grey_frame(
    trc: int, value: int, *, size: tuple[int, int] = (48, 32), form: str = "yuv420p10le"
) -> VideoFrame:
    frame = VideoFrame(*size, form)
    for index, plane in enumerate(frame.planes):
        values = np.full(plane.buffer_size // 2, 512 if 0 < index < 3 else value, np.uint16)
        plane.update(values.tobytes())
    frame.color_trc, frame.color_primaries, frame.colorspace = trc, BT2020, BT2020
    frame.color_range = 1
    return frame


@pytest.mark.parametrize("trc", HDR)
@pytest.mark.parametrize("size", [(48, 32), (47, 33)])
def test_hdr_grey_is_the_grey_of_sdr(trc: int, size: tuple[int, int]) -> None:
    frame = _grey_frame(trc, STORED[ColorTrc(trc)], size=size)
    assert is_hdr(frame)
    rgb = frame_to_rgb(frame)
    assert rgb.shape == (size[1], size[0], 3)
    assert np.abs(rgb.astype(int) - 190).max() <= 2


def test_transparency_is_left_out() -> None:
    frame = _grey_frame(ColorTrc.SMPTE2084, 510, form="yuva420p10le")
    assert np.abs(frame_to_rgb(frame).astype(int) - 190).max() <= 2


@pytest.mark.parametrize("trc", [0, 1, UNTOLD, 4, 6, 13, 14, 15])
@pytest.mark.parametrize("colorspace", [1, UNTOLD, 5, 6, BT2020])
@pytest.mark.parametrize("form", ["yuv420p", "yuv420p10le", "yuvj422p", "rgb24", "gbrp"])
def test_sdr_is_left_to_ffmpeg_to_the_bit(trc: int, colorspace: int, form: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    frame = VideoFrame.from_ndarray(noise, format="rgb24").reformat(format=form)
    frame.color_trc, frame.colorspace = trc, colorspace
    assert not is_hdr(frame)
    assert (frame_to_rgb(frame) == frame.to_ndarray(format="rgb24")).all()


def test_hdr_without_a_matrix_is_of_bt2020() -> None:
    told, untold = (_grey_frame(ColorTrc.SMPTE2084, 450) for _ in range(2))
    for frame in (told, untold):
        frame.planes[2].update(np.full(frame.planes[2].buffer_size // 2, 600, np.uint16).tobytes())
    untold.colorspace = UNTOLD
    assert (frame_to_rgb(told) == frame_to_rgb(untold)).all()


@pytest.mark.parametrize("trc", [1, ColorTrc.SMPTE2084])
@pytest.mark.parametrize("colorspace", [3, 8, 10, 13, 14])
def test_a_matrix_that_ffmpeg_refuses_is_taken_for_a_common_one(trc: int, colorspace: int) -> None:
    # Reserved, YCgCo, constant luminance, derived, ICtCp: also what damaged headers tell.
    frame = _grey_frame(trc, 510)
    expected = frame_to_rgb(frame)
    frame.colorspace = colorspace
    assert np.abs(frame_to_rgb(frame).astype(int) - expected).max() <= 1


def _write_hdr(path: Path, trc: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries = trc, BT2020
        context.colorspace, context.color_range = BT2020, 1
        for pts in range(2):
            frame = _grey_frame(trc, STORED[ColorTrc(trc)], size=(64, 48))
            frame.pts, frame.time_base = pts, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("trc", HDR)
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_hdr_clips_are_read_as_sdr(tmp_path: Path, trc: int, name: str) -> None:
    with ClipReader(_write_hdr(tmp_path / name, trc)) as reader:
        image = next(reader.frames()).image
    assert np.abs(image.astype(int) - 190).max() <= 3


def test_hdr_frames_pass_through_live_as_sdr() -> None:
    frame = VideoFrame.from_ndarray(np.full((48, 32), 144, np.uint8), format="yuv420p")
    for plane in frame.planes[1:]:
        plane.update(bytes([128]) * plane.buffer_size)
    frame.color_trc, frame.color_primaries, frame.colorspace = 18, BT2020, BT2020
    live = LiveFrame(frame, 0, Fraction(1, 25), 0.0, shown=frame)
    picture = live.shown_picture()
    assert 160 < picture.mean() < 185
    sent = cast("np.ndarray[tuple[int, int], np.dtype[np.uint8]]", to_i420(live, 100).to_ndarray())
    assert np.abs(sent[:32].astype(int) - (16 + picture.mean() * 219 / 255)).max() <= 2


def test_frames_like_the_last_one_are_converted_with_its_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []

    def make() -> VideoReformatter:
        made.append(threading.current_thread())
        return VideoReformatter()

    monkeypatch.setattr(colours, "VideoReformatter", make)
    monkeypatch.setattr(colours, "_own", threading.local())
    noise = np.random.default_rng(0).integers(0, 256, (48, 32), dtype=np.uint8)
    frames = [VideoFrame.from_ndarray(noise, format="yuv420p") for _ in range(3)]

    def convert() -> None:
        for frame in frames:
            assert (frame_to_rgb(frame) == frame.to_ndarray(format="rgb24")).all()

    threads = [threading.Thread(target=convert) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    assert made == threads, "one for each thread, however many frames"
