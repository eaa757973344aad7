"""How thick an arm is made that the photo shows from its end."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import OUTLINE, fitted

from bunraku.runtime.drivers.body.arm_shape import as_thick
from bunraku.runtime.drivers.body.sleeves import Sleeve
from bunraku.runtime.drivers.body.thickness import ArmSeen
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.spec.skeleton import ARM_BONES

SKIN = np.full(3, 0.5, np.float32)


@pytest.mark.parametrize("side", [0, 1])
def test_a_thinner_arm_keeps_its_joints_where_they_are(side: int) -> None:
    fit = fitted(OUTLINE)
    unrolled = Unrolled.of(fit, side)
    narrow = ArmSeen(0.8 * unrolled.radius / unrolled.scale, 0.0, 0.0)
    placed, _ = as_thick(fit, unrolled, Sleeve(0.0, SKIN, SKIN, 1.0), narrow, side)
    for bone, ends in zip(ARM_BONES, (unrolled.ends[:2], unrolled.ends[1:]), strict=True):
        own, before = placed[bone + side], fit.placed[bone + side]
        assert np.abs(own - before).max() > 0.05
        for end in ends:
            joint = own[:, :3] @ end + own[:, 3]
            assert joint == pytest.approx(before[:, :3] @ end + before[:, 3], abs=0.5)
