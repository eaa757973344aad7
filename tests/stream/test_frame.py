"""Pictures of frames: converted once, mirrored when asked, the shown one apart."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from tests.stream.fakes import live_frame

from bunraku.stream.frame import LiveFrame, Span, to_rgb


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


def test_a_span_is_told_in_milliseconds() -> None:
    assert round(Span(1.0, 1.25).ms) == 250
