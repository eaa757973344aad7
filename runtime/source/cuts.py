"""Large pieces and short seams: a filled hole's offsets, chosen anew among its commonest ones.

What patches find pixel by pixel has seams as wavy as the hole. The least cost of all seams together
gives pieces as large as they fit, and edges as straight as those of walls and shelves.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.plate.cutting import COLOURS, expand
from bunraku.kernels.plate.seams import STEPS
from bunraku.runtime.source.expected import PATCH
from bunraku.spec.arrays import Array

COMMONEST = 40
"""Offsets that pixels may take."""
APART = 3
"""By how many pixels these differ from one another."""
FILLED, FILLED_MOST = 0.15, 60.0
"""Cost of a level between what is copied and what was filled, and where that ends."""
AGAINST = 0.07
"""Cost in levels of a squared level of what speaks against a source by itself."""
UNLIKE = 0.008
"""Cost in levels of a squared level between a source's surroundings and what is expected; up to
``Scene.most``. Less than patches pay: it must not choose between the planks of a wall."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A filled hole, with a rim around the picture that is at least a pixel wide; H × W with it."""

    filled: Array
    """``[H, W, CHANNELS]``."""
    hole: NDArray[np.uint8]
    inside: NDArray[np.uint8]
    """What is picture, not rim."""
    known: NDArray[np.uint8]
    """What may be copied."""
    pixels: NDArray[np.int32]
    """``[n, 2]``, those of the hole, row by row."""
    cells: NDArray[np.int32]
    """``[H, W]``, between which edges are expected."""
    guess: Array
    """``[H, W, CHANNELS]``, what is expected there."""
    dear: Array
    """``[H, W]``, cost of each source by itself."""
    far: Array
    """``[2]``, cost of a source for each pixel up or down, and to the side."""
    most: float
    """How many squared levels between ``guess`` and a source count."""


def shorten_seams(scene: Scene, offsets: NDArray[np.int32]) -> None:
    """Let pixels take another offset of their hole where the seams get shorter or less seen.

    :param offsets: ``[H, W, 2]``, (y, x) in pixels, changed.
    """
    ys, xs = scene.pixels.T
    numbers = np.full(scene.hole.shape, -1, np.int32)
    numbers[ys, xs] = np.arange(len(ys))
    costs = _Costs(scene)
    own = costs.of(offsets[ys, xs])
    masks = scene.hole, scene.known
    for offset in _commonest(offsets[ys, xs]):
        new = costs.of(offset[None])
        expand(
            scene.filled,
            *masks,
            scene.pixels,
            numbers,
            scene.cells,
            scene.guess,
            offset,
            own,
            new,
            offsets,
        )
        own = np.where((offsets[ys, xs] == offset).all(-1), new, own)


def _commonest(offsets: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """The commonest first."""
    different, counts = np.unique(offsets, axis=0, return_counts=True)
    chosen: list[NDArray[np.int32]] = []
    for one in different[np.argsort(-counts, kind="stable")]:
        if all(np.abs(one - other).max() >= APART for other in chosen):
            chosen.append(one)
            if len(chosen) == COMMONEST:
                break
    return chosen


class _Costs:
    """What offsets cost each pixel of a hole by themselves."""

    def __init__(self, scene: Scene) -> None:
        self._ys, self._xs = scene.pixels.T.astype(np.int64)
        self._colours = np.ascontiguousarray(scene.filled[..., :COLOURS])
        self._mean = cv2.blur(self._colours, (PATCH, PATCH))
        self._guess = scene.guess[self._ys, self._xs, :COLOURS]
        self._dear, self._far, self._most = scene.dear, scene.far, scene.most
        self._rims = []
        for up, aside in STEPS:
            ys, xs = self._ys + up, self._xs + aside
            rim = np.flatnonzero((scene.hole[ys, xs] == 0) & (scene.inside[ys, xs] > 0))
            self._rims.append((rim, ys[rim], xs[rim]))

    def of(self, offsets: NDArray[np.int32]) -> Array:
        """``[n]`` in levels, of offsets ``[n, 2]`` or ``[1, 2]``."""
        height, width = self._dear.shape
        ys = np.clip(self._ys + offsets[:, 0], 1, height - 2)  # no rim leads out of the picture
        xs = np.clip(self._xs + offsets[:, 1], 1, width - 2)
        up, aside = ys - self._ys, xs - self._xs
        far = self._far[0] * np.abs(up) + self._far[1] * np.abs(aside)
        unlike = np.square(self._guess - self._mean[ys, xs]).sum(-1)
        cost = AGAINST * (self._dear[ys, xs] + far)
        cost += UNLIKE * np.minimum(unlike, self._most)
        apart = self._apart((ys, xs), (self._ys, self._xs))
        cost += FILLED * np.minimum(apart, FILLED_MOST)
        for rim, rim_ys, rim_xs in self._rims:
            copied = rim_ys + up[rim], rim_xs + aside[rim]
            cost[rim] += self._apart(copied, (rim_ys, rim_xs))
        return np.asarray(cost, np.float32)

    def _apart(
        self,
        places: tuple[NDArray[np.int64], NDArray[np.int64]],
        others: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> Array:
        difference = self._colours[places] - self._colours[others]
        return np.asarray(np.sqrt(np.square(difference).sum(-1)), np.float32)
