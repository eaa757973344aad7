from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import OUTLINE as STANDING
from tests.runtime.drivers.body.photos import (
    PERSON,
    RIG,
    SCALE,
    SURE,
    TEMPLATE,
    N,
    fitted,
    fitted_to,
    posed,
    source_of,
)
from tests.runtime.drivers.hands.people import SHAPES, points_of

from bunraku.kernels import rasterise, skin
from bunraku.runtime.drivers.body.anew import NewArm, make_arms
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.cloths import NEW_ARMS
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import NEARER
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.light import GAMMA, WARMTH, Light, studio
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.parts import ENDWISE, HANGING
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.drivers.body.showing import shown_by
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
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HAND, LEFT_WRIST
from bunraku.spec.skeleton import BODY_BONES, BodyBone

SKIN, SHIRT = np.array([205, 155, 130]), np.array([80, 100, 180])


def pointing(at: float = 0.0) -> Array:
    """``[33, 4]``: the person, the left forearm towards the camera, turned down by so many
    degrees."""
    result = PERSON.copy()
    arm = [LEFT_WRIST, *LEFT_HAND]
    length = float(np.linalg.norm(PERSON[LEFT_WRIST, :3] - PERSON[LEFT_ELBOW, :3]))
    angle = np.deg2rad(at + 10.0)
    wrist = PERSON[LEFT_ELBOW, :3] + length * np.array([0.0, np.sin(angle), -np.cos(angle)])
    result[arm, :3] += wrist - PERSON[LEFT_WRIST, :3]
    return result


PHOTO = pointing()


@pytest.fixture(scope="module")
def source() -> Source:
    """The photo: skin but for a shirt, which ends at the elbows."""
    outline = silhouette(PHOTO, (N, N), SCALE)
    colours = np.broadcast_to(SKIN, (N, N, 3)).copy()
    rows = np.arange(N)
    shirt = (rows > PERSON[11, 1] - 8) & (rows < PERSON[LEFT_ELBOW, 1] - 10)
    colours[shirt] = SHIRT
    window = np.where(outline[..., None] > 0, colours, 90).astype(np.uint8)
    standing = source_of(window)
    return replace(standing, window=window, mask=outline.astype(np.float32))


@pytest.fixture(scope="module")
def fit(source: Source) -> Fit:
    return fitted_to(PHOTO, source.mask)


@pytest.fixture(scope="module")
def body(source: Source, fit: Fit) -> Body:
    return make_body(source, fit)


def test_a_forearm_that_points_at_the_camera_is_made_anew(fit: Fit, body: Body) -> None:
    assert fit.foreshortened == (True, False)
    assert [arm.side for arm in body.layer.arms] == [0]
    assert len(body.textures.planes) == (NEW_ARMS + 2) * N
    assert not body.layer.given[: len(TEMPLATE.triangles)][body.layer.remade].any()
    at_wrist = (main_bones(TEMPLATE)[TEMPLATE.triangles] == BodyBone.FOREARM_L).any(1)
    assert body.layer.remade[at_wrist].all()
    assert not HANGING[ENDWISE, [BodyBone.UPPER_ARM_L, BodyBone.CHEST]].any()
    assert HANGING[ENDWISE, BodyBone.HAND_L]
    parts = bind_photo(fit, np.zeros((N, N, 3), np.uint8)).whole.part
    assert (parts == ENDWISE).any()
    assert not (parts == BodyBone.FOREARM_L).any()
    assert (parts == BodyBone.FOREARM_R).any()


@pytest.mark.parametrize(("share", "endwise"), [(0.467, True), (0.5, False)])
def test_what_is_seen_of_a_forearm_held_up_to_a_mirror_is_no_forearm(
    fit: Fit, share: float, endwise: bool
) -> None:
    points = fit.stance.points.copy()
    points[LEFT_WRIST, :3] = points[LEFT_ELBOW, :3] + (share, 0.0, -np.sqrt(1.0 - share**2))
    held_up = replace(fit, stance=replace(fit.stance, points=points))
    assert held_up.foreshortened[0] == endwise


def test_arms_that_hang_stay_the_photos(source: Source) -> None:
    fit = fitted(STANDING)
    settled, binding = settle(fit, bind_photo(fit, source.window).whole)
    assert fit.foreshortened == (False, False)
    assert make_arms(fit, settled.mesh, binding, source.window, source.mask, studio()) == ()


