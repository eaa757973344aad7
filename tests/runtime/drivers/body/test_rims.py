"""What goes of an arm and of what it hangs beside, as it is lifted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.parts import ENDWISE, FREE
from bunraku.runtime.drivers.body.rims import Rim, find_rims, without
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HIP, LEFT_SHOULDER, LEFT_WRIST, RIGHT_HIP
from bunraku.spec.skeleton import BODY_BONES, BodyBone

N, CUT = 96, 50
ROWS, COLUMNS = np.indices((N, N))
ARM = CUT + np.where(ROWS % 6 < 3, 0, 1) <= COLUMNS
"""Its border has teeth."""
JOINED, FORE = ARM & (ROWS < 20), ARM & (ROWS > 60)
FORE_L = BodyBone.FOREARM_L


def rims(
    window: Picture,
    elbow: tuple[float, float] = (60.0, 90.0),
    wrist: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    *,
    end: bool = False,
) -> tuple[Rim, ...]:
    """Of an upper arm beside the trunk.

    :param wrist: how far before the elbow. :param end: whether below it the forearm points at the
        camera.
    """
    part = np.where(JOINED, BodyBone.UPPER_ARM_L, np.where(ARM, FREE, BodyBone.CHEST))
    bone = np.where(ARM, BodyBone.UPPER_ARM_L, BodyBone.CHEST).astype(np.int32)
    if end:
        part, bone = (np.where(FORE, other, of) for other, of in ((ENDWISE, part), (FORE_L, bone)))
    whole, flat = np.ones((N, N), np.bool_), np.zeros((N, N), np.float32)
    weights = np.zeros((N, N, BODY_BONES), np.float32)
    binding = Binding(whole, weights, bone.astype(np.int32), part.astype(np.int32), flat, flat)
    points = np.zeros((33, 4), np.float32)
    points[[LEFT_HIP, RIGHT_HIP], 1] = 90.0
    points[LEFT_SHOULDER, 0], points[LEFT_ELBOW, :2] = 60.0, elbow
    points[LEFT_WRIST] = points[LEFT_ELBOW] - wrist
    fit: Any = SimpleNamespace(
        stance=SimpleNamespace(points=points), trunk_px=120.0, fine=1.0, foreshortened=(end, False)
    )
    return find_rims(fit, binding, window)


def found(window: Picture) -> Array:
    """``[n, n]``: what goes once it has come away."""
    (rim,) = rims(window)
    assert rim.bone == BodyBone.UPPER_ARM_L
    picture = without(np.ones((N, N, 4), np.float32), [rim], [1.0])
    assert (picture[..., :3] == 1.0).all()
    return np.asarray(1.0 - picture[..., 3])


def plain() -> Picture:
    return np.full((N, N, 3), 160, np.uint8)


def test_both_sides_lose_what_has_the_others_colours_and_no_more() -> None:
    lost = found(plain())
    assert (lost[40:80, CUT - 1] > 0.05).all()
    assert (lost[40:80, CUT] > 0.4).all()
    assert not lost[:, : CUT - 3].any()
    assert not lost[:, CUT + 4 :].any()


def test_teeth_of_a_cut_are_evened_out() -> None:
    kept = (1.0 - found(plain()))[40:80, CUT:].sum(1)
    assert kept.max() - kept.min() < 0.5, "the cut has teeth of 1"


def test_shade_along_a_cut_goes_and_a_dark_sleeve_stays() -> None:
    window = plain()
    window[:, CUT : CUT + 3] = 60
    assert (found(window)[40:80, CUT + 2] > 0.9).all()
    window[:, CUT:] = 60
    assert not found(window)[:, CUT + 4 :].any()


def test_nothing_goes_where_the_two_hang_together() -> None:
    assert not found(plain())[:18].any()


def test_an_arm_across_the_trunk_keeps_its_outline() -> None:
    assert not rims(plain(), elbow=(10.0, 40.0))


def test_what_a_forearm_that_points_at_the_camera_lies_beside_loses_its_colours() -> None:
    before = 0.0, 0.0, 30.0, 0.0
    upper, fore = rims(plain(), wrist=before, end=True)
    assert (upper.bone, fore.bone) == (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L)
    lost = 1.0 - without(np.ones((N, N, 4), np.float32), [fore], [1.0])[..., 3]
    assert (lost[66:90, CUT - 1] > 0.05).all()
    assert not lost[FORE].any()  # it fades itself, and its hand stays
    assert not rims(plain(), elbow=(10.0, 40.0), wrist=before, end=True)


def moved(arm: float, trunk: float) -> Array:
    result = np.tile(np.eye(3, 4, dtype=np.float32), (BODY_BONES, 1, 1))
    result[BodyBone.UPPER_ARM_L, 0, 3], result[BodyBone.CHEST, 0, 3] = arm, trunk
    return result


@pytest.mark.parametrize(
    ("arm", "trunk", "share"),
    [(0.0, 0.0, 0.0), (20.0, 20.0, 0.0), (3.0, 0.0, 0.0), (20.0, 0.0, 1.0), (0.0, -20.0, 1.0)],
)
def test_a_rim_goes_as_its_limb_leaves_the_trunk(arm: float, trunk: float, share: float) -> None:
    rim = Rim(BodyBone.UPPER_ARM_L, np.ones(3, np.float32), 40.0, 0, 0, np.ones((2, 2), np.float32))
    assert rim.apart(moved(arm, trunk)) == share
    assert 0.0 < rim.apart(moved(10.0, 0.0)) < 1.0


def test_a_photo_whose_arms_stay_is_not_even_copied() -> None:
    picture = np.ones((4, 4, 4), np.float32)
    assert without(picture, [], []) is picture
    rim = Rim(
        BodyBone.UPPER_ARM_L, np.ones(3, np.float32), 40.0, 1, 2, np.full((2, 2), 0.5, np.float32)
    )
    assert without(picture, [rim], [0.0]) is picture
    less = without(picture, [rim], [0.5])
    assert (less[1:3, 2:, 3] == 0.75).all()
    assert (picture == 1.0).all()
