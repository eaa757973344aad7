"""The bare skin between a brow and its lid, as the photo has it.

The network's points lie within thick brows, and between them and the lashes there are shadows,
folds and make-up. The lightest of it is skin: of that there is more when a brow rises, and a shut
lid is no lighter.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bunraku.runtime.drivers.face.regions import PhotoFrame, line, nearest_pixels
from bunraku.spec.arrays import Array, Exact, Picture
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

    line: Exact
    """``[n, 2]``: from one corner of the eye to the other, in the face frame."""
    colour: Array
    """``[3]``, 0 to 255."""

    @classmethod
    def between(cls, brow: Exact, lid: Exact, frame: PhotoFrame, photo: Picture) -> BareSkin:
        """What a photo shows of it.

        :param brow: ``[n, 2]``, the brow's lower edge in the face frame. :param lid: the lid's.
        """
        u = np.linspace(lid[:, 0].min(), lid[:, 0].max(), _COLUMNS)
        top, bottom = line(brow, u), line(lid, u)
        bottom = np.maximum(bottom, top)
        down = np.linspace(0.0, 1.0, _ROWS)[:, None]
        v = top + down * (bottom - top)
        places = np.stack([np.broadcast_to(u, v.shape), v], -1)
        at = nearest_pixels(photo, frame.to_pixels(places.reshape(-1, 2)))
        seen = cv2.sepFilter2D(
            at.reshape(*v.shape, 3), cv2.CV_64F, _MASK, _MASK, borderType=cv2.BORDER_REPLICATE
        )
        light = seen.mean(-1)
        score = light / np.maximum(light.max(0), 1.0) - _EVEN * (2.0 * down - 1.0) ** 2
        best = score[_EDGE:-_EDGE].argmax(0) + _EDGE
        column = np.arange(_COLUMNS)
        middle_line = np.stack([u, _evened(_evened(v[best, column]))], -1)
        # Towards the corners there is the nose's shade and hair.
        middle = slice(_COLUMNS // 4, _COLUMNS - _COLUMNS // 4)
        return cls(middle_line, seen[best, column][middle].mean(0).astype(np.float32))

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


def _evened(values: Exact) -> Exact:
    return np.asarray(np.convolve(np.pad(values, 1, mode="edge"), _MASK, mode="valid"))
