"""``bunraku::skin``: skinning as an operator of torch; not differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels.skin import reference
from bunraku.kernels.torch_forms import suits_triton


@torch.library.custom_op("bunraku::skin", mutates_args=())
def skin(vertices: Tensor, weights: Tensor, bones: Tensor, transforms: Tensor) -> Tensor:
    """As ``bunraku.kernels.skin`` says."""
    if suits_triton(vertices):
        from bunraku.kernels.skin import triton_cuda

        return triton_cuda.skin(vertices, weights, bones, transforms)
    given = (vertices.float(), weights.float(), bones, transforms.float())
    made = torch.from_numpy(reference.skin(*(tensor.cpu().numpy() for tensor in given)))
    return made.to(vertices.device, vertices.dtype)


@skin.register_fake
def _(vertices: Tensor, *_: Tensor) -> Tensor:
    return vertices.new_empty(vertices.shape)
