from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from bunraku.kernels import to_i420
from bunraku.kernels.i420 import reference
from bunraku.spec.arrays import Picture
from bunraku.stream.core.encoding import pad_even


def smooth_picture(height: int, width: int) -> Picture:
    """Colours that change slowly, over all of the cube."""
    rows, columns = np.mgrid[:height, :width]
    red = 127 + 127 * np.sin(rows / 9)
    green = 127 + 127 * np.cos(columns / 11)
    blue = 127 + 127 * np.sin((rows + columns) / 13)
    return np.stack([red, green, blue], -1).astype(np.uint8)


def test_planes_are_those_that_encoders_are_given() -> None:
    picture = smooth_picture(60, 80)
    planes = to_i420(torch.from_numpy(picture)).numpy().astype(int)
    expected = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420).astype(int)
    assert planes.shape == expected.shape
    assert abs(planes[:60] - expected[:60]).max() <= 1
    # OpenCV takes the chroma of one pixel in four, this the mean of the four.
    assert abs(planes[60:] - expected[60:]).max() <= 12
    assert abs((planes - expected)[60:].mean()) < 1


@pytest.mark.parametrize(
    ("colour", "levels"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (81, 90, 240)),
        ((0, 0, 255), (41, 240, 110)),
    ],
)
def test_known_colours(colour: tuple[int, int, int], levels: tuple[int, int, int]) -> None:
    picture = torch.tensor(colour, dtype=torch.uint8).expand(2, 2, 3)
    assert to_i420(picture).flatten().tolist() == [*[levels[0]] * 4, *levels[1:]]
    back = reference.colours_of(to_i420(picture))
    assert (back - torch.tensor(colour)).abs().max() < 2


@pytest.mark.parametrize("size", [(3, 4), (4, 5), (7, 9), (1, 1)])
def test_a_last_odd_row_and_column_are_repeated(size: tuple[int, int]) -> None:
    picture = smooth_picture(*size)
    planes = to_i420(torch.from_numpy(picture))
    assert torch.equal(planes, to_i420(torch.from_numpy(pad_even(picture))))


def test_what_cannot_be_i420_is_refused() -> None:
    with pytest.raises(ValueError, match=r"picture must be \[H,W,3\], not \[4, 4\]"):
        to_i420(torch.zeros(4, 4, dtype=torch.uint8))
    with pytest.raises(TypeError, match="picture must be uint8"):
        to_i420(torch.zeros(4, 4, 3))


def test_the_operator_keeps_torchs_rules() -> None:
    picture = torch.zeros(4, 6, 3, dtype=torch.uint8)
    checks = ("test_schema", "test_faketensor")
    torch.library.opcheck(torch.ops.bunraku.to_i420.default, (picture,), test_utils=checks)
