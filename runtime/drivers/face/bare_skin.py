"""The bare skin between a brow and its lid, as the photo has it.

The network's points lie within thick brows, and between them and the lashes there are shadows,
folds and make-up. The lightest of it is skin: of that there is more when a brow rises, and a shut
lid is no lighter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.face.regions import Float64Array, PhotoFrame
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.few import clipped

_COLUMNS, _ROWS = 13, 15
_EDGE = 2
"""Rows at either end that may show the brow, or the white of the eye."""
_EVEN = 0.2
"""Of the brightness: by so much is the lid's or the brow's edge less than what is between."""
_DRAWN = 0.1, 0.3
"""Of what is between brow and lid at least, at most so much to either side of the bare skin is
drawn out as a brow rises."""
_LIT, _WHITE = 0.92, 0.9
"""As light as this share of the skin below it and of its own white is an eye's shut lid."""
_MASK = np.array([0.25, 0.5, 0.25])


@dataclass(frozen=True, eq=False)
class BareSkin:
    """Where it is, and what it looks like."""

    line: Float64Array
    """``[n, 2]``: from one corner of the eye to the other, in the face frame."""
    colour: Array
    """``[3]``, 0 to 255."""

    @classmethod
    def between(
        cls, brow: Float64Array, lid: Float64Array, frame: PhotoFrame, photo: Picture
    ) -> BareSkin:
        """What a photo shows of it.

        :param brow: ``[n, 2]``, the brow's lower edge in the face frame. :param lid: the lid's.
        """
        u = np.linspace(lid[:, 0].min(), lid[:, 0].max(), _COLUMNS)
        top, bottom = _v_at(brow, u), _v_at(lid, u)
        bottom = np.maximum(bottom, top)
        down = np.linspace(0.0, 1.0, _ROWS)[:, None]
        v = top + down * (bottom - top)
        places = np.stack([np.broadcast_to(u, v.shape), v], -1)
        seen = _smooth(_read(photo, frame.to_pixels(places.reshape(-1, 2))).reshape(*v.shape, 3))
        light = seen.mean(-1)
        score = light / np.maximum(light.max(0), 1.0) - _EVEN * (2.0 * down - 1.0) ** 2
        best = score[_EDGE:-_EDGE].argmax(0) + _EDGE
        column = np.arange(_COLUMNS)
        line = np.stack([u, _evened(_evened(v[best, column]))], -1)
        # Towards the corners there is the nose's shade and hair.
        middle = slice(_COLUMNS // 4, _COLUMNS - _COLUMNS // 4)
        return cls(line, seen[best, column][middle].mean(0).astype(np.float32))

    def of_a_shut_lid(self, below: Array, white: float) -> Array:
        """``[3]``: the colour of a lid that turns from the shade into the light that its eye is in.

        :param below: ``[3]``, of the skin below the eye. :param white: the eye's brightness.
        """
        shade, light = float(self.colour.mean()), float(below.mean())
        level = min(_LIT * light, _WHITE * white)
        share = min(max((level - shade) / max(light - shade, 1.0), 0.0), 1.0)
        return np.asarray(self.colour + np.float32(share) * (below - self.colour), np.float32)


@dataclass(frozen=True, eq=False)
class DrawnOut:
    """Which part of a photo's column is drawn out as its brow rises, each ``[h, w]``."""

    first: Array
    """v of its upper end in the photo."""
    last: Array
    first_share: Array
    """Of the way from the brow to the lid it lies at."""
    last_share: Array

    @classmethod
    def of(cls, bare: Array, brow: Array, lid: Array) -> DrawnOut:
        """Around the bare skin at v ``bare``, between the edges of brow and lid, ``[h, w]``."""
        room = np.maximum(lid - brow, np.float32(0.01))
        at = clipped((bare - brow) / room, 0.0, 1.0)
        wide = clipped(np.minimum(at, 1.0 - at), *_DRAWN)
        shares = np.maximum(at - wide, 0.0), np.minimum(at + wide, 1.0)
        first, last = (np.asarray(share, np.float32) for share in shares)
        return cls(brow + first * room, brow + last * room, first, last)


def _v_at(points: Float64Array, u: Float64Array) -> Float64Array:
    order = np.argsort(points[:, 0])
    return np.asarray(np.interp(u, points[order, 0], points[order, 1]))


def _read(photo: Picture, pixels: Float64Array) -> Float64Array:
    """``[n, 3]``: the photo at the nearest pixels of ``[n, 2]``."""
    height, width = photo.shape[:2]
    x, y = pixels.round().astype(int).T
    at = photo[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.asarray(at, np.float64)


def _smooth(values: Float64Array) -> Float64Array:
    """``[rows, columns, 3]`` with its neighbours, both ways."""
    for axis in (0, 1):
        ends = [(1, 1) if axis == n else (0, 0) for n in range(3)]
        wide = np.moveaxis(np.pad(values, ends, mode="edge"), axis, 0)
        values = np.moveaxis(
            _MASK[0] * wide[:-2] + _MASK[1] * wide[1:-1] + _MASK[2] * wide[2:], 0, axis
        )
    return values


def _evened(values: Float64Array) -> Float64Array:
    return np.asarray(np.convolve(np.pad(values, 1, mode="edge"), _MASK, mode="valid"))
