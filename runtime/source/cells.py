"""The cells into which edges divide a hole: what is expected in one is not mixed with another's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.lines import BESIDE, CONTRAST, Edge, Flags, at, find_edges
from bunraku.spec.arrays import Picture

FEW = 30
"""Clear pixels without which a cell has no colours of its own."""
ALIKE = 0.98
"""Cosine from which on edges lead the same way."""


def cells_of(
    part: Picture, hidden: NDArray[np.uint8], unclear: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """The pixels that belong together, as far as edges tell.

    Takes what ``find_edges`` does; ``unclear`` has no colours of its own.

    :return: ``[h, w]``: the number of each pixel's cell; each has clear pixels.
    """
    cells = np.zeros(hidden.shape, np.int64)
    ends: list[Edge] = []
    for edge in find_edges(part, hidden, unclear):
        path = _path(edge, hidden.shape)
        entered = cells[edge.entry]
        if edge.met:
            _split(cells, np.unique(cells[path]), _right_of(edge, hidden.shape), unclear)
        elif (cells[path] != entered).any() or not _contradicted(edge, part, hidden > 0):
            # Up to the first edge that is surer.
            _split(cells, entered[None], _right_of(edge, hidden.shape), unclear)
        else:
            ends.append(edge)
    for group in _parallel(ends):
        thing = _thing(group, hidden.shape)
        _split(cells, np.unique(cells[thing & (hidden > 0)]), thing, unclear)
    return cells


def _split(
    cells: NDArray[np.int64], which: NDArray[np.int64], apart: Flags, unclear: NDArray[np.uint8]
) -> None:
    """Give what is apart a cell of its own in each of these cells, if both have clear pixels."""
    for cell in which:
        new, rest = (cells == cell) & apart, (cells == cell) & ~apart
        if min(int((one & (unclear == 0)).sum()) for one in (new, rest)) >= FEW:
            cells[new] = cells.max() + 1


def _right_of(edge: Edge, shape: tuple[int, ...]) -> Flags:
    ys, xs = np.indices(shape)
    right = (xs - edge.start[0]) * edge.way[1] - (ys - edge.start[1]) * edge.way[0] < 0
    return np.asarray(right, np.bool_)


def _contradicted(edge: Edge, part: Picture, hole: Flags) -> bool:
    """Whether there is no edge where this one leaves the hole, so that it ends somewhere in it."""
    middle = edge.end + 2 * BESIDE * edge.way
    across = BESIDE * np.array([-edge.way[1], edge.way[0]])
    places = np.stack([middle + across, middle - across])
    if not at(~hole, places).all():
        return False
    columns, rows = np.rint(places).astype(int).T
    one, other = part[rows, columns].astype(np.float64)
    return bool(np.linalg.norm(one - other) < CONTRAST)


def _parallel(edges: list[Edge]) -> list[list[Edge]]:
    """Those that lead the same way, two at least."""
    groups: list[list[Edge]] = []
    for edge in edges:
        for group in groups:
            if edge.way @ group[0].way > ALIKE:
                group.append(edge)
                break
        else:
            groups.append([edge])
    return [group for group in groups if len(group) > 1]


def _thing(group: list[Edge], shape: tuple[int, ...]) -> Flags:
    """What lies between edges that lead into the hole and not out of it: a thing, as a shelf.

    Nobody knows how far it goes on; that all of it ends along one line is all that is seen of it.
    """
    way = group[0].way
    across = np.array([-way[1], way[0]])
    ys, xs = np.indices(shape)
    along, aside = (xs * axis[0] + ys * axis[1] for axis in (way, across))
    lanes = [float(edge.start @ across) for edge in group]
    last = max(float(np.array(edge.entry[::-1]) @ way) for edge in group)
    between = (aside >= min(lanes)) & (aside <= max(lanes))
    return np.asarray(between & (along <= last), np.bool_)


def _path(edge: Edge, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the pixels that an edge crosses."""
    count = int(np.hypot(*(edge.end - edge.start))) + 2
    points = np.rint(np.linspace(edge.start, edge.end, count)).astype(int)
    columns, rows = np.clip(points, 0, np.array(shape[::-1]) - 1).T
    return rows, columns
