from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.palette import apart_from, common_colours

STRIPES = np.repeat(
    np.array([[60.0, 10.0, 10.0], [20.0, 0.0, 0.0], [90.0, -50.0, 0.0]], np.float32),
    [60, 39, 1],
    axis=0,
)


def test_the_common_colours_of_a_thing_with_their_shares() -> None:
    colours, shares = common_colours(STRIPES, 3, 0.02, 1000)
    order = np.argsort(-shares)
    assert np.allclose(colours[order], STRIPES[[0, 60]], atol=1e-3)
    assert np.allclose(shares[order], [0.6, 0.39])


def test_a_single_pixel_has_one() -> None:
    colours, shares = common_colours(STRIPES[:1], 8, 0.02, 1000)
    assert np.array_equal(colours, STRIPES[:1])
    assert np.array_equal(shares, [1.0])


def test_how_far_each_place_is_from_the_nearest() -> None:
    place = np.zeros((2, 2, 3), np.float32)
    place[0, 1] = 3.0, 4.0, 0.0
    place[1, 1] = 60.0, 10.0, 13.0
    apart = apart_from(place, np.array([[0.0, 0.0, 0.0], [60.0, 10.0, 10.0]], np.float32))
    assert np.allclose(apart, [[0.0, 5.0], [0.0, 3.0]])
