"""Where sheets and body are, on a GPU: kernels of ``triton_cuda``."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def cover(
    numbers: tl.tensor,
    body_number: tl.tensor,
    body_depth: tl.tensor,
    covered: tl.tensor,
    under: tl.tensor,
    surface: tl.tensor,
    lender: tl.tensor,
    groups: tl.tensor,
    n: tl.tensor,
    behind: tl.tensor,
    AROUND: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    """Where any of the sheets is, and where the body, and so a pixel beyond its edges; and where it
    goes on behind itself.

    :param covered: ``[n,n]`` uint8, written.
    :param under: ``[5,n,n]``, written: of the pixel and those around it in the window, in how many
        the body's nearer part is, in how many what it has behind that, and in how many it is not;
        from which depth on the first of them hides the photo, and from which all that do.
    :param surface: ``[n,n]``, written: the body's depth; +inf where it is not.
    :param lender: ``[2,n,n]``, written: the pixels that tell what the nearer part looks like, and
        what is behind that; or -1.
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
    depth = tl.load(body_depth + pixel, mask=own, other=float("inf"))
    tl.store(surface + pixel, depth, mask=inside)
    nearest = depth
    farthest = tl.where(own, depth, float("-inf"))
    counted = tl.full((PIXELS,), 1.0, tl.float32)
    filled = own.to(tl.float32)
    for k in tl.static_range(len(AROUND)):
        y = row + AROUND[k][0]
        x = column + AROUND[k][1]
        within = inside & (y >= 0) & (y < n) & (x >= 0) & (x < n)
        other = tl.load(body_number + y * n + x, mask=within, other=-1) >= 0
        its = tl.load(body_depth + y * n + x, mask=other, other=float("inf"))
        nearest = tl.minimum(nearest, its)
        farthest = tl.maximum(farthest, tl.where(other, its, float("-inf")))
        filled += other.to(tl.float32)
        counted += within.to(tl.float32)
    first = nearest + behind
    close = own & (depth <= first)
    near = close.to(tl.float32)
    lends = tl.where(close, pixel, -1)
    lends_far = tl.where(own & (close == 0), pixel, -1)
    for k in tl.static_range(len(AROUND)):
        y = row + AROUND[k][0]
        x = column + AROUND[k][1]
        within = inside & (y >= 0) & (y < n) & (x >= 0) & (x < n)
        other = tl.load(body_number + y * n + x, mask=within, other=-1) >= 0
        its = tl.load(body_depth + y * n + x, mask=other, other=float("inf"))
        close = other & (its <= first)
        near += close.to(tl.float32)
        lends = tl.where(close & (lends < 0), y * n + x, lends)
        lends_far = tl.where(other & (close == 0) & (lends_far < 0), y * n + x, lends_far)
    tl.store(under + pixel, near, mask=inside)
    tl.store(under + size + pixel, filled - near, mask=inside)
    tl.store(under + 2 * size + pixel, counted - filled, mask=inside)
    tl.store(under + 3 * size + pixel, first, mask=inside)
    tl.store(under + 4 * size + pixel, farthest + behind, mask=inside)
    tl.store(lender + pixel, lends, mask=inside)
    tl.store(lender + size + pixel, lends_far, mask=inside)


@triton.jit
def later(
    surface: tl.tensor,
    row: tl.tensor,
    column: tl.tensor,
    n: tl.tensor,
    first: tl.tensor,
    behind: tl.tensor,
    deep: tl.tensor,
    asks: tl.tensor,
    AROUND: tl.constexpr,
) -> tl.tuple:
    """In how many of a pixel and those around it the body does not hide what lies so deep: of its
    nearer part, and of what it has behind that.

    :param surface: of ``cover``; :param first: from which depth on it hides, of the same.
    """
    its = tl.load(surface + row * n + column, mask=asks, other=float("inf"))
    shows = (its + behind > deep) & (its < float("inf"))
    near = (shows & (its <= first)).to(tl.float32)
    far = (shows & (its > first)).to(tl.float32)
    for k in tl.static_range(len(AROUND)):
        y = row + AROUND[k][0]
        x = column + AROUND[k][1]
        within = asks & (y >= 0) & (y < n) & (x >= 0) & (x < n)
        its = tl.load(surface + y * n + x, mask=within, other=float("inf"))
        shows = (its + behind > deep) & (its < float("inf"))
        near += (shows & (its <= first)).to(tl.float32)
        far += (shows & (its > first)).to(tl.float32)
    return near, far


@triton.jit
def give(rest: tl.tensor, counted: tl.tensor, weight: tl.tensor, some: tl.tensor) -> tl.tuple:
    """What is left of a pixel, and how much is seen of what takes the share of some of the pixels
    around that have not been told of yet."""
    share = tl.where(some > 0, rest * (some / tl.where(some > 0, counted, 1.0)), 0.0)
    return rest - share, counted - some, weight + share


@triton.jit
def whole(under: tl.tensor, pixel: tl.tensor, size: tl.tensor, asks: tl.tensor) -> tl.tensor:
    """Whether the body fills a pixel, of those that ask.

    :param under: of ``cover``.
    """
    filled = tl.load(under + pixel, mask=asks, other=0.0) > 0
    return filled & (tl.load(under + 2 * size + pixel, mask=asks, other=1.0) == 0)
