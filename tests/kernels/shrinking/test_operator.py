from __future__ import annotations

import cv2
import numpy as np
import pytest

from bunraku.kernels import shrink
from bunraku.kernels.shrinking import reference

SIZES = [(2, 3), (40, 41), (40, 57), (40, 79), (256, 480), (256, 301)]


@pytest.mark.parametrize(("size", "side"), SIZES)
def test_gives_what_the_reference_gives(size: int, side: int, rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (side, side), np.uint8)
    found, expected = shrink(picture, size), reference.shrink(picture, size)
    assert found.dtype == np.uint8
    assert np.abs(found - expected).max() < 0.501
    again = shrink(np.asfortranarray(picture), size)
    np.testing.assert_array_equal(again, found)


@pytest.mark.parametrize(("size", "side"), SIZES)
def test_gives_what_opencv_gives(size: int, side: int, rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (side, side), np.uint8)
    usual = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    found = shrink(picture, size)
    assert np.abs(found.astype(int) - usual).max() <= 1
    assert (found == usual).mean() > 0.999


def test_white_stays_white() -> None:
    assert (shrink(np.full((70, 70), 255, np.uint8), 41) == 255).all()


def test_what_is_not_shrunk_by_less_than_half_is_refused() -> None:
    grey = np.zeros((40, 40), np.uint8)
    for size in (40, 41, 20, 0):
        with pytest.raises(ValueError, match="are not shrunk"):
            shrink(grey, size)
    with pytest.raises(ValueError, match=r"must be \[n,n\]"):
        shrink(grey[:30], 25)
    with pytest.raises(TypeError, match="uint8"):
        shrink(grey.astype(np.float32), 30)