def test_it_lies_tucked_in_behind_the_photo_as_long_as_nothing_moves(
    source: Source, fit: Fit, body: Body
) -> None:
    still = posed(fit, PHOTO)
    (arm,) = body.layer.arms
    assert arm.form.moved(still) is None
    assert arm.faded(still) == 0.0
    tucked = arm.form.tucked[arm.form.loose[:, 0] > 0.0]
    x, y = np.rint(tucked[:, :2]).astype(int).T
    assert source.mask[y, x].mean() > 0.99
    drawn = body.draw(still, SURE)
    person = source.mask > 0.99
    off = np.abs(drawn.image[0].transpose(1, 2, 0) - source.window / 255.0)[person].mean()
    assert off < 0.003
    assert drawn.mask[0, 0][person].mean() > 0.99
    covered = body.surface(still, SURE, N)[0, 0] == 0
    assert covered[int(PERSON[LEFT_ELBOW, 1]) - 4, int(PERSON[LEFT_ELBOW, 0])]


def test_a_forearm_let_down_is_whole_and_of_skin(fit: Fit, body: Body) -> None:
    there = pointing(70.0)
    drawn = body.draw(posed(fit, there), SURE)
    elbow, wrist = there[LEFT_ELBOW, :2], there[LEFT_WRIST, :2]
    for share in np.linspace(0.2, 0.9, 8):
        x, y = np.rint(elbow + share * (wrist - elbow)).astype(int)
        assert drawn.mask[0, 0, y, x - 1 : x + 2].min() > 0.95, share
        colour = drawn.image[0, :, y, x] * 255.0
        assert np.abs(colour - SKIN).sum() < 60.0, share
    # in an ordinary light it is darker round its side than in its middle
    (arm,) = body.layer.arms
    form = replace(arm.form, light=studio())
    lit = replace(body, layer=replace(body.layer, free=(form,)))
    drawn = lit.draw(posed(fit, there), SURE)
    x, y = np.rint(elbow + 0.35 * (wrist - elbow)).astype(int)
    row = drawn.mask[0, 0, y] > 0.9
    edge = x + int((~row[x:]).argmax()) - 1
    assert edge - x >= 2
    assert drawn.image[0, :, y, edge].sum() < 0.95 * drawn.image[0, :, y, x].sum()


def test_it_is_let_out_before_the_photos_own_fades_and_without_a_jump(fit: Fit, body: Body) -> None:
    (arm,) = body.layer.arms
    before = arm.form.tucked
    last = 0.0
    for at in np.arange(0.0, 40.0, 2.0):
        transforms = posed(fit, pointing(float(at)))
        assert arm.form.when.turned_deg(transforms) == pytest.approx(at, abs=2.0)
        moved = arm.form.moved(transforms)
        faded = arm.faded(transforms)
        assert last <= faded <= 1.0
        last = faded
        if moved is None:
            assert faded == 0.0
            continue
        vertices, shade = moved
        assert np.isfinite(vertices).all()
        assert 0.0 <= shade.min() <= shade.max() <= 1.0
        assert np.linalg.norm((vertices - before)[:, :2], axis=1).max() < 0.25 * fit.trunk_px
        before = vertices
    assert last == 1.0
    assert (vertices[:, 2] < arm.form.tucked[:, 2].min() + NEARER * fit.trunk_px).any()


def test_what_would_be_drawn_out_fades_however_little_it_turns(body: Body, fit: Fit) -> None:
    (arm,) = body.layer.arms
    transforms = posed(fit, pointing(16.0))  # two and a half times as long in the picture
    assert arm.form.when.turned_deg(transforms) < 18.0
    assert arm.faded(transforms) == 1.0
    assert arm.faded(posed(fit, pointing(5.0))) == 0.0


def test_it_goes_on_into_the_hand_whose_fingers_it_does_not_follow(fit: Fit, body: Body) -> None:
    (arm,) = body.layer.arms
    assert arm.unrolled.along(arm.form.place[:, 1:]).max() > 2.03
    assert arm.form.bones.max() < BODY_BONES
    transforms = posed(fit, pointing(60.0))
    folded = transforms.copy()
    folded[BODY_BONES:] = 0.0
    whole, same = arm.form.moved(transforms), arm.form.moved(folded)
    assert whole is not None
    assert same is not None
    assert np.array_equal(whole[0], same[0])
    turned = {tuple(sorted(corners)) for corners in arm.form.triangles.tolist()}
    assert len(turned) < len(arm.form.triangles)  # it is seen from within where it is open
    into = pointing(60.0)  # the hand bends forwards, towards the camera
    into[LEFT_HAND, :3] = into[LEFT_WRIST, :3] + np.array([0.0, 1.0, -9.0])
    drawn = body.draw(posed(fit, into), SURE)
    elbow, wrist = into[LEFT_ELBOW, :2], into[LEFT_WRIST, :2]
    x, y = np.rint(elbow + 0.97 * (wrist - elbow)).astype(int)
    assert drawn.mask[0, 0, y, x] > 0.95


