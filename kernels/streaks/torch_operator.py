"""``bunraku::unstreaked`` and ``bunraku::untorn`` as operators of torch; not differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels.streaks import reference
from bunraku.kernels.torch_forms import suits_triton


@torch.library.custom_op("bunraku::unstreaked", mutates_args=())
def unstreaked(moved: Tensor, triangles: Tensor, unstretched: Tensor, streaks: Tensor) -> Tensor:
    """As ``bunraku.kernels.unstreaked`` says."""
    if suits_triton(moved):
        from bunraku.kernels.streaks import triton_cuda

        return triton_cuda.unstreaked(moved, triangles, unstretched, streaks)
    given = (tensor.cpu().numpy() for tensor in (moved, triangles, unstretched, streaks))
    return torch.from_numpy(reference.unstreaked(*given)).to(moved.device)


@unstreaked.register_fake
def _(moved: Tensor, *_: Tensor) -> Tensor:
    return moved.new_empty(len(moved))


@torch.library.custom_op("bunraku::untorn", mutates_args=())
def untorn(moved: Tensor, triangles: Tensor, limits: Tensor) -> Tensor:
    """As ``bunraku.kernels.untorn`` says."""
    if suits_triton(moved):
        from bunraku.kernels.streaks import triton_cuda

        return triton_cuda.untorn(moved, triangles, limits)
    given = (tensor.cpu().numpy() for tensor in (moved, triangles, limits))
    return torch.from_numpy(reference.untorn(*given)).to(moved.device)


@untorn.register_fake
def _(moved: Tensor, triangles: Tensor, *_: Tensor) -> Tensor:
    return moved.new_empty(len(triangles), dtype=torch.bool)
