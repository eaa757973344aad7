"""The shadow of the photo's person, thrown again where the person stands now.

The plate is without it, so whoever stands in the photo as they stood would float. It goes along
with what threw it: on the floor with the nearer foot, on a wall with the trunk; and it fades as
these leave the place where the photo shows what it looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.plate import RemovedShadow
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.few import clipped
from bunraku.spec.landmarks import LEFT_FOOT, LEFT_SHOULDER, RIGHT_FOOT, RIGHT_SHOULDER
from bunraku.spec.smoothstep import smoothstep

ANCHORS: Sequence[tuple[int, ...]] = (LEFT_FOOT, RIGHT_FOOT, (LEFT_SHOULDER, RIGHT_SHOULDER))
"""Landmarks in whose middle the parts of a shadow hang: on the floor two, and on the wall."""
_WALL = 2

# Lengths are in heights of the person.
NEAR, FAR = (0.12, 0.12, 0.02), (0.45, 0.45, 0.12)
"""How far each anchor goes before its part of the shadow begins to fade, and when it is gone: the
trunk's outline changes sooner."""
LIFT, LIFTED = 0.02, 0.12
"""How much more than in the photo a foot is raised above the other before its part begins to fade,
and when it is gone."""
BETWEEN = 0.06
"""How softly the floor's part passes from one foot to the other."""
WALL, FLOOR = 0.22, 0.02
"""How far above the lower foot the wall's part begins to pass into the floor's, and has done so."""
BAND = 64
"""Rows that are darkened at once, in as many columns as a shadow has there: most of the rectangle
around one that runs across a wall is in the light."""
TRACE = 0.004
"""Of the logarithm of light: less is no shadow."""


@dataclass(frozen=True, eq=False)
class _Part:
    """What goes along with one anchor."""

    light: Picture
    """``[h, w, 3]`` uint8, what is left of the light, in 255ths."""
    left: int
    """Of its first column in the picture, while the anchor is where the photo shows it."""
    top: int
    bands: tuple[tuple[int, int, int, int], ...]
    """Of ``BAND`` rows each: the first and the one after the last, and columns likewise, of what is
    darker than nothing."""


@dataclass(frozen=True, eq=False)
class Fallen:
    """A part of a shadow in a picture."""

    light: Picture
    """``[h, w, 3]`` uint8, what is left of the light, in 255ths."""
    part: tuple[slice, slice]
    """Rows and columns of ``light`` that are inside of the picture,"""
    place: tuple[slice, slice]
    """and where in the picture these are."""
    bands: tuple[tuple[slice, slice], ...]
    """Rows and columns of ``part`` and ``place`` beside which it darkens nothing."""
    levels: Picture | None
    """``[256]`` uint8: what each value of ``light`` has faded to; None where it has not."""


@dataclass(frozen=True, eq=False)
class Shade:
    """A shadow that can be thrown into pictures of one size."""

    parts: tuple[_Part | None, ...]
    """By ``ANCHORS``; None where there is none."""
    tall: float
    """The person's height in pixels of the picture."""
    raised: Array
    """``[2]``: how much higher than the lower foot each is in the photo, in such heights."""

    @classmethod
    def of(
        cls, shadow: RemovedShadow, landmarks: Array, window: tuple[int, int, float] = (0, 0, 1.0)
    ) -> Shade:
        """Take the shadow that was removed from a photo apart.

        :param landmarks: ``[33, 2 or more]``, the photo's person in its pixels.
        :param window: where the pictures begin in the photo, from the left and from the top, and
            how many of their pixels one of the photo's is.
        """
        left, top, scale = window
        corner = np.array([shadow.left, shadow.top])
        anchors = np.array([landmarks[list(ids), :2].mean(0) for ids in ANCHORS]) - corner
        parts = []
        begin = (corner + 0.5 - (left, top)) * scale - 0.5
        step = np.array(shadow.step) * scale
        for share, far in zip(_split(shadow, anchors / shadow.step), FAR, strict=True):
            more = round(far * shadow.tall) + 1
            parts.append(_part(shadow.depth * share[..., None], more, begin, step))
        rows = anchors[:_WALL, 1] / (shadow.step[1] * shadow.tall)
        return cls(tuple(parts), shadow.tall * float(step[1]), rows.max() - rows)

    def throw(self, picture: Picture, moves: Array) -> None:
        """Darken a picture where the shadow falls now.

        :param picture: HWC uint8, the plate; changed in place.
        :param moves: ``[3, 2]``, by how many of its pixels ``ANCHORS`` have moved since the photo.
        """
        for fallen in self.falls(picture.shape[:2], moves):
            light, below = fallen.light[fallen.part], picture[fallen.place]
            for band in fallen.bands:
                some, onto = light[band], below[band]
                if not some.size:  # beyond the picture
                    continue
                if fallen.levels is not None:
                    some = np.asarray(cv2.LUT(some, fallen.levels), np.uint8)
                cv2.multiply(onto, some, dst=onto, scale=1.0 / 255.0)

    def falls(self, shape: tuple[int, ...], moves: Array) -> Iterator[Fallen]:
        """Where each part that is seen falls, one after the other.

        :param shape: rows and columns of the picture. :param moves: as of ``throw``.
        """
        height, width = shape
        for part, move, share in zip(self.parts, moves, self._strength(moves), strict=True):
            if part is None or share <= 0.0:
                continue
            rows, columns = part.light.shape[:2]
            left, top = part.left + round(float(move[0])), part.top + round(float(move[1]))
            x0, y0, x1, y1 = (
                max(left, 0),
                max(top, 0),
                min(left + columns, width),
                min(top + rows, height),
            )
            if x0 >= x1 or y0 >= y1:
                continue
            levels = None
            if share < 1.0:
                fading = np.rint(255.0 * (np.arange(256) / 255.0) ** share)
                levels = fading.astype(np.uint8)
            down, right = y0 - top, x0 - left
            yield Fallen(
                part.light,
                (slice(down, y1 - top), slice(right, x1 - left)),
                (slice(y0, y1), slice(x0, x1)),
                tuple(
                    (
                        slice(max(first - down, 0), max(end - down, 0)),
                        slice(max(before - right, 0), max(after - right, 0)),
                    )
                    for first, end, before, after in part.bands
                ),
                levels,
            )

    def _strength(self, moves: Array) -> Array:
        """``[3]`` in [0, 1]: how much of each part is seen after these moves."""
        x, y = moves.T / self.tall
        far = np.hypot(x, y)
        result = np.array([1.0 - _ramp(*terms) for terms in zip(far, NEAR, FAR, strict=True)])
        rows = y[:_WALL] - self.raised
        result[:_WALL] *= 1.0 - _ramp(rows.max() - rows - self.raised, LIFT, LIFTED)
        return np.asarray(result)


