"""The head of a photo's person: how it goes over into the neck, and its back.

A head that turns takes the throat and long hair with it, the less the farther down they are: so the
chin does not tear off the throat, nor hair off the shoulders it lies on. Where it turns far, its
back comes to be seen: of hair, as far out as the photo's own hair goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.regions import closed
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HIPS, LEFT_EYE, MOUTH, RIGHT_EYE, SHOULDERS
from bunraku.spec.skeleton import BodyBone
from bunraku.spec.smoothstep import smoothstep

FACE_M = 0.068
"""From the eyes down to the mouth, in metres of the template: the unit of what follows."""
FORESHORTENED = 0.7
"""A face that looks shorter in the picture is bent, not short."""
CHIN, JAW_WIDTH = 0.75, 1.15
"""Where the chin ends below the mouth, and how far out the jaw is as high as the mouth."""
ABOVE, BELOW = 0.08, 0.2
"""How far above the line of the shoulders the throat's root is, and how far below it hair hangs on
the trunk alone, in lengths of the trunk."""
BESIDE_HEAD, ENDS = 0.12, 0.03
"""How far above that line hair ends that cannot be told from the clothes below, likewise, and how
near to it more of it is than farther down."""
SKULL, CROWN, NAPE = 1.6, 4.0, 0.35
"""How far out from the middle of the face and up from the mouth a head goes, hair aside, and where
on ``down`` its back ends, in the nape."""
THICKEST, NECK = -0.9, 0.2
"""Down to where on ``down`` it is as thick as it gets, and how much of that the nape has left."""
THICK_M = 0.075, 0.11
"""How far the head's back is behind its middle, in metres, whatever hair there is: round."""
SHORT = 0.3
"""How softly hair ends at a line across the back of a head, on ``down``."""
WIDE = 1.5, 2.5
"""Up to how far out from the middle of the face the root of a neck goes along with its head, and
from where on shoulders and collars do not."""
SHORTEST = 0.8
"""Of the way from the head to the trunk."""
FOREHEAD = 1.5
"""Up to where above the mouth a head is face."""
BELOW_CHIN = 0.35
"""How far below the jaw a face goes on, of one that is larger than the fitted body's."""
EDGE_LEAST, EDGE_REACH = 0.3, 1.5
"""How far from a photo's edge what it cuts is held by it: faces, and all else."""


