"""The plain numpy form of swinging and framing limbs, a limb at a time: the yardstick."""

from __future__ import annotations

import numpy as np

from bunraku.kernels.limbs.terms import ASIDE, NOTHING, OPPOSITE, TINY, Facing, Kept, Limbs
from bunraku.spec.arrays import Exact

_CAMERA = np.array([0.0, 0.0, -1.0])


def swing_limbs(limbs: Limbs, points: Exact, turns: Exact, kept: Kept | None = None) -> Facing:
    """As ``bunraku.kernels.swing_limbs`` says."""
    facing = Facing(*np.empty((2, len(limbs.bones))))
    for i, bone in enumerate(limbs.bones):
        parent, start, end = limbs.parents[i], limbs.starts[i], limbs.ends[i]
        if kept is not None:
            since = turns[parent] @ kept.turns[parent].T
            before = points[start] + since @ (kept.points[end] - kept.points[start])
            points[end] = before + (points[end] - before) * kept.share[end]
        along = _unit(points[end] - points[start])
        turns[bone] = _swing(_unit(turns[parent] @ limbs.along[i]), along) @ turns[parent]
        front, camera = -turns[bone, :, 2], _CAMERA + along * along[2]
        front = _unit(front - along * (front @ along))
        facing.means[i] = np.linalg.norm(camera)
        camera = _unit(camera)
        facing.twists[i] = np.arctan2(np.cross(front, camera) @ along, front @ camera)
    return facing


def frame_limbs(
    limbs: Limbs, points: Exact, turns: Exact, twists: Exact, size: float, out: Exact
) -> Exact:
    """As ``bunraku.kernels.frame_limbs`` says."""
    for i, bone in enumerate(limbs.bones):
        along = points[limbs.ends[i]] - points[limbs.starts[i]]
        if along @ along < NOTHING**2:
            along = along + turns[bone] @ limbs.along[i] * NOTHING
        out[bone, :3, 0] = along
        out[bone, :3, 1:3] = _about(_unit(along), twists[i]) @ turns[bone] @ limbs.across[i] * size
        out[bone, :3, 3] = points[limbs.starts[i]]
    return out


def _unit(vector: Exact) -> Exact:
    return np.asarray(vector / (np.linalg.norm(vector) + TINY))


def _swing(start: Exact, end: Exact) -> Exact:
    """The least rotation from one unit vector to another."""
    if end @ end < 0.5:
        return np.eye(3)
    axis, cosine = np.cross(start, end), start @ end
    if cosine < OPPOSITE:  # half a turn about something across
        across = _unit(np.cross(start, ASIDE))
        return 2.0 * np.outer(across, across) - np.eye(3)
    return cosine * np.eye(3) + _product(axis) + np.outer(axis, axis) / (1.0 + cosine)


def _about(axis: Exact, angle: float) -> Exact:
    k = _product(axis)
    return np.asarray(np.eye(3) + np.sin(angle) * k + (1.0 - np.cos(angle)) * (k @ k))


def _product(axis: Exact) -> Exact:
    """What the vector product with an axis is, as a matrix."""
    return np.asarray(np.cross(axis, np.eye(3)).T)
