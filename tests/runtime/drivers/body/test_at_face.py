"""A hand before the face of a person made by code: it stays there, and goes along with the head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import PERSON, SCALE, N, fitted_to
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.at_face import (
    ArmAtFace,
    all_of,
    along_with_head,
    hands_at_face,
    on_the_body,
)
from bunraku.runtime.drivers.body.bound import Bound, bind_photo
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.grid import make_grid
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.showing import AT_FACE, shown_by
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.shape import HandPose, without
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LEFT_ELBOW, LEFT_HAND, LEFT_SHOULDER, LEFT_WRIST
from bunraku.spec.skeleton import BODY_BONES, BodyBone

SEEN = True, True
FOREARM = [Group.FOREARM_L, Group.HAND_L]


def hand_at_face() -> Array:
    """``[33, 4]``: the left hand before nose and mouth, the elbow beside the trunk."""
    result = PERSON.copy()
    face, shoulder = PERSON[list(HEAD), :3].mean(0), PERSON[LEFT_SHOULDER, :3]
    result[LEFT_ELBOW, :3] = shoulder + np.array([18.0, 22.0, -20.0], np.float32)
    result[LEFT_WRIST, :3] = face + np.array([9.0, 10.0, -40.0], np.float32)
    result[list(LEFT_HAND), :3] = face + np.array([-2.0, 1.0, -40.0], np.float32)
    return result


def face_of(landmarks: Array) -> Array:
    """``[478, 3]``: points over the face, which is an ellipse."""
    turn = np.linspace(0.0, 2.0 * np.pi, 478)
    middle = landmarks[list(HEAD), :2].mean(0)
    around = middle + np.stack([8.0 * np.cos(turn), 11.0 * np.sin(turn)], 1)
    return np.concatenate([around, np.full((478, 1), landmarks[0, 2])], 1).astype(np.float32)


def place() -> HandPlace:
    """Of that hand, which is a square, whose fingers point at the head's other side."""
    wrist = hand_at_face()[LEFT_WRIST]
    x, y = np.rint(wrist[:2]).astype(int)
    pixels = np.zeros((N, N), np.bool_)
    pixels[y - 15 : y + 3, x - 15 : x + 3] = True
    away = np.linspace(0.0, -12.0, 21)[:, None] * np.array([1.0, 1.0, 0.0])
    return HandPlace((wrist[:3] + away).astype(np.float32), pixels, pixels)


@pytest.fixture(scope="module")
def fit() -> Fit:
    landmarks = hand_at_face()
    found = fitted_to(landmarks, silhouette(landmarks, (N, N), SCALE).astype(np.float32))
    return replace(found, hands=(HandPose(np.eye(3), np.zeros((5, 3)), place=place()), None))


@pytest.fixture(scope="module")
def bound(fit: Fit) -> Bound:
    return bind_photo(fit, street((N, N)), face_of(hand_at_face()))


def test_a_hand_before_the_face_is_of_the_head(fit: Fit, bound: Bound) -> None:
    assert bound.at_face == (True, False)
    group = bound.whole.group
    assert not np.isin(group, [Group.UPPER_ARM_L, *FOREARM]).any()
    assert np.isin(group, [Group.FOREARM_R, Group.HAND_R]).any()
    turning = bound.whole.weights[..., BodyBone.HEAD]
    x, y = fit.stance.points[LEFT_WRIST, :2].astype(int)
    assert turning[y, x] > 0.9
    x, y = fit.stance.points[LEFT_ELBOW, :2].astype(int)
    assert turning[y, x] < 0.1


def test_so_it_is_where_nothing_looks_for_faces(fit: Fit) -> None:
    assert bind_photo(fit, street((N, N))).at_face == (True, False)
    frames = fit.stance.frames.copy()
    frames[BodyBone.HEAD, :3, 2] *= -1.0
    away = replace(fit, stance=replace(fit.stance, frames=frames))
    assert bind_photo(away, street((N, N))).at_face == (False, False)


