"""What streaks and tears leave of a mesh on a GPU, in Triton.

A lane for each triangle, which adds to its corners by atomics: what it has to show in 2^24ths, and
above that one for being there. Sums of integers are the same in whichever order they are made.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.triton_launch import launch
from bunraku.kernels.triton_reading import clamped

TRIANGLES = 128
"""A program's."""
VERTICES = 128
WARPS = 4


def unstreaked(moved: Tensor, triangles: Tensor, unstretched: Tensor, streaks: Tensor) -> Tensor:
    """As ``bunraku.kernels.unstreaked`` says, for tensors; corners that are no vertex are left
    out."""
    count, size = len(moved), len(triangles)
    sums = torch.zeros(count, dtype=torch.int64, device=moved.device)
    out = moved.new_empty(count)
    given = (tensor.contiguous() for tensor in (moved, triangles, unstretched, streaks))
    options: Any = {"fused": False, "num_warps": WARPS}
    grid = (triton.cdiv(size, TRIANGLES),)
    launch(_add, grid, moved, *given, sums, size, count, TRIANGLES=TRIANGLES, **options)
    grid = (triton.cdiv(count, VERTICES),)
    launch(_mean, grid, moved, sums, out, count, VERTICES=VERTICES, **options)
    return out


def untorn(moved: Tensor, triangles: Tensor, limits: Tensor) -> Tensor:
    """As ``bunraku.kernels.untorn`` says, for tensors."""
    count, size = len(moved), len(triangles)
    out = torch.empty(size, dtype=torch.uint8, device=moved.device)
    given = (tensor.contiguous() for tensor in (moved, triangles, limits))
    launch(
        _untorn,
        (triton.cdiv(size, TRIANGLES),),
        moved,
        *(*given, out, size, count),
        TRIANGLES=TRIANGLES,
        fused=False,
        num_warps=WARPS,
    )
    return out.view(torch.bool)


@triton.jit
def _corner(
    moved: tl.tensor, triangles: tl.tensor, t: tl.tensor, inside: tl.tensor, count: tl.tensor
) -> tl.tuple:
    """A corner's number, whether there is such a vertex, and its x and y."""
    number = tl.load(triangles + t, mask=inside, other=-1)
    there = (number >= 0) & (number < count)
    x = tl.load(moved + number * 3, mask=there, other=0.0)
    y = tl.load(moved + number * 3 + 1, mask=there, other=0.0)
    return number, there, x, y


@triton.jit
def _add(
    moved: tl.tensor,
    triangles: tl.tensor,
    unstretched: tl.tensor,
    streaks: tl.tensor,
    sums: tl.tensor,
    size: tl.tensor,
    count: tl.tensor,
    TRIANGLES: tl.constexpr,
) -> None:
    t = tl.program_id(0) * TRIANGLES + tl.arange(0, TRIANGLES)
    inside = t < size
    a = _corner(moved, triangles, t * 3, inside, count)
    b = _corner(moved, triangles, t * 3 + 1, inside, count)
    c = _corner(moved, triangles, t * 3 + 2, inside, count)
    bx = b[2] - a[2]
    by = b[3] - a[3]
    cx = c[2] - a[2]
    cy = c[3] - a[3]
    m00 = tl.load(unstretched + t * 4, mask=inside, other=0.0)
    m01 = tl.load(unstretched + t * 4 + 1, mask=inside, other=0.0)
    m10 = tl.load(unstretched + t * 4 + 2, mask=inside, other=0.0)
    m11 = tl.load(unstretched + t * 4 + 3, mask=inside, other=0.0)
    xx = bx * m00 + cx * m10
    xy = bx * m01 + cx * m11
    yx = by * m00 + cy * m10
    yy = by * m01 + cy * m11
    # The larger singular value, as the sum of two lengths: nothing cancels out.
    turn = tl.sqrt((xx + yy) * (xx + yy) + (yx - xy) * (yx - xy))
    flip = tl.sqrt((xx - yy) * (xx - yy) + (yx + xy) * (yx + xy))
    longest = 0.5 * (turn + flip)
    start = tl.load(streaks + t * 2, mask=inside, other=0.0)
    end = tl.load(streaks + t * 2 + 1, mask=inside, other=1.0)
    shown = clamped((end - longest) / (end - start), 1.0)
    told = (shown * 16777216.0 + 0.5).to(tl.int64) + (1 << 40)
    tl.atomic_add(sums + a[0], told, mask=a[1], sem="relaxed")
    tl.atomic_add(sums + b[0], told, mask=b[1], sem="relaxed")
    tl.atomic_add(sums + c[0], told, mask=c[1], sem="relaxed")


@triton.jit
def _mean(sums: tl.tensor, out: tl.tensor, count: tl.tensor, VERTICES: tl.constexpr) -> None:
    vertex = tl.program_id(0) * VERTICES + tl.arange(0, VERTICES)
    inside = vertex < count
    told = tl.load(sums + vertex, mask=inside, other=0)
    shown = (told & ((1 << 40) - 1)).to(tl.float64) / 16777216.0
    many = tl.maximum(told >> 40, 1).to(tl.float64)
    tl.store(out + vertex, (shown / many).to(tl.float32), mask=inside)


@triton.jit
def _untorn(
    moved: tl.tensor,
    triangles: tl.tensor,
    limits: tl.tensor,
    out: tl.tensor,
    size: tl.tensor,
    count: tl.tensor,
    TRIANGLES: tl.constexpr,
) -> None:
    t = tl.program_id(0) * TRIANGLES + tl.arange(0, TRIANGLES)
    inside = t < size
    torn = t < 0  # none yet
    for k in tl.static_range(3):
        start = _corner(moved, triangles, t * 3 + k, inside, count)
        end = _corner(moved, triangles, t * 3 + (k + 1) % 3, inside, count)
        x = start[2] - end[2]
        y = start[3] - end[3]
        limit = tl.load(limits + t * 3 + k, mask=inside, other=float("inf"))
        torn = torn | (x * x + y * y > limit)
    tl.store(out + t, (torn == 0).to(tl.uint8), mask=inside)
