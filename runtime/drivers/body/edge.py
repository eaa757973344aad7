"""The photo's lower edge, where it cuts the person: nothing is to be lifted from it."""

from __future__ import annotations

from dataclasses import dataclass

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.outlined import SEEN, in_photo, limb_shares
from bunraku.runtime.source.source import Source
from bunraku.spec.skeleton import SIDES, BodyBone

_TRUNK = (BodyBone.PELVIS, BodyBone.CHEST, BodyBone.THIGH_L, BodyBone.THIGH_R)
_ARM = (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L, BodyBone.HAND_L)


@dataclass(frozen=True)
class LowerEdge:
    """Where a photo or its window cuts the person."""

    row: int
    """Of the window."""
    bones: tuple[BodyBone, ...] = _TRUNK
    """Those that are held at it: the trunk's, and those of arms that move as it does, because they
    go on beyond the edge."""

    @classmethod
    def of(cls, source: Source, fit: Fit) -> LowerEdge | None:
        """None if nothing is cut."""
        row = lower_edge(source)
        if row is None:
            return None
        shares = limb_shares(fit, fit.inside & in_photo(source))
        cut = [s for s in range(SIDES) if shares[BodyBone.FOREARM_L + s] < SEEN]
        return cls(row, (*_TRUNK, *(BodyBone(bone + side) for side in cut for bone in _ARM)))


def lower_edge(source: Source) -> int | None:
    """The window's row at which the photo or the window cuts the person; None if neither does."""
    _, top, side = source.framing.window.box
    height, n = source.photo.shape[0], len(source.mask)
    row = min(n - 1, int((height - top) * n / side) - 2)
    return row if row > 0 and (source.mask[row - 1] > 0.5).any() else None
