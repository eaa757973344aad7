"""The pixels of a photo's hand as a mesh: which finger carries which.

Convention: pixels of the photo's window, x right, y down, z away from the camera. Bones are counted
in the hand: 0 for the palm, then three a finger, the thumb first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.regions import grown, nearest_reached
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.creases import at_creases
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS, JOINTS

BONES = 1 + FINGERS * JOINTS
BENDING = 0.1
"""How far around a joint a finger bends, in lengths of the hand from wrist to knuckles."""
NEARER = 0.5
"""How much nearer in the picture as much nearer to the camera counts: of two fingers that lie over
each other, the one in front has the pixel."""
SURE, UNSURE = 0.06, 0.15
"""Up to how far from the middle of a finger all is its own, in lengths of the hand, and by how much
it may be the nearer one of two where the other one's pixels are."""
HEM = 0.06
"""How far a finger goes on beneath its neighbours, for where the two part, likewise."""
BEHIND = 0.3
"""How far the hand's outline stands behind, likewise: what there is of it hides no other finger."""
Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns of pixels."""


@dataclass(frozen=True, eq=False)
class FingerMesh:
    """A hand's pixels, each on the bones that it shows."""

    vertices: Array
    """``[v, 3]``"""
    weights: Array
    """``[v, 4]``"""
    bones: NDArray[np.int32]
    """``[v, 4]``"""
    behind: Array
    """``[v]``: how far each stands behind where it is, for what is before what."""
    triangles: NDArray[np.int32]
    """``[t, 3]``"""

    @classmethod
    def of(
        cls, pixels: Region, wrist: Vectors, fingers: Vectors, length: float, picture: Array
    ) -> FingerMesh:
        """A mesh of pixels ``[n, n]``, some of them there.

        :param wrist: ``[3]``. :param fingers: ``[5, 4, 3]``, their joints.
        :param length: from the wrist to the knuckles.
        :param picture: ``[n, n, 3]``, the photo's colours in [0, 1].
        """
        y, x = np.nonzero(grown(pixels, 1))
        at = y, x
        points = np.stack([x, y], 1).astype(np.float64)
        bound = [_bind(points, wrist, finger, length) for finger in fingers]
        depth = np.stack([one.depth for one in bound])
        apart = np.stack([one.apart for one in bound])
        palm = np.stack([one.palm for one in bound])
        far = apart + NEARER * (depth - wrist[2])
        first, second = np.sort(far, axis=0)[:2]
        sure = palm.all(0) | (apart.min(0) <= SURE * length) | (second - first > UNSURE * length)
        nearest = _at_creases(far.argmin(0), sure, pixels, at, picture)
        # The palm is one thing, whatever finger is nearest.
        close = 1.0 / (apart + 1.0) ** 2
        on_palm = np.stack([one.on_palm for one in bound])
        depth += on_palm * ((close * depth).sum(0) / close.sum(0) - depth)
        carried, beneath = _hems(nearest, pixels, at, round(HEM * length))
        behind = (1.0 - on_palm) * beneath + BEHIND * length * ~pixels[at]
        number = np.full(pixels.shape, -1)
        number[at] = np.arange(len(x))
        triangles, by = _parted(_grid(number), carried, nearest, palm)
        used, corners = np.unique(triangles + by[:, None] * len(x), return_inverse=True)
        finger, vertex = np.divmod(used, len(x))
        weights = np.stack([one.weights for one in bound])[finger, vertex]
        bones = np.stack([one.bones for one in bound])[finger, vertex]
        bones += (bones > 0) * (JOINTS * finger[:, None])
        vertices = np.column_stack([points[vertex], depth[finger, vertex]])
        return cls(
            np.ascontiguousarray(vertices, np.float32),
            np.pad(weights.astype(np.float32), ((0, 0), (0, 2))),
            np.pad(bones.astype(np.int32), ((0, 0), (0, 2))),
            np.ascontiguousarray(behind[finger, vertex], np.float32),
            np.ascontiguousarray(corners.reshape(-1, 3), np.int32),
        )


@dataclass(frozen=True, eq=False)
class _Bound:
    """Pixels as one finger would carry them."""

    weights: Array
    """``[v, 2]``"""
    bones: NDArray[np.int64]
    """``[v, 2]``: 0 the palm, 1 to 3 the finger's."""
    depth: Vectors
    """``[v]``"""
    apart: Vectors
    """``[v]``: how far from the finger."""

    @property
    def on_palm(self) -> Vectors:
        """``[v]``: how far each hangs on the palm."""
        return np.asarray((self.weights * (self.bones == 0)).sum(1))

    @property
    def palm(self) -> NDArray[np.bool_]:
        """``[v]``: which hang on the palm alone."""
        return np.asarray((self.weights * (self.bones > 0)).sum(1) == 0.0)


