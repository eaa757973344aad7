"""Heads are not as far before their shoulders as the pose network says."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing

from bunraku.runtime.drivers.body.neck import LONGER, USUAL, hold_head, hold_neck
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


@pytest.mark.parametrize("size", [1.0, 1.2])
def test_a_neck_grows_no_longer_but_bends_and_sinks(size: float) -> None:
    photo = PERSON[:, :3].astype(np.float64)
    ears, shoulders = (PERSON[pair, :3].mean(0) for pair in (EARS, SHOULDERS))

    def driver(longer: float) -> Array:
        result = PERSON.copy()
        result[:, :3] *= np.float32(size)
        result[list(HEAD), :3] += (ears - shoulders) * np.float32(size * (longer - 1.0))
        return result

    for longer in (0.6, 1.0, 1.0 + LONGER[0] - 0.01):
        unheeded = driver(longer)
        assert hold_neck(unheeded, photo, size) is unheeded
    for longer in (1.2, 1.6):
        held = hold_neck(driver(longer), photo, size)
        now = held[EARS, :3].mean(0) - held[SHOULDERS, :3].mean(0)
        share = float(np.linalg.norm(now) / np.linalg.norm(ears - shoulders)) / size
        assert 1.0 + LONGER[0] < share < 1.0 + sum(LONGER)
        spread, was = (p[list(HEAD), :3] - p[EARS, :3].mean(0) for p in (held, driver(longer)))
        np.testing.assert_allclose(spread, was, atol=1e-2)
