"""An IUV net's surface in more pixels, for generators that work at a finer size than the net."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from bunraku.errors import BundleError
from bunraku.spec.arrays import Array
from bunraku.spec.surface import SCORE, SCORES


def check_enlarging(side: int, size: int) -> None:
    """Whether an IUV net serves where surfaces of a size are asked for.

    :param side: of its surfaces, in pixels.
    :param size: that is asked for.
    :raises BundleError: it does not.
    """
    if size % side:
        raise BundleError(
            f"The IUV net gives surfaces of {side} pixels, and surfaces of {size} are needed.",
            "Give the IUV bundle that ships, or another whose pixels divide them (--iuv-bundle).",
        )


def enlarged(surface: Array, size: int) -> Array:
    """A surface of the IUV net at a multiple of its size.

    Each pixel is of its nearest one's part, as parts have no mean. Its place on a chart lies
    between those of its neighbours on the same chart, whichever parts these are of: the net gives
    places on every chart everywhere.

    Convention: pixel centres at ``(i + 0.5) / n`` (``align_corners=False``).

    :param surface: P ``[B, 73, n, n]`` (spec/surface.py).
    :param size: of the result, in pixels.
    :return: P ``[B, 73, size, size]``; ``surface`` itself where it has the size.
    :raises BundleError: see ``check_enlarging``.
    """
    count, channels, _, side = surface.shape
    if side == size:
        return surface
    check_enlarging(side, size)
    result = np.empty((count, channels, size, size), np.float32)
    step = size // side
    result[:, SCORE] = surface[:, SCORE].repeat(step, 2).repeat(step, 3)
    for made, known in zip(result, surface, strict=True):
        for channel in range(SCORES, channels):
            cv2.resize(known[channel], (size, size), made[channel], interpolation=cv2.INTER_LINEAR)
    return result


def enlarged_on_device(surface: Any, out: Any) -> Any:
    """The same of tensors.

    :param out: ``[B, 73, size, size]``, which is written into, and the result.
    """
    from torch.nn.functional import interpolate

    step = out.shape[3] // surface.shape[3]
    nearest = surface[:, SCORE].repeat_interleave(step, 2).repeat_interleave(step, 3)
    out[:, SCORE].copy_(nearest)
    between = interpolate(surface[:, SCORES:], size=out.shape[2:], mode="bilinear")
    out[:, SCORES:].copy_(between)
    return out
