"""Linear blend skinning: its checks, and where its form is chosen.

numpy float32       numba_cpu
torch on CUDA       triton_cuda, through torch_operator
torch elsewhere     reference, which is plain numpy

It runs for every frame and never in training, so that it is not differentiable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.kernels.checks import (
    check_arrays,
    check_out,
    check_shape,
    check_tensors,
    is_tensor,
    shape_text,
)
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor

BONES_A_VERTEX = 4


@overload
def skin(
    vertices: Array, weights: Array, bones: Any, transforms: Array, *, out: Array | None = None
) -> Array: ...
@overload
def skin(vertices: Tensor, weights: Tensor, bones: Tensor, transforms: Tensor) -> Tensor: ...
def skin(
    vertices: Any, weights: Any, bones: Any, transforms: Any, *, out: Array | None = None
) -> Any:
    """Vertices moved by the weighted mean of their bones' affine maps.

    Convention: a transform is a 3×4 matrix that takes (x, y, z, 1), in whatever axes and units the
    vertices have, to where that bone carries it. Weights are taken as they are: those of a vertex
    should sum to 1.

    :param vertices: ``[n,3]``.
    :param weights: ``[n,4]``; a bone of weight 0 counts for nothing, whatever its transform.
    :param bones: ``[n,4]`` int32, which transform each weight belongs to. On a GPU, where looking
        would wait for it, a bone that is none of the transforms counts for nothing.
    :param transforms: ``[b,3,4]``.
    :param out: written and returned, ``[n,3]`` contiguous; not ``vertices`` itself. Arrays alone.
    :return: ``[n,3]``.
    :raises ValueError: shapes that do not fit, or a bone that is none of the transforms.
    :raises TypeError: an array that is not float32, bones that are not int32.
    """
    if len(vertices.shape) != 2 or vertices.shape[1] != 3:
        raise ValueError(f"vertices must be [n,3], not {shape_text(vertices)}")
    if len(transforms.shape) != 3 or tuple(transforms.shape[1:]) != (3, 4):
        raise ValueError(f"transforms must be [b,3,4], not {shape_text(transforms)}")
    check_shape("weights", weights, (len(vertices), BONES_A_VERTEX))
    check_shape("bones", bones, (len(vertices), BONES_A_VERTEX))
    if is_tensor(vertices):
        from bunraku.kernels import torch_operators

        check_tensors("float32", vertices=vertices, weights=weights, transforms=transforms)
        check_tensors("int32", bones=bones)
        return torch_operators.skin(vertices, weights, bones, transforms)
    from bunraku.kernels.skin import numba_cpu

    check_arrays(vertices=vertices, weights=weights, transforms=transforms)
    check_arrays(np.int32, bones=bones)
    check_out(out, vertices.shape)
    # As numbers without a sign those below 0 are the largest: one look for both ends.
    if bones.size and bones.view(np.uint32).max() >= len(transforms):
        raise ValueError(
            f"bones must be 0 to {len(transforms) - 1}, not {bones.min()} to {bones.max()}"
        )
    return numba_cpu.skin(vertices, weights, bones, transforms, out=out)