def _bind(place: Vectors, wrist: Vectors, finger: Vectors, length: float) -> _Bound:
    """Pixels ``[v, 2]`` bound to a finger with its joints ``[4, 3]``."""
    best = np.full(len(place), np.inf)
    along, depth = np.zeros(len(place)), np.zeros(len(place))
    chain = np.concatenate([wrist[None], finger])
    bones = np.diff(chain, axis=0)
    long = np.linalg.norm(bones, axis=1)
    begins = np.append(0.0, np.cumsum(long))[:-1] - long[0]  # before the knuckle is the palm
    for start, bone, begin, its in zip(chain, bones, begins, long, strict=False):
        flat = float(bone[:2] @ bone[:2]) + 1e-9
        within = np.clip((place - start[:2]) @ bone[:2] / flat, 0.0, 1.0)
        apart = np.linalg.norm(place - start[:2] - within[:, None] * bone[:2], axis=1)
        nearer = apart < best
        along[nearer] = (begin + within * its)[nearer]
        depth[nearer] = (start[2] + within * bone[2])[nearer]
        best = np.where(nearer, apart, best)
    starts, reach = begins[1:], BENDING * length
    after = np.clip((along[:, None] - starts) / (2.0 * reach) + 0.5, 0.0, 1.0)
    last = (after > 0.0).sum(1)
    share = np.take_along_axis(after, np.maximum(last - 1, 0)[:, None], 1)[:, 0]
    share = np.where(last > 0, share, 1.0)
    weights = np.stack([share, 1.0 - share], 1)
    numbers = np.stack([last, np.maximum(last - 1, 0)], 1)
    return _Bound(weights, numbers, depth, best)


def _grid(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles ``[t, 3]`` between numbered pixels ``[n, n]``; -1 for those that are left out."""
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    quads = np.stack([a, b, c, d], -1)[(np.stack([a, b, c, d]) >= 0).all(0)]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _at_creases(
    nearest: NDArray[np.int64], sure: Region, shown: Region, at: Places, picture: Array
) -> NDArray[np.int64]:
    """``at_creases`` of pixels in a list, ``[v]``; its outline goes with the hand beside it.

    :param shown: ``[n, n]``, the hand without that.
    """
    y, x = at
    part = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
    whose, known = np.full(shown.shape, -1), np.zeros(shown.shape, np.bool_)
    whose[at], known[at] = nearest, sure
    whose, known, within = whose[part], known[part], shown[part]
    found = at_creases(np.where(within, whose, -1), known, picture[part])
    found = found.ravel()[nearest_reached(within)]
    return np.asarray(found[y - y.min(), x - x.min()])


def _hems(
    nearest: NDArray[np.int64], shown: Region, at: Places, wide: int
) -> tuple[NDArray[np.bool_], Vectors]:
    """``[5, v]``: which pixels a finger carries, and how far each lies from those that it shows.

    :param shown: ``[n, n]``, of the hand: beside it no finger goes on.
    """
    y, x = at[0] - at[0].min(), at[1] - at[1].min()
    within = shown[at[0].min() : at[0].max() + 1, at[1].min() : at[1].max() + 1]
    carried = np.zeros((FINGERS, len(nearest)), np.bool_)
    apart = np.zeros((FINGERS, len(nearest)))
    for finger in range(FINGERS):
        own = np.zeros(within.shape, np.bool_)
        own[y, x] = nearest == finger
        apart[finger] = distance_to(own)[y, x]
        for _ in range(wide):
            own |= grown(own, 1) & within
        carried[finger] = own[y, x]
    return carried, apart


def _parted(
    triangles: NDArray[np.int64],
    carried: NDArray[np.bool_],
    nearest: NDArray[np.int64],
    palm: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles, and which finger carries each ``[t]``: nothing is stretched from one to another.

    Between two fingers each gets the triangle, and some beyond as its hem, but for those on the
    palm alone.

    :param carried: ``[5, v]``, which pixels a finger carries.
    :param nearest: ``[v]``, the finger of each. :param palm: ``[5, v]``.
    """
    whose = nearest[triangles]
    still = palm[whose, triangles].all(1)
    parts, by = [triangles[still]], [whose[still, 0]]
    for finger in range(FINGERS):
        own = ~still & ((whose == finger).any(1) | carried[finger, triangles].all(1))
        parts.append(triangles[own])
        by.append(np.full(int(own.sum()), finger))
    return np.concatenate(parts), np.concatenate(by)
