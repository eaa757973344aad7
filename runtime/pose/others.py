"""Who else is in a still, beside the person whose pose is known.

Asked about somebody who stands close, the landmark network turns to whoever is clearer, and its
masks go over to them. So those who are known are painted over before the next is looked for, and in
the end the person is seen once more without all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.pose.detector import SURE_SCORE, Detection, Detector
from bunraku.runtime.pose.landmarks import PRESENT, Landmarker, Pose, next_roi, pose_of
from bunraku.runtime.pose.proposals import FaceWitness
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import HEAD, TRUNK

MOST = 8
"""Of a crowd, with the person; and of what is looked at for them."""
SAME_PROPOSAL = 0.1
"""How far proposed heads may be apart to be the same, in sides of the crop."""
ONE_HEAD = 0.25
"""How far apart one head is seen in two crops, in trunks."""
HEAD_REACH, SMALLEST_HEAD = 1.5, 0.15
"""How far from its middle a head is painted over: of what is farthest in its face, and at least, in
trunks."""
PERSONS = 0.5
"""The person's mask from which on a head may be the person's own elbow: the detector must be sure
of it, and a face be seen."""
OWN_HEAD = 0.2
"""What somebody's own mask has at the head at least: a head that it leaves out was seen in what is
left of the person."""
OWN_PIECE, CLEARLY = 0.85, 0.95
"""The share of somebody's mask that the person's own has, from which on they are a piece of the
person, unless their presence is more than this: a child in the arms of who holds it."""
SEEN_AS_WELL = 0.8
"""Presence from which the look without the others counts."""


class Company(NamedTuple):
    """The people of a still."""

    person: Pose
    """With a mask that goes over to others less."""
    others: list[Pose]
    """With masks."""


def tell_apart(
    picture: Picture,
    person: Pose,
    detector: Detector,
    landmarker: Landmarker,
    shows_face: FaceWitness | None,
) -> Company:
    """A person and everybody else: for each of these a call of the detector and two looks.

    :param picture: RGB u8 ``[H,W,3]``.
    :param person: one of those in it, with a mask.
    :param shows_face: asked about those of whom the detector is not sure, and those whose head may
        be a piece of the person; without it they are nobody.
    """
    rest = _Rest(picture)
    rest.paint_over(person)
    known, tried = [person], [_head(person)]
    while len(tried) < MOST:
        proposed = next((d for d in detector.propose(rest.picture, MOST) if _new(d, tried)), None)
        if proposed is None:
            break
        tried.append(_middle(proposed))
        first = landmarker.run(rest.picture, proposed.roi, mask=False)
        if first.presence <= PRESENT:
            continue
        pose = pose_of(landmarker.run(rest.picture, next_roi(first.points)), picture)
        if (
            pose.presence <= PRESENT
            or rest.lacks(_head(pose))
            or (pose.mask is not None and _at(pose.mask, _head(pose)) < OWN_HEAD)
            or any(_same(pose, k) for k in known)
            or (pose.presence <= CLEARLY and _shared(pose, person) > OWN_PIECE)
        ):
            continue
        apart = person.mask is None or _at(person.mask, _head(pose)) < PERSONS
        wanted = 1 if apart else 2
        told = int(proposed.score > SURE_SCORE)
        if told < wanted and shows_face is not None:
            told += shows_face(rest.picture, pose.landmarks[:, :3])
        if told >= wanted:
            known.append(pose)
            rest.paint_over(pose)
    return Company(_without(known[1:], picture, person, landmarker), known[1:])


def _without(others: list[Pose], picture: Picture, person: Pose, landmarker: Landmarker) -> Pose:
    """The person, by a mask that does not go over to these."""
    if not others or person.mask is None or person.roi is None:
        return person
    rest = _Rest(picture)
    for other in others:
        rest.paint_over(other)
    alone = pose_of(landmarker.run(rest.picture, person.roi), picture)
    if alone.mask is None or alone.presence < SEEN_AS_WELL or not _same(alone, person):
        return person
    return replace(person, mask=np.minimum(person.mask, alone.mask))


class _Rest:
    """A picture without those who are known."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture.copy()
        self._colour = [float(c) for c in picture.reshape(-1, picture.shape[2]).mean(0)]
        self._painted = np.zeros(picture.shape[:2], np.uint8)

    def paint_over(self, pose: Pose) -> None:
        """Take somebody's head and trunk out."""
        far = 4 * max(self._painted.shape)
        points = np.clip(np.rint(pose.landmarks[:, :2]), -far, far).astype(np.int32)
        head, trunk = points[list(HEAD)], points[TRUNK]
        reach = float(np.linalg.norm(head - head.mean(0), axis=1).max())
        thick = max(1, min(far, round(max(HEAD_REACH * reach, SMALLEST_HEAD * _size(pose)))))
        middle, neck = (np.rint(p.mean(0)).astype(int).tolist() for p in (head, trunk[:2]))
        cv2.circle(self._painted, middle, thick, 1, -1)
        cv2.line(self._painted, middle, neck, 1, min(thick, 32767))
        cv2.fillConvexPoly(self._painted, cv2.convexHull(trunk), 1)
        self.picture[self._painted > 0] = self._colour

    def lacks(self, point: Array) -> bool:
        """Whether what was here is taken out."""
        return _at(self._painted, point) > 0


def _new(proposed: Detection, tried: list[Array]) -> bool:
    near = SAME_PROPOSAL * proposed.roi.side
    return all(float(np.linalg.norm(_middle(proposed) - head)) >= near for head in tried)


def _middle(proposed: Detection) -> Array:
    return np.asarray(proposed.box.reshape(2, 2).mean(0))


def _at(values: NDArray[Any], point: Array) -> float:
    """The value at a point (x, y) of a picture; 0 outside."""
    x, y = np.rint(np.clip(point, -1.0, 1e6)).astype(int).tolist()
    height, width = values.shape
    return float(values[y, x]) if 0 <= x < width and 0 <= y < height else 0.0


def _shared(pose: Pose, person: Pose) -> float:
    """The share of somebody's mask that is in the person's."""
    if pose.mask is None or person.mask is None:
        return 0.0
    theirs = pose.mask > 0.5
    return float((person.mask[theirs] > 0.5).mean()) if theirs.any() else 0.0


def _same(a: Pose, b: Pose) -> bool:
    """Whether two poses have their heads in one place."""
    return float(np.linalg.norm(_head(a) - _head(b))) < ONE_HEAD * max(_size(a), _size(b))


def _size(pose: Pose) -> float:
    """From corner to corner of the trunk, in pixels."""
    return float(np.linalg.norm(np.ptp(pose.landmarks[TRUNK, :2], axis=0)))


def _head(pose: Pose) -> Array:
    return np.asarray(pose.landmarks[list(HEAD), :2].mean(0))