def _split(shadow: RemovedShadow, anchors: Array) -> Array:
    """``[3, h, w]``: how much of each pixel of a shadow goes along with each anchor; sum 1."""
    rows, columns = np.mgrid[: shadow.depth.shape[0], : shadow.depth.shape[1]].astype(np.float32)
    tall = shadow.tall
    left, right = (np.hypot(columns - x, rows - y) for x, y in anchors[:_WALL])
    nearer = _ramp(right - left, -BETWEEN * tall, BETWEEN * tall)
    lower = anchors[:_WALL, 1].max()
    floor = _ramp(rows, lower - WALL * tall, lower - FLOOR * tall)
    return np.stack([floor * nearer, floor * (1.0 - nearer), 1.0 - floor])


def _part(
    depth: Array, more: int, begin: NDArray[np.float64], step: NDArray[np.float64]
) -> _Part | None:
    """What a map shows, at the pictures' size.

    :param more: by how much it goes on beyond the map, for when it is moved away from there: the
        photo's edge cuts it.
    :param begin: where in the pictures the middle of the map's first pixel lies, x and y.
    :param step: pixels of the pictures from one pixel to the next.
    """
    wide = cv2.copyMakeBorder(depth, more, more, more, more, cv2.BORDER_REPLICATE)
    framed = cv2.copyMakeBorder(wide, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    red, green, blue = cv2.split(framed)
    there = cv2.max(cv2.max(red, green), blue) > TRACE
    if not there.any():
        return None
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    inner = framed[rows[0] - 1 : rows[-1] + 2, columns[0] - 1 : columns[-1] + 2]
    first = begin + (np.array([columns[0], rows[0]]) - 2 - more) * step
    corner = np.ceil(first)
    width, height = (np.array(inner.shape[1::-1]) - 1) * step
    size = max(1, int(width)), max(1, int(height))
    back = np.column_stack([np.diag(1.0 / step), (corner - first) / step])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    light = cv2.convertScaleAbs(
        cv2.exp(-inner), alpha=255.0
    )  # bytes: floats take ten times as long
    levels = cv2.warpAffine(light, back, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    made = np.asarray(levels, np.uint8)
    return _Part(made, int(corner[0]), int(corner[1]), tuple(_bands(made)))


def _bands(light: Picture) -> Iterator[tuple[int, int, int, int]]:
    """See ``_Part.bands``."""
    dark = np.asarray((light < 255).any(2))
    for first in range(0, len(dark), BAND):
        columns = np.flatnonzero(dark[first : first + BAND].any(0))
        if len(columns):
            yield first, first + BAND, int(columns[0]), int(columns[-1]) + 1


def _ramp(value: Array | float, start: float, end: float) -> Array:
    """0 up to ``start``, 1 from ``end`` on, smooth between."""
    share = clipped(np.asarray((value - start) / max(end - start, 1e-6)), 0.0, 1.0)
    return np.asarray(smoothstep(share))
