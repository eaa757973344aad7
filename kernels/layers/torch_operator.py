"""``bunraku::compose``: composing layers as an operator of torch; not differentiable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from bunraku.kernels.checks import check_shape, kept
from bunraku.kernels.layers import reference
from bunraku.kernels.layers.terms import (
    OUT,
    PLANES,
    BodyMesh,
    PhotoMesh,
    TensorBodyMesh,
    TensorComposed,
    TensorPhotoMesh,
)
from bunraku.kernels.raster.terms import Raster, TensorRaster
from bunraku.kernels.torch_forms import may_write, suits_triton


def compose(
    sheets: Sequence[TensorRaster] | TensorRaster,
    photo: TensorPhotoMesh,
    raster: TensorRaster,
    body: TensorBodyMesh,
    behind: float,
    out: Tensor | None = None,
) -> TensorComposed:
    """As ``bunraku.kernels.compose`` says."""
    if isinstance(sheets, TensorRaster):
        piled = _tensors(sheets)
    else:
        piled = [torch.stack(tensors) for tensors in zip(*map(_tensors, sheets), strict=True)]
    made: Any
    given = piled, _tensors(photo), _tensors(raster), _tensors(body), behind
    if out is not None and suits_triton(raster.depth) and may_write(out, raster.depth):
        from bunraku.kernels.layers import triton_cuda

        n = piled[0].shape[-1]
        check_shape("out", out, (1, PLANES, n, n))
        made = triton_cuda.compose(*given, out)
    else:
        made = kept(_compose(*given), out)
    return TensorComposed(*made.split(list(OUT), 1))


@torch.library.custom_op("bunraku::compose", mutates_args=())
def _compose(
    sheets: Sequence[Tensor],
    photo: Sequence[Tensor],
    raster: Sequence[Tensor],
    body: Sequence[Tensor],
    behind: float,
) -> Tensor:
    if suits_triton(raster[0]):
        from bunraku.kernels.layers import triton_cuda

        return triton_cuda.compose(sheets, photo, raster, body, behind)
    device = raster[0].device
    piled, own, below, mesh = (
        [tensor.cpu().numpy() for tensor in tensors] for tensors in (sheets, photo, raster, body)
    )
    *rasters, behind_them = (
        Raster(depth, number, bary) for depth, number, bary in (*zip(*piled, strict=True), below)
    )
    made = reference.compose(rasters, PhotoMesh(*own), behind_them, BodyMesh(*mesh), behind)
    return torch.cat([torch.from_numpy(plane) for plane in vars(made).values()], 1).to(device)


@_compose.register_fake
def _(
    sheets: Sequence[Tensor],
    photo: Sequence[Tensor],  # noqa: ARG001
    raster: Sequence[Tensor],
    body: Sequence[Tensor],  # noqa: ARG001
    behind: float,  # noqa: ARG001
) -> Tensor:
    n = sheets[0].shape[-1]
    return raster[0].new_empty(1, PLANES, n, n)


def _tensors(of: TensorRaster | TensorPhotoMesh | TensorBodyMesh) -> list[Tensor]:
    return list(vars(of).values())
