"""An arm of which the photo shows its end alone is made anew, and let out as it turns away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body import pointing_arm
from tests.runtime.drivers.body.photos import OUTLINE as STANDING
from tests.runtime.drivers.body.photos import PERSON, SURE, TEMPLATE, N, fitted, posed
from tests.runtime.drivers.body.pointing_arm import PHOTO, SKIN, pointing

from bunraku.runtime.drivers.body.anew import NewArm, make_arms
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.cloths import NEW_ARMS
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import NEARER
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.light import studio
from bunraku.runtime.drivers.body.parts import ENDWISE, HANGING
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.drivers.body.showing import shown_by
from bunraku.runtime.drivers.body.turning import unit
from bunraku.runtime.source.source import Source
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HAND, LEFT_WRIST
from bunraku.spec.skeleton import BODY_BONES, BodyBone


@pytest.fixture(scope="module")
def source() -> Source:
    return pointing_arm.source()


@pytest.fixture(scope="module")
def fit() -> Fit:
    return pointing_arm.fit()


@pytest.fixture(scope="module")
def body() -> Body:
    return pointing_arm.body()


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


def test_nothing_is_made_anew_of_one_whose_face_is_not_seen(source: Source, fit: Fit) -> None:
    settled, binding = settle(fit, bind_photo(fit, source.window).whole)
    headless = replace(
        binding, bone=np.where(binding.bone == BodyBone.HEAD, -1, binding.bone).astype(np.int32)
    )
    assert (binding.group == Group.FOREARM_L).any()
    assert make_arms(fit, settled.mesh, headless, source.window, source.mask, studio()) == ()
    grey = np.repeat(source.window[..., :1], 3, -1)  # nor in a photo without colours
    assert make_arms(fit, settled.mesh, binding, grey, source.mask, studio()) == ()
