"""Kinds of surface that look alike, and the planes of a body's colours that show them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.skeleton import BODY_BONES, BodyBone


class Cloth(IntEnum):
    """Kinds of surface that look alike: a bone's, for trunk and head a group's."""

    TRUNK = 0
    FACE = 1
    HAIR = 2
    UPPER_ARM_L = BodyBone.UPPER_ARM_L
    UPPER_ARM_R = BodyBone.UPPER_ARM_R
    FOREARM_L = BodyBone.FOREARM_L
    FOREARM_R = BodyBone.FOREARM_R
    HAND_L = BodyBone.HAND_L
    HAND_R = BodyBone.HAND_R
    THIGH_L = BodyBone.THIGH_L
    THIGH_R = BodyBone.THIGH_R
    SHIN_L = BodyBone.SHIN_L
    SHIN_R = BodyBone.SHIN_R
    FOOT_L = BodyBone.FOOT_L
    FOOT_R = BodyBone.FOOT_R


_SLEEVED = (Cloth.UPPER_ARM_L, Cloth.UPPER_ARM_R, Cloth.FOREARM_L, Cloth.FOREARM_R)
HANDS = Cloth.HAND_L, Cloth.HAND_R
LEGS = (
    *(Cloth.THIGH_L, Cloth.THIGH_R, Cloth.SHIN_L, Cloth.SHIN_R),
    *(Cloth.FOOT_L, Cloth.FOOT_R),
)
CLOTH = np.arange(BODY_BONES)
"""Of each bone; from the arms on they are the bones' own."""
CLOTH[[BodyBone.PELVIS, BodyBone.CHEST, BodyBone.HEAD]] = Cloth.TRUNK, Cloth.TRUNK, Cloth.FACE
SHADOW = 0.68
"""How bright an arm or a hand is where it turns away from the camera."""
SHADED = {cloth: len(Cloth) + i for i, cloth in enumerate((*_SLEEVED, *HANDS))}
"""Planes of these kinds in shadow: the numbers of the planes."""
BACK = len(Cloth) + len(SHADED)
"""The number of the plane of the trunk's back."""
NEW_ARMS = BACK + 1
"""The number of the first plane of arms that are made anew: two of each."""


def of_other_side(cloth: NDArray[np.integer]) -> NDArray[np.integer]:
    """The same kinds of arms and legs, ``[...]``, on the other side."""
    return np.asarray(np.where(cloth % 2 == 1, cloth + 1, cloth - 1))
