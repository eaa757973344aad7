"""All operators, with random inputs that also leave what is in the picture."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from tests.kernels.harness import Call, Operator, Shape
from torch import Tensor

from bunraku.kernels import enlarge_flow, guide_head, paste, sample_texture, warp_occlude
from bunraku.kernels.enlarge import reference as enlarge_reference
from bunraku.kernels.head import reference as head_reference
from bunraku.kernels.pasting import reference as paste_reference
from bunraku.kernels.pasting.terms import inside
from bunraku.kernels.texture import reference as texture_reference
from bunraku.kernels.warp import reference as warp_reference


def _texture(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: B, K, C, h, w, H, W."""
    b, k, c, h, w, height, width = shape
    scores = np.exp(3 * rng.standard_normal((b, k + 1, height, width)))
    parts = (scores / scores.sum(1, keepdims=True))[:, 1:]
    u, v = rng.uniform(-0.2, 1.2, (2, b, k, height, width))
    atlas = rng.standard_normal((b, k, c, h, w))
    return Call(tuple(np.ascontiguousarray(a, np.float32) for a in (atlas, parts, u, v)))


def _warp(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: B, C, h, w, H, W."""
    b, c, h, w, height, width = shape
    features = rng.standard_normal((b, c, h, w), np.float32)
    flow = rng.uniform(-1.1, 1.1, (b, 2, height, width)).astype(np.float32)
    return Call((features, flow, rng.random((b, 1, height, width), np.float32)))


def torn_flow(rng: np.random.Generator, batch: int, n: int) -> Any:
    """``[B,2,n,n]``: smooth but for a block in the middle, which moves elsewhere."""
    flow = rng.uniform(-0.04, 0.04, (batch, 2, n, n)).astype(np.float32)
    flow[:, 0, n // 3 : 2 * n // 3, n // 4 :] += 0.5
    flow[:, 1, n // 2 :] -= 0.3
    return flow


def _enlarge(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: B, n, side."""
    batch, n, side = shape
    return Call((torn_flow(rng, batch, n),), {"side": side})


def _head(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: B, n."""
    batch, n = shape
    surface = rng.random((batch, 73, n, n), np.float32)
    surface[:, 23:25] *= surface[:, 23:25] > 0.4
    surface[:, 23:25, n // 2 + 1 :] = 0.0  # rows without a head
    head = np.array([1.1, 0.1, 0.2, -0.1, 0.9, -0.3, 0.8], np.float32)
    heads = head + rng.uniform(-0.1, 0.1, (batch, 7)).astype(np.float32)
    return Call((rng.standard_normal((batch, 6, n, n), np.float32), surface, heads))


def _paste(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: H, W, n, left + 100, top + 100, side, with detail if 1, mixed if 2."""
    height, width, n, left, top, side, detailed = shape
    box = (left - 100, top - 100, side)
    x0, y0, x1, y1 = inside(box, (height, width))
    pictures = rng.integers(0, 256, (2, height, width, 3), np.uint8)
    mask = np.clip(rng.uniform(-0.3, 1.3, (1, 1, n, n)), 0, 1).astype(np.float32)
    image = rng.random((1, 3, n, n), np.float32)
    fade = (rng.random(x1 - x0, np.float32), rng.random(y1 - y0, np.float32))
    arrays = (*pictures, image, mask, *fade)
    if detailed:
        trust = np.clip(rng.uniform(-0.5, 1.0, (1, 1, n, n)), 0, 1).astype(np.float32)
        warped = rng.random((1, 5, n, n), np.float32)
        arrays += (trust, warped, torn_flow(rng, 1, n))
    return Call(arrays, {"box": box, "mixed": detailed == 2})


def flat_paste(
    plate: Any, photo: Any, image: Any, mask: Any, x: Any, y: Any, *detail: Any, **options: Any
) -> Any:
    """``paste`` with all arrays in a row."""
    box = options.pop("box")
    return paste(plate, photo, image, mask, box, fade=(x, y), detail=detail or None, **options)


def _flat_reference(
    plate: Tensor,
    photo: Tensor,
    image: Tensor,
    mask: Tensor,
    x: Tensor,
    y: Tensor,
    *detail: Any,
    box: tuple[int, int, int],
    mixed: bool,
) -> Tensor:
    return paste_reference.paste(
        plate, photo, image, mask, box, fade=(x, y), detail=detail or None, mixed=mixed
    )


TEXTURE = Operator(
    "texture",
    partial(sample_texture, minimum_weight=0.0),
    texture_reference.sample_texture,
    _texture,
    (
        (1, 1, 1, 1, 1, 1, 1),
        (1, 24, 16, 8, 8, 33, 31),
        (3, 2, 17, 1, 6, 3, 3),
        (2, 5, 3, 7, 5, 6, 9),
    ),
)
WARP = Operator(
    "warp",
    warp_occlude,
    warp_reference.warp_occlude,
    _warp,
    ((1, 1, 1, 1, 1, 1), (1, 64, 32, 32, 32, 32), (3, 5, 1, 9, 40, 33), (2, 3, 7, 5, 6, 19)),
)
ENLARGE = Operator(
    "enlarge",
    enlarge_flow,
    enlarge_reference.enlarge_flow,
    _enlarge,
    ((1, 1, 2), (1, 1, 5), (1, 2, 3), (3, 7, 14), (1, 9, 23), (1, 8, 5), (2, 32, 64)),
)
HEAD = Operator(
    "head", guide_head, head_reference.guide_head, _head, ((1, 1), (1, 2), (3, 5), (1, 33), (2, 16))
)
PASTE = Operator(
    "paste",
    flat_paste,
    _flat_reference,
    _paste,
    (
        (1, 1, 1, 100, 100, 1, 1),
        (1, 9, 2, 99, 97, 7, 1),
        (40, 33, 16, 300, 100, 20, 1),  # beside the photo
        (40, 33, 16, 85, 92, 64, 1),  # all around it
        (41, 57, 17, 110, 107, 23, 0),
        (41, 57, 17, 110, 107, 23, 1),
        (1, 1, 1, 100, 100, 1, 2),
        (41, 57, 17, 110, 107, 23, 2),
        (60, 50, 16, 95, 110, 40, 2),
        (60, 50, 16, 95, 110, 40, 1),
    ),
    differentiable=False,
)
OPERATORS = (TEXTURE, WARP, ENLARGE, HEAD, PASTE)
