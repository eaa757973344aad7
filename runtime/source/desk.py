"""A desk, table or counter before the person, found by its edge.

Networks end the person there, or take the desk for clothes. Its edge runs straight from one side of
the person through them to the other, and below it all looks alike, before the person and beside
them: no floor, no hem and no stripe of a wall does both.

Convention: pixels are (x, y); lengths are in widths of the shoulders, unless they say else.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.lab import in_lab
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import SHOULDERS

SIDE = 256
"""Pixels of the window in which edges are looked for."""
SLOPES = np.arange(-6, 7) * 0.02
"""Of edges, rows a column."""
STEP = 10.0
"""Difference in Lab from which a column has an edge."""
LIGHT = 0.6
"""What a step of lightness counts of it: desks are lit unevenly."""
ALIKE = 14.0
"""Difference in Lab up to which two places look alike."""
NEAR_PX, GAP_PX = 4, 1
"""How much above and below an edge is compared, and what is left out, in such pixels."""
DEEP_PX = 12
"""How far below the edge all must look alike."""
BELOW = 0.3
"""How far below the shoulders a desk begins at least."""
BESIDE, AROUND = 0.5, 1.5
"""From where on, and up to where beyond the shoulders, is beside the person: arms are nearer."""
BEFORE, OUTSIDE = 0.6, 0.8
"""The share of the columns before the person, and on either side, that must have the edge."""
PERSON = 0.5
"""The share of the columns between the shoulders that are the person's right above the edge."""
FEWEST = 8
"""Columns on a side, or between the shoulders, that tell something."""
EVERY = 2
"""Of so many columns one is asked."""
ON_IT = 18.0
"""Difference in Lab from which something below the edge is no desk, but an arm that lies on it; at
least, and if that is more than"""
MOSTLY = 95.0
"""percent of the desk's own pixels differ from its colour."""


@dataclass(frozen=True)
class Desk:
    """What stands before the person: all below a line, in pixels of the window."""

    row: float
    """Where the edge is in the window's middle column."""
    slope: float
    """How many rows it falls a column."""

    def edge(self, x: Array, n: int) -> Array:
        """The row of the edge at columns of a window of n pixels."""
        return np.asarray(self.row + self.slope * (x - 0.5 * (n - 1)), np.float32)

    def below(self, n: int) -> Array:
        """``[n, n]`` in [0, 1]: how much of each pixel is below the edge."""
        across, down = np.arange(n, dtype=np.float32), np.arange(n, dtype=np.float32)[:, None]
        return np.asarray(np.clip(down - self.edge(across, n) + 0.5, 0.0, 1.0), np.float32)

    def bears(self, mask: Array) -> bool:
        """Whether something of the person lies on it, in a mask ``[n, n]`` of ``without``."""
        return bool(((mask > 0.5) & (self.below(len(mask)) == 1.0)).any())

    def before(self, mask: Array, room: float = 0.0) -> Array:
        """``[n, n]`` in [0, 1]: the desk, but for what of the person lies on it.

        :param mask: ``[n, n]`` in [0, 1], of ``without``.
        :param room: how far around it arms that lie there may move, in windows.
        """
        n = len(mask)
        below = self.below(n)
        before = below * (np.float32(1.0) - mask)
        lying = (mask > 0.5) & (below == 1.0)
        if room == 0.0 or not lying.any():
            return before
        away = cv2.distanceTransform(1 - lying.astype(np.uint8), cv2.DIST_L2, 5)
        share = np.clip(2.0 * np.asarray(away, np.float32) / (room * n) - 1.0, 0.0, 1.0)
        return np.asarray(before * share, np.float32)

    def without(self, mask: Array, window: Picture) -> Array:
        """A mask ``[n, n]`` without the desk, but with what lies on it."""
        n, below = len(mask), self.below(len(mask))
        lab = in_lab(window, 1.0)
        beside = (below == 1.0) & (mask < 0.5)
        if not beside.any():
            return mask * (1.0 - below)
        unlike = np.linalg.norm(lab - np.median(lab[beside], 0), axis=-1)
        other = unlike > max(ON_IT, float(np.percentile(unlike[beside], MOSTLY)))
        lying = other & (below > 0.0) & (mask > 0.5)
        size = 2 * max(1, round(n / SIDE)) + 1
        lying = cv2.morphologyEx(lying.astype(np.uint8), cv2.MORPH_OPEN, np.ones((size, size)))
        _, piece = cv2.connectedComponents(lying | ((below < 1.0) & (mask > 0.5)).astype(np.uint8))
        above = np.unique(piece[(below == 0.0) & (mask > 0.5)])
        kept = (lying > 0) & np.isin(piece, above[above > 0])
        return np.asarray(mask * np.maximum(1.0 - below, kept), np.float32)


