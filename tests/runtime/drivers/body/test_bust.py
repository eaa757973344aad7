"""Head and shoulders that fill the photo: a webcam's picture of who sits near."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import PERSON, RIG, TEMPLATE, N, source_of
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.driver import BUST_SLACK, SLACK
from bunraku.runtime.drivers.body.edge import STRETCHED, LowerEdge
from bunraku.runtime.drivers.body.fit import covered, fit_body
from bunraku.runtime.drivers.body.grid import held
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.guessed import CLEAR, hang_arms, hang_denied
from bunraku.runtime.drivers.body.head import BESIDE_HEAD, CHIN, FOREHEAD, JAW_WIDTH, Head
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.rig import NO_HANDS
from bunraku.runtime.drivers.body.showing import BUST, DEEP, shown_by
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.drivers.landmarks.retarget import ratios
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_ELBOW,
    LEFT_EYE,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    MOUTH,
    RIGHT_EYE,
    VISIBLE,
    Bone,
)
from bunraku.spec.skeleton import BODY_BONES, SIDES, BodyBone

NEAR = 3.0
"""How much nearer the camera is than for the whole body."""
SCALE = 110.0 * NEAR


def bust(below: float) -> Array:
    """``[33, 4]``: shoulders this many pixels above the window's lower edge, and all else below
    them beyond it."""
    landmarks = PERSON.copy()
    landmarks[:, :3] *= NEAR
    shoulders = landmarks[[LEFT_SHOULDER, LEFT_SHOULDER + 1], :2].mean(0)
    landmarks[:, :2] += np.array([N / 2, N - below]) - shoulders
    landmarks[LEFT_ELBOW:, 3] = 0.1
    return landmarks


def outline(landmarks: Array) -> Array:
    return silhouette(landmarks, (N, N), SCALE).astype(np.float32)


def test_a_body_fits_who_shows_no_more_than_shoulders() -> None:
    for below in (6.0, 20.0, 60.0):
        landmarks = bust(below)
        fit = fit_body(TEMPLATE, RIG, landmarks, outline(landmarks))
        assert fit is not None
        assert abs(fit.stance.size / SCALE - 1.0) < 0.1


def test_an_arm_that_begins_beyond_the_photo_tells_nothing() -> None:
    landmarks = bust(20.0)
    inside = outline(landmarks) > 0.3
    landmarks[LEFT_ELBOW] = (220.0, N + 10.0, 0.0, 0.8)
    landmarks[LEFT_WRIST] = (240.0, 100.0, 0.0, 0.8)
    assert covered(landmarks, inside, np.ones_like(inside)) == 1.0


def test_shoulders_beside_the_outline_are_not_of_one_body_with_it() -> None:
    landmarks = bust(6.0)
    head = outline(landmarks)
    head[N - 30 :] = 0.0
    assert fit_body(TEMPLATE, RIG, landmarks, head) is None


EDGE = N - 2


def guessing() -> Array:
    """``[33, 4]``: a bust whose left forearm is seen before the chest, where there is none."""
    landmarks = bust(90.0)
    landmarks[LEFT_ELBOW] = (landmarks[LEFT_SHOULDER, 0] + 15.0, N - 15.0, -60.0, 0.9)
    for i in (LEFT_WRIST, *LEFT_HAND):
        landmarks[i] = (landmarks[LEFT_ELBOW, 0] - 30.0, N - 45.0, -150.0, 0.8)
    return landmarks


def test_a_forearm_that_is_only_guessed_hangs_beyond_the_photo() -> None:
    landmarks = guessing()
    hung = hang_arms(landmarks, EDGE, NO_HANDS)
    assert hung[LEFT_WRIST, 1] > N
    assert hung[LEFT_WRIST, 2] == landmarks[LEFT_ELBOW, 2]
    assert (hung[[LEFT_WRIST, *LEFT_HAND], 3] == 0.0).all()
    rest = [i for i in range(len(hung)) if i not in (LEFT_WRIST, *LEFT_HAND)]
    np.testing.assert_array_equal(hung[rest], landmarks[rest])
    fit = fit_body(TEMPLATE, RIG, hung, outline(bust(90.0)))
    assert fit is not None
    showing = shown_by(fit, np.ones((N, N), np.bool_), half=True)
    assert showing.note == BUST
    assert showing.bust


def test_arms_that_are_seen_where_nobody_is_hang() -> None:
    """Raised beside the head, as of who has them out of the photo."""
    landmarks = bust(90.0)
    inside = outline(landmarks) > 0.3
    landmarks[LEFT_ELBOW] = (*(landmarks[LEFT_SHOULDER, :2] + (35.0, -40.0)), 0.0, 0.7)
    landmarks[LEFT_ELBOW + 1] = (*(landmarks[LEFT_SHOULDER + 1, :2] - (35.0, 40.0)), 0.0, 0.7)
    assert fit_body(TEMPLATE, RIG, landmarks, inside.astype(np.float32)) is None
    hung = hang_denied(landmarks, EDGE, NO_HANDS, inside)
    assert (hung[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND], 1] > landmarks[LEFT_SHOULDER, 1] + 50).all()
    assert (hung[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND], 3] == 0.0).all()
    fit = fit_body(TEMPLATE, RIG, hung, inside.astype(np.float32))
    assert fit is not None
    assert shown_by(fit, np.ones((N, N), np.bool_), half=True).note == BUST
    hands: HandPoses = (HandPose(np.eye(3), np.zeros((5, 4))), None)
    one = hang_denied(landmarks, EDGE, hands, inside)
    np.testing.assert_array_equal(one[LEFT_ELBOW], landmarks[LEFT_ELBOW])
    assert one[LEFT_ELBOW + 1, 3] == 0.0
    seen = np.ones_like(inside)
    np.testing.assert_array_equal(hang_denied(landmarks, EDGE, NO_HANDS, seen), landmarks)


def test_an_arm_at_the_head_without_a_hand_hangs_where_its_wrist_is_doubted() -> None:
    """A hat's brim was taken for a forearm, and carried away with it."""
    landmarks = bust(90.0)
    inside = np.ones((N, N), np.bool_)
    shoulder, eyes = landmarks[LEFT_SHOULDER, :2], landmarks[[LEFT_EYE, RIGHT_EYE], 1].mean()
    landmarks[LEFT_ELBOW] = (*(shoulder + (5.0, -10.0)), -60.0, 0.84)
    landmarks[[LEFT_WRIST, *LEFT_HAND]] = (shoulder[0] - 20.0, eyes - 20.0, -90.0, CLEAR - 0.05)
    hung = hang_denied(landmarks, EDGE, NO_HANDS, inside)
    assert (hung[[LEFT_WRIST, *LEFT_HAND], 1] > landmarks[LEFT_SHOULDER, 1] + 50).all()
    assert (hung[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND], 3] == 0.0).all()
    hands: HandPoses = (HandPose(np.eye(3), np.zeros((5, 4))), None)
    np.testing.assert_array_equal(hang_denied(landmarks, EDGE, hands, inside), landmarks)
    for place, seen in ((eyes - 20.0, CLEAR), (eyes + 20.0, CLEAR - 0.05)):
        landmarks[LEFT_WRIST, [1, 3]] = place, seen
        np.testing.assert_array_equal(hang_denied(landmarks, EDGE, NO_HANDS, inside), landmarks)


