"""The cells into which edges divide a hole: what is expected in one is not mixed with another's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.edges import Edge, Flags
from bunraku.runtime.source.lines import find_edges
from bunraku.runtime.source.things import between, contradicted, things_of
from bunraku.spec.arrays import Picture

FEW = 30
"""Clear pixels without which a cell has no colours of its own."""


def cells_of(
    part: Picture, hidden: NDArray[np.uint8], unclear: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """The pixels that belong together, as far as edges tell.

    Takes what ``find_edges`` does; ``unclear`` has no colours of its own.

    :return: ``[h, w]``: the number of each pixel's cell; each has clear pixels.
    """
    cells = np.zeros(hidden.shape, np.int64)
    hole = hidden > 0
    edges = find_edges(part, hidden, unclear)
    things = things_of([edge for edge in edges if not edge.met and contradicted(edge, part, hole)])
    for group in things:
        thing = between(group, edges, hidden.shape)
        _split(cells, np.unique(cells[thing & hole]), thing, unclear)
    for edge in edges:
        if any(edge in group for group in things):
            continue
        path = _path(edge, hidden.shape)
        entered = cells[edge.entry]
        if edge.met:
            _split(cells, np.unique(cells[path]), _right_of(edge, hidden.shape), unclear)
        elif (cells[path] != entered).any() or not contradicted(edge, part, hole):
            # Up to the first edge that is surer.
            _split(cells, entered[None], _right_of(edge, hidden.shape), unclear)
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


def _path(edge: Edge, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the pixels that an edge crosses."""
    count = int(np.hypot(*(edge.end - edge.start))) + 2
    points = np.rint(np.linspace(edge.start, edge.end, count)).astype(int)
    columns, rows = np.clip(points, 0, np.array(shape[::-1]) - 1).T
    return rows, columns
