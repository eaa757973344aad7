"""What the operators are timed on: random arrays of the sizes and the kind that a frame has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np

from bunraku.kernels import rasterise
from bunraku.kernels.overlay.terms import Plane
from bunraku.kernels.pasting.terms import inside
from bunraku.kernels.redraw.terms import CHANNELS as FIELD_CHANNELS
from bunraku.kernels.redraw.terms import Channel
from bunraku.runtime.drivers.body.groups import GROUPS
from bunraku.spec.arrays import Array
from bunraku.spec.surface import CHANNELS, HEAD_SCORE, PARTS, PRIOR_CHANNELS

Arrays: TypeAlias = tuple[Any, ...]
Random: TypeAlias = np.random.Generator
Make: TypeAlias = Callable[[Random], Arrays]
"""Makes the arrays of one call."""
Weights: TypeAlias = Callable[[Random, int], Array]
"""Makes the weights of a texture's parts, ``[1,K,n,n]``, at a side."""

PHOTO = (720, 960)
"""Rows and columns of what is pasted into, in pixels."""
BOX = (160, 0, 720)
"""Left, top and side of the window in it."""
WINDOW = 256
"""Side of what a network reads of a frame, in pixels."""
FACE = (330, 120, 160, 120)
"""Left, top, width and height in a photo of what is drawn anew of it."""
HAND = (60, 80, 40)
"""Row and column of the window, and side, of a hand that is laid on."""
SURE = 10.0
"""How far a pixel's own part lies above the others in the scores of ``likely``, whose spread is 1:
it has nearly all of the weight then, but between two parts."""
_RASTER = ("depth", "triangle", "bary")


def texture(side: int, texels: int, channels: int, weigh: Weights) -> Make:
    """A figure that fills half of the window.

    Atlas, weights, across and down, as ``kernels.sample_texture`` takes them.
    """

    def make(rng: Random) -> Arrays:
        shape = (1, PARTS, side, side)
        y, x = _places(side)
        weights = weigh(rng, side)
        across = np.broadcast_to(x, shape) + 0.02 * rng.random(shape)
        down = np.broadcast_to(y, shape) + 0.02 * rng.random(shape)
        atlas = rng.standard_normal((1, PARTS, channels, texels, texels), np.float32)
        return atlas, weights, across.astype(np.float32), down.astype(np.float32)

    return make


def shared(shares: int) -> Weights:
    """Each of the figure's pixels of so many parts alike, as a driver's surface has few."""

    def weigh(_: Random, side: int) -> Array:
        weights = np.zeros((1, PARTS, side, side), np.float32)
        for share in range(shares):
            part = (_part(side)[None] + share) % PARTS
            np.put_along_axis(weights[0], part, 1.0 / shares, axis=0)
        return weights * _inside(side)

    return weigh


