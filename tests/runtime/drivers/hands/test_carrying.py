from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES, TEMPLATE

from bunraku.runtime.drivers.body.limbs import HAND_ENDS
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.carrying import carried, kept_shut
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_WRIST

SURE = np.ones(33, np.float32)
RIG = Rig(TEMPLATE.landmarks, TEMPLATE.fingers)
LEFT_ARM = [13, 15, 17, 19, 21]


def landmarks() -> Array:
    points = TEMPLATE.landmarks * 110.0
    return np.concatenate([points, np.ones((33, 1), np.float32)], 1).astype(np.float32)


def raised(degrees: float, depth: float = 0.0) -> Array:
    """The left arm turned in the picture, its hand bent away from the camera."""
    result = landmarks()
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    joint = result[11, :2].copy()
    result[LEFT_ARM, :2] = (result[LEFT_ARM, :2] - joint) @ turn.T + joint
    result[[17, 19, 21], 2] += depth
    return result


def test_a_hand_that_holds_something_is_turned_in_the_picture_alone() -> None:
    photo = RIG.stance(landmarks(), 110.0)
    for depth in (0.0, 30.0):
        before = RIG.transforms(photo, raised(-90.0, depth), SURE)
        after = carried(before, photo, (True, False))
        turn = after[HAND_BONES[0], :, :3]
        assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-5)  # neither squeezed nor sheared
        assert turn[2] == pytest.approx([0.0, 0.0, 1.0], abs=1e-6)
        way = photo.points[HAND_ENDS[0]] - photo.points[LEFT_WRIST]
        forearm = photo.points[LEFT_WRIST] - photo.points[LEFT_ELBOW]
        for bone, now in ((way, turn @ way), (forearm, turn @ forearm)):
            cosine = (bone[0] * now[0] + bone[1] * now[1]) / (bone[:2] @ bone[:2])
            assert cosine == pytest.approx(0.0, abs=0.15)
        wrist = after[HAND_BONES[0]] @ np.append(photo.points[LEFT_WRIST], 1.0)
        assert wrist[:2] == pytest.approx(raised(-90.0)[LEFT_WRIST, :2], abs=0.5)
        fingers = after[FINGER_BONES[0]]
        assert np.array_equal(fingers, np.broadcast_to(after[HAND_BONES[0]], fingers.shape))
        others = np.ones(len(after), np.bool_)
        others[[HAND_BONES[0], *FINGER_BONES[0].ravel()]] = False
        assert np.array_equal(after[others], before[others])


def test_a_photo_that_drives_itself_moves_nothing_that_it_holds() -> None:
    """Photo and driver both point the hand as it is seen, not as the pose network guesses it."""
    angle = np.deg2rad(50.0)
    turn = about(np.array([[0.0, 0.0, 1.0]]), np.array([angle]))[0]
    pose = HandPose(turn @ SHAPES[0].palm, SHAPES[0].bends)
    photo = RIG.stance(landmarks(), 110.0, (pose, None))
    itself = RIG.transforms(photo, landmarks(), SURE, (pose, None))
    after = carried(itself, photo, (True, False))[HAND_BONES[0]]
    assert after[:, :3] == pytest.approx(np.eye(3), abs=1e-4)
    assert after[:, 3] == pytest.approx(np.zeros(3), abs=1e-2)


def test_hands_that_hold_nothing_are_left_as_they_are() -> None:
    photo = RIG.stance(landmarks(), 110.0)
    transforms = RIG.transforms(photo, raised(-40.0), SURE)
    assert carried(transforms, photo, (False, False)) is transforms
    pose = HandPose(SHAPES[0].palm, SHAPES[0].bends)
    assert kept_shut((pose, pose), (True, False)) == (None, pose)
