"""How an arm that is made anew bends, hangs on its shoulder and is shaded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body import pointing_arm
from tests.runtime.drivers.body.photos import SCALE, TEMPLATE, N, posed
from tests.runtime.drivers.body.pointing_arm import PHOTO, pointing

from bunraku.kernels import rasterise, skin
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import BENDING, bent_softly
from bunraku.runtime.drivers.body.light import WARMTH, Light
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HAND, LEFT_WRIST
from bunraku.spec.skeleton import BodyBone


@pytest.fixture(scope="module")
def fit() -> Fit:
    return pointing_arm.fit()


@pytest.fixture(scope="module")
def body() -> Body:
    return pointing_arm.body()


@pytest.mark.parametrize("side", [0, 1])
def test_an_elbow_bends_evenly_and_what_lies_farther_stays_as_it_was(side: int) -> None:
    upper, fore = BodyBone.UPPER_ARM_L + side, BodyBone.FOREARM_L + side
    along = np.linspace(0.0, 2.0, 81).astype(np.float32)
    beyond = along > 1.0
    bones = np.where(beyond[:, None], [fore, upper, 0, 0], [upper, BodyBone.CHEST, fore, 0])
    weights = np.tile(np.array([0.7, 0.2, 0.1, 0.0], np.float32), (len(along), 1))
    soft, on = bent_softly(weights, bones, along, side)
    assert soft.sum(1) == pytest.approx(np.ones(len(along)))
    apart = np.abs(along - 1.0)
    far = apart > BENDING + 1e-3
    assert np.array_equal(soft[far], weights[far])
    assert np.array_equal(on[far], bones[far])
    near = apart < BENDING - 1e-3
    share = (soft * (on == fore)).sum(1)[near]
    assert (np.diff(share) > -1e-6).all()
    assert share[len(share) // 2] == pytest.approx(0.5, abs=0.02)
    assert (soft * (on == upper)).sum(1)[near] == pytest.approx(1.0 - share, abs=1e-6)


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