def find_desk(
    window: Picture, mask: Array, landmarks: Array, shown: tuple[float, float] = (0.0, 1.0)
) -> Desk | None:
    """The desk before a person, if there is one.

    :param window: ``[n, n, 3]`` uint8. :param mask: ``[n, n]`` in [0, 1], the person, and maybe
        some of the desk.
    :param landmarks: ``[33, 4]`` in units of the window.
    :param shown: from where to where its columns are the photo's, in units: beyond, its border goes
        on, and looks like the edge of a desk wherever something ends there.
    """
    n = len(window)
    small = cv2.resize(window, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lab = in_lab(np.asarray(small, np.uint8), LIGHT)
    shoulders = landmarks[SHOULDERS, :2].astype(np.float64) * SIDE - 0.5
    if not np.isfinite(shoulders).all():
        return None
    zones = _zones(shoulders, shown)
    wide = float(np.ptp(shoulders[:, 0]))
    first = round(float(shoulders[:, 1].max()) + BELOW * wide)
    if min(zone.sum() for zone in zones) < FEWEST or not 0 <= first < SIDE - DEEP_PX:
        return None
    scores = np.stack([_scores(lab, float(slope), zones) for slope in SLOPES])
    person = np.asarray(cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA)) > 0.5
    there = np.roll(person[:, zones[0]].mean(1) > PERSON, NEAR_PX)
    scores *= there & (np.arange(SIDE) >= first) & (np.arange(SIDE) < SIDE - DEEP_PX)
    if not scores.any():
        return None
    top = int(scores.any(0).argmax())  # boards and drawers have edges, too
    number, down = np.unravel_index(scores[:, top : top + NEAR_PX].argmax(), (len(SLOPES), NEAR_PX))
    row, slope = _refined(lab, top + int(down), float(SLOPES[number]), zones)
    return Desk((row + 0.5) * n / SIDE - 0.5, slope)


def _zones(
    shoulders: NDArray[np.float64], shown: tuple[float, float]
) -> tuple[NDArray[np.bool_], ...]:
    """Columns before the person, to their one side and to the other.

    Of whom the photo shows no more than the shoulders, these are beyond the joints: no hem is as
    wide as the arms beside it.
    """
    x = np.arange(SIDE)
    inside = (x >= shown[0] * SIDE) & (x < shown[1] * SIDE)
    low, high = float(shoulders[:, 0].min()), float(shoulders[:, 0].max())
    wide = high - low
    sides = []
    for away in (low - x, x - high):
        beside = inside & (away > BESIDE * wide) & (away <= AROUND * wide)
        narrow = beside.sum() < FEWEST
        sides.append(inside & (away > 0.0) & (away <= BESIDE * wide) if narrow else beside)
    return inside & (x >= low) & (x <= high), *sides


def _scores(lab: Array, slope: float, zones: tuple[NDArray[np.bool_], ...]) -> Array:
    """``[SIDE]``: how clear a desk's edge of this slope is at each row; 0 where there is none."""
    rows, x = np.arange(SIDE), np.flatnonzero(np.any(zones, 0))[::EVERY]
    shift = np.rint(slope * (x - 0.5 * (SIDE - 1))).astype(int)
    sums = np.zeros((SIDE + 1, len(x), 3), np.float32)
    np.cumsum(lab[np.clip(rows[:, None] + shift, 0, SIDE - 1), x], 0, out=sums[1:])

    def mean(start: int, end: int) -> Array:
        low, high = np.clip(rows + start, 0, SIDE), np.clip(rows + end, 0, SIDE)
        count = np.maximum(high - low, 1).astype(np.float32)
        return np.asarray((sums[high] - sums[low]) / count[:, None, None], np.float32)

    above, below = mean(-NEAR_PX - GAP_PX, -GAP_PX), mean(GAP_PX, NEAR_PX + GAP_PX)
    steps = np.linalg.norm(below - above, axis=-1)
    deep = mean(GAP_PX, DEEP_PX)
    parts = [zone[x] for zone in zones]
    looks = [np.median(deep[:, part], 1) for part in parts]
    score = np.median(steps[:, parts[0]], 1)
    for part, look, least in zip(parts, looks, (BEFORE, OUTSIDE, OUTSIDE), strict=True):
        alike = np.linalg.norm(look - looks[0], axis=-1) < ALIKE
        score = np.where(alike & ((steps[:, part] > STEP).mean(1) >= least), score, 0.0)
    return np.asarray(score, np.float32)


def _refined(
    lab: Array, row: int, slope: float, zones: tuple[NDArray[np.bool_], ...]
) -> tuple[float, float]:
    """Row and slope of the line through the edge as each column has it."""
    x = np.flatnonzero(np.any(zones, 0))
    offset = x - 0.5 * (SIDE - 1)
    around = np.arange(-NEAR_PX, NEAR_PX + 1)
    rows = np.clip(np.rint(row + slope * offset).astype(int) + around[:, None], 1, SIDE - 1)
    change = np.linalg.norm(lab[rows, x] - lab[rows - 1, x], axis=-1) + 1e-6
    weight = np.where(change >= 0.5 * change.max(0), change, 0.0)
    edge = (weight * (rows - 0.5)).sum(0) / weight.sum(0)
    for _ in range(3):
        fall, middle = np.polyfit(offset, edge, 1)
        off = np.abs(edge - middle - fall * offset)
        good = off <= max(1.0, float(np.median(off)))
        offset, edge = offset[good], edge[good]
    return float(middle) + 0.5, float(fall)
