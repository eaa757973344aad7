"""The plain form of spreading and relaxing, a pixel or a picture at a time: the yardstick."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array


def spread(inside: Any, known: Any) -> tuple[NDArray[np.int64], Array]:
    """As ``bunraku.kernels.spread`` says."""
    height, width = inside.shape
    best = {(y, x): (0, y * width + x) for y, x in np.argwhere(inside & known).tolist()}
    queue = sorted((*found, *pixel) for pixel, found in best.items())
    while queue:
        far, origin, y, x = heappop(queue)
        if best[y, x] != (far, origin):
            continue  # a nearer one was found meanwhile
        for i in range(max(y - 1, 0), min(y + 2, height)):
            for j in range(max(x - 1, 0), min(x + 2, width)):
                if not inside[i, j]:
                    continue
                direct = (i - origin // width) ** 2 + (j - origin % width) ** 2
                found = (max(far, direct), origin)
                if (i, j) not in best or found < best[i, j]:
                    best[i, j] = found
                    heappush(queue, (*found, i, j))
    origins = np.full((height, width), -1, np.int64)
    distance = np.full((height, width), np.inf, np.float32)
    for pixel, (far, origin) in best.items():
        origins[pixel] = origin
        distance[pixel] = np.sqrt(far)
    return origins, distance


def relax(
    weights: Array,
    inside: Any,
    label: Any,
    depth: Array,
    neighbours: Any,
    tolerance: float,
    steps: int,
) -> tuple[Array, Array]:
    """As ``bunraku.kernels.relax`` says."""
    label = np.where(inside, label, 0)
    weights, depth = weights.copy(), depth.copy()
    for _ in range(steps):
        count = np.ones(inside.shape, np.float32)
        weight_sum, depth_sum = weights.copy(), depth.copy()
        for axis, step in ((1, 1), (1, -1), (0, 1), (0, -1)):
            here, there = _pairs(axis, step)
            near = np.abs(depth[there] - depth[here]) < np.float32(tolerance)
            joined = inside[here] & inside[there] & neighbours[label[here], label[there]] & near
            count[here][joined] += 1
            weight_sum[here][joined] += weights[there][joined]
            depth_sum[here][joined] += depth[there][joined]
        weights[inside] = (weight_sum / count[..., None])[inside]
        depth[inside] = (depth_sum / count)[inside]
    return weights, depth


def _pairs(axis: int, step: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The pixels that have a neighbour ``step`` away along an axis, and those neighbours."""
    ends = [slice(None, -1), slice(1, None)][::step]
    here, there = ([slice(None), slice(None)] for _ in range(2))
    here[axis], there[axis] = ends
    return (here[0], here[1]), (there[0], there[1])
