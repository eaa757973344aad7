"""What stands before somebody who sits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.source.desks import DESK, ROW, SIDE, SLOPE, WALL, landmarks, person, window

from bunraku.runtime.source.desk import find_desk
from bunraku.spec.landmarks import LEFT_SHOULDER


@pytest.mark.parametrize("n", [SIDE, 2 * SIDE])
def test_a_desk_is_found_by_its_edge(n: int) -> None:
    desk = find_desk(window(n=n), person(n), landmarks())
    assert desk is not None
    assert desk.slope == pytest.approx(SLOPE, abs=0.01)
    assert (desk.row + 0.5) / n == pytest.approx((ROW + 1.0) / SIDE, abs=1.0 / SIDE)


def test_the_desk_is_no_clothes_but_an_arm_that_lies_on_it_is() -> None:
    desk = find_desk(window(), person(), landmarks())
    assert desk is not None
    mask = desk.without(person(), window())
    below = desk.below(SIDE) == 1.0
    arm = np.zeros((SIDE, SIDE), np.uint8)
    cv2.line(arm, (96, 160), (112, 190), 1, 10)
    assert mask[(arm > 0) & below].mean() > 0.8
    around = cv2.dilate(arm, np.ones((5, 5), np.uint8))
    assert mask[(around == 0) & below].mean() < 0.01
    assert desk.bears(mask)
    assert not desk.bears(mask * (1.0 - desk.below(SIDE)))
    front = desk.before(mask)
    assert front[(around == 0) & below].min() == 1.0
    assert front[(arm > 0) & below].mean() < 0.2
    roomy = desk.before(mask, 0.1)
    assert roomy[ring(arm, 9) & below].max() == 0.0
    assert roomy[~ring(arm, 40) & below].min() == 1.0
    above = desk.below(SIDE) == 0.0
    assert np.array_equal(mask[above], person()[above])


def ring(arm: NDArray[np.uint8], radius: int) -> NDArray[np.bool_]:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    return np.asarray(cv2.dilate(arm, disc) > 0)


def test_beyond_the_photo_nothing_is_a_desk() -> None:
    wide = window(None)
    wide[180:] = DESK  # what the person wears
    left, right = 92, 165
    wide[:, :left], wide[:, right:] = wide[:, left : left + 1], wide[:, right - 1 : right]
    assert find_desk(wide, person(), landmarks()) is not None
    assert find_desk(wide, person(), landmarks(), (left / SIDE, right / SIDE)) is None


def test_a_desk_before_who_fills_the_photo_is_found() -> None:
    wide = window()
    left, right = 76, 181
    wide[:, :left], wide[:, right:] = wide[:, left : left + 1], wide[:, right - 1 : right]
    desk = find_desk(wide, person(), landmarks(), (left / SIDE, right / SIDE))
    assert desk is not None
    assert (desk.row + 0.5) / SIDE == pytest.approx((ROW + 1.0) / SIDE, abs=1.0 / SIDE)


def test_a_skirt_a_stripe_and_a_floor_are_no_desk() -> None:
    assert find_desk(window(None), person(), landmarks()) is None
    plain = window(None)
    skirt = plain.copy()
    skirt[180:, 92:165] = DESK
    assert find_desk(skirt, person(), landmarks()) is None
    stripe = np.where((np.arange(SIDE) > 180)[:, None, None], np.array(DESK), np.array(WALL))
    behind = np.where(person()[..., None] > 0.5, plain, stripe).astype(np.uint8)
    assert find_desk(behind, person(), landmarks()) is None
    standing = person()
    standing[150:] = 0.0
    floor = np.where(standing[..., None] > 0.5, plain, stripe).astype(np.uint8)
    assert find_desk(floor, standing, landmarks()) is None


def test_who_is_seen_from_the_side_or_nowhere_has_none() -> None:
    aside = landmarks()
    aside[LEFT_SHOULDER, 0] = 100 / SIDE
    assert find_desk(window(), person(), aside) is None
    lost = landmarks()
    lost[LEFT_SHOULDER] = np.nan
    assert find_desk(window(), person(), lost) is None
