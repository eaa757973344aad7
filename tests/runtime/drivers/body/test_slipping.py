from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette

from bunraku.runtime.drivers.body.rig import NO_HANDS, Rig
from bunraku.runtime.drivers.body.slipping import MOST_PX, PARTS, Slipping, Slips
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.drivers.locating import Located
from bunraku.runtime.drivers.looking import Looked
from bunraku.runtime.drivers.shares import WHOLLY
from bunraku.runtime.parts import Part
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)
from bunraku.spec.skeleton import BONES, BodyBone

TEMPLATE = load_template()
RIG = Rig(TEMPLATE.landmarks)
SIDE, SCALE = 256, 125.0
SEEN = np.ones(33, np.float32)
STILL = np.tile(np.eye(3, 4, dtype=np.float32), (BONES, 1, 1))
WHOLE = Window.of_box(0, 0, SIDE)


def pose_of(*, mask: bool = False) -> Pose:
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([128.0, 120.0]) - points[[LEFT_HIP, RIGHT_HIP], :2].mean(0)
    landmarks = np.concatenate([points, np.ones((33, 1))], 1).astype(np.float32)
    outline = silhouette(points, (SIDE, SIDE), SCALE).astype(np.float32) if mask else None
    return Pose(landmarks, TEMPLATE.landmarks.astype(np.float32), 0.99, outline)


def cloth(seed: int = 0) -> Picture:
    """Soft blobs, of which each place looks otherwise."""
    noise = np.random.default_rng(seed).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)


def belly() -> Array:
    """(x, y)"""
    trunk = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]
    return np.asarray(pose_of().landmarks[trunk, :2].mean(0))


