from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import puppet, standing, street, subject, with_person

from bunraku.runtime.drivers.landmarks.calibration import Calibration, in_window
from bunraku.runtime.drivers.landmarks.retarget import proportions
from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    FEET,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    MIRRORED,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_KNEE,
)

SHAPE = (480, 640)
HIPS, KNEES = [LEFT_HIP, RIGHT_HIP], [LEFT_KNEE, RIGHT_KNEE]
LEGS, FEET_SEEN = list(range(LEFT_KNEE, 33)), list(FEET)


@pytest.fixture(scope="module")
def subjects() -> list[LandmarkSubject]:
    photos = [with_person(street(), 100, 60), with_person(street((200, 200)), 80, 30)]
    return [subject(puppet().make_identity(photo)[0]) for photo in photos]


def calibration(middle: float = 400.0) -> Calibration:
    pose = standing(100.0, 320.0, middle, SHAPE)
    return Calibration(pose, SHAPE, False, proportions(pose), retarget=True)


def test_every_photo_has_the_window_in_which_the_driver_stands_as_it_does(
    subjects: list[LandmarkSubject],
) -> None:
    made = calibration()
    for one in subjects:
        ours = one.source.landmarks
        driver = made.window(one).to_units(made.pose.landmarks)
        assert np.allclose(driver[:, :2], ours[:, :2], atol=0.02)
    assert made.window(subjects[0]) != made.window(subjects[1])


def test_smaller_frames_of_the_same_scene_have_a_smaller_window(
    subjects: list[LandmarkSubject],
) -> None:
    large = calibration()
    small = large.seen_in((240, 320), False)
    assert small is not None
    before, after = large.window(subjects[0]), small.window(subjects[0])
    assert after.side == pytest.approx(before.side / 2, rel=1e-3)
    # A point is in the middle of its pixel: half as many pixels, not half the number.
    assert after.cx == pytest.approx((before.cx + 0.5) / 2 - 0.5, abs=0.01)
    assert after.cy == pytest.approx((before.cy + 0.5) / 2 - 0.5, abs=0.01)
    assert large.seen_in(SHAPE, False) is large


def test_frames_of_another_shape_need_another_calibration() -> None:
    assert calibration().seen_in((360, 640), False) is None
    assert calibration().seen_in((640, 480), False) is None
    assert calibration().seen_in((482, 640), False) is not None  # rounded by an encoder


def test_in_a_mirror_the_driver_is_on_the_other_side(subjects: list[LandmarkSubject]) -> None:
    plain = calibration(400.0)
    mirrored = plain.seen_in(SHAPE, True)
    assert mirrored is not None
    assert mirrored.mirrored
    before, after = plain.window(subjects[0]), mirrored.window(subjects[0])
    trunks = [
        window.to_units(made.pose.landmarks)[[11, 12, 23, 24], 0].mean()
        for window, made in ((before, plain), (after, mirrored))
    ]
    assert trunks[1] == pytest.approx(trunks[0], abs=1e-4)  # the photo itself is not mirrored
    assert after.cx == pytest.approx(639 - before.cx, abs=0.02 * before.side)
    assert (after.cy, after.side) == pytest.approx((before.cy, before.side))
    back = mirrored.seen_in(SHAPE, False)
    assert back is not None
    assert np.allclose(back.pose.landmarks, plain.pose.landmarks, atol=1e-3)
    assert np.array_equal(back.pose.world, plain.pose.world)


def test_the_mirror_exchanges_left_and_right() -> None:
    assert sorted(MIRRORED) == list(range(33))
    assert [MIRRORED[MIRRORED[i]] for i in range(33)] == list(range(33))
    assert tuple(MIRRORED[i] for i in LEFT_HAND) == RIGHT_HAND
    plain = calibration()
    plain.pose.landmarks[15, 1] = 7.0  # the left wrist
    mirrored = plain.seen_in(SHAPE, True)
    assert mirrored is not None
    assert mirrored.pose.landmarks[16, 1] == 7.0
    # A person seen in a mirror faces the same way: their left is on the picture's right still.
    assert mirrored.pose.landmarks[11, 0] > mirrored.pose.landmarks[12, 0]


def test_windows_do_not_depend_on_what_was_learned_since(subjects: list[LandmarkSubject]) -> None:
    made = calibration()
    longer = {bone: 1.2 * length for bone, length in made.proportions.items()}
    other = replace(made, proportions=longer)
    assert made.window(subjects[0]) == calibration().window(subjects[0])
    assert other.window(subjects[0]) != made.window(subjects[0])


def test_who_squats_in_the_photo_stands_up_from_its_ground(
    subjects: list[LandmarkSubject],
) -> None:
    source = subjects[0].source
    landmarks, world = source.pose.landmarks.copy(), source.pose.world.copy()
    rise = 0.75 * (landmarks[KNEES, 1] - landmarks[HIPS, 1]).mean()
    landmarks[LEGS, 1] -= rise
    world[LEGS, 1] -= 0.3
    raised = world.copy()
    raised[LEGS, 2] -= 0.3
    made = calibration()

    def off_the_ground(seen: Array) -> float:
        """How far below the photo's feet the driver's stand, in windows."""
        pose = replace(source.pose, landmarks=landmarks, world=seen)
        photo = replace(subjects[0], source=replace(source, pose=pose))
        driver = in_window(made.pose, made.window(photo), photo, made.proportions)
        return float(driver[FEET_SEEN, 1].max() - photo.source.landmarks[FEET_SEEN, 1].max())

    assert off_the_ground(raised) == pytest.approx(0.0, abs=0.01)
    assert off_the_ground(world) > 0.03, "who is in the air there is not lifted so far"
