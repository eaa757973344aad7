"""Drawing a rectangle anew on a GPU, in Triton: a lane for each pixel, one launch for a region."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.redraw.terms import CHANNELS, STILL_PX, Box, Channel
from bunraku.kernels.triton_launch import launch
from bunraku.kernels.triton_reading import between, cell, clamped

PIXELS = 128
"""A program's."""
WARPS = 4


def redraw(photo: Tensor, field: Tensor, box: Box, out: Tensor, origin: tuple[int, int]) -> None:
    """As ``bunraku.kernels.redraw`` says, for tensors; ``out`` is contiguous."""
    left, top, width, height = box
    rows, columns, _ = field.shape
    launch(
        _redraw,
        (triton.cdiv(width * height, PIXELS),),
        photo,
        *(photo.contiguous(), field.contiguous(), out, photo.shape[1], photo.shape[0]),
        *(columns, rows, columns / width, rows / height, width * height, width, left, top),
        *(left - origin[0], top - origin[1], out.shape[1], STILL_PX),
        CHANNELS=CHANNELS,
        X=Channel.X.value,
        OVER=Channel.OVER.value,
        OVER_X=Channel.OVER_X.value,
        INSIDE=Channel.INSIDE.value,
        RED=Channel.RED.value,
        PIXELS=PIXELS,
        num_warps=WARPS,
    )


@triton.jit
def _two(
    field: tl.tensor, upper: tl.tensor, lower: tl.tensor, down: tl.tensor, seen: tl.tensor
) -> tl.tuple:
    """A channel of the field between its rows, in the columns on either side of a pixel."""
    first = tl.load(field + upper[0], mask=seen, other=0.0)
    second = tl.load(field + upper[1], mask=seen, other=0.0)
    first += (tl.load(field + lower[0], mask=seen, other=0.0) - first) * down
    second += (tl.load(field + lower[1], mask=seen, other=0.0) - second) * down
    return first, second


@triton.jit
def _mean(two: tl.tensor, across: tl.tensor) -> tl.tensor:
    return two[0] + (two[1] - two[0]) * across


@triton.jit
def _redraw(
    photo: tl.tensor,
    field: tl.tensor,
    out: tl.tensor,
    photo_width: tl.tensor,
    photo_height: tl.tensor,
    columns: tl.tensor,
    rows: tl.tensor,
    scale_x: tl.tensor,
    scale_y: tl.tensor,
    pixels: tl.tensor,
    width: tl.tensor,
    left: tl.tensor,
    top: tl.tensor,
    out_left: tl.tensor,
    out_top: tl.tensor,
    out_width: tl.tensor,
    still: tl.tensor,
    CHANNELS: tl.constexpr,
    X: tl.constexpr,
    OVER: tl.constexpr,
    OVER_X: tl.constexpr,
    INSIDE: tl.constexpr,
    RED: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < pixels
    row = pixel // width
    column = pixel - row * width
    u = clamped((column + 0.5) * scale_x - 0.5, columns * 1.0 - 1.0)
    v = clamped((row + 0.5) * scale_y - 0.5, rows * 1.0 - 1.0)
    first = tl.minimum(u.to(tl.int32), tl.maximum(columns - 2, 0))
    above = tl.minimum(v.to(tl.int32), tl.maximum(rows - 2, 0))
    across = u - first.to(tl.float32)
    down = v - above.to(tl.float32)
    second = tl.minimum(first + 1, columns - 1)
    below = tl.minimum(above + 1, rows - 1)
    upper = ((above * columns + first) * CHANNELS, (above * columns + second) * CHANNELS)
    lower = ((below * columns + first) * CHANNELS, (below * columns + second) * CHANNELS)

    skin_x = _two(field + X, upper, lower, down, inside)
    skin_y = _two(field + X + 1, upper, lower, down, inside)
    overs = _two(field + OVER, upper, lower, down, inside)
    insides = _two(field + INSIDE, upper, lower, down, inside)
    layers = (overs[0] > 0) | (overs[1] > 0) | (insides[0] > 0) | (insides[1] > 0)
    moves = (tl.abs(skin_x[0]) >= still) | (tl.abs(skin_x[1]) >= still)
    moves = moves | (tl.abs(skin_y[0]) >= still) | (tl.abs(skin_y[1]) >= still) | layers
    dx = _mean(skin_x, across)
    dy = _mean(skin_y, across)
    over = tl.where(layers, _mean(overs, across), 0.0)
    skin = 1.0 - over - tl.where(layers, _mean(insides, across), 0.0)
    stays = (tl.abs(dx) < still) & (tl.abs(dy) < still) & (skin >= 1.0)
    drawn = inside & moves & (stays == 0)
    if tl.max(drawn.to(tl.int32), 0) > 0:
        layers = drawn & layers
        over_x = _mean(_two(field + OVER_X, upper, lower, down, layers), across)
        over_y = _mean(_two(field + OVER_X + 1, upper, lower, down, layers), across)
        x = left + column
        y = top + row
        own = cell(x + dx, y + dy, photo_width, photo_height)
        other = cell(x + over_x, y + over_y, photo_width, photo_height)
        for c in tl.static_range(3):
            level = _mean(_two(field + RED + c, upper, lower, down, layers), across)
            seen = drawn & (skin >= 1e-4)
            level += tl.where(seen, skin * between(photo + c, own, photo_width, 3, seen), 0.0)
            seen = layers & (over >= 1e-4)
            level += tl.where(seen, over * between(photo + c, other, photo_width, 3, seen), 0.0)
            at = ((out_top + row) * out_width + out_left + column) * 3 + c
            tl.store(out + at, clamped(level + 0.5, 255.0).to(tl.uint8), mask=drawn)
