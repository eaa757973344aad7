"""What the photo lacks of a hand: a palm that is hidden, or what its edges cut off, and how much of
that would be seen where the hand goes.

The photo has the rest of such a hand alone: moved into the picture it would end at the photo's
edge, and fingers of the body's would stand without a palm beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array

TIPS = 0.2
"""Up to which share of a hand what is cut off is tips of fingers: the photo's own is still better
than the body's."""
LITTLE, MUCH = 0.04, 0.12
"""Up to which share of a hand that is missed nobody sees it, and from which on everybody does."""
PALM = 0.25
"""The share of a palm that the photo must show: fingers alone, which look out from behind the other
arm, have no wrist to go to once they leave it."""


@dataclass(frozen=True, eq=False)
class CutOff:
    """What a photo does not have of one of its hands."""

    missing: NDArray[np.bool_]
    """``[v]``: which of the hand's vertices lie beyond the photo's edges."""
    view: Region
    """``[n, n]``: the part of the window inside the photo, where drawings are seen."""

    @classmethod
    def of(cls, vertices: Array, view: Region) -> CutOff | None:
        """None for a hand of which too little is cut off to be missed.

        :param vertices: ``[v, 3]`` in pixels of the window, as the photo holds it.
        """
        missing = ~_within(vertices, view)
        return cls(missing, view) if missing.mean() > TIPS else None

    def missed(self, moved: Array) -> float:
        """From 0 to 1, how far one sees that part of the hand is not there.

        :param moved: ``[v, 3]``, where its vertices are.
        """
        seen = _within(moved[self.missing], self.view).sum() / len(moved)
        return float(np.clip((seen - LITTLE) / (MUCH - LITTLE), 0.0, 1.0))


def lacks_palm(vertices: Array, hand: Region, along: Array, photo: Array) -> bool:
    """Whether the photo shows fingers of a hand and hardly more.

    :param vertices: ``[v, 3]`` in pixels of the window, as the photo holds it.
    :param hand: ``[v]``, which of them are the hand's. :param along: ``[v]``, how far beyond the
        wrist, in lengths from there to the knuckles.
    :param photo: ``[n, n]`` in [0, 1]: how much of each pixel shows the hand.
    """
    seen = _within(vertices[hand & (along < 1.0)], photo > 0.5)
    return float(seen.mean()) < PALM


def _within(vertices: Array, view: Region) -> NDArray[np.bool_]:
    """``[v]``: which of vertices ``[v, 3]`` lie in a region ``[n, n]``."""
    n = len(view)
    at = np.rint(vertices[:, :2])
    x, y = np.clip(at, 0, n - 1).astype(int).T
    return np.asarray(((at >= 0) & (at < n)).all(1) & view[y, x])
