"""Enlarging a flow at its tears: its checks, and where its form is chosen.

numpy float32                       numba_cpu
torch on the CPU, up to float32     numba_training
torch on CUDA, up to float32        triton_cuda, through torch_operator
torch elsewhere, or float64         reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.kernels.checks import check_arrays, check_out, kept, shape_text
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor


@overload
def enlarge_flow(
    flow: Array, side: int, *, threads: int | None = None, out: Array | None = None
) -> Array: ...
@overload
def enlarge_flow(
    flow: Tensor, side: int, *, threads: int | None = None, out: Tensor | None = None
) -> Tensor: ...
def enlarge_flow(flow: Any, side: int, *, threads: int | None = None, out: Any = None) -> Any:
    """A flow at another size: bilinear, and the nearest value where the flow is torn.

    Between an arm and the torso behind it a mean of both flows leads to a third place. A pixel is
    torn if x or y differs by more than ``TORN`` among it and its eight neighbours.

    Convention: flow is a displacement (x, y) in the window's [-1, 1] units, which are the same at
    every size; pixel centres at ``(i + 0.5) / size`` (``align_corners=False``). The nearest pixel
    of output i is ``floor(i * n / side)``.

    :param flow: ``[B,2,n,n]``.
    :param side: of the result, in pixels; where it is n, the flow itself is returned.
    :param threads: how many threads the array form uses; default: every core that is allowed.
    :param out: where the result is written, ``[B,2,side,side]``, contiguous as an array.
    :return: ``[B,2,side,side]`` in the flow's dtype; computed in float32, or float64 for such a
        tensor.
    :raises ValueError: shapes that do not fit. :raises TypeError: an array that is not float32.
    """
    if len(flow.shape) != 4 or flow.shape[1] != 2 or flow.shape[2] != flow.shape[3]:
        raise ValueError(f"flow must be [B,2,n,n], not {shape_text(flow)}")
    if side < 1 or flow.shape[3] < 1:
        raise ValueError(f"a flow {shape_text(flow)} cannot be enlarged to a side of {side}")
    if isinstance(flow, np.ndarray):
        from bunraku.kernels.enlarge import numba_cpu

        check_arrays(flow=flow)
        check_out(out, (*flow.shape[:2], side, side))
        if side == flow.shape[3]:
            if out is None:
                return flow
            np.copyto(out, flow)
            return out
        return numba_cpu.enlarge_flow(flow, side, threads=threads, out=out)
    if side == flow.shape[3]:
        return kept(flow, out)
    from bunraku.kernels import torch_operators

    if torch_operators.takes(flow):
        return torch_operators.enlarge_flow_into(flow, side, out)
    from bunraku.kernels.torch_forms import suits_numba

    if suits_numba(flow):
        from bunraku.kernels.enlarge import numba_training

        return kept(numba_training.enlarge_flow(flow, side), out)
    from bunraku.kernels.enlarge import reference

    return kept(reference.enlarge_flow(flow, side), out)
