from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import with_arm_raised
from tests.runtime.drivers.hands.people import SHAPES, TEMPLATE

from bunraku.runtime.drivers.body.following import Followed
from bunraku.runtime.drivers.body.keeping import Kept
from bunraku.runtime.drivers.body.rig import NO_HANDS, Rig
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.drivers.shares import WHOLLY, Following
from bunraku.runtime.parts import Part
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

SCALE = 110.0
RIG = Rig(TEMPLATE.landmarks, TEMPLATE.fingers)
STILL = np.eye(4, dtype=np.float32)[:3]
SURE = np.ones(33, np.float32)
ARM = [BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L]
LEGS = list(range(BodyBone.THIGH_L, BodyBone.FOOT_R + 1))


def person(right: float = 0.0, turn_deg: float = 0.0) -> Array:
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([128.0, 118.0]) - points[[23, 24], :2].mean(0)
    middle = points[[11, 12]].mean(0)
    turn = about(np.array([[0.0, 1.0, 0.0]]), np.deg2rad([turn_deg]))[0]
    points = (points - middle) @ turn.T + middle
    points[:, 0] += right
    return np.concatenate([points, np.ones((33, 1))], 1).astype(np.float32)


PHOTO = RIG.stance(person(), SCALE)


def only(*parts: Part) -> Following:
    return {part: float(part in parts) for part in Part}


def posed(
    driver: Array,
    following: Following,
    hands: HandPoses = NO_HANDS,
    *,
    seen: Array = SURE,
    scale: float = 1.0,
) -> Array:
    kept = Kept(driver, 1.0, scale, (100.0, 50.0))
    told = Followed.of(RIG, PHOTO, kept, seen, hands, following)
    transforms = RIG.transforms(PHOTO, told.kept.landmarks, told.belief, told.hands)
    return told.kept.scaled(transforms)


def test_all_that_follows_is_as_it_was() -> None:
    kept, hand = Kept(person(5.0), 1.1, 1.2, (1.0, 2.0)), HandPose(SHAPES[0].palm, SHAPES[0].bends)
    told = Followed.of(RIG, PHOTO, kept, SURE, (hand, None), {**WHOLLY, Part.FACE: 0.0})
    assert told.kept is kept
    assert told.belief is told.seen is SURE
    assert told.hands == (hand, None)


def test_what_does_not_follow_is_the_photos_to_the_last_digits() -> None:
    driver = with_arm_raised(person(12.0, 20.0), 110.0)
    arms = posed(driver, only(Part.ARMS))
    still = [bone for bone in BodyBone if bone not in range(BodyBone.UPPER_ARM_L, LEGS[0])]
    still = [bone for bone in still if bone < BodyBone.THUMB_1_L]
    assert np.allclose(arms[still], STILL, atol=2e-5)
    assert np.abs(arms[ARM] - STILL).max() > 1.0
    nothing = posed(driver, only(Part.FACE), scale=1.4)
    assert np.allclose(nothing, STILL, atol=2e-5)
    legs = posed(driver, only(Part.LEGS))
    assert np.allclose(legs[: LEGS[0]], STILL, atol=2e-5)


def test_what_does_not_follow_rides_on_the_trunk() -> None:
    """A trunk that is only shifted carries everything, whatever the driver's limbs do."""
    driver = with_arm_raised(person(12.0), 110.0)
    driver[25:33, 1] -= 20.0
    driver[:11, 1] += 4.0
    moved = posed(driver, only(Part.TRUNK))
    assert np.allclose(moved[:, :, 3] - STILL[:, 3], [12.0, 0.0, 0.0], atol=1e-3)
    assert np.allclose(moved[:, :, :3], STILL[:, :3], atol=2e-5)
    turned = posed(person(0.0, 30.0), {**WHOLLY, Part.ARMS: 0.0, Part.LEGS: 0.0})
    wholly = posed(person(0.0, 30.0), WHOLLY)
    assert np.allclose(turned, wholly, atol=1e-3)


def test_a_figure_grows_as_far_as_its_trunk_follows() -> None:
    grown = posed(person(), {**WHOLLY, Part.TRUNK: 0.5}, scale=1.4)
    assert np.allclose(grown[:, :, :3], 1.2 * STILL[:, :3], atol=1e-4)


