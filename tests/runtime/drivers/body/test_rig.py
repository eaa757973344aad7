from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import REST, SCALE, standing, with_arm_raised

from bunraku.runtime.drivers.body.limbs import within
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BODY_BONES, BodyBone

RIG = Rig(REST)
PHOTO = RIG.stance(standing(), SCALE)
SURE = np.ones(33, np.float32)
STILL = np.eye(4, dtype=np.float32)[:3]


def carried(transforms: Array, bone: BodyBone, point: Array) -> Array:
    return np.asarray(transforms[bone] @ np.append(point[:3], 1.0).astype(np.float32))


def test_the_photos_own_pose_moves_nothing() -> None:
    for belief in (SURE, 0.3 * SURE, 0.0 * SURE):
        moved = RIG.transforms(PHOTO, standing(), belief)
        assert moved.shape == (len(BodyBone), 3, 4)
        assert np.allclose(moved, STILL, atol=1e-5)


def test_a_photo_stands_as_the_template_does() -> None:
    at_rest = PHOTO.frames @ RIG.at_rest.inverse
    knee = at_rest[BodyBone.THIGH_L] @ np.append(REST[25], 1.0)
    assert np.allclose(knee[:3], standing()[25, :3], atol=1e-3)
    nose = at_rest[BodyBone.HEAD] @ np.append(REST[0], 1.0)
    assert np.allclose(nose[:3], standing()[0, :3], atol=1e-3)


def test_a_shift_is_a_shift_of_every_bone() -> None:
    moved = RIG.transforms(PHOTO, standing(middle=140.0, hips=110.0), SURE)
    assert np.allclose(moved[:, :, 3] - STILL[:, 3], [12.0, -10.0, 0.0], atol=1e-3)


def test_joints_go_where_the_landmarks_are() -> None:
    driver = with_arm_raised(standing())
    moved = RIG.transforms(PHOTO, driver, SURE)
    photo = standing()
    for bone, ends in (
        (BodyBone.UPPER_ARM_L, (11, 13)),
        (BodyBone.FOREARM_L, (13, 15)),
        (BodyBone.SHIN_R, (26, 28)),
    ):
        for end in ends:
            assert np.allclose(carried(moved, bone, photo[end]), driver[end, :3], atol=1e-3)
    assert np.allclose(moved[BodyBone.CHEST], STILL, atol=1e-5)


def test_a_limb_keeps_its_side_towards_the_camera() -> None:
    """An arm raised in the picture goes on showing what it showed, and is not mirrored."""
    moved = RIG.transforms(PHOTO, with_arm_raised(standing()), SURE)
    forearm = moved[BodyBone.FOREARM_L][:, :3]
    assert forearm[2, 2] > 0.9
    assert np.linalg.det(forearm[:2, :2]) > 0.9


def test_what_is_not_believed_stays_as_the_photo_has_it() -> None:
    driver = with_arm_raised(standing(middle=140.0))
    belief = SURE.copy()
    belief[13] = 0.0  # the whole arm hangs on it
    moved = RIG.transforms(PHOTO, driver, belief)
    for bone in (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L, BodyBone.HAND_L):
        assert np.allclose(moved[bone], moved[BodyBone.CHEST], atol=1e-4)
    driver[[23, 24], :2] += 50.0
    belief[[23, 24]] = 0.0
    moved = RIG.transforms(PHOTO, driver, belief)
    assert np.allclose(moved[BodyBone.PELVIS], moved[BodyBone.CHEST], atol=1e-4)


def test_belief_fades_without_a_jump() -> None:
    driver, belief = with_arm_raised(standing(), 60.0), SURE.copy()
    last = RIG.transforms(PHOTO, driver, belief)
    for share in np.linspace(1.0, 0.0, 21):
        belief[[13, 15, 17, 19, 21]] = share
        now = RIG.transforms(PHOTO, driver, belief)
        wrist = carried(now, BodyBone.FOREARM_L, standing()[15])
        before = carried(last, BodyBone.FOREARM_L, standing()[15])
        assert np.linalg.norm(wrist - before) < 6.0
        last = now


def test_twists_stop_at_the_joint_and_fade_before_half_a_turn() -> None:
    twists = np.zeros(12)
    twists[:3] = np.deg2rad([60.0, -170.0, 100.0])
    held = np.rad2deg(within(twists))
    assert held[0] == pytest.approx(60.0)
    assert -110.0 < held[1] < 0.0
    assert 0.0 < held[2] < 80.0 + 1e-6
    assert np.allclose(within(np.full(12, np.pi))[:4], 0.0)


def test_shoulders_in_one_line_with_the_camera_have_a_frame() -> None:
    sideways = standing()
    sideways[[11, 12], 0] = 128.0
    sideways[[11, 12], 2] = 0.0
    photo = RIG.stance(sideways, SCALE)
    assert photo.frames.shape == (BODY_BONES, 4, 4)
    assert np.isfinite(RIG.transforms(photo, standing(), SURE)).all()


def test_landmarks_in_one_place_have_a_frame() -> None:
    heap = np.full((33, 4), 128.0, np.float32)
    assert np.isfinite(RIG.transforms(PHOTO, heap, SURE)).all()
    armless = standing()
    armless[[13, 15, 17, 19, 21]] = armless[11]
    moved = RIG.transforms(RIG.stance(armless, SCALE), standing(), SURE)
    assert np.isfinite(moved).all()
