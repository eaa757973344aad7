"""The driver's pose with the source's limb lengths, so that the source keeps its own build.

Convention: landmarks are ``[33, 4]`` in window units, x, y, z of one scale, plus visibility. The
trunk stays where the driver's is; directions are the driver's, lengths the source's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bunraku.runtime.arrays import Array
from bunraku.runtime.skeleton import (
    HEAD,
    LEFT_EAR,
    LEFT_HIP,
    LEFT_SHOULDER,
    LIMBS,
    RIGHT_EAR,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    VISIBLE,
    Bone,
)

RATIO_MIN, RATIO_MAX = 0.75, 1.33
"""People differ by less; more is an error of the pose network."""

Proportions = Mapping[Bone, float]
"""Lengths of bones in metres, as far as they are known."""


def proportions(world: Array, visibility: Array) -> Proportions:
    """The lengths of a person's bones, left and right averaged.

    :param world: ``[33, 3]`` in metres.
    :param visibility: ``[33]`` in [0, 1]; a bone is left out unless both of its ends are visible.
    """
    shoulders, hips, ears = _middles(world)
    seen = visibility >= VISIBLE
    found: dict[Bone, list[float]] = {}

    def note(bone: Bone, start: Array, end: Array, ends: tuple[int, ...]) -> None:
        if all(seen[i] for i in ends):
            found.setdefault(bone, []).append(float(np.linalg.norm(end - start)))

    trunk = (LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP)
    note(Bone.TORSO, shoulders, hips, trunk)
    note(Bone.SHOULDERS, world[LEFT_SHOULDER], world[RIGHT_SHOULDER], trunk[:2])
    note(Bone.HIPS, world[LEFT_HIP], world[RIGHT_HIP], trunk[2:])
    note(Bone.NECK, shoulders, ears, (LEFT_SHOULDER, RIGHT_SHOULDER))
    for limb in LIMBS:
        note(limb.bone, world[limb.start], world[limb.end], (limb.start, limb.end))
    return {bone: sum(lengths) / len(lengths) for bone, lengths in found.items()}


def ratios(source: Proportions, driver: Proportions, unit: Bone) -> Mapping[Bone, float]:
    """By how much each of the driver's bones is to be stretched; 1 where either is unknown.

    :param unit: the bone by which both are measured (the one that their windows are matched by):
        ``Bone.TORSO``, or ``Bone.SHOULDERS`` where hips are out of the picture.
    """
    result = dict.fromkeys(Bone, 1.0)
    if min(source.get(unit, 0.0), driver.get(unit, 0.0)) <= 0.0:
        return result
    for bone in Bone:
        length = source.get(bone, 0.0) / source[unit]
        driving = driver.get(bone, 0.0) / driver[unit]
        if length > 0.0 and driving > 0.0:
            result[bone] = min(max(length / driving, RATIO_MIN), RATIO_MAX)
    return result


def retarget(landmarks: Array, stretch: Mapping[Bone, float]) -> Array:
    """The driver's landmarks with bones stretched by ``ratios``; visibility is kept.

    The middle of the shoulders and the middle of the hips stay in place, unless the torso itself
    is stretched: then the shoulders stay. Hands, feet and face move rigidly with what they hang
    on.
    """
    old = landmarks[:, :3]
    new = old.copy()
    shoulders, hips, ears = _middles(old)
    pelvis = shoulders + (hips - shoulders) * np.float32(stretch[Bone.TORSO])
    for pair, bone, middle, target in (
        ((LEFT_SHOULDER, RIGHT_SHOULDER), Bone.SHOULDERS, shoulders, shoulders),
        ((LEFT_HIP, RIGHT_HIP), Bone.HIPS, hips, pelvis),
    ):
        for joint in pair:
            new[joint] = target + (old[joint] - middle) * np.float32(stretch[bone])
    new[list(HEAD)] += (ears - shoulders) * np.float32(stretch[Bone.NECK] - 1.0)
    for limb in LIMBS:
        factor = np.float32(stretch[limb.bone])
        new[limb.end] = new[limb.start] + (old[limb.end] - old[limb.start]) * factor
        for joint in limb.carried:
            new[joint] = new[limb.end] + (old[joint] - old[limb.end])
    return np.concatenate([new, landmarks[:, 3:]], 1)


def _middles(points: Array) -> tuple[Array, Array, Array]:
    """The middles of the shoulders, the hips and the ears."""
    half = np.float32(0.5)
    return (
        (points[LEFT_SHOULDER] + points[RIGHT_SHOULDER]) * half,
        (points[LEFT_HIP] + points[RIGHT_HIP]) * half,
        (points[LEFT_EAR] + points[RIGHT_EAR]) * half,
    )
