from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.hands.creases import at_creases
from bunraku.spec.arrays import Array

SKIN, DARK = (0.8, 0.6, 0.5), (0.5, 0.35, 0.3)
HEIGHT, WIDTH = 30, 40


@pytest.fixture
def side_by_side() -> Array:
    """Two fingers across the picture, dark where one ends, in row 18."""
    picture = np.full((HEIGHT, WIDTH, 3), SKIN, np.float32)
    picture[18] = DARK
    return picture


def test_a_finger_ends_at_the_crease_beside_it(side_by_side: Array) -> None:
    nearest = np.where(np.arange(HEIGHT)[:, None] < 14, 1, 2) + np.zeros((1, WIDTH), int)
    sure = np.zeros((HEIGHT, WIDTH), np.bool_)
    sure[6:9] = sure[23:26] = True
    found = at_creases(nearest, sure, side_by_side)
    assert (found[:18] == 1).all()
    assert (found[19:] == 2).all()


def test_what_is_beside_the_hand_stays_so_and_nothing_known_changes_nothing(
    side_by_side: Array,
) -> None:
    nearest = np.full((HEIGHT, WIDTH), 3)
    nearest[:, :7] = -1
    sure = np.zeros((HEIGHT, WIDTH), np.bool_)
    assert at_creases(nearest, sure, side_by_side) is nearest
    sure[10] = True
    assert np.array_equal(at_creases(nearest, sure, side_by_side), nearest)
