"""An arm that the photo hides does not take pieces of what hides it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bunraku.runtime.drivers.body.groups import Group, Groups
from bunraku.runtime.drivers.body.guessed import unseen_forearms, without_unseen
from bunraku.runtime.drivers.body.rig import NO_HANDS
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LANDMARKS, LEFT_ELBOW, RIGHT_ELBOW
from bunraku.spec.skeleton import BodyBone

N, TRUNK_PX = 160, 60.0
SHIRT, BALL = (150, 130, 160), (200, 110, 60)
UNSEEN = np.array([Group.FOREARM_R, Group.HAND_R], np.int32)


def ball() -> tuple[Picture, Groups]:
    """A ball beside the trunk, its left half fitted to the left hand, the rest and some of the
    trunk to the right forearm."""
    grain = np.random.default_rng(1).normal(0, 4, (N, N, 3))
    picture = np.full((N, N, 3), 240, np.uint8)
    disc = np.zeros((N, N), np.uint8)
    cv2.circle(disc, (60, 80), 25, 1, -1)
    picture[disc > 0] = BALL
    picture[20:140, 86:130] = SHIRT
    groups = np.full((N, N), Group.NOBODY, np.int32)
    groups[20:140, 86:130] = Group.TRUNK
    groups[disc > 0] = Group.HAND_L
    groups[(disc > 0) & (np.arange(N) > 60)] = Group.FOREARM_R
    groups[70:90, 86:94] = Group.FOREARM_R
    return np.clip(picture + grain, 0, 255).astype(np.uint8), groups


def test_what_a_hand_holds_is_whole_and_the_trunk_too() -> None:
    picture, groups = ball()
    result = without_unseen(groups, UNSEEN, picture, TRUNK_PX)
    assert (result[(groups != Group.NOBODY)] != Group.FOREARM_R).all()
    held = (picture[..., 2] < 100) & (groups != Group.NOBODY)
    assert (result[held] == Group.HAND_L).mean() > 0.98
    assert (result[70:90, 87:94] == Group.TRUNK).mean() > 0.95
    assert (result[groups == Group.NOBODY] == Group.NOBODY).all()


def test_without_another_arm_it_goes_to_what_is_beside_it() -> None:
    picture, groups = ball()
    groups[groups == Group.HAND_L] = Group.LEG_L
    result = without_unseen(groups, UNSEEN, picture, TRUNK_PX)
    assert set(np.unique(result)) == {Group.NOBODY, Group.TRUNK, Group.LEG_L}


def test_who_hides_nothing_and_who_shows_nothing_else_stay_as_they_are() -> None:
    picture, groups = ball()
    np.testing.assert_array_equal(without_unseen(groups, UNSEEN[:0], picture, TRUNK_PX), groups)
    alone = np.where(groups == Group.FOREARM_R, groups, Group.NOBODY).astype(np.int32)
    np.testing.assert_array_equal(without_unseen(alone, UNSEEN, picture, TRUNK_PX), alone)


@pytest.mark.parametrize(
    ("elbow", "bones"),
    [
        (LEFT_ELBOW, (BodyBone.FOREARM_L, BodyBone.HAND_L)),
        (RIGHT_ELBOW, (BodyBone.FOREARM_R, BodyBone.HAND_R)),
    ],
)
def test_an_arm_is_unseen_whose_elbow_is(elbow: int, bones: tuple[BodyBone, ...]) -> None:
    landmarks = np.ones((LANDMARKS, 4), np.float32)
    assert unseen_forearms(landmarks, NO_HANDS) == ()
    landmarks[elbow, 3] = 0.3
    assert unseen_forearms(landmarks, NO_HANDS) == bones
