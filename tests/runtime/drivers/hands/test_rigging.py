from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES, TEMPLATE

from bunraku.runtime.drivers.body.limbs import HAND_ENDS
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.rigging import (
    FINGER_BONES,
    HAND_BONES,
    curl_apart,
    fingers_apart,
    tilt,
)
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BODY_BONES, BodyBone

SCALE = 110.0
SURE = np.ones(33, np.float32)
STILL = np.eye(4, dtype=np.float32)[:3]
RIG = Rig(TEMPLATE.landmarks, TEMPLATE.fingers)
FIST = np.deg2rad([[0, 10, 50, 60], *[[0, 80, 100, 60]] * 4])


def standing() -> Array:
    points = TEMPLATE.landmarks * SCALE + np.array([128.0, 118.0, 0.0], np.float32)
    return np.concatenate([points, np.ones((33, 1), np.float32)], 1).astype(np.float32)


def rest(side: int, belief: float = 1.0) -> HandPose:
    return HandPose(SHAPES[side].palm, SHAPES[side].bends, belief)


def turned(side: int, axis: tuple[float, float, float], degrees: float) -> HandPose:
    turn = about(np.array([axis]), np.deg2rad([degrees]))[0]
    return HandPose(turn @ SHAPES[side].palm, SHAPES[side].bends)


def _square(transform: Array) -> Array:
    return np.concatenate([transform, [[0.0, 0.0, 0.0, 1.0]]])


def carried(transforms: Array, bone: int, point: Array) -> Array:
    return np.asarray(transforms[bone] @ np.append(point, 1.0).astype(np.float32))


def test_hands_held_as_in_the_photo_move_nothing() -> None:
    hands = rest(0), rest(1)
    photo = RIG.stance(standing(), SCALE, hands)
    assert np.allclose(RIG.transforms(photo, standing(), SURE, hands), STILL, atol=1e-4)
    unknown = RIG.stance(standing(), SCALE)
    assert np.allclose(RIG.transforms(unknown, standing(), SURE), STILL, atol=1e-4)


@pytest.mark.parametrize("axis", [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.6, 0.0, 0.8)])
@pytest.mark.parametrize("side", [0, 1])
def test_a_hand_is_turned_about_its_wrist_as_the_driver_turns_it(
    side: int, axis: tuple[float, float, float]
) -> None:
    photo = RIG.stance(standing(), SCALE, (rest(0), rest(1)))
    hands = tuple(turned(s, axis, 50.0) if s == side else rest(s) for s in (0, 1))
    moved = RIG.transforms(photo, standing(), SURE, (hands[0], hands[1]))
    turn = about(np.array([axis]), np.deg2rad([50.0]))[0]
    assert np.allclose(moved[HAND_BONES[side], :, :3], turn, atol=0.03)
    wrist = standing()[WRISTS[side], :3]
    assert np.allclose(carried(moved, HAND_BONES[side], wrist), wrist, atol=0.01)
    others = [b for b in range(BODY_BONES) if b != HAND_BONES[side]]
    assert np.allclose(moved[others], STILL, atol=1e-4)
    assert np.allclose(moved[FINGER_BONES[side]], moved[HAND_BONES[side]], atol=1e-3)


def test_a_hand_is_followed_as_far_as_it_is_believed() -> None:
    photo = RIG.stance(standing(), SCALE, (rest(0), rest(1)))
    way = turned(0, (0.0, 0.0, 1.0), 60.0)
    half = RIG.transforms(photo, standing(), SURE, (HandPose(way.palm, way.bends, 0.5), None))
    angle = np.arctan2(half[BodyBone.HAND_L, 1, 0], half[BodyBone.HAND_L, 0, 0])
    assert 20.0 < np.rad2deg(angle) < 40.0
    none = RIG.transforms(photo, standing(), SURE, (HandPose(way.palm, FIST, 0.0), None))
    assert np.allclose(none[:BODY_BONES], STILL, atol=1e-3)
    at_ease = HandPose(SHAPES[0].palm, SHAPES[0].at_ease)
    relaxed = RIG.transforms(photo, standing(), SURE, (at_ease, None))
    assert np.allclose(none, relaxed, atol=1e-3)  # its fingers hang


