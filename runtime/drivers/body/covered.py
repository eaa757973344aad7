"""Forearms that something before them hides: a helmet on the knees, a desk, another person.

The pose network guesses where they are. What the photo shows there is none of them, and would be
torn off by their bones; and an arm that ends in nothing cannot be moved.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.groups import Group, Groups
from bunraku.runtime.drivers.body.palette import apart_from, common_colours, without_grain
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Picture
from bunraku.spec.skeleton import SIDES

ALIKE = 0.35
"""The share of a forearm that looks like the other one or its own upper arm, if it is one."""
UNLIKE = 14.0
"""From how far in Lab a colour is another."""
FEWEST = 30
"""Pixels of an arm from which its colours mean anything."""


def covered_forearms(
    groups: Groups, inside: Region, window: Picture, seen: tuple[bool, bool]
) -> tuple[bool, bool]:
    """Whether something hides the left and the right forearm.

    :param groups: ``[n, n]``. :param inside: ``[n, n]``, the person.
    :param window: ``[n, n, 3]`` uint8.
    :param seen: whether the left and the right wrist are seen without doubt: so are their forearms.
    """
    left, right = (
        not seen[side] and not _is_shown(groups, inside, window, side) for side in range(SIDES)
    )
    return left, right


def without_forearms(groups: Groups, covered: tuple[bool, bool]) -> Groups:
    """Groups ``[n, n]`` without what is hidden: what the photo shows there is of the trunk."""
    sides = np.flatnonzero(covered)
    own = [limb + side for side in sides for limb in (Group.FOREARM_L, Group.HAND_L)]
    return np.where(np.isin(groups, own), Group.TRUNK, groups).astype(np.int32)


def _is_shown(groups: Groups, inside: Region, window: Picture, side: int) -> bool:
    """Whether a forearm looks like an arm of this person, or too little is there to tell."""
    own = inside & (groups == Group.FOREARM_L + side)
    arms = (Group.UPPER_ARM_L + side, Group.FOREARM_L + 1 - side)
    others = inside & np.isin(groups, arms)
    if min(int(own.sum()), int(others.sum())) < FEWEST:
        return True
    lab = without_grain(window)
    shown = lab[own]
    colours, _ = common_colours(lab[others])
    return bool((apart_from(shown, colours) < UNLIKE).mean() >= ALIKE)
