"""Background in the pose network's mask of half a body: a flag, a lamp, a door beside a shoulder.

The network supposes a whole body, and takes what is bright beside a bust for the arm that it looks
for; the segmentation, made for such pictures, does not. What it loses are hands near the photo's
edge and bent legs: those the pose network has, with the limb that they hang on.
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LIMBS, VISIBLE

PERSON, NOBODY = 0.5, 0.3
"""From where on the pose network sees the person, and up to where the segmentation sees nobody."""
REACH, OF_LIMB = 0.06, 0.75
"""How far from a limb's line what is denied may be the limb, in windows, and the share of a piece
that must be for all of it to be."""
FRINGE = 2.0 / 256.0
"""How far around what is denied the segmentation alone counts, in windows."""
MOST = 0.4
"""Of the mask: who denies more has not seen the person."""


def without_denied(body: Array, segmentation: Array, landmarks: Array, far: float) -> Array:
    """The pose network's mask without what the segmentation takes for background.

    :param body: ``[n, n]`` in [0, 1]; :param segmentation: likewise.
    :param landmarks: ``[33, 4]`` in units of the window, which ends where the photo does.
    :param far: in windows: what lies within this of the segmentation's person is its outline's
        concern.
    :return: ``[n, n]`` in [0, 1].
    """
    n = len(body)
    seen, nobody = body > PERSON, segmentation < NOBODY
    if nobody.all():
        return body
    denied = (seen & nobody).astype(np.uint8)
    away = cv2.distanceTransform(nobody.astype(np.uint8), cv2.DIST_L2, 5)
    count, pieces = cv2.connectedComponents(denied)
    piece = np.asarray(pieces[denied > 0], np.intp)
    limb = (_along_limbs(landmarks, n) < REACH * n)[denied > 0]
    deepest = np.zeros(count, np.float32)
    np.maximum.at(deepest, piece, away[denied > 0])
    of_limb = np.bincount(piece, limb, count) >= OF_LIMB * np.bincount(piece, minlength=count)
    found = (denied > 0) & ((deepest > far * n) & ~of_limb)[pieces]
    if not found.any() or found.sum() > MOST * seen.sum():
        return body
    width = 2 * max(1, round(FRINGE * n)) + 1
    around = cv2.dilate(found.astype(np.uint8), np.ones((width, width), np.uint8)) > 0
    return np.where(around, np.minimum(body, segmentation), body)


def _along_limbs(landmarks: Array, n: int) -> Array:
    """``[n, n]``: how far each pixel is from the limbs that begin and end in the photo."""
    points = np.rint(np.nan_to_num(landmarks[:, :2], nan=-1.0) * n - 0.5).astype(int)
    shown = ((points >= 0) & (points < n)).all(1) & (landmarks[:, 3] >= VISIBLE)
    apart = np.ones((n, n), np.uint8)
    for limb in LIMBS:
        if shown[limb.start] and shown[limb.end]:
            line = [limb.start, limb.end, *(i for i in limb.carried if shown[i])]
            cv2.polylines(apart, [points[line].astype(np.int32)], False, 0)
    if apart.all():
        return np.full((n, n), np.inf, np.float32)
    return np.asarray(cv2.distanceTransform(apart, cv2.DIST_L2, 5), np.float32)
