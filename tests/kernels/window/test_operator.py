from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from tests.kernels.harness import assert_close

from bunraku.kernels import read_window, to_i420
from bunraku.spec.arrays import Picture

TURNED = np.array([[1.1, -0.4, 6.3], [0.4, 1.1, -5.2]], np.float32)


def frame_of(rng: np.random.Generator, height: int = 40, width: int = 60) -> Picture:
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def test_reads_as_opencv_does(rng: np.random.Generator) -> None:
    frame = frame_of(rng)
    window = read_window(torch.from_numpy(frame), torch.from_numpy(TURNED), 32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    expected = cv2.warpAffine(frame.astype(np.float32), TURNED, (32, 32), flags=flags)
    # OpenCV rounds places to a 32nd of a pixel.
    assert abs(window[0].permute(1, 2, 0).numpy() * 255 - expected).max() < 255 / 32
    assert abs(window[0].permute(1, 2, 0).numpy() * 255 - expected).mean() < 2


def test_an_i420_frame_is_read_as_the_colours_that_it_stands_for() -> None:
    rows, columns = np.mgrid[:40, :60].astype(np.float32)
    picture = np.stack([rows * 5 + 20, columns * 3 + 20, rows + columns + 50], -1).astype(np.uint8)
    frame = torch.from_numpy(picture)
    matrix = torch.tensor([[0.9, 0.2, 5.0], [-0.2, 0.9, 9.0]])
    same, planar = (read_window(f, matrix, 24) * 255 for f in (frame, to_i420(frame)))
    assert (planar - same).abs().max() < 8
    assert (planar - same).abs().mean() < 2.5


def test_samples_are_averaged(rng: np.random.Generator) -> None:
    frame = frame_of(rng, 8, 8)
    # Every pixel of the window is four of the frame: their middles and their mean.
    matrix = torch.tensor([[2.0, 0.0, 0.5], [0.0, 2.0, 0.5]])
    window = read_window(torch.from_numpy(frame), matrix, 4, samples=2, scale=1.0)
    expected = frame.reshape(4, 2, 4, 2, 3).mean((1, 3)).transpose(2, 0, 1)
    assert_close(window[0].numpy(), expected)


def test_levels_are_scaled_and_beyond_the_frame_all_is_black() -> None:
    frame = torch.full((4, 4, 3), 255, dtype=torch.uint8)
    shifted = torch.tensor([[1.0, 0.0, -2.0], [0.0, 1.0, 0.0]])
    window = read_window(frame, shifted, 4, scale=2 / 255, offset=-1.0, dtype=torch.float16)
    assert window.dtype == torch.float16
    assert window[0, :, :, :2].eq(-1).all()
    assert window[0, :, :, 2:].eq(1).all()
    for wild in (float("nan"), float("inf"), -1e30):
        matrix = torch.full((2, 3), wild)
        assert read_window(frame, matrix, 4).eq(0).all()


def test_what_does_not_fit_is_refused() -> None:
    frame = torch.zeros(4, 4, 3, dtype=torch.uint8)
    matrix = torch.zeros(2, 3)
    with pytest.raises(ValueError, match=r"even H and W, not \[4, 4\]"):
        read_window(frame[..., 0], matrix, 4)
    with pytest.raises(ValueError, match=r"frame must be \[H,W,3\] or \[3H/2,W\], not"):
        read_window(frame[..., :2], matrix, 4)
    with pytest.raises(TypeError, match="frame must be uint8"):
        read_window(frame.float(), matrix, 4)
    with pytest.raises(ValueError, match=r"matrix must be \[2, 3\]"):
        read_window(frame, matrix[:1], 4)
    with pytest.raises(ValueError, match="no window of 0 pixels"):
        read_window(frame, matrix, 0)


def test_it_is_written_where_it_is_wanted(rng: np.random.Generator) -> None:
    frame, matrix = torch.from_numpy(frame_of(rng)), torch.tensor([[1.5, 0, 2], [0, 1.5, 3]])
    out = torch.full((1, 3, 9, 9), torch.nan, dtype=torch.float16)
    assert read_window(frame, matrix, 9, out=out) is out
    assert torch.equal(out, read_window(frame, matrix, 9, dtype=torch.float16))
    with pytest.raises(ValueError, match="out must be"):
        read_window(frame, matrix, 9, out=out[:, :, :1])


def test_the_operator_keeps_torchs_rules(rng: np.random.Generator) -> None:
    given = (torch.from_numpy(frame_of(rng)), torch.from_numpy(TURNED), 8, 2, 0.1, 0.0)
    torch.library.opcheck(
        torch.ops.bunraku.read_window.default,
        (*given, torch.float16),
        test_utils=("test_schema", "test_faketensor"),
    )
