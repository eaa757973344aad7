"""The photo's person as a mesh of its own: a grid over its pixels, cut where parts come apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import unstreaked, untorn
from bunraku.runtime.drivers.body.binding import DEPTH_STEP, Binding
from bunraku.runtime.drivers.body.doubling import double, groups_apart
from bunraku.runtime.drivers.body.edge import LowerEdge
from bunraku.runtime.drivers.body.lines import STEP_PX, Lines
from bunraku.runtime.drivers.body.parts import HANGING
from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.source.mask import fineness
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BODY_BONES, BodyBone

TORN = 1.3
"""Times ``DEPTH_STEP``: an edge between depths that differ by more is cut."""
SKIRT_PX = 3.0
"""Legs are not cut from each other where both their surfaces are farther: there is a skirt."""
PULLED = 6.0
"""Of the photo's length; a triangle between two bones that is pulled out farther is dropped."""
HOLDING = 0.5
"""How far above the photo's lower edge a body that is lifted is stretched at most, in trunks."""
EDGE_PX = 2.0
"""How far below that edge it still reaches."""
STREAKS = 2.5, 4.0
"""How often its own length a triangle may be drawn out until it fades, and until it is gone,"""
ON_HEAD = 5.0, 9.0
"""and the same of a head, whose sides are hair and cheeks that a photo shows from the edge."""
_LEGS = [BodyBone.THIGH_L, BodyBone.THIGH_R, BodyBone.SHIN_L, BodyBone.SHIN_R]
_SHINS = [BodyBone.SHIN_L, BodyBone.SHIN_R]


@dataclass(frozen=True, eq=False)
class Grid:
    """A mesh in pixels of the photo's window."""

    vertices: Array
    """``[v, 3]``; x and y are where the photo is read."""
    weights: Array
    """``[v, 4]``"""
    bones: NDArray[np.int32]
    """``[v, 4]``"""
    bone: NDArray[np.int32]
    """``[v]``: the main one."""
    triangles: NDArray[np.int32]
    """``[t, 3]``"""
    group: NDArray[np.int32]
    """``[t]``: at a cut, whose pixels a triangle shows; -1 for all of them."""
    hold: Array
    """``[v]`` in [0, 1]: 1 at the photo's lower edge, from which nothing is lifted, less above."""

    limits: Array
    """``[t, 3]``: the square of the length up to which an edge between two bones holds, from each
    corner to the next; infinite within one bone, which nothing pulls apart."""
    unstretched: Array
    """``[t, 2, 2]``: what takes a triangle's first two edges to the photo's axes."""
    streaks: Array
    """``[t, 2]``, see ``STREAKS``."""

    def whole(self, moved: Array) -> NDArray[np.bool_]:
        """``[t]``: which triangles are not pulled out between two bones.

        :param moved: ``[v, 3]``, where the vertices are now.
        """
        return untorn(moved, self.triangles, self.limits)

    def share(self, moved: Array) -> Array:
        """``[v]`` in [0, 1]: how much there is to show at each vertex; less where the triangles
        around it are drawn out to streaks, and nothing where all are.

        :param moved: ``[v, 3]``, where the vertices are now.
        """
        return unstreaked(moved, self.triangles, self.unstretched, self.streaks)


def hold_down(moved: Array, vertices: Array, hold: Array) -> None:
    """Leave vertices at the photo's lower edge when the body is lifted, in place.

    Of arrays, or of tensors.

    :param moved: ``[v, 3]``; :param vertices: ``[v, 3]``, in the photo. :param hold: ``[v]``.
    """
    rise = (vertices[:, 1] - moved[:, 1]).clip(0.0)
    moved[:, 1] += hold * (rise + rise.clip(0.0, EDGE_PX))


def held(
    vertices: Array,
    bone: NDArray[np.int32],
    head: Array,
    trunk_px: float,
    lower_edge: LowerEdge | None,
) -> Array:
    """``Grid.hold`` of vertices ``[v, 3]`` in the photo, of these main bones ``[v]``.

    :param head: ``[v]`` in [0, 1], how far the head carries each: what it lifts is not held.
    """
    if lower_edge is None:
        return np.zeros(len(vertices), np.float32)
    above = np.maximum(lower_edge.at(vertices[:, 0]) - STEP_PX - vertices[:, 1], 0.0)
    above /= min(HOLDING * trunk_px, lower_edge.reach)
    free = np.maximum(1.0 - 2.0 * head, 0.0)
    own = np.isin(bone, lower_edge.bones)
    return np.asarray(np.maximum(1.0 - above, 0.0) * free * own, np.float32)


