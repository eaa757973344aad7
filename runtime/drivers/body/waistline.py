"""Where what the trunk wears ends, and what the legs wear begins: a line across the person.

Along it the photo shows two cloths. Beneath an arm, and beyond the outline, it goes on as it runs,
and each of its sides is made up of its own cloth alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import CLOTHES, Groups, forearm_of
from bunraku.runtime.drivers.body.palette import apart_from, common_colours, without_grain
from bunraku.runtime.drivers.body.regions import opened, without_scraps
from bunraku.runtime.source.region import Region, nearest
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_HIP, LEFT_KNEE, LEFT_SHOULDER
from bunraku.spec.skeleton import SIDES, BodyBone

UPRIGHT = 0.35
"""How far from upright a trunk may lean, as a tangent: lines are followed from column to column."""
CHEST, THIGH = 0.6, 0.6
"""How far down the trunk, in its lengths, all is of the trunk's cloth; and from how far down the
thighs all is of theirs, in the thighs' lengths. The line is in between."""
UNLIKE = 9.0
"""From how far a colour is another."""
TOLD = 0.8
"""The share of either that must look like itself, and unlike the other, if the two are to be told
apart."""
FEWEST = 60
"""Pixels from which colours mean anything."""
WRONG = 0.15
"""The share of a column's pixels that may look like the other side's."""
SURE = 0.5
"""How much nearer than the other's a side's colours are to a pixel that tells: shades and cords,
and what is mixed, are like neither."""
BESIDE = 0.2
"""How far from the line, in lengths of the trunk, both its sides must be seen."""
OFF = 0.06
"""How far from a smooth run, in lengths of the trunk, a column's line is none of it."""
SLEEVE = 0.3
"""The share of an arm that looks like the upper cloth, from which on that is its sleeve's."""
THREAD_PX = 2.0
"""Half of how wide what is none of a sleeve is at least."""
SCRAP = 0.1
"""Smaller pieces than this share of its largest one are none of an arm."""
ROUNDS = 3
"""So often what is none of it is left out."""
BROAD = 0.15
"""How much of it must be seen, in lengths of the trunk."""
NEAR = 0.15
"""So near to it, in lengths of the trunk, what looks like the other side is of that one."""
CORD_PX = 1.5
"""Half of how wide a cord is that hangs there, in the networks' pixels."""
SLANT = 0.1
"""How steep it goes on where it is not seen, against the trunk's own."""


@dataclass(frozen=True, eq=False)
class Waistline:
    """The line between a person's two cloths."""

    below: Region
    """``[n, n]``: what lies below it, beneath arms and beyond the outline too."""
    alike: Region
    """``[n, n]``: False near the line where a pixel does not look like the cloth of its side."""
    upper: Region
    """``[n, n]``: what looks like the cloth above it,"""
    lower: Region
    """and what like the one below."""


def without_lower_cloth(fit: Fit, groups: Groups, line: Waistline) -> Groups:
    """Groups ``[n, n]``, with what sleeves of the upper cloth have of the lower one given back: the
    fitted arm ends a little beside them, most of all with its hand in a pocket. Hands whose own
    points are known tell it better.
    """
    result = groups.copy()
    clothes = fit.inside & np.isin(groups, CLOTHES)
    for side in range(SIDES):
        arm = fit.inside & forearm_of(groups, side)
        sleeve, other = arm & line.upper, arm & line.lower
        if fit.places[side] is not None or sleeve.sum() < SLEEVE * (arm & ~other).sum():
            continue
        if sleeve.sum() < FEWEST or not clothes.any():
            continue
        legs = opened(other & line.below, THREAD_PX)
        legs |= arm & line.below & ~without_scraps(arm & ~legs, SCRAP)
        result[legs] = nearest(groups, clothes)[legs]
    return result


