"""The form of a photo's head, hair included: how near to the camera each of its pixels is.

The face is as deep as its own landmarks say, or the body's where none are known. From there it
rounds off to the outline, which lies where a head is widest: a little behind the ears. So a head
that turns is as thick as it is wide, and no sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.head import Head
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.source.region import distance_to, nearest
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_EAR, MOUTH, NOSE, RIGHT_EAR
from bunraku.spec.smoothstep import smoothstep

WIDEST_M = 0.015
"""How far behind the ears a head is widest, in metres of the template."""
PILLOW_M = 0.05
"""How thick hair is, where it hangs beside the face."""
JAW, LOCKS = 0.35, 1.2
"""How far below the jaw the throat is the body's, and hair lies on the trunk (``Head.down``)."""
FINE = 0.12
"""How far the depths of a face's points are evened out, in the unit of ``Head``."""
BROWS, SIDES = -1.5, 1.05
"""How far up and out from the middle the body's own face is believed (``Head.down``)."""
MOUTH_GAP = 0.25
"""Half the height of what is filled up between the body's lips, likewise."""
_POSE = [NOSE, *MOUTH, LEFT_EAR, RIGHT_EAR]
_FACE = [1, 291, 61, 454, 234]
"""The same places among a face's points."""


@dataclass(frozen=True, eq=False)
class Skull:
    """The head's surface towards the camera."""

    depth: Array
    """``[n, n]`` in pixels."""
    weight: Array
    """``[n, n]`` in [0, 1]: how far it counts, beside what the body has there."""
    middle: float
    """Depth of the outline."""
    face: NDArray[np.bool_]
    """``[n, n]``: what is no hair."""

    def placed(self, depth: Array) -> Array:
        """Depths ``[n, n]`` of the photo's pixels, the head's as it is."""
        return np.asarray(depth + self.weight * (self.depth - depth), np.float32)

    @classmethod
    def of(
        cls,
        fit: Fit,
        head: Head,
        hair: NDArray[np.bool_],
        body: Array,
        shown: NDArray[np.bool_],
        face: Array | None,
    ) -> Skull:
        """The head of a photo whose person looks at the camera, more or less.

        :param hair: ``[n, n]``. :param body: ``[n, n]``, depths of the body's front, where it is
            ``shown [n, n]``.
        :param face: ``[478, 3]`` in pixels of the window, its points; None if not known.
        """
        ears = float(fit.stance.points[[LEFT_EAR, RIGHT_EAR], 2].mean())
        middle = ears + WIDEST_M * head.metre_px
        if face is None:
            known, depth = _by_body(head, body, shown)
        else:
            known, depth = _by_points(fit, head, face)
        if not known.any():
            return cls(np.zeros_like(body), np.zeros_like(body), middle, known)
        rim = distance_to(~fit.inside)
        apart = distance_to(known)
        along = apart / np.maximum(apart + rim, 1e-3)
        near = np.maximum(middle - nearest(np.where(known, depth, 0.0), known), 0.0)
        round_ = near * np.sqrt(np.maximum(1.0 - along * along, 0.0))
        thick = PILLOW_M * head.metre_px
        flat = np.clip(1.0 - rim / thick, 0.0, 1.0)
        pillow = thick * np.sqrt(1.0 - flat * flat)
        front = middle - np.maximum(round_, np.minimum(pillow, rim * 2.0))
        front = np.where(known, np.minimum(depth, middle), front)
        soft = cv2.GaussianBlur(front.astype(np.float32), (0, 0), max(0.5, FINE * head.unit_px))
        front = np.where(known, front, soft)
        # The outline is the photo's: what lies beyond it must not fold in before it.
        front = np.where(fit.inside, front, nearest(front, fit.inside))
        below = np.clip(1.0 - head.below_jaw / np.where(hair, LOCKS, JAW), 0.0, 1.0)
        weight = np.where(known, 1.0, smoothstep(below))
        weight *= head.share(hair) > 0.0
        return cls(front.astype(np.float32), weight.astype(np.float32), middle, known)


def _by_points(fit: Fit, head: Head, face: Array) -> tuple[NDArray[np.bool_], Array]:
    """Where the face is, and its depths."""
    n = len(fit.inside)
    outline = np.rint(face[list(mesh.OVAL), :2]).astype(np.int32)
    known = np.zeros((n, n), np.uint8)
    cv2.fillPoly(known, [outline], 1)
    points = face[: mesh.MESH]
    places = np.rint(points[:, :2]).astype(int)
    within = ((places >= 0) & (places < n)).all(1)
    x, y = places[within].T
    sums, count = np.zeros((n, n), np.float32), np.zeros((n, n), np.float32)
    shift = float(np.mean(fit.stance.points[_POSE, 2] - face[_FACE, 2]))
    np.add.at(sums, (y, x), points[within, 2] + np.float32(shift))
    np.add.at(count, (y, x), 1.0)
    softness = max(0.5, FINE * head.unit_px)
    told = count > 0
    if not told.any():
        return np.zeros((n, n), np.bool_), sums
    whole = nearest((sums / np.maximum(count, 1.0)).astype(np.float32), told)
    depth = cv2.GaussianBlur(whole, (0, 0), softness)
    return (known > 0) & fit.inside, np.asarray(depth, np.float32)


def _by_body(head: Head, body: Array, shown: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Array]:
    """Where the fitted body has its face, and its depths."""
    across = np.abs(head.across) < SIDES
    known = shown & across & (head.down > BROWS) & (head.below_jaw < 0.0)
    filled = nearest(body, shown) if shown.any() else np.zeros_like(body)
    radius = max(1, round(MOUTH_GAP * head.unit_px))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    shut = cv2.morphologyEx(filled, cv2.MORPH_OPEN, disc)
    return known, np.asarray(shut, np.float32)