def test_what_of_it_lies_in_the_hand_is_no_wider_than_its_wrist(body: Body) -> None:
    (arm,) = body.layer.arms
    along = arm.unrolled.along(arm.form.place[:, 1])
    elbow, wrist = arm.form.ends[1:]
    axis = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    out = arm.form.rest - elbow
    far = np.linalg.norm(out - np.outer(out @ axis, axis), axis=1)
    own = np.linalg.norm(arm.form.rest - wrist, axis=1) < 0.1
    before = far[own & (along > 1.8) & (along < 1.95)]
    assert (along > 2.03).any()
    assert far[along > 1.95].max() < 1.05 * before.max()  # the thumb's root is half as far again


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


def test_one_sees_no_wall_through_a_forearm_that_points_at_the_camera(fit: Fit, body: Body) -> None:
    """It is seen slantwise from its end, which is open."""
    (arm,) = body.layer.arms
    moved = arm.form.moved(posed(fit, pointing(-24.0)))
    assert moved is not None
    along = arm.unrolled.along(arm.form.place[:, 1])
    of_fore = np.asarray((along > 1.0)[arm.form.triangles].all(1))
    seen, whole = (
        rasterise(moved[0], arm.form.triangles, (N, N), keep=of_fore, cull=cull).triangle >= 0
        for cull in (True, False)
    )
    assert whole.sum() > 50
    assert seen[whole].mean() > 0.97


def test_an_arm_that_stays_is_not_let_out_when_its_trunk_turns(fit: Fit, body: Body) -> None:
    """Something before it hides its forearm: out of that a hollow sleeve would stand."""
    moves, stays = (
        shown_by(fit, np.ones((N, N), np.bool_), False, (covered, covered)).without_hidden(body)
        for covered in (False, True)
    )
    turned = posed(fit, pointing(-60.0))
    assert [arm.moved(turned) is not None for arm in moves.layer.free] == [True]
    assert [arm.moved(turned) is not None for arm in stays.layer.free] == [False]
    assert [arm.faded(turned) for arm in moves.layer.arms] == [1.0]
    assert [arm.faded(turned) for arm in stays.layer.arms] == [0.0]
    assert max(one.faded(turned) for one in moves.fading) == 1.0
    assert max(one.faded(turned) for one in stays.fading) == 0.0


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


def test_a_shoulder_stays_and_a_bare_arm_is_no_thicker_than_one(fit: Fit, body: Body) -> None:
    (arm,) = body.layer.arms
    transforms = posed(fit, pointing(60.0))
    moved = arm.form.moved(transforms)
    assert moved is not None
    held = arm.form.loose[:, 0] == 0.0
    assert held.any()
    # The upper arm has not moved.
    assert np.allclose(moved[0][held], arm.form.tucked[held], atol=0.5)
    fore = arm.unrolled.along(arm.form.place[:, 1])
    ring = moved[0][(fore > 1.4) & (fore < 1.6)]
    assert np.ptp(ring[:, 0]) < 0.13 * SCALE


def test_a_shoulder_goes_with_an_arm_that_swings_far(fit: Fit, body: Body) -> None:
    """Hung where the photo has it, it is a spike half way to where the arm was."""
    (arm,) = body.layer.arms
    raised = pointing(60.0)
    out = np.array([0.7, -0.7, 0.0]) * np.linalg.norm(PHOTO[13, :3] - PHOTO[11, :3])
    raised[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND], :3] += PHOTO[11, :3] + out - PHOTO[13, :3]
    moved = arm.form.moved(posed(fit, raised))
    assert moved is not None
    at_shoulder = (arm.form.loose[:, 0] == 0.0)[arm.form.triangles].any(1)
    stretched = []
    for points in (moved[0], arm.form.rest * fit.stance.size):
        corners = points[arm.form.triangles[at_shoulder]]
        stretched.append(np.linalg.norm(corners - np.roll(corners, 1, 1), axis=-1).max(1))
    assert (stretched[0] / stretched[1]).max() < 2.5


def test_the_top_of_a_shoulder_that_is_let_out_stays_on_the_trunk(fit: Fit, body: Body) -> None:
    """It would part from it in cracks; the armpit of a raised arm would be a flap there."""
    form = body.layer.arms[0].form
    aside = pointing(60.0)
    out = np.array([1.0, 0.0, 0.0]) * np.linalg.norm(PHOTO[13, :3] - PHOTO[11, :3])
    aside[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND], :3] += PHOTO[11, :3] + out - PHOTO[13, :3]
    transforms = posed(fit, aside)
    assert form.when.swung(transforms) > 0.5
    moved = form.moved(transforms)
    assert moved is not None
    template = skin(body.layer.vertices, body.layer.weights, body.layer.bones, transforms)
    arm = np.isin(TEMPLATE.triangles, form.used).all(1) & body.layer.remade
    shared = np.isin(form.used, TEMPLATE.triangles[~arm])
    apart = np.linalg.norm(moved[0] - template[form.used], axis=1)[shared]
    below = (form.rest[shared] - form.ends[0])[:, 1] / np.linalg.norm(form.ends[1] - form.ends[0])
    top = (below < 0.08) & (form.loose[shared, 0] == 0.0)
    assert top.sum() > 5
    assert apart[top].max() < 1e-3
    assert form.off_trunk[shared][below == below.max()] == 1.0  # the armpit


