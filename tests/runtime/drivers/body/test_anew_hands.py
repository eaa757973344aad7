"""Hands at arms that are made anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body import pointing_arm
from tests.runtime.drivers.body.photos import RIG, SCALE, SURE, N, posed
from tests.runtime.drivers.body.pointing_arm import PHOTO, pointing
from tests.runtime.drivers.hands.people import SHAPES, points_of

from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.light import GAMMA, WARMTH, Light, studio
from bunraku.runtime.drivers.body.turning import swing, unit
from bunraku.runtime.drivers.hands.choosing import HandChoice
from bunraku.runtime.drivers.hands.drawing import PhotoHands
from bunraku.runtime.drivers.hands.landmarks import KNUCKLES
from bunraku.runtime.drivers.hands.making import make_hands
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.runtime.drivers.hands.photo_hand import PhotoHand
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.runtime.drivers.hands.tone import colour_hands
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HAND, LEFT_WRIST


@pytest.fixture(scope="module")
def fit() -> Fit:
    return pointing_arm.fit()


@pytest.fixture(scope="module")
def body() -> Body:
    return pointing_arm.body()


def test_a_hand_has_the_colour_of_its_arm(body: Body) -> None:
    (arm,) = body.layer.arms
    body = replace(body, textures=replace(body.textures, planes=body.textures.planes.copy()))
    assert arm.sleeve is not None
    lighter = replace(arm, sleeve=replace(arm.sleeve, skin=np.full(3, 0.9, np.float32)))
    one = colour_hands(replace(body, layer=replace(body.layer, arms=())))
    both = colour_hands(replace(body, layer=replace(body.layer, arms=(lighter, lighter))))
    half = colour_hands(replace(body, layer=replace(body.layer, arms=(lighter,))))
    assert np.allclose(both, 0.9)
    assert np.allclose(half, 0.5 * (one + both))


def test_a_hand_lies_in_the_light_that_falls_on_its_wrist(fit: Fit, body: Body) -> None:
    (arm,) = body.layer.arms
    there = pointing(-60.0)  # raised: one sees it from below
    transforms = posed(fit, there)
    elbow, wrist = there[LEFT_ELBOW, :2], there[LEFT_WRIST, :2]
    fore, hand = (
        tuple(np.rint(point).astype(int)[::-1])
        for point in (
            elbow + 0.55 * (wrist - elbow),  # beyond it is the photo's hand
            wrist + 0.5 * (there[LEFT_HAND, :2].mean(0) - wrist),
        )
    )
    hands = make_hands(
        body, RIG.at_rest.inverse, (None, None), (SHAPES[0], SHAPES[1]), np.ones((N, N), np.bool_)
    )
    poses = HandPose(SHAPES[0].palm, SHAPES[0].bends), None
    shown = []
    for bright in (0.6, 1.0):
        light = Light(np.eye(9, dtype=np.float32)[0] * np.float32(bright**GAMMA), WARMTH)
        form = replace(arm.form, light=light)
        lit = replace(body, layer=replace(body.layer, free=(form,)))
        left, right = (replace(one, light=light) for one in hands.hands)
        drawn = PhotoHands((left, right)).draw(lit, transforms, SURE, poses, HandChoice())
        assert drawn.trust[0, 0][hand] < 0.02
        shown.append([drawn.image[0][:, *at] for at in (fore, hand)])
    dark, bright_ = np.array(shown)
    left_of_it = Light(studio().harmonics, WARMTH).tint(0.6)
    assert dark / bright_ == pytest.approx(np.stack([left_of_it] * 2), abs=0.05)


def with_own_hand(body: Body, points: Array) -> tuple[PhotoHand, PhotoHand]:
    """The body's hands, the left one with the photo's own, of points ``[21, 3]`` at its wrist."""
    points = points + PHOTO[LEFT_WRIST, :3] - points[0]
    place = HandPlace(points.astype(np.float32), *2 * (np.ones((N, N), np.bool_),))
    pose = HandPose(SHAPES[0].palm, SHAPES[0].bends, place=place)
    left, right = make_hands(
        body, RIG.at_rest.inverse, (None, None), (SHAPES[0], SHAPES[1]), np.ones((N, N), np.bool_)
    ).hands
    own = OwnHand.of(
        left.pixels > 0.0, place, left.photo[..., :3], float(points[0, 2]), SHAPES[0], pose
    )
    return replace(left, own=own, pose=pose), right


def test_it_goes_over_into_the_photos_hand_by_the_palm_of_the_bodys(fit: Fit, body: Body) -> None:
    left, right = with_own_hand(body, points_of(0) * SCALE)
    hands = PhotoHands((replace(left, photo=np.zeros_like(left.photo)), right))
    there = pointing(-60.0)
    transforms = posed(fit, there)
    drawn = hands.draw(body, transforms, SURE, (left.pose, None), HandChoice())
    for share in (0.1, 0.3, 0.5):
        x, y = there[LEFT_WRIST, :2] * (1.0 - share) + there[LEFT_HAND, :2].mean(0) * share
        at = round(float(y)), round(float(x))
        assert drawn.mask[0, 0][at] > 0.95, share
        assert drawn.image[0][:, at[0], at[1]] == pytest.approx(left.likeness.tones[0], rel=0.35), (
            share
        )


def test_a_photos_hand_that_points_at_the_camera_has_a_wrist_as_well(fit: Fit, body: Body) -> None:
    points = points_of(0) * SCALE
    along = points[list(KNUCKLES)].mean(0) - points[0]
    to_camera = swing(unit(along[None]), np.array([[0.0, 0.0, -1.0]]))[0]
    left, _ = with_own_hand(body, (points - points[0]) @ to_camera.T)
    beneath = left.beneath_own
    palm = left.along < 0.4
    assert left.shown[palm].max() == 1.0
    assert np.array_equal(beneath.shown[palm], left.shown[palm])
    assert beneath.shown[left.along > 1.2].max() == 0.0


@pytest.mark.parametrize(("at", "by_itself"), [(0.0, False), (-60.0, True)])
def test_so_has_one_of_which_the_drivers_is_not_seen(
    fit: Fit, body: Body, at: float, by_itself: bool
) -> None:
    hands = PhotoHands(with_own_hand(body, points_of(0) * SCALE))
    transforms = posed(fit, pointing(at))
    drawn = hands.draw(body, transforms, SURE, (None, None), HandChoice())
    plain = body.draw(hands.folded(transforms, (False, False)), SURE)
    assert by_itself != np.array_equal(drawn.image, plain.image)


def test_nothing_of_the_bodys_hand_stands_out_beyond_the_photos(fit: Fit, body: Body) -> None:
    """Of a small hand in the photo, whose knuckles are where the template's palm is half way."""
    left, _ = with_own_hand(body, 0.5 * points_of(0) * SCALE)
    assert left.own is not None
    place = left.own.pose.place
    assert place is not None
    beneath = left.beneath_own
    along = place.share_along(left.vertices[:, :2].astype(np.float64))
    assert (beneath.shown[along > 0.95] == 0.0).all()
    assert (left.shown[along > 0.95] == 1.0).any()
    near = along < 0.5
    assert np.array_equal(beneath.shown[near], left.shown[near])
