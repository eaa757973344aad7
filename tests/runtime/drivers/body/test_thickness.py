from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.photos import OUTLINE, N, fitted
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.sleeves import Sleeve, along_upper_arm
from bunraku.runtime.drivers.body.thickness import IN_SLEEVE, arms_seen, beside
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER
from bunraku.spec.skeleton import BodyBone

COLOUR = np.full(3, 0.5, np.float32)


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fitted(OUTLINE)


def across(fit: Fit, side: int) -> tuple[Array, Array]:
    """``[n, n]`` each: how far along an upper arm each pixel lies, and how far beside its line."""
    points = np.argwhere(np.ones((N, N), np.bool_))[:, ::-1].astype(np.float32)
    line = fit.stance.points[[LEFT_SHOULDER + side, LEFT_ELBOW + side], :2]
    aside = (points - line[0]) @ beside(line)
    return along_upper_arm(fit, side, points).reshape(N, N), aside.reshape(N, N)


def with_arms(fit: Fit, *where: NDArray[np.bool_]) -> Binding:
    """A photo whose upper arms are there, the left one first."""
    binding = bind_photo(fit, street((N, N))).whole
    bone = np.full_like(binding.bone, BodyBone.CHEST)
    for side, own in enumerate(where):
        bone[own] = BodyBone.UPPER_ARM_L + side
    return replace(binding, bone=bone)


def test_a_sleeve_is_wider_than_the_arm_below_it_and_lies_where_it_is_seen(fit: Fit) -> None:
    (along, aside), (other, off) = across(fit, 0), across(fit, 1)
    left = (np.abs(aside - 2.0) < np.where(along < 0.7, 6.0, 4.0)) & (along > 0.0) & (along < 1.0)
    right = (np.abs(off) < 6.0) & (other > 0.0) & (other < 0.7)
    ends = Sleeve(0.7, COLOUR, COLOUR, 0.7)
    one, two = arms_seen(fit, with_arms(fit, left, right), (ends, ends))
    assert one.sleeve == pytest.approx(6.0, abs=0.5)
    assert one.bare == pytest.approx(4.0, abs=0.5)
    assert one.aside == pytest.approx(2.0, abs=0.5)
    assert two.bare == one.bare  # hidden by a hand, say; both arms are one person's
    assert two.aside == pytest.approx(0.0, abs=0.5)


def test_an_arm_that_no_photo_shows_below_its_sleeve_is_as_thick_as_goes_into_that(
    fit: Fit,
) -> None:
    along, aside = across(fit, 0)
    sleeve = (np.abs(aside) < 6.0) & (along > 0.0) & (along < 0.7)
    ends = Sleeve(0.7, COLOUR, COLOUR, 0.7)
    seen, _ = arms_seen(fit, with_arms(fit, sleeve), (ends, ends))
    assert seen.bare == pytest.approx(IN_SLEEVE * seen.sleeve)


def test_nothing_is_told_of_arms_that_are_not_seen(fit: Fit) -> None:
    ends = Sleeve(0.7, COLOUR, COLOUR, 0.7)
    assert arms_seen(fit, with_arms(fit), (ends, ends)) == ((0.0, 0.0, 0.0),) * 2
