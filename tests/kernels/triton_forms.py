"""Triton's forms as their tests see them, and where they can run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.harness import Call, Operator, Shape
from tests.kernels.operators import TEXTURE, WARP
from torch import Tensor

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
"""Whether this process runs Triton's kernels on the processor, program after program."""
FEW_PROGRAMS = 512
"""Pixels of a program in the interpreter, whose cost is per program."""

Tensors = Sequence[Tensor]
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """One operator's form in Triton."""

    operator: Operator
    """Its inputs and shapes, for arrays in a row."""
    run: Callable[[Any, Tensors, Options], Sequence[Tensor]]
    """The form's results, of its module, tensors and options."""
    expected: Callable[[Tensors, Options], Sequence[Tensor]]
    """The plain reference's."""
    gradients: Callable[[Any, Tensors, Tensors, Options], Sequence[Tensor]] | None = None
    """The form's own, of its module, tensors, pulls and options; None where it has none."""
    registers: int = 128
    """Of a thread, at most: with more, half of a GPU's threads have no room."""

    has_arrays: bool = True
    """Whether the operator's public function takes these inputs as arrays."""

    @property
    def name(self) -> str:
        return self.operator.name

    def module(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """The form's module, with few large programs where they are interpreted."""
        folder = self.operator.reference.__module__.rpartition(".")[0]
        module = importlib.import_module(f"{folder}.triton_cuda")
        for name in ("PIXELS", "PULLED_PIXELS"):
            if INTERPRETED and hasattr(module, name):
                monkeypatch.setattr(module, name, FEW_PROGRAMS)
        return module


@contextmanager
def poisoned_memory() -> Iterator[None]:
    """Within the block, what torch allocates is NaN, or the largest integer, until written."""
    was = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was)


def _alone(operator: Operator) -> Callable[[Tensors, Options], list[Tensor]]:
    return lambda tensors, options: [operator.reference(*tensors, **options)]


def _threes(tensors: Tensors) -> tuple[list[Tensor], ...]:
    """Features, flows and occlusions of three scales, which lie in a row scale by scale."""
    return tuple(list(tensors[kind::3]) for kind in range(3))


def _in_a_row(gradients: Tensors) -> list[Tensor]:
    """And back."""
    return [gradients[kind * 3 + scale] for scale in range(3) for kind in range(3)]


def _three_scales(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: B, then C, h, w, H, W of each scale."""
    batch, *rest = shape
    calls = [WARP.call(rng, (batch, *rest[i : i + 5])) for i in (0, 5, 10)]
    return Call(tuple(array for call in calls for array in call.arrays))


SCALES = Operator(
    "warp-scales",
    WARP.public,
    WARP.reference,
    _three_scales,
    (
        (1, *(1, 1, 1, 1, 1), *(5, 4, 4, 8, 8), *(3, 16, 16, 16, 16)),
        (2, *(17, 3, 4, 5, 6), *(2, 9, 7, 7, 9), *(4, 6, 11, 12, 5)),
    ),
)

FORMS = (
    Form(
        TEXTURE,
        lambda module, tensors, options: [module.sample_texture(*tensors, 0.0)],
        _alone(TEXTURE),
        lambda module, tensors, pulls, options: module.gradients(
            *tensors, pulls[0], 0.0, (True,) * 4
        ),
    ),
    Form(
        WARP,
        lambda module, tensors, options: module.warp_occlude(*([tensor] for tensor in tensors)),
        _alone(WARP),
        lambda module, tensors, pulls, options: module.gradients(
            *([tensor] for tensor in tensors), pulls
        ),
    ),
    Form(
        SCALES,
        lambda module, tensors, options: module.warp_occlude(*_threes(tensors)),
        lambda tensors, options: [
            WARP.reference(*scale) for scale in zip(*_threes(tensors), strict=True)
        ],
        lambda module, tensors, pulls, options: _in_a_row(
            module.gradients(*_threes(tensors), pulls)
        ),
        has_arrays=False,
    ),
)
