from __future__ import annotations

import numpy as np

from bunraku.kernels.plate.matching import CHANNELS
from bunraku.runtime.source.pyramid import Size, pyramid


def finest(side: int = 161, hole: int = 60) -> Size:
    picture = np.full((side, side, CHANNELS), 50.0, np.float32)
    missing = np.zeros((side, side), np.uint8)
    missing[40 : 40 + hole, 50 : 50 + hole] = 1
    picture[missing > 0] = 250.0
    return Size(picture, missing, 1 - missing)


def test_sizes_are_halved_until_the_hole_is_thin() -> None:
    sizes = pyramid(finest())
    assert [len(size.hole) for size in sizes] == [161, 81, 41]
    assert len(pyramid(finest(hole=4))) == 1


def test_what_is_missing_colours_nothing_that_is_there() -> None:
    for size in pyramid(finest())[1:]:
        assert size.hole.any()
        assert np.abs(size.picture[size.hole == 0] - 50.0).max() < 1e-3
        assert not (size.clear & size.hole).any()
