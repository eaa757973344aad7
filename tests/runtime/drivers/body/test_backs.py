"""A back is made of what the front shows at its sides, and hair goes on down the head."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing

from bunraku.runtime.drivers.body.backs import LIGHT, back_of, gone_down
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.spec.arrays import Array

N = 96
RED, SKIN, WHITE = ((0.7, 0.1, 0.1), (0.8, 0.6, 0.5), (1.0, 1.0, 1.0))
TRUNK = np.zeros((N, N), np.bool_)
TRUNK[20:80, 28:69] = True
TRUNK[60:62, 10:12] = True  # a speck beside an arm
STANDING = standing()[:, :3].astype(np.float64)
LYING = STANDING[:, [1, 0, 2]]


def shirt() -> Array:
    """Red, with a neckline in the middle, and a white cord beside it."""
    result = np.full((N, N, 3), RED, np.float32)
    result[:40, 42:55] = SKIN
    result[50:54, 34:37] = WHITE
    return result


@pytest.mark.parametrize(("points", "turned"), [(STANDING, False), (LYING, True)])
def test_a_back_has_neither_the_neckline_nor_what_hangs_there(
    points: Vectors, turned: bool
) -> None:
    front, trunk = shirt(), TRUNK
    if turned:
        front, trunk = np.ascontiguousarray(front.swapaxes(0, 1)), trunk.T
    back = back_of(points, front, trunk)
    assert np.allclose(back[trunk], LIGHT * np.array(RED), atol=0.1)
    assert np.allclose(
        back[30, 60] if not turned else back[60, 30], LIGHT * np.array(RED), atol=0.1
    )


def test_stripes_go_on_round_a_back() -> None:
    front = np.full((N, N, 3), RED, np.float32)
    front[(np.arange(N) // 4) % 2 == 0] = WHITE
    back = back_of(STANDING, front, TRUNK)
    assert np.allclose(back[22:78, 30:67], LIGHT * front[22:78, 30:67], atol=0.02)


def test_without_a_trunk_there_is_no_back() -> None:
    none = np.zeros_like(TRUNK)
    assert np.array_equal(back_of(STANDING, shirt(), none), shirt())


def test_hair_goes_on_down_with_its_grain() -> None:
    rng = np.random.default_rng(3)
    hair = np.full((N, N, 3), 0.3, np.float32)
    known = np.zeros((N, N), np.bool_)
    known[20:36, 30:60] = True
    hair[known] += rng.uniform(-0.1, 0.1, (int(known.sum()), 1)).astype(np.float32)
    found = gone_down(hair, known)
    assert np.array_equal(
        found[known & (np.arange(N) < 34)[:, None]], hair[20:34, 30:60].reshape(-1, 3)
    )
    below = found[40:60, 32:58]
    assert below.std() > 0.8 * hair[known].std()
    assert np.array_equal(found[:20], hair[:20])


def test_hair_of_which_too_little_is_seen_stays_even() -> None:
    hair = np.full((N, N, 3), 0.3, np.float32)
    known = np.zeros((N, N), np.bool_)
    known[20:23, 30:60] = True
    assert gone_down(hair, known) is hair
