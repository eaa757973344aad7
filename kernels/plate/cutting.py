"""Seams of least cost: all pixels of a hole that gain by one offset take it at once.

An offset (y, x), in pixels, says where a pixel of the hole is copied from.

Source: Y. Boykov, O. Veksler, R. Zabih, "Fast Approximate Energy Minimization via Graph Cuts",
2001, section 4 (expansion moves); A. Goldberg, R. Tarjan, "A New Approach to the Maximum-Flow
Problem", 1988 (push and relabel); what a seam costs: V. Kwatra et al., "Graphcut Textures", 2003.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import BYTE, kernel, read_only, written
from bunraku.kernels.plate.matching import INT

COLOURS = 3
SEAM = np.float32(3)
"""What a pixel of a seam costs even where it is not seen, in levels."""
HIDDEN = np.float32(60)
"""By how many levels an edge is expected that hides a seam wholly."""


@numba.njit(inline="always")
def _apart(picture: Any, ay: Any, ax: Any, by: Any, bx: Any) -> Any:
    total = np.float32(0)
    for c in range(COLOURS):
        d = picture[ay, ax, c] - picture[by, bx, c]
        total += d * d
    return np.sqrt(total)


@numba.njit(inline="always")
def _seam(
    picture: Any, cells: Any, guess: Any, y: Any, x: Any, ny: Any, nx: Any, a: Any, b: Any
) -> Any:
    """What it costs that two neighbours have these two offsets."""
    if a[0] == b[0] and a[1] == b[1]:
        return np.float32(0)
    cost = _apart(picture, y + a[0], x + a[1], y + b[0], x + b[1])
    cost += _apart(picture, ny + a[0], nx + a[1], ny + b[0], nx + b[1])
    if cells[y, x] != cells[ny, nx]:  # an edge is expected there, and hides it
        total = np.float32(0)
        for c in range(COLOURS):
            d = guess[y, x, c] - guess[ny, nx, c]
            total += d * d
        cost *= max(np.float32(1) - np.sqrt(total) / HIDDEN, np.float32(0))
    return SEAM + cost


@numba.njit
def _flow(links: Any, ends: Any, excess: Any, height: Any, queue: Any, queued: Any) -> None:
    """Push excess to where it is lacking, as far as the links let it.

    :param links: ``[n,4]`` float32, what each can still take, and ``ends`` ``[n,4]``, to which
        pixel; -1 for none. The reverse of link k is link k ^ 1.
    :param excess: ``[n]`` float32; negative where it is lacking.
    :param height: ``[n]`` int32, in the end the steps to where it is lacking; n where none leads
        there any more.
    :param queue: ``[n]`` int32 and ``queued`` ``[n]`` uint8, zeros, to work with.
    """
    count = len(excess)
    work = count + 1
    first = last = size = 0
    while True:
        if work > count:  # relabelled so often, heights are to be measured anew
            work = 0
            height[:] = count
            head = tail = 0
            for i in range(count):
                if excess[i] < 0:
                    height[i] = 0
                    queue[tail] = i
                    tail += 1
            while head < tail:
                i = queue[head]
                head += 1
                for k in range(4):
                    j = ends[i, k]
                    if j >= 0 and height[j] == count and links[j, k ^ 1] > 0:
                        height[j] = height[i] + 1
                        queue[tail] = j
                        tail += 1
            first = last = size = 0
            queued[:] = 0
            for i in range(count):
                if excess[i] > 0 and height[i] < count:
                    queue[last] = i
                    queued[i] = 1
                    last += 1
                    size += 1
            if last == count:
                last = 0
        if size == 0:
            if work == 0:
                return
            work = count + 1  # unless new heights show another way, that was all
            continue
        i = queue[first]
        first = first + 1 if first + 1 < count else 0
        size -= 1
        queued[i] = 0
        while excess[i] > 0 and height[i] < count:
            lowest = count
            for k in range(4):
                j = ends[i, k]
                if j < 0 or links[i, k] <= 0:
                    continue
                if height[j] != height[i] - 1:
                    lowest = min(lowest, height[j] + 1)
                    continue
                pushed = min(excess[i], links[i, k])
                links[i, k] -= pushed
                links[j, k ^ 1] += pushed
                excess[j] += pushed
                excess[i] -= pushed
                if excess[j] > 0 and not queued[j]:
                    queue[last] = j
                    queued[j] = 1
                    last = last + 1 if last + 1 < count else 0
                    size += 1
                if excess[i] <= 0:
                    break
            if excess[i] > 0:
                height[i] = max(lowest, height[i] + 1)
                work += 1


@kernel(
    (
        *(read_only(3), read_only(2, BYTE), read_only(2, BYTE), read_only(2, INT)),
        *(read_only(2, INT), read_only(2, INT), read_only(3), read_only(1, INT), read_only(1)),
        *(read_only(1), written(3, INT)),
    )
)
def expand(
    picture: Any,
    hole: Any,
    known: Any,
    pixels: Any,
    numbers: Any,
    cells: Any,
    guess: Any,
    offset: Any,
    own: Any,
    new: Any,
    offsets: Any,
) -> None:
    """Let those pixels take an offset that together gain most by it.

    :param picture: ``[H,W,C]`` float32, of which the first three channels are colours.
    :param hole: and ``known``: ``[H,W]`` uint8; what is not known is never copied.
    :param pixels: ``[n,2]`` int32, those of the hole, and ``numbers`` ``[H,W]``, the reverse.
    :param cells: ``[H,W]`` int32, between which edges are expected, as far as
    :param guess: ``[H,W,C]`` float32, the colours that are expected, differ there.
    :param offset: ``[2]`` int32.
    :param own: and ``new``: ``[n]`` float32, what each pixel's own offset and this one cost by
        themselves, in levels.
    :param offsets: ``[H,W,2]`` int32, changed.
    """
    height, width = hole.shape
    count = len(pixels)
    links = np.zeros((count, 4), np.float32)
    ends = np.full((count, 4), -1, np.int32)
    excess = np.zeros(count, np.float32)
    leads = np.zeros(count, np.uint8)
    for i in range(count):
        y, x = pixels[i, 0], pixels[i, 1]
        qy, qx = y + offset[0], x + offset[1]
        leads[i] = 1 <= qy < height - 1 and 1 <= qx < width - 1 and known[qy, qx]
        if leads[i]:  # in excess: what it costs to take the offset; lacking: what it costs to stay
            excess[i] = new[i] - own[i]
    for i in range(count):
        y, x = pixels[i, 0], pixels[i, 1]
        for k in range(0, 4, 2):
            ny, nx = (y, x + 1) if k == 0 else (y + 1, x)
            if not hole[ny, nx]:
                continue
            j = numbers[ny, nx]
            if not (leads[i] or leads[j]):
                continue
            here, there = offsets[y, x], offsets[ny, nx]
            stay = _seam(picture, cells, guess, y, x, ny, nx, here, there)
            first = _seam(picture, cells, guess, y, x, ny, nx, offset, there)
            second = _seam(picture, cells, guess, y, x, ny, nx, here, offset)
            if not leads[j]:
                excess[i] += first - stay
            elif not leads[i]:
                excess[j] += second - stay
            else:
                excess[i] += first - stay
                excess[j] -= first
                ends[i, k], ends[j, k ^ 1] = j, i
                links[i, k] = max(first + second - stay, np.float32(0))
    levels = np.empty(count, np.int32)
    queue, queued = np.empty(count, np.int32), np.zeros(count, np.uint8)
    _flow(links, ends, excess, levels, queue, queued)
    for i in range(count):
        if levels[i] < count:
            y, x = pixels[i, 0], pixels[i, 1]
            offsets[y, x, 0], offsets[y, x, 1] = offset[0], offset[1]
