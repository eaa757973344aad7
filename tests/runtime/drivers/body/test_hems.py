"""Pieces of a photo's arm go on a little beneath each other."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.hems import HEM_PX, hemmed


def test_pieces_of_an_arm_overlap_and_take_nothing_of_the_trunk() -> None:
    group = np.full((20, 40), Group.TRUNK, np.int32)
    group[8:12, 10:20], group[8:12, 20:30] = Group.UPPER_ARM_L, Group.FOREARM_L
    own = hemmed(group)
    upper, fore = own[Group.UPPER_ARM_L], own[Group.FOREARM_L]
    assert np.flatnonzero(upper[10]).tolist() == list(range(10, 20 + HEM_PX))
    assert np.flatnonzero(fore[10]).tolist() == list(range(20 - HEM_PX, 30))
    for piece in (upper, fore):
        assert not piece[group == Group.TRUNK].any()
    np.testing.assert_array_equal(own[Group.TRUNK], group == Group.TRUNK)


def test_an_arm_has_no_hem_of_the_other_one() -> None:
    group = np.full((8, 20), Group.FOREARM_L, np.int32)
    group[:, 10:] = Group.FOREARM_R
    own = hemmed(group)
    np.testing.assert_array_equal(own[Group.FOREARM_L], group == Group.FOREARM_L)
