"""Skinning on a GPU, in Triton: a lane for each vertex, bone by bone."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.triton_launch import launch

VERTICES = 128
"""A program's."""
WARPS = 4


def skin(vertices: Tensor, weights: Tensor, bones: Tensor, transforms: Tensor) -> Tensor:
    """As ``bunraku.kernels.skin`` says, for tensors; what is no bone counts for nothing."""
    count = len(vertices)
    out = vertices.new_empty(vertices.shape)
    inputs = (tensor.contiguous() for tensor in (vertices, weights, bones, transforms))
    launch(
        _skin,
        (triton.cdiv(count, VERTICES),),
        vertices,
        *(*inputs, out, count, len(transforms)),
        BONES=weights.shape[1],
        VERTICES=VERTICES,
        num_warps=WARPS,
    )
    return out


@triton.jit
def _skin(
    vertices: tl.tensor,
    weights: tl.tensor,
    bones: tl.tensor,
    transforms: tl.tensor,
    out: tl.tensor,
    count: tl.tensor,
    transform_count: tl.tensor,
    BONES: tl.constexpr,
    VERTICES: tl.constexpr,
) -> None:
    vertex = tl.program_id(0) * VERTICES + tl.arange(0, VERTICES)
    inside = vertex < count
    x = tl.load(vertices + vertex * 3, mask=inside, other=0.0).to(tl.float32)
    y = tl.load(vertices + vertex * 3 + 1, mask=inside, other=0.0).to(tl.float32)
    z = tl.load(vertices + vertex * 3 + 2, mask=inside, other=0.0).to(tl.float32)
    moved = (
        tl.zeros((VERTICES,), tl.float32),
        tl.zeros((VERTICES,), tl.float32),
        tl.zeros((VERTICES,), tl.float32),
    )
    for k in tl.static_range(BONES):
        share = tl.load(weights + vertex * BONES + k, mask=inside, other=0.0).to(tl.float32)
        bone = tl.load(bones + vertex * BONES + k, mask=inside, other=0)
        counted = inside & (share != 0) & (bone >= 0) & (bone < transform_count)
        moved = (
            moved[0] + _row(transforms + bone * 12, x, y, z, share, counted),
            moved[1] + _row(transforms + bone * 12 + 4, x, y, z, share, counted),
            moved[2] + _row(transforms + bone * 12 + 8, x, y, z, share, counted),
        )
    for axis in tl.static_range(3):
        tl.store(out + vertex * 3 + axis, moved[axis].to(out.dtype.element_ty), mask=inside)


@triton.jit
def _row(
    row: tl.tensor, x: tl.tensor, y: tl.tensor, z: tl.tensor, share: tl.tensor, counted: tl.tensor
) -> tl.tensor:
    """What one row of a vertex's map gives, times the share; 0 where that is 0."""
    value = tl.load(row, mask=counted, other=0.0).to(tl.float32) * x
    value += tl.load(row + 1, mask=counted, other=0.0).to(tl.float32) * y
    value += tl.load(row + 2, mask=counted, other=0.0).to(tl.float32) * z
    value += tl.load(row + 3, mask=counted, other=0.0).to(tl.float32)
    return tl.where(counted, share * value, 0.0)
