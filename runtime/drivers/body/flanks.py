"""The sides of a trunk, as far as the photo shows where they end beside an arm.

The fitted trunk is kept within the person's outline, in which arms lie too: where background is
seen between the two it would go on to behind the arm, and be seen there as that moves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from bunraku.spec.skeleton import BodyBone

SLOPE = 0.6
"""How much a trunk widens at most, from where its side is seen to where an arm hides it."""
BELOW = 0.25, 0.4
"""From where on a side is held, and where wholly, in trunks below the shoulders: above it are
armpits."""
LOWEST = 1.1
"""Down to where sides are a trunk's, likewise: below are skirts and tails of shirts."""
EDGE_PX = 2.0
"""How far beyond the last pixel of a line background is where it ends, in the networks' pixels."""
_TRUNK = BodyBone.PELVIS, BodyBone.CHEST


def within_flanks(fit: Fit, binding: Binding, mesh: Array) -> Array:
    """The body's mesh ``[v, 3]`` with its trunk no wider than the photo shows it.

    :param binding: of the photo's pixels. :param mesh: in pixels of the window.
    """
    points = fit.stance.points[:, :2]
    top = points[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(0)
    down = points[[LEFT_HIP, RIGHT_HIP]].mean(0) - top
    down /= np.linalg.norm(down) + 1e-6
    axes = np.stack([np.array([-down[1], down[0]]), down], 1)  # across, along
    seen = binding.reached & fit.inside & np.isin(binding.part, _TRUNK)
    rows, columns = np.nonzero(seen)
    across, along = ((np.stack([columns, rows], 1) - top) @ axes).T
    line = np.floor(along / fit.fine).astype(int)
    ours = (mesh[:, :2] - top) @ axes
    share = (fit.template.weights * np.isin(fit.template.bones, _TRUNK)).sum(1)
    begins, wholly = BELOW
    share = np.minimum(2.0 * share, 1.0)
    share *= np.clip((ours[:, 1] / fit.trunk_px - begins) / (wholly - begins), 0.0, 1.0)
    result = mesh.copy()
    for side in (-1.0, 1.0):
        order = np.argsort(side * across)
        last = dict(zip(line[order].tolist(), order.tolist(), strict=True))
        ends = np.array(list(last.values()), int)  # the outermost pixel of each line
        beside = np.stack([columns, rows], 1)[ends] + side * EDGE_PX * fit.fine * axes[:, 0]
        height = along[ends] / fit.trunk_px
        ends = ends[_is_background(fit, beside) & (height >= begins) & (height <= LOWEST)]
        if not len(ends):
            continue
        heights = np.unique(np.floor(ours[:, 1] / fit.fine)) * fit.fine
        limits = side * across[ends] + SLOPE * np.abs(heights[:, None] - along[ends])
        limit = np.interp(ours[:, 1], heights, limits.min(1))
        beyond = np.maximum(side * ours[:, 0] - limit, 0.0) * share
        result[:, :2] -= (side * beyond)[:, None] * axes[:, 0]
    return np.asarray(result, np.float32)


def _is_background(fit: Fit, places: Vectors) -> NDArray[np.bool_]:
    """Whether places ``[k, 2]`` lie beside the person, and not where the window ends."""
    margin, n = EDGE_PX * fit.fine, len(fit.inside)
    in_window = ((places >= margin) & (places <= n - 1 - margin)).all(1)
    x, y = np.clip(np.rint(places), 0, n - 1).astype(int).T
    return np.asarray(in_window & ~fit.inside[y, x])
