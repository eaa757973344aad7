"""Composing on a GPU, in Triton: five launches, each with a lane for every pixel of the window.

Where sheets and body are; what each sheet shows; how much is seen of each, down through the pixel;
their colours; and the rim, which has what its neighbours have. All is rounded as written, as in the
other forms: next to nothing of a pixel is divided by how much it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.layers.terms import (
    ALIKE_PX,
    AMID,
    AROUND,
    PLANES,
    STEEPNESS,
    STILL_PX,
    TRACE,
    WHOLE,
)
from bunraku.kernels.layers.triton_pile import alike, carried, corners_of, cover, lay, weigh
from bunraku.kernels.triton_launch import launch
from bunraku.kernels.triton_reading import between, cell

PIXELS = 128
"""A program's."""
WARPS = 4


def compose(
    sheets: Sequence[Tensor],
    photo: Sequence[Tensor],
    raster: Sequence[Tensor],
    body: Sequence[Tensor],
    behind: float,
) -> Tensor:
    """As ``bunraku.kernels.compose`` says, of tensors in the order of its dataclasses.

    :param sheets: ``[g,n,n]``, ``[g,n,n]`` and ``[g,n,n,2]``.
    :return: ``[1,12,n,n]``: image, mask, trust, warped, flow.
    """
    depths, numbers, barys = (tensor.contiguous() for tensor in sheets)
    triangles, place, cut, picture, rim, core, members, share = (t.contiguous() for t in photo)
    depth, number, bary = (tensor.contiguous() for tensor in raster)
    body_triangles, *rest = (tensor.contiguous() for tensor in body)
    groups, n, _ = numbers.shape
    programs = triton.cdiv(n * n, PIXELS)
    options: Any = {"fused": False, "PIXELS": PIXELS, "num_warps": WARPS}
    covered, kind = (torch.empty((n, n), dtype=torch.uint8, device=depth.device) for _ in range(2))
    lender, chosen, teller = (torch.empty_like(number) for _ in range(3))
    shown, surface, weight, last = (torch.empty_like(depth) for _ in range(4))
    stack = depth.new_empty(4, groups, n, n)
    out = depth.new_empty(1, PLANES, n, n)
    launch(
        cover,
        (programs,),
        depth,
        *(numbers, number, depth, covered, shown, lender, surface, groups, n, float(behind)),
        AROUND=AROUND,
        **options,
    )
    launch(
        lay,
        (programs, groups),
        depth,
        *(depths, numbers, barys, triangles, place, cut.view(torch.uint8), share, members),
        *(covered, stack, groups, len(triangles), n, STEEPNESS),
        AROUND=AROUND,
        **options,
    )
    launch(
        weigh,
        (programs,),
        depth,
        *(stack, shown, lender, surface, picture, rim, core, chosen, weight, teller, last),
        *(out[0, 3], groups, n, triton.cdiv(n, AMID), WHOLE, STILL_PX, ALIKE_PX, TRACE),
        AROUND=AROUND,
        **options,
    )
    launch(
        _show,
        (programs,),
        depth,
        *(stack, shown, number, bary, body_triangles, *rest, picture, chosen),
        *(weight, teller, last, lender, out, kind, groups, n),
        *(len(body_triangles), len(rest[-1]), ALIKE_PX, TRACE),
        **options,
    )
    launch(_extend, (programs,), depth, kind, out, n, AROUND=AROUND, **options)
    return out


