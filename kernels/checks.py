"""What every operator checks before it starts; shapes are read only, so that tensors pass too."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_arrays(dtype: type[np.generic] = np.float32, /, **arrays: Any) -> None:
    """Raise TypeError unless all are numpy arrays of this dtype, which the CPU kernels take."""
    wanted = np.dtype(dtype)
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{name} must be a numpy array like the others, not {type(array)}")
        # The same object, as nearly always, is known sooner than an equal one.
        if array.dtype is not wanted and array.dtype != wanted:
            raise TypeError(f"{name} must be {wanted}, not {array.dtype}")


def is_tensor(value: Any) -> bool:
    """Whether an operator that takes arrays and tensors was given tensors."""
    return not isinstance(value, np.ndarray) and hasattr(value, "device")


def check_tensors(dtype: str, /, **tensors: Any) -> None:
    """Raise TypeError unless all are tensors of this dtype, by its name in torch."""
    for name, tensor in tensors.items():
        if not is_tensor(tensor):
            raise TypeError(f"{name} must be a tensor like the others, not {type(tensor)}")
        if str(tensor.dtype) != f"torch.{dtype}":
            raise TypeError(f"{name} must be {dtype}, not {tensor.dtype}")


def check_shape(name: str, value: Any, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless ``value`` has this shape."""
    if tuple(value.shape) != shape:
        raise ValueError(f"{name} must be {list(shape)}, not {shape_text(value)}")


def check_triangles(triangles: Any) -> None:
    """Raise ValueError unless these are triangles, ``[m,3]``."""
    if len(triangles.shape) != 2 or triangles.shape[1] != 3:
        raise ValueError(f"triangles must be [m,3], not {shape_text(triangles)}")


def check_corners(triangles: Any, count: int) -> None:
    """Raise unless these are triangles in an array, whose corners are among ``count`` vertices."""
    check_arrays(np.int32, triangles=triangles)
    check_triangles(triangles)
    # As numbers without a sign those below 0 are the largest: one look for both ends.
    if triangles.size and triangles.view(np.uint32).max() >= count:
        raise ValueError(
            f"triangles must have corners 0 to {count - 1}, "
            f"not {triangles.min()} to {triangles.max()}"
        )


def check_out(out: Any, shape: tuple[int, ...], dtype: type[np.generic] = np.float32) -> None:
    """Raise unless ``out`` is None or an array that a kernel can write its result into."""
    if out is None:
        return
    check_arrays(dtype, out=out)
    if out.shape != shape or not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError(
            f"out must be contiguous and writable, {list(shape)}, not {shape_text(out)}"
        )


def kept(result: Any, out: Any) -> Any:
    """A tensor form's result, in ``out`` where there is one: memory that its owner keeps for as
    long as another stream reads it, which memory that is freed is not.

    :raises ValueError: ``out`` has another shape.
    """
    if out is None:
        return result
    check_shape("out", out, tuple(result.shape))
    return out.copy_(result)


def shape_text(value: Any) -> str:
    """The shape of an array or a tensor, for messages: ``[1, 2, 3]``."""
    return str(list(value.shape))
