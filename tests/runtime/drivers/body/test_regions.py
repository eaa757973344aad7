from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.regions import far_from, without_scraps


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


def test_far_from_a_point_is_beyond_a_circle() -> None:
    far = far_from(np.array([3.0, 4.0]), 2.0, (9, 12))
    y, x = np.nonzero(~far)
    assert set(zip(x.tolist(), y.tolist(), strict=True)) == {
        *((3, 2), (3, 6), (1, 4), (5, 4)),  # on it
        *((a, b) for a in (2, 3, 4) for b in (3, 4, 5)),
    }
