"""A made face: the named points of the mesh on a rounded plane, with an expression of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.spec.arrays import Array

# In units of the distance between the outer corners of the eyes, from the middle between them.
EYE_MIDDLE, EYE_HALF = 0.33, 0.17
MOUTH_BELOW, CHIN_BELOW = 0.72, 1.15


@dataclass(frozen=True)
class Made:
    """An expression in face units: distances between lips, corners, lids, and so on."""

    gap: float = 0.0
    mouth_half: float = 0.27
    corners_up: float = 0.0
    right_eye: float = 0.1
    """Height of the opening."""
    left_eye: float = 0.1
    brows_up: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    knit: float = 0.0
    mouth_aside: float = 0.0


def made(
    expression: Made | None = None,
    *,
    middle: tuple[float, float] = (100.0, 90.0),
    unit_px: float = 60.0,
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
    roll_deg: float = 0.0,
    presence: float = 1.0,
) -> Face:
    """The face, turned in space and seen from far away."""
    points = _flat(expression or Made())
    points[:, 2] = 0.6 * (points[:, 0] ** 2) - 0.1  # rounded; the irises lie with the skin
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    turn_x = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_z = np.array(
        [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    )
    points = points @ (turn_z @ turn_y @ turn_x).T * unit_px
    points[:, :2] += middle
    return Face(points.astype(np.float32), presence)


def pose_of(face: Face) -> Array:
    """The landmarks of a pose whose head has this face, ``[33, 4]``."""
    pose = np.zeros((33, 4), np.float32)
    pose[:, 3] = 1.0
    for landmark, number in ((5, 468), (2, 473), (10, 61), (9, 291), (0, 1)):
        pose[landmark, :3] = face.points[number]
    return pose


def _flat(e: Made) -> npt.NDArray[np.float64]:
    p = np.zeros((mesh.POINTS, 3))
    p[:, 1] = 0.35  # all that has no place of its own is on the nose
    around = np.linspace(0.0, 2.0 * np.pi, len(mesh.OVAL), endpoint=False)
    p[list(mesh.OVAL), 0] = 0.75 * np.sin(around)
    p[list(mesh.OVAL), 1] = 0.25 - 0.9 * np.cos(around)
    for numbers, y in ((mesh.UNDER_EYES, 0.13), (mesh.CHEEKS, 0.5)):
        p[list(numbers), 0] = np.resize([-0.33, 0.33], len(numbers))
        p[list(numbers), 1] = y
    for number, y in ((151, -0.4), (9, -0.2), (8, -0.1), (2, 0.45), (94, 0.43), (19, 0.41)):
        p[number, :2] = 0.0, y
    for number, y in zip(mesh.NOSE_RIDGE, (-0.02, 0.06), strict=True):
        p[number, :2] = 0.0, y
    p[98, :2], p[327, :2] = (-0.1, 0.44), (0.1, 0.44)
    along = np.linspace(-1.0, 1.0, 9)
    for side, sign, height in (("right", -1, e.right_eye), ("left", 1, e.left_eye)):
        x = sign * (EYE_MIDDLE - EYE_HALF * along)  # from the outer corner to the inner
        bulge = height / 2.0 * (1.0 - along**2)
        p[list(mesh.UPPER_LID[side]), :2] = np.stack([x, -bulge], 1)
        p[list(mesh.LOWER_LID[side]), :2] = np.stack([x, bulge], 1)
        pupil = mesh.PUPIL[side]
        p[pupil : pupil + 5, :2] = sign * EYE_MIDDLE + e.gaze[0], e.gaze[1]
        p[list(mesh.BROW[side]), 0] = sign * np.linspace(0.5, 0.15 - e.knit, 5)
        p[list(mesh.BROW[side]), 1] = -0.2 - e.brows_up
        p[list(mesh.LOWER_BROW[side]), 0] = p[list(mesh.BROW[side]), 0]
        p[list(mesh.LOWER_BROW[side]), 1] = -0.14 - e.brows_up
    along = np.linspace(-1.0, 1.0, 11)
    lift = -e.corners_up * along**2
    opening = e.gap * (1.0 - along**2)
    for chain, moves in ((mesh.UPPER_INNER_LIP, 0.0), (mesh.LOWER_INNER_LIP, 1.0)):
        p[list(chain), 0] = e.mouth_half * 0.95 * along
        p[list(chain), 1] = MOUTH_BELOW + lift + opening * moves
    for outer, thick in ((mesh.LIPS[1:10], 0.08), (mesh.LIPS[11:20], -0.05)):
        p[list(outer), 0] = e.mouth_half * np.linspace(-0.8, 0.8, 9)
        p[list(outer), 1] = MOUTH_BELOW + thick + (e.gap if thick > 0 else 0.0)
    p[list(mesh.MOUTH_CORNERS), 0] = -e.mouth_half, e.mouth_half
    p[list(mesh.MOUTH_CORNERS), 1] = MOUTH_BELOW - e.corners_up
    p[list(mesh.LIPS), 0] += e.mouth_aside
    p[mesh.CHIN, :2] = 0.0, CHIN_BELOW + e.gap * 0.8
    return p
