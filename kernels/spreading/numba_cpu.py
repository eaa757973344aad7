"""Spreading and relaxing on a CPU: only the mask's own pixels are held and visited."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.jit import FLAG, FLOAT, INDEX, STRICT, kernel, read_only, written
from bunraku.spec.arrays import Array


def spread(inside: NDArray[np.bool_], known: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Array]:
    """As ``bunraku.kernels.spread`` says, for arrays that have passed its checks."""
    start = inside & known
    origin = np.where(start, np.arange(inside.size).reshape(inside.shape), -1)
    far = np.where(start, 0, np.iinfo(np.int64).max)  # squared
    _spread(np.ascontiguousarray(inside), origin, far)
    distance = np.full(inside.shape, np.inf, np.float32)
    np.sqrt(far, out=distance, where=origin >= 0, casting="same_kind")
    return origin, distance


@kernel((read_only(2, FLAG), written(2, INDEX), written(2, INDEX)))
def _spread(inside: Any, origin: Any, far: Any) -> None:
    """From the pixels that have an origin to the others, the nearest first."""
    height, width = inside.shape
    queue = [(np.int64(0), np.int64(0), np.int64(0))]
    queue.clear()
    for y in range(height):
        for x in range(width):
            if origin[y, x] < 0:
                continue
            rim = False
            for i in range(max(y - 1, 0), min(y + 2, height)):
                for j in range(max(x - 1, 0), min(x + 2, width)):
                    rim |= inside[i, j] and origin[i, j] < 0
            if rim:
                queue.append((far[y, x], origin[y, x], y * width + x))
    heapify(queue)
    while len(queue) > 0:
        reached, source, pixel = heappop(queue)
        y, x = pixel // width, pixel % width
        if far[y, x] != reached or origin[y, x] != source:
            continue  # a nearer one was found meanwhile
        for i in range(max(y - 1, 0), min(y + 2, height)):
            for j in range(max(x - 1, 0), min(x + 2, width)):
                if not inside[i, j]:
                    continue
                down, across = i - source // width, j - source % width
                way = max(reached, down * down + across * across)
                if way < far[i, j] or (way == far[i, j] and source < origin[i, j]):
                    far[i, j] = way
                    origin[i, j] = source
                    heappush(queue, (way, source, i * width + j))


def relax(
    weights: Array,
    inside: NDArray[np.bool_],
    label: NDArray[Any],
    depth: Array,
    neighbours: NDArray[np.bool_],
    tolerance: float,
    steps: int,
) -> tuple[Array, Array]:
    """As ``bunraku.kernels.relax`` says, for arrays that have passed its checks."""
    weights, depth = np.array(weights, order="C"), np.array(depth, order="C")
    place = np.full(np.add(inside.shape, 2), -1)
    place[1:-1, 1:-1][inside] = np.arange(np.count_nonzero(inside))
    sides = (place[1:-1, 2:], place[1:-1, :-2], place[2:, 1:-1], place[:-2, 1:-1])
    around = np.stack([side[inside] for side in sides], 1)  # [n,4], -1 outside the mask
    labels = label[inside].astype(np.int64)
    around[~neighbours[labels[:, None], labels[around]]] = -1
    own, deep = weights[inside], depth[inside]
    new_own, new_deep = np.empty_like(own), np.empty_like(deep)
    for _ in range(steps):
        _relax(own, deep, around, tolerance, new_own, new_deep)
        own, deep, new_own, new_deep = new_own, new_deep, own, deep
    weights[inside], depth[inside] = own, deep
    return weights, depth


@kernel((read_only(2), read_only(1), read_only(2, INDEX), FLOAT, written(2), written(1)), STRICT)
def _relax(
    weights: Any, depth: Any, around: Any, tolerance: Any, new_weights: Any, new_depth: Any
) -> None:
    """One step for the mask's pixels in a row, each with the places ``[n,4]`` of its neighbours."""
    for p in range(weights.shape[0]):
        count = np.float32(1)
        total = depth[p]
        new_weights[p] = weights[p]
        for side in range(around.shape[1]):
            q = around[p, side]
            if q < 0 or not abs(depth[q] - depth[p]) < tolerance:
                continue
            count += np.float32(1)
            total += depth[q]
            for k in range(weights.shape[1]):
                new_weights[p, k] += weights[q, k]
        new_depth[p] = total / count
        for k in range(weights.shape[1]):
            new_weights[p, k] /= count
