from __future__ import annotations

import numpy as np
import pytest

from bunraku.spec.skeleton import BONES, BodyBone
from bunraku.training.people.body import BodyModel
from bunraku.training.people.bones import reduction, shares


@pytest.mark.parametrize(
    ("name", "bone"),
    [
        ("root", BodyBone.PELVIS),
        ("spine05", BodyBone.PELVIS),
        ("spine01", BodyBone.CHEST),
        ("clavicle.R", BodyBone.CHEST),
        ("head", BodyBone.HEAD),
        ("eye.L", BodyBone.HEAD),
        ("upperarm02.R", BodyBone.UPPER_ARM_R),
        ("metacarpal3.L", BodyBone.HAND_L),
        ("finger1-1.L", BodyBone.THUMB_1_L),
        ("finger5-3.R", BodyBone.LITTLE_3_R),
        ("lowerleg01.L", BodyBone.SHIN_L),
        ("toe4-2.R", BodyBone.FOOT_R),
    ],
)
def test_bones_by_name(name: str, bone: BodyBone) -> None:
    assert shares(name) == {bone: 1.0}


def test_the_whole_skeleton_is_shared_out(body: BodyModel) -> None:
    matrix = reduction(body.bones)
    assert matrix.shape == (104, BONES)
    np.testing.assert_allclose(matrix.sum(1), 1)
    assert (matrix.sum(0) > 0).all()
    assert matrix[body.bone("spine04"), BodyBone.PELVIS] == pytest.approx(0.67)
