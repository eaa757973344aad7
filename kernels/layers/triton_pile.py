"""What the groups of a photo show at each pixel, piled up on a GPU: kernels of ``triton_cuda``."""

from __future__ import annotations

import triton
import triton.language as tl

from bunraku.kernels.layers.triton_body import give, later, whole
from bunraku.kernels.triton_reading import between, cell, clamped


@triton.jit
def corners_of(
    bary: tl.tensor, triangles: tl.tensor, at: tl.tensor, t: tl.tensor, seen: tl.tensor
) -> tl.tuple:
    """The corners of a triangle, and their weights at a pixel that it is seen at."""
    a = tl.load(triangles + t * 3, mask=seen, other=0)
    b = tl.load(triangles + t * 3 + 1, mask=seen, other=0)
    c = tl.load(triangles + t * 3 + 2, mask=seen, other=0)
    u = tl.load(bary + at * 2, mask=seen, other=0.0)
    v = tl.load(bary + at * 2 + 1, mask=seen, other=0.0)
    return a, b, c, u, v


@triton.jit
def carried(
    corners: tl.tensor, attributes: tl.tensor, count: tl.tensor, seen: tl.tensor
) -> tl.tensor:
    """One of the ``count`` attributes that a triangle's corners carry, at a pixel."""
    value = corners[3] * tl.load(attributes + corners[0] * count, mask=seen, other=0.0)
    value += corners[4] * tl.load(attributes + corners[1] * count, mask=seen, other=0.0)
    rest = 1.0 - corners[3] - corners[4]
    return value + rest * tl.load(attributes + corners[2] * count, mask=seen, other=0.0)


@triton.jit
def alike(
    x: tl.tensor, y: tl.tensor, other_x: tl.tensor, other_y: tl.tensor, apart: tl.tensor
) -> tl.tensor:
    """Whether two fragments read the same place of the photo."""
    return (tl.abs(x - other_x) < apart) & (tl.abs(y - other_y) < apart)


