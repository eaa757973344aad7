"""Whether a photo cuts both shoulders off."""

from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.source.close_up import shoulders_cut
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LANDMARKS, LEFT_SHOULDER, MOUTH, RIGHT_SHOULDER

N = 100
SHOWN = 0.1, 0.9


def landmarks(down: float = 0.8) -> Array:
    result = np.zeros((LANDMARKS, 4), np.float32)
    result[[LEFT_SHOULDER, RIGHT_SHOULDER], 1] = down
    result[list(MOUTH), 1] = 0.4
    return result


def bust(left: float, right: float) -> Array:
    mask = np.zeros((N, N), np.float32)
    mask[20:60, 35:65] = 1.0
    mask[65:, round(left * N) : round(right * N)] = 1.0
    return mask


@pytest.mark.parametrize(
    ("left", "right", "cut"), [(0.2, 0.8, False), (0.0, 0.8, False), (0.0, 1.0, True)]
)
def test_shoulders_are_cut_on_both_sides_or_the_trunk_can_move(
    left: float, right: float, *, cut: bool
) -> None:
    assert shoulders_cut(bust(left, right), landmarks(), SHOWN) is cut


def test_shoulders_below_the_photo_are_cut() -> None:
    assert shoulders_cut(bust(0.2, 0.8), landmarks(1.1), SHOWN)


def test_arms_that_are_held_out_are_no_shoulders_cut() -> None:
    mask = bust(0.2, 0.8)
    mask[48:60] = 1.0
    assert not shoulders_cut(mask, landmarks(0.5), SHOWN)
