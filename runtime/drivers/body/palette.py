"""The few colours that a thing of a photo has, and what looks like none of them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.lab import in_lab
from bunraku.spec.arrays import Array, Picture

KINDS, COMMON, SAMPLES = 4, 0.1, 1000
"""Colours of a thing of cloth, the share of it that each has at least, and pixels looked at."""
LIGHT = 0.5
"""What a step of lightness counts of one of hue: clothes are lit unevenly."""
SOFT_PX = 1.5
"""How far grain is evened out."""
_ENDS = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)


def without_grain(window: Picture, fine: float = 1.0) -> Array:
    """Colours ``[n, n, 3]`` of a window to tell clothes apart by, of ``in_lab``.

    :param fine: of a window that is finer than the networks', how much (``Fit.fine``).
    """
    return in_lab(np.asarray(cv2.GaussianBlur(window, (0, 0), SOFT_PX * fine)), LIGHT)


def common_colours(
    colours: Array, kinds: int = KINDS, least: float = COMMON, samples: int = SAMPLES
) -> tuple[Array, Array]:
    """What colours ``[k, 3]`` are mostly like: ``[m, 3]``, and the share ``[m]`` of each.

    :param colours: at least one. :param kinds: m at most.
    :param least: share of those that count. :param samples: so many are looked at, about.
    """
    some = np.ascontiguousarray(colours[:: max(1, len(colours) // samples), None])
    kinds = min(kinds, len(some))
    cv2.setRNGSeed(0)  # they start from random ones: alike for alike photos
    _, kind, middles = cv2.kmeans(some, kinds, np.empty(0), _ENDS, 1, cv2.KMEANS_PP_CENTERS)
    counts = np.bincount(kind.ravel(), minlength=kinds)
    common = counts >= least * len(some)
    shares = (counts / len(some)).astype(np.float32)
    return np.asarray(middles, np.float32)[common], shares[common]


def apart_from(lab: Array, colours: Array) -> NDArray[np.float32]:
    """``[...]``: how far each of colours ``[..., 3]`` is from the nearest of others ``[m, 3]``."""
    far = [np.linalg.norm(lab - colour, axis=-1) for colour in colours]
    return np.asarray(np.min(far, axis=0), np.float32)