def find_waistline(
    fit: Fit, groups: Groups, bone: NDArray[np.int32], window: Picture
) -> Waistline | None:
    """The line of a photo's person; None where trunk and legs wear one cloth, too little of the
    line is seen, or the person does not stand upright.

    :param groups: ``[n, n]``; hair and hands belong to nobody, or to none of trunk and legs.
    :param bone: ``[n, n]``, of the fitted body. :param window: ``[n, n, 3]`` uint8.
    """
    shoulders, hips, knees = (
        fit.stance.points[[left, left + 1], :2].mean(0)
        for left in (LEFT_SHOULDER, LEFT_HIP, LEFT_KNEE)
    )
    trunk, thigh = hips - shoulders, knees - hips
    if min(trunk[1], thigh[1]) <= 0.0 or abs(trunk[0]) > UPRIGHT * trunk[1]:
        return None
    seen = fit.inside & np.isin(groups, CLOTHES)
    seen &= bone != BodyBone.HEAD
    first, last = max(int(shoulders[1]), 0), max(int(hips[1] + thigh[1]), 0)
    columns = np.flatnonzero(fit.inside[first:last].any(0))
    if not len(columns):
        return None
    part = np.s_[first:last, columns[0] : columns[-1] + 1]
    level = -trunk[0] / trunk[1] * (np.arange(seen.shape[1]) - hips[0])  # rows, across the trunk
    down = np.arange(len(seen))[:, None] - level
    high = seen & (down < shoulders[1] + CHEST * trunk[1])
    low = seen & (down > hips[1] + THIGH * thigh[1])
    high, low, between = high[part], low[part], (seen & ~high & ~low)[part]
    if min(int(high.sum()), int(low.sum())) < FEWEST:
        return None
    lab = without_grain(np.ascontiguousarray(window[part]))
    upper, lower = (common_colours(lab[one])[0] for one in (high, low))
    from_upper, from_lower = apart_from(lab, upper), apart_from(lab, lower)
    of_legs = from_lower < from_upper
    told = ~of_legs[high] & (from_lower[high] > UNLIKE), of_legs[low] & (from_upper[low] > UNLIKE)
    if min(float(one.mean()) for one in told) < TOLD:
        return None
    near, far = np.minimum(from_upper, from_lower), np.maximum(from_upper, from_lower)
    sure = near < SURE * far
    between &= sure
    from_one_to_the_other = np.asarray(lab @ (lower.mean(0) - upper.mean(0)), np.float32)
    edge = np.pad(np.diff(from_one_to_the_other, axis=0), ((1, 1), (0, 0)))
    ends = _ends(of_legs, between, edge, max(1, round(BESIDE * fit.trunk_px)))
    there = np.isfinite(ends)
    run = _run(columns[0] + np.flatnonzero(there), first + ends[there], level, fit.trunk_px)
    if run is None:
        return None
    below = down > run
    apart = np.abs(down - run)[part] > NEAR * fit.trunk_px
    alike = np.ones_like(seen)
    odd = np.where(below[part], from_lower, from_upper) > UNLIKE
    odd &= ~opened(odd, CORD_PX * fit.fine) | sure & (of_legs != below[part])
    alike[part] = ~odd | apart
    looks = np.zeros((2, *seen.shape), np.bool_)
    looks[0][part] = ~of_legs & (from_upper < UNLIKE)
    looks[1][part] = of_legs & sure & (from_lower < UNLIKE)
    return Waistline(below, alike, *looks)


def _ends(of_legs: Region, seen: Region, edge: Array, beside: int) -> Array:
    """``[w]``: the row at which the lower cloth begins in each column, with the fewest pixels on
    the wrong side, where the picture has an edge; infinite where that is not clearly seen.

    :param of_legs: ``[h, w]``: what looks like it. :param seen: ``[h, w]``: what counts.
    :param edge: ``[h + 1, w]``: how far the colours change above each row.
    """
    lower, upper = (np.pad(seen & one, ((1, 0), (0, 0))) for one in (of_legs, ~of_legs))
    above, over = lower.cumsum(0), upper.cumsum(0)
    wrong = above + over[-1] - over
    row, column = np.where(wrong == wrong.min(0), edge, -np.inf).argmax(0), np.arange(seen.shape[1])
    before, after = np.maximum(row - beside, 0), np.minimum(row + beside, len(seen))
    clear = (over[row, column] > over[before, column]) & (above[after, column] > above[row, column])
    clear &= wrong[row, column] <= WRONG * seen.sum(0)
    return np.where(clear, row - 0.5, np.inf).astype(np.float32)


def _run(columns: NDArray[np.intp], rows: Array, level: Array, trunk_px: float) -> Array | None:
    """``[n]``: of every column how far down the line runs, below what is level with the hips; None
    of one that is hardly seen.

    :param columns: ``[k]``, where it is seen, and :param rows: ``[k]``. :param level: ``[n]``.
    """
    least = max(3.0, BROAD * trunk_px)
    down = (rows - level[columns]).astype(np.float64)
    for rounds in range(ROUNDS):
        if len(columns) < least:
            return None
        straight = Polynomial.fit(columns, down, min(rounds, 1))
        kept = np.abs(down - straight(columns)) <= OFF * trunk_px
        columns, down = columns[kept], down[kept]
    if len(columns) < least:
        return None
    result = np.interp(np.arange(len(level)), columns, down)
    for end, beyond in ((columns[0], np.s_[: columns[0]]), (columns[-1], np.s_[columns[-1] + 1 :])):
        near = np.abs(columns - end) <= 2.0 * BROAD * trunk_px
        straight = Polynomial.fit(columns[near], down[near], int(near.sum() > 2))
        slope = float(np.clip(straight.deriv()(end), -SLANT, SLANT))
        result[beyond] = straight(end) + slope * (np.arange(len(level))[beyond] - end)
    return np.asarray(result, np.float32)
