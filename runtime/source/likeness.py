"""How far pixels are from samples of a side, in colour and place."""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array, Picture

COARSE_PX, FINE_PX = 256, 512
"""Sides between which the window is looked at: what is small has a few pixels of the finer one."""
SAMPLES = 500
APART = 10.0
"""How far in Lab a colour is from another, if an edge lies between them."""


def unlike(lab: Array, asked: Region, samples: Region, place: float, light: float = 1.0) -> Array:
    """``[n, n]``: how far each of the asked is from the nearest sample, in colour and place;
    infinite elsewhere.

    :param place: what a pixel of distance counts.
    :param light: what the samples' colours are taken times, as in a shadow.
    """
    some = max(1, int(samples.sum()) // SAMPLES)
    one = _described(lab, asked, place)
    other = _described(lab, samples, place)
    other[:, :3] *= np.float32(light)
    matches = cv2.BFMatcher(cv2.NORM_L2).match(one, np.ascontiguousarray(other[::some]))
    result = np.full(asked.shape, np.inf, np.float32)
    result[asked] = [match.distance for match in matches]
    return result


def parted(lab: Array, piece: Region, beside: Region) -> Region:
    """``[k]``: of each pixel beside a piece, whether an edge of the picture lies between them."""
    away = np.linalg.norm(lab[beside] - np.median(lab[piece], axis=0), axis=-1)
    return np.asarray(away > APART)


def looking_side_px(window: Picture) -> int:
    """The side in pixels in which a square window is looked at for what is small."""
    return min(max(len(window), COARSE_PX), FINE_PX)


def resized(values: Array | Picture, side_px: int) -> Array:
    """A square picture in so many pixels a side."""
    if len(values) == side_px:
        return np.asarray(values)
    method = cv2.INTER_AREA if len(values) > side_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (side_px, side_px), interpolation=method))


def _described(lab: Array, where: Region, place: float) -> Array:
    """``[k, 5]``: colours and places."""
    at = np.argwhere(where) * place
    return np.ascontiguousarray(np.concatenate([lab[where], at], 1), np.float32)