@triton.jit
def _of_body(
    weight: tl.tensor,
    teller: tl.tensor,
    pixel: tl.tensor,
    inside: tl.tensor,
    number: tl.tensor,
    bary: tl.tensor,
    triangles: tl.tensor,
    place: tl.tensor,
    plane: tl.tensor,
    mix: tl.tensor,
    planes: tl.tensor,
    n: tl.tensor,
    triangle_count: tl.tensor,
    plane_count: tl.tensor,
) -> tl.tuple:
    """How much of the body is seen, and its share of red, green and blue.

    :param weight: ``[n,n]``, of ``weigh``. :param teller: ``[n,n]``, what tells how it looks.
    """
    size = n * n
    body = tl.load(weight + pixel, mask=inside, other=0.0)
    at = tl.load(teller + pixel, mask=inside, other=0)
    lit = inside & (body > 0) & (at >= 0)
    t = tl.load(number + at, mask=lit, other=-1)
    lit = lit & (t >= 0) & (t < triangle_count)
    own = tl.load(plane + t * 2, mask=lit, other=0).to(tl.int64)
    other = tl.load(plane + t * 2 + 1, mask=lit, other=0).to(tl.int64)
    corners = corners_of(bary, triangles, at, t, lit)
    spot = cell(carried(corners, place, 2, lit), carried(corners, place + 1, 2, lit), n, n)
    mixed = body * carried(corners, mix, 1, lit)
    has_own = lit & (own >= 0) & (own < plane_count)
    has_other = lit & (mixed > 0) & (other >= 0) & (other < plane_count)
    first = planes + own * size * 3
    second = planes + other * size * 3
    kept = body - mixed
    red = kept * between(first, spot, n, 3, has_own)
    green = kept * between(first + 1, spot, n, 3, has_own)
    blue = kept * between(first + 2, spot, n, 3, has_own)
    red += mixed * between(second, spot, n, 3, has_other)
    green += mixed * between(second + 1, spot, n, 3, has_other)
    blue += mixed * between(second + 2, spot, n, 3, has_other)
    return body, red, green, blue


@triton.jit
def _show(
    stack: tl.tensor,
    shown: tl.tensor,
    number: tl.tensor,
    bary: tl.tensor,
    triangles: tl.tensor,
    place: tl.tensor,
    plane: tl.tensor,
    mix: tl.tensor,
    planes: tl.tensor,
    picture: tl.tensor,
    chosen: tl.tensor,
    weight: tl.tensor,
    teller: tl.tensor,
    last: tl.tensor,
    lender: tl.tensor,
    out: tl.tensor,
    kind: tl.tensor,
    groups: tl.tensor,
    n: tl.tensor,
    triangle_count: tl.tensor,
    plane_count: tl.tensor,
    alike_px: tl.tensor,
    trace: tl.tensor,
    PIXELS: tl.constexpr,
) -> None:
    """The colours of what is seen.

    :param stack: of ``weigh``; :param chosen: of the same; :param weight: of the same, of the body
        that ``teller`` tells of; :param last: of the same, of the body that ``lender`` does.
    :param out: ``[12,n,n]``, whose mask is there; the others are written.
    :param kind: ``[n,n]`` uint8, written: 2 where a pixel shows the photo, 1 the body, 0 nothing.
    """
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    size = n * n
    inside = pixel < size
    row = pixel // n
    column = pixel - row * n
    sheet = groups.to(tl.int64) * size
    body, red, green, blue = _of_body(
        weight,
        teller,
        pixel,
        inside,
        number,
        bary,
        triangles,
        place,
        plane,
        mix,
        planes,
        n,
        triangle_count,
        plane_count,
    )
    further, more_red, more_green, more_blue = _of_body(
        last,
        lender,
        pixel,
        inside,
        number,
        bary,
        triangles,
        place,
        plane,
        mix,
        planes,
        n,
        triangle_count,
        plane_count,
    )
    body += further
    red += more_red
    green += more_green
    blue += more_blue

    shows = tl.load(chosen + pixel, mask=inside, other=-1)
    covered = inside & (shows >= 0)
    most = shows.to(tl.int64) * size + pixel
    x = tl.load(stack + sheet + most, mask=covered, other=0.0)
    y = tl.load(stack + 2 * sheet + most, mask=covered, other=0.0)
    trusted = tl.where(covered, trace, 0.0)
    for g in range(groups):
        its = g * size + pixel
        share = tl.load(stack + 3 * sheet + its, mask=covered, other=0.0)
        counts = covered & (share > 0)
        if tl.max(counts.to(tl.int32), 0) > 0:
            its_x = tl.load(stack + sheet + its, mask=counts, other=0.0)
            its_y = tl.load(stack + 2 * sheet + its, mask=counts, other=0.0)
            same = counts & alike(its_x, its_y, x, y, alike_px)
            trusted += tl.where(same, share, 0.0)
            share = tl.where(same, 0.0, share)
            counts = counts & (same == 0)
            spot = cell(its_x, its_y, n, n)
            red += share * between(picture, spot, n, 4, counts)
            green += share * between(picture + 1, spot, n, 4, counts)
            blue += share * between(picture + 2, spot, n, 4, counts)
    seen = tl.load(out + 3 * size + pixel, mask=inside, other=0.0)
    below = tl.where(body > 0, body, 1.0)
    total = 1.0 / tl.where(covered, seen + trace, below)
    spot = cell(x, y, n, n)
    warped = between(picture, spot, n, 4, covered)
    tl.store(out + pixel, (red + trusted * warped) * total, mask=inside)
    tl.store(out + 5 * size + pixel, warped, mask=inside)
    warped = between(picture + 1, spot, n, 4, covered)
    tl.store(out + size + pixel, (green + trusted * warped) * total, mask=inside)
    tl.store(out + 6 * size + pixel, warped, mask=inside)
    warped = between(picture + 2, spot, n, 4, covered)
    tl.store(out + 2 * size + pixel, (blue + trusted * warped) * total, mask=inside)
    tl.store(out + 7 * size + pixel, warped, mask=inside)
    tl.store(out + 4 * size + pixel, trusted * total, mask=inside)
    tl.store(out + 8 * size + pixel, covered.to(tl.float32), mask=inside)
    tl.store(out + 9 * size + pixel, tl.zeros((PIXELS,), tl.float32), mask=inside)
    scale = 2.0 / n
    tl.store(out + 10 * size + pixel, tl.where(covered, (x - column) * scale, 0.0), mask=inside)
    tl.store(out + 11 * size + pixel, tl.where(covered, (y - row) * scale, 0.0), mask=inside)
    some = tl.load(shown + pixel, mask=inside, other=0.0) > 0
    tl.store(kind + pixel, tl.where(covered, 2, some.to(tl.int32)).to(tl.uint8), mask=inside)


