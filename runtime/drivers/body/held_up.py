"""Arms that a photo shows folded up to the collar, the neck, the hair or a temple.

The upper arm is behind the forearm there, or seen from its end, and nothing tells what the hand
hides or holds: drawn apart from it, such an arm would tear collar and hair. So of half bodies it
stays as it is, as hands before the face do (``at_face``); of whole ones, which are smaller, it
follows the driver's.
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.drivers.body.at_face import ArmAtFace, AtFace
from bunraku.runtime.drivers.body.colours import EYES
from bunraku.runtime.drivers.body.groups import Groups
from bunraku.runtime.drivers.body.head import CHIN
from bunraku.runtime.drivers.body.let_out import between_deg
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    MOUTH,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)
from bunraku.spec.skeleton import SIDES

FOLDED_DEG = 125.0
"""How far an elbow is bent in the picture at least; arms that are crossed bend theirs by less."""
HIGH = 0.17
"""How far below the shoulders the middle of the hand lies at most, in trunks: before the chest, or
raised beside it, hands touch neither collar nor hair."""
AROUND = 0.14, 0.2
"""From where to where around the middle of a hand one looks for what it touches, in trunks."""
TOUCHES = 0.45
"""The share of that which is the person, if it touches more of it than its own forearm. One whose
fingers are at a temple or cheek touches less: it is as near to the face as one looks."""


def hands_held_up(
    groups: Groups,
    points: Vectors,
    face: Array | None,
    inside: Region,
    trunk_px: float,
    seen: tuple[bool, bool],
) -> AtFace:
    """The arms whose hands touch collar, neck, hair or a side of the face.

    :param groups: ``[n, n]``.
    :param points: the photo's landmarks, ``[33, 2 or more]`` in pixels of the window.
    :param face: as of ``hands_at_face``.
    :param inside: ``[n, n]``, the person. :param trunk_px: the length of the trunk in the picture.
    :param seen: whether the left and the right wrist are seen without doubt.
    """
    flat = points[:, :2]
    shoulders, hips = (
        flat[[left, right]].mean(0)
        for left, right in ((LEFT_SHOULDER, RIGHT_SHOULDER), (LEFT_HIP, RIGHT_HIP))
    )
    down = (hips - shoulders) / max(float(np.linalg.norm(hips - shoulders)), 1e-6)
    eyes, mouth = (flat[list(of)].mean(0) for of in (EYES, MOUTH))
    chin = mouth + CHIN * (mouth - eyes)
    arms: list[ArmAtFace | None] = []
    for side in range(SIDES):
        shoulder, elbow, wrist = (
            flat[joint + side] for joint in (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST)
        )
        hand = flat[list((LEFT_HAND, RIGHT_HAND)[side])].mean(0)
        folded = between_deg(elbow - shoulder, wrist - elbow) >= FOLDED_DEG
        high = (hand - shoulders) @ down <= HIGH * trunk_px
        at = _touches(hand, inside, trunk_px) or _near(hand, face, AROUND[1] * trunk_px)
        if not (seen[side] and folded and high and at):
            arms.append(None)
            continue
        arms.append(ArmAtFace.of(groups, side, with_head=bool((hand - chin) @ down < 0.0)))
    left, right = arms
    return left, right


def _touches(hand: Vectors, inside: Region, trunk_px: float) -> bool:
    """Whether the person is on more sides of a hand than its forearm is.

    :param hand: ``[2]``, the middle of it.
    """
    around = np.zeros(inside.shape, np.uint8)
    x, y = np.rint(hand).astype(int).tolist()
    near, far = (max(1, round(share * trunk_px)) for share in AROUND)
    cv2.circle(around, (x, y), far, 1, -1)
    cv2.circle(around, (x, y), near, 0, -1)
    beside = around > 0
    return bool(beside.any() and inside[beside].mean() >= TOUCHES)


def _near(hand: Vectors, face: Array | None, far_px: float) -> bool:
    """Whether a hand is before a face or so near to it."""
    if face is None:
        return False
    outline = cv2.convexHull(np.ascontiguousarray(face[:, :2], np.float32))
    x, y = hand.tolist()
    return cv2.pointPolygonTest(outline, (x, y), measureDist=True) >= -far_px
