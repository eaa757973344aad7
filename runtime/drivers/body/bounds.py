"""What a photo can show of its person: where they may go, how large they may be, and how far they
may lean.

Convention: points are in pixels of the photo's window, x right, y down, z away from the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, SHOULDERS

SIZES = 0.5, 1.8
"""Shares of the photo's person: all sizes of a whole body."""
CUT_SIZES = 0.85, 1.8
"""Of a person whose lower end the photo cuts or hides: they must go on reaching down to it."""
MARGIN = 0.2
"""How far from the photo's edges the middle of the shoulders stays, in trunks."""
HEAD_MARGIN = 0.25
"""How far from its sides and its upper edge the middle of the face stays, likewise."""
RISE = 0.2
"""How far such a person rises, in trunks, and sinks before what hides them,"""
SLIP = 0.06
"""How far such a person moves off a side of the photo that cuts the body, in trunks,"""
TOUCHES = 0.3
"""the share of the rows below the shoulders in which it does so,"""
ASIDE = 0.03
"""how near the side it is asked, in windows,"""
LEAN_DEG = 60.0
"""and leans."""
_FACE = list(HEAD)


@dataclass(frozen=True)
class Bounds:
    """Where the middle of the shoulders may go, and what the figure may do there."""

    low: tuple[float, float]
    """x and y"""
    high: tuple[float, float]
    sizes: tuple[float, float] = SIZES
    """The smallest and the largest, beside the photo's person."""
    lean: float = np.pi
    """How far the trunk may turn in the picture, in radians."""
    head_low: tuple[float, float] = (-np.inf, -np.inf)
    """Where the middle of the face may go, x and y: as far down as it likes."""
    head_high: tuple[float, float] = (np.inf, np.inf)

    @classmethod
    def of(cls, source: Source, fit: Fit, *, grounded: bool, measured: bool) -> Bounds:
        """The photo, less a margin, but always where its person is.

        :param grounded: the photo shows the person's legs.
        :param measured: the fit tells how large the photo's person is.
        """
        window, n, trunk = source.framing.window, len(source.mask), fit.trunk_px
        height, width = source.photo.shape[:2]
        corners = np.array([[-0.5, -0.5, 0.0], [width - 0.5, height - 0.5, 0.0]], np.float32)
        low, high = window.to_units(corners)[:, :2].astype(np.float64) * n - 0.5
        own, face = (fit.stance.points[p, :2].mean(0) for p in (SHOULDERS, _FACE))
        head_low = np.minimum(low + HEAD_MARGIN * trunk, face)
        head_right = max(float(high[0] - HEAD_MARGIN * trunk), float(face[0]))
        cut = _cut_sides(source.mask, own, low, high) if source.framing.half else (False, False)
        low, high = low + MARGIN * trunk, high - MARGIN * trunk
        if cut[0]:
            high[0] = min(high[0], own[0] + SLIP * trunk)
        if cut[1]:
            low[0] = max(low[0], own[0] - SLIP * trunk)
        if not grounded:
            low[1] = max(low[1], own[1] - RISE * trunk)
            if not source.framing.half:
                high[1] = min(high[1], own[1] + RISE * trunk)
        low, high = np.minimum(low, own), np.maximum(high, own)
        sizes = (SIZES if grounded else CUT_SIZES) if measured else (1.0, 1.0)
        lean = np.pi if grounded else float(np.deg2rad(LEAN_DEG))
        return cls(
            (float(low[0]), float(low[1])),
            (float(high[0]), float(high[1])),
            sizes,
            lean,
            (float(head_low[0]), float(head_low[1])),
            (head_right, np.inf),
        )


def _cut_sides(mask: Array, shoulders: Vectors, low: Vectors, high: Vectors) -> tuple[bool, bool]:
    """Whether the photo's left and right sides cut the body.

    :param mask: ``[n, n]``, the person. :param shoulders: their middle.
    :param low: the photo's upper left corner, x and y. :param high: its lower right corner.
    """
    n = len(mask)
    rows = slice(max(round(float(shoulders[1])), 0), min(round(float(high[1])), n))
    aside = round(ASIDE * n)
    columns = round(float(low[0])) + aside, round(float(high[0])) - aside
    left, right = (
        0 <= x < n and (mask[rows, x] > 0.5).sum() > TOUCHES * max(len(mask[rows]), 1)
        for x in columns
    )
    return bool(left), bool(right)
