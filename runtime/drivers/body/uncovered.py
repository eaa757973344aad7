"""The photo's pixels beside an arm, of what goes on under it: with the arm they go.

They have its colours in them. While the arm stays they are what the photo shows; once it has moved,
what it uncovers has colours of its own alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.colours import bleeding
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.limbs import HAND_ENDS
from bunraku.runtime.drivers.body.parting import ARMS, GROUP
from bunraku.runtime.drivers.body.regions import grown, nearest
from bunraku.runtime.drivers.body.rims import Rim
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_WRIST
from bunraku.spec.skeleton import SIDES, BodyBone

APART = 0.01, 0.05
"""How far an arm's end must have moved, in trunks, until these pixels begin to go, and until they
are gone."""
SOFT_PX = 0.8
_BONES = (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L, BodyBone.HAND_L)
_ENDS = (LEFT_ELBOW, LEFT_WRIST, HAND_ENDS[0])


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
        near = bleeding(len(group))
        beside = cloths.reached & grown(arm, near) & own
        whole = own & binding.reached | cloths.reached
        beside &= ~grown(~whole, 2 * near)  # an outline beside the arm stays
        if not beside.any():
            continue
        of_arm = nearest(number[np.where(arm, group, ARMS[0])], arm)
        for part in np.unique(of_arm[beside]).tolist():
            bone, side = BodyBone(_BONES[part // SIDES] + part % SIDES), part % SIDES
            its = (beside & (of_arm == part)).astype(np.float32)
            soft = np.minimum(2.0 * cv2.GaussianBlur(its, (0, 0), SOFT_PX * fit.fine), 1.0)
            lost = np.maximum(its, soft) * (group == GROUP[behind])
            left, top, width, height = cv2.boundingRect((lost > 0.0).astype(np.uint8))
            lost = np.ascontiguousarray(lost[top : top + height, left : left + width], np.float32)
            end = np.asarray(fit.stance.points[_ENDS[part // SIDES] + side, :3], np.float32)
            result.append(Rim(bone, end, fit.trunk_px, top, left, lost, behind, APART))
    return tuple(result)
