"""``bunraku::enlarge_flow``: enlarging a flow as an operator of torch, with its gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bunraku.kernels.checks import check_shape, kept
from bunraku.kernels.enlarge import reference
from bunraku.kernels.torch_forms import may_write, reference_gradients, suits_triton


@torch.library.custom_op("bunraku::enlarge_flow", mutates_args=())
def enlarge_flow(flow: Tensor, side: int) -> Tensor:
    """As ``bunraku.kernels.enlarge_flow`` says."""
    if suits_triton(flow):
        from bunraku.kernels.enlarge import triton_cuda

        return triton_cuda.enlarge_flow(flow, side)
    return reference.enlarge_flow(flow, side)


def enlarge_flow_into(flow: Tensor, side: int, out: Tensor | None) -> Tensor:
    """The same where it is wanted, which Triton's form writes at once."""
    if out is not None and suits_triton(flow) and may_write(out, flow):
        from bunraku.kernels.enlarge import triton_cuda

        check_shape("out", out, (*flow.shape[:2], side, side))
        return triton_cuda.enlarge_flow(flow, side, out)
    made: Tensor = kept(enlarge_flow(flow, side), out)
    return made


@enlarge_flow.register_fake
def _(flow: Tensor, side: int) -> Tensor:
    return flow.new_empty(*flow.shape[:2], side, side)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG001
    ctx.save_for_backward(inputs[0])
    ctx.side = inputs[1]


def _backward(ctx: Any, pull: Tensor) -> tuple[Tensor, None]:
    # A few numbers for each pixel of a small picture, in training alone: the reference does.
    def enlarged(flow: Tensor) -> Tensor:
        return reference.enlarge_flow(flow, ctx.side)

    return reference_gradients(enlarged, ctx.saved_tensors, pull, (True,))[0], None


enlarge_flow.register_autograd(_backward, setup_context=_keep)
