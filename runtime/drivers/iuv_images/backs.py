"""Which way the charts of the back run, read off the images.

A chart that shows in an image says two things itself: its handedness (whether U, V or V, U turn
clockwise on the skin that faces the viewer) and, by the parts that lie next to it, which way its U
runs along the body. Together they settle both axes. Evidence adds up over images; left and right
count together, as their charts mirror each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.iuv_images.charts import Turned
from bunraku.spec.surface import HEAD, LEFT, MIRROR, SCORES, TORSO

MIN_PIXELS = 64
"""Pixels of a part below which it is no evidence."""
ENOUGH = 8.0
"""Evidence, in images, after which a chart is known."""
CLEAR = 0.5
"""Correlation along the body below which an image is no evidence: a part seen end on."""


@dataclass(frozen=True)
class _Back:
    part: int
    """Of the right side."""
    before: tuple[int, ...]
    after: tuple[int, ...]
    """Parts on its two ends, from head to foot."""
    falls: bool
    """Whether U is taken to fall on the way from one to the other."""


_BACKS = (
    _Back(1, HEAD, (7, 8, 9, 10), falls=False),
    _Back(7, TORSO, (11, 13), falls=True),
    _Back(11, (7, 9), (6,), falls=False),
)


class BackCharts:
    """What the images have shown of the charts that were not seen before."""

    def __init__(self) -> None:
        self._along = dict.fromkeys((back.part for back in _BACKS), 0.0)
        self._hand = dict.fromkeys((back.part for back in _BACKS), 0.0)

    def learn(self, iuv: NDArray[np.uint8]) -> None:
        """Look at one more image ``[H, W, 3]``, as DensePose has it."""
        unknown = [
            back
            for back in _BACKS
            if min(abs(self._along[back.part]), abs(self._hand[back.part])) < ENOUGH
        ]
        if not unknown:
            return
        parts = np.ascontiguousarray(iuv[..., 0])
        counts = np.bincount(parts.ravel(), minlength=SCORES)
        for back in unknown:
            for part in {back.part, MIRROR[back.part]}:
                if counts[part] >= MIN_PIXELS:
                    self._look(iuv, parts, back, part)

    def _look(
        self, iuv: NDArray[np.uint8], parts: NDArray[np.uint8], back: _Back, part: int
    ) -> None:
        left = part in LEFT
        y, x = np.nonzero(parts == part)
        points = np.stack([x, y], 1).astype(np.float64)
        middle = points.mean(0)
        uv = iuv[y, x, 1:].astype(np.float64)
        spread = np.concatenate([points - middle, uv - uv.mean(0)], 1)
        covariance = spread.T @ spread
        # The sign of d(U, V)/d(x, y), from the least-squares map of the one on the other.
        own = covariance[:2, :2] + np.eye(2) * 1e-6
        hand = float(np.sign(np.linalg.det(np.linalg.solve(own, covariance[:2, 2:]))))
        self._hand[back.part] += -hand if left else hand

        axis = _middle(parts, back.after, left, middle) - _middle(parts, back.before, left, middle)
        length = float(np.linalg.norm(axis))
        if length < 1.0:
            return
        along = spread[:, :2] @ (axis / length)
        scale = np.sqrt((along**2).sum() * covariance[2, 2])
        correlation = float((along * spread[:, 2]).sum() / max(float(scale), 1e-9))
        if abs(correlation) >= CLEAR:
            self._along[back.part] += correlation

    @property
    def turned(self) -> Turned:
        """Which axes run against what ``charts`` takes them to."""
        u, v = set[int](), set[int]()
        for back in _BACKS:
            both = {back.part, MIRROR[back.part]}
            falls = self._along[back.part] < 0.0 if self._along[back.part] else back.falls
            turned_u = falls is not back.falls
            if turned_u:
                u |= both
            # Taken to be left-handed on the right side of the body, as the front seen from behind.
            right_handed = self._hand[back.part] > 0.0
            if right_handed is not turned_u:
                v |= both
        return Turned(frozenset(u), frozenset(v))


def _middle(
    parts: NDArray[np.uint8], near: tuple[int, ...], left: bool, otherwise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where neighbouring parts lie, (x, y); ``otherwise`` where none is seen."""
    wanted = [MIRROR[part] if left else part for part in near]
    y, x = np.nonzero(np.isin(parts, wanted))
    return np.array([x.mean(), y.mean()]) if len(x) else otherwise
