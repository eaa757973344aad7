"""A forearm's twist against its upper arm, spread along it: so an elbow bends and is not wrung."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.turning import Vectors, about, cross, swing, unit
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

_ASKEW = np.array([0.3, 0.2, 0.93])
"""No arm of the template at rest points there."""


class Wrung(NamedTuple):
    """How far a forearm is twisted against its upper arm, and about which line."""

    side: int
    """0 for the left one, 1 for the right one."""
    elbow: Vectors
    """``[3]``, on the line."""
    axis: Vectors
    """``[3]``, unit, from the elbow to the wrist."""
    angle: float
    """Radians in ±π."""

    def of_directions(self) -> Wrung:
        """The same for directions, which are nowhere."""
        return self._replace(elbow=np.zeros(3))

    def turned(self, points: Array, share: Array) -> Array:
        """Points ``[v, 3]`` turned about the line by shares ``[v]`` of the angle."""
        angles = share.astype(np.float64)[:, None] * self.angle
        offset = points.astype(np.float64) - self.elbow
        along = np.outer(offset @ self.axis, self.axis)
        out = offset - along
        turned = np.cos(angles) * out + np.sin(angles) * cross(self.axis, out)
        return np.asarray(self.elbow + along + turned, np.float32)

    def undone(self, transforms: Array) -> Array:
        """Transforms ``[bones, 3, 4]`` whose forearm is turned as its upper arm is."""
        result, bone = transforms.copy(), BodyBone.FOREARM_L + self.side
        back = about(self.axis[None], np.array([-self.angle]))[0]
        result[bone, :, :3] = back @ transforms[bone, :, :3]
        result[bone, :, 3] = self.elbow + back @ (transforms[bone, :, 3] - self.elbow)
        return result


def wrung(transforms: Array, ends: Vectors, side: int) -> Wrung:
    """The twist of a forearm against its upper arm.

    :param transforms: ``[bones, 3, 4]``, since the template's rest.
    :param ends: ``[3, 3]``: shoulder, elbow and wrist at rest.
    """
    upper, fore = (
        transforms[bone + side].astype(np.float64)
        for bone in (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L)
    )
    straight = ends[2] - ends[1]
    across = unit(cross(straight, _ASKEW))
    unbent, bent = (unit((turn[:, :3] @ straight)[None]) for turn in (upper, fore))
    axis = bent[0]
    as_upper = swing(unbent, bent)[0] @ upper[:, :3] @ across
    own = fore[:, :3] @ across
    as_upper, own = (unit(one - axis * (axis @ one)) for one in (as_upper, own))
    angle = float(np.arctan2(cross(as_upper, own) @ axis, as_upper @ own))
    return Wrung(side, fore[:, :3] @ ends[1] + fore[:, 3], axis, angle)


def skin_spread(
    points: Array,
    weights: Array,
    bones: NDArray[np.int32],
    share: Array,
    transforms: Array,
    by: Wrung,
) -> Array:
    """``kernels.skin`` of an arm whose forearm's twist is spread along it.

    :param share: ``[v]`` in [0, 1]: how much of the twist each point ``[v, 3]`` has.
    """
    even, fore = by.undone(transforms), BodyBone.FOREARM_L + by.side
    hangs = ((bones == fore) * weights).sum(1, dtype=np.float32)[:, None]
    own = points @ even[fore, :, :3].T + even[fore, :, 3]
    moved = skin(points, weights, bones, even)
    return np.asarray(moved + hangs * (by.turned(own, share) - own), np.float32)
