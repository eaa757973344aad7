"""Borders between limbs follow the picture; what an arm hides goes on under it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.fakes import street

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.bound import Bound, bind_photo
from bunraku.runtime.drivers.body.fit import Fit, fit_body
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import ARMS, GROUP, Group, Groups
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.parting import follow_edges
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import Framing
from bunraku.runtime.source.plate import Plate
from bunraku.runtime.source.region import Region
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_ELBOW, Bone
from bunraku.spec.skeleton import BodyBone

N = 256
SCALE = 150.0
TEMPLATE = load_template()
RIG = Rig(TEMPLATE.landmarks)
SURE = np.ones(33, np.float32)
SHIRT, SKIN = np.array([40, 70, 160]), np.array([225, 170, 140])
POINTS = np.zeros((35, 3))  # the last two are the ends of the hands
TRUNK_PX = 100.0
INSIDE = np.ones((N, N), np.bool_)


def two_colours(border: int, noise: float = 6.0) -> Picture:
    """Skin above a row, the shirt from there on."""
    picture = np.where(np.arange(N)[:, None, None] < border, SKIN, SHIRT)
    grain = np.random.default_rng(3).normal(0.0, noise, (N, N, 3))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def arm_above(row: int) -> Groups:
    groups = np.full((N, N), Group.TRUNK, np.int32)
    groups[:row] = Group.FOREARM_L
    return groups


@pytest.mark.parametrize("fitted", [123, 128, 133])
def test_a_border_moves_to_the_edge_of_the_picture(fitted: int) -> None:
    groups = follow_edges(arm_above(fitted), INSIDE, two_colours(128), POINTS, TRUNK_PX)
    inner = np.s_[:, 40:]  # left of it is the shoulder, in the corner
    assert np.array_equal(groups[inner], arm_above(128)[inner])


def test_a_border_moves_no_farther_than_its_band() -> None:
    groups = follow_edges(arm_above(128), INSIDE, two_colours(190), POINTS, TRUNK_PX)
    assert (groups[:119] == Group.FOREARM_L).all()
    assert (groups[137:] == Group.TRUNK).all()


def test_alike_photos_are_parted_alike_and_plain_ones_at_all() -> None:
    for picture in (two_colours(128), np.zeros((N, N, 3), np.uint8)):
        first, again = (
            follow_edges(arm_above(124), INSIDE, picture, POINTS, TRUNK_PX) for _ in range(2)
        )
        assert np.array_equal(first, again)
        assert set(np.unique(first)) == {Group.TRUNK, Group.FOREARM_L}


def test_a_sleeve_like_the_shirt_stays_an_arm() -> None:
    fitted = np.zeros((N, N), np.uint8)
    cv2.line(fitted, (60, 128), (128, 128), 1, 13)
    picture = np.full((N, N, 3), SHIRT, np.float64)
    cv2.circle(picture, (136, 128), 14, (120, 50, 20), -1)  # a ball in the hand
    grain = np.random.default_rng(5).normal(0.0, 6.0, (N, N, 3))
    window = np.clip(picture + grain, 0, 255).astype(np.uint8)
    cv2.circle(fitted, (136, 128), 14, 1, -1)
    groups = np.where(fitted > 0, Group.FOREARM_L, Group.TRUNK).astype(np.int32)
    found = follow_edges(groups, INSIDE, window, POINTS, TRUNK_PX) == Group.FOREARM_L
    assert (found & (fitted > 0)).sum() > 0.9 * fitted.sum()


def test_an_arm_that_colours_cut_through_is_whole_along_its_bones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def give_away(
        own: Region, other: Region, window: Picture, unsure: Region, near: Region
    ) -> Region:
        return own & ~(unsure & (np.arange(N) > 115))

    monkeypatch.setattr("bunraku.runtime.drivers.body.parting.part_anew", give_away)
    fitted = np.zeros((N, N), np.uint8)
    cv2.line(fitted, (60, 128), (160, 128), 1, 13)
    groups = np.where(fitted > 0, Group.FOREARM_L, Group.TRUNK).astype(np.int32)
    points = POINTS.copy()
    points[[13, 15, 33], :2] = (60, 128), (160, 128), (180, 128)
    found = follow_edges(groups, INSIDE, two_colours(128), points, TRUNK_PX) == Group.FOREARM_L
    assert found[128, 60:138].all()  # then the hand is looked for
    assert not found[124, 120:138].any()


@pytest.mark.parametrize("hangs", [True, False])
def test_a_hanging_arm_gains_no_clothes_in_which_there_is_no_edge(
    monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    rows, columns = np.indices((N, N))

    def take(own: Region, other: Region, window: Picture, unsure: Region, near: Region) -> Region:
        return own | unsure & ((rows < 150) | (columns < 83))  # an edge at 83, but none above

    monkeypatch.setattr("bunraku.runtime.drivers.body.parting.part_anew", take)
    groups = np.where(columns < 80, Group.FOREARM_L, Group.TRUNK).astype(np.int32)
    points = POINTS.copy()
    points[[13, 15, 33], :2] = (60, 10), (60, 200), (60, 240)
    points[[23, 24], :2] = (0, 100) if hangs else (100, 0)  # the shoulders are in the corner
    found = follow_edges(groups, INSIDE, two_colours(128), points, TRUNK_PX) == Group.FOREARM_L
    assert found[100:130, 84].any() == (not hangs)
    assert found[165:190, :83].all()
    assert not found[165:190, 83:].any()


@pytest.mark.parametrize("beside", ["nothing", "a face", "a hand", "a hand that is known"])
def test_a_hand_is_whole_though_narrow_and_of_a_colour_of_its_own(beside: str) -> None:
    sleeve, hand, fitted, other = (np.zeros((N, N), np.uint8) for _ in range(4))
    cv2.line(sleeve, (60, 200), (128, 132), 1, 21)
    cv2.circle(hand, (136, 124), 11, 1, -1)
    cv2.line(fitted, (60, 200), (128, 132), 1, 21)
    cv2.line(fitted, (128, 132), (150, 122), 1, 7)  # the body's hand: thin, and too long
    picture = np.where(sleeve[..., None] > 0, (190, 90, 100), (185, 160, 145))
    picture = np.where(hand[..., None] > 0, SKIN, picture)
    if "a hand" in beside:
        cv2.circle(other, (132, 148), 9, 1, -1)
        picture[other > 0] = SKIN
    picture[:90] = SKIN  # the face
    picture[:, 170:] = SKIN  # a wall of its colour
    grain = np.random.default_rng(4).normal(0.0, 8.0, (N, N, 3))
    window = np.clip(picture + grain, 0, 255).astype(np.uint8)
    points = POINTS.copy()
    points[[13, 15, 33], :2] = (60, 200), (128, 132), (140, 122)
    points[:11, 1] = 90 if beside == "a face" else 10
    points[:11, 0] = 140
    groups = np.where(fitted > 0, Group.FOREARM_L, Group.TRUNK).astype(np.int32)
    groups[:, 170:] = Group.NOBODY
    groups[other > 0] = Group.FOREARM_R
    inside = groups != Group.NOBODY
    hands = None, other > 0 if "known" in beside else None
    found = follow_edges(groups, inside, window, points, TRUNK_PX, hands) == Group.FOREARM_L
    true = (sleeve | hand) > 0
    near = np.s_[105:145, 110:160]
    whole = (found & true)[near].sum() > 0.93 * (found | true)[near].sum()
    # Beside a face, or a hand that may be this one, nothing is looked for by a hand's colour.
    assert whole == (beside in ("nothing", "a hand that is known"))


def test_a_forearm_before_its_upper_arm_ends_at_the_sleeve() -> None:
    groups = np.where(arm_above(130) == Group.TRUNK, Group.UPPER_ARM_L, Group.FOREARM_L)
    found = follow_edges(groups.astype(np.int32), INSIDE, two_colours(128), POINTS, TRUNK_PX)
    assert (found[:128, 40:] == Group.FOREARM_L).all()
    assert (found[128:, 40:] == Group.UPPER_ARM_L).all()


def test_pixels_beyond_the_outline_go_with_the_nearest_in_it() -> None:
    inside = INSIDE.copy()
    inside[:, :60] = False
    groups = arm_above(128)
    groups[:, :56] = Group.NOBODY
    groups[128:, 56:60] = Group.FOREARM_L  # by the fit alone
    found = follow_edges(groups, inside, two_colours(128), POINTS, TRUNK_PX)
    assert (found[140:, 56:60] == Group.TRUNK).all()
    assert (found[:, :56] == Group.NOBODY).all()


def test_nobody_has_no_borders() -> None:
    nobody = np.full((N, N), Group.NOBODY, np.int32)
    assert np.array_equal(follow_edges(nobody, ~INSIDE, two_colours(9), POINTS, 50.0), nobody)


def folded() -> Array:
    """``[33, 4]``: someone whose left forearm lies across the belly."""
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([128.0, 150.0]) - points[[23, 24], :2].mean(0)
    points[[15, 17, 19, 21]] = [
        [118.0, 122.0, -44.0],
        [108.0, 125.0, -46.0],
        [106.0, 121.0, -46.0],
        [111.0, 117.0, -44.0],
    ]
    return np.concatenate([points, np.ones((33, 1))], 1).astype(np.float32)


@pytest.fixture(scope="module")
def source() -> Source:
    landmarks = folded()
    mask = silhouette(landmarks, (N, N), SCALE).astype(np.float32)
    photo = np.where(mask[..., None] > 0, SHIRT, street((N, N))).astype(np.uint8)
    ends = landmarks[[13, 15, 19], :2].round().astype(int)
    for start, end in pairwise(ends):
        cv2.line(photo, start.tolist(), end.tolist(), SKIN.tolist(), 11)
    pose = Pose(landmarks, landmarks[:, :3] / SCALE, 0.99, mask)
    framing = Framing(Window.of_box(0, 0, N), False, Bone.TORSO)
    return Source(photo, pose, 1, framing, photo, mask, Later.of(Plate(street((N, N)))))


@pytest.fixture(scope="module")
def fit(source: Source) -> Fit:
    found = fit_body(TEMPLATE, RIG, source.pose.landmarks, source.mask)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def bound(source: Source, fit: Fit) -> Bound:
    return bind_photo(fit, source.window)


def test_a_guessed_arm_takes_nothing_of_the_photo(source: Source, bound: Bound) -> None:
    assert (bound.whole.group == Group.FOREARM_L).any()
    landmarks = source.pose.landmarks.copy()
    landmarks[LEFT_ELBOW, 3] = 0.3
    guessed = fit_body(TEMPLATE, RIG, landmarks, source.mask)
    assert guessed is not None
    whole = bind_photo(guessed, source.window).whole
    assert not np.isin(whole.group, [Group.FOREARM_L, Group.HAND_L]).any()
    assert (whole.group == Group.FOREARM_R).any()
    assert np.array_equal(whole.reached, bound.whole.reached)


def skin_of(picture: Picture) -> Array:
    """``[n, n]`` in {0, 1}: where a picture is nearer to the skin than to the shirt."""
    colours = picture.astype(np.float32)
    to_skin, to_shirt = (np.abs(colours - one).sum(-1) for one in (SKIN, SHIRT))
    return np.asarray(to_skin < to_shirt, np.float32)


def test_the_trunk_goes_on_under_the_arm(source: Source, bound: Bound) -> None:
    binding, hidden = bound.whole, bound.hidden
    x, y = (source.pose.landmarks[13, :2] * 0.3 + source.pose.landmarks[15, :2] * 0.7).astype(int)
    assert binding.group[y, x] == Group.FOREARM_L
    (trunk,) = [h for h in hidden if h.reached[y, x] and h.group[y, x] == Group.TRUNK]
    arm_bones = [int(b) for b in BodyBone if b < 15 and GROUP[b] in ARMS]
    assert trunk.weights[y, x, arm_bones].sum() < 0.1
    assert trunk.depth[y, x] > binding.depth[y, x]


def test_an_arm_that_is_lifted_leaves_no_print(source: Source, fit: Fit) -> None:
    body = make_body(source, fit)
    lifted = source.pose.landmarks.copy()
    lifted[[15, 17, 19, 21], 0] += 90.0
    drawn = body.draw(RIG.transforms(fit.stance, lifted, SURE), SURE)
    shown = drawn.image[0].transpose(1, 2, 0) * 255.0
    before = skin_of(source.photo) > 0
    belly = np.zeros((N, N), np.bool_)
    belly[105:140, 105:145] = True
    assert (before & belly).sum() > 150
    assert skin_of(shown)[belly].mean() < 0.02
    assert drawn.mask[0, 0][belly].min() > 0.95


def test_the_body_stands_where_the_photo_shows_its_arms(fit: Fit, bound: Bound) -> None:
    binding = bound.whole
    arms = np.isin(GROUP[main_bones(TEMPLATE)], ARMS)
    region = np.isin(binding.group, ARMS)

    def beside(mesh: Array) -> float:
        at = np.clip(np.rint(mesh[arms, :2]).astype(int), 0, N - 1)
        return float((~region[at[:, 1], at[:, 0]]).mean())

    settled, _ = settle(fit, binding)
    mesh = settled.mesh
    assert beside(mesh) < 0.5 * beside(fit.mesh)
    others = ~arms & (main_bones(TEMPLATE) != BodyBone.HEAD)
    assert np.array_equal(mesh[others], fit.mesh[others])


def test_a_limb_that_the_photo_hides_keeps_its_shape(fit: Fit, bound: Bound) -> None:
    binding = bound.whole
    upper = np.argwhere(binding.group == Group.UPPER_ARM_L)
    bone = binding.bone.copy()
    bone[tuple(upper[4:].T)] = BodyBone.CHEST  # hair hangs over it
    mesh = settle(fit, replace(binding, bone=bone))[0].mesh
    groups = GROUP[main_bones(TEMPLATE)]
    hidden, seen = groups == Group.UPPER_ARM_L, groups == Group.FOREARM_L
    assert np.array_equal(mesh[hidden], fit.mesh[hidden])
    assert not np.array_equal(mesh[seen], fit.mesh[seen])


def test_an_arm_half_behind_the_trunk_stays_as_thick_as_it_is(fit: Fit, bound: Bound) -> None:
    binding = bound.whole
    limb = binding.group == Group.UPPER_ARM_L
    columns = np.arange(N)[None, :]
    outer = np.where(limb, columns, 0).max(1, keepdims=True)
    vest = limb & (columns < outer - 4)
    bone = np.where(vest, np.int32(BodyBone.CHEST), binding.bone)
    photo = replace(binding, bone=bone.astype(np.int32))
    settled, _ = settle(fit, photo)
    main = main_bones(TEMPLATE)
    rows = fit.mesh[main == BodyBone.UPPER_ARM_L, 1]
    middle = np.abs(fit.mesh[:, 1] - np.median(rows)) < 8.0
    own = middle & (main == BodyBone.UPPER_ARM_L)
    wide, before = np.ptp(settled.mesh[own, 0]), np.ptp(fit.mesh[own, 0])
    assert wide > 0.85 * before
    x, y = np.rint(settled.mesh[own, :2]).astype(int).T
    assert (settled.mesh[own, 2] >= photo.depth[y, x] - 1e-3)[vest[y, x]].all()


def test_nothing_of_the_body_hides_what_the_photo_shows(fit: Fit, source: Source) -> None:
    body = make_body(source, fit)
    still = RIG.transforms(fit.stance, source.pose.landmarks, SURE)
    drawn = body.draw(still, SURE)
    person = source.mask > 0.5
    off = np.abs(drawn.image[0].transpose(1, 2, 0) * 255.0 - source.photo)[person]
    assert off.mean() < 1.0


def test_a_hand_that_the_photo_does_not_show_there_is_left_out(fit: Fit, bound: Bound) -> None:
    binding = bound.whole
    forearm = binding.group == Group.FOREARM_L
    bare = replace(  # the photo has the belly there
        binding,
        bone=np.where(forearm, np.int32(BodyBone.CHEST), binding.bone),
        depth=np.where(forearm, np.float32(0.0), binding.depth),
    )
    settled, lifted = settle(fit, bare)
    front = rasterise(settled.mesh, TEMPLATE.triangles, (N, N), keep=settled.given, cull=True)
    groups = GROUP[main_bones(TEMPLATE)][TEMPLATE.triangles[:, 0]]
    shown = front.triangle[forearm]
    # Where the elbow begins body and belly are as far away as each other.
    assert np.isin(groups[shown[shown >= 0]], ARMS).mean() < 0.05
    assert (lifted.depth <= bare.depth).all()
    assert settle(fit, binding)[0].given.sum() > settled.given.sum()


def test_an_arm_that_stands_beside_the_person_is_left_out(fit: Fit, bound: Bound) -> None:
    bones = main_bones(TEMPLATE)
    astray = fit.mesh.copy()
    astray[np.isin(bones, [BodyBone.FOREARM_R, BodyBone.HAND_R]), 0] -= 60.0
    settled, _ = settle(replace(fit, mesh=astray), bound.whole)
    front = rasterise(settled.mesh, TEMPLATE.triangles, (N, N), keep=settled.given, cull=True)
    arm = np.isin(GROUP[bones][TEMPLATE.triangles[:, 0]], ARMS)
    beside = (front.triangle >= 0) & arm[front.triangle] & ~bound.whole.reached
    assert beside.sum() < 60
    everything = rasterise(settled.mesh, TEMPLATE.triangles, (N, N), cull=True).triangle
    assert ((everything >= 0) & arm[everything] & ~bound.whole.reached).sum() > 300
