"""Pictures for the encoder: even sides, a limit, the right colours, nobody else's frame touched."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame
from tests.stream.fakes import live_frame

from bunraku.spec.arrays import Picture
from bunraku.stream.core import encoding
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.rtc.pictures import to_i420


def showing(shown: Picture | VideoFrame | None) -> LiveFrame:
    frame = live_frame()
    frame.shown = shown
    return frame


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((64, 48), (64, 48)),
        ((63, 47), (64, 48)),
        ((1, 1), (2, 2)),
        ((200, 100), (100, 50)),
        ((100, 201), (50, 100)),
        ((1000, 3), (100, 2)),
    ],
)
def test_sizes(size: tuple[int, int], expected: tuple[int, int]) -> None:
    width, height = size
    result = to_i420(showing(np.zeros((height, width, 3), np.uint8)), 100)
    assert (result.width, result.height) == expected
    assert result.format.name == "yuv420p"


def test_colours_are_kept() -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (90, 160, 220)]
    picture = np.zeros((32, 32 * len(colours), 3), np.uint8)
    for index, colour in enumerate(colours):
        picture[:, 32 * index : 32 * index + 32] = colour
    back = to_i420(showing(picture), 1000).to_ndarray(format="rgb24")
    for index, colour in enumerate(colours):
        got = back[16, 32 * index + 16].astype(int)
        assert np.abs(got - colour).max() <= 4, (colour, got)


def test_a_frame_that_passes_untouched_is_copied() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (48, 64), np.uint8)
    original = VideoFrame.from_ndarray(picture, format="yuv420p")
    original.pts = 7
    copy = to_i420(showing(original), 64)
    copy.pts = 99
    assert copy is not original
    assert original.pts == 7
    assert np.array_equal(copy.to_ndarray(), picture)


@pytest.mark.parametrize(("most", "width"), [(64, 64), (32, 32)])
def test_i420_of_a_gpu_is_sent_as_it_is_unless_it_is_too_large(most: int, width: int) -> None:
    planes = encoding.to_i420(np.full((48, 64, 3), (90, 160, 220), np.uint8))
    sent = to_i420(showing(planes), most)
    assert sent.width == width
    assert np.array_equal(sent.to_ndarray(), planes) == (width == 64)
    assert np.abs(sent.to_ndarray(format="rgb24").astype(int) - (90, 160, 220)).max() <= 4


@pytest.mark.parametrize(("form", "side"), [("rgb24", 32), ("yuv420p", 33), ("yuv420p", 200)])
def test_other_frames_are_converted(form: str, side: int) -> None:
    result = to_i420(showing(VideoFrame(side, side, form)), 100)
    assert result.width == min(side + side % 2, 100)


def test_without_a_picture_of_the_stages_the_cameras_is_shown() -> None:
    result = to_i420(live_frame(200), 100)
    assert np.abs(result.to_ndarray(format="rgb24").astype(int) - 200).max() <= 3
