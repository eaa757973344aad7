"""Straight edges that run into a hole.

Where a wall ends or a floor begins beside the person, it does so behind them as well.

Source of the segments: R. Grompone von Gioi et al., "LSD: a Line Segment Detector", 2012.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.edges import BESIDE, CONTRAST, Edge, Flags, at
from bunraku.runtime.source.things import contradicted, of_one_thing
from bunraku.spec.arrays import Exact, Picture

SHORTEST = 8.0
"""Length of a segment in pixels."""
SLANT = 0.25
"""Slope up to which edges are followed: what is steeper is seldom of a wall, a floor or a shelf."""
GAP = 4
"""How far before a hole a segment may end, in pixels."""
DEEP = 8
"""How far an edge leads through a hole."""
UPRIGHT = 1.5
"""By how many pixels a segment may be off from upright or level as a whole, to be taken for it."""
TRUSTED = 2.0
"""How many times its own length an edge is followed that is neither."""
MEETS, MEETS_COLOUR = 2.0, 50.0
"""Edges of both sides of a hole are one if they miss each other by so many pixels and levels."""
SAME = 6.0
"""Edges that run this near to each other are one, in pixels."""
LONG = 40.0
"""Length from which on an edge is no surer for being longer, in pixels."""
MOST = 6
"""Edges that are followed."""


def find_edges(part: Picture, hidden: NDArray[np.uint8], unclear: NDArray[np.uint8]) -> list[Edge]:
    """The edges that lead into what is hidden, those first that are seen at both of its sides.

    :param part: ``[h, w, 3]`` uint8.
    :param hidden: ``[h, w]`` in {0, 1}, through which edges are followed: less than the hole, as
        near the person there is much to see of the edges, though nothing to copy.
    :param unclear: ``[h, w]`` in {0, 1}, what is to be made up.
    """
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    segments = cv2.createLineSegmentDetector().detect(grey)[0]
    if segments is None:
        return []
    hole = hidden > 0
    found: list[Edge] = []
    beside: list[tuple[Edge, list[Edge]]] = []
    for segment in segments.reshape(-1, 4).astype(np.float64):
        for first, last in _seen(segment[:2], segment[2:], hole):
            both = [_leading(*ends, part, hole) for ends in ((first, last), (last, first))]
            leading = [edge for edge in both if edge is not None]
            found += leading
            seen = _beside(first, last, part, hole, unclear > 0)
            if seen is not None:
                beside.append((seen, leading))
    ends = [edge for edge in found if contradicted(edge, part, hole)]
    # What ends in the hole with others is the edge of a thing: it does not go on at any side of it.
    found += [seen for seen, leading in beside if not _of_thing(leading, ends)]
    found.sort(key=lambda edge: -edge.strength)
    chosen: list[Edge] = []
    for edge in _joined(found):
        if not any(_same(edge, other) for other in chosen):
            chosen.append(edge)
    return chosen[:MOST]


def _seen(first: Exact, last: Exact, hole: Flags) -> list[tuple[Exact, Exact]]:
    """The ends of those pieces of a segment that are not hidden, and long enough."""
    length = float(np.hypot(*(last - first)))
    if length < SHORTEST or min(abs(last - first)) > SLANT * max(abs(last - first)):
        return []
    way = (last - first) / length
    seen = at(~hole, first + np.arange(int(length) + 1)[:, None] * way)
    begins, ends = np.flatnonzero(np.diff(seen, prepend=False, append=False)).reshape(-1, 2).T
    long = ends - 1 - begins >= SHORTEST
    runs = zip(begins[long], ends[long] - 1, strict=True)
    return [(first + begin * way, first + end * way) for begin, end in runs]


def _beside(first: Exact, last: Exact, part: Picture, hole: Flags, unclear: Flags) -> Edge | None:
    """The segment as an edge that is seen, but where all is to be made up; None if it is not so."""
    length = float(np.hypot(*(last - first)))
    way = (last - first) / length
    points = first + np.arange(int(length) + 1)[:, None] * way
    inside = at(unclear, points)
    sides, contrast = _sides(first, last, way, part, ~hole)
    if inside.sum() < DEEP or contrast < CONTRAST:
        return None
    column, row = np.rint(points[int(np.argmax(inside))]).astype(int)
    entry = int(row), int(column)
    strength = contrast * min(length, LONG)
    return Edge(first, way, int(inside.sum()), entry, last, sides, strength, met=True)


def _leading(first: Exact, last: Exact, part: Picture, hole: Flags) -> Edge | None:
    """The segment as an edge into the hole that lies beyond its last point; None if none does."""
    length = float(np.hypot(*(last - first)))
    way = (last - first) / length
    upright = min(abs(way)) * length < UPRIGHT
    if upright:
        middle, axis = 0.5 * (first + last), int(abs(way[1]) > abs(way[0]))
        way = np.eye(2)[axis] * np.sign(way[axis])
        last = middle + way * (length / 2)
    sides, contrast = _sides(first, last, way, part, ~hole)
    if contrast < CONTRAST:
        return None
    beyond = np.arange(1, sum(hole.shape))
    points = last + beyond[:, None] * way
    inside = at(hole, points)
    entry = int(np.argmax(inside))
    if not inside.any() or entry > GAP:
        return None
    left = np.flatnonzero(~inside[entry:])
    through = int(left[0]) if len(left) else len(inside) - entry
    if through < DEEP or not (upright or through <= TRUSTED * length):
        return None
    column, row = np.rint(points[entry]).astype(int)
    strength = contrast * min(length, LONG)
    end_point = points[min(entry + through, len(points) - 1)]
    return Edge(last, way, through, (int(row), int(column)), end_point, sides, strength)


def _sides(
    first: Exact, last: Exact, way: Exact, part: Picture, clear: Flags
) -> tuple[NDArray[np.float64], float]:
    """The colours beside a segment, and by how much more they differ than they are uneven."""
    along = np.linspace(0.0, 1.0, 9)[:, None] * (last - first) + first
    across = BESIDE * np.array([-way[1], way[0]])
    sides, uneven = np.zeros((2, 3)), 0.0
    for side, shift in enumerate((across, -across)):
        places = along + shift
        seen = at(clear, places)
        if not seen.any():
            return sides, 0.0
        columns, rows = np.rint(places[seen]).astype(int).T
        colours = part[rows, columns].astype(np.float64)
        sides[side] = np.median(colours, 0)
        uneven += float(np.linalg.norm(colours - sides[side], axis=1).mean())
    return sides, float(np.linalg.norm(sides[0] - sides[1])) - uneven


def _of_thing(leading: list[Edge], ends: list[Edge]) -> bool:
    """Whether one of these edges ends in the hole, and others that run along with it."""
    return any(
        of_one_thing(edge, other) and not _same(edge, other)
        for edge in leading
        if edge in ends
        for other in ends
    )


def _joined(found: list[Edge]) -> list[Edge]:
    """Those that meet another of the hole's other side as one each, then the others."""
    met: list[Edge] = []
    for edge in found:
        for other in found:
            if not (edge.met or other.met) and _meet(edge, other):
                way = other.start - edge.start
                joined = Edge(
                    *(edge.start, way / np.hypot(*way), edge.through, edge.entry, other.start),
                    *(edge.sides, edge.strength + other.strength),
                    met=True,
                )
                met.append(joined)
                break
    met += [edge for edge in found if edge.met]
    met.sort(key=lambda edge: -edge.strength)
    return met + [edge for edge in found if not edge.met]


def _meet(one: Edge, other: Edge) -> bool:
    """Whether two edges lead to each other through the hole."""
    if one.way @ other.way > -0.98:
        return False
    between = other.start - one.start
    if between @ one.way <= 0:
        return False
    # How far each passes the other's start; errors grow with the way.
    off = [abs(between[0] * edge.way[1] - between[1] * edge.way[0]) for edge in (one, other)]
    if max(off) > MEETS + 0.02 * float(np.hypot(*between)):
        return False
    unlike = np.linalg.norm(one.sides - other.sides[::-1], axis=1)
    return bool(unlike.min() < MEETS_COLOUR)  # one wall may end where a floor goes on


def _same(one: Edge, other: Edge) -> bool:
    """Whether an edge runs where a surer one does."""
    ends = np.array([one.start, one.end]) - other.start
    return bool(np.abs(ends[:, 0] * other.way[1] - ends[:, 1] * other.way[0]).max() < SAME)