@triton.jit
def _extend(
    kind: tl.tensor, out: tl.tensor, n: tl.tensor, AROUND: tl.constexpr, PIXELS: tl.constexpr
) -> None:
    """Give pixels at the rim what their neighbours read.

    Those of the photo lend their flow to the body's, and all they have to what shows nothing: of
    the mask its square, by their share of the nine pixels around. What a pixel lends is never
    written, so that the order of the pixels makes no difference.
    """
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    size = n * n
    inside = pixel < size
    row = pixel // n
    column = pixel - row * n
    own = tl.load(kind + pixel, mask=inside, other=2)
    most = own
    lender = pixel
    there = tl.zeros((PIXELS,), tl.float32)
    for k in tl.static_range(len(AROUND)):
        y = row + AROUND[k][0]
        x = column + AROUND[k][1]
        within = inside & (y >= 0) & (y < n) & (x >= 0) & (x < n)
        other = tl.load(kind + y * n + x, mask=within, other=0)
        lender = tl.where(other > most, y * n + x, lender)
        most = tl.maximum(most, other)
        there += (other == 2).to(tl.float32)
    lent = most > own
    if tl.max(lent.to(tl.int32), 0) > 0:
        for c in tl.static_range(12):
            if c != 3 and c != 9:
                takes = lent & ((most == 2) if c >= 10 else (own == 0))
                value = tl.load(out + c * size + lender, mask=takes, other=0.0)
                tl.store(out + c * size + pixel, value, mask=takes)
        takes = lent & (most == 2) & (own == 0)
        value = tl.load(out + 3 * size + lender, mask=takes, other=0.0)
        tl.store(out + 3 * size + pixel, value * value * (there * (1 / 9)), mask=takes)
