"""A shut eye of the photo opened: its lids are moved apart, and an eye is drawn between them.

What is behind the lids nobody knows: it is a plain one, with a dark brown iris, as bright as the
skin around it. The lids, their lashes and their skin are the photo's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.kernels.redraw.terms import Channel
from bunraku.runtime.drivers.face.eyes import Eye
from bunraku.runtime.drivers.face.regions import Region, smooth
from bunraku.spec.arrays import Array

SHUT = 0.11
"""``Measure.RIGHT_LID`` of both eyes in the mean, below which a photo's eyes are shut."""
OPEN = 0.2
"""The same of the eyes that are drawn, at rest."""
SMALLEST = 24.0
"""Pixels between the outer corners of the eyes, of a face of 40, below which none are drawn."""
FROM, WHOLLY = 0.5, 0.9
"""How far open a driver's eyes are, of their rest, when these begin to open and when they are open:
those of a driver who is not yet known at rest are taken for half open."""
CLOSE_FROM, CLOSED = 0.6, 0.95
"""How far shut a driver's eyes are when lids that are lowered in the photo, beyond what is a shut
eye's, begin to close and when they are closed."""
LOWERED = (0.05, 0.08)
"""``Measure.RIGHT_LID`` of lids that are shut, and of those that look down."""
WIDEST = 1.15
LOWER_SHARE = 0.12
"""Of the opening is the lower lid's."""
BEGUN = 0.25
"""So far open there is an eye between the lids, and none of what the photo has there."""
LASHES = 0.035
"""Of shut eyes lie so far below the lids' line, in face units; they go with the upper lid."""
ARCH = 0.8
"""Power of the parabola that an open lid is,"""
MEAN = 0.9
"""and its mean height where the measure is taken."""
SEAM = 0.6
"""Where between the lids' lines an eye is shut, from the upper one."""

IRIS, PUPIL = 0.43, 0.16
"""Radii, in half lengths of the eye."""
HIGH = 0.47
"""Where between the open lids the iris is, from the lower one."""
GLINT = (-0.12, -0.15, 0.07)
"""Of the light, against the iris in half lengths: u, v, and radius."""
WHITE = 0.86
"""Of the skin's brightness is the white's,"""
TINT = 0.5
"""which has as much of the skin's hue."""
BROWN = np.array([0.36, 0.21, 0.14], np.float32)
"""The iris in the light, of the skin's brightness."""
BLACK = 0.1
SHADE, SHADE_DEPTH = 0.55, 0.35
"""What the upper lid takes of the light, and how far down, in half lengths."""
EDGE_PX = 0.6
"""How soft the iris ends at least."""


