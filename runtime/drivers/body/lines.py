"""Where the lines of a grid over the photo's window run: at every pixel over a small head.

A face is small beside its whole person, and its profile smaller still: coarse cells would cut off
noses and leave teeth on chins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.regions import grown

STEP_PX = 3
"""Between the lines."""
SMALL_PX = 44
"""Up to which width a head is small: a larger one has cells enough."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Even lines over a window, and a rectangle in whose every pixel there is a node."""

    even: NDArray[np.int64]
    """In whole pixels, the first and the last among them."""
    zone: tuple[slice, slice] | None
    """Rows and columns of the rectangle, whose borders are even lines; None without."""

    @classmethod
    def over(cls, head: NDArray[np.bool_]) -> Lines:
        """Lines for a window.

        :param head: ``[n, n]``, what needs finer ones if it is small.
        """
        n = len(head)
        even = np.append(np.arange(0, n - 1, STEP_PX), n - 1)
        spans = [np.flatnonzero(head.any(axis)) for axis in (1, 0)]
        if not 0 < len(spans[1]) <= SMALL_PX:
            return cls(even, None)
        sides = []
        for span in spans:  # from a line before the head to a line behind it
            first = max(int(np.searchsorted(even, span[0])) - 1, 0)
            last = min(int(np.searchsorted(even, span[-1], "right")), len(even) - 1)
            sides.append(slice(int(even[first]), int(even[last]) + 1))
        return cls(even, (sides[0], sides[1]))

    def nodes(self, region: NDArray[np.bool_]) -> NDArray[np.int64]:
        """``[n, n]``: numbers of the nodes that a region needs, in reading order; -1 elsewhere."""
        node = np.zeros(region.shape, np.bool_)
        node[np.ix_(self.even, self.even)] = True
        if self.zone is not None:
            node[self.zone] = True
        node &= self._near(region)
        return np.where(node, np.cumsum(node.ravel()).reshape(node.shape) - 1, -1)

    def triangles(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """``[t, 3]``: the triangles between nodes, clockwise in the picture.

        :param number: of ``nodes``.
        """
        coarse = number[np.ix_(self.even, self.even)]
        if self.zone is None:
            return _cells(coarse, np.ones(len(coarse), np.bool_), np.ones(len(coarse), np.bool_))
        rows, columns = (
            (self.even >= side.start) & (self.even < side.stop - 1) for side in self.zone
        )
        around = self._joined(_cells(coarse, rows, columns, within=False), number)
        fine = number[self.zone]
        return np.concatenate([around, _cells(fine, *(np.ones(s, np.bool_) for s in fine.shape))])

    def within(self, region: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``[n, n]``: what of a region keeps away from its rim, so that its cells do not reach
        beyond."""
        result = ~grown(~region, STEP_PX)
        if self.zone is not None:
            inner = self._inner()
            result[inner] = (~grown(~region, 1))[inner]
        return result

    def _near(self, region: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A region and as much around it as its cells may reach."""
        result = grown(region, STEP_PX - 1)
        if self.zone is not None:
            inner = self._inner()
            result[inner] = region[inner]
        return result

    def _inner(self) -> tuple[slice, slice]:
        assert self.zone is not None
        rows, columns = (slice(side.start + 1, side.stop - 1) for side in self.zone)
        return rows, columns

    def _joined(self, triangles: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.int64]:
        """Triangles beside the rectangle with an edge at each of the nodes on its border."""
        assert self.zone is not None
        between: dict[tuple[int, int], list[int]] = {}
        rows, columns = self.zone
        lines = [number[row, columns] for row in (rows.start, rows.stop - 1)]
        lines += [number[rows, column] for column in (columns.start, columns.stop - 1)]
        for line in lines:
            for start in range(0, len(line) - 1, STEP_PX):
                ends = line[start : start + STEP_PX + 1].tolist()
                inner = [node for node in ends[1:-1] if node >= 0]
                between[ends[0], ends[-1]] = inner
                between[ends[-1], ends[0]] = inner[::-1]
        result: list[tuple[int, int, int]] = []
        for a, b, c in triangles.tolist():
            for first, second, third in ((a, b, c), (b, c, a), (c, a, b)):
                inner = between.get((first, second), [])
                if inner:
                    chain = [first, *inner, second]
                    result += [(p, q, third) for p, q in pairwise(chain)]
                    break
            else:
                result.append((a, b, c))
        return np.array(result, np.int64).reshape(-1, 3)


def _cells(
    number: NDArray[np.int64],
    rows: NDArray[np.bool_],
    columns: NDArray[np.bool_],
    *,
    within: bool = True,
) -> NDArray[np.int64]:
    """Two triangles in each cell of a grid whose four corners are nodes.

    :param number: ``[h, w]``. :param rows: ``[h]``, :param columns: ``[w]``: of cells, by their
        first corner; those in both, or if not ``within`` all others.
    """
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    wanted = (rows[:-1, None] & columns[:-1]) == within
    corners = np.stack([a, b, c, d])
    quads = np.moveaxis(corners, 0, -1)[(corners >= 0).all(0) & wanted]
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
