"""The teeth of a photo that shows none: what an opened mouth has between its lips.

The upper ones stand on the skull, not on the lip: a lip that is raised shows more of them, and a
jaw that drops no more than their ends. The lower ones go with the jaw, and a smile shows them. Each
is as wide as teeth are against the distance of the eyes, in an arch that turns away from the
viewer; they are as white as the photo's light makes what is white, and dark towards the lips and
the corners. They are nobody's: plain ones, soft and without contrast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.measures import Measure, measure
from bunraku.runtime.drivers.face.regions import brightness, colour_at, pixels_between, smooth
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.few import clipped

_SHOWN = 0.042
"""Of the teeth lies below the upper lip where it rests, in face units, as all lengths here."""
_BOUNDS = np.array([0.0, 0.092, 0.16, 0.222, 0.27, 0.31, 0.345], np.float32)
"""Where one tooth ends and the next begins, from the middle: incisors, canine, premolars."""
_SHORTER = np.array([0.0, 0.01, 0.004, 0.012, 0.016, 0.02], np.float32)
"""Than the first each of them is by so much."""
_RISE = 0.03
"""By so much the last one's end lies above the first's besides."""
_ROUNDED = 0.012
"""A tooth is shorter at its sides than in its middle."""
_LOWER = 0.75
"""The lower teeth's widths, and their light, against the upper ones'."""
_SMILE = (0.08, 0.2)
"""A mouth so much wider than in the photo shows none, all of them."""
_GAP, _GAP_DARK = 0.006, 0.25
_SOFT = 0.012
"""Edge of a tooth, and a pixel at least."""
_BEHIND = (0.1, 0.34)
"""From so far beside the middle on they turn into the shade, and are wholly in it;"""
_NEARER = 0.1
"""sooner by so much, of those of which only the ends are seen."""
_SHADE = 0.75
"""It takes so much of the light there,"""
_LIP_SHADE, _LIP_REACH = 0.5, 0.04
"""and so much beside a lip, so far,"""
_LIP_SHARE = 0.25
"""but no farther than such a share of the opening."""
_WHOLE = (0.03, 0.1)
"""Of teeth of which so much is seen below the lip nothing is in the light, all."""
_DIM = 0.6
"""So much is drawn of those of which nothing is,"""
_EVEN = 0.4
"""and by so much of what they differ in length their ends do."""
_TINT = np.array([1.03, 1.0, 0.93], np.float32)
"""Enamel against what is white."""
_WHITE_SHARE = 0.95
_AS_RED = 0.97
"""Enamel gives back at least so much of a light's red as skin does: less of it looks grey."""
_SEEN = (0.45, 0.65)
"""Of what is white in the photo, what is between its lips is no teeth, is teeth."""
_EYES_PX, _EYES_OPEN = 40.0, 0.12
"""A face unit of fewer pixels, lids less far open, as ``Measure.RIGHT_LID`` has it, show no whites
that could be read."""
_WHITES = 80.0
"""Percentile of the brightness within the lids that is their white's."""
_LEAST_WHITE, _MOST_WHITE = 1.15, 1.7
"""Of the cheeks' brightness, where the eyes say less or more."""
_BRIGHTEST = 235.0
_HUE = 0.4
"""So much of what the whites' colour is beside grey is the light's; the rest is skin and veins;"""
_MOST_HUE = 0.14
"""and no more than such a share of their brightness: else what was read is no white."""


@dataclass(frozen=True)
class Smile:
    """What a mouth does that decides about the lower teeth, in face units."""

    wider: float
    """Than in the photo."""
    jaw: float
    """Downwards."""


