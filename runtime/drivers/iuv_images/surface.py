"""An IUV image as a surface: sampled in a window, in the project's charts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.iuv_images.charts import Turned, convert
from bunraku.runtime.drivers.iuv_images.wrapping import unwrapped
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.spec.surface import BACKGROUND, CHANNELS, MIRROR, U, V

_MIRROR = np.array(MIRROR)


def sample(
    iuv: NDArray[np.uint8],
    window: Window,
    size: int,
    *,
    turned: Turned | None = None,
    mirrored: bool = False,
) -> Array:
    """The surface in a window of an IUV image.

    Each pixel takes its nearest one whole: parts, and charts across their borders, have no mean.

    :param iuv: ``[H, W, 3]``: part, 255 U, 255 V, as DensePose has them.
    :param window: in pixels of the image, or of its mirror image; it may reach beyond, where there
        is background.
    :param size: n.
    :param turned: what is known of the unseen charts.
    :param mirrored: the image is looked at in a mirror: left and right parts change sides.
    :return: P ``[1, 73, n, n]``: scores 0 or 1, U and V on the chart of the pixel's own part and 0
        on the others.
    """
    height, width = iuv.shape[:2]
    columns, across = _nearest(window.cx, window.side, size, width)
    rows, down = _nearest(window.cy, window.side, size, height)
    if mirrored:
        columns = width - 1 - columns
    pixels = iuv[rows[:, None], columns[None, :]]
    pixels[~(down[:, None] & across[None, :])] = 0
    surface = np.zeros((CHANNELS, size, size), np.float32)
    surface[BACKGROUND] = pixels[..., 0] == 0
    y, x = np.nonzero(pixels[..., 0])
    parts, u, v = convert(unwrapped(pixels[y, x], x, y), turned)
    if mirrored:
        parts, u = _MIRROR[parts], 1.0 - u
    surface[parts, y, x] = 1.0
    surface[U.start - 1 + parts, y, x] = u
    surface[V.start - 1 + parts, y, x] = v
    return surface[None]


def _nearest(
    centre: float, side: float, size: int, length: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The pixels along one axis nearest to a window's, and which of them are in the image."""
    places = centre + ((np.arange(size) + 0.5) / size - 0.5) * side
    pixels = np.floor(places + 0.5).astype(np.intp)
    return np.clip(pixels, 0, length - 1), (pixels >= 0) & (pixels < length)
