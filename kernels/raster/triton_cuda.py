"""Rasterising on a GPU, in Triton: bit for bit what the reference gives.

A program takes some triangles and a run of pixels of each one's box at a time. A pixel keeps the
smallest of 64-bit numbers, depth above and triangle below, by atomics: which program comes first
makes no difference, and of several triangles at one depth the first is seen. What is seen is then
worked out once more for each pixel, with its weights.

Edges are in float64 and rounded as written, as in the other forms: both triangles at an edge
compute it from the same end and get exactly opposite values. That is a few million operations for
a body, little even on GPUs that do one of them where they do 64 of float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.triton_launch import launch

TRIANGLES = 8
"""A program's."""
BOX_PIXELS = 16
"""Of each of them at a time."""
PIXELS = 128
"""Of a program that works out what is seen."""
WARPS = 4
NOTHING = torch.iinfo(torch.int64).max


def rasterise(
    vertices: Tensor,
    triangles: Tensor,
    ends: Sequence[int],
    size: tuple[int, int],
    keep: Tensor | None,
    cull: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Depth, triangle and weights, as ``bunraku.kernels.rasterise_groups`` says; of float32
    vertices."""
    height, width = size
    whole = len(ends) - 1, height, width
    vertices, triangles = vertices.contiguous(), triangles.contiguous()
    kept = triangles if keep is None else keep.contiguous().view(torch.uint8)
    nearest = torch.full(whole, NOTHING, dtype=torch.int64, device=vertices.device)
    depth = vertices.new_empty(whole)
    number = torch.empty(whole, dtype=torch.int32, device=vertices.device)
    bary = vertices.new_empty(*whole, 2)
    for group, (first, end) in enumerate(pairwise(ends)):
        if first == end:
            continue
        launch(
            _mark,
            (triton.cdiv(end - first, TRIANGLES),),
            vertices,
            *(vertices, triangles, kept, nearest[group], first, end, height, width),
            KEEP=keep is not None,
            CULL=cull,
            TRIANGLES=TRIANGLES,
            PIXELS=BOX_PIXELS,
            fused=False,
            num_warps=WARPS,
        )
    launch(
        _tell,
        (triton.cdiv(height * width, PIXELS), len(ends) - 1),
        vertices,
        *(vertices, triangles, nearest, depth, number, bary, height * width, width),
        PIXELS=PIXELS,
        fused=False,
        num_warps=WARPS,
    )
    return depth, number, bary


def interpolate(number: Tensor, bary: Tensor, triangles: Tensor, attributes: Tensor) -> Tensor:
    """As ``bunraku.kernels.interpolate`` says, of a raster's tensors."""
    pixels, count = number.numel(), attributes.shape[1]
    out = attributes.new_empty(*number.shape, count)
    inputs = (tensor.contiguous() for tensor in (number, bary, triangles, attributes))
    launch(
        _interpolate,
        (triton.cdiv(pixels * count, PIXELS),),
        attributes,
        *(*inputs, out, pixels * count, count, len(triangles)),
        PIXELS=PIXELS,
        num_warps=WARPS,
    )
    return out


@triton.jit
def _corner(vertices: tl.tensor, triangles: tl.tensor, t: tl.tensor, seen: tl.tensor) -> tl.tuple:
    """x, y and z of a corner, in float64."""
    vertex = tl.load(triangles + t, mask=seen, other=0)
    x = tl.load(vertices + vertex * 3, mask=seen, other=0.0).to(tl.float64)
    y = tl.load(vertices + vertex * 3 + 1, mask=seen, other=0.0).to(tl.float64)
    return x, y, tl.load(vertices + vertex * 3 + 2, mask=seen, other=0.0).to(tl.float64)


@triton.jit
def _side(p: tl.tensor, q: tl.tensor, x: tl.tensor, y: tl.tensor) -> tl.tensor:
    """Twice the area between p, q and pixels; of an edge read the other way, exactly minus it."""
    turned = (q[0] < p[0]) | ((q[0] == p[0]) & (q[1] < p[1]))
    px = tl.where(turned, q[0], p[0])
    py = tl.where(turned, q[1], p[1])
    qx = tl.where(turned, p[0], q[0])
    qy = tl.where(turned, p[1], q[1])
    area = (qx - px) * (y - py) - (qy - py) * (x - px)
    return tl.where(turned, -area, area)


@triton.jit
def _within(a: tl.tensor, b: tl.tensor, c: tl.tensor, x: tl.tensor, y: tl.tensor) -> tl.tuple:
    """Whether a triangle holds pixels, its first two weights there, and its depth in float32."""
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    sign = tl.where(area > 0, 1.0, -1.0).to(tl.float64)
    u = _side(b, c, x, y) * sign
    v = _side(c, a, x, y) * sign
    w = _side(a, b, x, y) * sign
    total = u + v + w
    held = (u >= 0) & (v >= 0) & (w >= 0) & (total > 0)
    whole = tl.where(held, total, 1.0)
    u = u / whole
    v = v / whole
    return held, u, v, (u * a[2] + v * b[2] + (1.0 - u - v) * c[2]).to(tl.float32)


@triton.jit
def _mark(
    vertices: tl.tensor,
    triangles: tl.tensor,
    keep: tl.tensor,
    nearest: tl.tensor,
    begin: tl.tensor,
    end: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    KEEP: tl.constexpr,
    CULL: tl.constexpr,
    TRIANGLES: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    t = (begin + tl.program_id(0) * TRIANGLES + tl.arange(0, TRIANGLES))[:, None]
    there = t < end
    if KEEP:
        there = there & (tl.load(keep + t, mask=there, other=0) != 0)
    a = _corner(vertices, triangles, t * 3, there)
    b = _corner(vertices, triangles, t * 3 + 1, there)
    c = _corner(vertices, triangles, t * 3 + 2, there)
    total = a[0] + a[1] + a[2] + b[0] + b[1] + b[2] + c[0] + c[1] + c[2]
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    there = there & (tl.abs(total) < float("inf")) & (area != 0)  # nor is NaN less than that
    if CULL:
        there = there & (area > 0)
    # Clipped as floating-point numbers, which any coordinate fits, and only then made integers.
    low_x = tl.maximum(tl.minimum(tl.minimum(a[0], b[0]), c[0]), 0.0)
    low_y = tl.maximum(tl.minimum(tl.minimum(a[1], b[1]), c[1]), 0.0)
    high_x = tl.minimum(tl.maximum(tl.maximum(a[0], b[0]), c[0]), width - 1.0)
    high_y = tl.minimum(tl.maximum(tl.maximum(a[1], b[1]), c[1]), height - 1.0)
    there = there & (low_x <= high_x) & (low_y <= high_y)
    first_x = tl.ceil(tl.where(there, low_x, 0.0)).to(tl.int32)
    first_y = tl.ceil(tl.where(there, low_y, 0.0)).to(tl.int32)
    columns = tl.floor(tl.where(there, high_x, -1.0)).to(tl.int32) - first_x + 1
    rows = tl.floor(tl.where(there, high_y, -1.0)).to(tl.int32) - first_y + 1
    box = tl.where((columns > 0) & (rows > 0), columns * rows, 0)
    columns = tl.maximum(columns, 1)
    largest = tl.max(tl.max(box, 1), 0)
    for first in range(0, largest, PIXELS):
        pixel = (first + tl.arange(0, PIXELS))[None, :]
        row = pixel // columns
        x = first_x + pixel - row * columns
        y = first_y + row
        held, _u, _v, z = _within(a, b, c, x.to(tl.float64), y.to(tl.float64))
        held = held & there & (pixel < box) & (z < float("inf"))
        # The bits of a float in the order of what it means, as integers; -0 is 0.
        bits = (z + 0.0).to(tl.int32, bitcast=True)
        order = bits ^ ((bits >> 31) & 0x7FFFFFFF)
        key = (order.to(tl.int64) << 32) | t.to(tl.int64)
        tl.atomic_min(nearest + y * width + x, key, mask=held, sem="relaxed")


@triton.jit
def _tell(
    vertices: tl.tensor,
    triangles: tl.tensor,
    nearest: tl.tensor,
    depth: tl.tensor,
    number: tl.tensor,
    bary: tl.tensor,
    pixels: tl.tensor,
    width: tl.tensor,
    PIXELS: tl.constexpr,
) -> None:
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < pixels
    group = tl.program_id(1).to(tl.int64) * pixels
    nearest += group
    depth += group
    number += group
    bary += group * 2
    key = tl.load(nearest + pixel, mask=inside, other=0)
    t = (key & 0x7FFFFFFF).to(tl.int32)
    seen = inside & (key != 0x7FFFFFFFFFFFFFFF)
    row = pixel // width
    a = _corner(vertices, triangles, t * 3, seen)
    b = _corner(vertices, triangles, t * 3 + 1, seen)
    c = _corner(vertices, triangles, t * 3 + 2, seen)
    x = (pixel - row * width).to(tl.float64)
    _held, u, v, z = _within(a, b, c, x, row.to(tl.float64))
    tl.store(depth + pixel, tl.where(seen, z, float("inf")), mask=inside)
    tl.store(number + pixel, tl.where(seen, t, -1), mask=inside)
    tl.store(bary + pixel * 2, tl.where(seen, u.to(tl.float32), 0.0), mask=inside)
    tl.store(bary + pixel * 2 + 1, tl.where(seen, v.to(tl.float32), 0.0), mask=inside)


@triton.jit
def _interpolate(
    number: tl.tensor,
    bary: tl.tensor,
    triangles: tl.tensor,
    attributes: tl.tensor,
    out: tl.tensor,
    elements: tl.tensor,
    count: tl.tensor,
    triangle_count: tl.tensor,
    PIXELS: tl.constexpr,
) -> None:
    element = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = element < elements
    pixel = element // count
    k = element - pixel * count
    t = tl.load(number + pixel, mask=inside, other=-1)
    seen = inside & (t >= 0) & (t < triangle_count)
    u = tl.load(bary + pixel * 2, mask=seen, other=0.0)
    v = tl.load(bary + pixel * 2 + 1, mask=seen, other=0.0)
    a = tl.load(triangles + t * 3, mask=seen, other=0)
    b = tl.load(triangles + t * 3 + 1, mask=seen, other=0)
    c = tl.load(triangles + t * 3 + 2, mask=seen, other=0)
    value = u * tl.load(attributes + a * count + k, mask=seen, other=0.0)
    value += v * tl.load(attributes + b * count + k, mask=seen, other=0.0)
    value += (1.0 - u - v) * tl.load(attributes + c * count + k, mask=seen, other=0.0)
    tl.store(out + element, value, mask=inside)
