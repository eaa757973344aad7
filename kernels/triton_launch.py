"""How the Triton kernels are started.

Written for Triton 3.6 and newer, which comes with torch for CUDA. Imported where a form is used: a
laptop install has no Triton.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor


def launch(
    kernel: Any,
    grid: tuple[int, ...],
    near: Tensor,
    *arguments: Any,
    fused: bool = True,
    **constants: Any,
) -> None:
    """Run a kernel on the device of ``near``, on torch's current stream there.

    :param fused: whether a product and a sum may be rounded once. Said at every launch, because
        Triton's own default changes with its version.
    :param grid: how many programs along each axis; where one is 0 there is nothing to do.
    :param arguments: tensors, numbers and tuples of them, in the order of the kernel.
    :param constants: the kernel's ``tl.constexpr`` by name, and ``num_warps``.
    """
    if 0 in grid:
        return
    # Triton starts kernels on the current device, wherever the tensors are.
    with torch.cuda.device(near.device) if near.is_cuda else nullcontext():
        kernel[grid](*arguments, enable_fp_fusion=fused, **constants)


def planes(tensor: Tensor) -> Tensor:
    """``[…,H,W]`` whose rows follow each other in memory, whatever the other strides; a copy only
    where they do not, so that the parts of a softmax without its background are read in place."""
    height, width = tensor.shape[-2:]
    dense = (width == 1 or tensor.stride(-1) == 1) and (height == 1 or tensor.stride(-2) == width)
    return tensor if dense else tensor.contiguous()
