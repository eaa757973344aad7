"""A hand of the photo that moves finger by finger: its own pixels, each on the bone it shows.

Convention: pixels of the photo's window, x right, y down, z away from the camera. Bones are counted
in the hand: 0 for the palm, then three a finger, the thumb first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.regions import grown, nearest_reached
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.creases import at_creases
from bunraku.runtime.drivers.hands.landmarks import WRIST
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.rigging import bent_since
from bunraku.runtime.drivers.hands.shape import HandPose, HandShape
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS, JOINTS

BONES = 1 + FINGERS * JOINTS
GOES_OVER = -0.05, 0.4
"""From where to where beyond the wrist a hand goes over into what it is on, if that is made anew,
in lengths from wrist to knuckles."""
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
REACH = math.radians(25.0)
"""How far a finger is turned from how the photo has it at most: one sees the side of a finger that
it does not show from there on, and what is behind."""
Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns of pixels."""


@dataclass(frozen=True, eq=False)
class OwnHand:
    """The pixels of one hand as a mesh of their own."""

    vertices: Array
    """``[v, 3]``; x and y are where the photo is read."""
    weights: Array
    """``[v, 4]``"""
    bones: NDArray[np.int32]
    """``[v, 4]``"""
    behind: Array
    """``[v]``: how far each stands behind where it is, for what is before what."""
    triangles: NDArray[np.int32]
    """``[t, 3]``"""
    beyond: Array
    """``[t]`` in [0, 1]: how far each lies beyond the wrist, where one sees it from the side."""
    joints: Vectors
    """``[5, 3, 3]``: where each finger's bones begin."""
    shape: HandShape
    pose: HandPose
    """As the photo holds it."""

    @classmethod
    def of(
        cls,
        pixels: Region,
        place: HandPlace,
        picture: Array,
        wrist_z: float,
        shape: HandShape,
        pose: HandPose,
    ) -> OwnHand:
        """A hand by its points.

        :param pixels: ``[n, n]``, which may be read of it; some must be.
        :param picture: ``[n, n, 3]``, the photo's colours in [0, 1].
        :param wrist_z: the depth of its wrist.
        """
        placed = np.asarray(place.points, np.float64).copy()
        placed[:, 2] += wrist_z - placed[WRIST, 2]
        fingers = placed[1:].reshape(FINGERS, 1 + JOINTS, 3)
        near = grown(pixels, 1)
        y, x = np.nonzero(near)
        at = np.stack([x, y], 1).astype(np.float64)
        bound = [_bind(at, placed[WRIST], finger, place.length) for finger in fingers]
        depth = np.stack([one.depth for one in bound])
        apart = np.stack([one.apart for one in bound])
        number = np.full(near.shape, -1)
        number[y, x] = np.arange(len(x))
        palm = np.stack([one.palm for one in bound])
        far = np.sort(apart + NEARER * (depth - wrist_z), axis=0)
        nearest = (apart + NEARER * (depth - wrist_z)).argmin(0)
        sure = palm.all(0) | (apart.min(0) <= SURE * place.length)
        sure |= far[1] - far[0] > UNSURE * place.length
        nearest = _at_creases(nearest, sure, pixels, (y, x), picture)
        # The palm is one thing, whatever finger is nearest.
        close = 1.0 / (apart + 1.0) ** 2
        flat = (close * depth).sum(0) / close.sum(0)
        on_palm = np.stack([one.on_palm for one in bound])
        carried, beneath = _hems(nearest, pixels, (y, x), round(HEM * place.length))
        depth += on_palm * (flat - depth)
        behind = (1.0 - on_palm) * beneath + BEHIND * place.length * ~pixels[y, x]
        triangles, by = _parted(_grid(number), carried, nearest, palm)
        used, corners = np.unique(triangles + by[:, None] * len(x), return_inverse=True)
        finger, vertex = np.divmod(used, len(x))
        weights = np.stack([one.weights for one in bound])[finger, vertex]
        bones = np.stack([one.bones for one in bound])[finger, vertex]
        bones += (bones > 0) * (JOINTS * finger[:, None])
        vertices = np.column_stack([at[vertex], depth[finger, vertex]])
        return cls(
            np.ascontiguousarray(vertices, np.float32),
            np.pad(weights.astype(np.float32), ((0, 0), (0, 2))),
            np.pad(bones.astype(np.int32), ((0, 0), (0, 2))),
            np.ascontiguousarray(behind[finger, vertex], np.float32),
            np.ascontiguousarray(corners.reshape(-1, 3), np.int32),
            _beyond(at[vertex][corners.reshape(-1, 3)].mean(1), place),
            fingers[:, :JOINTS],
            shape,
            pose,
        )

    def held(self, turn: Array, pose: HandPose | None) -> HandPose:
        """How the hand is held when its palm has gone so far.

        :param turn: ``[3, 3]``, how the palm has been turned since the photo, and stretched.
        :param pose: the driver's, None if it is not seen.
        """
        across, _, along = np.linalg.svd(turn.astype(np.float64))
        bends = self.pose.bends
        if pose is not None:
            bends = bends + (pose.bends - bends) * pose.belief
        return HandPose(across @ along @ self.pose.palm, bends)

    def _bent(self, bends: Vectors) -> Vectors:
        """Bends ``[5, 4]`` like these as far as the photo's pixels can be bent and stay whole."""
        since = bends - self.pose.bends
        far = np.maximum(1e-6, bent_since(since))
        return self.pose.bends + since * (REACH * (1.0 - np.exp(-far / REACH)) / far)[:, None]

    def transforms(self, hand: Array, pose: HandPose) -> Array:
        """``[16, 3, 4]``: where each bone of the hand has gone since the photo.

        :param hand: ``[3, 4]``, where the palm has. :param pose: of ``held``.
        """
        palm, before = self.pose.palm, self.shape.turns(self.pose.bends)
        turns = palm @ self.shape.turns(self._bent(pose.bends)) @ before.swapaxes(-1, -2) @ palm.T
        moved = np.zeros((BONES, 3, 4))
        moved[0, :, :3] = np.eye(3)
        start = self.joints[:, 0]
        for joint in range(JOINTS):
            turn, rest = turns[:, joint], self.joints[:, joint]
            moved[1 + joint :: JOINTS, :, :3] = turn
            moved[1 + joint :: JOINTS, :, 3] = start - (turn @ rest[..., None])[..., 0]
            if joint + 1 < JOINTS:
                bone = self.joints[:, joint + 1] - rest
                start = start + (turn @ bone[..., None])[..., 0]
        result = hand[:, :3] @ moved
        result[:, :, 3] += hand[:, 3]
        return np.ascontiguousarray(result, np.float32)


def _beyond(at: Vectors, place: HandPlace) -> Array:
    """``OwnHand.beyond`` of points ``[t, 2]``."""
    low, high = GOES_OVER
    along = place.along(at) / place.length
    return np.asarray(np.clip((along - low) / (high - low), 0.0, 1.0), np.float32)


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
    y, x = at
    rows, columns = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
    carried = np.zeros((FINGERS, len(nearest)), np.bool_)
    apart = np.zeros((FINGERS, len(nearest)))
    for finger in range(FINGERS):
        own = np.zeros(shown.shape, np.bool_)
        own[at] = nearest == finger
        apart[finger] = distance_to(own[rows, columns])[y - rows.start, x - columns.start]
        for _ in range(wide):
            own |= grown(own, 1) & shown
        carried[finger] = own[at]
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
