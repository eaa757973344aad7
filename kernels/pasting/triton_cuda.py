"""Pasting on a GPU, in Triton: one launch from the plate to the finished picture.

A program takes a run of the photo's pixels; where none of them lies in the window it copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.pasting.terms import JUMP, PREMULTIPLIED, TRACE, Box, inside
from bunraku.kernels.triton_launch import launch
from bunraku.kernels.triton_reading import clamped

if TYPE_CHECKING:
    from bunraku.kernels.pasting.terms import TensorDetail

PIXELS = 128
"""A program's."""
WARPS = 4


def paste(
    plate: Tensor,
    photo: Tensor,
    image: Tensor,
    mask: Tensor,
    box: Box,
    *,
    fade: tuple[Tensor, Tensor],
    detail: TensorDetail | None = None,
    mixed: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """As ``bunraku.kernels.paste`` says, for an image up to float32.

    :param out: may be the plate: a pixel depends on none of it but its own.
    """
    height, width, _ = plate.shape
    n, (left, top, side) = image.shape[3], box
    if out is None:
        out = plate.new_empty(plate.shape)
    given = (plate, photo, image, mask, *fade, *(detail or (image,) * 3))
    launch(
        _paste,
        (triton.cdiv(height * width, PIXELS),),
        plate,
        *(tensor.contiguous() for tensor in given),
        *(out, height * width, width, n, left, top, inside(box, tuple(plate.shape))),
        *(n / side, side / 2.0, JUMP * side / 2.0, PREMULTIPLIED, TRACE),
        DETAIL=detail is not None,
        MIXED=mixed and detail is not None,
        PIXELS=PIXELS,
        num_warps=WARPS,
    )
    return out


@triton.jit
def _value(plane: tl.tensor, at: tl.tensor, seen: tl.tensor) -> tl.tensor:
    return tl.load(plane + at, mask=seen, other=0.0).to(tl.float32)


@triton.jit
def _four(plane: tl.tensor, corners: tl.tensor, seen: tl.tensor) -> tl.tuple:
    """A plane's values at the four pixels around, row by row."""
    v00 = _value(plane, corners[0], seen)
    v01 = _value(plane, corners[1], seen)
    v10 = _value(plane, corners[2], seen)
    return v00, v01, v10, _value(plane, corners[3], seen)


@triton.jit
def _between(near: tl.tensor, far: tl.tensor, weight: tl.tensor) -> tl.tensor:
    return near + (far - near) * weight


@triton.jit
def _mean(four: tl.tensor, right: tl.tensor, lower: tl.tensor) -> tl.tensor:
    """Between rows, then between columns."""
    first = _between(four[0], four[2], lower)
    return _between(first, _between(four[1], four[3], lower), right)


@triton.jit
def _nearer(near: tl.tensor, far: tl.tensor, weight: tl.tensor, jump: tl.tensor) -> tl.tensor:
    """Between the two; where they differ by more than ``jump`` the nearer one."""
    nearest = tl.where(weight > 0.5, far, near)
    return tl.where(tl.abs(far - near) > jump, nearest, _between(near, far, weight))


@triton.jit
def _shift(four: tl.tensor, right: tl.tensor, lower: tl.tensor, jump: tl.tensor) -> tl.tuple:
    """A flow between four pixels, and whether it jumps among them."""
    first = _nearer(four[0], four[2], lower, jump)
    second = _nearer(four[1], four[3], lower, jump)
    torn = (tl.abs(four[2] - four[0]) > jump) | (tl.abs(four[3] - four[1]) > jump)
    return _nearer(first, second, right, jump), torn | (tl.abs(second - first) > jump)


@triton.jit
def _read(
    photo: tl.tensor,
    x: tl.tensor,
    y: tl.tensor,
    share: tl.tensor,
    part: tl.tensor,
    width: tl.tensor,
    seen: tl.tensor,
) -> tl.tensor:
    """A channel of the photo's ``part`` at places that count from its corner, times the share."""
    last_x, last_y = part[2] - part[0] - 1, part[3] - part[1] - 1
    x = clamped(x, last_x * 1.0)
    y = clamped(y, last_y * 1.0)
    x0 = x.to(tl.int32)
    y0 = y.to(tl.int32)
    across = x - x0.to(tl.float32)
    upper = (part[1] + y0) * width
    lower = (part[1] + tl.minimum(y0 + 1, last_y)) * width
    before = part[0] + x0
    behind = part[0] + tl.minimum(x0 + 1, last_x)
    p00 = _value(photo, (upper + before) * 3, seen)
    p01 = _value(photo, (upper + behind) * 3, seen)
    p10 = _value(photo, (lower + before) * 3, seen)
    p11 = _value(photo, (lower + behind) * 3, seen)
    above = p00 * (1.0 - across) + p01 * across
    below = p10 * (1.0 - across) + p11 * across
    down = y - y0.to(tl.float32)
    return tl.where(share > 0, share * (above * (1.0 - down) + below * down), 0.0)


@triton.jit
def _paste(
    plate: tl.tensor,
    photo: tl.tensor,
    image: tl.tensor,
    mask: tl.tensor,
    fade_x: tl.tensor,
    fade_y: tl.tensor,
    trust: tl.tensor,
    warped: tl.tensor,
    flow: tl.tensor,
    out: tl.tensor,
    pixels: tl.tensor,
    width: tl.tensor,
    n: tl.tensor,
    left: tl.tensor,
    top: tl.tensor,
    part: tl.tensor,
    scale: tl.tensor,
    half: tl.tensor,
    jump: tl.tensor,
    premultiplied: tl.tensor,
    trace: tl.tensor,
    DETAIL: tl.constexpr,
    MIXED: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < pixels
    row = pixel // width
    column = pixel - row * width
    seen = inside & (column >= part[0]) & (column < part[2]) & (row >= part[1]) & (row < part[3])
    if tl.max(seen.to(tl.int32), 0) == 0:
        for c in tl.static_range(3):
            kept = tl.load(plate + pixel * 3 + c, mask=inside, other=0)
            tl.store(out + pixel * 3 + c, kept, mask=inside)
    else:
        # Where the pixel lies between those of the networks' window.
        last = n * 1.0 - 1.0
        position_x = clamped((column - left + 0.5) * scale - 0.5, last)
        position_y = clamped((row - top + 0.5) * scale - 0.5, last)
        x0 = tl.minimum(position_x.to(tl.int32), tl.maximum(n - 2, 0))
        y0 = tl.minimum(position_y.to(tl.int32), tl.maximum(n - 2, 0))
        right = position_x - x0.to(tl.float32)
        lower = position_y - y0.to(tl.float32)
        x1 = tl.minimum(x0 + 1, n - 1)
        y1 = tl.minimum(y0 + 1, n - 1)
        corners = (y0 * n + x0, y0 * n + x1, y1 * n + x0, y1 * n + x1)
        plane = n * n
        fade = _value(fade_x, column - part[0], seen) * _value(fade_y, row - part[1], seen)
        weight = _mean(_four(mask, corners, seen), right, lower) * fade
        shown = seen & (weight >= trace)
        trusted = _four(trust, corners, seen & DETAIL)
        covered = _four(warped + 3 * plane, corners, seen & DETAIL)
        share = _mean(trusted, right, lower)
        flow_x = _four(flow, corners, seen & DETAIL)
        flow_y = _four(flow + plane, corners, seen & DETAIL)
        shift_x, torn_x = _shift(
            (flow_x[0] * half, flow_x[1] * half, flow_x[2] * half, flow_x[3] * half),
            *(right, lower, jump),
        )
        shift_y, torn_y = _shift(
            (flow_y[0] * half, flow_y[1] * half, flow_y[2] * half, flow_y[3] * half),
            *(right, lower, jump),
        )
        torn = torn_x | torn_y
        across = (1.0 - right, right)
        down = (1.0 - lower, lower)
        own_x = (column - part[0]) * 1.0
        own_y = (row - part[1]) * 1.0
        for c in tl.static_range(3):
            colours = _four(image + c * plane, corners, seen)
            person = _mean(colours, right, lower) * 255.0
            if DETAIL:
                told = _four(warped + c * plane, corners, seen)
                r00 = colours[0] - trusted[0] * _colour(told[0], covered[0], premultiplied)
                r01 = colours[1] - trusted[1] * _colour(told[1], covered[1], premultiplied)
                r10 = colours[2] - trusted[2] * _colour(told[2], covered[2], premultiplied)
                r11 = colours[3] - trusted[3] * _colour(told[3], covered[3], premultiplied)
                rest = (r00 * 255.0, r01 * 255.0, r10 * 255.0, r11 * 255.0)
                photos = _read(
                    photo + c, own_x + shift_x, own_y + shift_y, share, part, width, shown
                )
                if MIXED:
                    each = tl.zeros((PIXELS,), tl.float32)
                    for i in tl.static_range(4):
                        each += _read(
                            photo + c,
                            own_x + flow_x[i] * half,
                            own_y + flow_y[i] * half,
                            trusted[i] * (down[i // 2] * across[i % 2]),
                            *(part, width, shown & torn),
                        )
                    photos = tl.where(torn, each, photos)
                person = _mean(rest, right, lower) + photos
            kept = tl.load(plate + pixel * 3 + c, mask=inside, other=0)
            over = kept.to(tl.float32) * (1.0 - weight) + person * weight + 0.5
            over = clamped(over, 255.0).to(tl.uint8)
            tl.store(out + pixel * 3 + c, tl.where(shown, over, kept), mask=inside)


@triton.jit
def _colour(told: tl.tensor, covered: tl.tensor, premultiplied: tl.tensor) -> tl.tensor:
    """The warped photo's colour, multiplied by the warped mask as it comes; NaN shows."""
    colour = told / (covered + premultiplied)
    return tl.where(colour > 1.0, 1.0, tl.where(colour < 0.0, 0.0, colour))
