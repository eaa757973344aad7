"""A face network that is made up: it finds the one bright square of a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bunraku.runtime.device import Queue
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.landmarks import SIZE
from bunraku.spec.arrays import Array, Picture, Tensors


class SquareFinder:
    """An engine whose mesh is a made face over the bright square; no square, no presence."""

    name = "fake"
    advice = "Make it anew."
    inputs: Mapping[str, tuple[int, ...]] = {}
    outputs: Mapping[str, tuple[int, ...]] = {}

    def __init__(self, points_of: Callable[[float, float, float], Array]) -> None:
        self._points_of = points_of
        self.runs = 0
        self.logit = 9.0

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        assert (out, queue) == (None, None)
        self.runs += 1
        bright = feeds["image"][0, 1] > 0.5
        y, x = np.nonzero(bright)
        seen = len(x) > 20
        middle = (float(x.mean()), float(y.mean())) if seen else (SIZE / 2, SIZE / 2)
        side = float(np.sqrt(bright.sum())) if seen else 50.0
        p = self._points_of(*middle, side).astype(np.float32)
        p[:, :2] += 0.5  # crops of the network count from the edge of the top-left pixel
        return {
            "mesh": p[: mesh.MESH].reshape(1, -1, 1, 1),
            "lips": p[list(mesh.LIPS), :2].reshape(1, -1, 1, 1),
            "left_eye": p[list(mesh.RIGHT_EYE), :2].reshape(1, -1, 1, 1),
            "right_eye": p[list(mesh.LEFT_EYE), :2].reshape(1, -1, 1, 1),
            "left_iris": p[list(mesh.RIGHT_IRIS), :2].reshape(1, -1, 1, 1),
            "right_iris": p[list(mesh.LEFT_IRIS), :2].reshape(1, -1, 1, 1),
            "presence": np.full((1, 1, 1, 1), self.logit if seen else -9.0, np.float32),
        }


def square(x: int, y: int, side: int, shape: tuple[int, int] = (240, 320)) -> Picture:
    """A dark picture with one bright square around (x, y)."""
    picture = np.full((*shape, 3), 20, np.uint8)
    half = side // 2
    picture[max(y - half, 0) : y + half + 1, max(x - half, 0) : x + half + 1] = 230
    return picture
