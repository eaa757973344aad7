"""Joining in bfloat16 with gradients on a CPU: each number is read once and written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from bunraku.kernels.jit import INDEX, kernel, share

_ANY_LAYOUT = numba.types.Array(numba.uint32, 4, "A", readonly=True)
_BFLOAT16 = numba.types.Array(numba.uint16, 4, "C")


def join_channels(maps: Sequence[Tensor]) -> Tensor:
    """The reference's result rounded to bfloat16, ``[B,C,H,W]`` with the channels innermost.

    Raises:
        RuntimeError: shapes that do not fit.
    """
    batch, _, height, width = maps[0].shape
    for one in maps:
        if (one.shape[0], *one.shape[2:]) != (batch, height, width):
            raise RuntimeError(f"{list(one.shape)} does not join {list(maps[0].shape)}")
    apply: Any = _Join.apply
    result: Tensor = apply(*maps)
    return result


class _Join(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *maps: Tensor) -> Tensor:
        ctx.kinds = [(one.shape[1], one.dtype) for one in maps]
        batch, _, height, width = maps[0].shape
        channels = sum(one.shape[1] for one in maps)
        out = torch.empty(batch, height, width, channels, dtype=torch.bfloat16)
        bits = out.view(torch.int16).numpy().view(np.uint16)
        start = 0
        for one in maps:
            values = one.detach().float().numpy().view(np.uint32)
            _join(values, bits, start)
            start += one.shape[1]
        return out.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        counts = [count for count, _ in ctx.kinds]
        parts = zip(gradient.split(counts, 1), ctx.kinds, ctx.needs_input_grad, strict=True)
        return tuple(part.to(kind[1]) if wanted else None for part, kind, wanted in parts)


def _join(values: Any, bits: Any, start: int) -> None:
    def rows(first: int, step: int) -> None:
        _rounded(values, bits, start, first, step)

    share(rows, bits.shape[0] * bits.shape[1], torch.get_num_threads())


@kernel((_ANY_LAYOUT, _BFLOAT16, INDEX, INDEX, INDEX))
def _rounded(values: Any, out: Any, start: Any, first: Any, step: Any) -> None:
    """To the nearest bfloat16, of two as near to the even one; what is not finite stays so."""
    batch, channels, height, width = values.shape
    one, half = np.uint32(1), np.uint32(0x7FFF)
    upper, infinite = np.uint32(16), np.uint32(0x7F800000)
    for row in range(first, batch * height, step):
        b = row // height
        i = row % height
        for c in range(channels):
            for j in range(width):
                bits = values[b, c, i, j]
                kept = bits >> upper
                if (bits & infinite) == infinite:
                    # Infinity has no fraction; of NaN one bit is set, lest it become infinite.
                    if bits & np.uint32(0x007FFFFF):
                        kept = kept | np.uint32(0x0040)
                else:
                    kept = (bits + half + (kept & one)) >> upper
                out[b, i, j, start + c] = np.uint16(kept)
