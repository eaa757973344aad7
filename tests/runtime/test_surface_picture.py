from __future__ import annotations

import numpy as np

from bunraku.runtime.surface_picture import iuv_colours


def test_colours_are_v_u_and_the_part() -> None:
    surface = np.zeros((1, 73, 128, 128), np.float32)
    surface[0, 0] = 0.5
    surface[0, 3, 40:90, 50:70] = 1.0  # part 3, in the middle
    surface[0, 25 + 2], surface[0, 49 + 2] = 0.2, 0.8
    whole = iuv_colours(surface)
    assert whole.shape == (128, 128, 3)
    assert whole[10, 10].tolist() == [0, 0, 0]
    assert whole[60, 60].tolist() == [204, 51, round(255 * 3 / 24)]
    small = iuv_colours(surface, 32)
    assert small.shape == (32, 32, 3)
    assert np.array_equal(small, whole[::4, ::4])
