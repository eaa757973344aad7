"""``bunraku::read_window``: reading a window as an operator of torch; not differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels.torch_forms import suits_triton
from bunraku.kernels.window import reference


@torch.library.custom_op("bunraku::read_window", mutates_args=())
def read_window(
    frame: Tensor,
    matrix: Tensor,
    size: int,
    samples: int,
    scale: float,
    offset: float,
    dtype: torch.dtype,
) -> Tensor:
    """As ``bunraku.kernels.read_window`` says."""
    if suits_triton(matrix):
        from bunraku.kernels.window import triton_cuda

        return triton_cuda.read_window(
            *(frame, matrix, size), samples=samples, scale=scale, offset=offset, dtype=dtype
        )
    return reference.read_window(
        *(frame, matrix, size), samples=samples, scale=scale, offset=offset, dtype=dtype
    )


@read_window.register_fake
def _(
    frame: Tensor,
    matrix: Tensor,  # noqa: ARG001
    size: int,
    samples: int,  # noqa: ARG001
    scale: float,  # noqa: ARG001
    offset: float,  # noqa: ARG001
    dtype: torch.dtype,
) -> Tensor:
    return frame.new_empty(1, 3, size, size, dtype=dtype)
