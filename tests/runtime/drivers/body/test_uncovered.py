"""The pixels beside an arm of what it hides: the photo's while it stays, gone once it has moved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.regions import grown
from bunraku.runtime.drivers.body.rims import Rim, without
from bunraku.runtime.drivers.body.uncovered import find_loose, find_uncovered
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_WRIST
from bunraku.spec.skeleton import BODY_BONES, BodyBone

N, TOP, BOTTOM = 64, 28, 36
FOREARM = (np.indices((N, N))[0] >= TOP) & (np.indices((N, N))[0] < BOTTOM)
"""Across the trunk."""


def bound(bone: Array) -> Binding:
    whole, flat = np.ones((N, N), np.bool_), np.zeros((N, N), np.float32)
    weights = np.zeros((N, N, BODY_BONES), np.float32)
    return Binding(whole, weights, bone.astype(np.int32), bone.astype(np.int32), flat, flat)


def rims() -> tuple[Rim, ...]:
    points = np.zeros((35, 3), np.float32)
    points[LEFT_WRIST] = 50.0, 32.0, 0.0
    fit: Any = SimpleNamespace(stance=SimpleNamespace(points=points), trunk_px=100.0, fine=1.0)
    cloth = bound(np.full((N, N), BodyBone.CHEST))
    photo = bound(np.where(FOREARM, BodyBone.FOREARM_L, BodyBone.CHEST))
    return find_uncovered(fit, photo, [cloth])


def moved(arm: float, trunk: float) -> Array:
    result = np.tile(np.eye(3, 4, dtype=np.float32), (BODY_BONES, 1, 1))
    result[BodyBone.FOREARM_L, 1, 3], result[BodyBone.CHEST, 1, 3] = arm, trunk
    return result


def left(transforms: Array) -> Array:
    """``[n, n]``: what is left of the photo's person."""
    found = rims()
    shares = [rim.apart(transforms) for rim in found]
    return without(np.ones((N, N), np.float32), found, shares)


@pytest.mark.parametrize(("arm", "trunk"), [(0.0, 0.0), (9.0, 9.0)])
def test_an_arm_that_stays_on_the_trunk_leaves_the_photo_whole(arm: float, trunk: float) -> None:
    assert (left(moved(arm, trunk)) == 1.0).all()


@pytest.mark.parametrize(("arm", "trunk"), [(9.0, 0.0), (0.0, -9.0)])
def test_what_has_its_colours_goes_with_an_arm_that_moves(arm: float, trunk: float) -> None:
    kept = left(moved(arm, trunk))
    assert not kept[TOP - 1].any()
    assert not kept[BOTTOM].any()
    assert (kept[FOREARM] == 1.0).all(), "the arm itself stays"
    assert (kept[: TOP - 8] == 1.0).all()
    assert (kept[BOTTOM + 8 :] == 1.0).all()


THING = (np.indices((N, N))[1] >= 20) & (np.indices((N, N))[1] < 40) & FOREARM
"""In the left hand, before the trunk."""


def loose(thing: Array | None, beside: Array | None) -> tuple[Rim, ...]:
    points = np.zeros((35, 3), np.float32)
    fit: Any = SimpleNamespace(stance=SimpleNamespace(points=points), trunk_px=100.0, fine=1.0)
    cloth = bound(np.full((N, N), BodyBone.CHEST))
    photo = bound(np.where(THING, BodyBone.HAND_L, BodyBone.CHEST))
    whole: Any = SimpleNamespace(held=(thing, None), loose=beside)
    return find_loose(fit, whole, photo, [cloth])


def test_what_may_be_of_a_held_thing_goes_with_its_hand() -> None:
    beside = np.where(grown(THING, 10) & ~THING, np.float32(1.0), np.float32(0.0))
    (rim,) = loose(THING, beside)
    assert (rim.bone, rim.beside) == (BodyBone.HAND_L, BodyBone.CHEST)
    still = np.tile(np.eye(3, 4, dtype=np.float32), (BODY_BONES, 1, 1))
    assert rim.apart(still) == 0.0
    still[BodyBone.HAND_L, 1, 3] = 9.0
    kept = without(np.ones((N, N), np.float32), [rim], [rim.apart(still)])
    assert not kept[beside > 0.0].any()
    assert not kept[TOP, 25:35].any(), "its outline has the clothes' colours"
    assert (kept[TOP + 3 : BOTTOM - 3, 25:35] == 1.0).all(), "the thing itself stays"
    assert (kept[~grown(THING, 10)] == 1.0).all()


def test_nothing_goes_where_nothing_is_held() -> None:
    assert not loose(None, None)


def test_it_goes_by_degrees() -> None:
    assert 0.0 < left(moved(3.0, 0.0))[TOP - 1, 5] < 1.0


def test_nothing_goes_where_nothing_is_hidden() -> None:
    (rim,) = rims()
    assert rim.beside == BodyBone.CHEST
    fit: Any = SimpleNamespace(stance=SimpleNamespace(points=np.zeros((35, 3))), fine=1.0)
    assert not find_uncovered(fit, bound(np.full((N, N), BodyBone.CHEST)), [])


def test_the_outline_of_what_ends_beside_an_arm_stays() -> None:
    points = np.zeros((35, 3), np.float32)
    fit: Any = SimpleNamespace(stance=SimpleNamespace(points=points), trunk_px=100.0, fine=1.0)
    cloth = bound(np.full((N, N), BodyBone.CHEST))
    cloth.reached[TOP + 1 :] = False
    photo = bound(np.where(FOREARM, BodyBone.FOREARM_L, BodyBone.CHEST))
    assert not find_uncovered(fit, photo, [cloth])
