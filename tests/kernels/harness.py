"""What every operator is held to: its inputs, its forms, and how near they must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

AnyArray = NDArray[Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Tolerance:
    """How far a value may be off: ``absolute + relative * |expected|``."""

    absolute: float
    relative: float


TOLERANCES: Mapping[torch.dtype, Tolerance] = {
    torch.float16: Tolerance(2e-3, 2e-3),
    torch.bfloat16: Tolerance(1e-2, 1e-2),
    torch.float32: Tolerance(1e-5, 1e-5),
    torch.float64: Tolerance(1e-12, 1e-12),
    torch.int32: Tolerance(0.0, 0.0),
    torch.bool: Tolerance(0.0, 0.0),
    torch.uint8: Tolerance(1.0, 0.0),  # a level: sums are rounded on either side of a half
}
"""The one table: results of every form, by the dtype that comes out."""


@dataclass(frozen=True)
class Call:
    """One call's arguments; both forms get the same."""

    arrays: tuple[AnyArray, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def tensors(self, dtype: torch.dtype | None = None) -> list[Tensor]:
        """The arrays as tensors, those of floats in this dtype."""
        tensors = [torch.from_numpy(array.copy()) for array in self.arrays]
        return [t.to(dtype) if dtype and t.is_floating_point() else t for t in tensors]


@dataclass(frozen=True)
class Operator:
    """An operator as the shared tests see it: arrays in order, then options by name."""

    name: str
    public: Callable[..., Any]
    reference: Callable[..., Tensor]
    call: Callable[[np.random.Generator, Shape], Call]
    """Random inputs of a shape, whose numbers are the operator's own matter."""
    shapes: tuple[Shape, ...]
    """Odd and tiny ones among them; the last has several rows and no size of 1."""
    differentiable: bool = True


def assert_close(
    result: AnyArray | Tensor, expected: AnyArray | Tensor, dtype: torch.dtype = torch.float32
) -> None:
    """Fail unless ``result`` is as near as the table asks of this dtype; NaN equals NaN."""
    tolerance = TOLERANCES[dtype]
    actual, wanted = (torch.as_tensor(value).double().numpy() for value in (result, expected))
    np.testing.assert_allclose(
        actual, wanted, rtol=tolerance.relative, atol=tolerance.absolute, equal_nan=True
    )


def poisoned(shape: Shape, dtype: Any) -> AnyArray:
    """An output that shows what a form forgets to write: NaN, or 255 where there is none."""
    poison = np.nan if np.issubdtype(dtype, np.floating) else 255
    return np.full(shape, poison, dtype)


def strided(array: AnyArray) -> AnyArray:
    """The same values, read-only and with gaps between them in memory."""
    result = np.repeat(array, 2, axis=-1)[..., ::2]
    result.flags.writeable = False
    return result


def gradients(
    operator: Callable[..., Tensor],
    arrays: Mapping[str, AnyArray],
    wanted: tuple[str, ...],
    dtype: torch.dtype,
) -> tuple[Tensor, list[Tensor]]:
    """An operator's result, and the gradients of some of its inputs for an uneven pull."""
    tensors = {name: torch.tensor(array, dtype=dtype) for name, array in arrays.items()}
    asked = [tensors[name].requires_grad_() for name in wanted]
    result = operator(*tensors.values())
    pull = torch.cos(torch.arange(result.numel(), dtype=dtype)).reshape(result.shape)
    return result.detach(), list(torch.autograd.grad(result, asked, pull))
