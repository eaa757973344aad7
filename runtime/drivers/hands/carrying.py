"""How a hand moves that holds something: as a piece of the picture, with what it holds.

Turned out of the picture's plane a flat piece of it would be squeezed or show its edge, and fingers
that open would let go of what goes on hanging there.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.limbs import HAND_ENDS
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.choosing import Chosen
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW
from bunraku.spec.skeleton import SIDES


def kept_shut(poses: HandPoses, holding: Chosen) -> HandPoses:
    """A driver's hands without those that hold something in the photo: these are not drawn anew.

    :param holding: whether the photo's do.
    """
    left, right = (None if holds else pose for pose, holds in zip(poses, holding, strict=True))
    return left, right


def carried(transforms: Array, photo: Stance, holding: Chosen) -> Array:
    """Transforms with hands that hold something turned in the picture alone, as hand and forearm
    are, as far as the picture shows which way these point.

    :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
    """
    if not any(holding):
        return transforms
    result = transforms.copy()
    for side in range(SIDES):
        if not holding[side]:
            continue
        bone = HAND_BONES[side]
        elbow, wrist, end = photo.points[[LEFT_ELBOW + side, WRISTS[side], HAND_ENDS[side]]]
        ways = ((bone, end - wrist), (bone - SIDES, wrist - elbow))
        turned = np.zeros(2)
        for carrier, before in ways:
            now = transforms[carrier, :, :3] @ before
            long = np.linalg.norm(before) * np.linalg.norm(now) + 1e-6
            across = before[0] * now[1] - before[1] * now[0]
            turned += np.array([before[:2] @ now[:2], across]) / long
        angle = np.arctan2(turned[1], turned[0])
        turn = about(np.array([[0.0, 0.0, 1.0]]), np.array([angle]))[0]
        now = transforms[bone, :, :3] @ wrist + transforms[bone, :, 3]
        result[bone] = np.column_stack([turn, now - turn @ wrist])
        result[FINGER_BONES[side]] = result[bone]
    return result