@dataclass(frozen=True, eq=False)
class ShutEye:
    """An eye that the photo shows shut."""

    eye: Eye
    skin: Array
    """``[3]``, the cheeks' colour, 0 to 255."""
    lowered: float = 0.0
    """Whether it looks down rather than is shut, in [0, 1]: it can be shut more."""

    @property
    def region(self) -> Region:
        """The pixels that it may change."""
        return self.eye.region

    def opened(self, open_: float, brow: tuple[float, float], gaze: tuple[float, float]) -> Array:
        """The region under an expression, a field as ``kernels.redraw`` takes it.

        :param open_: 0 as in the photo, 1 as eyes are at rest, to ``WIDEST``; below 0 as far shut
            as it can be, at -1.
        :param brow: how far it is up and towards the middle, in face units.
        :param gaze: shift of the iris in face units.
        """
        eye, half = self.eye, np.float32(self.eye.half)
        if open_ < 0.0:
            return eye.moved(-open_ * self.lowered, brow, (0.0, 0.0))
        arch = np.maximum(1.0 - eye.along * eye.along, 0.0) ** np.float32(ARCH)
        opening = arch * half * np.float32(2.0 * OPEN / MEAN)
        # The network never says that they touch.
        seam = np.float32(SEAM) * eye.lower + np.float32(1.0 - SEAM) * eye.upper
        fall = -opening * np.float32(open_ * (1.0 - LOWER_SHARE))
        rise = opening * np.float32(open_ * LOWER_SHARE)
        begun = np.float32(min(open_ / BEGUN, 1.0))
        inside = smooth(np.abs(eye.along), 1.02, 0.9)
        lashes = inside * begun * np.float32(LASHES)
        upper, lower = seam + fall, seam + rise
        field = eye.lids(upper, lower, fall - 0.6 * lashes, rise - lashes, brow)
        within = np.minimum(eye.region.v - upper, lower - eye.region.v)
        seen = np.clip(within * np.float32(eye.region.unit), 0.0, 1.0)
        seen *= (np.abs(eye.along) < 1.0) * begun
        field[..., Channel.INSIDE] = seen
        ball = self._ball(upper, seam + opening * np.float32(LOWER_SHARE), opening, gaze)
        field[..., Channel.RED :] = ball * seen[..., None]
        return field

    def _ball(self, upper: Array, lower: Array, opening: Array, gaze: tuple[float, float]) -> Array:
        """``[h, w, 3]``: what is behind the lids, 0 to 255.

        :param upper: v of the upper lid's edge now. :param lower: of the lower one's, wholly open.
        """
        eye, half = self.eye, np.float32(self.eye.half)
        u, v = eye.along - np.float32(gaze[0]) / half, eye.region.v / half
        middle = np.abs(eye.along) < 0.15
        line = float((lower - HIGH * opening)[middle].mean()) if middle.any() else 0.0
        v = v - np.float32((line + gaze[1]) / self.eye.half)
        soft = max(EDGE_PX / (eye.region.unit * self.eye.half), 0.05)
        away = np.hypot(u, v)
        bright = np.float32(self.skin.mean())
        hue = self.skin / np.maximum(bright, np.float32(1.0))
        white = bright * np.float32(WHITE) * (np.float32(1.0 - TINT) + np.float32(TINT) * hue)
        round_ = np.float32(1.0) - np.float32(0.25) * eye.along**2  # it turns away at its corners
        colour = white * round_[..., None]
        # An iris is lit from above, through: brighter below, dark at its rim.
        lit = np.clip(0.75 + 0.5 * v / np.float32(IRIS), 0.5, 1.25)
        lit *= np.float32(1.0) - np.float32(0.45) * smooth(away, 0.65 * IRIS, IRIS)
        iris = BROWN * bright * lit[..., None]
        colour = _over(colour, iris, smooth(away, IRIS + soft, IRIS - soft))
        pupil = np.broadcast_to(np.float32(BLACK) * bright, iris.shape)
        colour = _over(colour, pupil, smooth(away, PUPIL + soft, PUPIL - soft))
        depth = (eye.region.v - upper) / half
        shade = np.float32(1.0) - np.float32(SHADE) * smooth(depth, SHADE_DEPTH, 0.0)
        colour = colour * shade[..., None]
        glint_u, glint_v, radius = GLINT
        glint = smooth(np.hypot(u - glint_u, v - glint_v), radius + soft, radius - soft)
        share = np.float32(0.5 * min(radius / soft, 1.0)) * glint
        return _over(colour, np.full(3, 1.25 * float(bright), np.float32), share)


def lowered_of(lids: float) -> float:
    """Whether lids that are no wider than ``SHUT`` look down rather than are shut, in [0, 1].

    :param lids: ``Measure.RIGHT_LID`` of both eyes in the mean.
    """
    shut, down = LOWERED
    return min(max((lids - shut) / (down - shut), 0.0), 1.0)


def opening_of(shut: float, belief: float) -> float:
    """How far a shut eye of the photo is to open, or to close, below 0.

    :param shut: of the driver's, 0 as at rest to 1; below 0 wider.
    :param belief: in it, in [0, 1].
    """
    if shut > CLOSE_FROM:
        return -belief * min((shut - CLOSE_FROM) / (CLOSED - CLOSE_FROM), 1.0)
    share = (1.0 - shut - FROM) / (WHOLLY - FROM)
    return belief * min(max(share, 0.0), 1.0) * min(max(1.0 - min(shut, 0.0), 1.0), WIDEST)


def _over(below: Array, above: Array, share: Array) -> Array:
    return np.asarray(below + (above - below) * share[..., None], np.float32)
