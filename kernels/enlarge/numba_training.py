"""Enlarging a flow with gradients on a CPU: the Numba kernels behind autograd."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from bunraku.kernels.enlarge import numba_cpu
from bunraku.kernels.jit import BYTE, INDEX, kernel, read_only, share, written


def enlarge_flow(flow: Tensor, side: int) -> Tensor:
    """The reference's result and gradients, for CPU tensors up to float32."""
    apply: Any = _Enlarge.apply
    result: Tensor = apply(flow.float(), side)
    return result.to(flow.dtype)


class _Enlarge(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, flow: Tensor, side: int) -> Tensor:
        threads = torch.get_num_threads()
        made, torn = numba_cpu.enlarged(flow.detach().numpy(), side, threads=threads)
        ctx.shape, ctx.torn = flow.shape, torn
        return torch.from_numpy(made)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        made = torch.zeros(ctx.shape)
        near, far, weight, _ = numba_cpu.axis(ctx.shape[-1], gradient.shape[-1])
        arrays = ctx.torn, gradient.contiguous().numpy(), near, far, weight, made.numpy()

        def planes(first: int, step: int) -> None:
            _pulled(*arrays, first, step)

        share(planes, ctx.shape[0] * ctx.shape[1], torch.get_num_threads())
        return made, None


_TABLE = read_only(1, INDEX)


@kernel((read_only(3, BYTE), read_only(4), _TABLE, _TABLE, read_only(1), written(4), INDEX, INDEX))
def _pulled(
    torn: Any, gradient: Any, near: Any, far: Any, weight: Any, made: Any, first: Any, step: Any
) -> None:
    """Gradients of every ``step``-th plane: a thread alone writes those of its own planes."""
    batch, channels, n, _ = made.shape
    side = gradient.shape[3]
    for plane in range(first, batch * channels, step):
        b = plane // channels
        c = plane % channels
        for i in range(side):
            nearest_y = i * n // side
            for j in range(side):
                pull = gradient[b, c, i, j]
                nearest_x = j * n // side
                if torn[b, nearest_y, nearest_x]:
                    made[b, c, nearest_y, nearest_x] += pull
                    continue
                lower = pull * weight[i]
                upper = pull - lower
                made[b, c, near[i], near[j]] += upper - upper * weight[j]
                made[b, c, near[i], far[j]] += upper * weight[j]
                made[b, c, far[i], near[j]] += lower - lower * weight[j]
                made[b, c, far[i], far[j]] += lower * weight[j]
