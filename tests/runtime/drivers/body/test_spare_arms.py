from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import PERSON, SCALE, N, fitted_to, posed

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.anew import NewArm
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.cloths import SHADED, Cloth
from bunraku.runtime.drivers.body.crossed import are_folded
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.light import studio
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.drivers.body.shading import in_shade
from bunraku.runtime.drivers.body.spare_arms import make_spare_arms
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HAND, LEFT_WRIST
from bunraku.spec.skeleton import BodyBone


def bent(deg: float) -> Array:
    """``[33, 4]``: the person, the left forearm raised beside it by so many degrees."""
    result = PERSON.copy()
    fore = PERSON[LEFT_WRIST, :2] - PERSON[LEFT_ELBOW, :2]
    angle = -np.deg2rad(deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    result[[LEFT_WRIST, *LEFT_HAND], :2] += turn @ fore - fore
    return result


BENT = bent(90.0)


def bound(landmarks: Array) -> tuple[Fit, Array, Binding]:
    fit = fitted_to(landmarks, silhouette(landmarks, (N, N), SCALE).astype(np.float32))
    settled, binding = settle(fit, bind_photo(fit, np.zeros((N, N, 3), np.uint8)).whole)
    return fit, settled.mesh, binding


def spare(fit: Fit, mesh: Array, binding: Binding) -> tuple[NewArm, ...]:
    return make_spare_arms(fit, mesh, binding, studio(), ())


@pytest.fixture(scope="module")
def photo() -> tuple[Fit, Array, Binding]:
    return bound(BENT)


@pytest.fixture(scope="module")
def hanging() -> tuple[Fit, Array, Binding]:
    return bound(PERSON)


def test_arms_that_hang_have_none_and_a_bent_one_has(
    photo: tuple[Fit, Array, Binding], hanging: tuple[Fit, Array, Binding]
) -> None:
    assert spare(*hanging) == ()
    for fit in (photo[0], hanging[0]):
        assert not are_folded(fit.stance.points, fit.trunk_px)
    assert [arm.side for arm in spare(*photo)] == [0]


def test_it_comes_as_its_elbow_opens_and_not_before(photo: tuple[Fit, Array, Binding]) -> None:
    (arm,) = spare(*photo)
    fit = photo[0]
    for at, out in ((90.0, False), (75.0, False), (20.0, True)):
        transforms = posed(fit, bent(at))
        assert (arm.form.moved(transforms) is not None) == out, at
        assert (arm.faded(transforms) == 1.0) == out, at


def test_until_then_it_is_the_bodys_own(photo: tuple[Fit, Array, Binding]) -> None:
    (arm,), (fit, mesh, _) = spare(*photo), photo
    transforms = posed(fit, bent(75.0))
    form = arm.form
    moved = skin(form.tucked, form.tucked_weights, form.tucked_bones, transforms)
    body = skin(mesh, fit.template.weights, fit.template.bones, transforms)
    np.testing.assert_allclose(moved, body[form.used], atol=1e-3)
    assert np.array_equal(form.tucked_mix, in_shade(fit.template, mesh)[form.used])


def test_it_is_narrower_towards_the_wrist(photo: tuple[Fit, Array, Binding]) -> None:
    (arm,) = spare(*photo)
    there = bent(20.0)
    moved = arm.form.moved(posed(photo[0], there))
    assert moved is not None
    elbow, wrist = there[LEFT_ELBOW, :2], there[LEFT_WRIST, :2]
    bone = wrist - elbow
    offset = moved[0][:, :2] - elbow
    along = offset @ bone / (bone @ bone)
    across = np.abs(offset @ np.array([-bone[1], bone[0]])) / np.linalg.norm(bone)
    wide = [across[np.abs(along - at) < 0.12].max() for at in (0.25, 0.9)]
    assert wide[1] < 0.8 * wide[0]


def test_of_a_strip_it_has_the_other_arms_colours(hanging: tuple[Fit, Array, Binding]) -> None:
    fit, mesh, binding = hanging
    upper = binding.bone == BodyBone.UPPER_ARM_L
    columns = np.nonzero(upper)[1]
    behind = upper & (np.arange(N) < np.percentile(columns, 65.0))
    trunk = np.where(behind, BodyBone.CHEST, binding.bone).astype(np.int32)
    (arm,) = spare(fit, mesh, replace(binding, bone=trunk))
    assert arm.side == 0
    assert arm.planes is not None
    assert set(arm.planes[:, 0]) == {Cloth.UPPER_ARM_R, Cloth.FOREARM_R}
    assert set(arm.planes[:, 1]) == {SHADED[Cloth.UPPER_ARM_R], SHADED[Cloth.FOREARM_R]}
    swung = bent(60.0)
    assert arm.form.moved(posed(fit, swung)) is not None
