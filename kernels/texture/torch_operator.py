"""``bunraku::sample_texture``: texture sampling as an operator of torch, with its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from bunraku.kernels.checks import check_shape, kept
from bunraku.kernels.texture import reference
from bunraku.kernels.torch_forms import (
    gradients_like,
    may_write,
    reference_gradients,
    suits_triton,
)


@torch.library.custom_op("bunraku::sample_texture", mutates_args=())
def sample_texture(
    atlas: Tensor, parts: Tensor, u: Tensor, v: Tensor, minimum_weight: float = 0.0
) -> Tensor:
    """As ``bunraku.kernels.sample_texture`` says."""
    if suits_triton(atlas):
        from bunraku.kernels.texture import triton_cuda

        return triton_cuda.sample_texture(atlas, parts, u, v, minimum_weight)
    return reference.sample_texture(atlas, parts, u, v)


def sample_texture_into(
    atlas: Tensor,
    parts: Tensor,
    u: Tensor,
    v: Tensor,
    minimum_weight: float,
    out: Tensor | None,
) -> Tensor:
    """The same where it is wanted, which Triton's form writes at once."""
    if out is not None and suits_triton(atlas) and may_write(out, atlas, parts, u, v):
        from bunraku.kernels.texture import triton_cuda

        check_shape("out", out, (parts.shape[0], atlas.shape[2], *parts.shape[2:]))
        return triton_cuda.sample_texture(atlas, parts, u, v, minimum_weight, out)
    made: Tensor = kept(sample_texture(atlas, parts, u, v, minimum_weight), out)
    return made


@sample_texture.register_fake
def _(atlas: Tensor, parts: Tensor, *_: Any) -> Tensor:
    return atlas.new_empty(parts.shape[0], atlas.shape[2], *parts.shape[2:])


@torch.library.custom_op("bunraku::sample_texture_gradients", mutates_args=(), device_types="cuda")
def sample_texture_gradients(
    atlas: Tensor,
    parts: Tensor,
    u: Tensor,
    v: Tensor,
    pull: Tensor,
    minimum_weight: float,
    wanted: Sequence[bool],
) -> list[Tensor]:
    """Those of the four tensors that are wanted, in their order; not differentiable again."""
    from bunraku.kernels.texture import triton_cuda

    made = triton_cuda.gradients(atlas, parts, u, v, pull, minimum_weight, wanted)
    return [gradient for gradient in made if gradient is not None]


@sample_texture_gradients.register_fake
def _(*given: Any) -> list[Tensor]:
    return gradients_like(given[:4], given[6])


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG001
    ctx.save_for_backward(*inputs[:4])
    ctx.minimum_weight = inputs[4]


def _backward(ctx: Any, pull: Tensor) -> tuple[Tensor | None, ...]:
    wanted = list(ctx.needs_input_grad[:4])
    tensors = ctx.saved_tensors
    if suits_triton(tensors[0]):
        made = sample_texture_gradients(*tensors, pull, ctx.minimum_weight, wanted)
    else:
        made = reference_gradients(reference.sample_texture, tensors, pull, wanted)
    remaining = iter(made)
    return (*(next(remaining) if wants else None for wants in wanted), None)


sample_texture.register_autograd(_backward, setup_context=_keep)
