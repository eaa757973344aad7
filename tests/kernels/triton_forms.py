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
from tests.kernels.operators import ENLARGE, PASTE, TEXTURE, WARP
from torch import Tensor

from bunraku.kernels import read_window, to_i420, warp_occlude_scales
from bunraku.kernels.i420 import reference as i420_reference
from bunraku.kernels.window import reference as window_reference

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
"""Whether this process runs Triton's kernels on the processor, program after program."""
FEW_PROGRAMS = 2048
"""Pixels of a program in the interpreter, whose cost is per program."""

Tensors = Sequence[Tensor]
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """One operator's form in Triton."""

    folder: str
    """In ``kernels``."""
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

    places: bool = True
    """Whether pixels say where to read, and arrays define what a place that is NaN means."""

    batched: bool = True
    """Whether tensors begin with a batch, whose entries have nothing to do with each other."""

    def public(self, tensors: Tensors, options: Options) -> Sequence[Tensor]:
        """What callers get who know nothing of forms."""
        if self.operator is SCALES:
            return warp_occlude_scales(*_threes(tensors))
        if self.operator is WINDOW:
            return [read_window(*tensors, **options)]
        return [self.operator.public(*tensors, **options)]

    @property
    def name(self) -> str:
        return self.operator.name

    def module(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """The form's module, with few large programs where they are interpreted."""
        module = importlib.import_module(f"bunraku.kernels.{self.folder}.triton_cuda")
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


def _paste(module: Any, tensors: Tensors, box: Any, mixed: bool) -> Tensor:
    plate, photo, image, mask, x, y, *detail = tensors
    made: Tensor = module.paste(
        plate, photo, image, mask, box, fade=(x, y), detail=detail or None, mixed=mixed
    )
    return made


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


def _window(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: H, W, size, samples, 1 for I420."""
    height, width, size, samples, planar = shape
    frame = rng.integers(
        0, 256, (height * 3 // 2, width) if planar else (height, width, 3), np.uint8
    )
    turn, zoom = rng.uniform(-0.4, 0.4), 1.3 * max(height, width) / size
    x, y = zoom * np.cos(turn), zoom * np.sin(turn)
    matrix = np.array([[x, -y, -0.1 * width], [y, x, -0.2 * height]], np.float32)
    return Call((frame, matrix), {"size": size, "samples": samples, "scale": 0.01, "offset": -1.0})


def _window_of_tensors(frame: Tensor, matrix: Tensor, **options: Any) -> Tensor:
    return window_reference.read_window(frame, matrix, **options, dtype=matrix.dtype)


WINDOW = Operator(
    "window",
    lambda *arrays, **options: _window_of_tensors(*map(torch.as_tensor, arrays), **options),
    _window_of_tensors,
    _window,
    (
        (1, 1, 1, 1, 0),
        (2, 2, 3, 1, 1),
        (9, 14, 11, 3, 0),
        (30, 18, 16, 1, 0),
        (20, 34, 13, 2, 1),
    ),
    differentiable=False,
)
I420 = Operator(
    "i420",
    to_i420,
    i420_reference.to_i420,
    lambda rng, shape: Call((rng.integers(0, 256, (*shape, 3), np.uint8),)),
    ((2, 2), (6, 34), (18, 4)),
    differentiable=False,
)

FORMS = (
    Form(
        "texture",
        TEXTURE,
        lambda module, tensors, options: [module.sample_texture(*tensors, 0.0)],
        _alone(TEXTURE),
        lambda module, tensors, pulls, options: module.gradients(
            *tensors, pulls[0], 0.0, (True,) * 4
        ),
    ),
    Form(
        "warp",
        WARP,
        lambda module, tensors, options: module.warp_occlude(*([tensor] for tensor in tensors)),
        _alone(WARP),
        lambda module, tensors, pulls, options: module.gradients(
            *([tensor] for tensor in tensors), pulls
        ),
    ),
    Form(
        "warp",
        SCALES,
        lambda module, tensors, options: module.warp_occlude(*_threes(tensors)),
        lambda tensors, options: [
            WARP.reference(*scale) for scale in zip(*_threes(tensors), strict=True)
        ],
        lambda module, tensors, pulls, options: _in_a_row(
            module.gradients(*_threes(tensors), pulls)
        ),
        places=False,
    ),
    Form(
        "enlarge",
        ENLARGE,
        lambda module, tensors, options: [module.enlarge_flow(*tensors, **options)],
        _alone(ENLARGE),
        places=False,
    ),
    Form(
        "pasting",
        PASTE,
        lambda module, tensors, options: [_paste(module, tensors, **options)],
        _alone(PASTE),
        batched=False,
    ),
    Form(
        "window",
        WINDOW,
        lambda module, tensors, options: [
            module.read_window(*tensors, **options, dtype=tensors[1].dtype)
        ],
        _alone(WINDOW),
        batched=False,
    ),
    Form(
        "i420",
        I420,
        lambda module, tensors, options: [module.to_i420(*tensors)],
        _alone(I420),
        batched=False,
    ),
)
