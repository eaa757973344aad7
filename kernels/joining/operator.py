"""Joining maps for a convolution: where its form is chosen.

torch on the CPU, within autocast to bfloat16     numba_training
torch elsewhere                                   reference
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def join_channels(maps: Sequence[Tensor]) -> Tensor:
    """Several maps as one, for a convolution to read.

    Within autocast on a CPU the convolution computes in bfloat16 with the channels innermost. There
    the result comes so at once: as float32 it would be written, rounded and transposed one after
    the other, and transposed once more for the gradient of the weights.

    :param maps: ``[B,C_i,H,W]``, of any float dtype and layout.
    :return: ``[B,ΣC_i,H,W]``: bfloat16, channels innermost, within autocast on a CPU; else as
        ``torch.cat`` gives it.
    :raises RuntimeError: shapes that do not fit.
    """
    import torch

    from bunraku.kernels.torch_forms import suits_numba

    asked = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
    if asked and all(map(suits_numba, maps)):
        from bunraku.kernels.joining import numba_training

        return numba_training.join_channels(maps)
    from bunraku.kernels.joining import reference

    return reference.join_channels(maps)
