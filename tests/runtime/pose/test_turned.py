from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import MARK, Turning, marked, standing, street, with_person

from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.turned import (
    degrees_turned,
    observe_upright,
    turn_box,
    turn_picture,
    turn_points,
    turned_words,
    upright_by,
)
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_KNEE,
)

SHAPE = (300, 400)
TURNS = (0, 90, 180, 270)


def leaning(angle_deg: float) -> Pose:
    """A stiff person, turned about the hips."""
    return turned_about_hips(standing(50.0, 200.0, 200.0, SHAPE), angle_deg, range(33))


def turned_about_hips(pose: Pose, angle_deg: float, which: object) -> Pose:
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    chosen = list(which)  # type: ignore[call-overload]

    def turned(points: Array) -> Array:
        points = points.copy()
        hips = points[[LEFT_HIP, RIGHT_HIP], :2].mean(0)
        points[chosen, :2] = (points[chosen, :2] - hips) @ turn + hips
        return points

    return replace(pose, landmarks=turned(pose.landmarks), world=turned(pose.world))


@pytest.mark.parametrize(
    ("angle_deg", "turned_deg"),
    [
        *[(0, 0), (30, 0), (-45, 0), (58, 0), (-58, 0)],
        *[(62, 90), (90, 90), (130, 90), (-62, 270), (-90, 270), (-130, 270)],
        *[(140, 180), (180, 180), (-140, 180)],
    ],
)
def test_people_are_turned_by_right_angles_from_sixty_degrees_on(
    angle_deg: float, turned_deg: int
) -> None:
    assert degrees_turned(leaning(angle_deg)) == turned_deg


@pytest.mark.parametrize("angle_deg", [90, 150, -170])
def test_who_stands_on_the_feet_and_bends_is_upright(angle_deg: float) -> None:
    pose = turned_about_hips(standing(50.0, 200.0, 200.0, SHAPE), angle_deg, range(23))
    assert degrees_turned(pose) == 0
    unseen = pose.landmarks.copy()
    unseen[[LEFT_ANKLE, RIGHT_ANKLE], 3] = 0  # the trunk is all there is to judge by
    assert degrees_turned(replace(pose, landmarks=unseen)) != 0


def test_who_sits_in_a_photo_on_its_side_is_turned_with_it() -> None:
    pose = leaning(90)
    landmarks = pose.landmarks.copy()
    thigh = np.float32(60.0)
    for hip, knee, ankle in (
        (LEFT_HIP, LEFT_KNEE, LEFT_ANKLE),
        (RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE),
    ):
        landmarks[knee, :2] = landmarks[hip, :2] + [0, thigh]
        landmarks[ankle, :2] = landmarks[knee, :2] - [thigh, 0]
    assert degrees_turned(replace(pose, landmarks=landmarks)) == 90


def test_a_trunk_that_points_at_the_camera_tells_no_direction() -> None:
    pose = leaning(180)
    world = pose.world.copy()
    world[list(HEAD), 2] = -3.0
    assert degrees_turned(replace(pose, world=world)) == 0


@pytest.mark.parametrize("degrees", TURNS)
def test_points_go_with_the_pixels(degrees: int) -> None:
    picture = np.zeros((5, 7, 3), np.uint8)
    picture[1, 4] = 255
    turned = turn_picture(picture, degrees)
    x, y, z = turn_points(np.array([[4.0, 1.0, 9.0]]), degrees, picture.shape)[0]
    assert turned[int(y), int(x)].tolist() == [255] * 3
    assert z == 9
    assert turned.flags.c_contiguous
    assert np.array_equal(turn_picture(turned, upright_by(degrees)), picture)
    back = turn_points(np.array([[x, y]]), upright_by(degrees), turned.shape)
    assert back.tolist() == [[4, 1]]


def test_a_turn_by_ninety_is_clockwise() -> None:
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, 0] = 255
    assert turn_picture(picture, 90)[0, -1].tolist() == [255] * 3


@pytest.mark.parametrize("degrees", TURNS)
def test_boxes_go_with_the_pixels(degrees: int) -> None:
    picture = np.arange(5 * 7).reshape(5, 7)
    left, top, side = turn_box((3, 1, 2), degrees, picture.shape)
    inside = np.rot90(picture, -degrees // 90)[top : top + side, left : left + side]
    assert set(inside.ravel().tolist()) == set(picture[1:3, 3:5].ravel().tolist())


@pytest.mark.parametrize("degrees", TURNS)
def test_the_person_is_looked_at_upright(degrees: int) -> None:
    upright = marked(with_person(street(), 100, 60))
    estimator = Turning()
    found = observe_upright(turn_picture(upright, degrees), estimator.observe)
    assert found is not None
    assert found.turned_deg == degrees
    assert np.array_equal(found.picture, upright)
    assert tuple(found.picture[0, 0]) == MARK
    assert degrees_turned(found.pose) == 0
    assert estimator.stills == (2 if degrees else 1)


def test_who_is_lost_by_turning_is_left_as_seen() -> None:
    lying = leaning(90)
    answers = [lying, None, lying, leaning(180)]
    for _ in range(2):  # nobody, or somebody who is turned still
        found = observe_upright(street(), lambda _: answers.pop(0))
        assert found is not None
        assert (found.pose, found.turned_deg) == (lying, 0)
    assert observe_upright(street(), lambda _: None) is None


def test_users_are_told_how_far() -> None:
    assert turned_words(180) == "is upside down"
    assert "90 degrees" in turned_words(90)
