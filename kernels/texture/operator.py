"""Texture sampling: its checks, and where its form is chosen.

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

NEGLIGIBLE_WEIGHT = 1e-3
"""Below this a part's share of a pixel cannot be seen, and skipping it halves the time."""


@overload
def sample_texture(
    atlas: Array,
    parts: Array,
    u: Array,
    v: Array,
    *,
    minimum_weight: float | None = None,
    threads: int | None = None,
    out: Array | None = None,
) -> Array: ...
@overload
def sample_texture(
    atlas: Tensor,
    parts: Tensor,
    u: Tensor,
    v: Tensor,
    *,
    minimum_weight: float | None = None,
    threads: int | None = None,
    out: Tensor | None = None,
) -> Tensor: ...
def sample_texture(
    atlas: Any,
    parts: Any,
    u: Any,
    v: Any,
    *,
    minimum_weight: float | None = None,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Sum over the parts of the weight times the part's texture at (u, v): eq. 6 and 7.

    Convention: u and v are in [0, 1] over a part's texture, texel centres at ``(i + 0.5) / size``
    (``align_corners=False``); coordinates beyond the border take the border's texel.

    :param atlas: ``[B,K,C,h,w]``, a texture of C channels for each of the K parts. As an array it
        is fastest in the layout of ``channels_last``.
    :param parts: ``[B,K,H,W]``, weights; the caller leaves the background out.
    :param u: ``[B,K,H,W]``, across the texture.
    :param v: ``[B,K,H,W]``, down the texture.
    :param minimum_weight: weights up to this may count as nothing. Default: 0 for tensors, which is
        exact, and ``NEGLIGIBLE_WEIGHT`` for arrays, which is off by at most that times the number
        of parts times the largest texel.
    :param threads: how many threads the array form uses; default: every core that is allowed.
    :param out: where the result is written, ``[B,C,H,W]``, contiguous as an array.
    :return: ``[B,C,H,W]``, in the atlas's dtype; computed in float32, or float64 for such a tensor.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays that are not float32.
    """
    _check(atlas, parts, u, v)
    if isinstance(atlas, np.ndarray):
        from bunraku.kernels.texture import numba_cpu

        check_arrays(atlas=atlas, parts=parts, u=u, v=v)
        check_out(out, (parts.shape[0], atlas.shape[2], *parts.shape[2:]))
        if minimum_weight is None:
            minimum_weight = NEGLIGIBLE_WEIGHT
        return numba_cpu.sample_texture(
            atlas, parts, u, v, minimum_weight=minimum_weight, threads=threads, out=out
        )
    from bunraku.kernels import torch_operators

    if torch_operators.takes_gather(atlas):
        least = minimum_weight or 0.0
        return torch_operators.sample_texture_into(atlas, parts, u, v, least, out)
    from bunraku.kernels.torch_forms import suits_numba

    if suits_numba(atlas):
        from bunraku.kernels.texture import numba_training

        made = numba_training.sample_texture(atlas, parts, u, v, minimum_weight or 0.0)
        return kept(made, out)
    from bunraku.kernels.texture import reference

    return kept(reference.sample_texture(atlas, parts, u, v), out)


def _check(atlas: Any, parts: Any, u: Any, v: Any) -> None:
    """Raise ValueError unless the shapes are ``[B,K,C,h,w]`` and three times ``[B,K,H,W]``."""
    if len(atlas.shape) != 5:
        raise ValueError(f"atlas must be [B,K,C,h,w], not {shape_text(atlas)}")
    if len(parts.shape) != 4:
        raise ValueError(f"parts must be [B,K,H,W], not {shape_text(parts)}")
    if tuple(parts.shape[:2]) != tuple(atlas.shape[:2]):
        raise ValueError(
            f"atlas {shape_text(atlas)} and parts {shape_text(parts)} differ in batch or in parts; "
            "leave the background channel out of parts"
        )
    for name, value in (("u", u), ("v", v)):
        if tuple(value.shape) != tuple(parts.shape):
            raise ValueError(
                f"{name} must be like parts, {shape_text(parts)}, not {shape_text(value)}"
            )
    if 0 in tuple(atlas.shape[3:]):
        raise ValueError(f"atlas {shape_text(atlas)} has no texels")