def test_hands_that_do_not_follow_hang_on_their_forearms() -> None:
    driver = with_arm_raised(person(), 60.0)
    driver[[17, 19, 21], :2] += 9.0
    pose = HandPose(about(np.eye(3)[:1], np.array([1.0]))[0] @ SHAPES[0].palm, SHAPES[0].bends)
    told = Followed.of(
        RIG, PHOTO, Kept(driver, 1.0, 1.0, (0, 0)), SURE, (pose, None), {**WHOLLY, Part.HANDS: 0.0}
    )
    assert told.hands == NO_HANDS
    moved = posed(driver, {**WHOLLY, Part.HANDS: 0.0}, (pose, None))
    along = PHOTO.points[33] - PHOTO.points[15]
    forearm, hand = (moved[b][:, :3] @ along for b in (BodyBone.FOREARM_L, BodyBone.HAND_L))
    way = RIG.forearms(PHOTO, driver, SURE)[0] @ PHOTO.turns[BodyBone.FOREARM_L].T @ along
    assert np.allclose(hand / np.linalg.norm(hand), way / np.linalg.norm(way), atol=1e-4)
    assert np.isfinite(forearm).all()


def test_hands_alone_do_at_the_photos_wrists_what_they_do_at_the_drivers() -> None:
    """An arm that is raised as a whole has not moved its hand."""
    raised_arm = with_arm_raised(person(), 110.0)
    forearm = [RIG.forearms(PHOTO, pose, SURE)[0] for pose in (person(), raised_arm)]
    turn = forearm[1] @ forearm[0].T
    at_rest = HandPose(RIG.at_rest.turns[BodyBone.HAND_L] @ SHAPES[0].palm, SHAPES[0].bends)
    raised = HandPose(turn @ at_rest.palm, at_rest.bends)
    lying = posed(person(), only(Part.HANDS), (at_rest, None))
    moved = posed(raised_arm, only(Part.HANDS), (raised, None))
    assert np.allclose(moved, lying, atol=1e-3)
    assert np.allclose(moved[ARM], STILL, atol=2e-5)
    bent = HandPose(turn @ at_rest.palm, at_rest.bends + np.deg2rad(20.0))
    assert (
        np.abs(posed(raised_arm, only(Part.HANDS), (bent, None)) - moved)[BodyBone.INDEX_3_L].max()
        > 0.1
    )


@pytest.mark.parametrize("part", [Part.ARMS, Part.HANDS, Part.LEGS, Part.TRUNK, Part.HEAD])
def test_switching_a_part_does_not_jump(part: Part) -> None:
    driver = with_arm_raised(person(15.0, 25.0), 80.0)
    driver[[25, 27, 29, 31], 0] += 12.0
    driver[:11, 1] += 5.0
    hand = HandPose(about(np.eye(3)[1:2], np.array([0.6]))[0] @ SHAPES[0].palm, SHAPES[0].bends)
    ways = np.concatenate([PHOTO.points[[13, 15, 25, 27, 0, 33]], np.ones((6, 1))], 1)
    bones = [*ARM, BodyBone.THIGH_L, BodyBone.SHIN_L, BodyBone.HEAD, BodyBone.HAND_L]
    places = []
    for share in np.linspace(0.0, 1.0, 31):
        moved = posed(driver, {**WHOLLY, part: float(share)}, (hand, None))
        places.append(np.einsum("bij,bj->bi", moved[bones], ways))
    far = np.abs(places[-1] - places[0]).max()
    assert far > 1.0
    assert np.abs(np.diff(places, axis=0)).max() < 0.12 * far + 0.5


def test_what_does_not_follow_is_not_made_up_either() -> None:
    kept = Kept(person(), 1.0, 1.0, (0.0, 0.0))
    told = Followed.of(RIG, PHOTO, kept, SURE, NO_HANDS, {**WHOLLY, Part.LEGS: 0.0})
    assert (told.seen[25:] == 0.0).all()
    assert (told.seen[:25] == 1.0).all()
    halfway = Followed.of(RIG, PHOTO, kept, SURE, NO_HANDS, {**WHOLLY, Part.LEGS: 0.5})
    assert (halfway.seen == 1.0).all()
