"""What the torch operators share: which form suits a tensor, and the gradients of a reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor


def suits_triton(tensor: Tensor) -> bool:
    """Whether Triton's form is for tensors like this: on a GPU, and no wider than float32.

    Where Triton is not installed (torch for CUDA on Windows) the reference runs on the GPU.
    """
    return tensor.device.type == "cuda" and tensor.dtype != torch.float64 and _has_triton()


def suits_numba(tensor: Tensor) -> bool:
    """Whether the Numba form with gradients is for tensors like this: on the CPU, up to float32."""
    # A traced call has no memory to read: what is exported or compiled takes the plain form.
    real = not torch.compiler.is_compiling() and type(tensor) in (Tensor, torch.nn.Parameter)
    return real and tensor.device.type == "cpu" and tensor.dtype != torch.float64


def may_write(out: Tensor | None, *given: Tensor) -> bool:
    """Whether Triton's form of these tensors can write its result where it is wanted.

    Not what is traced or needs gradients: those see an operator that leaves its arguments alone.
    """
    if out is None or torch.compiler.is_compiling():
        return False
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (out, *given)):
        return False
    return out.is_contiguous() and out.dtype == given[0].dtype and out.device == given[0].device


@cache
def _has_triton() -> bool:
    return find_spec("triton") is not None


def reference_gradients(
    reference: Callable[..., Tensor],
    tensors: Sequence[Tensor],
    pull: Tensor,
    wanted: Sequence[bool],
) -> list[Tensor]:
    """Gradients of a plain form, which is run once more: those that are wanted, in order.

    For the backward function of an operator; inside of an operator torch records nothing.
    """
    inputs = [t.detach().requires_grad_(w) for t, w in zip(tensors, wanted, strict=True)]
    with torch.enable_grad():
        result = reference(*inputs)
    asked = [tensor for tensor in inputs if tensor.requires_grad]
    return list(torch.autograd.grad(result, asked, pull))


def gradients_like(tensors: Sequence[Tensor], wanted: Sequence[bool]) -> list[Tensor]:
    """The shapes of such gradients, for tracing."""
    return [torch.empty_like(t) for t, wants in zip(tensors, wanted, strict=True) if wants]
