"""``bunraku::to_i420``: a picture as I420 as an operator of torch; not differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels.i420 import reference
from bunraku.kernels.i420.terms import shape_of
from bunraku.kernels.torch_forms import suits_triton


@torch.library.custom_op("bunraku::to_i420", mutates_args=())
def to_i420(picture: Tensor) -> Tensor:
    """As ``bunraku.kernels.to_i420`` says."""
    if suits_triton(picture):
        from bunraku.kernels.i420 import triton_cuda

        return triton_cuda.to_i420(picture)
    return reference.to_i420(picture)


@to_i420.register_fake
def _(picture: Tensor) -> Tensor:
    return picture.new_empty(shape_of(*picture.shape[:2]))
