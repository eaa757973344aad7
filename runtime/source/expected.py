"""What speaks for and against a piece of the picture before it is compared with a hole's rim.

Colours go over from one side of a hole to the other; floors and walls differ from row to row; what
is there once must not be there twice, and no piece be taken again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.plate.matching import CHANNELS, REACH
from bunraku.kernels.plate.rarity import rarity
from bunraku.runtime.source.smooth_fill import smooth_colours
from bunraku.spec.arrays import Array

PATCH = 2 * REACH + 1
"""Side of a patch in pixels."""
UP_DOWN, ASIDE = 400.0, 100.0
"""Cost of a source as far away as the picture is long, in squared levels."""
UP_DOWN_USUAL = 2.0
"""The same up or down, for each squared level of usual rarity: where nothing is like anything else,
differences of patches say little, and rows say more."""
EXPECTED, EXPECTED_MOST = 0.4, 900.0
"""Cost of a squared level between a patch's mean and the smooth fill, and where that ends;"""
EXPECTED_MOST_CELLS = 6000.0
"""and where it ends if it was made from what belongs together."""
RARITY_SIDE = 72
"""Longer side in pixels at which it is looked how rare things are: patches are then as large as
things."""
AWAY = 0.16
"""From where on a like patch counts as another thing, in longer sides."""
RARE, RARE_MOST = 0.2, 1500.0
"""Cost of a squared level of rarity, and how much more than is usual counts."""
REPEATED, REPEATED_MOST = 200.0, 4.0
"""Cost of each time that a source is used beyond once, and where that ends."""
AMONG = 9
"""Side in pixels of what counts as one source then."""
PLAIN = 400.0
"""Variance of a patch below which nobody sees that it is repeated, in squared levels."""


@dataclass(frozen=True, eq=False)
class Expected:
    """What is known of a hole's filling beforehand; h × w is the picture, without a rim."""

    guess: Array
    """``[h, w, CHANNELS]``, the smooth fill."""
    dear: Array
    """``[n, m]``, cost of each source by itself, of a smaller picture."""
    usual: float
    """Median rarity, in squared levels."""
    most: float = EXPECTED_MOST
    """How many squared levels between the smooth fill and a source count."""

    def guess_at(self, size: tuple[int, int]) -> Array:
        """``guess`` at another width and height."""
        return _resized(self.guess, size)

    def dear_at(self, size: tuple[int, int]) -> Array:
        """``dear`` at another width and height."""
        return np.asarray(cv2.resize(self.dear, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def terms(self, longest: int) -> Array:
        """``terms`` of ``kernels.plate.matching.match`` for a picture of this longer side."""
        up_down = UP_DOWN + UP_DOWN_USUAL * min(self.usual, RARE_MOST)
        return np.array([up_down / longest, ASIDE / longest, EXPECTED, self.most], np.float32)


def expect(
    picture: Array, unclear: NDArray[np.uint8], cells: NDArray[np.int64] | None = None
) -> Expected:
    """Look at what surrounds a hole.

    :param picture: ``[h, w, CHANNELS]`` float32.
    :param unclear: ``[h, w]`` in {0, 1}, the hole and what else is not to be looked at; not all.
    :param cells: ``[h, w]`` numbers; colours do not go over from one to another, each of which has
        some that are clear. None for a single one.
    """
    height, width = unclear.shape
    guess = _smooth(picture, unclear)
    divided = cells is not None and bool(cells.any())
    if cells is not None and divided:
        for cell in np.unique(cells[unclear > 0]):
            own = cells == cell
            guess[own] = _smooth(picture, np.maximum(unclear, ~own))[own]
    scale = min(1.0, RARITY_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = _resized(picture, size)
    clear = cv2.resize(1.0 - unclear, size, interpolation=cv2.INTER_AREA) > 0.99
    valid = centres(clear.astype(np.uint8))
    rare = np.zeros(valid.shape, np.float32)
    rarity(small, cv2.blur(small, (PATCH, PATCH)), valid, np.float32(AWAY * max(size)), rare)
    usual = float(np.median(rare[valid > 0])) if valid.any() else 0.0
    rare = np.minimum(rare, RARE_MOST + usual)
    # At the rim of the hole there is no whole patch: what is beside it says how rare it is.
    beside = cv2.dilate(rare, np.ones((4 * REACH + 3,) * 2, np.uint8))
    rare = np.where(valid > 0, cv2.dilate(rare, np.ones((3, 3), np.uint8)), beside)
    most = EXPECTED_MOST_CELLS if divided else EXPECTED_MOST
    return Expected(guess, np.asarray(RARE * rare, np.float32), usual, most)


def overused(
    picture: Array, mean: Array, sources: NDArray[np.int32], targets: NDArray[np.int32]
) -> Array:
    """Cost of each source for how often it is used already, unless it is too plain to be known.

    :param picture: ``[H, W, CHANNELS]`` float32, and its ``mean`` over each patch.
    :param sources: ``[H, W, 2]``, where each target is taken from, negative for none.
    :param targets: ``[n, 2]``.
    :return: ``[H, W]`` float32.
    """
    used = sources[targets[:, 0], targets[:, 1]]
    used = used[used[:, 0] >= 0]
    uses = np.zeros(mean.shape[:2], np.float32)
    np.add.at(uses, (used[:, 0], used[:, 1]), np.float32(1))
    often = np.clip(cv2.blur(uses, (AMONG, AMONG)) - 1.0, 0.0, REPEATED_MOST)
    variance = cv2.blur(np.square(picture).sum(-1), (PATCH, PATCH)) - np.square(mean).sum(-1)
    return np.asarray(REPEATED * often * np.clip(variance / PLAIN, 0.0, 1.0), np.float32)


def centres(clear: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The centres of patches that are clear altogether, and within the picture."""
    patch = np.ones((PATCH, PATCH), np.uint8)
    eroded = cv2.erode(clear, patch, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(eroded, np.uint8)


def _smooth(picture: Array, unclear: NDArray[np.uint8]) -> Array:
    """The smooth fill of all channels."""
    size = unclear.shape[::-1]
    parts = [picture[..., :3], picture[..., 2:]]  # the smooth fill is made for three channels
    colours, busy = (
        cv2.resize(smooth_colours(np.ascontiguousarray(one), unclear), size) for one in parts
    )
    return np.dstack([colours, busy[..., 1:]]).astype(np.float32)


def _resized(picture: Array, size: tuple[int, int]) -> Array:
    """All channels at another width and height."""
    planes = [
        cv2.resize(picture[..., c], size, interpolation=cv2.INTER_AREA) for c in range(CHANNELS)
    ]
    return np.dstack(planes).astype(np.float32)
