from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.regions import without_scraps


def test_scraps_are_left_out_and_fingers_are_not() -> None:
    region = np.zeros((20, 20), np.bool_)
    region[2:12, 2:12] = True
    region[15, 2:14] = True  # a finger
    region[18, 3:6] = True
    whole = without_scraps(region, 0.1)
    assert np.array_equal(whole[:16], region[:16])
    assert not whole[16:].any()
    nothing = np.zeros_like(region)
    assert not without_scraps(nothing, 0.1).any()
