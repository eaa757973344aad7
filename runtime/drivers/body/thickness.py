"""How thick the photo shows an arm and its sleeve whose forearm points at the camera.

The outline does not tell it (``girth``): hand and forearm lie before that arm and stick out beside
it. Its own pixels do, from side to side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.parts import ARMPIT
from bunraku.runtime.drivers.body.sleeves import BINS, Sleeve, along_upper_arm
from bunraku.runtime.drivers.body.turning import Vectors, unit
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER

FEWEST = 2
"""Pieces of an upper arm whose widths tell something."""
MOST_SEEN = 75.0
"""The percentile of the widths of a bare arm that it has: what lies before it takes from them."""
IN_SLEEVE = 0.85
"""Of a short sleeve's width, what the arm in it has; and at most."""


class ArmSeen(NamedTuple):
    """An upper arm as a photo shows it, in pixels of the window."""

    bare: float
    """Half of how wide it is below its sleeve,"""
    sleeve: float
    """and of its sleeve; 0 where the photo does not tell."""
    aside: float
    """How far its middle lies beside the line from shoulder to elbow (to the left of who looks from
    there, in the picture); 0 likewise."""


def arms_seen(fit: Fit, binding: Binding, sleeves: Sequence[Sleeve]) -> tuple[ArmSeen, ArmSeen]:
    """The photo's arms, the left one first. Bare they are as thick as each other.

    :param binding: as it was settled. :param sleeves: of both.
    """
    left, right = (_seen(fit, binding, sleeve, side) for side, sleeve in enumerate(sleeves))
    widest = IN_SLEEVE * max(left.sleeve, right.sleeve)
    bare = max(left.bare, right.bare) or widest
    if widest:
        bare = min(bare, widest)
    return left._replace(bare=bare), right._replace(bare=bare)


def _seen(fit: Fit, binding: Binding, sleeve: Sleeve, side: int) -> ArmSeen:
    own = np.argwhere(binding.group == Group.UPPER_ARM_L + side)[:, ::-1].astype(np.float32)
    line = fit.stance.points[[LEFT_SHOULDER + side, LEFT_ELBOW + side], :2]
    length = float(np.linalg.norm(line[1] - line[0]))
    if length < BINS:
        return ArmSeen(0.0, 0.0, 0.0)
    along = along_upper_arm(fit, side, own)
    below = (along > ARMPIT) & (along < 1.0)
    own, along = own[below], along[below]
    wide = np.bincount((along * BINS).astype(int), minlength=BINS) * (BINS / length)
    start, end = np.arange(BINS) / BINS, np.arange(1, BINS + 1) / BINS
    seen = (start >= ARMPIT) & (wide > 0.0)
    bare, covered = wide[seen & (start >= sleeve.end)], wide[seen & (end <= sleeve.end)]
    aside = (own - line[0]) @ beside(line)
    middle = float(np.median(aside)) if len(bare) + len(covered) >= FEWEST else 0.0
    return ArmSeen(_half(bare, MOST_SEEN), _half(covered, 50.0), middle)


def beside(line: Vectors) -> Vectors:
    """``[2]``, unit: the direction across a line ``[2, 2]`` of the picture, as ``ArmSeen.aside``
    has it."""
    x, y = unit((line[1] - line[0])[None])[0]
    return np.array([-y, x])


def _half(wide: Array, percentile: float) -> float:
    """Of so many widths ``[k]``, in half; 0 of too few."""
    return 0.5 * float(np.percentile(wide, percentile)) if len(wide) >= FEWEST else 0.0
