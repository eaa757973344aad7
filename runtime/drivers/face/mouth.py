"""The mouth and jaw of the photo, moved: opened, widened, its corners raised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bunraku.kernels.redraw.terms import Channel
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.regions import (
    PhotoFrame,
    Region,
    brightness,
    colour_at,
    hue_of,
    knotted,
    line,
    smooth,
)
from bunraku.runtime.drivers.face.teeth import Smile, Teeth
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.few import clipped, mean_of
from bunraku.spec.smoothstep import smoothstep

_UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_NOSE = (2, 94, 98, 327)
_NECK = 0.4  # below the chin nothing moves any more, in face units
_ASIDE = 2.8  # half widths of the mouth from its middle, where the cheeks stand still,
_WITHIN = 0.94  # and of the way to the face's outline: that stands still too
_ROOM = 0.6  # of the way to there, mouths are widened to at most
_JAW = 0.6, 0.8  # the chin's way: of the opening, and of the upper lip's way
_THIN = 1.25, 0.7  # for each unit that a mouth is wider, its lips are thinner by such a share
_FLAT = 3.0  # power of the way to a corner in which the opening is lower than in its middle
_WIDTHS, _POINTED = (0.56, 0.75), (2.4, 1.2)
"""As wide as mouths are at rest and in a laugh, and how pointed the opening's ends are there: lips
that speak touch beside it, those of a laugh part up to the corners."""
_GAP = 0.04, 0.08  # between the photo's lips, in which nothing, all of it is worth showing
_MARGIN = 0.1  # around what moves, in half widths
_SOFT = 0.012  # edge of the opening, in face units, and a pixel at least
_DARK = np.array([58.0, 24.0, 22.0], np.float32)
_WARM = np.array([140.0, 72.0, 70.0], np.float32)
_MIDDLE_SKIN = 170.0  # brightness of the cheeks for which these colours are right


@dataclass(frozen=True, eq=False)
class MouthShape:
    """What a mouth does more than in the photo, in face units."""

    upper: float
    """The upper lip, downwards."""
    opening: float
    width: float
    right_corner: float
    """Downwards."""
    left_corner: float
    aside: float = 0.0
    """Of all of it, towards the person's left."""