def test_a_bust_keeps_its_neck_where_others_may_differ_a_little() -> None:
    fit = fit_body(TEMPLATE, RIG, PERSON, silhouette(PERSON, (N, N), 110.0).astype(np.float32))
    assert fit is not None
    assert not shown_by(fit, np.ones((N, N), np.bool_), half=False).bust
    photo, longer = dict.fromkeys(Bone, 1.0), dict.fromkeys(Bone, 1.07)
    assert ratios(photo, longer, SLACK)[Bone.NECK] == 1.0
    of_bust = ratios(photo, longer, BUST_SLACK)
    assert of_bust[Bone.NECK] == pytest.approx(1.0 / 1.07)
    assert of_bust[Bone.SHOULDERS] == 1.0


def test_a_chin_below_the_fitted_one_goes_with_the_head() -> None:
    fit = fit_body(TEMPLATE, RIG, PERSON, silhouette(PERSON, (N, N), 110.0).astype(np.float32))
    assert fit is not None
    head = Head.of(fit)
    nowhere = np.zeros((N, N), np.bool_)
    chest = np.zeros((N, N, BODY_BONES), np.float32)
    chest[..., BodyBone.CHEST] = 1.0
    carried = head.carry(chest, nowhere, nowhere)[..., BodyBone.HEAD]
    beside = np.abs(head.across) > JAW_WIDTH
    assert carried[(head.below_jaw <= 0.0) & ~beside].min() == 1.0
    assert not carried[(head.below_jaw <= 0.0) & beside].any()  # a shoulder that is raised