@dataclass(frozen=True, eq=False)
class Teeth:
    """Teeth in the face frame."""

    middle: float
    """u between the first two."""
    ends: float
    """v of these two's ends, of the upper ones."""
    colour: Array
    """``[3]``, 0 to 255, in the light."""
    unit: float
    """Pixels of a face unit, of the field they are drawn into."""
    seen: float
    """Whether the photo shows teeth between its lips, in [0, 1]."""

    @classmethod
    def of(cls, places: Exact, points: Array, photo: Picture, unit: float, hue: float) -> Teeth:
        """Those of a photo's face.

        :param places: ``[478, 2]``, the face's points in its frame.
        :param points: the same in pixels. :param unit: see ``unit``. :param hue: of ``Mouth``.
        """
        lip = places[list(mesh.UPPER_INNER_LIP)]
        across = places[list(mesh.MOUTH_CORNERS), 0]
        ends = float(lip[4:7, 1].mean()) + _SHOWN
        white = _white(points, photo)
        between = pixels_between(
            mesh.UPPER_INNER_LIP[3:8], mesh.LOWER_INNER_LIP[3:8], points, photo
        )
        bright = np.percentile(between.mean(1), 75.0) / max(float(white.mean()), 1.0)
        none, wholly = _SEEN
        seen = min(max((float(bright) - none) / (wholly - none), 0.0), 1.0)
        tint = np.float32(_WHITE_SHARE) * (1.0 + np.float32(hue) * (_TINT - 1.0))
        skin = float(colour_at(photo, points, mesh.CHEEKS)[0])
        enamel = np.asarray(white * tint, np.float32)
        lift = _AS_RED * skin / max(float(enamel[0]), 1.0)
        brightest = max(_BRIGHTEST / max(float(enamel.mean()), 1.0), 1.0)
        enamel *= np.float32(min(max(lift, 1.0), brightest))
        return cls(float(across.mean()), ends, enamel, unit, seen)

    def over(
        self, inside: Array, place: tuple[Array, Array], lips: tuple[Array, Array], smile: Smile
    ) -> Array:
        """The inside of a mouth with them.

        :param inside: ``[h, w, 3]``, what is behind them, 0 to 255.
        :param place: (u, v) of each pixel in the face frame, ``[h, w]``.
        :param lips: v of the upper and the lower lip's edge at each pixel's column, ``[h, w]``.
        :param smile: how far the mouth shows the lower ones.
        :return: ``[h, w, 3]`` float32.
        """
        u, v = place
        top, bottom = lips
        aside = np.abs(u - np.float32(self.middle))
        middle = aside < _BOUNDS[1]
        seen = self.ends - float(top[middle].mean()) if middle.any() else 0.0
        whole = float(smooth(np.asarray(seen, np.float32), *_WHOLE))
        near, far = _BEHIND
        shade = 1.0 - _SHADE * smooth(aside, near, far - _NEARER * (1.0 - whole))
        to_lip = np.minimum(v - top, bottom - v)
        high = float((bottom - top)[middle].mean()) if middle.any() else 0.0
        reach = min(max(_LIP_SHARE * high, _SOFT), _LIP_REACH)
        shade = shade * (1.0 - _LIP_SHADE * (1.0 - smooth(to_lip, 0.0, reach)))
        soft = np.float32(max(_SOFT, 1.0 / self.unit))
        lower = float(smooth(np.asarray(smile.wider, np.float32), *_SMILE))
        if lower > 0.0:
            low = self.ends - _SHOWN + smile.jaw
            end, light = self._row(aside / np.float32(_LOWER))
            shown = clipped((v - (low + end)) / soft + 0.5, 0.0, 1.0) * lower
            inside = self._drawn(inside, light * np.float32(_LOWER), shade * shown)
        end, light = self._row(aside)
        # Ends that peek out below a lip that is not raised are no fangs: dim, and nearly one line.
        end = end * np.float32(_EVEN + (1.0 - _EVEN) * whole)
        shown = clipped((self.ends - end - v) / soft + 0.5, 0.0, 1.0)
        shown = shown * np.float32(_DIM + (1.0 - _DIM) * whole)
        shown = shown * smooth(aside, float(_BOUNDS[-1]) + _SOFT, float(_BOUNDS[-1]) - _SOFT)
        return self._drawn(inside, light, shade * shown)

    def _drawn(self, inside: Array, light: Array, share: Exact | Array) -> Array:
        """A row over what is behind it: what is in the shade is as dark as the mouth."""
        drawn = self.colour * light[..., None]
        return np.asarray(inside + (drawn - inside) * share[..., None], np.float32)

    def _row(self, aside: Array) -> tuple[Array, Array]:
        """How much shorter a row of teeth is than its first two, and the light on it, ``[h, w]``.

        :param aside: from the middle, in face units of the upper row.
        """
        which = clipped(np.searchsorted(_BOUNDS, aside, side="right") - 1, 0, len(_SHORTER) - 1)
        near, far = _BOUNDS[which], _BOUNDS[which + 1]
        across = (aside - near) / (far - near) * 2.0 - 1.0
        end = _SHORTER[which] + _RISE * (aside / _BOUNDS[-1]) ** 2 + _ROUNDED * across**4
        gap = np.float32(max(_GAP, 0.5 / self.unit))
        beside = np.minimum(aside - near, far - aside) / gap
        light = 1.0 - np.float32(_GAP_DARK * _GAP) / gap * np.exp(-(beside**2))
        return np.asarray(end, np.float32), np.asarray(light, np.float32)


def _white(points: Array, photo: Picture) -> Array:
    """``[3]``: what is white in the light of the photo's face, 0 to 255."""
    cheeks = brightness(photo, points, mesh.CHEEKS)
    white = np.full(3, cheeks, np.float32)
    lids = float(measure(points)[[Measure.RIGHT_LID, Measure.LEFT_LID]].mean())
    if mesh.face_unit(points) >= _EYES_PX and lids >= _EYES_OPEN:
        edges = [(mesh.UPPER_LID[side], mesh.LOWER_LID[side]) for side in mesh.UPPER_LID]
        eyes = np.concatenate([pixels_between(*pair, points, photo) for pair in edges])
        bright = eyes.mean(1)
        white = eyes[bright >= np.percentile(bright, _WHITES)].mean(0)
    level = max(float(white.mean()), 1.0)  # a bar over the eyes is black
    wanted = min(max(level, _LEAST_WHITE * cheeks), _MOST_WHITE * cheeks, _BRIGHTEST)
    most = _MOST_HUE * level
    hued = level + clipped(_HUE * (white - level), -most, most)
    return np.asarray(hued * np.float32(wanted / level), np.float32)
