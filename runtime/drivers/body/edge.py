"""Where the photo's lower edge, or a desk before the person, cuts them off: nothing is to be lifted
from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.head import CHIN, Head
from bunraku.runtime.drivers.body.outlined import SEEN, in_view, limb_shares, shows_raised_thigh
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import MOUTH, SHOULDERS
from bunraku.spec.skeleton import SIDES, TRUNK_BONES, WHOLE_ARM, BodyBone

STRETCHED = 0.5
"""Of what is between the chin and the edge, as much is stretched at most where the body is lifted:
shoulders that a close-up shows just above the edge rise with it."""
_TRUNK = (*TRUNK_BONES, BodyBone.THIGH_L, BodyBone.THIGH_R)
_BELOW_KNEES = (BodyBone.SHIN_L, BodyBone.SHIN_R, BodyBone.FOOT_L, BodyBone.FOOT_R)


@dataclass(frozen=True)
class LowerEdge:
    """Where a photo, its window or a desk cuts the person."""

    row: float
    """Of the window, in the person's middle."""
    bones: tuple[BodyBone, ...] = _TRUNK
    """Those that are held at it: the trunk's, those of arms that move as it does, because they
    go on beyond the edge, and legs of who sits."""
    slope: float = 0.0
    """How many rows it falls a column."""
    middle: float = 0.0
    """The column where it is at ``row``."""
    reach: float = np.inf
    """Over how many rows above it a body that is lifted is stretched at most."""

    def at(self, x: Array) -> Array:
        """Its row at columns."""
        return self.row + np.float32(self.slope) * (x - np.float32(self.middle))

    @classmethod
    def of(cls, source: Source, fit: Fit) -> LowerEdge | None:
        """None if nothing is cut."""
        row = lower_edge(source)
        if row is None:
            return None
        shares = limb_shares(fit, fit.inside & in_view(source))
        cut = [s for s in range(SIDES) if shares[BodyBone.FOREARM_L + s] < SEEN]
        bones: tuple[BodyBone, ...] = (
            *_TRUNK,
            *(BodyBone(bone + side) for side in cut for bone in WHOLE_ARM),
        )
        if shows_raised_thigh(fit, shares):
            bones += _BELOW_KNEES
        slope = 0.0 if source.desk is None else source.desk.slope
        chin = fit.stance.points[list(MOUTH), 1].mean() + CHIN * Head.of(fit).unit_px
        return cls(row, bones, slope, _middle(source), max(STRETCHED * (row - float(chin)), 1.0))


def lower_edge(source: Source) -> int | None:
    """The window's row at which a desk, the photo or the window cuts the person; None if nothing
    does."""
    if source.desk is not None:
        edge = source.desk.edge(np.array([_middle(source)], np.float32), len(source.mask))
        return int(edge[0])
    _, top, side = source.framing.window.box
    height, n = source.photo.shape[0], len(source.mask)
    row = min(n - 1, int((height - top) * n / side) - 2)
    return row if row > 0 and (source.mask[row - 1] > 0.5).any() else None


def _middle(source: Source) -> float:
    """The window's column between the shoulders."""
    x = source.landmarks[SHOULDERS, 0]
    return float(x.mean()) * len(source.mask) - 0.5
