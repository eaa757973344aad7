"""Where the form of each operator is chosen, by the type and the device of what comes in.

numpy float32                       Numba
torch on the CPU, up to float32     Numba behind autograd (texture), the reference (warp)
torch on CUDA                       the reference, until Triton takes this place
torch elsewhere, or float64         the reference
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.checks import check_arrays, check_out, check_texture, check_warp

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float32]

NEGLIGIBLE_WEIGHT = 1e-3
"""Below this a part's share of a pixel cannot be seen, and skipping it halves the time."""

OPAQUE = ContextVar("OPAQUE", default=False)
"""Whether tensors go to ``operators``; set by ``operators.opaque``."""


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
    :param out: the array form writes here, ``[B,C,H,W]`` contiguous, and returns it.
    :return: ``[B,C,H,W]``, in the atlas's dtype; computed in float32, or float64 for such a tensor.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays that are not float32.
    """
    check_texture(atlas, parts, u, v)
    if isinstance(atlas, np.ndarray):
        from bunraku.kernels.texture import numba_cpu

        check_arrays(atlas=atlas, parts=parts, u=u, v=v)
        shape = (parts.shape[0], atlas.shape[2], *parts.shape[2:])
        check_out(out, shape)
        if minimum_weight is None:
            minimum_weight = NEGLIGIBLE_WEIGHT
        return numba_cpu.sample_texture(
            atlas, parts, u, v, minimum_weight=minimum_weight, threads=threads, out=out
        )
    if OPAQUE.get():
        from bunraku.kernels import operators

        return operators.sample_texture(atlas, parts, u, v)
    if _suits_numba(atlas):
        from bunraku.kernels.texture import numba_training

        return numba_training.sample_texture(atlas, parts, u, v, minimum_weight or 0.0)
    from bunraku.kernels.texture import reference

    return reference.sample_texture(atlas, parts, u, v)


@overload
def warp_occlude(
    features: Array,
    flow: Array,
    occlusion: Array,
    *,
    threads: int | None = None,
    out: Array | None = None,
) -> Array: ...
@overload
def warp_occlude(features: Tensor, flow: Tensor, occlusion: Tensor) -> Tensor: ...
def warp_occlude(
    features: Any,
    flow: Any,
    occlusion: Any,
    *,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """Features read at each pixel's own centre plus its flow, times the occlusion: eq. 3.

    Convention: flow is a displacement (x, y) in the window's [-1, 1] units, so 2 is the whole
    width; pixel centres at ``(i + 0.5) / size`` (``align_corners=False``); positions beyond the
    border take the border's value. A zero flow at equal sizes is the identity.

    :param features: ``[B,C,h,w]``. As an array it is fastest in the layout of ``channels_last``.
    :param flow: ``[B,2,H,W]``; H, W may differ from h, w.
    :param occlusion: ``[B,1,H,W]``, 1 = visible in the source.
    :param threads: how many threads the array form uses; default: every core that is allowed.
    :param out: the array form writes here, ``[B,C,H,W]`` contiguous, and returns it.
    :return: ``[B,C,H,W]`` in the features' dtype; computed in float32, or float64 for such tensors.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays that are not float32.
    """
    check_warp(features, flow, occlusion)
    if isinstance(features, np.ndarray):
        from bunraku.kernels.warp import numba_cpu

        check_arrays(features=features, flow=flow, occlusion=occlusion)
        shape = (flow.shape[0], features.shape[1], *flow.shape[2:])
        check_out(out, shape)
        return numba_cpu.warp_occlude(features, flow, occlusion, threads=threads, out=out)
    if OPAQUE.get():
        from bunraku.kernels import operators

        return operators.warp_occlude(features, flow, occlusion)
    from bunraku.kernels.warp import reference

    return reference.warp_occlude(features, flow, occlusion)


def _suits_numba(atlas: Tensor) -> bool:
    import torch

    # A traced call has no memory to read: what is exported or compiled takes the plain form.
    real = not torch.compiler.is_compiling() and type(atlas) in (torch.Tensor, torch.nn.Parameter)
    return real and atlas.device.type == "cpu" and atlas.dtype != torch.float64