def make_grid(
    binding: Binding, trunk_px: float, lower_edge: LowerEdge | None, lines: Lines
) -> Grid:
    """The mesh of a bound photo.

    :param trunk_px: length of the trunk.
    :param lower_edge: where the photo ends and cuts the person; None if it does not.
    """
    number = lines.nodes(binding.reached)
    y, x = np.nonzero(number >= 0)
    at = nearest_reached(binding.reached)[y, x]
    place = np.stack([x, y, binding.depth.ravel()[at]], 1).astype(np.float32)
    weights, bone = binding.weights.reshape(-1, BODY_BONES)[at], binding.bone.ravel()[at]
    cells = lines.triangles(number)
    part, distance = binding.part.ravel()[at], binding.distance.ravel()[at]
    apart = groups_apart(binding, cells, place)
    cut = _cut(cells, place, part, distance, trunk_px, fineness(len(number))) | apart.any(1)
    doubled = double(cells[cut], apart[cut], number, place, bone)
    origin = np.concatenate([np.arange(len(place)), doubled.origin]).astype(np.int64)
    carrier = np.concatenate([np.arange(len(place)), doubled.carrier]).astype(np.int64)
    triangles = np.concatenate([cells[~cut], doubled.triangles]).astype(np.int32)
    group = np.concatenate([np.full((~cut).sum(), -1), doubled.group]).astype(np.int32)
    vertices = place[origin]
    vertices[:, 2] = place[carrier, 2]
    bone = bone[carrier].astype(np.int32)
    hold = held(vertices, bone, weights[carrier, BodyBone.HEAD], trunk_px, lower_edge)
    bones = np.argsort(-weights, 1)[:, :4]
    heavy = np.take_along_axis(weights, bones, 1)
    heavy /= heavy.sum(1, keepdims=True) + 1e-9
    return Grid(
        np.ascontiguousarray(vertices),
        np.ascontiguousarray(heavy[carrier], np.float32),
        np.ascontiguousarray(bones[carrier], np.int32),
        bone,
        np.ascontiguousarray(triangles),
        group,
        hold,
        _limits(vertices, bone, triangles),
        _unstretched(vertices, triangles),
        np.where((bone[triangles] == BodyBone.HEAD).all(1)[:, None], ON_HEAD, STREAKS).astype(
            np.float32
        ),
    )


def _limits(vertices: Array, bone: NDArray[np.int32], triangles: NDArray[np.int32]) -> Array:
    corners, bones = vertices[triangles, :2], bone[triangles]
    sides = corners - corners[:, [1, 2, 0]]
    long = PULLED**2 * (sides * sides).sum(-1)
    return np.where(bones != bones[:, [1, 2, 0]], long, np.inf).astype(np.float32)


def _unstretched(vertices: Array, triangles: NDArray[np.int32]) -> Array:
    a, b, c = vertices[triangles, :2].astype(np.float64).transpose(1, 0, 2)
    return np.asarray(np.linalg.inv(np.stack([b - a, c - a], -1)), np.float32)


def _cut(
    triangles: NDArray[np.int64],
    place: Array,
    part: NDArray[np.int32],
    distance: Array,
    trunk_px: float,
    fine: float,
) -> NDArray[np.bool_]:
    """Which triangles lie across parts that do not hang together."""
    result = np.zeros(len(triangles), np.bool_)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        i, j = triangles[:, first], triangles[:, second]
        legs = np.isin(part[i], _LEGS) & np.isin(part[j], _LEGS)
        legs &= np.isin(part[i], _SHINS) | np.isin(part[j], _SHINS)
        skirt = legs & (np.minimum(distance[i], distance[j]) > SKIRT_PX * fine)
        result |= ~HANGING[part[i], part[j]] & ~skirt
        result |= np.abs(place[i, 2] - place[j, 2]) > DEPTH_STEP * TORN * trunk_px
    return result
