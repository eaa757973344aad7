"""``bunraku::warp_occlude``, and ``warp_occlude_scales`` for several at once: flow warp times
occlusion as operators of torch, with their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from bunraku.kernels.checks import check_shape, kept
from bunraku.kernels.torch_forms import (
    gradients_like,
    may_write,
    reference_gradients,
    suits_triton,
)
from bunraku.kernels.warp import reference


@torch.library.custom_op("bunraku::warp_occlude", mutates_args=())
def warp_occlude(features: Tensor, flow: Tensor, occlusion: Tensor) -> Tensor:
    """As ``bunraku.kernels.warp_occlude`` says."""
    return _warped([features], [flow], [occlusion])[0]


@warp_occlude.register_fake
def _(features: Tensor, flow: Tensor, *_: Tensor) -> Tensor:
    return _like(features, flow)


@torch.library.custom_op("bunraku::warp_occlude_scales", mutates_args=())
def warp_occlude_scales(
    features: Sequence[Tensor], flow: Sequence[Tensor], occlusion: Sequence[Tensor]
) -> list[Tensor]:
    """As ``bunraku.kernels.warp_occlude_scales`` says."""
    return _warped(features, flow, occlusion)


@warp_occlude_scales.register_fake
def _(features: Sequence[Tensor], flow: Sequence[Tensor], *_: Sequence[Tensor]) -> list[Tensor]:
    return [_like(f, d) for f, d in zip(features, flow, strict=True)]


@torch.library.custom_op("bunraku::warp_occlude_gradients", mutates_args=(), device_types="cuda")
def warp_occlude_gradients(
    features: Sequence[Tensor],
    flow: Sequence[Tensor],
    occlusion: Sequence[Tensor],
    pull: Sequence[Tensor],
) -> list[Tensor]:
    """Of all features, then all flows, then all occlusions; not differentiable again."""
    from bunraku.kernels.warp import triton_cuda

    return triton_cuda.gradients(features, flow, occlusion, pull)


@warp_occlude_gradients.register_fake
def _(
    features: Sequence[Tensor], flow: Sequence[Tensor], occlusion: Sequence[Tensor], *_: Any
) -> list[Tensor]:
    tensors = (*features, *flow, *occlusion)
    return gradients_like(tensors, (True,) * len(tensors))


def warp_occlude_into(
    features: Tensor, flow: Tensor, occlusion: Tensor, out: Tensor | None
) -> Tensor:
    """The same where it is wanted, which Triton's form writes at once."""
    if out is not None and suits_triton(features) and may_write(out, features, flow, occlusion):
        return _written([features], [flow], [occlusion], [out])[0]
    made: Tensor = kept(warp_occlude(features, flow, occlusion), out)
    return made


def warp_occlude_scales_into(
    features: Sequence[Tensor],
    flow: Sequence[Tensor],
    occlusion: Sequence[Tensor],
    out: Sequence[Tensor | None],
) -> list[Tensor]:
    """The same where they are wanted, which Triton's form writes at once."""
    into = [buffer for buffer in out if buffer is not None]
    scales = zip(out, features, flow, occlusion, strict=True)
    if suits_triton(features[0]) and all(may_write(*scale) for scale in scales):
        return _written(features, flow, occlusion, into)
    made = warp_occlude_scales(features, flow, occlusion)
    return [kept(result, buffer) for result, buffer in zip(made, out, strict=True)]


def _written(
    features: Sequence[Tensor],
    flow: Sequence[Tensor],
    occlusion: Sequence[Tensor],
    out: Sequence[Tensor],
) -> list[Tensor]:
    from bunraku.kernels.warp import triton_cuda

    for f, d, buffer in zip(features, flow, out, strict=True):
        check_shape("out", buffer, (d.shape[0], f.shape[1], *d.shape[2:]))
    return triton_cuda.warp_occlude(features, flow, occlusion, out)


def _warped(
    features: Sequence[Tensor], flow: Sequence[Tensor], occlusion: Sequence[Tensor]
) -> list[Tensor]:
    if suits_triton(features[0]):
        from bunraku.kernels.warp import triton_cuda

        return triton_cuda.warp_occlude(features, flow, occlusion)
    return [reference.warp_occlude(*scale) for scale in zip(features, flow, occlusion, strict=True)]


def _gradients(*given: Sequence[Tensor]) -> list[Tensor]:
    """Of features, flow and occlusion along the pull, kind after kind."""
    if suits_triton(given[0][0]):
        fast: list[Tensor] = warp_occlude_gradients(*given)
        return fast
    made = [
        reference_gradients(reference.warp_occlude, scale[:3], scale[3], (True,) * 3)
        for scale in zip(*given, strict=True)
    ]
    return [gradient for kind in zip(*made, strict=True) for gradient in kind]


def _like(features: Tensor, flow: Tensor) -> Tensor:
    return features.new_empty(flow.shape[0], features.shape[1], *flow.shape[2:])


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG001
    ctx.save_for_backward(*inputs)


def _backward(ctx: Any, pull: Tensor) -> tuple[Tensor, ...]:
    features, flow, occlusion = ctx.saved_tensors
    return tuple(_gradients([features], [flow], [occlusion], [pull]))


def _keep_scales(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:  # noqa: ARG001
    ctx.save_for_backward(*(tensor for kind in inputs for tensor in kind))


def _backward_scales(ctx: Any, pull: list[Tensor]) -> tuple[list[Tensor], ...]:
    n, kept = len(pull), ctx.saved_tensors
    made = _gradients(kept[:n], kept[n : 2 * n], kept[2 * n :], pull)
    return made[:n], made[n : 2 * n], made[2 * n :]


warp_occlude.register_autograd(_backward, setup_context=_keep)
warp_occlude_scales.register_autograd(_backward_scales, setup_context=_keep_scales)
