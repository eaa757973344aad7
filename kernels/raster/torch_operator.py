"""``bunraku::rasterise`` and ``bunraku::interpolate`` as operators of torch; not differentiable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import torch
from torch import Tensor

from bunraku.kernels.raster import reference
from bunraku.kernels.torch_forms import suits_triton


@torch.library.custom_op("bunraku::rasterise", mutates_args=())
def rasterise(
    vertices: Tensor,
    triangles: Tensor,
    ends: Sequence[int],
    height: int,
    width: int,
    keep: Optional[Tensor],  # noqa: UP045 - torch reads the schema off it
    cull: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Depth, triangle and weights, as ``bunraku.kernels.rasterise_groups`` says."""
    if suits_triton(vertices):
        from bunraku.kernels.raster import triton_cuda

        return triton_cuda.rasterise(vertices, triangles, ends, (height, width), keep, cull)
    given = vertices.cpu().numpy(), triangles.cpu().numpy()
    kept = None if keep is None else keep.cpu().numpy()
    made = reference.rasterise_groups(*given, ends, (height, width), kept, cull)
    depth, number, bary = (torch.from_numpy(array).to(vertices.device) for array in made)
    return depth, number, bary


@rasterise.register_fake
def _(
    vertices: Tensor,
    triangles: Tensor,
    ends: Sequence[int],
    height: int,
    width: int,
    keep: Optional[Tensor],  # noqa: UP045, ARG001
    cull: bool,  # noqa: ARG001
) -> tuple[Tensor, Tensor, Tensor]:
    whole = len(ends) - 1, height, width
    return vertices.new_empty(whole), triangles.new_empty(whole), vertices.new_empty(*whole, 2)


@torch.library.custom_op("bunraku::interpolate", mutates_args=())
def interpolate(number: Tensor, bary: Tensor, triangles: Tensor, attributes: Tensor) -> Tensor:
    """As ``bunraku.kernels.interpolate`` says, of a raster's tensors."""
    if suits_triton(attributes):
        from bunraku.kernels.raster import triton_cuda

        return triton_cuda.interpolate(number, bary, triangles, attributes)
    given = (tensor.cpu().numpy() for tensor in (number, bary, triangles, attributes))
    return torch.from_numpy(reference.interpolate(*given)).to(attributes.device)


@interpolate.register_fake
def _(number: Tensor, bary: Tensor, triangles: Tensor, attributes: Tensor) -> Tensor:  # noqa: ARG001
    return attributes.new_empty(*number.shape, attributes.shape[1])
