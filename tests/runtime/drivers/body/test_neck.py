"""Heads are not as far before their shoulders as the pose network says."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing

from bunraku.runtime.drivers.body.neck import USUAL, hold_head
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_EAR,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_EAR,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

PERSON = standing()
SHOULDERS, HIPS, EARS = (
    [LEFT_SHOULDER, RIGHT_SHOULDER],
    [LEFT_HIP, RIGHT_HIP],
    [LEFT_EAR, RIGHT_EAR],
)
TRUNK = float(np.linalg.norm((PERSON[HIPS] - PERSON[SHOULDERS]).mean(0)[:3]))


def stooping(share: float) -> Array:
    """Ears so far before the shoulders, in trunks."""
    result = PERSON.copy()
    result[list(HEAD), 2] -= share * TRUNK + result[EARS, 2].mean() - result[SHOULDERS, 2].mean()
    return result


def before(person: Array) -> float:
    return float(person[SHOULDERS, 2].mean() - person[EARS, 2].mean()) / TRUNK


@pytest.mark.parametrize(
    ("share", "least", "most"), [(USUAL, USUAL, USUAL), (0.16, 0.09, 0.11), (0.6, 0.55, 0.6)]
)
def test_a_head_that_stoops_a_little_is_upright_and_a_bent_one_stays(
    share: float, least: float, most: float
) -> None:
    held = hold_head(stooping(share))
    assert least - 1e-4 <= before(held) <= most + 1e-4
    assert np.array_equal(held[:, :2], PERSON[:, :2])
    assert np.array_equal(held[max(HEAD) + 1 :], PERSON[max(HEAD) + 1 :])


def test_of_who_is_seen_from_the_side_nothing_changes() -> None:
    turned = stooping(0.2)
    turned[:, [0, 2]] = np.stack([128.0 + turned[:, 2], 128.0 - turned[:, 0]], -1)
    assert np.allclose(hold_head(turned), turned, atol=1e-3)
