"""The neck from all sides: as narrow as necks are, and at its back covered by hair that hangs.

Of a neck the photo shows little but the throat. Spread from there, skin would cover shoulders and
back like a cape, which is seen as soon as the head bows or the person turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.colours import ENOUGH, lit_skin
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.head import ABOVE, CHIN, JAW_WIDTH, Head
from bunraku.runtime.drivers.body.regions import closed, grown
from bunraku.runtime.source.mask import fineness
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_EAR, NOSE, RIGHT_EAR, SHOULDERS
from bunraku.spec.skeleton import BodyBone

NARROW = 0.8, 1.1
"""Up to how far out from its middle all is neck, and from where on nothing, in the unit of
``Head``."""
COLLAR = 0.25
"""Of the way that a neck goes with its head, from where on it is out of the clothes,"""
CRISP = 5.0
"""which end in a line: over so small a share of all that they could."""
LOW, LOCK = 0.4, 0.12
"""Hair hangs if so much of it, in squares of the unit, is so far below the chin, on either side
or over the shoulders."""
SOFT = 0.15
"""How softly hair goes over into what it lies on, likewise."""
BESIDE, CHEST = 0.15, 0.35
"""Shoulders are so far above and below their line, and skin above clothes ends so far below it,
in trunks."""
BARE = 0.3
"""Of the shoulders: of who has more of it bare, skin goes on over them."""
OPEN = 0.03
"""Of a neckline: of who has less of it bare, clothes go up to the chin."""

SIDEWAYS = -0.5
"""Up to where a neck's normals point to the camera hair that hangs over it covers it."""
SOFTENING = 2
"""How many of its triangles hair takes to end."""


@dataclass(frozen=True, eq=False)
class Nape:
    """What of a photo's window a neck's surface reads, seen from the front."""

    skin: Array
    """``[n, n]`` in [0, 1]: how far it is out of the clothes."""
    hair: Array
    """``[n, n]`` in [0, 1]: how far hair hangs over its back, and that of the shoulders."""
    out: Array
    """``[n, n]``: how far each pixel is from the neck's middle line, in the unit of ``Head``."""

    @classmethod
    def of(cls, fit: Fit, head: Head, hair: NDArray[np.bool_]) -> Nape:
        """The neck of a fitted body.

        :param hair: ``[n, n]``, of ``find_hair``.
        """
        points = fit.stance.points[:, :2]
        ears = points[[LEFT_EAR, RIGHT_EAR]].mean(0)
        along = points[SHOULDERS].mean(0) - ears
        along = along / max(float(np.linalg.norm(along)), 1e-6)
        rows, columns = np.indices(hair.shape, np.float32)
        x, y = columns - np.float32(ears[0]), rows - np.float32(ears[1])
        out = (np.abs(y * along[0] - x * along[1]) / head.unit_px).astype(np.float32)
        full, end = NARROW
        narrow = np.clip((end - out) / (end - full), 0.0, 1.0)
        with_head = np.minimum(head.share(np.zeros_like(hair)) / COLLAR, 1.0)
        covered: Array = np.zeros(hair.shape, np.float32)
        if _hangs(head, hair):
            behind = (out < full) & (head.down > 0.0) & (head.below_shoulders < -ABOVE)
            whole = closed(hair | behind, max(1, round(JAW_WIDTH * head.unit_px)))
            softness = max(0.7, SOFT * head.unit_px)
            blurred = cv2.GaussianBlur(whole.astype(np.float32), (0, 0), softness)
            covered = np.asarray(blurred, np.float32)
        skin = np.clip((narrow * with_head - 0.5) * CRISP + 0.5, 0.0, 1.0).astype(np.float32)
        return cls(skin, covered, out)

    def clothed(
        self, head: Head, trunk: NDArray[np.bool_], colours: Array, tone: Array | None
    ) -> NDArray[np.bool_]:
        """``[n, n]``: a trunk's pixels without the skin above its clothes and what is worn below
        them; all of one whose shoulders are bare or have the colour of skin, or whose clothes go
        up to the chin.

        :param trunk: ``[n, n]``. :param colours: ``[n, n, 3]``.
        :param tone: ``[3]``, of its skin; None if not known.
        """
        if tone is None:
            return trunk
        bare = trunk & lit_skin(colours, tone) & (head.below_shoulders < CHEST)
        shoulders = trunk & (self.out > NARROW[1]) & (np.abs(head.below_shoulders) < BESIDE)
        if shoulders.sum() < ENOUGH or (bare & shoulders).sum() > BARE * shoulders.sum():
            return trunk
        neckline = trunk & (self.out < NARROW[1]) & (head.below_shoulders < BESIDE)
        if (bare & neckline).sum() < max(ENOUGH, OPEN * neckline.sum()):
            return trunk
        rest = trunk & ~grown(bare, round(fineness(len(trunk)))) & ~neckline
        return rest if rest.sum() >= ENOUGH else trunk

    def over(self, cloth: Array, skin: Array, hair: Array, *, behind: bool) -> Array:
        """A plane ``[n, n, 3]`` of clothes with the neck's above it.

        :param skin: ``[n, n, 3]``, the plane of the face; :param hair: that of hair.
        :param behind: whether hair lies on the clothes too, and not below the front's own.
        """
        hairy = self.hair[..., None]
        neck = skin + hairy * (hair - skin)
        result = cloth + self.skin[..., None] * (neck - cloth)
        if behind:
            result = result + hairy * (hair - result)
        return np.asarray(result, np.float32)


def _hangs(head: Head, hair: NDArray[np.bool_]) -> bool:
    """Whether hair is so long that it covers the neck's back."""
    low = hair & (head.down > CHIN + LOW)
    least = LOCK * head.unit_px**2
    sides = [(low & (head.across * way > 0.0)).sum() for way in (-1.0, 1.0)]
    return bool(min(sides) >= least or (low & (head.below_shoulders > -ABOVE)).sum() >= least)


def under_hair(fit: Fit, head: Head, hair: NDArray[np.bool_], hanging: NDArray[np.bool_]) -> Array:
    """``[v]`` in [0, 1]: what of the body's head hair grows on, softly, and the neck's sides and
    back where it hangs down to there.

    :param hair: ``[n, n]``, of ``find_hair``.
    :param hanging: ``[n, n]``, the hair that hangs over the back.
    """
    template, hair = fit.template, hair | hanging
    grows = (template.normals[:, 2] > 0.1) | (template.normals[:, 1] < -0.6)
    x, y = np.clip(np.rint(fit.mesh[:, :2]), 0, len(hair) - 1).astype(int).T
    nape = template.vertices[:, 1] > template.landmarks[NOSE, 1]
    grows &= ~nape | hair[y, x]
    grows &= main_bones(template) == BodyBone.HEAD
    result = (grows | nape & hanging[y, x] & (template.normals[:, 2] > SIDEWAYS)).astype(np.float32)
    corners = template.triangles.ravel()
    count = np.maximum(np.bincount(corners, minlength=len(result)), 1)
    for _ in range(SOFTENING):
        mean = np.repeat(result[template.triangles].mean(1), 3)
        result = np.bincount(corners, mean, len(result)) / count
    if not head.away:
        # The head's shell ends lower, and softly.
        result = result * np.maximum(head.haired(0.0), hair)[y, x]
    return np.asarray(result, np.float32)
