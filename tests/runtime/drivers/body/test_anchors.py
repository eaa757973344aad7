from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np

from bunraku.runtime.drivers.body.anchors import anchor_moves
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.spec.landmarks import LEFT_FOOT
from bunraku.spec.skeleton import BodyBone

N = 128


def test_shadows_anchors_go_where_their_bones_carry_them() -> None:
    points = np.random.default_rng(0).uniform(0, N, (35, 3))
    photo = cast(Stance, SimpleNamespace(points=points))
    transforms = np.tile(np.eye(4, dtype=np.float32)[:3], (len(BodyBone), 1, 1))
    assert np.abs(anchor_moves(photo, transforms, N)).max() < 1e-6
    transforms[BodyBone.FOOT_R, :2, 3] = 16, -8
    transforms[BodyBone.FOOT_L, :, :3] *= 2
    transforms[BodyBone.CHEST, :2, 3] = 0, 4
    left = points[list(LEFT_FOOT), :2].mean(0) / N * 2
    expected = [left, (0.25, -0.125), (0.0, 0.0625)]
    np.testing.assert_allclose(anchor_moves(photo, transforms, N), expected, atol=1e-5)
