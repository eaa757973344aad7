"""Where somebody might be, for pictures in which the detector is sure of nobody.

A person from behind, bent, dark or cut by the picture's edge scores low, lower than some chairs do,
while the landmark network, asked at that place, is sure. So the detector proposes generously, of
the picture turned, mirrored and with a margin as well, and the landmark network decides: not by its
presence alone, which is high on many a bottle, but by whether it sees the same body again when it
looks a little differently. Where its head shows a face it is a body, and the looks may disagree
more: one of them errs on who stands behind others, or in a picture of another time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bunraku.runtime.pose.detector import Detection, Detector
from bunraku.runtime.pose.landmarks import Landmarker, Landmarks, next_roi
from bunraku.runtime.pose.looks import look_in_mirror
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.turned import turn_picture, turn_points, upright_by
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.landmarks import (
    LANDMARKS,
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_SHOULDER,
    NOSE,
    RIGHT_ELBOW,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

WORK_SIDE_PX = 640
"""Pictures are looked at no larger: the networks see 224 and 256 pixels."""
MIN_PRESENCE = 0.7
"""What every look at a person gives at least."""
MAX_SPREAD = 0.016
"""How far, in sides of the crop, the looks at a person may disagree about the trunk.

Of 144 pictures without people, among them a horse, a bottle, a coat stand and photos whose person
was painted over, none came below 0.0195; people whom the detector alone had missed were mostly
between 0.005 and 0.02.
"""
MAX_SPREAD_FACED = 0.03
"""The same of bodies with a face, of which one look of the three may err as it likes.