def test_the_forearm_has_no_gap(fit: Fit, bound: Bound) -> None:
    grid = make_grid(bound.whole, fit.trunk_px, None, Lines.over(np.zeros((N, N), np.bool_)))
    along = np.linspace(fit.stance.points[LEFT_ELBOW, :2], fit.stance.points[LEFT_WRIST, :2], 30)
    corners = grid.vertices[grid.triangles, :2]
    low, high = corners.min(1), corners.max(1)
    for point in along[6:]:
        assert ((low <= point) & (point <= high)).all(1).any()


def test_the_arm_stays_and_the_user_is_told(fit: Fit) -> None:
    showing = shown_by(fit, np.ones((N, N), np.bool_), False, at_face=(True, False))
    assert showing.note == AT_FACE
    assert showing.landmarks[[LEFT_ELBOW, LEFT_WRIST]].max() == 0.0
    assert showing.landmarks[[LEFT_ELBOW + 1, LEFT_WRIST + 1]].min() == 1.0
    assert showing.carrier[BodyBone.UPPER_ARM_L] == BodyBone.CHEST
    assert showing.carrier[BodyBone.HAND_R] == BodyBone.HAND_R


def test_a_hand_beside_the_face_hides_nothing() -> None:
    face = face_of(PERSON)
    x, y = face[:, :2].mean(0).astype(int)
    groups = np.full((N, N), Group.TRUNK, np.int32)
    groups[y - 4 : y + 4, x + 9 : x + 30] = Group.HAND_L
    assert hands_at_face(groups, face, SEEN) == (None, None)
    groups[y - 4 : y + 4, x + 2 : x + 30] = Group.HAND_L
    groups[y + 4 : y + 40, x + 20 : x + 30] = Group.UPPER_ARM_L
    left, right = hands_at_face(groups, face, SEEN)
    assert left is not None
    assert right is None
    assert np.array_equal(left.forearm, groups == Group.HAND_L)
    assert np.array_equal(left.whole, groups != Group.TRUNK)
    assert np.array_equal(all_of((left, right), (N, N)), left.whole)
    assert not all_of((None, None), (N, N)).any()
    assert hands_at_face(groups, face, (False, True)) == (None, None)
    assert hands_at_face(groups, None, SEEN) == (None, None)


def test_a_forearm_goes_over_from_the_trunk_to_the_head() -> None:
    points = np.zeros((33, 2))
    points[LEFT_ELBOW], points[LEFT_WRIST] = (10.0, 50.0), (50.0, 50.0)
    own = np.zeros((64, 64), np.bool_)
    own[45:55, 8:60] = True
    weights = np.zeros((64, 64, BODY_BONES), np.float32)
    weights[..., BodyBone.PELVIS] = 1.0
    upper = np.zeros_like(own)
    upper[20:45, 8:60] = True
    carried = along_with_head(weights, (ArmAtFace(own | upper, own), None), points)
    assert np.array_equal(carried[~own & ~upper], weights[~own & ~upper])
    assert (carried[upper, BodyBone.CHEST] == 1.0).all()
    assert carried[own].sum(-1) == pytest.approx(1.0)
    head = carried[50, :, BodyBone.HEAD]
    assert head[[10, 30, 50, 58]] == pytest.approx([0.0, 0.5, 1.0, 1.0])
    assert (np.diff(head[8:60]) >= 0.0).all()


def test_a_forearm_lies_on_what_is_beside_it() -> None:
    depth = np.full((64, 64), 5.0, np.float32)
    own = np.zeros((64, 64), np.bool_)
    own[20:40, 10:60] = True
    depth[own], depth[~own & (np.arange(64) >= 40)] = -30.0, 9.0
    reached = np.ones_like(own)
    arms = None, ArmAtFace(own, own)
    flat = on_the_body(depth, reached, arms)
    assert np.array_equal(flat[~own], depth[~own])
    assert flat[own].min() >= 5.0
    assert flat[own].max() <= 9.0
    assert np.abs(np.diff(flat[30, 10:60])).max() < 1.0
    assert np.array_equal(on_the_body(depth, reached, (None, None)), depth)
    assert np.array_equal(on_the_body(depth, own, arms), depth)


def test_nothing_is_known_of_hands_that_are_left_out() -> None:
    pose = HandPose(np.eye(3), np.zeros((5, 3)))
    assert without((pose, pose), (False, True)) == (pose, None)
    assert without((pose, None), (True, False)) == (None, None)
