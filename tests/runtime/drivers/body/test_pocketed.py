"""A hand that is fitted before trousers: in their pocket, or before them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.fit import Fit, fit_body
from bunraku.runtime.drivers.body.front import body_weights, fitted_groups
from bunraku.runtime.drivers.body.groups import GROUP, Group, Groups
from bunraku.runtime.drivers.body.pocketed import without_pocketed_hands
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.template import load_template
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.skeleton import BodyBone

N, SCALE, NECK, WAIST = 256, 150.0, 66, 140
TEMPLATE = load_template()
RIG = Rig(TEMPLATE.landmarks)
SHIRT, JEANS, SKIN = (60, 70, 150), (70, 140, 150), (225, 170, 140)


def standing() -> Array:
    """``[33, 4]``: the right hand before the thigh."""
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([128.0, 150.0]) - points[[23, 24], :2].mean(0)
    points[14, :2], points[16] = [92.0, 115.0], [108.0, 156.0, -30.0]
    points[[18, 20, 22]] = [114.0, 170.0, -30.0]
    return np.concatenate([points, np.ones((33, 1))], 1).astype(np.float32)


@pytest.fixture(scope="module")
def fit() -> Fit:
    mask = silhouette(standing(), (N, N), SCALE).astype(np.float32)
    found = fit_body(TEMPLATE, RIG, standing(), mask)
    assert found is not None
    return found


def photo(fit: Fit, hand: tuple[int, int, int], trousers: tuple[int, int, int] = JEANS) -> Picture:
    picture = np.where(fit.inside[..., None], np.array(trousers), street((N, N))).astype(np.uint8)
    picture[:WAIST][fit.inside[:WAIST]] = SHIRT
    groups = fitted_groups(fit)
    picture[np.isin(groups, [Group.FOREARM_R, Group.UPPER_ARM_R])] = SHIRT
    own = cv2.dilate((groups == Group.HAND_R).astype(np.uint8), np.ones((3, 3))) > 0
    picture[own & (groups != Group.FOREARM_R)] = hand
    picture[:NECK][fit.inside[:NECK]] = SKIN
    return picture


def parted(fit: Fit, picture: Picture) -> tuple[Groups, Groups]:
    """The groups as they are fitted, and without hands in pockets."""
    groups = fitted_groups(fit)
    bone = np.where(groups == Group.TRUNK, BodyBone.CHEST, -1)
    bone[:NECK][groups[:NECK] == Group.TRUNK] = BodyBone.HEAD
    of_vertex = GROUP[body_weights(fit).argmax(1)]
    bones = bone.astype(np.int32)
    return groups, without_pocketed_hands(fit, groups, bones, of_vertex, picture)


def test_the_cloth_over_a_hand_in_a_pocket_is_not_lifted_with_it(fit: Fit) -> None:
    groups, made = parted(fit, photo(fit, JEANS))
    hand = groups == Group.HAND_R
    assert hand.sum() > 100
    assert not (made == Group.HAND_R).any()
    clothes = np.isin(made, [Group.TRUNK, Group.LEG_L, Group.LEG_R])
    assert clothes[hand].mean() > 0.8
    np.testing.assert_array_equal(made[~hand], groups[~hand])


@pytest.mark.parametrize(
    ("hand", "trousers"),
    [(SKIN, JEANS), ((20, 20, 20), JEANS), (SHIRT, JEANS), (SHIRT, SHIRT)],
    ids=["bare", "gloved", "in its sleeve", "of a suit"],
)
def test_hands_that_are_seen_stay(
    fit: Fit, hand: tuple[int, int, int], trousers: tuple[int, int, int]
) -> None:
    groups, made = parted(fit, photo(fit, hand, trousers))
    np.testing.assert_array_equal(made, groups)


def test_a_photo_without_colours_is_left_as_it_is_fitted(fit: Fit) -> None:
    grey = np.repeat(photo(fit, JEANS).mean(-1, keepdims=True), 3, -1).astype(np.uint8)
    groups, made = parted(fit, grey)
    np.testing.assert_array_equal(made, groups)
