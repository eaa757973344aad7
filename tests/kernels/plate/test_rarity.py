from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.kernels.plate.matching import CHANNELS, NOTHING, REACH
from bunraku.kernels.plate.rarity import rarity
from bunraku.spec.arrays import Array

SIZE = 24
PATCH = 2 * REACH + 1


def rare(picture: Array, valid: NDArray[np.uint8], away: float) -> Array:
    out = np.full((SIZE, SIZE), -1.0, np.float32)
    rarity(picture, cv2.blur(picture, (PATCH, PATCH)), valid, np.float32(away), out)
    return out


def inside() -> NDArray[np.uint8]:
    valid = np.zeros((SIZE, SIZE), np.uint8)
    valid[REACH:-REACH, REACH:-REACH] = 1
    return valid


@pytest.mark.parametrize("away", [3.0, 9.0])
def test_rarity_is_that_of_numpy(away: float) -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (SIZE, SIZE, CHANNELS)).astype(np.float32)
    valid = inside()
    out = rare(picture, valid, away)
    centres = np.argwhere(valid)
    patches = np.stack(
        [picture[y - REACH : y + REACH + 1, x - REACH : x + REACH + 1].ravel() for y, x in centres]
    )
    for i in range(0, len(centres), 37):
        other = np.hypot(*(centres - centres[i]).T) >= away
        apart = np.square(patches[other] - patches[i]).sum(1) / PATCH**2
        assert out[tuple(centres[i])] == pytest.approx(apart.min(), rel=1e-4)
    assert (out[valid == 0] == -1.0).all()


def test_what_is_there_once_is_rare_and_a_line_is_not() -> None:
    picture = np.full((SIZE, SIZE, CHANNELS), 100.0, np.float32)
    picture[16] = 200.0  # a line from side to side
    picture[6:9, 6:9] = 200.0  # a thing
    out = rare(picture, inside(), 8.0)
    assert out[16, 12] == 0.0
    assert out[7, 7] > 1000.0


def test_without_another_patch_nothing_is_known() -> None:
    picture = np.zeros((SIZE, SIZE, CHANNELS), np.float32)
    valid = np.zeros((SIZE, SIZE), np.uint8)
    valid[5, 5] = 1
    assert rare(picture, valid, 2.0)[5, 5] == NOTHING
