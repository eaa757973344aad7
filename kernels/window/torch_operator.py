"""``bunraku::read_window``: reading a window as an operator of torch; not differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels.checks import check_shape, kept
from bunraku.kernels.torch_forms import may_write, suits_triton
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


def read_window_into(
    frame: Tensor,
    matrix: Tensor,
    size: int,
    samples: int,
    scale: float,
    offset: float,
    dtype: torch.dtype,
    out: Tensor | None,
) -> Tensor:
    """The same where it is wanted, which Triton's form writes at once."""
    if out is not None and suits_triton(matrix) and may_write(out, out) and out.dtype == dtype:
        from bunraku.kernels.window import triton_cuda

        check_shape("out", out, (1, 3, size, size))
        return triton_cuda.read_window(
            *(frame, matrix, size),
            samples=samples,
            scale=scale,
            offset=offset,
            dtype=dtype,
            out=out,
        )
    made: Tensor = kept(read_window(frame, matrix, size, samples, scale, offset, dtype), out)
    return made


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