def test_sleeve_and_arm_are_as_wide_as_in_the_photo_whatever_its_outline_tells(
    source: Source, fit: Fit
) -> None:
    """Of a forearm that points at the camera hand and elbow stand out beside the upper arm."""
    bones = [BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L]
    thicker = fit.stance.frames[bones] @ np.diag([1.0, 1.4, 1.4, 1.0]) @ fit.stance.inverse[bones]
    placed = fit.placed.copy()
    placed[bones] = thicker[:, :3, :3] @ fit.placed[bones]
    placed[bones, :, 3] += thicker[:, :3, 3]
    settled, binding = settle(fit, bind_photo(fit, source.window).whole)
    told = settled.mesh, binding, source.window, source.mask, studio()
    (arm,) = make_arms(replace(fit, placed=placed), *told)
    (own,) = make_arms(fit, *told)
    assert arm.sleeve is not None
    assert 0.3 < arm.sleeve.end < 0.7
    along = arm.unrolled.along(arm.form.place[:, 1])
    covered = (along > 0.4) & (along < arm.sleeve.end - 0.02)
    bare = (along > arm.sleeve.end + 0.1) & (along < 0.9)
    (upper, fore), (wide, _) = _radii(arm, bare), _radii(arm, covered)
    assert (upper, fore) == pytest.approx(_radii(own, bare), rel=0.1)
    assert wide == pytest.approx(_radii(own, covered)[0], rel=0.1)
    assert wide > upper
    shown = (binding.group == Group.UPPER_ARM_L) & (np.arange(N)[:, None] < PHOTO[13, 1])
    assert 2.0 * wide < 1.1 * shown.sum(1).max()


def _radii(arm: NewArm, where: NDArray[np.bool_]) -> tuple[float, float]:
    """How thick an arm is at some of its vertices ``[v]``, and its forearm, in pixels."""
    fore = arm.unrolled.along(arm.form.place[:, 1])
    result = []
    for bone, own in ((0, where), (1, (fore > 1.2) & (fore < 1.8))):
        placed = arm.form.placed[BodyBone.UPPER_ARM_L + 2 * bone, :, :3]
        start, end = arm.form.ends[bone : bone + 2] @ placed.T
        axis = unit((end - start)[None])[0]
        out = arm.form.rest[own] @ placed.T - start
        out -= np.outer(out @ axis, axis)
        result.append(float(np.median(np.linalg.norm(out - out.mean(0), axis=1))))
    return result[0], result[1]


def test_the_photos_outline_does_not_bend_an_arm_below_its_shoulder(fit: Fit, body: Body) -> None:
    (arm,) = body.layer.arms
    transforms = posed(fit, pointing(60.0))
    beside = replace(arm.form, tucked=arm.form.tucked + np.float32(10.0))
    one, other = arm.form.moved(transforms), beside.moved(transforms)
    assert one is not None
    assert other is not None
    apart = np.abs(one[0] - other[0]).max(1)
    along = arm.unrolled.along(arm.form.place[:, 1])
    assert apart[along < 0.25].min() > 1.0
    assert apart[along > 0.5].max() < 1e-3


def test_the_crook_of_an_arm_is_darker_the_more_it_is_bent(fit: Fit, body: Body) -> None:
    (arm,) = body.layer.arms
    even = Light(np.eye(9, dtype=np.float32)[0], WARMTH)
    form = replace(arm.form, light=even, lit=np.ones_like(arm.form.lit))
    darkest = []
    for at in (85.0, 0.0):
        moved = form.moved(posed(fit, pointing(at - 40.0)))
        assert moved is not None
        darkest.append(float(moved[1][form.at_elbow > 0.8].max()))
    assert darkest[1] > darkest[0] + 0.05


def test_nothing_is_made_anew_of_one_whose_face_is_not_seen(source: Source, fit: Fit) -> None:
    settled, binding = settle(fit, bind_photo(fit, source.window).whole)
    headless = replace(
        binding, bone=np.where(binding.bone == BodyBone.HEAD, -1, binding.bone).astype(np.int32)
    )
    assert (binding.group == Group.FOREARM_L).any()
    assert make_arms(fit, settled.mesh, headless, source.window, source.mask, studio()) == ()
    grey = np.repeat(source.window[..., :1], 3, -1)  # nor in a photo without colours
    assert make_arms(fit, settled.mesh, binding, grey, source.mask, studio()) == ()
