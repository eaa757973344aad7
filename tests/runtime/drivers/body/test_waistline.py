"""The line between a shirt and trousers of a person made by code."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, SCALE, N, fitted_to

from bunraku.runtime.drivers.body.filling import filled, gone_on
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import Group, Groups
from bunraku.runtime.drivers.body.waistline import find_waistline, without_lower_cloth
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_HIP, RIGHT_HIP
from bunraku.spec.skeleton import BodyBone

SHIRT, TROUSERS = (200, 60, 60), (60, 110, 150)
HIPS = PERSON[[LEFT_HIP, RIGHT_HIP], :2].mean(0)
HEM = round(float(HIPS[1]) - 0.1 * SCALE)
"""The first row of the trousers, at the middle of the hips."""
INSIDE = OUTLINE > 0
COLUMNS = np.arange(N)


@cache
def fit() -> Fit:
    return fitted_to(PERSON, OUTLINE.astype(np.float32))


def below(slope: float = 0.0) -> Region:
    """``[n, n]``: the trousers, and what lies level with them."""
    return np.asarray(np.arange(N)[:, None] >= HEM + slope * (COLUMNS - HIPS[0]))


def dressed(shirt: tuple[int, int, int], slope: float = 0.0) -> Picture:
    colours = np.where(below(slope)[..., None], TROUSERS, shirt)
    grain = np.random.default_rng(2).integers(-6, 7, (N, N, 1))
    return np.where(INSIDE[..., None], colours + grain, 235).astype(np.uint8)


def trunk_and_legs() -> tuple[Groups, Groups]:
    """The groups ``[n, n]``, without arms, and the bones."""
    rows = np.arange(N)[:, None]
    legs = rows > HIPS[1]
    side = np.where(HIPS[0] < COLUMNS, Group.LEG_L, Group.LEG_R)
    groups = np.where(INSIDE, np.where(legs, side, Group.TRUNK), Group.NOBODY)
    bones = np.where(INSIDE, np.where(legs, BodyBone.THIGH_L, BodyBone.CHEST), -1)
    return groups.astype(np.int32), bones.astype(np.int32)


@pytest.mark.parametrize("slope", [0.0, 0.06])
def test_it_goes_on_beneath_a_hand_and_beyond_the_outline(slope: float) -> None:
    groups, bones = trunk_and_legs()
    window = dressed(SHIRT, slope)
    hand = INSIDE & (HIPS[0] - 0.04 * SCALE > COLUMNS) & (abs(np.arange(N)[:, None] - HEM) < 12)
    groups[hand] = Group.HAND_R
    window[hand] = 230, 180, 150
    line = find_waistline(fit(), groups, bones, window)
    assert line is not None
    near = abs(COLUMNS - HIPS[0]) < 0.3 * SCALE
    assert (line.below == below(slope))[:, near].mean() > 0.99
    off = abs(line.below.argmax(0) - below(slope).argmax(0))
    assert off[near].max() <= 2


def test_each_of_its_sides_is_filled_with_its_own_cloth() -> None:
    groups, bones = trunk_and_legs()
    window = dressed(SHIRT)
    hand = INSIDE & (HIPS[0] - 0.04 * SCALE > COLUMNS)
    hand &= (np.arange(N)[:, None] > HEM - 12) & (np.arange(N)[:, None] < HEM + 4)
    groups[hand] = Group.HAND_R
    window[hand] = 230, 180, 150
    line = find_waistline(fit(), groups, bones, window)
    known = INSIDE & (groups != Group.HAND_R)
    colours = window.astype(np.float32) / np.float32(255.0)

    def wrong(plane: Array) -> float:
        blue = plane[..., 2] > plane[..., 0]
        return float((blue != below())[hand].mean())

    assert line is not None
    assert wrong(filled(colours, known, line)) < 0.1 < wrong(filled(colours, known))
    plane = gone_on(window, filled(colours, known, line), known, hand, line)
    assert wrong(plane) < 0.1


def test_a_sleeve_keeps_its_own_colours_alone() -> None:
    groups, bones = trunk_and_legs()
    rows = np.arange(N)[:, None]
    lower = (rows > HEM + 0.1 * SCALE) & (rows < HEM + 0.2 * SCALE)
    right = INSIDE & (HIPS[0] < COLUMNS)
    sleeve = right & (rows < HEM + 0.1 * SCALE) & (HIPS[0] + 0.06 * SCALE < COLUMNS)
    sleeve &= rows > HEM - 0.4 * SCALE
    window = dressed(SHIRT)
    window[sleeve] = SHIRT
    groups[sleeve | right & lower] = Group.FOREARM_L  # the fitted arm ends too low
    line = find_waistline(fit(), groups, bones, window)
    assert line is not None
    found = without_lower_cloth(fit(), groups, line)
    assert (found[right & lower] != Group.FOREARM_L).mean() > 0.95
    assert (found[sleeve] == Group.FOREARM_L).mean() > 0.95


def test_of_one_cloth_there_is_none() -> None:
    groups, bones = trunk_and_legs()
    assert find_waistline(fit(), groups, bones, dressed(SHIRT)) is not None
    assert find_waistline(fit(), groups, bones, dressed(TROUSERS)) is None


def test_who_shows_little_of_it_has_none() -> None:
    groups, bones = trunk_and_legs()
    groups[(abs(COLUMNS - HIPS[0]) > 2)[None] & np.ones((N, 1), np.bool_)] = Group.NOBODY
    assert find_waistline(fit(), groups, bones, dressed(SHIRT)) is None
