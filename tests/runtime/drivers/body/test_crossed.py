"""Arms folded before a suit: the sleeve in front hides the other forearm and most of its hand."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.bound import Bound, bind_photo
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.crossed import are_folded, with_watches, without_tucked_hands
from bunraku.runtime.drivers.body.fit import Fit, fit_body
from bunraku.runtime.drivers.body.front import body_weights, fitted_groups
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import ARMS, GROUP, Group, Groups
from bunraku.runtime.drivers.body.hidden import fingers_on
from bunraku.runtime.drivers.body.light import studio
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.drivers.body.spare_arms import make_spare_arms
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.drivers.body.texture import make_textures
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LANDMARKS, LEFT_SHOULDER, LEFT_WRIST, RIGHT_SHOULDER
from bunraku.spec.skeleton import BODY_BONES, BodyBone

N, SCALE = 256, 150.0
TEMPLATE = load_template()
RIG = Rig(TEMPLATE.landmarks)
SUIT, SKIN = np.array([40, 44, 60]), np.array([225, 170, 140])
LEFT = [Group.UPPER_ARM_L, Group.FOREARM_L, Group.HAND_L]
NECK, ELBOW = 66, 99
"""The row where the suit begins, and the column of the right elbow."""
GRAIN = 12.0


def crossed() -> Array:
    """``[33, 4]``: the left hand at the right elbow, and the right one fitted before the left."""
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([128.0, 150.0]) - points[[23, 24], :2].mean(0)
    points[[13, 14], :2] = [[157.0, 120.0], [ELBOW, 120.0]]
    left = np.array([[104.0, 112.0, -32.0], [94.0, 110.0, -32.0]])
    for side, end in ((0, left), (1, np.array([[152.0, 114.0, -44.0], [160.0, 113.0, -44.0]]))):
        points[15 + side] = end[0]
        points[[17 + side, 19 + side, 21 + side]] = end[1]
    return np.concatenate([points, np.ones((33, 1))], 1).astype(np.float32)


@pytest.fixture(scope="module")
def mask() -> Array:
    return silhouette(crossed(), (N, N), SCALE).astype(np.float32)


@pytest.fixture(scope="module")
def fit(mask: Array) -> Fit:
    found = fit_body(TEMPLATE, RIG, crossed(), mask)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def photo(mask: Array, fit: Fit) -> Picture:
    """A suit with the grain of cloth, a face, an open collar and a left hand."""
    grain = np.random.default_rng(1).normal(0.0, GRAIN, (N, N, 1))
    picture = np.where(mask[..., None] > 0, np.clip(SUIT + grain, 0, 255), street((N, N)))
    picture = picture.astype(np.uint8)
    rows, columns = np.indices((N, N))
    bare = (rows < NECK) | (rows < NECK + 14) & (np.abs(columns - 128) < 12)
    picture[(mask > 0) & bare] = SKIN
    left = fitted_groups(fit) == Group.HAND_L
    picture[cv2.dilate(left.astype(np.uint8), np.ones((3, 3))) > 0] = SKIN
    return picture


@pytest.fixture(scope="module")
def bound(fit: Fit, photo: Picture) -> Bound:
    return bind_photo(fit, photo)


def parted(fit: Fit, picture: Picture) -> tuple[Groups, Groups]:
    """The groups as they are fitted, and without hands that are tucked away."""
    groups = fitted_groups(fit)
    bone = np.where(groups == Group.TRUNK, BodyBone.CHEST, -1)
    bone[:NECK][groups[:NECK] == Group.TRUNK] = BodyBone.HEAD
    of_vertex = GROUP[body_weights(fit).argmax(1)]
    made, tips = without_tucked_hands(fit, groups, bone.astype(np.int32), of_vertex, picture)
    return groups, np.where(tips != Group.NOBODY, tips, made)


def test_a_sleeve_is_not_cut_in_two_by_the_hand_that_it_hides(fit: Fit, photo: Picture) -> None:
    groups, made = parted(fit, photo)
    hand = groups == Group.HAND_R
    assert hand.sum() > 50
    assert np.isin(made[hand], LEFT).mean() > 0.6
    assert np.array_equal(made[~hand], groups[~hand])


def test_a_hand_that_lies_before_a_sleeve_stays(fit: Fit, photo: Picture) -> None:
    groups, _ = parted(fit, photo)
    seen = photo.copy()
    seen[cv2.dilate((groups == Group.HAND_R).astype(np.uint8), np.ones((3, 3))) > 0] = SKIN
    assert (parted(fit, seen)[1] != groups).sum() < 0.1 * (groups == Group.HAND_R).sum()


def test_fingers_that_look_out_beside_a_sleeve_are_the_hands(fit: Fit, photo: Picture) -> None:
    groups, made = parted(fit, photo)
    rows, columns = np.nonzero(groups == Group.HAND_R)
    top, right = rows.min(), columns[rows.argmin()]
    fingers = np.zeros((N, N), np.bool_)
    fingers[top - 8 : top + 4, right - 3 : right + 5] = True
    picture = photo.copy()
    picture[fingers] = SKIN
    found = parted(fit, picture)[1]
    assert (found[fingers] == Group.HAND_R).mean() > 0.8
    assert np.isin(found, LEFT).sum() > 0.9 * np.isin(made, LEFT).sum()
    assert fingers_on(found, Group.UPPER_ARM_L)[fingers].mean() > 0.8
    assert not fingers_on(found, Group.TRUNK).any()
    assert not fingers_on(found, Group.UPPER_ARM_R)[fingers].any()


def test_fingers_that_look_out_a_little_beside_it_are_too(fit: Fit, photo: Picture) -> None:
    groups, _ = parted(fit, photo)
    rows, columns = np.nonzero(groups == Group.HAND_R)
    top, right = rows.min(), columns[rows.argmin()]
    fingers, far = np.zeros((N, N), np.bool_), np.zeros((N, N), np.bool_)
    fingers[top - 8 : top, right - 3 : right + 5] = True
    far[top - 40 : top - 30, right - 3 : right + 5] = True
    picture = photo.copy()
    picture[fingers | far] = SKIN
    found = parted(fit, picture)[1]
    assert (found[fingers] == Group.HAND_R).mean() > 0.8
    assert not (found[far] == Group.HAND_R).any()


def test_folded_arms_are_let_out_as_they_part(fit: Fit, bound: Bound) -> None:
    settled, binding = settle(fit, bound.whole)
    arms = make_spare_arms(fit, settled.mesh, binding, studio(), ())
    assert are_folded(fit.stance.points, fit.trunk_px)
    assert [arm.side for arm in arms] == [0, 1]
    for arm in arms:
        limb = BodyBone.FOREARM_L + arm.side
        for deg, out in ((0.0, 0.0), (30.0, 1.0)):
            turned = np.tile(np.eye(3, 4, dtype=np.float32), (BODY_BONES, 1, 1))
            turned[limb, :, :3] = cv2.Rodrigues(np.array([0.0, 0.0, np.deg2rad(deg)]))[0]
            assert arm.form.when.out(turned) == pytest.approx(out)
            assert arm.faded(turned) == pytest.approx(out)


def test_a_photo_without_colours_is_left_as_it_is_fitted(fit: Fit, photo: Picture) -> None:
    grey = np.repeat(photo.mean(-1, keepdims=True).astype(np.uint8), 3, 2)
    groups, made = parted(fit, grey)
    assert np.array_equal(groups, made)


def test_a_watch_goes_with_its_arm_and_a_gap_between_arms_stays() -> None:
    groups = np.full((N, N), Group.TRUNK, np.int32)
    groups[100:150, 40:200] = Group.FOREARM_L
    groups[110:140, 40:80] = Group.HAND_L
    made = groups.copy()
    points = np.zeros((LANDMARKS, 3))
    points[LEFT_SHOULDER::2][:3, :2] = (200.0, 30.0), (200.0, 123.0), (80.0, 123.0)
    points[RIGHT_SHOULDER::2][:3, :2] = (60.0, 30.0), (60.0, 123.0), (150.0, 123.0)
    groups[120:126, 76:84] = Group.TRUNK  # a watch
    groups[105:118, 77:84] = Group.TRUNK  # another, open to the trunk
    groups[98:104, 100:106] = Group.TRUNK  # a fold beyond the sleeve
    groups[120:140, 150:180] = Group.TRUNK  # a gap
    clasped = points.copy()
    clasped[LEFT_WRIST + 1, :2] = 80.0, 130.0
    assert with_watches(groups, clasped, 100.0)[110, 80] == Group.TRUNK
    found = with_watches(groups, points, 100.0)
    assert np.isin(found[105:118, 77:84], LEFT).mean() > 0.9
    groups[105:118, 77:84] = found[105:118, 77:84]
    assert (found[120:126, 76:84] == made[120:126, 76:84]).mean() > 0.9
    groups[120:126, 76:84] = found[120:126, 76:84]
    assert np.array_equal(found, groups)


def test_a_forearm_behind_the_other_one_keeps_its_shape(fit: Fit, bound: Bound) -> None:
    whole = bound.whole
    behind = (whole.group == Group.FOREARM_R) & (np.arange(N) > ELBOW + 10)
    bone = np.where(behind, np.int32(BodyBone.FOREARM_L), whole.bone)
    mesh = settle(fit, replace(whole, bone=bone))[0].mesh
    own = GROUP[main_bones(TEMPLATE)] == Group.FOREARM_R
    moved = np.linalg.norm((mesh - fit.mesh)[own, :2], axis=1)
    assert moved.mean() < 0.5


def test_what_arms_hide_has_the_grain_of_the_cloth_below_an_open_collar(
    fit: Fit, photo: Picture, mask: Array, bound: Bound
) -> None:
    _, binding = settle(fit, bound.whole)
    textures = make_textures(fit, binding, bound, photo, mask, (), studio())
    plane = textures.planes.reshape(-1, N, N, 3)[Cloth.TRUNK]
    trunk = next(one for one in bound.hidden if one.group.max() == Group.TRUNK)
    hidden = trunk.reached & np.isin(binding.group, ARMS)
    assert hidden.sum() > 300
    detail = plane - cv2.GaussianBlur(plane, (0, 0), 2.0)
    near = cv2.dilate((binding.group == Group.TRUNK).astype(np.uint8), np.ones((7, 7))) > 0
    assert detail[hidden & near].std() > 0.5 * GRAIN / 255.0