@triton.jit
def lay(
    depths: tl.tensor,
    numbers: tl.tensor,
    barys: tl.tensor,
    triangles: tl.tensor,
    place: tl.tensor,
    cut: tl.tensor,
    share: tl.tensor,
    members: tl.tensor,
    covered: tl.tensor,
    stack: tl.tensor,
    groups: tl.tensor,
    triangle_count: tl.tensor,
    n: tl.tensor,
    steepness: tl.tensor,
    AROUND: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    """What a group shows at each pixel.

    :param stack: ``[4,g,n,n]``, written: its depth, +inf for none; x and y in the photo; and how
        much of the pixel is its.
    """
    g = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    size = n * n
    inside = pixel < size
    row = pixel // n
    column = pixel - row * n
    t = tl.load(numbers + g * size + pixel, mask=inside, other=-1)
    seen = inside & (t >= 0) & (t < triangle_count)
    corners = corners_of(barys + g * size * 2, triangles, pixel, t, seen)
    part = carried(corners, share, 1, seen)
    seen = seen & (part > 0)
    x = carried(corners, place, 2, seen)
    y = carried(corners, place + 1, 2, seen)
    cutting = seen & (tl.load(cut + t, mask=seen, other=0) != 0)
    own = between(members + g * size, cell(x, y, n, n), n, 1, cutting)
    part *= tl.where(cutting, clamped((own - 0.5) * steepness + 0.5, 1.0), 1.0)
    filled = seen.to(tl.float32)
    counted = tl.full((PIXELS,), 1.0, tl.float32)
    beside = seen
    for k in tl.static_range(len(AROUND)):
        down = row + AROUND[k][0]
        right = column + AROUND[k][1]
        within = seen & (down >= 0) & (down < n) & (right >= 0) & (right < n)
        other = tl.load(covered + down * n + right, mask=within, other=0) != 0
        filled += other.to(tl.float32)
        counted += within.to(tl.float32)
        if AROUND[k][0] * AROUND[k][1] == 0:
            beside = beside & other
    part *= tl.where(beside, 1.0, filled / counted)  # soft at the outline of all the sheets
    depth = tl.load(depths + g * size + pixel, mask=seen, other=float("inf"))
    stack += g * size
    plane = groups.to(tl.int64) * size
    tl.store(stack + pixel, depth, mask=inside)
    tl.store(stack + plane + pixel, x, mask=inside)
    tl.store(stack + 2 * plane + pixel, y, mask=inside)
    tl.store(stack + 3 * plane + pixel, tl.where(seen, part, 0.0), mask=inside)


@triton.jit
def weigh(
    stack: tl.tensor,
    under: tl.tensor,
    surface: tl.tensor,
    picture: tl.tensor,
    rim: tl.tensor,
    core: tl.tensor,
    chosen: tl.tensor,
    weight: tl.tensor,
    mask: tl.tensor,
    groups: tl.tensor,
    n: tl.tensor,
    reach: tl.tensor,
    behind: tl.tensor,
    still_px: tl.tensor,
    alike_px: tl.tensor,
    trace: tl.tensor,
    AROUND: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    """Down through each pixel, the nearest first: each shows its share of what is left.

    :param stack: of ``lay``; how much of the pixel is a group's becomes what is to be seen of it.
    :param chosen: ``[n,n]``, written: the group that shows most, or -1.
    :param under: of ``cover``; :param surface: of the same.
    :param weight: ``[2,n,n]``, written: how much is to be seen of the body's nearer part, and of
        what it has behind that.
    """
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    size = n * n
    inside = pixel < size
    row = pixel // n
    column = pixel - row * n
    plane = groups.to(tl.int64) * size
    near = tl.load(under + pixel, mask=inside, other=0.0)
    far = tl.load(under + size + pixel, mask=inside, other=0.0)
    counted = near + far + tl.load(under + 2 * size + pixel, mask=inside, other=0.0)
    first = tl.load(under + 3 * size + pixel, mask=inside, other=float("inf"))
    last_of_all = tl.load(under + 4 * size + pixel, mask=inside, other=float("-inf"))
    many = tl.zeros((PIXELS,), tl.int32)
    for g in range(groups):
        depth = tl.load(stack + g * size + pixel, mask=inside, other=float("inf"))
        many += (depth < float("inf")).to(tl.int32)
    amid = (row >= reach) & (column >= reach) & (row + reach < n) & (column + reach < n)
    amid = whole(under, pixel, size, inside & (many > 0) & amid)
    for k in tl.static_range(4):
        step = reach * (n if k < 2 else 1) * (1 if k % 2 == 0 else -1)
        amid = amid & whole(under, pixel + step, size, amid)
    still_rim = tl.load(rim + pixel, mask=inside & (many > 0), other=0.0)

    rest = tl.full((PIXELS,), 1.0, tl.float32)
    body = tl.zeros((PIXELS,), tl.float32)
    further = tl.zeros((PIXELS,), tl.float32)
    best = tl.zeros((PIXELS,), tl.float32)
    shows = tl.full((PIXELS,), -1, tl.int32)
    shows_x = tl.full((PIXELS,), float("inf"), tl.float32)
    shows_y = tl.full((PIXELS,), float("inf"), tl.float32)
    last = tl.full((PIXELS,), float("-inf"), tl.float32)
    last_group = tl.full((PIXELS,), -1, tl.int32)
    for _ in range(tl.max(many, 0)):
        # The next one behind the last; of several at one depth the first group.
        depth = tl.full((PIXELS,), float("inf"), tl.float32)
        group = tl.full((PIXELS,), -1, tl.int32)
        for g in range(groups):
            other = tl.load(stack + g * size + pixel, mask=inside, other=float("inf"))
            beyond = (other > last) | ((other == last) & (last_group < g))
            nearer = beyond & (other < depth)
            depth = tl.where(nearer, other, depth)
            group = tl.where(nearer, g, group)
        there = inside & (group >= 0)
        last = tl.where(there, depth, last)
        last_group = tl.where(there, group, last_group)
        at = group.to(tl.int64) * size + pixel
        x = tl.load(stack + plane + at, mask=there, other=0.0)
        y = tl.load(stack + 2 * plane + at, mask=there, other=0.0)
        part = tl.load(stack + 3 * plane + at, mask=there, other=0.0)
        apart = (shows < 0) | (alike(x, y, shows_x, shows_y, alike_px) == 0)
        hides = there & apart & (near + far > 0) & (depth >= first)
        still_near = tl.where(hides, 0.0, near)
        still_far = tl.where(hides, 0.0, far)
        asks = hides & (depth < last_of_all)
        if tl.max(asks.to(tl.int32), 0) > 0:
            of_near, of_far = later(surface, row, column, n, first, behind, depth, asks, AROUND)
            still_near = tl.where(asks, of_near, still_near)
            still_far = tl.where(asks, of_far, still_far)
        rest, counted, body = give(rest, counted, body, near - still_near)
        rest, counted, further = give(rest, counted, further, far - still_far)
        near = still_near
        far = still_far
        moved = tl.maximum(tl.abs(x - column), tl.abs(y - row))
        still = clamped(still_px - moved, 1.0)
        place = cell(x, y, n, n)
        alpha = tl.maximum(between(picture + 3, place, n, 4, there), still * still_rim)
        nearest = (place[1] + (place[3] > 0.5).to(tl.int32)) * n
        nearest += place[0] + (place[2] > 0.5).to(tl.int32)
        fades = there & amid & (still < 1.0)
        inner = tl.load(core + nearest, mask=fades, other=1.0)
        alpha *= tl.where(fades, tl.maximum(inner, still), 1.0)
        left = there & (rest > 0)
        share = tl.where(left, tl.minimum(part * alpha, rest), 0.0)
        rest -= share
        tl.store(stack + 3 * plane + at, share, mask=there)
        counts = share + trace * part
        better = left & (counts > best)
        best = tl.where(better, counts, best)
        shows = tl.where(better, group, shows)
        shows_x = tl.where(better, x, shows_x)
        shows_y = tl.where(better, y, shows_y)
    rest, counted, body = give(rest, counted, body, near)
    rest, counted, further = give(rest, counted, further, far)
    tl.store(chosen + pixel, shows, mask=inside)
    tl.store(weight + pixel, body, mask=inside)
    tl.store(weight + size + pixel, further, mask=inside)
    tl.store(mask + pixel, 1.0 - rest, mask=inside)
