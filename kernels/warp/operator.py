"""Flow warp times occlusion: its checks, and where its form is chosen.

numpy float32                       numba_cpu
torch on the CPU, up to float32     numba_training
torch on CUDA, up to float32        triton_cuda, through torch_operator
torch elsewhere, or float64         reference
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.kernels.checks import check_arrays, check_out, check_shape, kept, shape_text
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor


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
def warp_occlude(
    features: Tensor,
    flow: Tensor,
    occlusion: Tensor,
    *,
    threads: int | None = None,
    out: Tensor | None = None,
) -> Tensor: ...
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
    :param out: where the result is written, ``[B,C,H,W]``, contiguous as an array.
    :return: ``[B,C,H,W]`` in the features' dtype; computed in float32, or float64 for such tensors.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays that are not float32.
    """
    _check(features, flow, occlusion)
    if isinstance(features, np.ndarray):
        from bunraku.kernels.warp import numba_cpu

        check_arrays(features=features, flow=flow, occlusion=occlusion)
        check_out(out, (flow.shape[0], features.shape[1], *flow.shape[2:]))
        return numba_cpu.warp_occlude(features, flow, occlusion, threads=threads, out=out)
    from bunraku.kernels import torch_operators

    if torch_operators.takes_gather(features):
        return torch_operators.warp_occlude_into(features, flow, occlusion, out)
    from bunraku.kernels.torch_forms import suits_numba

    if suits_numba(features):
        from bunraku.kernels.warp import numba_training

        return kept(numba_training.warp_occlude(features, flow, occlusion), out)
    from bunraku.kernels.warp import reference

    return kept(reference.warp_occlude(features, flow, occlusion), out)


@overload
def warp_occlude_scales(
    features: Sequence[Array],
    flow: Sequence[Array],
    occlusion: Sequence[Array],
    *,
    threads: int | None = None,
    out: Sequence[Array | None] | None = None,
) -> list[Array]: ...
@overload
def warp_occlude_scales(
    features: Sequence[Tensor],
    flow: Sequence[Tensor],
    occlusion: Sequence[Tensor],
    *,
    threads: int | None = None,
    out: Sequence[Tensor | None] | None = None,
) -> list[Tensor]: ...
def warp_occlude_scales(
    features: Any,
    flow: Any,
    occlusion: Any,
    *,
    threads: int | None = None,
    out: Any = None,
) -> Any:
    """:func:`warp_occlude` at several scales of one batch: on a GPU in one launch.

    :param features: of each scale ``[B,C,h,w]``; all of one dtype and device.
    :param flow: of each scale ``[B,2,H,W]``.
    :param occlusion: of each scale ``[B,1,H,W]``.
    :param out: where each result is written; None where it is not given.
    :return: of each scale ``[B,C,H,W]``.
    :raises ValueError: shapes that do not fit. :raises TypeError: arrays that are not float32.
    """
    into = out or (None,) * len(features)
    scales = list(zip(features, flow, occlusion, into, strict=True))
    if scales and not isinstance(features[0], np.ndarray):
        from bunraku.kernels import torch_operators

        if torch_operators.takes(features[0]):
            for scale in scales:
                _check(*scale[:3])
            if len({one.shape[0] for one in features}) > 1:
                raise ValueError("the scales differ in batch")
            return torch_operators.warp_occlude_scales_into(features, flow, occlusion, into)
    one: Any = warp_occlude
    return [one(*scale[:3], threads=threads, out=scale[3]) for scale in scales]


def _check(features: Any, flow: Any, occlusion: Any) -> None:
    """Raise ValueError unless the shapes are ``[B,C,h,w]``, ``[B,2,H,W]`` and ``[B,1,H,W]``."""
    if len(features.shape) != 4:
        raise ValueError(f"features must be [B,C,h,w], not {shape_text(features)}")
    if len(flow.shape) != 4 or flow.shape[1] != 2:
        raise ValueError(f"flow must be [B,2,H,W], not {shape_text(flow)}")
    check_shape("occlusion", occlusion, (flow.shape[0], 1, flow.shape[2], flow.shape[3]))
    if features.shape[0] != flow.shape[0]:
        raise ValueError(
            f"features {shape_text(features)} and flow {shape_text(flow)} differ in batch"
        )
    if 0 in tuple(features.shape[2:]):
        raise ValueError(f"features {shape_text(features)} have no pixels")