def test_hair_that_may_be_a_collar_goes_over_into_the_trunk_without_a_step() -> None:
    fit = fit_body(TEMPLATE, RIG, PERSON, silhouette(PERSON, (N, N), 110.0).astype(np.float32))
    assert fit is not None
    head = Head.of(fit)
    under, throat = head.below_shoulders, np.abs(head.across) < 0.5
    collar, bob = (under < -BESIDE_HEAD), (under < -2.0 * BESIDE_HEAD)
    edge = collar & ~np.roll(collar, -1, 0) & throat
    assert edge.any()
    steps = np.abs(np.diff(head.share(collar), axis=0))[edge[:-1]]
    assert steps.max() < 0.12
    low = bob & (head.below_jaw > 0.0) & throat
    assert low.any()
    assert head.share(bob)[low].min() > head.share(np.zeros_like(bob))[low].min()  # it swings


def test_nothing_stands_out_beside_head_and_shoulders_whose_trunk_turns() -> None:
    landmarks = bust(90.0)
    source = replace(source_of(street((N, N)), half=True), mask=outline(landmarks))
    fit = fit_body(TEMPLATE, RIG, landmarks, source.mask)
    assert fit is not None
    showing = shown_by(fit, np.ones((N, N), np.bool_), half=True)
    assert showing.bust
    body = make_body(source, fit)
    held = showing.without_hidden(body).layer
    deep = distance_to(~np.pad(fit.inside, 1))[1:-1, 1:-1] > DEEP * fit.trunk_px
    x, y = np.clip(np.rint(held.vertices[:, :2]).astype(int), 0, N - 1).T
    trunk = held.given & (held.limb != Cloth.FACE)
    assert deep[y, x][held.triangles[trunk]].all()
    assert trunk.any()
    face = held.limb == Cloth.FACE
    assert np.array_equal(held.given[face], body.layer.given[face])


def test_what_the_photos_edge_cuts_of_a_head_stays_there_and_the_face_does_not() -> None:
    fit = fit_body(TEMPLATE, RIG, PERSON, silhouette(PERSON, (N, N), 110.0).astype(np.float32))
    assert fit is not None
    nowhere = np.zeros((N, N), np.bool_)
    whole = Head.of(fit)
    top = fit.inside & (whole.down < -FOREHEAD) & (np.abs(whole.across) < 0.5)
    view = np.ones((N, N), np.bool_)
    first = int(np.flatnonzero(top.any(1))[0]) + 2
    view[:first] = False
    cut = Head.of(fit, view)
    face = fit.inside & (np.abs(cut.across) < JAW_WIDTH) & (cut.below_jaw < 0.0)
    face &= cut.down > -FOREHEAD
    assert whole.share(nowhere)[first][top[first]].min() == 1.0
    assert cut.share(nowhere)[first][top[first]].max() < 0.05
    assert cut.share(nowhere)[face].min() == 1.0
    filling = Head.of(replace(fit, inside=np.ones((N, N), np.bool_)))
    assert not filling.from_edge[[0, -1]].any()
    assert not filling.from_edge[:, [0, -1]].any()


def test_the_lower_edge_holds_the_trunk_and_lets_go_of_it_towards_the_head() -> None:
    vertices = np.zeros((5, 3), np.float32)
    bone = np.full(5, BodyBone.CHEST, np.int32)
    head = np.array([0.0, 0.25, 0.49, 0.5, 1.0], np.float32)
    bone[3:] = BodyBone.HEAD
    hold = held(vertices, bone, head, 100.0, LowerEdge(0.0))
    np.testing.assert_allclose(hold, [1.0, 0.5, 0.02, 0.0, 0.0], atol=1e-6)


