"""Sleeve and trunk have one colour where they meet."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import OUTLINE, N, fitted

from bunraku.runtime.drivers.body.shoulders import joined
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER

FIT = fitted(OUTLINE)
SHIRT = np.array([0.4, 0.5, 0.6], np.float32)
SKIN = np.array([0.8, 0.6, 0.5], np.float32)


def plane(colour: Array) -> Array:
    return np.broadcast_to(colour, (N, N, 3)).astype(np.float32)


def along(picture: Array, share: float) -> Array:
    """What it has so far down the left upper arm."""
    start, end = FIT.stance.points[[LEFT_SHOULDER, LEFT_ELBOW], :2]
    x, y = np.rint(start + share * (end - start)).astype(int)
    return np.asarray(picture[y, x])


def shown_as(arm: Array, trunk: Array) -> Array:
    """The left upper arm's plane beside a trunk's, of a photo that shows both as they are."""
    colours = plane(trunk)
    where = np.zeros((2, N, N), np.bool_)
    where[0, :20], where[1, 20:] = True, True
    colours[:20] = arm
    return joined(FIT, 0, plane(arm), plane(trunk), colours, (where[0], where[1]))


def test_a_sleeve_in_shade_goes_over_into_the_trunks_colour_at_the_shoulder() -> None:
    found = shown_as(0.75 * SHIRT, SHIRT)
    assert along(found, 0.0) == pytest.approx(SHIRT)
    assert along(found, 0.7) == pytest.approx(0.75 * SHIRT)
    between = float(along(found, 0.33)[0] / SHIRT[0])
    assert 0.8 < between < 0.95


@pytest.mark.parametrize("arm", [SKIN, 0.4 * SHIRT])
def test_an_arm_that_is_not_in_the_trunks_cloth_stays_as_it_is(arm: Array) -> None:
    np.testing.assert_array_equal(shown_as(arm, SHIRT), plane(arm))


def test_an_arm_of_which_nothing_is_seen_stays_as_it_is() -> None:
    nothing = np.zeros((N, N), np.bool_)
    found = joined(FIT, 0, plane(SKIN), plane(SHIRT), plane(SHIRT), (nothing, ~nothing))
    np.testing.assert_array_equal(found, plane(SKIN))
