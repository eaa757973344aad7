"""What the groups of a photo show at each pixel, piled up on a GPU: kernels of ``triton_cuda``."""

from __future__ import annotations

import triton
import triton.language as tl

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
def _rounded(place: tl.tensor) -> tl.tensor:
    """The nearest integer of what is not below 0; of two the even one, as numpy rounds."""
    whole = place.to(tl.int32)
    beyond = place - whole.to(tl.float32)
    up = (beyond > 0.5) | ((beyond == 0.5) & (whole % 2 == 1))
    return whole + up.to(tl.int32)


@triton.jit
def cover(
    numbers: tl.tensor,
    body_number: tl.tensor,
    body_depth: tl.tensor,
    covered: tl.tensor,
    shown: tl.tensor,
    lender: tl.tensor,
    surface: tl.tensor,
    groups: tl.tensor,
    n: tl.tensor,
    behind: tl.tensor,
    AROUND: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    """Where any of the sheets is, and where the body, its edges smoothed and so a pixel beyond.

    :param covered: ``[n,n]`` uint8, written.
    :param shown: ``[n,n]``, written: how much of a pixel the body fills.
    :param lender: ``[n,n]``, written: the pixel that tells what the body looks like, or -1.
    :param surface: ``[n,n]``, written: from which depth on it hides; +inf where it is not.
    """
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    size = n * n
    inside = pixel < size
    row = pixel // n
    column = pixel - row * n
    there = pixel < 0  # nowhere yet
    for g in range(groups):
        there = there | (tl.load(numbers + g * size + pixel, mask=inside, other=-1) >= 0)
    tl.store(covered + pixel, there.to(tl.uint8), mask=inside)
    own = tl.load(body_number + pixel, mask=inside, other=-1) >= 0
    filled = own.to(tl.float32)
    counted = tl.full((PIXELS,), 1.0, tl.float32)
    lends = tl.where(own, pixel, -1)
    for k in tl.static_range(len(AROUND)):
        y = row + AROUND[k][0]
        x = column + AROUND[k][1]
        within = inside & (y >= 0) & (y < n) & (x >= 0) & (x < n)
        other = tl.load(body_number + y * n + x, mask=within, other=-1) >= 0
        filled += other.to(tl.float32)
        counted += within.to(tl.float32)
        lends = tl.where(other & (lends < 0), y * n + x, lends)
    tl.store(shown + pixel, filled / counted, mask=inside)
    tl.store(lender + pixel, lends, mask=inside)
    depth = tl.load(body_depth + pixel, mask=inside & own, other=float("inf"))
    tl.store(surface + pixel, depth + behind, mask=inside)


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
    last = n * 1.0 - 1.0
    nearest = _rounded(clamped(y, last)) * n + _rounded(clamped(x, last))
    own = tl.load(members + g * size + nearest, mask=cutting, other=0.0)
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
    shown: tl.tensor,
    lender: tl.tensor,
    surface: tl.tensor,
    picture: tl.tensor,
    rim: tl.tensor,
    core: tl.tensor,
    chosen: tl.tensor,
    weight: tl.tensor,
    teller: tl.tensor,
    last_of_all: tl.tensor,
    mask: tl.tensor,
    groups: tl.tensor,
    n: tl.tensor,
    reach: tl.tensor,
    whole: tl.tensor,
    still_px: tl.tensor,
    alike_px: tl.tensor,
    trace: tl.tensor,
    AROUND: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    """Down through each pixel, the nearest first: each shows its share of what is left.

    :param stack: of ``lay``; how much of the pixel is a group's becomes what is to be seen of it.
    :param chosen: ``[n,n]``, written: the group that shows most, or -1.
    :param surface: of ``cover``; :param lender: likewise.
    :param weight: ``[n,n]``, written: how much is to be seen of the body before what it hides.
    :param teller: ``[n,n]``, written: the pixel that tells what that looks like, or -1.
    :param last_of_all: ``[n,n]``, written: how much is to be seen of the body behind all.
    """
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    size = n * n
    inside = pixel < size
    row = pixel // n
    column = pixel - row * n
    plane = groups.to(tl.int64) * size
    filled = tl.load(shown + pixel, mask=inside, other=0.0)
    tells = tl.load(lender + pixel, mask=inside, other=-1)
    counted = tl.full((PIXELS,), 1.0, tl.float32)
    for k in tl.static_range(len(AROUND)):
        down = row + AROUND[k][0]
        right = column + AROUND[k][1]
        counted += ((down >= 0) & (down < n) & (right >= 0) & (right < n)).to(tl.float32)
    many = tl.zeros((PIXELS,), tl.int32)
    for g in range(groups):
        depth = tl.load(stack + g * size + pixel, mask=inside, other=float("inf"))
        many += (depth < float("inf")).to(tl.int32)
    amid = (many > 0) & (filled > whole)
    amid = amid & (row >= reach) & (column >= reach) & (row + reach < n) & (column + reach < n)
    for k in tl.static_range(4):
        step = reach * (n if k < 2 else 1) * (1 if k % 2 == 0 else -1)
        amid = amid & (tl.load(shown + pixel + step, mask=amid, other=0.0) > whole)
    still_rim = tl.load(rim + pixel, mask=inside & (many > 0), other=0.0)

    rest = tl.full((PIXELS,), 1.0, tl.float32)
    body = tl.zeros((PIXELS,), tl.float32)
    hidden = tl.zeros((PIXELS,), tl.float32)
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
        asks = there & apart & (body == 0) & (filled > 0)
        its = tl.load(surface + pixel, mask=asks, other=float("inf"))
        before = asks & (its <= depth)
        hiding = before.to(tl.float32)
        first = tl.where(before, pixel, -1)
        for k in tl.static_range(len(AROUND)):
            down = row + AROUND[k][0]
            right = column + AROUND[k][1]
            within = asks & (down >= 0) & (down < n) & (right >= 0) & (right < n)
            its = tl.load(surface + down * n + right, mask=within, other=float("inf"))
            before = within & (its <= depth)
            hiding += before.to(tl.float32)
            first = tl.where(before & (first < 0), down * n + right, first)
        hides = first >= 0
        hidden = tl.where(hides, hiding / counted, hidden)
        tells = tl.where(hides, first, tells)
        body = tl.where(hides, rest * hidden, body)
        rest = tl.where(hides, rest - body, rest)
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
    behind_all = hidden < filled
    unseen = tl.where(behind_all, (filled - hidden) / tl.where(behind_all, 1.0 - hidden, 1.0), 0.0)
    unseen = rest * unseen
    rest -= unseen
    tl.store(chosen + pixel, shows, mask=inside)
    tl.store(weight + pixel, body, mask=inside)
    tl.store(teller + pixel, tells, mask=inside)
    tl.store(last_of_all + pixel, unseen, mask=inside)
    tl.store(mask + pixel, 1.0 - rest, mask=inside)