def test_shoulders_that_are_shown_just_above_the_lower_edge_rise() -> None:
    landmarks = bust(20.0)
    source = replace(source_of(street((N, N)), half=True), mask=outline(landmarks))
    fit = fit_body(TEMPLATE, RIG, landmarks, source.mask)
    assert fit is not None
    edge = LowerEdge.of(source, fit)
    assert edge is not None
    chin = float(landmarks[list(MOUTH), 1].mean()) + CHIN * Head.of(fit).unit_px
    assert edge.reach == pytest.approx(STRETCHED * (edge.row - chin), rel=0.05)
    at = np.array([[0.0, chin, 0.0], [0.0, edge.row, 0.0]], np.float32)
    bone, head = np.full(2, BodyBone.CHEST, np.int32), np.zeros(2, np.float32)
    np.testing.assert_allclose(held(at, bone, head, fit.trunk_px, edge), [0.0, 1.0], atol=1e-6)
    far = held(at, bone, head, fit.trunk_px, replace(edge, reach=np.inf))
    assert far[0] > 0.3  # as of who is shown down to the hips


def test_forearms_that_something_speaks_for_stay_raised() -> None:
    landmarks = guessing()
    hands: HandPoses = (HandPose(np.eye(3), np.zeros((5, 4))), None)
    np.testing.assert_array_equal(hang_arms(landmarks, EDGE, hands), landmarks)
    high = guessing()
    high[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND], 1] -= 90.0
    np.testing.assert_array_equal(hang_arms(high, EDGE, NO_HANDS), high)
    high[LEFT_WRIST, 3] = VISIBLE - 0.05  # now nothing does
    assert hang_arms(high, EDGE, NO_HANDS)[LEFT_WRIST, 1] > high[LEFT_ELBOW, 1]
    clear = guessing()
    clear[LEFT_WRIST, 3] = CLEAR
    np.testing.assert_array_equal(hang_arms(clear, EDGE, NO_HANDS), clear)
    hips = guessing()
    hips[LEFT_HIP, 1] = N - 30.0
    np.testing.assert_array_equal(hang_arms(hips, EDGE, NO_HANDS), hips)


def test_arms_that_the_photo_cuts_off_are_not_lifted_from_its_edge() -> None:
    landmarks = bust(90.0)
    source = replace(source_of(street((N, N)), half=True), mask=outline(landmarks))
    fit = fit_body(TEMPLATE, RIG, landmarks, source.mask)
    assert fit is not None
    body = make_body(source, fit)
    lifted = np.repeat(np.eye(4, dtype=np.float32)[None, :3], len(BodyBone), 0)
    lifted[:, 1, 3] = -15.0
    drawn = body.draw(lifted, np.ones(33, np.float32)).mask[0, 0]
    there = np.flatnonzero(source.mask[N - 5] > 0.5)
    assert drawn[N - 5, there[3:-3]].min() > 0.75


def test_arms_that_the_photo_cuts_off_lie_as_deep_as_the_trunk_beside_them() -> None:
    landmarks = bust(90.0)
    fit = fit_body(TEMPLATE, RIG, landmarks, outline(landmarks))
    assert fit is not None
    whole = bind_photo(fit, street((N, N))).whole
    group, steps = whole.group, []
    for side in range(SIDES):
        arm, trunk = group == Group.UPPER_ARM_L + side, group == Group.TRUNK
        border = (arm[:, 1:] & trunk[:, :-1]) | (trunk[:, 1:] & arm[:, :-1])
        steps.append(np.abs(np.diff(whole.depth, axis=1))[border])
    assert min(map(len, steps)) > 10
    assert np.concatenate(steps).max() < 0.012 * fit.trunk_px


def test_arms_that_the_photo_cuts_off_do_not_come_out_when_the_trunk_leans() -> None:
    landmarks = bust(90.0)
    source = replace(source_of(street((N, N)), half=True), mask=outline(landmarks))
    fit = fit_body(TEMPLATE, RIG, landmarks, source.mask)
    assert fit is not None
    assert BodyBone.FOREARM_L in fit.unseen
    assert make_body(source, fit).layer.free == ()
