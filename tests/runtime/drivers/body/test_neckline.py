"""A dress that ends below the shoulders, a shirt, and an arm before either."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, N, fitted

from bunraku.runtime.drivers.body.front import fitted_groups
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.head import Head
from bunraku.runtime.drivers.body.nape import Nape
from bunraku.runtime.drivers.body.neckline import Neckline, find_neckline
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER

FIT = fitted(OUTLINE)
HEAD = Head.of(FIT)
OUT = Nape.of(FIT, HEAD, np.zeros((N, N), np.bool_)).out
GROUPS = fitted_groups(FIT)
SKIN, CLOTH = np.array([0.85, 0.62, 0.5], np.float32), np.array([0.3, 0.35, 0.7], np.float32)
LEFT, SHOULDERS = int(PERSON[LEFT_SHOULDER, 0]), int(PERSON[LEFT_SHOULDER, 1])
MIDDLE = int(PERSON[[LEFT_SHOULDER, RIGHT_SHOULDER], 0].mean())
LINE = SHOULDERS + 8
"""The row where the dress begins."""
TRUNK = GROUPS == Group.TRUNK


def dressed() -> Array:
    colours = np.where(TRUNK[..., None], CLOTH, SKIN)
    colours[:LINE] = SKIN
    return np.asarray(colours, np.float32)


def shirted() -> Array:
    """A shirt with a round neckline and sleeves."""
    colours = np.tile(CLOTH, (N, N, 1))
    rows, columns = np.indices((N, N))
    colours[np.hypot(rows - SHOULDERS + 4, columns - MIDDLE) < 10] = SKIN
    colours[: SHOULDERS - 12] = SKIN
    return np.asarray(colours, np.float32)


def behind(*columns: slice) -> NDArray[np.bool_]:
    """What an arm before some columns hides of the chest."""
    hidden = np.zeros((N, N), np.bool_)
    for one in columns:
        hidden[SHOULDERS - 4 : LINE + 15, one] = True
    return np.asarray(hidden & TRUNK)


def found(colours: Array, hidden: NDArray[np.bool_]) -> Neckline | None:
    return find_neckline(FIT, HEAD, GROUPS, hidden, FIT.inside, colours, SKIN, OUT)


def test_skin_goes_on_beneath_an_arm_down_to_the_dress() -> None:
    hidden = behind(slice(LEFT - 12, LEFT))
    neckline = found(dressed(), hidden)
    assert neckline is not None
    above = hidden.copy()
    above[LINE:] = False
    assert (neckline.hidden & above).sum() > 0.9 * above.sum()
    assert not (neckline.hidden & ~hidden).any()
    assert not neckline.hidden[LINE + 1 :].any()
    assert not (neckline.seen & hidden).any()


def test_so_it_does_where_arms_hide_both_shoulders() -> None:
    right = int(PERSON[RIGHT_SHOULDER, 0])
    hidden = behind(slice(LEFT - 12, LEFT), slice(right + 1, right + 13))
    neckline = found(dressed(), hidden)
    assert neckline is not None
    assert neckline.hidden[SHOULDERS : LINE - 1][hidden[SHOULDERS : LINE - 1]].mean() > 0.9
    assert not neckline.hidden[LINE + 1 :].any()


def test_a_shirt_goes_on_over_its_shoulder() -> None:
    hidden = behind(slice(MIDDLE + 3, LEFT))
    neckline = found(shirted(), hidden)
    assert neckline is not None
    # As far as the other half's neckline goes.
    assert neckline.hidden[:, MIDDLE + 4].any()
    assert not neckline.hidden[:, MIDDLE + 14 :].any()


def test_each_shoulder_tells_of_its_own_side_also_from_behind() -> None:
    """One of them is bare and the chest below hidden as far as the picture goes."""
    left, right = slice(LEFT - 12, N), slice(0, int(PERSON[RIGHT_SHOULDER, 0]) + 13)
    hidden, colours = behind(left, right), dressed()
    colours[GROUPS == Group.UPPER_ARM_R] = CLOTH
    seen = found(colours, hidden)
    points, groups = FIT.stance.points.copy(), GROUPS.copy()
    for one in (LEFT_SHOULDER, RIGHT_HIP - 1):
        points[[one, one + 1]] = points[[one + 1, one]]
    for one, other in (
        (Group.UPPER_ARM_L, Group.UPPER_ARM_R),
        (Group.UPPER_ARM_R, Group.UPPER_ARM_L),
    ):
        groups[one == GROUPS] = other
    turned = replace(FIT, stance=replace(FIT.stance, points=points))
    back = find_neckline(turned, HEAD, groups, hidden, FIT.inside, colours, SKIN, OUT)
    assert seen is not None
    assert back is not None
    assert seen.hidden[:, MIDDLE:].sum() > 2 * seen.hidden[:, :MIDDLE].sum()
    assert np.array_equal(back.hidden, seen.hidden)


def test_nothing_is_said_without_skin_or_of_who_lies() -> None:
    hidden = behind(slice(LEFT - 12, LEFT))
    plain = np.tile(CLOTH, (N, N, 1))
    assert found(plain, hidden) is None
    assert found(dressed(), np.zeros((N, N), np.bool_)) is None
    assert find_neckline(FIT, HEAD, GROUPS, hidden, FIT.inside, dressed(), None, OUT) is None
    points = FIT.stance.points.copy()
    points[[RIGHT_HIP, RIGHT_HIP - 1], :2] = points[[LEFT_SHOULDER, RIGHT_SHOULDER], :2] + (90, 9)
    lying = replace(FIT, stance=replace(FIT.stance, points=points))
    assert find_neckline(lying, HEAD, GROUPS, hidden, FIT.inside, dressed(), SKIN, OUT) is None
