"""Enlarging a flow on a GPU, in Triton: every output pixel looks for itself whether it is torn.

The nine neighbours of an input pixel are read again for each of its outputs, from the cache, which
saves a second launch that would first mark the torn ones.
"""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.enlarge.tears import TORN
from bunraku.kernels.triton_launch import launch
from bunraku.kernels.triton_reading import neighbours

PIXELS = 128
"""A program's."""
WARPS = 4


def enlarge_flow(flow: Tensor, side: int, out: Tensor | None = None) -> Tensor:
    """As ``bunraku.kernels.enlarge_flow`` says, for a tensor up to float32."""
    batch, _, n, _ = flow.shape
    if out is None:
        out = flow.new_empty(batch, 2, side, side)
    launch(
        _enlarge,
        (triton.cdiv(side * side, PIXELS), batch),
        flow,
        *(flow.contiguous(), out, n, side, n / side, TORN),
        PIXELS=PIXELS,
        num_warps=WARPS,
    )
    return out


@triton.jit
def _enlarge(
    flow: tl.tensor,
    out: tl.tensor,
    n: tl.tensor,
    side: tl.tensor,
    scale: tl.tensor,
    torn_from: tl.tensor,
    PIXELS: tl.constexpr,
) -> None:
    b = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < side * side
    row = pixel // side
    column = pixel - row * side
    x0, x1, right, _x = neighbours((column + 0.5) * scale - 0.5, n)
    y0, y1, lower, _y = neighbours((row + 0.5) * scale - 0.5, n)
    nearest_x = column * n // side
    nearest_y = row * n // side
    flow += b * 2 * n * n
    out += b * 2 * side * side
    torn = nearest_x < 0  # nowhere yet
    for axis in tl.static_range(2):
        plane = flow + axis * n * n
        least = tl.load(plane + nearest_y * n + nearest_x, mask=inside, other=0.0).to(tl.float32)
        most = least
        for i in tl.static_range(9):
            y = tl.minimum(tl.maximum(nearest_y + (i // 3 - 1), 0), n - 1)
            x = tl.minimum(tl.maximum(nearest_x + (i % 3 - 1), 0), n - 1)
            value = tl.load(plane + y * n + x, mask=inside, other=0.0).to(tl.float32)
            least = tl.minimum(least, value)
            most = tl.maximum(most, value)
        torn = torn | (most - least > torn_from)
    for axis in tl.static_range(2):
        plane = flow + axis * n * n
        nearest = tl.load(plane + nearest_y * n + nearest_x, mask=inside, other=0.0)
        v00 = tl.load(plane + y0 * n + x0, mask=inside, other=0.0).to(tl.float32)
        v01 = tl.load(plane + y0 * n + x1, mask=inside, other=0.0).to(tl.float32)
        v10 = tl.load(plane + y1 * n + x0, mask=inside, other=0.0).to(tl.float32)
        v11 = tl.load(plane + y1 * n + x1, mask=inside, other=0.0).to(tl.float32)
        above = v00 + (v01 - v00) * right
        below = v10 + (v11 - v10) * right
        value = tl.where(torn, nearest.to(tl.float32), above + (below - above) * lower)
        tl.store(out + axis * side * side + pixel, value.to(out.dtype.element_ty), mask=inside)
