from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import standing

from bunraku.runtime.pose import Pose
from bunraku.runtime.source.own_share import own_share
from bunraku.spec.arrays import Array

SHAPE = 240, 320


def claiming(x: float, left: int, right: int, sure: float = 1.0) -> Pose:
    """Somebody who stands at x, and whose mask has these columns."""
    mask = np.zeros(SHAPE, np.float32)
    mask[20:220, left:right] = sure
    return standing(20.0, 200.0, x, SHAPE, mask)


def shares(share: Array, *columns: int) -> list[float]:
    return [float(share[100, x]) for x in columns]


def test_of_what_both_masks_have_each_gets_what_is_nearer() -> None:
    mine, other = claiming(100, 60, 200), claiming(180, 80, 220)
    share = own_share(mine, [other], SHAPE)
    assert share.shape == SHAPE
    assert share.dtype == np.float32
    assert shares(share, 70, 100, 130) == pytest.approx([1, 1, 1], abs=0.05)
    assert shares(share, 150, 180, 195) == pytest.approx([0, 0, 0], abs=0.05)
    theirs = own_share(other, [mine], SHAPE)
    assert shares(share + theirs, 90, 120, 160) == pytest.approx([1, 1, 1], abs=0.05)


def test_what_the_other_does_not_claim_is_left_alone() -> None:
    share = own_share(claiming(100, 60, 200), [claiming(180, 170, 220, sure=0.4)], SHAPE)
    assert (share == 1.0).all()
    nowhere = replace(claiming(180, 170, 220), mask=None)
    assert (own_share(claiming(100, 60, 200), [nowhere], SHAPE) == 1.0).all()


def test_who_is_surer_gets_more() -> None:
    at = 140  # half way
    sure, unsure = claiming(100, 60, 200), claiming(180, 80, 220, sure=0.6)
    assert own_share(sure, [unsure], SHAPE)[100, at] > 0.9
    assert own_share(unsure, [sure], SHAPE)[100, at] < 0.1


def test_large_photos_and_bodies_beyond_the_photo() -> None:
    large = 1200, 1600
    mask = np.ones(large, np.float32)
    mine, other = (
        standing(100.0, 4000.0, 400.0, large, mask),
        standing(100.0, 4000.0, 1200.0, large, mask),
    )
    share = own_share(mine, [other], large)
    assert share.shape == large
    assert share[600, 300] > 0.9
    assert share[600, 1300] < 0.1
