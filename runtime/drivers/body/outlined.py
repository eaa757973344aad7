"""How much of each limb the photo shows, as far as its person's outline tells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import GROUP
from bunraku.runtime.drivers.body.limbs import LIMBS
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.thighs import raised_thighs
from bunraku.runtime.source.source import Source
from bunraku.spec.landmarks import LEFT_FOOT, LEFT_HAND, RIGHT_FOOT, RIGHT_HAND
from bunraku.spec.skeleton import BODY_BONES, BodyBone

SEEN = 0.5
"""Of a bone's line: as much of it lies in the person's outline if it is to move."""
ALONG = np.linspace(0.1, 1.0, 10)
"""Where on a limb's line the outline is asked."""
HIDDEN = 0.5
"""From this share on a pixel shows what is before the person."""
CARRIED = {
    BodyBone.HAND_L: LEFT_HAND,
    BodyBone.HAND_R: RIGHT_HAND,
    BodyBone.FOOT_L: LEFT_FOOT,
    BodyBone.FOOT_R: RIGHT_FOOT,
}
"""The landmarks of bones that outlines tell nothing of: they are as their parents are."""


def in_view(source: Source) -> NDArray[np.bool_]:
    """``[n, n]``: the part of the window that lies inside the photo, and behind no desk."""
    view = in_photo(source)
    return view if source.front is None else view & (source.front < HIDDEN)


def in_photo(source: Source) -> NDArray[np.bool_]:
    """``[n, n]``: the part of the window that lies inside the photo."""
    left, top, side = source.framing.window.box
    n = len(source.mask)
    middle = (np.arange(n) + 0.5) * side / n
    height, width = source.photo.shape[:2]
    rows, columns = middle + top, middle + left
    inside = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    return np.asarray(inside[0][:, None] & inside[1])


def limb_shares(fit: Fit, outline: NDArray[np.bool_]) -> Vectors:
    """``[15]``: how much of each limb's line lies in the outline; 1 of what has none."""
    n, points = len(outline), fit.stance.points[:, :2]
    result = np.ones(BODY_BONES)
    for bone, _, start, end in zip(*LIMBS, strict=True):
        if bone not in CARRIED:
            at = np.rint(points[start] + ALONG[:, None] * (points[end] - points[start]))
            within = ((at >= 0) & (at < n)).all(1)
            x, y = np.clip(at, 0, n - 1).astype(int).T
            result[bone] = (outline[y, x] & within).mean()
    return result


def limb_alone(fit: Fit, group: int) -> NDArray[np.bool_]:
    """``[n, n]``: where the body's limb of a ``Group`` would be seen if nothing hid it."""
    template = fit.template
    own = (GROUP[main_bones(template)][template.triangles] == group).all(1)
    raster = rasterise(fit.mesh, np.ascontiguousarray(template.triangles[own]), fit.inside.shape)
    return np.asarray(raster.triangle >= 0)


def shows_raised_thigh(fit: Fit, shares: Vectors) -> bool:
    """Whether the photo shows a raised thigh: where it shows none the pose network guesses one.

    :param shares: of ``limb_shares``.
    """
    raised = raised_thighs(fit.stance.points)
    return any(up and shares[BodyBone.THIGH_L + side] >= SEEN for side, up in enumerate(raised))
