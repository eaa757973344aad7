"""Things that end behind a person, as a shelf does: their edges lead into a hole and not out of it.

A board that ends there must not go on as the wall at the other side does, nor each board end for
itself.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.source.edges import BESIDE, CONTRAST, Edge, Flags, at
from bunraku.spec.arrays import Exact, Picture

ALIKE = 0.98
"""Cosine from which on edges lead the same way."""


def contradicted(edge: Edge, part: Picture, hole: Flags) -> bool:
    """Whether nothing of this edge is seen beyond the hole, so that it ends somewhere in it."""
    across = BESIDE * np.array([-edge.way[1], edge.way[0]])
    ahead = edge.end + np.arange(2 * BESIDE, sum(hole.shape))[:, None] * edge.way
    seen = at(~hole, ahead + across) & at(~hole, ahead - across)
    if not seen.any():
        return False
    middle = ahead[int(np.argmax(seen))]
    columns, rows = np.rint([middle + across, middle - across]).astype(int).T
    one, other = part[rows, columns].astype(np.float64)
    return bool(np.linalg.norm(one - other) < CONTRAST)


def of_one_thing(one: Edge, other: Edge) -> bool:
    """Whether two edges that end in the hole may be of one thing.

    They lead the same way, and level: what is upright stands on something, and ends there.
    """
    return bool(one.way @ other.way > ALIKE and abs(one.way[0]) > ALIKE)


def things_of(edges: list[Edge]) -> list[list[Edge]]:
    """Those that lead the same way, two at least."""
    groups: list[list[Edge]] = []
    for edge in edges:
        for group in groups:
            if of_one_thing(edge, group[0]):
                group.append(edge)
                break
        else:
            groups.append([edge])
    return [group for group in groups if len(group) > 1]


def between(group: list[Edge], edges: list[Edge], shape: tuple[int, ...]) -> Flags:
    """What lies between edges that lead into the hole and not out of it: a thing, as a shelf.

    Nobody knows how far it goes on; that all of it ends along one line is all that is seen of it.
    """
    way = group[0].way
    across = np.array([-way[1], way[0]])
    ys, xs = np.indices(shape)
    along, aside = (xs * axis[0] + ys * axis[1] for axis in (way, across))
    last = max(float(np.array(edge.entry[::-1]) @ way) for edge in group)
    ordered = sorted(group, key=lambda edge: float(edge.start @ across))
    low, high = (float(edge.start @ across) for edge in (ordered[0], ordered[-1]))
    (inside_low, beyond_low), (beyond_high, inside_high) = ordered[0].sides, ordered[-1].sides
    own = [inside_low, inside_high, *(side for edge in ordered[1:-1] for side in edge.sides)]
    # Beyond its outermost edge it goes on if that is of its colours, up to what it stands on: an
    # edge that is seen beside it, and goes on where it ends.
    lanes = []
    for edge in edges:
        near, far = sorted((edge.start, edge.end), key=lambda point: float(point @ way))
        if abs(edge.way @ way) > ALIKE and near @ way <= last < far @ way and edge.met:
            lanes.append(float(near @ across))
    if _one_of(beyond_low, own):
        low = max((lane for lane in lanes if lane < low), default=low)
    if _one_of(beyond_high, own):
        high = min((lane for lane in lanes if lane > high), default=high)
    return np.asarray((aside >= low) & (aside <= high) & (along <= last), np.bool_)


def _one_of(colour: Exact, colours: list[Exact]) -> bool:
    return any(np.linalg.norm(colour - one) < CONTRAST for one in colours)