@pytest.mark.parametrize("side", [0, 1])
def test_a_photo_that_shows_no_fingers_has_them_at_ease(side: int) -> None:
    photo = RIG.stance(standing(), SCALE, (None, rest(1)) if side == 0 else (rest(0), None))
    placed = photo.placed(photo.frames @ RIG.at_rest.inverse)
    for which in (0, 1):
        known = which != side
        assert np.allclose(placed[FINGER_BONES[which]], placed[HAND_BONES[which]]) == known
    at_ease = HandPose(SHAPES[side].palm, SHAPES[side].at_ease)
    hands = (at_ease, rest(1)) if side == 0 else (rest(0), at_ease)
    moved = RIG.transforms(photo, standing(), SURE, hands)
    turn = moved[FINGER_BONES[side]] @ np.linalg.inv(_square(moved[HAND_BONES[side]]))
    assert np.allclose(turn, STILL, atol=1e-3)  # they are bent as they were


@pytest.mark.parametrize("side", [0, 1])
def test_fingers_bend_at_their_joints(side: int) -> None:
    photo = RIG.stance(standing(), SCALE, (rest(0), rest(1)))
    hands = [rest(0), rest(1)]
    hands[side] = HandPose(SHAPES[side].palm, FIST)
    moved = RIG.transforms(photo, standing(), SURE, (hands[0], hands[1]))
    joints = TEMPLATE.fingers[side] * SCALE + np.array([128.0, 118.0, 0.0], np.float32)
    for finger in range(5):
        bones = FINGER_BONES[side, finger]
        assert np.allclose(carried(moved, bones[0], joints[finger, 0]), joints[finger, 0], atol=0.1)
        for joint in (1, 2):
            before = carried(moved, bones[joint - 1], joints[finger, joint])
            after = carried(moved, bones[joint], joints[finger, joint])
            assert np.allclose(before, after, atol=0.05)
        tip = carried(moved, bones[2], joints[finger, 3])
        middle = joints[[1, 4], 0].mean(0)
        if finger:
            apart = np.linalg.norm(joints[finger, 3] - middle)
            assert np.linalg.norm(tip - middle) < 0.9 * apart
    assert np.allclose(moved[FINGER_BONES[1 - side]], STILL, atol=1e-3)


def test_a_hand_is_never_much_shorter_than_the_templates() -> None:
    driver = standing()
    driver[[17, 19, 21], :3] = driver[15, :3] + (driver[[17, 19, 21], :3] - driver[15, :3]) * 0.2
    photo = RIG.stance(driver, SCALE)
    bone = photo.points[HAND_ENDS[0]] - photo.points[WRISTS[0]]
    usual = RIG.rest[HAND_ENDS[0]] - RIG.rest[WRISTS[0]]
    assert np.linalg.norm(bone) == pytest.approx(0.85 * SCALE * np.linalg.norm(usual), rel=1e-3)
    assert np.allclose(RIG.transforms(photo, driver, SURE), STILL, atol=1e-4)
    plain = Rig(TEMPLATE.landmarks).stance(driver, SCALE)
    assert np.allclose(plain.points[HAND_ENDS[0]], driver[[17, 19], :3].mean(0), atol=1e-4)


def test_what_the_camera_sees_of_two_hands_is_compared() -> None:
    assert tilt(rest(0), turned(0, (0.0, 0.0, 1.0), 70.0)) == pytest.approx(0.0, abs=1e-3)
    assert np.rad2deg(tilt(rest(0), turned(0, (0.0, 1.0, 0.0), 70.0))) == pytest.approx(70.0)
    assert curl_apart(rest(0), rest(0)) == 0.0
    assert np.rad2deg(curl_apart(rest(0), HandPose(SHAPES[0].palm, FIST))) > 100.0
    one = np.zeros((5, 4))
    one[2, 1:] = np.deg2rad((30.0, -10.0, 25.0))
    other = HandPose(SHAPES[0].palm, rest(0).bends + one)
    assert np.rad2deg(fingers_apart(rest(0), other)) == pytest.approx(45.0)
    one[3, 0] = np.deg2rad(-30.0)
    other = HandPose(SHAPES[0].palm, rest(0).bends + one)
    assert np.rad2deg(fingers_apart(rest(0), other)) == pytest.approx(60.0)
