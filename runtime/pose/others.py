"""Who else is in a still, beside the person whose pose is known."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.pose.detector import SURE_SCORE, Detector
from bunraku.runtime.pose.landmarks import PRESENT, Landmarker, Pose, next_roi, pose_of
from bunraku.runtime.pose.proposals import FaceWitness
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import HEAD, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER

MOST = 8
"""Of a crowd, with the person."""
SAME_PROPOSAL = 0.1
"""How far the proposed head may be from the person's to be the same, in sides of the crop."""
ONE_HEAD = 0.25
"""How far apart one head is seen in two crops, in trunks."""
_TRUNK = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]


def find_others(
    picture: Picture,
    person: Pose,
    detector: Detector,
    landmarker: Landmarker,
    shows_face: FaceWitness | None,
) -> list[Pose]:
    """Everybody but one, with masks: one call of the detector, two looks at each of the others.

    :param picture: RGB u8 ``[H,W,3]``.
    :param person: one of those in it.
    :param shows_face: asked about those of whom the detector is not sure; without it they are
        nobody.
    """
    head = _head(person)
    known = [person]
    for proposed in detector.propose(picture, MOST):
        middle = proposed.box.reshape(2, 2).mean(0)
        if float(np.linalg.norm(middle - head)) < SAME_PROPOSAL * proposed.roi.side:
            continue
        first = landmarker.run(picture, proposed.roi, mask=False)
        if first.presence <= PRESENT:
            continue
        pose = pose_of(landmarker.run(picture, next_roi(first.points)), picture)
        if pose.presence <= PRESENT or any(_same(pose, one) for one in known):
            continue
        if proposed.score > SURE_SCORE or (
            shows_face is not None and shows_face(picture, pose.landmarks[:, :3])
        ):
            known.append(pose)
    return known[1:]


def _same(a: Pose, b: Pose) -> bool:
    """Whether two poses have their heads in one place."""
    trunk = max(float(np.linalg.norm(np.ptp(p.landmarks[_TRUNK, :2], axis=0))) for p in (a, b))
    return float(np.linalg.norm(_head(a) - _head(b))) < ONE_HEAD * trunk


def _head(pose: Pose) -> np.ndarray:
    return np.asarray(pose.landmarks[list(HEAD), :2].mean(0))
