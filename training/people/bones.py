"""The bones of the posed body's skeleton, in terms of MakeHuman's, which are more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BONES, MIRRORED_BONES, BodyBone, finger_bone

_SHARES: dict[str, dict[BodyBone, float]] = {
    "spine04": {BodyBone.PELVIS: 0.67, BodyBone.CHEST: 0.33},
    "spine03": {BodyBone.PELVIS: 0.33, BodyBone.CHEST: 0.67},
    "neck01": {BodyBone.CHEST: 0.7, BodyBone.HEAD: 0.3},
    "neck02": {BodyBone.CHEST: 0.45, BodyBone.HEAD: 0.55},
    "neck03": {BodyBone.CHEST: 0.15, BodyBone.HEAD: 0.85},
}
"""Bones that the skeleton does not have, and what they are to its own: the trunk bends evenly."""
_LEFT_BONES = {
    "spine": BodyBone.CHEST,
    "clavicle": BodyBone.CHEST,
    "shoulder": BodyBone.CHEST,
    "head": BodyBone.HEAD,
    "eye": BodyBone.HEAD,
    "upperarm": BodyBone.UPPER_ARM_L,
    "lowerarm": BodyBone.FOREARM_L,
    "wrist": BodyBone.HAND_L,
    "metacarpal": BodyBone.HAND_L,
    "upperleg": BodyBone.THIGH_L,
    "lowerleg": BodyBone.SHIN_L,
    "foot": BodyBone.FOOT_L,
    "toe": BodyBone.FOOT_L,
    "spine05": BodyBone.PELVIS,
    "pelvis": BodyBone.PELVIS,
    "root": BodyBone.PELVIS,
}


def shares(name: str) -> dict[BodyBone, float]:
    """Which bones of the skeleton a bone of MakeHuman's is, and to which share."""
    if name in _SHARES:
        return _SHARES[name]
    if name.startswith("finger"):  # "finger2-1.L": the second finger's first bone
        left = finger_bone(0, int(name[6]) - 1, int(name[8]) - 1)
    else:
        left = next(_LEFT_BONES[p] for p in sorted(_LEFT_BONES, reverse=True) if name.startswith(p))
    return {MIRRORED_BONES[left] if name.endswith(".R") else left: 1.0}


def reduction(names: Sequence[str]) -> Array:
    """``[n,45]``: the matrix from weights of MakeHuman's bones to weights of the skeleton's."""
    matrix = np.zeros((len(names), BONES), np.float32)
    for row, name in enumerate(names):
        for bone, share in shares(name).items():
            matrix[row, bone] = share
    return matrix
