"""How wide a person bends at shoulders and at other joints."""

from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.bending import bend
from bunraku.runtime.drivers.body.parts import FREE
from bunraku.spec.skeleton import BODY_BONES, BodyBone


def width(first: int, second: int, trunk_px: float) -> int:
    """Over how many pixels the first of two bones beside each other goes over into the second."""
    height, half = 12, int(trunk_px)
    bone = np.full((height, 2 * half), first, np.int32)
    bone[:, half:] = second
    weights = np.eye(BODY_BONES, dtype=np.float32)[bone]
    depth, reached = np.zeros(bone.shape, np.float32), np.ones(bone.shape, np.bool_)
    found, deep = bend(weights, depth, reached, bone, 1.0, trunk_px)
    assert np.allclose(found.sum(-1), 1.0, atol=1e-5)
    assert not deep.any()
    share = found[height // 2, :, second]
    return int(((share > 0.05) & (share < 0.95)).sum())


def test_a_shoulder_bends_as_wide_however_fine_the_photo_is() -> None:
    coarse, fine = (width(BodyBone.CHEST, BodyBone.UPPER_ARM_L, px) for px in (60.0, 240.0))
    assert 3.0 * coarse <= fine <= 5.0 * coarse


@pytest.mark.parametrize(
    ("first", "second"),
    [(BodyBone.PELVIS, BodyBone.THIGH_L), (BodyBone.CHEST, BodyBone.HEAD)],
    ids=["hip", "neck"],
)
def test_other_joints_bend_as_they_did(first: BodyBone, second: BodyBone) -> None:
    assert width(first, second, 240.0) == width(first, second, 60.0)


def test_an_arm_below_the_armpit_is_not_smoothed_into_the_trunk() -> None:
    chest = BodyBone.CHEST
    part = np.full((12, 80), chest, np.int32)
    part[:, 40:] = FREE
    bone = np.where(part == FREE, BodyBone.UPPER_ARM_L, chest)
    weights = np.eye(BODY_BONES, dtype=np.float32)[bone]
    whole = np.ones(part.shape, np.bool_)
    found, _ = bend(weights, np.zeros(part.shape, np.float32), whole, part, 1.0, 240.0)
    np.testing.assert_array_equal(found, weights)
