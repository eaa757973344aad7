"""An independent judge of keypoints: MoveNet, which drives nothing here.

MoveNet finds one person: a heat map for their centre, from there a first guess of each point, then
the hottest place near that guess in the point's own heat map, and a shift within its cell (Votel,
Li, "Next-generation pose detection with MoveNet", 2021).
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.export.judge.package import FETCH_HINT, SIDE, find_judge
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LANDMARKS

POINTS = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""MoveNet's points (COCO's) as BlazePose's landmarks."""
SEEN = 0.3
"""Score from which a point counts as seen, as MoveNet's makers set it."""
SOFT = 1.8
"""Cells added to distances, so that places near the guess count nearly alike."""


class MoveNetJudge:
    """Keypoints of a person by MoveNet Thunder.

    Raises:
        FetchError: it has not been fetched yet.
    """

    name = "MoveNet Thunder"

    def __init__(self, threads: int | None = None) -> None:
        factory = EngineFactory(threads=threads or 1)
        self._engine = factory.make(find_judge(), "judge", advice=FETCH_HINT)

    def find(self, picture: Picture) -> Array | None:
        """The person of a picture that shows it as the windows here do.

        Args:
            picture: square, HWC uint8.

        Returns:
            ``[33, 4]``: x, y in pixels, z 0, visibility, half of which is ``SEEN``; landmarks that
            it does not know are unseen. None where no point is seen.
        """
        side = len(picture)
        method = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
        small = picture if side == SIDE else cv2.resize(picture, (SIDE, SIDE), interpolation=method)
        values = np.asarray(small, np.float32).transpose(2, 0, 1)[None] / 127.5 - 1.0
        heads = self._engine.run({"image": np.ascontiguousarray(values, np.float32)})
        points = read_heads(heads["centre"], heads["regression"], heads["heat"], heads["offset"])
        landmarks = np.zeros((LANDMARKS, 4), np.float32)
        landmarks[POINTS, :2] = points[:, :2] * side - 0.5
        landmarks[POINTS, 3] = np.minimum(points[:, 2] * (0.5 / SEEN), 1.0)
        return landmarks if (points[:, 2] > SEEN).any() else None


def read_heads(centre: Array, regression: Array, heat: Array, offset: Array) -> Array:
    """Points of the most central person.

    Args:
        centre: ``[1, 1, n, n]``, logits.
        regression: ``[1, 2K, n, n]``, (y, x) of each point from a centre there, in cells.
        heat: ``[1, K, n, n]``, logits.
        offset: ``[1, 2K, n, n]``, (y, x) in a cell.

    Returns:
        ``[K, 3]``: x, y as shares of the side, and the score.
    """
    n = centre.shape[-1]
    cells = np.arange(n, dtype=np.float32)
    prior = 1.0 / (np.hypot(cells[:, None] - n // 2, cells - n // 2) + SOFT)
    row, column = np.unravel_index(int((_share(centre[0, 0]) * prior).argmax()), (n, n))
    found = np.zeros((heat.shape[1], 3), np.float32)
    for k, shares in enumerate(_share(heat[0])):
        guess = regression[0, 2 * k : 2 * k + 2, row, column] + (row, column)
        away = np.hypot(cells[:, None] - guess[0], cells - guess[1]) + SOFT
        y, x = np.unravel_index(int((shares / away).argmax()), (n, n))
        shift = offset[0, 2 * k : 2 * k + 2, y, x]
        found[k] = (x + shift[1]) / n, (y + shift[0]) / n, shares[y, x]
    return found


def _share(logits: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), np.float32)
