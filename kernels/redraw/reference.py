"""The plain numpy form of layers: the yardstick."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.redraw.terms import STILL_PX, Box, Channel
from bunraku.spec.arrays import Array, Picture


def redraw(photo: Picture, field: Array, box: Box, out: Picture, origin: tuple[int, int]) -> None:
    """As ``bunraku.kernels.redraw`` says."""
    left, top, width, height = box
    values = _enlarged(field.astype(np.float64), width, height)
    y, x = np.mgrid[top : top + height, left : left + width].astype(np.float64)
    skin_x, skin_y, over = (values[..., c] for c in (Channel.X, Channel.Y, Channel.OVER))
    inside = values[..., Channel.INSIDE]
    still = (np.abs(skin_x) < STILL_PX) & (np.abs(skin_y) < STILL_PX) & (over + inside <= 0)
    skin = _read(photo, x + skin_x, y + skin_y)
    upper = _read(photo, x + values[..., Channel.OVER_X], y + values[..., Channel.OVER_Y])
    colour = values[..., Channel.RED :]
    drawn = skin * (1.0 - over - inside)[..., None] + upper * over[..., None] + colour
    target = out[top - origin[1] :, left - origin[0] :][:height, :width]
    levels = np.clip(np.floor(drawn + 0.5), 0.0, 255.0).astype(np.uint8)
    np.copyto(target, levels, where=~still[..., None])


def _enlarged(field: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """``[height, width, c]``, linear between the field's pixels."""
    for axis, size in ((0, height), (1, width)):
        n = field.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * (n / size) - 0.5, 0.0, n - 1.0)
        first = np.minimum(at.astype(int), max(n - 2, 0))
        weight = np.expand_dims(at - first, (1, 2) if axis == 0 else (0, 2))
        second = np.minimum(first + 1, n - 1)
        field = field.take(first, axis) * (1.0 - weight) + field.take(second, axis) * weight
    return field


def _read(photo: Picture, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """The photo between its pixels, its border's beyond it: ``[h, w, 3]``."""
    height, width = photo.shape[:2]
    x, y = np.clip(x, 0.0, width - 1.0), np.clip(y, 0.0, height - 1.0)
    left, top = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    across, down = (x - left)[..., None], (y - top)[..., None]
    above = photo[top, left] * (1.0 - across) + photo[top, left + 1] * across
    below = photo[top + 1, left] * (1.0 - across) + photo[top + 1, left + 1] * across
    return np.asarray(above * (1.0 - down) + below * down)