@dataclass(frozen=True, eq=False)
class Head:
    """A photo's head in its window, in units of the way from eyes to mouth."""

    down: Array
    """``[n, n]``: how far each pixel lies below the mouth, along the face."""
    across: Array
    """``[n, n]``: how far from its middle line."""
    below_shoulders: Array
    """``[n, n]``: how far below the shoulders, along the trunk and in lengths of it."""
    unit_px: float
    metre_px: float
    """Of the template, in pixels, as large as the head is."""
    middle: float
    """Depth of the middle of the head, in pixels."""
    trunk_units: float
    """Length of the trunk."""
    away: bool
    """Whether the person looks away from the camera."""
    turned_deg: float
    """How far the face is turned to one side or the other, from where the camera is."""
    from_edge: Array
    """``[n, n]``: how far from where the photo's edges cut the person; infinite if they do not."""

    @classmethod
    def of(cls, fit: Fit, view: NDArray[np.bool_] | None = None) -> Head:
        """The head of a fitted body.

        :param view: ``[n, n]``, the part of the window that lies inside the photo; None for all.
        """
        points, frame = fit.stance.points, fit.stance.frames[BodyBone.HEAD]
        eyes = points[[LEFT_EYE, RIGHT_EYE], :2].mean(0)
        mouth = points[list(MOUTH), :2].mean(0)
        down = mouth - eyes
        length = float(np.linalg.norm(down))
        metre = float(np.linalg.norm(frame[:3, 1]))
        rest = FACE_M * metre
        unit = max(length, FORESHORTENED * rest)
        down = down / length if length > 0.3 * rest else frame[:2, 1] / np.linalg.norm(frame[:2, 1])
        rows, columns = np.indices(fit.inside.shape, np.float32)
        x, y = columns - np.float32(mouth[0]), rows - np.float32(mouth[1])
        below = (x * down[0] + y * down[1]) / unit
        across = (y * down[0] - x * down[1]) / unit
        shoulders = points[SHOULDERS, :2].mean(0)
        trunk = points[HIPS, :2].mean(0) - shoulders
        under = (columns - shoulders[0]) * trunk[0] + (rows - shoulders[1]) * trunk[1]
        under /= fit.trunk_px**2
        return cls(
            below.astype(np.float32),
            across.astype(np.float32),
            under.astype(np.float32),
            unit,
            metre,
            float(np.median(fit.mesh[main_bones(fit.template) == BodyBone.HEAD, 2])),
            fit.trunk_px / unit,
            bool(frame[2, 2] < 0),
            float(np.rad2deg(np.arctan2(abs(frame[0, 2]), frame[2, 2]))),
            _from_edge(fit.inside, np.ones_like(fit.inside) if view is None else view) / unit,
        )

    @property
    def below_jaw(self) -> Array:
        """``[n, n]``: how far each pixel lies below the jaw, which is lowest at the chin."""
        out = np.minimum(np.abs(self.across) / JAW_WIDTH, 1.0)
        return np.asarray(self.down - CHIN * (1.0 - out * out), np.float32)

    @property
    def face(self) -> NDArray[np.bool_]:
        """``[n, n]``: from the forehead down to the chin, and a little below."""
        within = (self.down > -FOREHEAD) & (self.below_jaw < BELOW_CHIN)
        return np.asarray(within & (np.abs(self.across) < JAW_WIDTH))

    def haired(self, line: float | Array) -> Array:
        """``[n, n]`` in [0, 1]: how far hair grows above a line on ``down``, of each pixel or one
        for all."""
        return np.asarray(np.clip((line - self.down) / SHORT, 0.0, 1.0), np.float32)

    def share(self, hair: NDArray[np.bool_]) -> Array:
        """``[n, n]`` in [0, 1]: how far each pixel moves with the head, the rest with the trunk.

        :param hair: ``[n, n]``: hangs down farther than a throat.
        """
        below = self.below_jaw
        low = np.where(hair, self._root_of(hair), -ABOVE)
        left = (low - self.below_shoulders) * self.trunk_units
        rest = np.clip(1.0 - below / np.maximum(below + left, SHORTEST), 0.0, 1.0)
        return np.asarray(smoothstep(np.minimum(rest, self._from_cut)), np.float32)

    def _root_of(self, hair: NDArray[np.bool_]) -> float:
        """Where on ``below_shoulders`` hair hangs on the trunk alone. What cannot be told from the
        clothes below, and may be a collar, does so as the throat beside it: it would tear there."""
        down = self.below_shoulders[hair] + BESIDE_HEAD
        ends = (np.abs(down) < ENDS).sum() > (down >= ENDS).sum()
        return -ABOVE if ends else BELOW

    @property
    def _from_cut(self) -> Array:
        """``[n, n]`` in [0, 1]: where on the way from a photo's edge that cuts the person to the
        face, so that what is cut stays at the edge: hair, and a neck without shoulders."""
        beside = np.abs(self.across) - JAW_WIDTH
        out = [np.maximum(x, 0.0) for x in (beside, self.below_jaw, -FOREHEAD - self.down)]
        to_face = np.linalg.norm(out, axis=0)
        way = np.minimum(self.from_edge + to_face, EDGE_REACH)
        return np.asarray(np.minimum(self.from_edge / np.maximum(way, EDGE_LEAST), 1.0), np.float32)

    def carry(self, weights: Array, head: NDArray[np.bool_], hair: NDArray[np.bool_]) -> Array:
        """Weights ``[n, n, 15]`` of the trunk's pixels with the head going over into it softly.

        :param head: ``[n, n]``: what the fitted body has as the head's.
        :param hair: ``[n, n]``: hangs on head and chest alone.
        """
        # A chin lower than the fitted body's must not stay behind with the chest.
        own = head | hair | (self.below_jaw > 0.0) | (np.abs(self.across) < JAW_WIDTH)
        start, end = WIDE
        near = np.clip((end - np.abs(self.across)) / (end - start), 0.0, 1.0)
        share = np.where(own, self.share(hair) * np.where(head | hair, 1.0, near), 0.0)[..., None]
        rest = weights.copy()
        rest[..., BodyBone.HEAD] = 0.0
        rest[hair, BodyBone.HEAD + 1 :] = 0.0
        total = rest.sum(-1, keepdims=True)
        rest /= np.maximum(total, 1e-6)
        rest[..., BodyBone.CHEST] += total[..., 0] <= 1e-6
        rest *= 1.0 - share
        rest[..., BodyBone.HEAD] = share[..., 0]
        return np.asarray(rest, np.float32)

    def back(self, inside: NDArray[np.bool_], hair: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``[n, n]``: what has the back of the head behind it, and of hair.

        :param inside: ``[n, n]``: the person without arms and legs.
        """
        if self.away:
            return np.zeros_like(inside)
        skull = (self.down < NAPE) & (self.share(hair) > 0.5) & (np.abs(self.across) < SKULL)
        skull &= self.down > -CROWN
        radius = max(1, round(JAW_WIDTH * self.unit_px))
        return inside & closed((skull | hair) & inside, radius)

    def behind(self, region: NDArray[np.bool_], inside: NDArray[np.bool_], front: Array) -> Array:
        """Depths ``[n, n]`` of the back of the head, in pixels: round, and flat where hair hangs.

        :param region: of ``back``. :param inside: ``[n, n]``, the outline.
        :param front: ``[n, n]``, of what the photo shows before it.
        """
        # Not from its lower end: there it goes over into the neck.
        ends = ~region & (self.down < THICKEST)
        flat = distance_to(ends) if ends.any() else np.full_like(front, np.inf)
        flat = np.where(region, np.minimum(flat, distance_to(~inside)), 0.0)
        least, most = (metres * self.metre_px for metres in THICK_M)
        radius = min(max(float(flat.max()), least), most)
        near = np.clip(1.0 - flat / radius, 0.0, 1.0)
        low = np.clip((self.down - THICKEST) / (NAPE - THICKEST), 0.0, 1.0)
        left = NECK + (1.0 - NECK) * np.sqrt(1.0 - low * low)
        thick = radius * (1.0 - near * near) * self.share(region) * left
        return np.asarray(np.maximum(self.middle + thick, front), np.float32)


def _from_edge(inside: NDArray[np.bool_], view: NDArray[np.bool_]) -> Array:
    """``[n, n]``: how far, in pixels, from where the photo ends and the outline does not."""
    around = np.pad(view.astype(np.uint8), 1)
    cut = inside & view & (cv2.erode(around, np.ones((3, 3), np.uint8))[1:-1, 1:-1] == 0)
    return distance_to(cut) if cut.any() else np.full(inside.shape, np.inf, np.float32)
