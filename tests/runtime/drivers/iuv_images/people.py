"""Made IUV images: a person of rectangles, with charts as DensePose has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bunraku.spec.surface import MIRROR

Iuv = NDArray[np.uint8]

TURNS = (3, 4, 5, 6, 23, 24)

# Part: left, top, right, bottom in a picture of 100 × 200, the person facing the viewer.
FRONT = {
    23: (40, 10, 50, 40), 24: (50, 10, 60, 40), 2: (35, 40, 65, 100),
    9: (35, 100, 50, 140), 10: (50, 100, 65, 140), 13: (35, 140, 50, 180), 14: (50, 140, 65, 180),
    6: (35, 180, 50, 190), 5: (50, 180, 65, 190),
}  # fmt: skip


def facing(scale: int = 1, left: int = 0, top: int = 0, shape: tuple[int, int] = (200, 100)) -> Iuv:
    """A person in front view, ``[H, W, 3]`` part, U, V; ``scale`` times 190 pixels tall."""
    iuv = np.zeros((*shape, 3), np.uint8)
    for part, (x0, y0, x1, y1) in FRONT.items():
        across, down = _ramps((x1 - x0) * scale, (y1 - y0) * scale)
        uv = {
            2: (down, 1 - across),
            9: (1 - down, across),
            10: (1 - down, 1 - across),
            13: (down, 1 - across),
            14: (down, across),
            23: (0.5 + across / 2, 1 - down),
            24: (across / 2, 1 - down),
            6: (0.2 + 0.5 * (1 - down), 0.4 + 0.4 * across),
            5: (0.8 - 0.5 * (1 - down), 0.8 - 0.4 * across),
        }[part]
        rows = slice(y0 * scale + top, y1 * scale + top)
        columns = slice(x0 * scale + left, x1 * scale + left)
        view = iuv[rows, columns]
        h, w = view.shape[:2]
        view[..., 0] = part
        for channel, values in enumerate(uv, 1):
            view[..., channel] = np.rint(255 * values)[:h, :w]
    return iuv


def from_behind(*, turn_u: bool = False, turn_v: bool = False) -> Iuv:
    """The same person in back view: their charts are the front's, seen through the body."""
    iuv = facing()[:, ::-1].copy()
    parts = iuv[..., 0].copy()
    for front, back in ((2, 1), (9, 7), (10, 8), (13, 11), (14, 12)):
        own = parts == front
        iuv[own, 0] = back
        if turn_u:
            iuv[own, 1] = 255 - iuv[own, 1]
        if turn_v:
            iuv[own, 2] = 255 - iuv[own, 2]
    return iuv


def in_mirror(iuv: Iuv) -> Iuv:
    """The IUV image of the mirrored picture, in DensePose's charts."""
    result = iuv[:, ::-1].copy()
    turns = np.isin(result[..., 0], TURNS)
    result[..., 1] = np.where(turns, 255 - result[..., 1], result[..., 1])
    torso = np.isin(result[..., 0], (1, 2))
    result[..., 2] = np.where(torso, 255 - result[..., 2], result[..., 2])
    result[..., 0] = np.array(MIRROR)[result[..., 0]]
    return result


def write_png(path: Path, iuv: Iuv) -> None:
    """As the official DensePose writes it: the part in blue."""
    Image.fromarray(np.ascontiguousarray(iuv[..., ::-1])).save(path)


def write_folder(folder: Path, images: list[Iuv]) -> Path:
    """One PNG an image, numbered without zeros."""
    folder.mkdir()
    for index, iuv in enumerate(images):
        write_png(folder / f"frame{index}_IUV.png", iuv)
    return folder


def _ramps(width: int, height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """0 to 1 at pixel centres, from left to right and from top to bottom."""
    across, down = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return across, down
