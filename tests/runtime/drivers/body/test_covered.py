"""Two orange sleeves, and something before one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.covered import covered_forearms, without_forearms
from bunraku.runtime.drivers.body.groups import Group

N = 96
ORANGE = np.array([220, 80, 40], np.uint8)
INSIDE = np.ones((N, N), np.bool_)
UNSURE = False, False


def groups() -> NDArray[np.int32]:
    result = np.full((N, N), Group.TRUNK, np.int32)
    result[10:40, 5:20], result[40:70, 5:20] = Group.UPPER_ARM_R, Group.FOREARM_R
    result[10:40, 76:91], result[40:70, 76:91] = Group.UPPER_ARM_L, Group.FOREARM_L
    result[70:80, 76:91] = Group.HAND_L
    return result


def window(before: tuple[int, int, int] | None = None) -> NDArray[np.uint8]:
    """:param before: the colour of what is before the left forearm."""
    picture = np.full((N, N, 3), (60, 60, 70), np.uint8)
    picture[10:70, 5:20] = picture[10:70, 76:91] = ORANGE
    picture += np.random.default_rng(1).integers(0, 6, (N, N, 1), dtype=np.uint8)
    if before is not None:
        picture[40:80, 70:96] = before
    return picture


def test_a_forearm_behind_a_thing_is_not_there() -> None:
    covered = covered_forearms(groups(), INSIDE, window((15, 15, 18)), UNSURE)
    assert covered == (True, False)
    found = without_forearms(groups(), covered)
    assert not np.isin(found, [Group.FOREARM_L, Group.HAND_L]).any()
    assert (found[40:80, 76:91] == Group.TRUNK).all()
    kept = np.isin(groups(), [Group.FOREARM_R, Group.UPPER_ARM_L, Group.UPPER_ARM_R])
    assert np.array_equal(found[kept], groups()[kept])


def test_forearms_that_are_seen_stay() -> None:
    assert covered_forearms(groups(), INSIDE, window(), UNSURE) == (False, False)
    # A bare forearm looks like the other one, and one that ends in a seen hand is there.
    bare = window()
    bare[40:70, 5:20] = bare[40:70, 76:91] = (205, 150, 120)
    assert covered_forearms(groups(), INSIDE, bare, UNSURE) == (False, False)
    gloved = window((15, 15, 18))
    assert covered_forearms(groups(), INSIDE, gloved, (True, False)) == (False, False)
    assert np.array_equal(without_forearms(groups(), (False, False)), groups())


def test_of_little_nothing_is_said() -> None:
    little = groups() == Group.FOREARM_L
    assert covered_forearms(groups(), little, window((9, 9, 9)), UNSURE) == (False, False)
