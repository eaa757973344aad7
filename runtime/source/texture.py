"""A hole completed by pieces of the picture around it, coarse to fine.

At each size of a pyramid every patch that touches the hole looks for a like patch in the
surroundings, and what the patches say of a pixel is averaged; the next size starts from there. In
the end each pixel of the hole has an offset to where it is copied from, and cuts.py makes pieces of
these. Straight edges go on through the hole (lines.py, cells.py).

Source: A. Newson et al., "Non-Local Patch-Based Image Inpainting", 2017: gradients as two more
channels (section 3), the onion-peel start (section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.plate.matching import NOTHING, REACH, match, vote
from bunraku.kernels.plate.seams import level
from bunraku.runtime.source.cells import cells_of
from bunraku.runtime.source.cuts import Scene, shorten_seams
from bunraku.runtime.source.expected import PATCH, Expected, centres, expect, overused
from bunraku.runtime.source.pyramid import Size, pyramid
from bunraku.spec.arrays import Array, Picture

GRADIENT = 2.0
"""Weight of the gradient channels beside the colours."""
LIGHT, HUE = 0.7, 1.5
"""Weights of lightness, and of how colours differ from grey: shades of pieces are made to meet, but
a wall that lies in the shade must not go on as a yellow one."""
NEAR_PERSON = 0.1
"""How far pixels are believed between the hole and where the person's colours end."""
FADING, FAINTEST = 0.85, 0.12
"""How far a pixel of the hole is believed: less for each pixel from its rim, but not less than."""
FIRST_GUESS = 0.02
"""How far the smooth fill is believed where nothing else is known yet."""
ROUNDS = {0: 2, 1: 3}
"""Searches and votes at the finest sizes; ``MANY`` at the others."""
MANY = 8
SHARPNESS = 2.0, 10.0
"""Of the votes, in costs of the third quartile: in all rounds, and in the last one."""
ENOUGH = 0.1
"""With fewer sources than this for a pixel of the hole, the hole is filled smoothly."""
SEED = 20
HOLD, EDGE = np.float32(0.004), np.float32(110.0)
"""See ``kernels.plate.seams.level``."""


@dataclass(frozen=True, eq=False)
class Completion:
    """Where each pixel of a hole comes from."""

    offsets: NDArray[np.int32]
    """``[h, w, 2]``, (y, x) in pixels; zeros outside of the hole."""
    shade: Array
    """``[h, w, 3]``, to be added to what is copied, in levels."""


def complete(
    part: Picture,
    hole: NDArray[np.uint8],
    unclear: NDArray[np.uint8],
    hidden: NDArray[np.uint8] | None = None,
) -> Completion | None:
    """Where the pixels of a hole are to be copied from.

    :param part: ``[h, w, 3]`` uint8.
    :param hole: ``[h, w]`` in {0, 1}.
    :param unclear: ``[h, w]`` in {0, 1}, what is not to be copied, beside the hole.
    :param hidden: ``[h, w]`` in {0, 1}, what shows nothing of the surroundings, not even where
        their edges are; None for the hole.
    :return: None where there is too little around the hole to copy.
    """
    unclear = np.maximum(unclear, hole)
    if min(hole.shape) <= 2 * REACH or centres(1 - unclear).sum() <= ENOUGH * hole.sum():
        return None
    picture = _with_gradients(part, hole)
    cells = cells_of(part, hole if hidden is None else hidden, unclear)
    expected = expect(picture, unclear, cells)
    picture = np.where(hole[..., None] > 0, expected.guess, picture).astype(np.float32)
    sizes = pyramid(Size(picture, hole, 1 - unclear))
    offsets: NDArray[np.int32] | None = None
    filled = picture
    for number in range(len(sizes) - 1, -1, -1):
        filled, offsets = _search(sizes[number], expected, offsets, number)
    if offsets is None or (offsets[hole > 0] == _NOWHERE).any():
        return None
    pixels = _positions(_rimmed(hole))
    found = _rimmed(np.where(hole[..., None] > 0, offsets, 0).astype(np.int32))
    core = np.asarray(cv2.erode(_rimmed(1 - unclear), np.ones((3, 3), np.uint8)), np.uint8)
    inside = _rimmed(np.ones_like(hole))
    scene = Scene(
        _rimmed(filled, "edge"),
        _rimmed(hole),
        inside,
        core,
        pixels,
        _rimmed(cells.astype(np.int32)),
        guess=_rimmed(expected.guess, "edge"),
        dear=_rimmed(expected.dear_at(hole.shape[::-1])),
        far=expected.terms(max(hole.shape))[:2],
        most=expected.most,
    )
    shorten_seams(scene, found)
    shade = np.zeros((*found.shape[:2], 3), np.float32)
    colours = part.astype(np.float32)
    level(_rimmed(colours, "edge"), scene.hole, inside, pixels, found, shade, HOLD, EDGE, 60)
    known = colours[unclear == 0]
    places = np.indices(hole.shape).transpose(1, 2, 0) + _unrimmed(found)
    copied = colours[places[..., 0], places[..., 1]]
    # No colour is brighter or darker than what is around.
    shade = np.clip(copied + _unrimmed(shade), known.min(0), known.max(0)) - copied
    return Completion(_unrimmed(found), np.ascontiguousarray(shade, np.float32))


_NOWHERE = -(2**20)
"""An offset that leads to no source."""


