"""The photo's pixels beside an arm, or a held thing, of what goes on under it: with it they go.

They have its colours in them. While the arm stays they are what the photo shows; once it has moved,
what it uncovers has colours of its own alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.bound import Bound
from bunraku.runtime.drivers.body.colours import bleeding
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import ARMS, GROUP
from bunraku.runtime.drivers.body.limbs import HAND_ENDS
from bunraku.runtime.drivers.body.regions import grown
from bunraku.runtime.drivers.body.rims import Rim
from bunraku.runtime.source.region import Region, distance_to, nearest
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_WRIST
from bunraku.spec.skeleton import SIDES, WHOLE_ARM, BodyBone

APART = 0.01, 0.05
"""How far an arm's end must have moved, in trunks, until these pixels begin to go, and until they
are gone."""
SOFT_PX = 0.8
EDGE_PX = 3.0
"""As near to its outline a held thing has the colours of what it lies before."""
_ENDS = (LEFT_ELBOW, LEFT_WRIST, HAND_ENDS[0])
_HAND = 2


def find_uncovered(fit: Fit, binding: Binding, hidden: Sequence[Binding]) -> tuple[Rim, ...]:
    """The rims of what arms hide, one for each part of an arm and of what it lies before.

    :param binding: as it was settled. :param hidden: ``Bound.hidden``.
    """
    group = nearest(binding.group, binding.reached)
    number = np.full(int(max(ARMS)) + 1, -1)
    number[list(ARMS)] = np.arange(len(ARMS))
    result: list[Rim] = []
    for cloths in hidden:
        behind = BodyBone(cloths.bone[cloths.reached][0])
        arm = np.isin(group, ARMS) & (group != GROUP[behind])
        own = group == GROUP[behind]
        beside = grown(arm, bleeding(len(group))) & _within(binding, cloths, own)
        if not beside.any():
            continue
        of_arm = nearest(number[np.where(arm, group, ARMS[0])], arm)
        for part in np.unique(of_arm[beside]).tolist():
            its = (beside & (of_arm == part)).astype(np.float32)
            soft = np.minimum(2.0 * cv2.GaussianBlur(its, (0, 0), SOFT_PX * fit.fine), 1.0)
            lost = np.maximum(its, soft) * own
            result.append(_rim(fit, part // SIDES, part % SIDES, lost, behind))
    return tuple(result)


def find_loose(
    fit: Fit, bound: Bound, binding: Binding, hidden: Sequence[Binding]
) -> tuple[Rim, ...]:
    """The rims of what hands hold, one for each hand and what it lies before; none without it.

    :param binding: ``bound.whole`` as it was settled. :param hidden: ``Bound.hidden``.
    """
    if bound.loose is None:
        return ()
    result: list[Rim] = []
    group = nearest(binding.group, binding.reached)
    things = [np.zeros_like(binding.reached) if one is None else one for one in bound.held]
    nearer = distance_to(things[1]) < distance_to(things[0])
    for cloths in hidden:
        behind = BodyBone(cloths.bone[cloths.reached][0])
        own = group == GROUP[behind]
        goes = _within(binding, cloths, own)
        for side, its in enumerate((~nearer, nearer)):
            lost = np.where(goes & its, bound.loose, np.float32(0.0))
            if lost.any():
                apart = distance_to(lost > 0.0)
                edge = np.clip((EDGE_PX - apart) / (EDGE_PX - 1.0), 0.0, 1.0)
                lost = np.maximum(lost, np.where(things[side], edge, np.float32(0.0)))
                result.append(_rim(fit, _HAND, side, lost, behind))
    return tuple(result)


def _within(binding: Binding, cloths: Binding, own: Region) -> Region:
    """``[n, n]``: where what is hidden comes to light, but for its outline, which stays.

    :param cloths: what is hidden. :param own: ``[n, n]``, the pixels of its group.
    """
    whole = own & binding.reached | cloths.reached
    return np.asarray(cloths.reached & own & ~grown(~whole, 2 * bleeding(len(own))))


def _rim(fit: Fit, part: int, side: int, lost: Array, behind: BodyBone) -> Rim:
    left, top, width, height = cv2.boundingRect((lost > 0.0).astype(np.uint8))
    lost = np.ascontiguousarray(lost[top : top + height, left : left + width], np.float32)
    end = np.asarray(fit.stance.points[_ENDS[part] + side, :3], np.float32)
    bone = BodyBone(WHOLE_ARM[part] + side)
    return Rim(bone, end, fit.trunk_px, top, left, lost, behind, APART)
