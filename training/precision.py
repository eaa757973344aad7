"""In which numbers convolutions are computed while a network learns."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

from bunraku.runtime.engines.present import computes_in_bf16


def bf16(device: torch.device) -> AbstractContextManager[object]:
    """Convolutions in bfloat16, on CUDA and on a processor that has instructions for it.

    One that has none computes in float32: there bfloat16 is emulated, and a convolution's gradient
    takes ten to forty times as long.
    """
    enabled = device.type != "cpu" or computes_in_bf16()
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)