def _with_gradients(part: Picture, hole: NDArray[np.uint8]) -> Array:
    """Colours as they are compared, and how busy the surroundings are along x and y, in levels."""
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    known = cv2.erode(1 - hole, np.ones((3, 3), np.uint8)).astype(np.float32)
    count = cv2.blur(known, (5, 5)) + 1e-3
    busy = [
        GRADIENT * cv2.blur(np.abs(cv2.Sobel(grey, cv2.CV_32F, *way, scale=0.25)) * known, (5, 5))
        for way in ((1, 0), (0, 1))
    ]
    colours = part.astype(np.float32)
    light = colours.mean(-1, keepdims=True)
    seen = LIGHT * light + HUE * (colours - light)
    return np.dstack([seen, *(one / count for one in busy)]).astype(np.float32)


def _search(
    size: Size, expected: Expected, coarser: NDArray[np.int32] | None, number: int
) -> tuple[Array, NDArray[np.int32]]:
    """The hole filled at one size, and where its patches come from.

    :param coarser: offsets of half the size; None to begin.
    :param number: of the size, 0 for the finest.
    """
    patch = np.ones((PATCH, PATCH), np.uint8)
    shape = size.hole.shape[::-1]
    picture = _rimmed(size.picture, "edge")
    hole, inside = _rimmed(size.hole), _rimmed(np.ones_like(size.hole))
    clear = _rimmed(size.clear)
    valid = centres(clear)
    touching = cv2.dilate(hole, patch) & inside
    depth = cv2.distanceTransform(hole, cv2.DIST_L2, 3)
    belief = np.maximum(FADING**depth, FAINTEST)
    belief[(hole == 0) & (clear == 0)] = NEAR_PERSON
    belief = np.asarray(belief * inside, np.float32)
    guess, dear = _rimmed(expected.guess_at(shape), "edge"), _rimmed(expected.dear_at(shape))
    mean = np.asarray(cv2.blur(picture, (PATCH, PATCH)), np.float32)
    prior = (guess, mean, dear, terms := expected.terms(max(shape)))
    costs = np.full(hole.shape, NOTHING, np.float32)
    targets, pixels = _positions(touching), _positions(hole)
    if coarser is None:
        sources = np.full((*hole.shape, 2), -1, np.int32)
        believed = np.where(hole > 0, FIRST_GUESS * inside, belief).astype(np.float32)
        left = hole
        while left.any():  # a layer of the onion after the other
            inner = cv2.erode(left, np.ones((3, 3), np.uint8), borderValue=1)
            layer = (left > 0) & (inner == 0)
            near = _positions(cv2.dilate(layer.astype(np.uint8), patch) & touching)
            match(picture, believed, valid, near, sources, costs, *prior, SEED, 6)
            vote(picture, _positions(layer), sources, costs, believed, np.float32(0.005))
            believed = np.where(layer, belief, believed).astype(np.float32)
            left = inner
            if not layer.any():
                break
    else:
        sources = _enlarged(coarser, valid, touching)
        costs[sources[..., 0] >= 0] = 0.0
        vote(picture, pixels, sources, costs, belief, np.float32(0.0))
    rounds = ROUNDS.get(number, MANY)
    for turn in range(rounds):
        passes = 2 if number < 2 else 3
        seed = SEED + 100 * number + turn
        prior = (guess, mean, dear + overused(picture, mean, sources, targets), terms)
        match(picture, belief, valid, targets, sources, costs, *prior, seed, passes)
        usual = max(float(np.percentile(costs[targets[:, 0], targets[:, 1]], 75)), 20.0)
        sharp = SHARPNESS[turn == rounds - 1] / usual
        vote(picture, pixels, sources, costs, belief, np.float32(sharp))
    offsets = sources - np.indices(hole.shape).transpose(1, 2, 0)
    offsets = np.where(sources < 0, _NOWHERE, offsets).astype(np.int32)
    return _unrimmed(picture), _unrimmed(offsets)


def _enlarged(
    coarser: NDArray[np.int32], valid: NDArray[np.uint8], touching: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """Sources at twice the size; -1 where they would not be valid."""
    places = np.indices(valid.shape).transpose(1, 2, 0)
    within = [np.clip((places[..., i] - REACH) // 2, 0, coarser.shape[i] - 1) for i in range(2)]
    sources = places + 2 * coarser[within[0], within[1]]
    last = np.array(valid.shape) - 1
    inside = ((sources >= 0) & (sources <= last)).all(-1)
    bounded = np.clip(sources, 0, last)
    good = inside & (touching > 0) & (valid[bounded[..., 0], bounded[..., 1]] > 0)
    return np.where(good[..., None], sources, -1).astype(np.int32)


def _positions(where: NDArray[np.generic]) -> NDArray[np.int32]:
    return np.ascontiguousarray(np.argwhere(where), np.int32)


def _rimmed(values: NDArray[Any], mode: str = "constant") -> NDArray[Any]:
    """With a rim as wide as a patch reaches, of zeros or of the outermost pixels."""
    rim = [(REACH, REACH)] * 2 + [(0, 0)] * (values.ndim - 2)
    wide = np.pad(values, rim, mode="edge" if mode == "edge" else "constant")
    return np.ascontiguousarray(wide)


def _unrimmed(values: NDArray[Any]) -> NDArray[Any]:
    """The reverse of ``_rimmed``."""
    return np.ascontiguousarray(values[REACH:-REACH, REACH:-REACH])
