from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.photos import TEMPLATE

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.turning import Vectors, about, swing, unit
from bunraku.runtime.drivers.body.wringing import skin_spread, wrung
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER, LEFT_WRIST
from bunraku.spec.skeleton import BONES, BodyBone

SIDE = 1
ENDS = TEMPLATE.landmarks[[n + SIDE for n in (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST)]].astype(float)
AXIS = unit((ENDS[2] - ENDS[1])[None])[0]


class Arm(NamedTuple):
    """The template's right arm at rest."""

    points: Array
    weights: Array
    bones: NDArray[np.int32]
    share: Array


@pytest.fixture(scope="module")
def arm() -> Arm:
    upper, fore, hand = (
        bone + SIDE for bone in (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L, BodyBone.HAND_L)
    )
    own = np.isin(TEMPLATE.bones[:, 0], [upper, fore, hand])
    points = TEMPLATE.vertices[own]
    share = (points - ENDS[1]) @ AXIS / np.linalg.norm(ENDS[2] - ENDS[1])
    share = np.clip(share, 0.0, 1.0).astype(np.float32)
    return Arm(points, TEMPLATE.weights[own], TEMPLATE.bones[own], share)


def moved(twist: float, bend: Vectors | None = None) -> Array:
    """``[bones, 3, 4]``: the forearm bent by a rotation and twisted about itself."""
    result = np.tile(np.eye(4)[:3], (BONES, 1, 1))
    turn = (np.eye(3) if bend is None else bend) @ about(AXIS[None], np.array([twist]))[0]
    for bone in (BodyBone.FOREARM_L + SIDE, BodyBone.HAND_L + SIDE):
        result[bone, :, :3], result[bone, :, 3] = turn, ENDS[1] - turn @ ENDS[1]
    return result.astype(np.float32)


def spread(arm: Arm, transforms: Array) -> Array:
    by = wrung(transforms, ENDS, SIDE)
    return skin_spread(*arm, transforms, by)


def girth(arm: Arm, points: Array) -> float:
    """How far from the arm's line its elbow is, in the mean."""
    at = np.abs((arm.points - ENDS[1]) @ AXIS) < 0.02
    offset = points[at] - ENDS[1]
    return float(np.linalg.norm(offset - np.outer(offset @ AXIS, AXIS), axis=1).mean())


@pytest.mark.parametrize("twist", [-2.5, -0.6, 0.0, 1.2, 3.0])
def test_a_twist_is_told_whatever_the_bend(twist: float) -> None:
    for angle in (0.0, 0.8, 1.6):
        aside = unit(np.cross(AXIS, np.array([0.4, 0.1, 0.7]))[None])
        bend = about(aside, np.array([angle]))[0]
        by = wrung(moved(twist, bend), ENDS, SIDE)
        assert by.angle == pytest.approx(twist, abs=1e-3), angle
        assert np.allclose(by.elbow, ENDS[1], atol=1e-5)
        assert np.allclose(by.axis, bend @ AXIS, atol=1e-5)


def test_an_arm_that_is_not_twisted_is_skinned_as_ever(arm: Arm) -> None:
    bend = swing(AXIS[None], unit(np.array([[-0.2, 0.1, -1.0]])))[0]
    transforms = moved(0.0, bend)
    expected = skin(arm.points, arm.weights, arm.bones, transforms)
    assert np.allclose(spread(arm, transforms), expected, atol=1e-5)


def test_an_elbow_stays_round_while_a_wrist_turns(arm: Arm) -> None:
    transforms = moved(np.pi * 0.95)
    plain = skin(arm.points, arm.weights, arm.bones, transforms)
    result = spread(arm, transforms)
    assert girth(arm, plain) < 0.8 * girth(arm, arm.points)
    assert girth(arm, result) > 0.97 * girth(arm, arm.points)
    ends = (arm.share <= 0.0) & (arm.weights[:, 0] > 0.999) | (arm.share >= 1.0)
    assert np.allclose(result[ends], plain[ends], atol=1e-4)
    middle = (arm.share > 0.45) & (arm.share < 0.55)
    half = about(AXIS[None], np.array([np.pi * 0.475]))[0]
    expected = (arm.points[middle] - ENDS[1]) @ half.T + ENDS[1]
    assert np.linalg.norm(result[middle] - expected, axis=1).max() < 0.02


def test_directions_turn_without_moving(arm: Arm) -> None:
    transforms = moved(1.0)
    by = wrung(transforms, ENDS, SIDE).of_directions()
    transforms[..., 3] = 0.0
    along = np.repeat(AXIS[None], len(arm.points), 0).astype(np.float32)
    turned = skin_spread(along, *arm[1:], transforms, by)
    assert np.allclose(turned, along, atol=1e-5)
