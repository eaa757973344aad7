"""How far a head goes from the photo's sides and upper edge where they cut it.

What is cut stays at the edge (``Head``): hair between there and a face that goes far off is drawn
out like a curtain. So the person as a whole stays near, and where the trunk may not go along, the
head does by itself.

Convention: points are in pixels of the photo's window, x right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bunraku.runtime.drivers.body.bounds import Bounds
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.head import EDGE_LEAST, FOREHEAD, JAW_WIDTH, Head
from bunraku.runtime.drivers.body.keeping import Kept, at_most
from bunraku.runtime.drivers.body.outlined import in_view
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.source import Source
from bunraku.spec.landmarks import HEAD, MOUTH, SHOULDERS

TOUCHES = 0.5
"""As much of an edge as it cuts of a head that it holds, in lengths from the eyes to the mouth."""
DRAWN_OUT = 1.0
"""How far off it goes at most, in ways from the face to the edge."""
_FACE = list(HEAD)


@dataclass(frozen=True)
class Tether:
    """A photo's head, and how far its face goes at most; infinitely far where nothing is cut."""

    face: tuple[float, float]
    """The middle of the photo's, x and y."""
    back: tuple[float, float] = (np.inf, np.inf)
    """To the left and up,"""
    ahead: tuple[float, float] = (np.inf, np.inf)
    """and to the right and down."""

    @classmethod
    def of(cls, source: Source, fit: Fit) -> Tether:
        """What holds the head of a photo's person."""
        points, view = fit.stance.points, in_view(source)
        unit = Head.of(fit).unit_px
        face, mouth = points[_FACE, :2].mean(0), points[list(MOUTH), :2].mean(0)
        rows, columns = np.flatnonzero(view.any(1)), np.flatnonzero(view.any(0))
        if not len(rows) or not len(columns):
            return cls((float(face[0]), float(face[1])))
        low = int(np.clip(points[SHOULDERS, 1].min(), 0, len(view)))
        head, seen = fit.inside[:low] & view[:low], TOUCHES * unit

        def most(cut: int, gap: float) -> float:
            return DRAWN_OUT * max(gap, EDGE_LEAST * unit) if cut >= seen else np.inf

        top, left, right = int(rows[0]), int(columns[0]), int(columns[-1])
        cheeks = JAW_WIDTH * unit
        to_right = most(int(head[:, left].sum()), float(mouth[0] - cheeks - left))
        to_left = most(int(head[:, right].sum()), float(right - mouth[0] - cheeks))
        above = int(head[top].sum()) if top < low else 0
        down = most(above, float(mouth[1] - FOREHEAD * unit - top))
        return cls((float(face[0]), float(face[1])), (to_left, np.inf), (to_right, down))

    def hold(self, kept: Kept, bounds: Bounds) -> Kept:
        """What the photo's person does with the head near enough to the edges.

        :param bounds: where the middle of the shoulders may go meanwhile.
        """
        points = kept.landmarks[:, :2].astype(np.float64)
        face, about = points[_FACE].mean(0), np.array(kept.about)
        way = about + kept.scale * (face - about) - self.face
        most = np.where(way < 0.0, self.back, self.ahead)
        shift = at_most(way, most) - way
        if not np.abs(shift).max() > 0.0:
            return kept
        shoulders = points[SHOULDERS].mean(0)
        low, high = np.minimum(bounds.low, shoulders), np.maximum(bounds.high, shoulders)
        along: Vectors = np.clip(shoulders + shift, low, high) - shoulders
        points += along
        points[_FACE] += (shift - along) / kept.scale
        landmarks = kept.landmarks.copy()
        landmarks[:, :2] = points
        x, y = about + along
        return replace(kept, landmarks=landmarks, about=(float(x), float(y)))
