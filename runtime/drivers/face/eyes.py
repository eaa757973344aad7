"""An eye of the photo with its lids, its brow and its gaze moved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bunraku.kernels.redraw.terms import Channel
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.bare_skin import BareSkin, DrawnOut
from bunraku.runtime.drivers.face.regions import (
    PhotoFrame,
    Region,
    colour_at,
    knotted,
    line,
    pixels_between,
    smooth,
)
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.few import clipped
from bunraku.spec.smoothstep import smoothstep

_ABOVE, _BELOW, _BESIDE = 0.4, 0.25, 0.18  # reach around brow and eye, in face units
_KNIT_ABOVE = 0.2  # over a brow, in face units, knitting it moves nothing
_LASHES = 0.03  # this much of the skin over a lid's edge moves with it as it is
_THICK = 0.35
"""The network's points lie within a thick brow: its lower edge is by so much nearer to the lid."""
_LOWER_SHARE = 0.12, 0.6
"""Of what shuts an eye is the lower lid's: of a blink, of a smile's narrow eyes."""
_SMILE = (0.06, 0.2)
"""A mouth so much wider than at rest does not smile, smiles wholly, in face units;"""
_NARROW = (0.45, 0.85)
"""eyes that are shut so far are narrowed by it alone, or not at all."""
_LID_SKIN = 0.58
"""A lid drawn out of its dark fold is in the light: so much like the skin below the eye,"""
_DRAWN_OUT = (0.015, 0.06)
"""from so far a way on, wholly, in face units."""
_BROW_SHARE = 0.7  # of a brow's way up counts like a lid's way down
_CLOSING, _OVER = 0.85, 0.015
"""A lid that is shut farther comes down over the lower one, by so much in face units."""
_EDGE_DARK = np.float32(0.75)  # of a lid's colour is its edge's, at most
_SEAM_PX = 1.6  # half the width of the line where lids meet, of a field's
_WHITES = 90.0  # percentile of the brightness within the lids that is the white's
_SOFT = 2.0  # folds, over which it comes
_FOLD = 0.03  # above the lid's edge, as the photo has it, where that begins
_GAZE_REACH = (1.25, 0.5)  # of the eye's half width: gaze moves nothing there, everything


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye and its brow; all lines in the face frame."""

    region: Region
    along: Array
    """``[h, w]`` -1 to 1 from corner to corner, of each pixel."""
    upper: Array
    """``[h, w]``: v of the upper lid at each pixel's u."""
    lower: Array
    brow: Array
    """``[h, w]``: v of the brow's upper edge."""
    under_brow: Array
    """``[h, w]``: v of its lower edge."""
    at_brow: Array
    """``[h, w]``: how much of the brow's shift a column has."""
    inwards: Array
    """``[h, w]``: shift along u of what a brow moves that is knitted by one."""
    iris: tuple[float, float]
    half: float
    bare: DrawnOut
    """The skin between brow and lid."""
    skin: Array
    """``[3]``, the colour of a shut lid, 0 to 255."""
    lashes: Array
    """``[3]``, of its edge."""

    @classmethod
    def of(cls, side: str, places: Exact, frame: PhotoFrame, photo: Picture) -> Eye | None:
        """The eye of a photo's face; None outside of the photo.

        :param side: "right" or "left".
        :param places: ``[478, 2]``, the face's points in its frame.
        """
        above, below = places[list(mesh.UPPER_LID[side])], places[list(mesh.LOWER_LID[side])]
        brow = places[list(mesh.BROW[side])]
        every = np.concatenate([above, below, brow])
        low, high = every.min(0), every.max(0)
        # Not beyond the middle of the face, where the other eye's region begins.
        inner = (-np.inf, 0.0) if side == "right" else (0.0, np.inf)
        left, right = np.clip((low[0] - _BESIDE, high[0] + _BESIDE), *inner)
        region = Region.around(
            frame, (left, low[1] - _ABOVE), (right, above[:, 1].mean() + _BELOW), photo
        )
        if region is None:
            return None
        middle = float(above[[0, -1], 0].mean())
        half = max(float(np.ptp(above[[0, -1], 0])) / 2.0, 1e-3)
        pupil = places[mesh.PUPIL[side]]
        brow_low = places[list(mesh.LOWER_BROW[side])]
        upper, under = line(above, region.u), line(brow_low, region.u)
        thick = np.float32(_THICK) * np.maximum(upper - under, np.float32(0.0))
        bare = BareSkin.between(brow_low, above, frame, photo)
        skin_line = line(bare.line, region.u)
        under = np.minimum(under + thick, skin_line)
        points = frame.to_pixels(places).astype(np.float32)
        below_it = colour_at(photo, points, mesh.UNDER_EYES[0 if side == "right" else 1 :: 2])
        ball = pixels_between(mesh.UPPER_LID[side], mesh.LOWER_LID[side], points, photo).mean(1)
        skin = bare.of_a_shut_lid(below_it, float(np.percentile(ball, _WHITES)))
        aside = np.maximum(brow[:, 0].min() - region.u, region.u - brow[:, 0].max())
        return cls(
            region,
            (region.u - np.float32(middle)) / np.float32(half),
            upper,
            line(below, region.u),
            line(brow, region.u),
            under,
            smooth(aside, 0.14, 0.0) * smooth(np.abs(region.u), 0.0, 0.08),
            _inwards(region, brow, above),
            (float(pupil[0]), float(pupil[1])),
            half,
            DrawnOut.of(skin_line, under, upper - np.float32(_LASHES)),
            skin,
            np.minimum(colour_at(photo, points, mesh.UPPER_LID[side][1:-1]), _EDGE_DARK * skin),
        )

    def moved(
        self,
        shut: float,
        brow: tuple[float, float],
        gaze: tuple[float, float],
        wider: float = 0.0,
    ) -> Array:
        """The region under an expression, a field as ``kernels.redraw`` takes it.

        :param shut: 0 as in the photo to 1; below 0 wider.
        :param brow: how far it is up and towards the middle, in face units.
        :param gaze: shift of the iris in face units.
        :param wider: the driver's mouth than at rest, in face units: a smile pushes lower lids up.
        """
        u, v = self.region.u, self.region.v
        open_ = np.maximum(self.lower - self.upper, 0.0)
        below = _lower_share(shut, wider)
        fall = open_ * np.float32(shut * (1.0 - below))
        # The network's line lies above what is white at the lower lid's edge.
        closing = min(max((shut - _CLOSING) / (1.0 - _CLOSING), 0.0), 1.0)
        fall += self._between_corners * np.float32(closing * _OVER)
        rise = open_ * np.float32(-shut * below)
        upper, lower = self.upper + fall, self.lower + rise
        middle = (upper + lower) / 2.0
        field = self.lids(upper, lower, fall, rise, brow)
        within = np.minimum(v - upper, lower - v) * np.float32(self.region.unit)
        seen = clipped(within, 0.0, 1.0) * (np.abs(self.along) < 1.0)
        away = np.hypot(u - self.iris[0] - gaze[0], v - self.iris[1] - gaze[1]) / self.half
        near = smooth(away, *_GAZE_REACH)
        # There is no more of an eye behind wider lids: what there is of it reaches to them.
        reach = knotted(v, [(upper, np.minimum(fall, 0.0)), (middle, 0.0)])
        ball_u, ball_v = near * np.float32(gaze[0]), near * np.float32(gaze[1]) + reach
        field[..., Channel.OVER] = seen
        self.region.move(field, Channel.OVER_X, ball_u, ball_v)
        drawn_out = self._drawn_out(upper, fall, brow[0]) * (1.0 - seen)
        field[..., Channel.INSIDE] = drawn_out
        field[..., Channel.RED :] = self.skin * drawn_out[..., None]
        if closing > 0.0:
            self._close(
                field, np.maximum(upper, lower), np.asarray(closing * (1.0 - seen), np.float32)
            )
        return field

    @cached_property
    def _between_corners(self) -> Array:
        """``[h, w]``: where lids meet."""
        return smooth(np.abs(self.along), 1.02, 0.9)

    @cached_property
    def _near_lid(self) -> Array:
        """``[h, w]``: where skin is drawn out as a lid falls."""
        return smooth(np.abs(self.along), 1.2, 0.8)

    def _close(self, field: Array, seam: Array, share: Array) -> None:
        """Draw the lids' edge where they meet: between two of a field's pixels they would read what
        was between them.

        :param seam: ``[h, w]``, v of it. :param share: ``[h, w]``, how far it is to be seen.
        """
        away = np.abs(self.region.v - seam) * np.float32(self.region.unit)
        rows = np.flatnonzero((away < _SEAM_PX).any(1))
        part = slice(rows[0], rows[-1] + 1) if len(rows) else slice(0)
        edge = clipped(np.float32(_SEAM_PX) - away[part], 0.0, 1.0) * share[part]
        edge *= smooth(np.abs(self.along[part]), 1.05, 0.95)
        inside = field[part, :, Channel.INSIDE :]
        inside *= (1.0 - edge)[..., None]
        inside[..., 0] += edge
        inside[..., 1:] += self.lashes * edge[..., None]

    def _drawn_out(self, upper: Array, fall: Array, brow_up: float) -> Array:
        """``[h, w]``: how far each pixel is skin that came into the light as the lid fell or the
        brow rose.

        :param upper: v of the lid's edge now. :param fall: its shift. :param brow_up: of ``moved``.
        """
        v = self.region.v
        raised = self.at_brow * np.float32(max(brow_up, 0.0))
        edge = upper - np.float32(_LASHES)
        share = self._near_lid * smooth(fall + np.float32(_BROW_SHARE) * raised, *_DRAWN_OUT)
        fold = self.upper - np.float32(2.0 * _FOLD) - raised
        share *= smoothstep(clipped((v - fold) / (np.float32(_SOFT * _FOLD) + raised), 0.0, 1.0))
        share *= clipped((edge - v) / np.float32(0.5 * _LASHES) + 1.0, 0.0, 1.0)
        return np.asarray(np.float32(_LID_SKIN) * share, np.float32)

    def lids(
        self,
        upper: Array,
        lower: Array,
        fall: Array,
        rise: Array,
        brow: tuple[float, float],
    ) -> Array:
        """The region with its skin moved, to which what is between the lids can be added.

        :param upper: ``[h, w]``, v of the upper lid's edge now. :param lower: of the lower one's.
        :param fall: ``[h, w]``, shift of the skin at the upper lid, downwards.
        :param rise: at the lower one.
        :param brow: how far it is up and towards the middle, in face units.
        """
        v, (brow_up, knit) = self.region.v, brow
        raised = self.at_brow * np.float32(-brow_up)
        middle = np.maximum((upper + lower) / 2.0, upper)
        over = self.brow + raised
        # A brow that comes near the lid leaves the lid its lashes.
        under = np.maximum(self.under_brow + raised, over + np.float32(0.01))
        lashes = np.maximum(upper - np.float32(_LASHES), under + np.float32(0.01))
        drawn = []
        if brow_up > 0.0:  # The bare skin alone is drawn out; of a brow that sinks all is drawn in.
            bare = self.bare
            first, last = raised + bare.first_share * fall, bare.last_share * fall
            drawn = [(bare.first + first, first), (bare.last + last, last)]
        skin = knotted(
            v,
            [
                (over - np.float32(0.3), 0.0),
                (over - np.float32(0.02), raised),
                (under, raised),
                *drawn,
                (lashes, fall),
                (middle, fall),
                (middle + np.float32(1e-3), rise),
                (lower + np.float32(0.02), rise),
                (lower + np.float32(0.2), 0.0),
            ],
        )
        return self.region.field(self.inwards * np.float32(knit), skin)


def _inwards(region: Region, brow: Exact, lid: Exact) -> Array:
    """See ``Eye.inwards``; lines of ``[n, 2]`` in the face frame."""
    outer, inner = float(brow[0, 0]), float(brow[-1, 0])
    along = smooth(region.u, outer, inner) * smooth(region.u, 0.0, inner)
    edge, lashes = line(brow, region.u), line(lid, region.u)
    tall = smooth(region.v - edge, -_KNIT_ABOVE, 0.0) * smooth(
        lashes - region.v, _LASHES, 2.0 * _LASHES
    )
    return np.asarray(-np.sign(inner) * along * tall, np.float32)


def _lower_share(shut: float, wider: float) -> float:
    """Of the lower lid, of what shuts an eye, in [0, 1]."""
    blink, smile = _LOWER_SHARE
    (none, wholly), (narrow, closing) = _SMILE, _NARROW
    smiling = min(max((wider - none) / (wholly - none), 0.0), 1.0)
    smiling *= min(max((closing - shut) / (closing - narrow), 0.0), 1.0)
    return blink + (smile - blink) * smiling