Of some 60 pictures without people, animals, drawings and screens among them, it let in none.
"""
_HOPELESS = (0.05, 0.5)  # presence, before and after the crop was placed anew
_NEAR, _SAME_SIZE, _SAME_WAY = 0.25, 0.5, math.radians(40)  # crops that show the same
_TRUNK = [NOSE, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_HIP, RIGHT_HIP]
_NUDGES = ((0.06, -0.04, 1.15, 0.15), (-0.06, 0.04, 0.9, -0.15))  # x, y, scale, radians


@dataclass(frozen=True)
class Look:
    """One way to show the detector a picture."""

    turn_deg: int = 0
    """Clockwise: 0, 90, 180 or 270."""
    mirrored: bool = False
    margin: float = 0.0
    """Black around the picture, in its longer sides: who fills the picture is proposed smaller."""

    def propose(self, picture: Picture, detector: Detector) -> list[Detection]:
        """What the detector proposes, in pixels of the picture as it is."""
        height, width = picture.shape[:2]
        pad = round(self.margin * max(height, width))
        shown = turn_picture(picture, self.turn_deg)
        turned_shape = shown.shape
        if self.mirrored:
            shown = np.ascontiguousarray(shown[:, ::-1])
        if pad:
            shown = np.asarray(
                cv2.copyMakeBorder(shown, pad, pad, pad, pad, cv2.BORDER_CONSTANT), np.uint8
            )
        found = []
        for detection in detector.propose(shown):
            points = np.concatenate([detection.box.reshape(2, 2), detection.keypoints]) - pad
            if self.mirrored:
                points[:, 0] = turned_shape[1] - 1 - points[:, 0]
            points = turn_points(points, upright_by(self.turn_deg), turned_shape)
            low, high = np.minimum(points[0], points[1]), np.maximum(points[0], points[1])
            box = np.concatenate([low, high]).astype(np.float32)
            found.append(Detection(detection.score, box, points[2:].astype(np.float32)))
        return found


LOOKS = (
    Look(),
    Look(mirrored=True),
    Look(margin=0.3),
    Look(turn_deg=180),
    Look(turn_deg=90),
    Look(turn_deg=270),
)
"""All that a still picture gets, the most telling first."""


def propose(
    picture: Picture, detector: Detector, looks: Sequence[Look] = LOOKS, most: int = 5
) -> list[Roi]:
    """Crops in which somebody might be, those that the looks agree about most first.

    :param picture: RGB u8 ``[H,W,3]``.
    :param most: how many, at most.
    """
    small, scale = _reduced(picture)
    found = [d for look in looks for d in look.propose(small, detector)]
    found.sort(key=lambda d: d.score, reverse=True)
    groups: list[list[Detection]] = []
    for detection in found:
        for group in groups:
            if _same(group[0].roi, detection.roi):
                group.append(detection)
                break
        else:
            groups.append([detection])
    groups.sort(key=lambda group: sum(d.score for d in group), reverse=True)
    return [_enlarged(group[0].roi, scale) for group in groups[:most]]


FaceWitness = Callable[[Picture, Array], bool]
"""Whether a picture, RGB u8 ``[H,W,3]``, shows a face where a pose ``[33,3]`` has its head."""


def judge(
    picture: Picture,
    roi: Roi,
    landmarker: Landmarker,
    mask: bool = True,
    shows_face: FaceWitness | None = None,
) -> Landmarks | None:
    """The person in a crop, if the landmark network sees the same one in every way of looking.

    Six network calls at most, one where there is clearly nobody.

    :param picture: RGB u8 ``[H,W,3]``.
    :param roi: a proposal.
    :param mask: whether the mask is wanted too.
    :param shows_face: asked where not every look sees the same.
    """
    for hopeless in _HOPELESS:  # towards the crop that the network itself would choose
        found = landmarker.run(picture, roi, mask=False)
        if found.presence < hopeless:
            return None
        roi = next_roi(found.points)
    found = landmarker.run(picture, roi, mask)
    if found.presence < MIN_PRESENCE:
        return None
    faced, astray = False, 0
    for presence, points in _looked_at_again(picture, roi, landmarker):
        apart = np.linalg.norm(points[_TRUNK, :2] - found.points[_TRUNK, :2], axis=1)
        spread = float(np.median(apart)) / roi.side
        if presence >= MIN_PRESENCE and spread <= MAX_SPREAD:
            continue
        if not faced and (
            shows_face is None
            or not shows_face(picture, found.points[:LANDMARKS].astype(np.float32))
        ):
            return None
        faced = True
        astray += not (presence >= MIN_PRESENCE and spread <= MAX_SPREAD_FACED)
    return found if astray <= 1 else None


def _looked_at_again(
    picture: Picture, roi: Roi, landmarker: Landmarker
) -> Iterator[tuple[float, Exact]]:
    """Presence and landmarks ``[33,3]`` by crops that are moved, and by the picture's mirror."""
    for right, down, scale, angle in _NUDGES:
        x, y = roi.points_to_frame(np.array([[0.5 + right, 0.5 + down]]))[0]
        nudged = Roi(float(x), float(y), roi.side * scale, roi.angle + angle)
        seen = landmarker.run(picture, nudged, mask=False)
        yield seen.presence, seen.points[:LANDMARKS]
    seen = look_in_mirror(np.ascontiguousarray(picture[:, ::-1]), roi, landmarker)
    yield seen.presence, seen.points[:LANDMARKS]


def _reduced(picture: Picture) -> tuple[Picture, float]:
    """A picture of ``WORK_SIDE_PX`` at most, and how many of the picture's pixels make one."""
    scale = max(picture.shape[:2]) / WORK_SIDE_PX
    if scale <= 1:
        return picture, 1.0
    height, width = (max(1, round(side / scale)) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale


def _enlarged(roi: Roi, scale: float) -> Roi:
    x, y = (roi.x + 0.5) * scale - 0.5, (roi.y + 0.5) * scale - 0.5
    return Roi(x, y, roi.side * scale, roi.angle)


def _same(a: Roi, b: Roi) -> bool:
    larger, smaller = max(a.side, b.side), min(a.side, b.side)
    apart = abs((a.angle - b.angle + math.pi) % math.tau - math.pi)
    near = math.hypot(a.x - b.x, a.y - b.y) < _NEAR * larger
    return near and apart < _SAME_WAY and smaller > _SAME_SIZE * larger