@dataclass(frozen=True, eq=False)
class Mouth:
    """The photo's mouth; all lines in the face frame, at each pixel's u."""

    region: Region
    points: Exact
    """``[478, 2]`` in the face frame."""
    nose: float
    chin: float
    middle: float
    half: float
    right_reach: float
    """Beside the middle, where the cheeks stand still."""
    left_reach: float
    bright: float
    """Of the skin, against ``_MIDDLE_SKIN``."""
    hue: float
    """Of the photo: 0 without colours to 1, as skin has it."""
    teeth: Teeth

    @classmethod
    def of(cls, places: Exact, frame: PhotoFrame, points: Array, photo: Picture) -> Mouth | None:
        """The mouth of a photo's face; None outside of the photo.

        :param places: ``[478, 2]``, the face's points in its frame.
        :param points: the same in pixels.
        """
        right, left = (float(places[number, 0]) for number in mesh.MOUTH_CORNERS)
        middle, half = (right + left) / 2.0, max((left - right) / 2.0, 1e-3)
        nose, chin = float(places[list(_NOSE), 1].mean()), float(places[mesh.CHIN, 1])
        right_reach, left_reach = _reaches(places, middle, half, nose, chin)
        low = middle - right_reach - _MARGIN * half, nose
        high = middle + left_reach + _MARGIN * half, chin + _NECK
        region = Region.around(frame, low, high, photo)
        if region is None:
            return None
        cheeks = brightness(photo, points, mesh.CHEEKS)
        bright = min(max(cheeks / _MIDDLE_SKIN, 0.25), 1.2)
        hue = hue_of(colour_at(photo, points, mesh.CHEEKS))
        teeth = Teeth.of(places, points, photo, region.unit, hue)
        reaches = right_reach, left_reach
        return cls(region, places, nose, chin, middle, half, *reaches, bright, hue, teeth)

    def moved(self, shape: MouthShape) -> Array:
        """The region under an expression, a field as ``kernels.redraw`` takes it."""
        v = self.region.v
        sideways = self._sideways(shape.width, shape.aside)
        u = self.region.u - sideways  # from here on columns are the photo's
        m = (u - np.float32(self.middle)) / np.float32(self.half)
        bow = np.maximum(1.0 - m * m, 0.0)
        aside = self._beside(u, self.half)
        corner = np.where(m < 0, shape.right_corner, shape.left_corner).astype(np.float32)
        corner *= np.minimum(m * m, 1.0) * aside
        inner_up = self._line(mesh.UPPER_INNER_LIP, u)
        inner_low = np.maximum(self._line(mesh.LOWER_INNER_LIP, u), inner_up)
        upper = _single(corner + bow * shape.upper)
        # Lips that meet stay together.
        pointed = np.interp(2.0 * self.half + shape.width, _WIDTHS, _POINTED)
        opens = np.maximum(1.0 - np.abs(m) ** np.float32(_FLAT), 0.0) ** np.float32(pointed)
        opens *= np.float32(shape.opening)
        lower = _single(upper + np.maximum(opens, inner_up - inner_low))
        drop = shape.opening * _JAW[0] + shape.upper * _JAW[1]
        jaw = aside * np.float32(drop)
        top, bottom = _single(inner_up + upper), _single(inner_low + lower)
        rest_up, rest_low = self._line(_UPPER_OUTER, u), self._line(_LOWER_OUTER, u)
        thinner = np.float32(shape.width * _THIN[0]), np.float32(shape.width * _THIN[1])
        above = _single(upper + (inner_up - rest_up) * thinner[0])
        below = _single(lower - (rest_low - inner_low) * thinner[1])
        skin = knotted(
            v,
            [
                (self.nose, 0.0),
                (_single(np.maximum(rest_up + above, self.nose + 0.02)), above),
                (top, upper),
                (bottom, lower),
                (_single(np.minimum(rest_low + below, self.chin + jaw)), below),
                (_single(self.chin + jaw), jaw),
                (self.chin + _NECK, 0.0),
            ],
        )
        field = self.region.field(sideways, skin)
        # Within the opening the upper lip's pixels are not to be drawn out: there are other layers.
        soft = np.float32(max(_SOFT, 1.0 / self.region.unit))
        inside = clipped(np.minimum(v - top, bottom - v) / soft + 0.5, 0.0, 1.0)
        inside *= smooth(np.abs(opens), 0.0, 0.02)
        gap = inner_low - inner_up
        own = smooth(gap, *_GAP) * np.float32(self.teeth.seen)
        shown = clipped((top + gap - v) / soft + 0.5, 0.0, 1.0) * own
        field[..., Channel.OVER] = inside * shown
        self.region.move(field, Channel.OVER_X, sideways, upper)
        dark = inside - field[..., Channel.OVER]
        field[..., Channel.INSIDE] = dark
        rows = np.flatnonzero(dark.any(1))
        if len(rows):
            part = slice(rows[0], rows[-1] + 1)
            colour = self._cavity(m[part], v[part], top[part], bottom[part], shape.opening)
            teeth = self.teeth.over(
                colour,
                (self.region.u[part], v[part]),
                (top[part], bottom[part]),
                Smile(shape.width, drop),
            )
            colour += (1.0 - own[part, :, None]) * (teeth - colour)
            field[part, :, Channel.RED :] = colour * dark[part, :, None]
        return field

    def _sideways(self, width: float, aside: float) -> Array:
        """``[h, w]``: shift along u, largest at the corners, none at the cheeks."""
        room = _ROOM * (min(self.right_reach, self.left_reach) - self.half)
        each = np.float32(min(width / 2.0, room))
        all_ = np.float32(min(max(aside, -room), room))
        u = self.region.u - all_
        m = (u - np.float32(self.middle)) / np.float32(self.half + each)
        shift = all_ + each * clipped(m, -1.0, 1.0)
        return np.asarray(shift * self._tall * self._beside(u, float(self.half + each)), np.float32)

    @cached_property
    def _tall(self) -> Array:
        """``[h, w]``: 1 beside the lips, 0 where nothing above or below them goes aside."""
        lips = float(mean_of(self.points[list(mesh.MOUTH_CORNERS), 1]))
        return smooth(np.abs(self.region.v - np.float32(lips)), 0.32, 0.05)

    def _beside(self, u: Array, half: float) -> Array:
        """``[h, w]``: 1 up to ``half`` beside the middle, 0 from where the cheeks stand still."""
        aside = u - np.float32(self.middle)
        reach = np.where(aside < 0, np.float32(self.right_reach), np.float32(self.left_reach))
        t = clipped((reach - np.abs(aside)) / (reach - np.float32(half)), 0.0, 1.0)
        return np.asarray(smoothstep(t), np.float32)

    def _line(self, chain: tuple[int, ...], u: Array) -> Array:
        return line(self.points[list(chain)], u)

    def _cavity(self, m: Array, v: Array, top: Array, bottom: Array, opening: float) -> Array:
        """A dark inside, with something of a tongue where the mouth is wide open."""
        t = (v - top) / np.maximum(bottom - top, np.float32(1e-3))
        tongue = smooth(t, 0.5, 0.95) * np.maximum(1.0 - m * m, 0.0)
        tongue *= np.float32(min(max(opening, 0.0) / 0.3, 1.0))
        colour = _DARK + (_WARM - _DARK) * tongue[..., None]
        grey = colour.mean(-1, keepdims=True)
        colour = grey + np.float32(self.hue) * (colour - grey)
        return np.asarray(colour * self.bright, np.float32)


def _reaches(
    places: Exact, middle: float, half: float, nose: float, chin: float
) -> tuple[float, float]:
    """How far to the right and the left of a mouth the cheeks go along, within the outline."""
    u, v = places[list(mesh.OVAL)].T
    beside = (v > nose) & (v < (nose + chin) / 2.0)
    reaches = []
    for sign in (-1.0, 1.0):
        outline = sign * (u[beside] - middle)
        outline = outline[outline > 0]
        rim = float(outline.min()) if len(outline) else _ASIDE * half
        reaches.append(max(min(_ASIDE * half, _WITHIN * rim), 1.2 * half))
    return reaches[0], reaches[1]


def _single(values: npt.NDArray[np.floating]) -> Array:
    return np.asarray(values, np.float32)
