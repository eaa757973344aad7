from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.free_arm import BENDING, bent_softly
from bunraku.spec.skeleton import BodyBone


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
