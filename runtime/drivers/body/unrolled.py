"""An arm's skin laid flat, so that it can be painted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.turning import Vectors, cross, unit
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER, LEFT_WRIST
from bunraku.spec.skeleton import BodyBone

MARGIN = 0.15
"""What is painted beyond the ends of an arm, in lengths of it."""
RIM_PX = 2
"""What is painted beyond its sides: colours are read between pixels."""


@dataclass(frozen=True, eq=False)
class Unrolled:
    """A picture of an arm's skin: down it along the arm, across it from side to side, where front
    and back lie on each other.

    Convention: places along an arm are 0 at the shoulder, 1 at the elbow, 2 at the wrist; x and y
    are in pixels, their centres at integers.
    """

    n: int
    """Side of the picture, of which a strip in the middle is used."""
    ends: Vectors
    """``[3, 3]``: shoulder, elbow and wrist of the template at rest."""
    across: Vectors
    """``[3]``: a direction at rest that lies across the upper arm in the photo."""
    lengths: tuple[float, float]
    """Of upper arm and forearm, in pixels of this picture."""
    radius: float
    """Of the upper arm, likewise."""
    scale: float
    """How many pixels here are one of the photo's window."""
    line: Vectors
    """``[2, 2]``: shoulder and elbow in the photo's window."""

    @classmethod
    def of(cls, fit: Fit, side: int) -> Unrolled:
        """An arm in as many pixels as the photo has, if so many fit."""
        points, n = fit.stance.points, len(fit.inside)
        numbers = [number + side for number in (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST)]
        rest = fit.template.landmarks[numbers].astype(np.float64)
        lengths = np.linalg.norm(np.diff(points[numbers], axis=0), axis=1)
        scale = min(1.0, (n - 1.0) / float((1.0 + 2.0 * MARGIN) * lengths.sum()))
        line = points[numbers[:2], :2]
        drop = line[1] - line[0]
        hanging = np.array([0.0, 1.0])  # where the arm points at the camera
        along = unit(drop[None])[0] if drop.any() else hanging
        turn = fit.placed[BodyBone.UPPER_ARM_L + side, :, :3].astype(np.float64)
        across = np.linalg.solve(turn, np.array([-along[1], along[0], 0.0]))
        main = main_bones(fit.template) == BodyBone.UPPER_ARM_L + side
        offset = fit.template.vertices[main] - rest[0]
        axis = unit((rest[1] - rest[0])[None])[0]
        radius = np.median(np.linalg.norm(offset - np.outer(offset @ axis, axis), axis=1))
        radius *= scale / np.linalg.norm(across)
        upper, fore = (lengths * scale).tolist()
        return cls(n, rest, across, (upper, fore), float(radius), scale, line)

    @property
    def strip(self) -> slice:
        """The columns that are used."""
        half = 0.5 * np.pi * self.radius + RIM_PX
        middle = 0.5 * self.n
        return slice(max(int(middle - half), 0), min(int(middle + half) + 2, self.n))

    def place(self, rest: Array, fore: NDArray[np.bool_]) -> Array:
        """``[v, 2]``: where the template's vertices ``[v, 3]``, at rest, lie in the picture.

        :param fore: ``[v]``: which belong to the forearm or to what hangs on it.
        """
        result = np.empty((len(rest), 2), np.float32)
        for bone, own in enumerate((~fore, fore)):
            axis = self.ends[bone + 1] - self.ends[bone]
            offset = rest[own] - self.ends[bone]
            along = offset @ axis / (axis @ axis)
            side = unit((self.across - axis * (self.across @ axis) / (axis @ axis))[None])[0]
            out = offset - np.outer(along, axis)
            ahead = out @ cross(unit(axis[None])[0], side)
            angle = np.arctan2(out @ side, np.abs(ahead))
            result[own, 0] = 0.5 * self.n + angle * self.radius
            result[own, 1] = self._top + bone * self.lengths[0] + along * self.lengths[bone]
        return np.clip(result, 0.0, np.float32(self.n - 1.0))

    def along(self, rows: Array | None = None) -> Array:
        """How far along the arm rows of the picture lie; ``[n, 1]`` of all of them."""
        if rows is None:
            rows = np.arange(self.n, dtype=np.float32)[:, None]
        down = rows - np.float32(self._top)
        upper, fore = self.lengths
        return np.asarray(np.where(down < upper, down / upper, 1.0 + (down - upper) / fore))

    def angle(self) -> Array:
        """``[1, s]`` in ±π/2: how far round the arm each column of the strip lies."""
        strip = self.strip
        aside = np.arange(strip.start, strip.stop, dtype=np.float32)[None] - 0.5 * self.n
        half = 0.5 * np.pi
        return np.asarray(np.clip(aside / self.radius, -half, half), np.float32)

    def in_photo(self, picture: Array) -> Array:
        """``[n, s, ...]``: what a picture ``[n, n, ...]`` of the photo's window has at each place
        of the strip; of the forearm, what the upper arm has as far from the elbow."""
        start, end = self.line
        bone = end - start
        across = unit(np.array([[-bone[1], bone[0]]]))[0] * self.radius / self.scale
        along, aside = 1.0 - np.abs(1.0 - self.along()), np.sin(self.angle())
        x, y = (
            (start[axis] + along * bone[axis] + aside * across[axis]).astype(np.float32)
            for axis in (0, 1)
        )
        read = cv2.remap(
            np.ascontiguousarray(picture), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(read, np.float32)

    @property
    def _top(self) -> float:
        return MARGIN * sum(self.lengths)