def slipped_cloth(x: float, y: float) -> Picture:
    """The cloth with what lies around the belly somewhere else, and the rest where it was."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    middle = belly()
    far = np.hypot(columns - middle[0], rows - middle[1])
    share = np.clip(2.0 - far / 18.0, 0.0, 1.0).astype(np.float32)
    return np.asarray(
        cv2.remap(cloth(), columns - x * share, rows - y * share, cv2.INTER_LINEAR), np.uint8
    )


def located(frame: Picture, *, calibrated: bool = False) -> Located:
    pose = pose_of(mask=calibrated)
    looked = Looked.at(frame, WHOLE)
    return Located(pose.landmarks, pose.landmarks, None, pose, looked, calibrated)


def learnt() -> Slipping:
    slipping = Slipping(TEMPLATE, RIG)
    assert slipping.follow(located(cloth(), calibrated=True), SEEN, NO_HANDS) is None
    return slipping


def found(slipping: Slipping, frame: Picture, pose: Pose | None = None) -> Slips:
    told = located(frame)
    slips = slipping.follow(told if pose is None else replace(told, pose=pose), SEEN, NO_HANDS)
    assert slips is not None
    return slips


def moved(slipping: Slipping, slips: Slips, *parts: Part, since: Array = STILL) -> Array:
    """``[s, 2]``: how far a photo's clothes are moved, of these parts or of all.

    :param since: where the photo's bones have gone.
    """
    following = dict.fromkeys(Part, 0.0) | dict.fromkeys(parts or Part, 1.0)
    return slipping.moves(slips, 1.0, since, following)[:, :2, 3]


def farthest(moves: Array) -> Array:
    """``[2]``"""
    return np.asarray(moves[np.linalg.norm(moves, axis=1).argmax()])


def test_a_driver_who_stands_still_slips_nowhere() -> None:
    assert np.abs(found(learnt(), cloth()).moves).max() < 0.05


def test_clothes_that_slip_take_their_spots_along_and_no_others() -> None:
    slipping = learnt()
    slips = found(slipping, slipped_cloth(2.5, -1.5))
    np.testing.assert_allclose(farthest(moved(slipping, slips, Part.TRUNK)), (2.5, -1.5), atol=0.6)
    assert np.abs(moved(slipping, slips, Part.LEGS)).max() < 0.3


def test_what_looks_otherwise_does_not_slip() -> None:
    assert np.abs(found(learnt(), cloth(7)).moves).mean() < 0.25
    assert np.abs(found(learnt(), np.full((SIDE, SIDE, 3), 90, np.uint8)).moves).max() < 0.05


def test_a_driver_in_other_light_slips_as_far() -> None:
    slipping, frame = learnt(), slipped_cloth(2.0, 0.0)
    darker = np.asarray(frame.astype(np.float32) * 0.8 + 10.0, np.uint8)
    told = [farthest(moved(slipping, found(slipping, one))) for one in (darker, frame)]
    np.testing.assert_allclose(told[0], told[1], atol=0.8)


def test_nothing_slips_farther_than_clothes_do() -> None:
    assert np.abs(found(learnt(), slipped_cloth(9.0, 9.0)).moves).max() <= MOST_PX


def test_nothing_is_carried_from_frame_to_frame() -> None:
    slipping = learnt()
    first = found(slipping, slipped_cloth(1.0, 2.0)).moves
    found(slipping, slipped_cloth(-2.0, 1.0))
    found(slipping, cloth(3))
    assert np.array_equal(found(slipping, slipped_cloth(1.0, 2.0)).moves, first)


def test_parts_that_do_not_follow_do_not_slip() -> None:
    slipping = learnt()
    slips = found(slipping, slipped_cloth(2.0, 1.0))
    assert np.abs(moved(slipping, slips)).max() > 1.0
    assert not slipping.moves(slips, 1.0, STILL, dict.fromkeys(Part, 0.0)).any()


def test_a_larger_photo_has_clothes_that_slip_as_much_farther() -> None:
    slipping = learnt()
    slips = found(slipping, slipped_cloth(2.0, 1.0))
    small, large = (slipping.moves(slips, scale, STILL, WHOLLY) for scale in (1.0, 2.5))
    np.testing.assert_allclose(large, 2.5 * small)


def test_who_comes_to_stand_as_in_the_photo_has_its_clothes_as_they_lie_there() -> None:
    slipping, pose = learnt(), pose_of()
    arm = [LEFT_ELBOW, LEFT_WRIST]
    lifted = pose.landmarks.copy()
    lifted[arm, 1] = 2.0 * lifted[LEFT_SHOULDER, 1] - lifted[arm, 1]
    slips = found(slipping, slipped_cloth(2.5, -1.5), replace(pose, landmarks=lifted))
    since = RIG.transforms(RIG.stance(pose.landmarks, SCALE), lifted, SEEN)
    as_calibrated = farthest(moved(slipping, slips, since=since))
    assert np.linalg.norm(as_calibrated) > 2.0
    assert np.abs(moved(slipping, slips)).max() < 0.1


@pytest.mark.parametrize("how", ["reset", "no outline", "not looked at", "no body"])
def test_of_a_driver_who_is_not_known_nothing_is_told(how: str) -> None:
    slipping, later = learnt(), located(cloth())
    if how == "reset":
        slipping.reset()
    elif how == "not looked at":
        later = replace(later, looked=None)
    else:
        first = located(cloth(), calibrated=True)
        assert first.pose is not None
        mask = None if how == "no outline" else np.zeros((SIDE, SIDE), np.float32)
        slipping.reset()
        slipping.follow(replace(first, pose=replace(first.pose, mask=mask)), SEEN, NO_HANDS)
    assert slipping.follow(later, SEEN, NO_HANDS) is None


def test_bones_are_of_the_parts_they_belong_to() -> None:
    arms = {PARTS[bone] for bone in BodyBone if "ARM" in bone.name or "HAND" in bone.name}
    legs = {PARTS[bone] for bone in BodyBone if bone.name[:4] in ("THIG", "SHIN", "FOOT")}
    assert (arms, legs) == ({Part.ARMS}, {Part.LEGS})
    assert {PARTS[bone] for bone in (BodyBone.PELVIS, BodyBone.CHEST)} == {Part.TRUNK}
    assert len(PARTS) == 15
