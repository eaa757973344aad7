"""``bunraku::guide_head``: the head's guide as an operator of torch, with its gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bunraku.kernels.checks import check_shape, kept
from bunraku.kernels.head import reference
from bunraku.kernels.torch_forms import may_write, reference_gradients, suits_triton


@torch.library.custom_op("bunraku::guide_head", mutates_args=())
def guide_head(prior: Tensor, surface: Tensor, head: Tensor) -> Tensor:
    """As ``bunraku.kernels.guide_head`` says."""
    if suits_triton(prior):
        from bunraku.kernels.head import triton_cuda

        return triton_cuda.guide_head(prior, surface, head)
    return reference.guide_head(prior, surface, head)


def guide_head_into(prior: Tensor, surface: Tensor, head: Tensor, out: Tensor | None) -> Tensor:
    """The same where it is wanted, which Triton's form writes at once."""
    if out is not None and suits_triton(prior) and may_write(out, prior, surface, head):
        from bunraku.kernels.head import triton_cuda

        check_shape("out", out, tuple(prior.shape))
        return triton_cuda.guide_head(prior, surface, head, out)
    made: Tensor = kept(guide_head(prior, surface, head), out)
    return made


@guide_head.register_fake
def _(prior: Tensor, *_: Tensor) -> Tensor:
    return prior.new_empty(prior.shape)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG001
    ctx.save_for_backward(*inputs)


def _backward(ctx: Any, pull: Tensor) -> tuple[Tensor | None, ...]:
    # A few sums for each pixel, in training alone: the reference does.
    wanted = list(ctx.needs_input_grad)
    made = iter(reference_gradients(reference.guide_head, ctx.saved_tensors, pull, wanted))
    return tuple(next(made) if wants else None for wants in wanted)


guide_head.register_autograd(_backward, setup_context=_keep)
