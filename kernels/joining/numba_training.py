"""Joining in bfloat16 with gradients on a CPU: each number is read once and written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from bunraku.kernels.jit import INDEX, kernel, read_only, share, strided

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
        if all(one.dtype == torch.bfloat16 for one in maps):
            return _in_one_piece(torch.cat(maps, 1))
        batch, _, height, width = maps[0].shape
        channels = sum(one.shape[1] for one in maps)
        out = torch.zeros(batch, height, width, channels, dtype=torch.bfloat16)
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
        parts = zip(torch.split(gradient, counts, 1), ctx.kinds, ctx.needs_input_grad, strict=True)
        # What is enlarged or gathered before it is far quicker at gradients that lie in one piece.
        return tuple(
            _in_one_piece(part.to(kind[1], memory_format=torch.channels_last)) if wanted else None
            for part, kind, wanted in parts
        )


def _in_one_piece(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _join(values: Any, bits: Any, start: int) -> None:
    innermost = np.moveaxis(values, 1, -1)
    run, layout = (_innermost, innermost) if innermost.flags.c_contiguous else (_planes, values)

    def rows(first: int, step: int) -> None:
        run(layout, bits, start, first, step)

    share(rows, bits.shape[0] * bits.shape[1], torch.get_num_threads())


@numba.njit(inline="always")
def _rounded(bits: Any) -> Any:
    """A float32's bits to those of the nearest bfloat16, of two as near to the even one."""
    kept = bits >> np.uint32(16)
    nearest = (bits + np.uint32(0x7FFF) + (kept & np.uint32(1))) >> np.uint32(16)
    # Of NaN one bit is set, lest it become infinite.
    is_nan = (bits & np.uint32(0x7FFFFFFF)) > np.uint32(0x7F800000)
    return np.uint16(kept | np.uint32(0x40) if is_nan else nearest)


@kernel((strided(4, numba.uint32), _BFLOAT16, INDEX, INDEX, INDEX))
def _planes(values: Any, out: Any, start: Any, first: Any, step: Any) -> None:
    """Zeros are left out, which is what most of a surface's charts are made of."""
    batch, channels, height, width = values.shape
    for row in range(first, batch * height, step):
        b = row // height
        i = row % height
        for c in range(channels):
            for j in range(width):
                bits = values[b, c, i, j]
                if bits != 0:
                    out[b, i, j, start + c] = _rounded(bits)


@kernel((read_only(4, numba.uint32), _BFLOAT16, INDEX, INDEX, INDEX))
def _innermost(values: Any, out: Any, start: Any, first: Any, step: Any) -> None:
    batch, height, width, channels = values.shape
    for row in range(first, batch * height, step):
        b = row // height
        i = row % height
        for j in range(width):
            for c in range(channels):
                out[b, i, j, start + c] = _rounded(values[b, i, j, c])
