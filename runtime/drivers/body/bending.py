"""How wide a photo's person bends at its joints: weights smoothed within what hangs together.

At the shoulders the width goes with the person, not with the pixels it is shown in: a shirt that
bends at the armpit within a few of them is drawn out there to streaks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import relax
from bunraku.runtime.drivers.body.parts import FREE, HANGING
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

STEPS = 40
"""Steps of smoothing at least. How wide a joint bends, in pixels, goes with their root."""
WIDE = 0.008
"""Steps at the shoulders of a trunk as long as a pixel; they grow with its square."""
SHOULDERS = [BodyBone.CHEST, BodyBone.UPPER_ARM_L, BodyBone.UPPER_ARM_R, FREE, FREE + 1]
"""The parts that bend there."""
COARSEST_PX = 4
"""Pixels from one that is smoothed first to the next, at most: hands have fingers."""
AROUND = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Rows and columns to where one that a pixel hangs with is looked for, the nearest first."""


def bend(
    weights: Array,
    depth: Array,
    reached: NDArray[np.bool_],
    part: NDArray[np.int32],
    tolerance: float,
    trunk_px: float,
) -> tuple[Array, Array]:
    """Weights ``[n, n, 15]`` and depths ``[n, n]`` smoothed within what hangs together.

    :param reached: ``[n, n]``, where they are. :param part: ``[n, n]``, of ``HANGING`` there.
    :param tolerance: depths that differ by more, in pixels, are of two surfaces.
    :param trunk_px: length of the trunk.
    """
    label = np.maximum(part, 0)
    steps = WIDE * trunk_px**2
    apart = min(round(np.sqrt(steps / STEPS)), COARSEST_PX)
    if apart > 1:
        of_all = _Where(reached & np.isin(part, SHOULDERS), label, depth)
        of_few = of_all.some(apart)
        own = np.ascontiguousarray(weights[_every(apart)])
        few, _ = relax(own, *of_few, HANGING, tolerance, round(steps / apart**2))
        weights = _spread_out(weights, few, of_few, of_all, tolerance, apart)
    return relax(weights, reached, label, depth, HANGING, tolerance, STEPS)


class _Where(NamedTuple):
    """Pixels that weights are smoothed of."""

    there: NDArray[np.bool_]
    label: NDArray[np.int32]
    depth: Array

    def some(self, apart: int) -> _Where:
        """Those of ``_every``."""
        each = _every(apart)
        return _Where(
            np.ascontiguousarray(self.there[each]),
            np.ascontiguousarray(self.label[each]),
            np.ascontiguousarray(self.depth[each]),
        )


def _every(apart: int) -> tuple[slice, slice]:
    """Pixels so far from each other."""
    one = slice(apart // 2, None, apart)
    return one, one


def _spread_out(
    weights: Array,
    few: Array,
    of_few: _Where,
    of_all: _Where,
    tolerance: float,
    apart: int,
) -> Array:
    """Weights of every pixel: of the nearest smoothed one that it hangs with, else its own.

    :param few: ``[m, m, 15]``, smoothed, of some. :param of_few: which.
    :param of_all: which of all.
    """
    reached, label, depth = of_all
    y, x = np.nonzero(reached)
    result, left = weights.copy(), np.ones(len(y), np.bool_)
    for down, across in AROUND:
        row, column = y[left] // apart + down, x[left] // apart + across
        inside = (row >= 0) & (column >= 0) & (row < len(few)) & (column < few.shape[1])
        row, column = np.where(inside, row, 0), np.where(inside, column, 0)
        there, its, deep = (one[row, column] for one in of_few)
        own = y[left], x[left]
        alike = inside & there & (its == label[own]) & (np.abs(deep - depth[own]) < tolerance)
        found = np.flatnonzero(left)[alike]
        result[y[found], x[found]] = few[row[alike], column[alike]]
        left[found] = False
    return result
