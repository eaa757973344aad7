"""Pictures of frames: converted once, mirrored when asked, the shown one apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

import numpy as np
import pytest
from av.video.frame import VideoFrame
from tests.stream.fakes import live_frame, picture

from bunraku.stream.core import colours, encoding
from bunraku.stream.core.frame import LiveFrame, Span, to_rgb


def test_a_pyav_frame_is_converted_once() -> None:
    grey = np.full((16, 16, 3), 128, np.uint8)
    raw = VideoFrame.from_ndarray(grey, format="rgb24").reformat(format="yuv420p")
    frame = LiveFrame(raw, 9000, Fraction(1, 90000), 1.0)
    first = frame.picture()
    assert first.shape == (16, 16, 3)
    assert abs(int(first.mean()) - 128) <= 2
    assert frame.picture() is first
    assert frame.time_s == 0.1


def test_mirrored_exchanges_left_and_right() -> None:
    raw = np.zeros((2, 4, 3), np.uint8)
    raw[:, 0] = 255
    frame = LiveFrame(raw, 0, Fraction(1, 1000), 0.0, mirrored=True)
    assert frame.picture()[:, 3].min() == 255
    assert frame.picture()[:, :3].max() == 0
    assert frame.picture().flags.c_contiguous


def test_what_is_shown_is_the_cameras_picture_until_something_else_is() -> None:
    frame = live_frame(40)
    assert frame.shown_picture() is frame.picture()
    frame.shown = np.full((2, 2, 3), 9, np.uint8)
    assert frame.shown_picture() is frame.shown
    frame.shown = VideoFrame.from_ndarray(np.full((4, 4, 3), 77, np.uint8), format="rgb24")
    assert to_rgb(frame.shown)[0, 0, 0] == 77


def test_i420_of_a_gpu_is_for_encoders_and_rgb_for_the_rest() -> None:
    frame = live_frame(40)
    assert frame.shown_to_encoder() is frame.picture()
    frame.shown = planes = encoding.to_i420(np.full((6, 8, 3), (200, 30, 60), np.uint8))
    assert frame.shown_to_encoder() is planes
    assert frame.shown_picture().shape == (6, 8, 3)
    assert np.abs(frame.shown_picture().astype(int) - (200, 30, 60)).max() <= 3


class Watched:
    """In place of PyAV's frame: calls back while it is converted, and counts that."""

    meanwhile: Callable[[], None]
    conversions = 0
    color_trc = colorspace = 1

    def to_ndarray(self, *_: Any, **__: Any) -> Any:
        self.conversions += 1
        self.meanwhile()
        return picture(50)


@pytest.mark.parametrize("shown", [False, True])
def test_two_threads_do_not_convert_one_frame_at_once(
    shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # PyAV's frames did not always bear it: the process crashed, or hung.
    monkeypatch.setattr("bunraku.stream.core.frame.VideoFrame", Watched)
    monkeypatch.setattr(colours, "_converted", Watched.to_ndarray)
    raw = Watched()
    frame = LiveFrame(cast(VideoFrame, raw), 0, Fraction(1, 1000), 0.0)
    other = live_frame()
    if shown:  # a frozen one, which further frames show
        other.shown = frame.raw
    second = threading.Thread(target=(other if shown else frame).shown_picture)
    while_converting: list[int] = []

    def meanwhile() -> None:
        if raw.conversions == 1:
            second.start()
            second.join(0.1)
            while_converting.append(raw.conversions)

    raw.meanwhile = meanwhile
    assert (frame.shown_picture() == 50).all()
    second.join()
    assert while_converting == [1]
    assert raw.conversions == (2 if shown else 1)


def test_a_span_is_told_in_milliseconds() -> None:
    assert round(Span(1.0, 1.25).ms) == 250
