"""Arms whose hand the photo has before its person's face.

Nothing tells what such a hand hides: with it gone a face would have neither mouth nor eyes, and
where skin lies before skin nothing tells well where the hand ends. So it stays at the face, and
goes along with the head.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bunraku.runtime.drivers.body.colours import EYES
from bunraku.runtime.drivers.body.groups import Group, Groups, forearm_of
from bunraku.runtime.drivers.body.head import CHIN
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.region import Region, distance_to, nearest
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LEFT_ELBOW, LEFT_WRIST, MOUTH
from bunraku.spec.skeleton import SIDES, BodyBone
from bunraku.spec.smoothstep import smoothstep

HIDES = 0.1
"""The share of a face, from hairline to chin, from which on a hand hides it."""
EVEN = 0.5
"""How far depths beneath it are evened out, in halves of its width."""

HAIRLINE = 0.9
"""How far above the eyes a face ends, in lengths of the way from there to the mouth."""


@dataclass(frozen=True, eq=False)
class ArmAtFace:
    """An arm whose hand hides the face, or touches hair or collar (``held_up``)."""

    whole: Region
    """``[n, n]``"""
    forearm: Region
    """``[n, n]``, with the hand."""
    with_head: bool = True
    """Whether the hand goes along with the head; else with the trunk."""

    @classmethod
    def of(cls, groups: Groups, side: int, *, with_head: bool = True) -> ArmAtFace:
        """The left (0) or the right arm (1) of groups ``[n, n]``."""
        forearm = forearm_of(groups, side)
        return cls(forearm | (groups == Group.UPPER_ARM_L + side), forearm, with_head)


AtFace = tuple[ArmAtFace | None, ArmAtFace | None]
"""The left and the right arm; None for one that moves."""


def hands_at_face(groups: Groups, face: Array | None, seen: tuple[bool, bool]) -> AtFace:
    """The arms whose hands or forearms hide a part of the face.

    :param groups: ``[n, n]``.
    :param face: ``[k, 2 or more]`` in pixels, points around the face; None if it shows none.
    :param seen: whether the left and the right wrist are seen without doubt: of busts the pose
        network has hands at the chin that nobody sees.
    """
    if face is None:
        return None, None
    within = _within(face, groups.shape)
    left, right = (
        ArmAtFace.of(groups, side)
        if seen[side] and (forearm_of(groups, side) & within).sum() > HIDES * within.sum()
        else None
        for side in range(SIDES)
    )
    return left, right


def all_of(arms: AtFace, shape: tuple[int, ...]) -> Region:
    """``[n, n]``: all pixels of such arms. They are of the trunk: an arm cut from it would have a
    slit at its elbow."""
    result = np.zeros(shape, np.bool_)
    for arm in arms:
        if arm is not None:
            result |= arm.whole
    return result


def face_by_pose(points: Vectors, away: bool) -> Array | None:
    """``[k, 2]`` in pixels: points around a face of which the pose alone is known; None of a person
    who looks away.

    :param points: the photo's landmarks, ``[33, 2 or more]`` in pixels.
    """
    if away:
        return None
    head, eyes, mouth = (points[list(of), :2] for of in (HEAD, EYES, MOUTH))
    down = mouth.mean(0) - eyes.mean(0)
    around = head, mouth + CHIN * down, eyes - HAIRLINE * down
    return np.concatenate(around).astype(np.float32)


def along_with_head(weights: Array, arms: AtFace, points: Vectors) -> Array:
    """Weights ``[n, n, 15]`` of a photo's pixels, with hands that go along with the head, and
    forearms that lead from them to upper arms that go with the trunk.

    :param points: the photo's landmarks, ``[33, 2 or more]`` in pixels.
    :return: the weights themselves where there are no such hands.
    """
    if not any(arms):
        return weights
    result = weights.copy()
    for side, arm in enumerate(arms):
        if arm is None:
            continue
        result[arm.whole] = 0.0
        result[arm.whole, BodyBone.CHEST] = 1.0
        if not arm.with_head:
            continue
        own = arm.forearm
        elbow, wrist = points[[LEFT_ELBOW + side, LEFT_WRIST + side], :2]
        rows, columns = np.nonzero(own)
        way = np.stack([columns, rows], 1) - elbow
        along = way @ (wrist - elbow) / max(float((wrist - elbow) @ (wrist - elbow)), 1.0)
        share = smoothstep(np.clip(along, 0.0, 1.0))
        result[own, BodyBone.HEAD], result[own, BodyBone.CHEST] = share, 1.0 - share
    return result


def on_the_body(depth: Array, reached: Region, arms: AtFace) -> Array:
    """Depths ``[n, n]`` of a photo's pixels, with such arms flat on what is beside them:
    nothing is known of what they would uncover if they were torn off.

    :param reached: ``[n, n]``, where the depths count.
    """
    own = all_of(arms, depth.shape) & reached
    beside = reached & ~own
    if not own.any() or not beside.any():
        return depth
    flat = np.where(own, nearest(depth, beside), depth)
    filled = flat if reached.all() else np.where(reached, flat, nearest(flat, reached))
    softness = max(1.0, EVEN * float(distance_to(beside)[own].max()))
    soft = cv2.GaussianBlur(np.ascontiguousarray(filled), (0, 0), softness)
    return np.asarray(np.where(own, soft, depth), np.float32)


def _within(face: Array, shape: tuple[int, ...]) -> Region:
    """``[n, n]``: what the points of a face go around."""
    result = np.zeros(shape, np.uint8)
    outline = cv2.convexHull(np.ascontiguousarray(face[:, :2], np.float32))
    cv2.fillConvexPoly(result, np.rint(outline).astype(np.int32), 1)
    return np.asarray(result > 0)
