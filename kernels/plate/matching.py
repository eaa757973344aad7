"""For each patch of a hole, a like patch of the surroundings; and what these patches say together.

Pictures have ``CHANNELS`` and a rim of at least ``REACH`` pixels around what counts, so that no
patch leaves the array. Positions are (y, x) in pixels.

Source: C. Barnes et al., "PatchMatch", 2009, sections 3.1 and 3.2 (propagation, random search);
Y. Wexler, E. Shechtman, M. Irani, "Space-Time Completion of Video", 2007, section 3.2 (the votes).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import BYTE, FLOAT, INDEX, kernel, read_only, written

REACH = 2
"""Patches reach this far to each side of their centre."""
CHANNELS = 5
INT = numba.int32
NOTHING = np.float32(1e30)
"""Cost where no patch has been found yet."""


@numba.njit(inline="always")
def _apart(picture: Any, weights: Any, y: Any, x: Any, qy: Any, qx: Any, limit: Any) -> Any:
    """Weighted squared difference of two patches, given up at ``limit``."""
    total = np.float32(0)
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            apart = np.float32(0)
            for c in range(CHANNELS):
                d = picture[y + dy, x + dx, c] - picture[qy + dy, qx + dx, c]
                apart += d * d
            total += weights[y + dy, x + dx] * apart
        if total >= limit:
            return total
    return total


@numba.njit(inline="always")
def _trust(weights: Any, y: Any, x: Any) -> Any:
    total = np.float32(1e-6)
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            total += weights[y + dy, x + dx]
    return total


@numba.njit(inline="always")
def _unlikely(
    guess: Any, mean: Any, dear: Any, terms: Any, y: Any, x: Any, qy: Any, qx: Any
) -> Any:
    """What speaks against a source whatever its patch looks like, for each unit of trust."""
    apart = np.float32(0)
    for c in range(CHANNELS):
        d = guess[y, x, c] - mean[qy, qx, c]
        apart += d * d
    far = terms[0] * np.float32(abs(qy - y)) + terms[1] * np.float32(abs(qx - x))
    return dear[qy, qx] + far + terms[2] * min(apart, terms[3])


@numba.njit(inline="always")
def _next(state: Any) -> Any:
    """A linear congruential generator: the same tries on every machine."""
    return np.uint32(state * np.uint32(1664525) + np.uint32(1013904223))


@kernel(
    (
        *(read_only(3), read_only(2), read_only(2, BYTE), read_only(2, INT)),
        *(written(3, INT), written(2), read_only(3), read_only(3), read_only(2), read_only(1)),
        *(INDEX, INDEX),
    )
)
def match(
    picture: Any,
    weights: Any,
    valid: Any,
    targets: Any,
    sources: Any,
    costs: Any,
    guess: Any,
    mean: Any,
    dear: Any,
    terms: Any,
    seed: Any,
    passes: Any,
) -> None:
    """Better sources for the patches of a hole.

    :param picture: ``[H,W,CHANNELS]`` float32.
    :param weights: ``[H,W]`` float32, how far each pixel is believed.
    :param valid: ``[H,W]`` uint8, the centres that patches may be taken from.
    :param targets: ``[n,2]`` int32, the centres of the hole's patches, row by row.
    :param sources: ``[H,W,2]`` int32, changed: the centre of each target's source; -1 for none.
    :param costs: ``[H,W]`` float32, written for targets: cost for each unit of weight.
    :param guess: ``[H,W,CHANNELS]`` float32, the colours that are expected there.
    :param mean: ``[H,W,CHANNELS]`` float32, the mean of the patch around each pixel.
    :param dear: ``[H,W]`` float32, cost of a source by itself, for each unit of weight.
    :param terms: ``[4]`` float32, cost of a pixel up or down, of one to the side, of a squared
        level between guess and mean, and how much of the latter counts at most.
    """
    height, width = valid.shape
    count = targets.shape[0]
    state = np.uint32(seed)
    for i in range(count):
        y, x = targets[i, 0], targets[i, 1]
        qy, qx = sources[y, x, 0], sources[y, x, 1]
        if qy < 0 or not valid[qy, qx]:
            sources[y, x, 0] = -1
            costs[y, x] = NOTHING
        else:
            against = _unlikely(guess, mean, dear, terms, y, x, qy, qx) * _trust(weights, y, x)
            costs[y, x] = _apart(picture, weights, y, x, qy, qx, NOTHING) + against
    for k in range(passes):
        step = 1 if k % 2 else -1  # every second pass walks backwards
        for j in range(count):
            i = count - 1 - j if k % 2 else j
            y, x = targets[i, 0], targets[i, 1]
            trust = _trust(weights, y, x)
            best, by, bx = costs[y, x], sources[y, x, 0], sources[y, x, 1]
            for m in range(2):
                ny, nx = (y + step, x) if m == 0 else (y, x + step)
                if sources[ny, nx, 0] < 0:
                    continue
                cy, cx = sources[ny, nx, 0] + y - ny, sources[ny, nx, 1] + x - nx
                if 0 <= cy < height and 0 <= cx < width and valid[cy, cx]:
                    against = _unlikely(guess, mean, dear, terms, y, x, cy, cx) * trust
                    if against < best:
                        cost = against + _apart(picture, weights, y, x, cy, cx, best - against)
                        if cost < best:
                            best, by, bx = cost, cy, cx
            oy, ox = (y, x) if by < 0 else (by, bx)
            reach = max(height, width)
            while reach >= 1:
                state = _next(state)
                up = np.float32(state >> np.uint32(8)) / np.float32(1 << 23) - np.float32(1)
                state = _next(state)
                aside = np.float32(state >> np.uint32(8)) / np.float32(1 << 23) - np.float32(1)
                cy, cx = oy + int(up * reach), ox + int(aside * reach)
                reach //= 2
                if 0 <= cy < height and 0 <= cx < width and valid[cy, cx]:
                    against = _unlikely(guess, mean, dear, terms, y, x, cy, cx) * trust
                    if against < best:
                        cost = against + _apart(picture, weights, y, x, cy, cx, best - against)
                        if cost < best:
                            best, by, bx = cost, cy, cx
            costs[y, x], sources[y, x, 0], sources[y, x, 1] = best, by, bx
    for i in range(count):
        y, x = targets[i, 0], targets[i, 1]
        costs[y, x] /= _trust(weights, y, x)


@kernel(
    (written(3), read_only(2, INT), read_only(3, INT), read_only(2), read_only(2), FLOAT),
)
def vote(picture: Any, pixels: Any, sources: Any, costs: Any, weights: Any, sharp: Any) -> None:
    """Fill pixels by the mean of what the patches around each say of it.

    :param picture: ``[H,W,CHANNELS]`` float32, changed at ``pixels``, ``[n,2]`` int32.
    :param sources: and ``costs``, ``weights``: as in ``match``.
    :param sharp: how much less a patch counts that costs one more than the best one.
    """
    values = np.empty(CHANNELS, np.float32)
    for i in range(pixels.shape[0]):
        y, x = pixels[i, 0], pixels[i, 1]
        best = NOTHING
        for dy in range(-REACH, REACH + 1):
            for dx in range(-REACH, REACH + 1):
                if sources[y + dy, x + dx, 0] >= 0:
                    best = min(best, costs[y + dy, x + dx])
        total = np.float32(0)
        values[:] = 0
        for dy in range(-REACH, REACH + 1):
            for dx in range(-REACH, REACH + 1):
                py, px = y + dy, x + dx
                if sources[py, px, 0] < 0:
                    continue
                qy, qx = sources[py, px, 0] - dy, sources[py, px, 1] - dx
                weight = np.exp((best - costs[py, px]) * sharp) * weights[py, px]
                total += weight
                for c in range(CHANNELS):
                    values[c] += weight * picture[qy, qx, c]
        if total > 0:
            for c in range(CHANNELS):
                picture[y, x, c] = values[c] / total