def likely(rng: Random, side: int) -> Array:
    """As the paper's texture branch tells parts and background: the softmax of scores that it has
    in a quarter of the pixels, and enlarges. No weight is nothing, but most are next to it."""
    n = side // 4
    of_part = np.where(_inside(n) > 0, _part(n) + 1, 0)
    scores = SURE * (of_part[..., None] == np.arange(PARTS + 1)).astype(np.float32)
    # Neighbours think alike: what is unsure changes four times as slowly.
    scores += _enlarged(rng.standard_normal((n // 4, n // 4, PARTS + 1), np.float32), n)
    odds = np.exp(_enlarged(scores, side)).transpose(2, 0, 1)
    return np.asarray((odds / odds.sum(0))[None, 1:], np.float32)


def _enlarged(maps: Array, side: int) -> Array:
    """``[n,n,C]`` to another side."""
    return np.asarray(cv2.resize(maps, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def _places(side: int) -> Any:
    """Down and across, from 0 to 1."""
    return np.mgrid[0:side, 0:side] / side


def _part(side: int) -> Any:
    """Of each pixel, from 0 on."""
    y, x = _places(side)
    return (PARTS * (0.5 * y + 0.5 * x)).astype(int) % PARTS


def _inside(side: int) -> Array:
    y, x = _places(side)
    return np.asarray((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.16, np.float32)


def flow(rng: Random, side: int) -> Array:
    """A smooth one, torn where an arm lies before the torso."""
    made = rng.uniform(-0.02, 0.02, (1, 2, side, side)).astype(np.float32)
    made[:, 0, side // 3 : 2 * side // 3, side // 4 :] += 0.3
    return made


def warp(side: int, channels: int) -> Make:
    """Features, flow and occlusion of one scale."""

    def make(rng: Random) -> Arrays:
        features = rng.standard_normal((1, channels, side, side), np.float32)
        return features, flow(rng, side), rng.random((1, 1, side, side), np.float32)

    return make


def scales(sides: Sequence[int], channels: Sequence[int]) -> Make:
    """Features, flow and occlusion of each scale, one scale after the other."""

    def make(rng: Random) -> Arrays:
        pairs = zip(sides, channels, strict=True)
        return tuple(array for side, c in pairs for array in warp(side, c)(rng))

    return make


def paste(side: int) -> Make:
    """Plate, photo, image, mask, fades across and down, trust, warped photo and flow."""

    def make(rng: Random) -> Arrays:
        plate, photo = rng.integers(0, 256, (2, *PHOTO, 3), np.uint8)
        x0, y0, x1, y1 = inside(BOX, PHOTO)
        mask = np.zeros((1, 1, side, side), np.float32)
        mask[..., side // 8 :, side // 3 : -side // 3] = 1.0
        values = (rng.random((1, c, side, side), np.float32) for c in (3, 1, 5))
        image, trust, warped = values
        fade = (np.ones(x1 - x0, np.float32), np.ones(y1 - y0, np.float32))
        return plate, photo, image, mask, *fade, trust, warped, flow(rng, side)

    return make


def picture(rng: Random) -> Arrays:
    """A frame as a camera takes it."""
    return (rng.integers(0, 256, (*PHOTO, 3), np.uint8),)


def body(rng: Random) -> Arrays:
    """A mesh of a body: vertices, weights, bones and their transforms."""
    count, bones = 8000, 60
    weights = rng.random((count, 4), np.float32)
    return (
        rng.standard_normal((count, 3), np.float32),
        weights / weights.sum(1, keepdims=True),
        rng.integers(0, bones, (count, 4)).astype(np.int32),
        rng.standard_normal((bones, 3, 4), np.float32),
    )


def sheet(rng: Random) -> Arrays:
    """A wavy sheet of 8,192 triangles over most of the window: vertices and triangles."""
    count = 64
    y, x = np.mgrid[0 : count + 1, 0 : count + 1].astype(np.float32) / count
    z = np.sin(6.0 * x) + 0.1 * rng.random(x.shape, np.float32)
    vertices = np.stack([WINDOW * (0.1 + 0.8 * x), WINDOW * (0.05 + 0.9 * y), z], -1)
    corners = np.arange((count + 1) ** 2).reshape(count + 1, count + 1)
    upper = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1]], -1)
    lower = np.stack([corners[1:, 1:], corners[1:, :-1], corners[:-1, 1:]], -1)
    triangles = np.concatenate([upper.reshape(-1, 3), lower.reshape(-1, 3)])
    return vertices.reshape(-1, 3).astype(np.float32), triangles.astype(np.int32)


def layers(rng: Random) -> Arrays:
    """A sheet in groups that each moved a little, over one that did not.

    The groups' rasters, the photo's mesh and pictures, the raster of what is behind and its mesh,
    as ``kernels.compose`` takes them, with the rasters in one array each.
    """
    n, size = WINDOW, (WINDOW, WINDOW)
    vertices, triangles = sheet(rng)
    group = np.arange(len(triangles)) * GROUPS // len(triangles)
    moves = rng.uniform(-6.0, 6.0, (GROUPS, 1, 3)).astype(np.float32)
    sheets = [
        rasterise(vertices + moves[k], triangles, size, keep=group == k) for k in range(GROUPS)
    ]
    behind = rasterise(vertices + np.array([0.0, 0.0, 9.0], np.float32), triangles, size)
    place = np.ascontiguousarray(vertices[:, :2])
    ones = np.ones((n, n), np.float32)
    photo = (
        *(triangles, place, rng.random(len(triangles)) < 0.1, rng.random((n, n, 4), np.float32)),
        *(ones, ones, rng.random((GROUPS, n, n), np.float32), np.ones(len(vertices), np.float32)),
    )
    plane = rng.integers(0, 3, (len(triangles), 2)).astype(np.int32)
    planes = rng.random((3, n, n, 3), np.float32)
    piled = (np.stack([getattr(s, kind) for s in sheets]) for kind in _RASTER)
    below = (getattr(behind, kind) for kind in _RASTER)
    return (
        *piled,
        *photo,
        *below,
        triangles,
        place,
        plane,
        rng.random(len(place), np.float32),
        planes,
    )


def drawn_out(rng: Random) -> Arrays:
    """The sheet pulled about: where it is, its triangles, what takes them back, their limits."""
    vertices, triangles = sheet(rng)
    a, b, c = vertices[triangles, :2].astype(np.float64).transpose(1, 0, 2)
    back = np.linalg.inv(np.stack([b - a, c - a], -1)).astype(np.float32)
    moved = vertices + rng.normal(0.0, 3.0, vertices.shape).astype(np.float32)
    streaks = np.broadcast_to(np.array([2.5, 4.0], np.float32), (len(triangles), 2))
    return moved, triangles, back, streaks.copy()


def pulled(rng: Random) -> Arrays:
    """The same with the squares of how long its edges may be."""
    moved, triangles, *_ = drawn_out(rng)
    return moved, triangles, rng.uniform(20.0, 200.0, triangles.shape).astype(np.float32)


def hand(rng: Random) -> Arrays:
    """A person's planes, and a hand of the photo's to lay on them, which covers what is there."""
    person = [rng.random((1, planes, WINDOW, WINDOW), np.float32) for planes in (3, 1, 1, 5, 2)]
    patch = rng.random((7, HAND[2], HAND[2]), np.float32)
    patch[Plane.COVER] = patch[Plane.NEAR] = 1.0
    return *person, patch


def around(rng: Random) -> Arrays:
    """A plate, its photo, and a map that shows the photo in a quarter of the window."""
    plate, photo = rng.integers(0, 256, (2, *PHOTO, 3), np.uint8)
    share = np.zeros((WINDOW, WINDOW), np.float32)
    share[:, WINDOW // 4 : WINDOW // 2] = 1.0
    return plate, photo, share


def face(rng: Random) -> Arrays:
    """A photo, how a region of it moves at a quarter of its size, and what it is drawn into."""
    _, _, width, height = FACE
    field = rng.normal(0.0, 3.0, (height // 4, width // 4, FIELD_CHANNELS)).astype(np.float32)
    weights = rng.dirichlet(np.ones(3), field.shape[:2]).astype(np.float32)
    field[..., Channel.OVER], field[..., Channel.INSIDE] = weights[..., 0], weights[..., 1]
    field[..., Channel.RED :] = 120.0 * weights[..., 1:2]
    return *picture(rng), field, np.zeros((height, width, 3), np.uint8)


def head(side: int) -> Make:
    """A sampled prior, a surface with a head in a quarter of the window, and the head's map."""

    def make(rng: Random) -> Arrays:
        surface = rng.random((1, CHANNELS, side, side), np.float32)
        surface[:, HEAD_SCORE, side // 2 :] = surface[:, HEAD_SCORE, :, side // 2 :] = 0.0
        told = np.array([[1.1, 0.1, 0.2, -0.1, 0.9, -0.3, 0.8]], np.float32)
        return rng.standard_normal((1, PRIOR_CHANNELS, side, side), np.float32), surface, told

    return make


def frame(rng: Random) -> Arrays:
    """A frame, and the turned and scaled square of it that a network takes."""
    zoom = PHOTO[0] / WINDOW
    matrix = np.array([[zoom, -0.1, 120.0], [0.1, zoom, 0.0]], np.float32)
    return (*picture(rng), matrix)
