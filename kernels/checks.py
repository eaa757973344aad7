"""Shape checks shared by every form; they read ``.shape`` only, so arrays and tensors both pass."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_texture(atlas: Any, parts: Any, u: Any, v: Any) -> None:
    """Raise ValueError unless the shapes are ``[B,K,C,h,w]`` and three times ``[B,K,H,W]``."""
    if len(atlas.shape) != 5:
        raise ValueError(f"atlas must be [B,K,C,h,w], not {_text(atlas)}")
    if len(parts.shape) != 4:
        raise ValueError(f"parts must be [B,K,H,W], not {_text(parts)}")
    if tuple(parts.shape[:2]) != tuple(atlas.shape[:2]):
        raise ValueError(
            f"atlas {_text(atlas)} and parts {_text(parts)} differ in batch or in parts; "
            "leave the background channel out of parts"
        )
    for name, value in (("u", u), ("v", v)):
        if tuple(value.shape) != tuple(parts.shape):
            raise ValueError(f"{name} must be like parts, {_text(parts)}, not {_text(value)}")
    if 0 in tuple(atlas.shape[3:]):
        raise ValueError(f"atlas {_text(atlas)} has no texels")


def check_warp(features: Any, flow: Any, occlusion: Any) -> None:
    """Raise ValueError unless the shapes are ``[B,C,h,w]``, ``[B,2,H,W]`` and ``[B,1,H,W]``."""
    if len(features.shape) != 4:
        raise ValueError(f"features must be [B,C,h,w], not {_text(features)}")
    if len(flow.shape) != 4 or flow.shape[1] != 2:
        raise ValueError(f"flow must be [B,2,H,W], not {_text(flow)}")
    expected = (flow.shape[0], 1, flow.shape[2], flow.shape[3])
    if tuple(occlusion.shape) != expected:
        raise ValueError(f"occlusion must be {list(expected)}, not {_text(occlusion)}")
    if features.shape[0] != flow.shape[0]:
        raise ValueError(f"features {_text(features)} and flow {_text(flow)} differ in batch")
    if 0 in tuple(features.shape[2:]):
        raise ValueError(f"features {_text(features)} have no pixels")


def check_arrays(**arrays: Any) -> None:
    """Raise TypeError unless all are numpy arrays of float32, which the CPU kernels take."""
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{name} must be a numpy array like the others, not {type(array)}")
        if array.dtype != np.float32:
            raise TypeError(f"{name} must be float32, not {array.dtype}")


def check_out(out: Any, shape: tuple[int, ...]) -> None:
    """Raise unless ``out`` is None or an array that a kernel can write its result into."""
    if out is None:
        return
    check_arrays(out=out)
    if out.shape != shape or not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError(f"out must be contiguous and writable, {list(shape)}, not {_text(out)}")


def _text(value: Any) -> str:
    return str(list(value.shape))
