"""Cutting a grid where parts come apart: each side gets the triangles of the cut for itself."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.groups import ARMS, GROUP, GROUPS
from bunraku.runtime.drivers.body.lines import STEP_PX
from bunraku.runtime.drivers.body.parts import ENDWISE, FINGERS, FREE, HANGING, LAP
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BODY_BONES, SIDES, BodyBone

NEAR_PX = 2 * STEP_PX
"""How far from a triangle the vertex may be that carries a side which has none of its corners."""


def _group_of_part() -> NDArray[np.int32]:
    result = np.zeros(LAP + 1, np.int32)
    result[:BODY_BONES] = GROUP[:BODY_BONES]
    for side in range(SIDES):
        result[FREE + side] = GROUP[BodyBone.UPPER_ARM_L + side]
        result[ENDWISE + side] = GROUP[BodyBone.FOREARM_L + side]
        result[FINGERS + side] = GROUP[BodyBone.HAND_L + side]
    return result


_GROUP_OF_PART = _group_of_part()
_LOOSE = np.isin(_GROUP_OF_PART, ARMS)
_LOOSE[LAP] = True
_APART = ~HANGING & (_LOOSE[:, None] | _LOOSE) & (_GROUP_OF_PART[:, None] != _GROUP_OF_PART)
"""``[23, 23]``: what is cut from each other pixel by pixel: an arm or a lap, and what is beside."""


class Doubled(NamedTuple):
    """Triangles on a cut, once for each side, with vertices of their own."""

    triangles: NDArray[np.int64]
    origin: list[int]
    """Of each added vertex, whose place in the photo it has,"""
    carrier: list[int]
    """and on what it hangs."""
    group: list[int]


class _Side(NamedTuple):
    number: int
    of_group: bool
    """A group's, else a bone's."""


class _Half(NamedTuple):
    """A triangle on a cut, of one side."""

    triangle: list[int]
    side: _Side
    own: NDArray[np.int64]
    """Nodes of this side: of the triangle, or else around it."""
    lacking: list[int]
    """Corners that are not."""


def groups_apart(binding: Binding, cells: NDArray[np.int64], place: Array) -> NDArray[np.bool_]:
    """``[t, 9]``: groups with pixels in a triangle's cell that do not hang together with others in
    it. A limb's border runs between the grid's lines: it would be cut in steps as wide as they.

    :param cells: ``[t, 3]``; :param place: ``[v, 3]``.
    """
    corner = place[cells, :2].min(1).astype(int)
    square = np.ones((STEP_PX + 1,) * 2, np.uint8)
    own = np.zeros((len(_APART), len(cells)), np.bool_)
    for part in np.unique(binding.part[binding.reached]):
        there = (binding.reached & (binding.part == part)).astype(np.uint8)
        reach = cv2.dilate(there, square, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
        own[part] = reach[corner[:, 1], corner[:, 0]] > 0
    result = np.zeros((len(cells), GROUPS), np.bool_)
    for part, other in np.argwhere(_APART):
        result[:, _GROUP_OF_PART[part]] |= own[part] & own[other]
    return result


def double(
    triangles: NDArray[np.int64],
    apart: NDArray[np.bool_],
    number: NDArray[np.int64],
    place: Array,
    bone: NDArray[np.int32],
) -> Doubled:
    """Nothing is stretched across a cut: each side gets the triangle, carried by its own bone.

    A side's triangles share their corners: one that it lacks hangs on the nearest that any of them
    has, else the side would open in slits as it turns.

    :param triangles: ``[t, 3]``, those on a cut. :param apart: ``[t, 9]`` of ``groups_apart``.
    :param number: ``[n, n]``, the nodes of the window. :param place: ``[v, 3]`` of the nodes.
    :param bone: ``[v]``, the main one of each.
    """
    halves = _halves(triangles, apart, number, place, bone)
    nearest: dict[tuple[int, _Side], tuple[float, int]] = {}
    for half in halves:
        for vertex in half.lacking:
            apart_px = ((place[half.own, :2] - place[vertex, :2]) ** 2).sum(1)
            found = float(apart_px.min()), int(half.own[apart_px.argmin()])
            key = vertex, half.side
            nearest[key] = min(found, nearest.get(key, found))
    made = {key: len(place) + k for k, key in enumerate(nearest)}
    corners = [[made.get((v, half.side), v) for v in half.triangle] for half in halves]
    return Doubled(
        np.array(corners, np.int64).reshape(-1, 3),
        [vertex for vertex, _ in nearest],
        [carrier for _, carrier in nearest.values()],
        [int(GROUP[bone[half.own[0]]]) if half.side.of_group else -1 for half in halves],
    )


def _halves(
    triangles: NDArray[np.int64],
    apart: NDArray[np.bool_],
    number: NDArray[np.int64],
    place: Array,
    bone: NDArray[np.int32],
) -> list[_Half]:
    """Each triangle once for each side that has some of it; as of ``double``."""
    result: list[_Half] = []
    for triangle, sides in zip(triangles, apart, strict=True):
        key = GROUP[bone[triangle]]
        among = {*key.tolist(), *np.flatnonzero(sides).tolist()}
        by_group = len(among) > 1
        if not by_group:
            key = bone[triangle]
            among = set(key.tolist())
        for side in sorted(among):
            own = triangle[key == side]
            if len(own) == 3 and not by_group:
                continue  # a step of depth within one bone: a hole behind it
            if not len(own):
                own = _nearby(triangle, side, number, place, bone)
            if len(own):
                lacking = triangle[key != side].tolist()
                result.append(_Half(triangle.tolist(), _Side(side, by_group), own, lacking))
    return result


def _nearby(
    triangle: NDArray[np.int64],
    group: int,
    number: NDArray[np.int64],
    place: Array,
    bone: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Nodes of a group around a triangle that has none of it."""
    x, y = place[triangle, :2].min(0).astype(int)
    rows, columns = (slice(max(at - NEAR_PX, 0), at + STEP_PX + NEAR_PX + 1) for at in (y, x))
    nodes = number[rows, columns].ravel()
    nodes = nodes[nodes >= 0]
    return np.asarray(nodes[GROUP[bone[nodes]] == group], np.int64)
