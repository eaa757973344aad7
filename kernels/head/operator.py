"""The head's guide: its checks, and where its form is chosen.

numpy float32                       numba_cpu
torch on CUDA, up to float32        triton_cuda, through torch_operator
torch elsewhere, or float64         reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.kernels.checks import check_arrays, check_out, check_shape, kept, shape_text
from bunraku.spec.arrays import Array
from bunraku.spec.surface import CHANNELS, PRIOR_CHANNELS

if TYPE_CHECKING:
    from torch import Tensor

HEAD_NUMBERS = 7
"""A 2×3 matrix by rows, and the belief in it."""


@overload
def guide_head(
    prior: Array,
    surface: Array,
    head: Array,
    *,
    threads: int | None = None,
    out: Array | None = None,
) -> Array: ...
@overload
def guide_head(
    prior: Tensor,
    surface: Tensor,
    head: Tensor,
    *,
    threads: int | None = None,
    out: Tensor | None = None,
) -> Tensor: ...
def guide_head(
    prior: Any, surface: Any, head: Any, *, threads: int | None = None, out: Any = None
) -> Any:
    """The sampled prior with the head's own map in it.

    The charts of the head are coarse, and a face is what people look at. On the head, as far as the
    map is believed and the surface says that there is a head, coordinates become those of the map;
    confidence and colours stay. Ours, not the paper's.

    Convention: coordinates (x, y) are in the window's [-1, 1] units, pixel centres at
    ``(i + 0.5) / n * 2 - 1``.

    :param prior: ``[B,6,n,n]``: the source's x and y times the confidence c, c, c times r, g, b.
    :param surface: P_d ``[B,73,n,n]`` (spec/surface.py).
    :param head: ``[B,7]``: a 2×3 matrix by rows, from (x, y, 1) of the driving window to the source
        window, and the belief in it, in [0, 1]; at 0 the prior stays as it is.
    :param threads: how many threads the array form uses; default: every core that is allowed.
    :param out: where the result is written, ``[B,6,n,n]``, contiguous as an array; may be
        ``prior`` itself.
    :return: ``[B,6,n,n]``; a tensor has the prior's dtype and is computed in float32, or float64
        for such a prior.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays that are not float32.
    """
    shape = tuple(prior.shape)
    if len(shape) != 4 or shape[1] != PRIOR_CHANNELS or shape[2] != shape[3]:
        raise ValueError(f"prior must be [B,6,n,n], not {shape_text(prior)}")
    batch, _, n, _ = shape
    check_shape("surface", surface, (batch, CHANNELS, n, n))
    check_shape("head", head, (batch, HEAD_NUMBERS))
    if isinstance(prior, np.ndarray):
        from bunraku.kernels.head import numba_cpu

        check_arrays(prior=prior, surface=surface, head=head)
        check_out(out, shape)
        return numba_cpu.guide_head(prior, surface, head, threads=threads, out=out)
    from bunraku.kernels import torch_operators

    if torch_operators.takes(prior):
        return torch_operators.guide_head_into(prior, surface, head, out)
    from bunraku.kernels.head import reference

    return kept(reference.guide_head(prior, surface, head), out)
