from __future__ import annotations

import numpy as np
from tests.runtime.fakes import SKELETON, standing

from bunraku.runtime.drivers.figure import ENDS, MOVED, STARTS, TRUNK, Figure, joints_of
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

SCALE = 200.0 / 1.7
LANDMARKS = standing(20.0, 200.0, 128.0, (256, 256)).landmarks


def figure_of(places: list[tuple[float, float]], landmarks: Array = LANDMARKS) -> Figure:
    figure, known = Figure.of(np.array(places, np.float64), landmarks, SCALE)
    assert len(known) == len(places)
    return figure


def middle(*points: int) -> tuple[float, float]:
    x, y = LANDMARKS[list(points), :2].mean(0)
    return float(x), float(y)


def test_pixels_hang_on_the_bone_that_they_lie_in() -> None:
    figure = figure_of(
        [
            middle(LEFT_SHOULDER, LEFT_ELBOW),
            middle(LEFT_ELBOW, LEFT_WRIST),
            middle(LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP),
        ]
    )
    assert figure.bone.tolist() == [0, 2, TRUNK]
    assert np.allclose(figure.share[:2], [0.5, 0.5, 0.0, 0.0], atol=0.05)
    assert np.allclose(figure.share[2], 0.25, atol=0.05)
    assert np.allclose(figure.beside, 0.0, atol=0.05)


def test_faces_hands_and_what_is_far_off_are_nobodys() -> None:
    knuckles = LANDMARKS[[17, 19], :2].mean(0)
    hand = LANDMARKS[LEFT_WRIST, :2] + 0.8 * (knuckles - LANDMARKS[LEFT_WRIST, :2])
    places = np.array([LANDMARKS[NOSE, :2], [2.0, 250.0], hand], np.float64)
    _, known = Figure.of(places, LANDMARKS, SCALE)
    assert known.tolist() == []


def test_the_same_joints_leave_the_pixels_where_they_were() -> None:
    places = [middle(LEFT_SHOULDER, LEFT_ELBOW), (128.0, 90.0), (120.0, 100.0)]
    hung = figure_of(places).placed(joints_of(LANDMARKS))
    assert np.allclose(hung.place, places, atol=0.01)


def test_how_places_change_is_what_moved_joints_do_to_them() -> None:
    rng = np.random.default_rng(0)
    joints = joints_of(LANDMARKS)
    wanted = [middle(start, end) for start, end in ((11, 13), (13, 15), (23, 25), (26, 28))]
    places = [(x + dx, y) for x, y in [*wanted, (128.0, 95.0)] for dx in (-1.5, 2.0)]
    figure = figure_of(places)
    before = figure.placed(joints)
    small = np.zeros((len(joints), 2))
    small[:MOVED] = rng.normal(0.0, 0.05, (MOVED, 2))
    joints[:, :2] += small
    after = figure.placed(joints)
    moved = (before.share[..., None] * small[before.joints]).sum(1)
    more = small[before.joints[:, 1]] - small[before.joints[:, 0]]
    moved += np.einsum("mab,mb->ma", before.turn, more)
    assert np.allclose(after.place - before.place, moved, atol=1e-3)


def test_some_of_the_pixels_are_a_figure_too() -> None:
    places = [middle(LEFT_SHOULDER, LEFT_ELBOW), (128.0, 90.0), (120.0, 100.0)]
    joints, some = joints_of(LANDMARKS), np.array([2, 0])
    fewer = figure_of(places).of_these(some).placed(joints)
    assert np.array_equal(fewer.place, figure_of(places).placed(joints).place[some])


def test_a_limb_before_the_trunk_hides_it() -> None:
    landmarks = LANDMARKS.copy()
    chest = middle(LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP)
    figure, at = figure_of([chest]), np.array([chest], np.float32)
    joints = joints_of(landmarks)
    assert not figure.hidden(at, joints).any()
    landmarks[[LEFT_ELBOW, LEFT_WRIST], 2] = -0.3 * SCALE
    landmarks[LEFT_ELBOW, :2] = chest[0] + 20.0, chest[1]
    landmarks[LEFT_WRIST, :2] = chest[0] - 20.0, chest[1]
    assert figure.hidden(at, joints_of(landmarks)).all()


def test_a_trunk_seen_from_the_side_is_not_followed() -> None:
    landmarks = LANDMARKS.copy()
    pairs = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]
    landmarks[pairs, 0] = 128.0
    figure, _ = Figure.of(np.mgrid[100:160:4, 60:120:4].reshape(2, -1).T * 1.0, landmarks, SCALE)
    assert not (figure.bone == TRUNK).any()


def test_left_and_right_are_next_to_each_other() -> None:
    assert SKELETON.shape == (33, 2)
    joints = joints_of(LANDMARKS)
    mirrored = joints[:, 0] - 128.0
    assert np.allclose(mirrored[0::2], -mirrored[1::2], atol=1.0)
    assert (STARTS[1::2] == STARTS[0::2] + 1).all()
    assert (ENDS[1::2] == ENDS[0::2] + 1).all()
