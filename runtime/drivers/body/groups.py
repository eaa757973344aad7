"""The groups in which bones are drawn, and how pixels are told by them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Groups = NDArray[np.int32]
"""Numbers of ``Group``, of pixels or vertices."""


class Group(IntEnum):
    """Bones that are drawn together; the right limb is the next after the left one."""

    NOBODY = -1
    TRUNK = 0
    """With the head."""
    UPPER_ARM_L = 1
    UPPER_ARM_R = 2
    FOREARM_L = 3
    FOREARM_R = 4
    LEG_L = 5
    LEG_R = 6
    HAND_L = 7
    HAND_R = 8


GROUPS = 9
GROUP = np.array([0, 0, 0, 1, 2, 3, 4, 7, 8, 5, 6, 5, 6, 5, 6], np.int32)
"""Of each bone that landmarks pose."""
UPPER_ARMS = Group.UPPER_ARM_L, Group.UPPER_ARM_R
FOREARMS = Group.FOREARM_L, Group.FOREARM_R
HANDS = Group.HAND_L, Group.HAND_R
ARMS = *UPPER_ARMS, *FOREARMS, *HANDS
LEFT_ARM = Group.UPPER_ARM_L, Group.FOREARM_L, Group.HAND_L
"""From the shoulder outwards; with 1 added they are the right one's."""
CLOTHES = [Group.TRUNK, Group.LEG_L, Group.LEG_R]
"""What arms and hands lie before."""


def forearm_of(groups: Groups, side: int) -> NDArray[np.bool_]:
    """``[h, w]``: the left (0) or the right forearm (1), with its hand."""
    return np.isin(groups, [Group.FOREARM_L + side, Group.HAND_L + side])


def with_forearms(groups: Groups) -> Groups:
    """Groups of any shape, hands as part of their forearms."""
    result = groups.copy()
    for side in (0, 1):
        result[groups == Group.HAND_L + side] = Group.FOREARM_L + side
    return result
