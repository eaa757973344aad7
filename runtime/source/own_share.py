"""Whose pixels are whose, where several people stand together in a photo.

The pose network's mask of one goes over to whoever stands close, as does the other's: each has a
claim by mask, and, where both are sure, by how near the limbs are.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LIMBS, SHOULDERS, TRUNK, VISIBLE

WORK_SIDE_PX = 384
"""Claims are compared in pictures no larger: masks have 256 pixels a side."""
SUREST = 0.98
"""A mask's claim: beyond, one network is no surer than another."""
PER_TRUNK = 12.0
"""What a trunk's length of distance costs, in log odds of the mask."""
SOFT = 1.0
"""In log odds: how gradually one person becomes the other."""


def own_share(person: Pose, others: Sequence[Pose], shape: tuple[int, int]) -> Array:
    """How far each pixel may be the person's, for all that is known of the others.

    :param person: with a mask; :param others: likewise, in pixels of the same photo.
    :param shape: the photo's height and width.
    :return: ``[H, W]`` in [0, 1]: 1 where nobody else has a claim.
    """
    scale = min(1.0, WORK_SIDE_PX / max(shape))
    size = max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
    own = _claim(person, size, scale)
    share = np.ones(size[::-1], np.float32)
    for other in others:
        if other.mask is None:
            continue
        ahead = (own - _claim(other, size, scale)) / SOFT
        theirs = _fitted(other.mask, size) > 0.5
        lost = theirs / (1.0 + np.exp(np.clip(ahead, -40.0, 40.0)))
        share = np.minimum(share, 1.0 - lost.astype(np.float32))
    if scale < 1.0:
        share = np.asarray(cv2.resize(share, shape[::-1], interpolation=cv2.INTER_LINEAR))
    return share


def _claim(pose: Pose, size: tuple[int, int], scale: float) -> Array:
    """``[h, w]``: log odds that a pixel is this one's."""
    mask = np.ones(size[::-1], np.float32) if pose.mask is None else _fitted(pose.mask, size)
    sure = np.clip(mask, 1.0 - SUREST, SUREST)
    points = (pose.landmarks[:, :2] + 0.5) * np.float32(scale) - 0.5
    trunk = points[TRUNK].reshape(2, 2, 2)
    length = float(np.linalg.norm(trunk[0].mean(0) - trunk[1].mean(0)))
    away = _from_body(points, pose.landmarks[:, 3], size) / max(length, 1.0)
    return np.asarray(np.log(sure / (1.0 - sure)) - PER_TRUNK * away, np.float32)


def _from_body(points: Array, visibility: Array, size: tuple[int, int]) -> Array:
    """``[h, w]``: how many pixels each is from head, trunk and the limbs that are seen."""
    apart = np.ones(size[::-1], np.uint8)
    near = np.clip(np.nan_to_num(points), -4 * max(size), 4 * max(size)).round().astype(np.int32)
    for area in (near[TRUNK], near[list(HEAD)]):
        cv2.fillConvexPoly(apart, cv2.convexHull(area), 0)
    cv2.line(apart, near[list(HEAD)].mean(0).astype(int).tolist(), _middle(near), 0)
    for limb in LIMBS:
        if (visibility[[limb.start, limb.end]] >= VISIBLE).all():
            line = [limb.start, limb.end, *(i for i in limb.carried if visibility[i] >= VISIBLE)]
            cv2.polylines(apart, [near[line]], False, 0)
    if apart.all():
        return np.full(size[::-1], float(max(size)), np.float32)
    return np.asarray(cv2.distanceTransform(apart, cv2.DIST_L2, 5), np.float32)


def _middle(points: np.ndarray) -> list[int]:
    shoulders: list[int] = points[SHOULDERS].mean(0).astype(int).tolist()
    return shoulders


def _fitted(mask: Array, size: tuple[int, int]) -> Array:
    if mask.shape == size[::-1]:
        return mask
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)
