"""The driver's pose with the source's limb lengths, so that the source keeps its own build.

Convention: landmarks are ``[33, 4]`` in window units, x, y, z of one scale, plus visibility. The
trunk stays where the driver's is; directions are the driver's, lengths the source's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import pixels_per_metre
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_EAR,
    LEFT_EYE,
    LEFT_HIP,
    LEFT_SHOULDER,
    LIMBS,
    MOUTH,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    VISIBLE,
    Bone,
)

RATIO_MIN, RATIO_MAX = 0.75, 1.33
"""People differ by less; more is an error of the pose network."""

PERSPECTIVE_MIN, PERSPECTIVE_MAX = 0.7, 1.4
"""How much larger or smaller than the body's mean scale one of its bones may look."""
_SWINGING = Bone.UPPER_ARM, Bone.FOREARM

Proportions = Mapping[Bone, float]
"""Lengths of bones in metres as the camera shows them, as far as they are known."""

Slack = Mapping[Bone, float]
"""The share of a bone's length by which it may differ unheeded; what is twice as much counts
wholly."""
EXACT: Slack = {}
"""Every difference counts."""


def proportions(pose: Pose) -> Proportions:
    """The lengths of a person's bones, left and right averaged, at the body's mean scale.

    A camera held high makes legs short. The lengths are in metres of the body as a whole, times
    how much larger the picture shows this bone: two pictures are then comparable bone by bone,
    whatever the pose and the camera. Arms are in metres alone: they swing towards the camera, and
    look larger there whoever has them. Of a head it is how far its points lie from their middle,
    in the picture and in depth: as large as it will be drawn.

    :param pose: a bone of it is left out unless both of its ends are visible.
    """
    scale = pixels_per_metre(pose)
    seen = pose.landmarks[:, 3] >= VISIBLE
    metres, pixels = _middles(pose.world), _middles(pose.landmarks[:, :3])
    found: dict[Bone, list[float]] = {}

    def note(bone: Bone, world: Array, picture: Array, ends: tuple[int, ...]) -> None:
        if all(seen[i] for i in ends):
            flat = float(np.linalg.norm(world[:2])) * scale
            shown = float(np.linalg.norm(picture[:2]))
            factor = 1.0
            if flat and bone not in _SWINGING:
                factor = min(max(shown / flat, PERSPECTIVE_MIN), PERSPECTIVE_MAX)
            found.setdefault(bone, []).append(float(np.linalg.norm(world)) * factor)

    def between(bone: Bone, start: int, end: int) -> None:
        world = pose.world[end] - pose.world[start]
        picture = pose.landmarks[end, :3] - pose.landmarks[start, :3]
        note(bone, world, picture, (start, end))

    (shoulders, hips, ears), (shoulders_px, hips_px, ears_px) = metres, pixels
    trunk = (LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP)
    note(Bone.TORSO, hips - shoulders, hips_px - shoulders_px, trunk)
    note(Bone.NECK, ears - shoulders, ears_px - shoulders_px, trunk[:2])
    if scale and seen[[LEFT_EYE, RIGHT_EYE, *MOUTH]].all():
        head = np.column_stack([pose.landmarks[:, :2] / scale, pose.world[:, 2]])[list(HEAD)]
        found[Bone.HEAD] = [float(np.linalg.norm(head - head.mean(0), axis=1).mean())]
    between(Bone.SHOULDERS, LEFT_SHOULDER, RIGHT_SHOULDER)
    between(Bone.HIPS, LEFT_HIP, RIGHT_HIP)
    for limb in LIMBS:
        between(limb.bone, limb.start, limb.end)
    return {bone: sum(lengths) / len(lengths) for bone, lengths in found.items()}


def ratios(source: Proportions, driver: Proportions, slack: Slack = EXACT) -> Mapping[Bone, float]:
    """By how much each of the driver's bones is to be stretched; 1 where either is unknown.

    The windows are matched by the bodies' scales, so lengths compare as they are.
    """
    result = dict.fromkeys(Bone, 1.0)
    for bone in Bone:
        length, driving = source.get(bone, 0.0), driver.get(bone, 0.0)
        if length > 0.0 and driving > 0.0:
            ratio = length / driving
            result[bone] = min(max(_counted(ratio, slack.get(bone, 0.0)), RATIO_MIN), RATIO_MAX)
    return result


def _counted(ratio: float, slack: float) -> float:
    """1 within the slack, the ratio itself from twice as much on."""
    free, differs = np.log1p(slack), abs(np.log(ratio))
    return float(ratio ** (min(2.0 * max(differs - free, 0.0), differs) / max(differs, 1e-6)))


def retarget(landmarks: Array, stretch: Mapping[Bone, float]) -> Array:
    """The driver's landmarks with bones stretched by ``ratios``; visibility is kept.

    The middle of the shoulders and the middle of the hips stay in place, unless the torso itself
    is stretched: then the shoulders stay. Hands and feet move rigidly with what they hang on, and
    so does the head, as large as it is.
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
    head = (old[list(HEAD)] - ears) * np.float32(stretch[Bone.HEAD])
    new[list(HEAD)] = ears + head + (ears - shoulders) * np.float32(stretch[Bone.NECK] - 1.0)
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
