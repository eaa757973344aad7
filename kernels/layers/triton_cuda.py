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
)
from bunraku.kernels.layers.triton_body import cover
from bunraku.kernels.layers.triton_pile import alike, carried, corners_of, lay, weigh
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
    out: Tensor | None = None,
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
    chosen, lender = torch.empty_like(number), number.new_empty(2, n, n)
    surface, under = torch.empty_like(depth), depth.new_empty(5, n, n)
    weight = depth.new_empty(2, n, n)
    stack = depth.new_empty(4, groups, n, n)
    out = depth.new_empty(1, PLANES, n, n) if out is None else out
    launch(
        cover,
        (programs,),
        depth,
        *(numbers, number, depth, covered, under, surface, lender, groups, n, float(behind)),
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
        *(stack, under, surface, picture, rim, core, chosen, weight, out[0, 3]),
        *(groups, n, triton.cdiv(n, AMID), float(behind), STILL_PX, ALIKE_PX, TRACE),
        AROUND=AROUND,
        **options,
    )
    launch(
        _show,
        (programs,),
        depth,
        *(stack, under, number, bary, body_triangles, *rest, picture, chosen),
        *(weight, lender, out, kind, groups, n),
        *(len(body_triangles), len(rest[-1]), ALIKE_PX, TRACE),
        **options,
    )
    launch(_extend, (programs,), depth, kind, out, n, AROUND=AROUND, **options)
    return out


@triton.jit
def _show(
    stack: tl.tensor,
    under: tl.tensor,
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

    :param stack: of ``weigh``; :param chosen: of the same; :param weight: of the same.
    :param under: of ``cover``; :param lender: of the same.
    :param out: ``[12,n,n]``, whose mask is there; the others are written.
    :param kind: ``[n,n]`` uint8, written: 2 where a pixel shows the photo, 1 the body, 0 nothing.
    """
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    size = n * n
    inside = pixel < size
    row = pixel // n
    column = pixel - row * n
    sheet = groups.to(tl.int64) * size
    body = tl.zeros((PIXELS,), tl.float32)
    red = tl.zeros((PIXELS,), tl.float32)
    green = tl.zeros((PIXELS,), tl.float32)
    blue = tl.zeros((PIXELS,), tl.float32)
    for k in tl.static_range(2):  # before and behind
        share = tl.load(weight + k * size + pixel, mask=inside, other=0.0)
        body += share
        at = tl.load(lender + k * size + pixel, mask=inside, other=0)
        lit = inside & (share > 0) & (at >= 0)
        if tl.max(lit.to(tl.int32), 0) > 0:
            t = tl.load(number + at, mask=lit, other=-1)
            lit = lit & (t >= 0) & (t < triangle_count)
            own = tl.load(plane + t * 2, mask=lit, other=0).to(tl.int64)
            other = tl.load(plane + t * 2 + 1, mask=lit, other=0).to(tl.int64)
            corners = corners_of(bary, triangles, at, t, lit)
            spot = cell(carried(corners, place, 2, lit), carried(corners, place + 1, 2, lit), n, n)
            mixed = share * carried(corners, mix, 1, lit)
            has_own = lit & (own >= 0) & (own < plane_count)
            has_other = lit & (mixed > 0) & (other >= 0) & (other < plane_count)
            first = planes + own * size * 3
            second = planes + other * size * 3
            kept = share - mixed
            red += kept * between(first, spot, n, 3, has_own)
            green += kept * between(first + 1, spot, n, 3, has_own)
            blue += kept * between(first + 2, spot, n, 3, has_own)
            red += mixed * between(second, spot, n, 3, has_other)
            green += mixed * between(second + 1, spot, n, 3, has_other)
            blue += mixed * between(second + 2, spot, n, 3, has_other)

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
    some = tl.load(under + pixel, mask=inside, other=0.0) > 0
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
