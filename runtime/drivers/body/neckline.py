"""What an arm before the chest hides of the skin above the clothes.

Filled from all around it a bare shoulder would be of the dress that ends below it. The other
half of the chest tells how far down skin goes, or else what is beside it in its row.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.colours import ENOUGH, lit_skin
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import Group, Groups
from bunraku.runtime.drivers.body.head import ABOVE, Head
from bunraku.runtime.drivers.body.nape import CHEST, NARROW
from bunraku.runtime.drivers.body.regions import disc, far_from, opened
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HIPS, LEFT_SHOULDER, SHOULDERS
from bunraku.spec.skeleton import SIDES

UPRIGHT = 2.0
"""How much farther a trunk goes down in the picture than across, if its rows are the picture's."""
SHOULDER = 0.4
"""How far from its joint, in trunks, an upper arm tells whether the shoulder is bare."""
SCRAP = 0.03
"""What is no wider, in trunks, is no skin above clothes, but the rim of an arm, or a print."""
_UNKNOWN, _CLOTH, _BARE = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Neckline:
    """Skin of a trunk, ``[n, n]`` each."""

    seen: Region
    hidden: Region
    """What is beneath an arm."""


def find_neckline(
    fit: Fit,
    head: Head,
    groups: Groups,
    hidden: Region,
    sure: Region,
    colours: Array,
    tone: Array | None,
    out: Array,
) -> Neckline | None:
    """Where skin goes on beneath arms; None where it does not, where clothes have its colour, or of
    who does not stand or sit upright.

    :param groups: ``[n, n]``; hair is of nobody. :param hidden: ``[n, n]``, of the trunk.
    :param sure: ``[n, n]``, where colours are one limb's alone. :param colours: ``[n, n, 3]``.
    :param tone: ``[3]``, of the face. :param out: of ``Nape``.
    """
    points = fit.stance.points[:, :2]
    top, bottom = (points[pair].mean(0) for pair in (SHOULDERS, HIPS))
    across, down = (bottom - top).tolist()
    if tone is None or not hidden.any() or down <= UPRIGHT * abs(across):
        return None
    skin = lit_skin(colours, tone)
    trunk = sure & (groups == Group.TRUNK) & ~hidden
    high = (head.below_jaw > 0.0) & (head.below_shoulders < CHEST)
    scrap_px = 0.5 * SCRAP * fit.trunk_px
    bare = opened(trunk & skin, scrap_px) & high
    cloth = trunk & ~skin
    if min(int(bare.sum()), int(cloth.sum())) < ENOUGH:
        return None
    kind = np.where(bare, _BARE, np.where(cloth, _CLOTH, _UNKNOWN))
    seen = [_shoulder(fit, groups, sure, skin, side) for side in range(SIDES)]
    known = max(seen)  # of which nothing is seen is as the other
    # Who is seen from behind has the left one at the left.
    in_picture = np.argsort(points[SHOULDERS, 0]).tolist()
    shoulders = [seen[side] or known or _CLOTH for side in in_picture]
    middle = top[0] + (np.arange(len(kind)) - top[1]) * (across / down)
    found = hidden & high & (out < NARROW[0]) & (head.below_shoulders < -ABOVE)  # the throat
    asked = hidden & high & ~found
    for row in np.flatnonzero(asked.any(1)).tolist():
        at = np.flatnonzero(asked[row])
        found[row, at] = _bare_in_row(kind[row], at, float(middle[row]), shoulders, out[row, at])
    whole = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, disc(scrap_px)) > 0
    found = opened(whole & hidden, scrap_px)
    return Neckline(bare, found) if found.any() else None


def _bare_in_row(
    kind: NDArray[np.intp],
    at: NDArray[np.intp],
    middle: float,
    shoulders: list[int],
    out: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Whether each of a row's hidden pixels is skin, ``[k]``.

    :param kind: ``[n]``, of those that are seen. :param at: ``[k]``, their columns.
    :param middle: the column of the trunk's middle line.
    :param shoulders: the kinds of the one that lies left in the picture, and of the other.
    :param out: ``[k]``, how far from the neck's middle line.
    """
    n = len(kind)
    mirrored = np.clip(np.rint(2.0 * middle - at), 0, n - 1).astype(np.intp)
    seen = np.flatnonzero(kind != _UNKNOWN)
    known = np.concatenate([[_UNKNOWN], kind[seen], [_UNKNOWN]])
    after = np.searchsorted(seen, at)
    left, right = known[after], known[after + 1]
    at_left = at < middle
    shoulder = np.where(at_left, *shoulders)
    inner, outer = np.where(at_left, right, left), np.where(at_left, left, right)
    outer = np.where(outer == _UNKNOWN, shoulder, outer)
    inner = np.where(inner == _UNKNOWN, outer, inner)
    # A bare arm beside a dress says nothing of it.
    beside = (inner == _BARE) & ((outer == _BARE) | (out < NARROW[1]))
    other = kind[mirrored]
    return np.asarray(np.where(other == _UNKNOWN, beside, other == _BARE))


def _shoulder(fit: Fit, groups: Groups, sure: Region, skin: Region, side: int) -> int:
    """Of which kind an upper arm is where it begins; not known if too little is seen of it."""
    joint = fit.stance.points[LEFT_SHOULDER + side, :2]
    near = ~far_from(joint, SHOULDER * fit.trunk_px, groups.shape)
    own = sure & near & (groups == Group.UPPER_ARM_L + side)
    if own.sum() < ENOUGH:
        return _UNKNOWN
    return _BARE if 2 * (own & skin).sum() > own.sum() else _CLOTH
