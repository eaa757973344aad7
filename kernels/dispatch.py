"""Where the form of each operator is chosen, by the type and the device of what comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.checks import check_texture, check_warp

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float32]


def sample_texture(atlas: Any, parts: Any, u: Any, v: Any) -> Any:
    check_texture(atlas, parts, u, v)
    from bunraku.kernels.texture import reference

    return reference.sample_texture(atlas, parts, u, v)


def warp_occlude(features: Any, flow: Any, occlusion: Any) -> Any:
    check_warp(features, flow, occlusion)
    from bunraku.kernels.warp import reference

    return reference.warp_occlude(features, flow, occlusion)
